import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wordgru.config import ModelConfig
from wordgru.text.tokenizer import END_OF_TEXT
from wordgru.training.network.batches import Lanes, pack_documents
from wordgru.training.network.model import GRULanguageModel

VOCAB = 23


class ListFeed:
    """Documents from a list, over and over."""

    def __init__(self, documents):
        self.documents = documents
        self.at = 0

    def next_document(self):
        document = self.documents[self.at % len(self.documents)]
        self.at += 1
        return np.asarray(document, np.int64)


def random_documents(seed, *, count=40, longest=30):
    random = np.random.default_rng(seed)
    return [random.integers(1, VOCAB, random.integers(0, longest)) for _ in range(count)]


def read_in_windows(model, lanes, *, windows, world=1):
    """Logits (B, windows * T, V) of every lane, by packed windows with the state carried."""
    rows = []
    states = [None] * world
    for _ in range(windows):
        window = lanes.next_window()
        count, size = window.inputs.shape
        logits = torch.empty(count, size, VOCAB)
        for rank in range(world):
            packed = window.pack(rank=rank, world=world)
            if states[rank] is None:
                states[rank] = torch.zeros(model.config.layers, count // world, model.config.hidden_size)
            start = packed.start_states(states[rank])
            outputs, ends = model.forward_packed(packed.inputs, packed.batch_sizes, start)
            states[rank] = ends[:, packed.last]
            # where each packed token came from: pack the flat positions instead of the ids
            places = type(window)(
                np.arange(count * size).reshape(count, size), window.targets, window.lanes, window.starts, window.begins
            ).pack(rank=rank, world=world)
            logits.view(-1, VOCAB)[places.inputs] = model.logits(outputs)
        rows.append((window.inputs, logits))
    return np.concatenate([ids for ids, _ in rows], 1), torch.cat([logits for _, logits in rows], 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 17), st.sampled_from([1, 2]))
def test_windows_read_every_document_as_if_it_were_alone_from_zeros(seed, pairs, size, world):
    torch.manual_seed(seed)
    model = GRULanguageModel(ModelConfig(VOCAB, 6, 8, 2)).eval()
    lanes = Lanes(ListFeed(random_documents(seed)), count=2 * pairs, window=size)
    with torch.inference_mode():
        ids, logits = read_in_windows(model, lanes, windows=5, world=world)
        for lane in range(2 * pairs):
            begins = np.flatnonzero(ids[lane] == END_OF_TEXT)
            assert begins[0] == 0
            for start, end in zip(begins, [*begins[1:], ids.shape[1]], strict=True):
                alone, _ = model(torch.from_numpy(ids[lane, start:end])[None])
                torch.testing.assert_close(logits[lane, start:end], alone[0], atol=1e-6, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 20))
def test_lanes_lose_and_invent_nothing(seed, count, size):
    documents = random_documents(seed)
    lanes = Lanes(ListFeed(documents), count=count, window=size)
    windows = [lanes.next_window() for _ in range(6)]
    read = []
    for lane in range(count):
        inputs = np.concatenate([window.inputs[lane] for window in windows])
        targets = np.concatenate([window.targets[lane] for window in windows])
        np.testing.assert_array_equal(inputs[1:], targets[:-1])  # END ends one document and begins the next
        read += [list(part) for part in np.split(inputs, np.flatnonzero(inputs == END_OF_TEXT))[1:]]
    fed = [[END_OF_TEXT, *document] for document in documents]
    for document in read:
        assert any(document == whole[: len(document)] for whole in fed)


def test_every_rank_gets_its_lanes_and_together_they_are_the_window():
    window = Lanes(ListFeed(random_documents(1)), count=6, window=9).next_window()
    whole = window.pack()
    shares = [window.pack(rank=rank, world=3) for rank in range(3)]
    assert all(len(share.inputs) == 2 * 9 for share in shares)
    together = torch.cat([torch.stack([share.inputs, share.targets], 1) for share in shares]).tolist()
    assert sorted(together) == sorted(torch.stack([whole.inputs, whole.targets], 1).tolist())


def test_lanes_go_on_from_their_state():
    feed = ListFeed(random_documents(2))
    lanes = Lanes(feed, count=3, window=7)
    for _ in range(4):
        lanes.next_window()
    state, at = {name: tensor.clone() for name, tensor in lanes.state().items()}, feed.at
    expected = [lanes.next_window() for _ in range(5)]
    feed = ListFeed(random_documents(2))
    feed.at = at
    lanes = Lanes(feed, count=3, window=7)
    lanes.load_state(state)
    for window in expected:
        again = lanes.next_window()
        for name in ("inputs", "targets", "lanes", "starts", "begins"):
            np.testing.assert_array_equal(getattr(again, name), getattr(window, name))


@pytest.mark.parametrize("seed", range(3))
def test_packed_documents_are_each_read_from_zeros(seed):
    torch.manual_seed(seed)
    model = GRULanguageModel(ModelConfig(VOCAB, 6, 6)).eval()
    documents = random_documents(seed, count=9)
    with torch.inference_mode():
        packed = pack_documents(documents)
        outputs, _ = model.forward_packed(packed.inputs, packed.batch_sizes, packed.start_states(torch.zeros(1, 0, 6)))
        whole = torch.nn.functional.cross_entropy(model.logits(outputs), packed.targets, reduction="sum")
        alone = 0.0
        for document in documents:
            stream = torch.tensor([END_OF_TEXT, *document, END_OF_TEXT])
            logits, _ = model(stream[None, :-1])
            alone += torch.nn.functional.cross_entropy(logits[0], stream[1:], reduction="sum")
    torch.testing.assert_close(whole, alone)

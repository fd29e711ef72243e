"""`scripts/models/pair.py`: what it learns by, against plain autograd; its four bits, against the exporter's."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner
from torch.nn.functional import cross_entropy, log_softmax, one_hot

from wordgru.config import ModelConfig
from wordgru.graph import _pack, _quantize, _unpack
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.network.batches import Packed, pack_documents
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.checkpoint import load_model_config, load_model_weights, load_run

MODELS = Path(__file__).parents[2] / "scripts" / "models"
SIZES = ModelConfig(vocab_size=600, embedding_size=33, hidden_size=48, layers=2)


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(MODELS))


@pytest.fixture
def learners():
    from pairs.learner import Drops, Learner

    torch.manual_seed(0)
    nothing = Drops(0, 0, 0, 0, 0)
    cpu = torch.device("cpu")
    return [Learner(SIZES, nothing, torch.ones(600), lanes=3, rate=1e-3, device=cpu) for _ in range(3)]


def test_four_bits_are_those_of_the_exporter():
    from pairs.four_bits import best_steps, rounded

    weight = torch.randn(7, 75, generator=torch.Generator().manual_seed(1))
    integers, scale = _quantize(weight.numpy())
    packed, steps = _pack(weight.numpy() / scale[:, None])
    exported = _unpack(packed, steps, 75) * scale[:, None]
    assert integers.shape == exported.shape
    np.testing.assert_allclose(rounded(weight, best_steps(weight)).numpy(), exported, rtol=1e-6)


@pytest.mark.parametrize("four_bits", [False, True])
def test_gradients_are_those_of_the_losses(learners, monkeypatch, four_bits):
    from pairs import learner as module

    generator = np.random.default_rng(0)
    whole = pack_documents([generator.integers(1, 600, size) for size in (5, 9, 3)])
    window = Packed(whole.inputs, whole.targets, whole.batch_sizes, torch.full((3,), 3), torch.arange(3))
    monkeypatch.setattr(module.Learner, "update", lambda *_: None)
    if four_bits:
        for learner in learners:
            learner.round_weights()
    nats = module.learn(learners, window, torch.zeros(len(whole.targets), dtype=torch.int64), taught=0.4, share=1)
    teacher, *students = [plain(learner) for learner in learners]
    logits = [model.logits(model.forward_packed(*whole_inputs(whole))[0]) for model in (teacher, *students)]
    expected = 0.4 * logits[0].detach().softmax(1) + 0.6 * one_hot(whole.targets, 600)
    loss = cross_entropy(logits[0], whole.targets)
    assert nats[0].item() == pytest.approx(loss.item(), rel=1e-5)
    for each in logits[1:]:
        loss = loss - (expected * log_softmax(each, 1)).sum(1).mean()
    loss.backward()
    for learner, model in zip(learners, (teacher, *students), strict=True):
        for ours, theirs in zip(learner.model.parameters(), model.parameters(), strict=True):
            torch.testing.assert_close(
                ours.grad / (module._SUM * len(whole.targets)), theirs.grad, rtol=1e-4, atol=1e-7
            )


def test_a_teacher_and_two_students_become_runs(tmp_path):
    from pair import pair

    texts = [f"the cat number {number} sat on the mat and said hello\nand then it left" for number in range(200)]
    for name in ("chitchat-train", "validation"):
        pq.write_table(pa.table({"text": texts}), tmp_path / f"{name}.parquet")
    (tmp_path / "tokenizer.json").write_text(Tokenizer.train(texts, vocab_size=520).to_json())
    flags = ["--validation", tmp_path / "validation.parquet", "--tokenizer", tmp_path / "tokenizer.json"]
    flags += ["-o", tmp_path / "runs", "--teacher", "16x24x2", "--student", "8x16", "--student", "8x12"]
    flags += ["--lanes", 4, "--window", 8, "--workers", 1, "--steps", 8, "--minutes", 1, "--words", 10_000]
    done = CliRunner().invoke(pair, [str(each) for each in (tmp_path / "chitchat-train.parquet", *flags)])
    assert done.exit_code == 0, done.output
    for name, sizes in (("teacher", (16, 24, 2)), ("8x16", (8, 16, 1)), ("8x12", (8, 12, 1))):
        config = load_model_config(tmp_path / "runs" / name)
        assert (config.embedding_size, config.hidden_size, config.layers) == sizes
        settings = load_run(tmp_path / "runs" / name)  # an export reads them: what it scores on, what the card says
        assert [Path(each).name for each in settings.text.sources] == ["chitchat-train.parquet"]
        assert settings.validation_sources == (str(tmp_path / "validation.parquet"),)
        assert settings.vocab_size == config.vocab_size
        assert all(np.isfinite(weight).all() for weight in load_model_weights(tmp_path / "runs" / name).values())


def plain(learner):
    """The model of a learner, with the weights that it computes with."""
    model = GRULanguageModel(SIZES)
    weights = {name: weight.detach().clone() for name, weight in learner.weights().items()}
    model.load_state_dict(weights)
    return model


def whole_inputs(packed):
    return packed.inputs, packed.batch_sizes, torch.zeros(2, 3, SIZES.hidden_size)

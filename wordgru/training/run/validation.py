"""How good a model is on text it did not learn from, and a look at what it would say."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.training.network.batches import Ids, pack_documents
from wordgru.training.network.model import GRULanguageModel

_DOCUMENTS = 64  # side by side
_TOKENS = 2048  # scored at once: 2,048 x 16,000 logits are 130 MB
_CONTEXTS = 3
_SPACES = (b" ", b"\n")


class Documents(Protocol):
    """Ids of many documents, in memory or on disk."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int, /) -> npt.NDArray[Any]:
        """Ids of one, without END."""


@dataclass(frozen=True)
class Scores:
    """Figures over whole documents, each read from the zero state, its end included.

    Attributes:
        perplexity: per word: exp(nats of the whole text / words between white space).
        bits_per_byte: bits of the whole text / bytes of its UTF-8.
        nats_per_token: nats of the whole text / its tokens.
    """

    perplexity: float
    bits_per_byte: float
    nats_per_token: float

    def to_dict(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


class Validation:
    """Held-out documents, and how a model does on them.

    Args:
        documents: ids of each, without END.
        tokenizer: what they are made with.
        most: tokens to read; documents are chosen evenly from all until that many are found.
    """

    def __init__(self, documents: Documents, tokenizer: Tokenizer, *, most: int) -> None:
        self.tokenizer = tokenizer
        self.documents: list[Ids] = []
        for index in np.random.default_rng(0).permutation(len(documents)):
            if sum(map(len, self.documents)) >= most:
                break
            self.documents.append(np.asarray(documents[index], np.int64))
        texts = [tokenizer.decode(document.tolist()) for document in self.documents]
        self.words = sum(len(text.split()) for text in texts)
        self.bytes = sum(len(text.encode()) for text in texts)
        self.documents.sort(key=len)

    def score(self, model: GRULanguageModel) -> Scores:
        """Figures of a model in float32. Its mode (training or not) is as before."""
        nats, tokens = 0.0, 0
        for start in range(0, len(self.documents), _DOCUMENTS):
            batch = self.documents[start : start + _DOCUMENTS]
            nats += _total_nats(model, batch)
            tokens += sum(map(len, batch)) + len(batch)
        per_word = nats / max(self.words, 1)
        return Scores(
            perplexity=math.exp(per_word) if per_word < 700 else math.inf,
            bits_per_byte=nats / math.log(2) / max(self.bytes, 1),
            nats_per_token=nats / max(tokens, 1),
        )

    def samples(self, model: GRULanguageModel) -> list[str]:
        """A line for a few contexts: last words, and three greedy guesses at the next (not the exact search)."""
        longest = [document for document in reversed(self.documents) if len(document) > 8][: 8 * _CONTEXTS]
        lines = []
        for document in longest[:: max(1, len(longest) // _CONTEXTS)][:_CONTEXTS]:
            cut = _word_start(document, self.tokenizer)
            guesses = _guesses(model, self.tokenizer, document[:cut])
            shown = " ".join(self.tokenizer.decode(document[:cut].tolist()).split()[-6:])
            lines.append(f"{shown} → {' | '.join(guesses)}")
        return lines


def _total_nats(model: GRULanguageModel, documents: Sequence[Ids]) -> float:
    with _judging(model) as device:
        packed = pack_documents(documents).to(device)
        state = torch.zeros(model.config.layers, 0, model.config.hidden_size, device=device)
        outputs, _ = model.forward_packed(packed.inputs, packed.batch_sizes, packed.start_states(state))
        total = 0.0
        for part, targets in zip(torch.split(outputs, _TOKENS), torch.split(packed.targets, _TOKENS), strict=True):
            total += float(cross_entropy(model.logits(part), targets, reduction="sum"))
    return total


def _word_start(document: Ids, tokenizer: Tokenizer) -> int:
    """Where a word begins, near the middle of a document and within its first 40 tokens."""
    middle = min(len(document) // 2, 40)
    starts = (at for at in range(middle, 0, -1) if tokenizer.token_bytes[document[at]].startswith(b" "))
    return next(starts, middle)


def _guesses(model: GRULanguageModel, tokenizer: Tokenizer, context: Ids) -> list[str]:
    """Three words: the three likeliest first tokens, each followed greedily until a space or the end."""
    tokens = tokenizer.token_bytes
    with _judging(model) as device:
        ids = torch.from_numpy(np.concatenate([[END_OF_TEXT], context])).to(device)
        logits, state = model(ids[None])
        first = [id_ for id_ in _best(logits[0, -1], 50) if tokens[id_].startswith(_SPACES) and tokens[id_].strip()][:3]
        guesses = []
        for id_ in first:
            spelled, now, word = tokens[id_], state, id_
            for _ in range(6):
                logits, now = model(torch.tensor([[word]], device=device), now)
                word = _best(logits[0, -1], 1)[0]
                if word == END_OF_TEXT or not tokens[word][:1].isalpha():
                    break
                spelled += tokens[word]
            guesses.append(spelled.decode(errors="replace").strip())
    return guesses


def _best(logits: Tensor, count: int) -> list[int]:
    return [int(id_) for id_ in logits.topk(min(count, len(logits))).indices]


@contextmanager
def _judging(model: GRULanguageModel) -> Iterator[torch.device]:
    """The model's device; no gradients and no dropout inside, and the model's mode is restored."""
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield model.output_bias.device
    finally:
        model.train(training)

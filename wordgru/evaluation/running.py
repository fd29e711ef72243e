"""The perplexity of a running text as the literature on language models counts it, by readers that may adapt.

A text is read once from its beginning; the state runs on through all its lines. It must not know how a reader adapts.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from wordgru.errors import TextError
from wordgru.search.model import Floats, Ints, LanguageModel
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.text.words import normalize

_MOST_NATS = math.log(sys.float_info.max)  # per word, of a text of marks or white space with hardly a word

DEFINITION = (
    "perplexity per word: exp of the nats of the whole text per word; words stand between white space, and "
    "one for each end of a line. The text's lines are read in one go, as they stand"
)


class Reader(Protocol):
    """Reads a text from its beginning, a few tokens at a time. What it has read may change what it expects."""

    block: int
    """Tokens to give it at once."""

    def read(self, tokens: Ints) -> tuple[Floats, Floats]:
        """Read on: what may follow each of `tokens`, and the top layer's state there.

        Returns:
            Log-probabilities (T, V) in nats and states (T, H), both float32.
        """


@dataclass(frozen=True)
class Likelihood:
    """How well a text was expected.

    Attributes:
        name: of the text.
        words: words between white space, and line ends.
        tokens: of the tokenizer.
        bytes: of the text in UTF-8.
        nats: minus the log-probability of all tokens, each given all before it.
    """

    name: str
    words: int
    tokens: int
    bytes: int
    nats: float

    @property
    def perplexity(self) -> float:
        """Per word; at most what a float holds."""
        return math.exp(min(self.nats / self.words, _MOST_NATS))

    @property
    def bits_per_byte(self) -> float:
        """Bits per byte of UTF-8."""
        return self.nats / math.log(2) / self.bytes


def likelihood(
    name: str, text: str, tokenizer: Tokenizer, reader: Reader, *, progress: Callable[[int], None] | None = None
) -> Likelihood:
    """Let `reader`, which has read nothing yet, read `text`.

    Args:
        name: what to call the text.
        text: all of it counts, white space and line ends too.
        tokenizer: the reader's.
        reader: it begins with the token that begins every text, and never reads the last token.
        progress: called with the number of tokens done since the last call.

    Raises:
        TextError: the text is empty.
        WordgruError: the text holds a lone surrogate.
    """
    text = normalize(text)
    tokens = tokenizer.encode(text)
    words = len(text.split()) + text.count("\n")
    if not words:
        raise TextError(f"{name}: holds no token; expected words or lines. Check the source and its column.")
    inputs, nats = np.concatenate([[END_OF_TEXT], tokens[:-1]]), 0.0
    for start in range(0, len(tokens), reader.block):
        targets = tokens[start : start + reader.block]
        logs, _ = reader.read(inputs[start : start + reader.block])
        nats -= float(logs[np.arange(len(targets)), targets].sum(dtype=np.float64))
        if progress:
            progress(len(targets))
    return Likelihood(name, words, len(tokens), len(text.encode()), nats)


class ModelReader:
    """Any language model as a reader; it does not adapt, but for its state."""

    block = 64

    def __init__(self, model: LanguageModel) -> None:
        self._model, self._state = model, model.initial_state()

    def read(self, tokens: Ints) -> tuple[Floats, Floats]:
        """As `Reader.read`; token by token, for the state after each."""
        rows, tops = [], []
        for at in range(len(tokens)):
            row, self._state = self._model.step(tokens[at : at + 1], self._state)
            rows.append(row[0])
            tops.append(self._state[-1, 0])
        least = np.finfo(np.float32).tiny  # what is less probable than any float is not impossible
        return np.log(np.maximum(np.stack(rows), least)), np.stack(tops)

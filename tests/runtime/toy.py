"""A toy language model with random weights, and word probabilities by brute force over all token sequences."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from wordgru.search.model import LanguageModel
from wordgru.text import words


class ToyModel:
    """A random recurrent model over a handful of tokens, in float64 inside; `sharpness` makes it sure of itself."""

    def __init__(self, tokens: list[bytes], seed: int, sharpness: float = 2.0, ends: float = 2.0) -> None:
        random = np.random.default_rng(seed)
        self.tokens = tokens
        size, count = 6, len(tokens)
        self._recurrent = random.normal(size=(size, size))
        self._input = random.normal(size=(count, size))
        self._output = random.normal(size=(size, count)) * sharpness
        self._bias = np.array([ends if p[:1] in (b" ", b".", b"") else 0.0 for p in tokens])  # words stay short

    def initial_state(self) -> np.ndarray:
        return np.zeros((1, 1, 6), np.float32)

    def step(self, tokens: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, after = self._read(tokens, states)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True), after

    def advance(self, tokens: np.ndarray, state: np.ndarray) -> np.ndarray:
        for token in tokens:
            _, state = self._read(np.array([token]), state)
        return state

    def score(self, tokens: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = []
        for token in tokens:
            logits, state = self._read(np.array([token]), state)
            rows.append(logits[0] - np.log(np.exp(logits[0]).sum()))
        return np.array(rows), state

    def _read(self, tokens: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after = np.tanh(states[0].astype(np.float64) @ self._recurrent + self._input[tokens])
        return after @ self._output + self._bias, after[None].astype(np.float32)


def brute_force(
    model: LanguageModel, token_bytes: Sequence[bytes], finals: int, state: np.ndarray, last: int, typed: bytes,
    *, least: float,
) -> tuple[dict[bytes, float], float, dict[bytes, float]]:  # fmt: skip
    """All spellings above `least` added up: the mass of every word that begins with `typed`, by the definition alone.

    Beside them the mass of all token sequences that begin so, and of those that were cut off, by what they spell.
    """
    masses: dict[bytes, float] = defaultdict(float)
    cut: dict[bytes, float] = defaultdict(float)
    agreeing = 0.0
    waiting = [(state, last, b"", 1.0)]
    while waiting:
        before, token, spelled, mass = waiting.pop()
        rows, after = model.step(np.array([token]), before)
        for id_, share in enumerate(rows[0][1:].tolist(), 1):
            text, here = spelled + token_bytes[id_], mass * share
            if not (text.startswith(typed) or typed.startswith(text)):
                continue
            if text.startswith(typed) and (not spelled or not spelled.startswith(typed)):
                agreeing += here
            if id_ <= finals or _ends_unit(text):
                if text.startswith(typed):
                    masses[text] += here
            elif here > least:
                waiting.append((after, id_, text, here))
            else:
                cut[text] += here
    return masses, agreeing, cut


def _ends_unit(spelled: bytes) -> bool:
    """Whether a token that spells up to here ends a unit of a script without spaces."""
    try:
        return words.kind(spelled.decode()[-1]) == "unspaced"
    except UnicodeDecodeError:
        return False

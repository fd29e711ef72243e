"""A continuous cache: tokens that followed similar states in the text just read become more probable.

Grave, Joulin and Usunier 2017, "Improving Neural Language Models with a Continuous Cache".
"""

from dataclasses import dataclass

import numpy as np

from wordgru.config import Range, check_ranges, ranged
from wordgru.evaluation.running import Reader
from wordgru.search.model import Floats, Ints


@dataclass(frozen=True)
class CacheOptions:
    """How a cache remembers.

    Attributes:
        size: states that it looks back on.
        theta: how much more the similar ones count; 0 is a plain count of the tokens.
        share: of the probability that the cache gives, the rest being the model's (lambda in the paper).
    """

    size: int = ranged(4000, Range(1, whole=True))
    theta: float = ranged(0.7, Range(0))
    share: float = ranged(0.25, Range(0, 1, below=True))

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges."""
        check_ranges(self, "the cache's")


class CachedReader:
    """Another reader with a cache over its top layer's states.

    The token that followed an earlier state h' has the weight exp(theta * h·h') after the state h.
    """

    def __init__(self, reader: Reader, options: CacheOptions) -> None:
        self.block = reader.block
        self._reader, self._options = reader, options
        self._states: Floats | None = None  # (M, H), the latest
        self._tokens = np.zeros(0, np.int64)  # (M,), the token read before each of them, so after the one before it

    def read(self, tokens: Ints) -> tuple[Floats, Floats]:
        """As `Reader.read`; the answer does not depend on how the text is cut into calls."""
        logs, tops = self._reader.read(tokens)
        states = tops if self._states is None else np.concatenate([self._states, tops])
        read = np.concatenate([self._tokens, tokens])
        self._states, self._tokens = states[-self._options.size :], read[-self._options.size :]
        mass = self._options.share * self._mass(tops, states[:-1], read[1:], logs.shape[1])  # (T, V)
        mixed = logs + np.log1p(-mass.sum(axis=1, keepdims=True)).astype(np.float32)
        rows, columns = np.nonzero(mass)
        mixed[rows, columns] = np.logaddexp(mixed[rows, columns], np.log(mass[rows, columns]))
        return mixed, tops

    def _mass(self, tops: Floats, keys: Floats, followers: Ints, vocabulary: int) -> Floats:
        """Probabilities by the cache alone after each of the newest states; zeros where it is empty.  # (T, V)"""
        place = len(keys) + 1 - len(tops) + np.arange(len(tops))[:, None]  # of each state among all, (T, 1)
        before = place - np.arange(len(keys))  # (T, M)
        remembered = (before > 0) & (before <= self._options.size)
        scores = np.where(remembered, self._options.theta * (tops @ keys.T), -np.inf)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True, initial=np.finfo(np.float32).min))
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return np.stack([np.bincount(followers, weights=row, minlength=vocabulary) for row in weights])

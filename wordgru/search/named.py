"""Words that another source than the model names, with what they have beside it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wordgru.text.trie import Trie
from wordgru.text.vocabulary import folded

Doubles = npt.NDArray[np.float64]


class NamedWords:
    """Words and their shares, looked up by what they begin with, in either case or in one.

    Args:
        shares: word, in bytes and without a space before it → its share.
    """

    def __init__(self, shares: Mapping[bytes, float]) -> None:
        self.shares = shares

    def beginning(self, start: bytes, *, fold: bool) -> tuple[Sequence[bytes], Doubles]:
        """The words that begin with `start` and their shares; with `fold` in either case, `start` being lower case."""
        keys, words, shares = self._folded if fold else self._plain
        low = bisect_left(keys, start)
        high = bisect_left(keys, start + b"\xff", low)  # no byte of UTF-8 is 255
        return words[low:high], shares[low:high]

    @cached_property
    def trie(self) -> tuple[Trie, Doubles, Doubles]:
        """The words as a trie, their shares in its order, (N,), and these added up from 0 on, (N + 1,)."""
        trie = Trie(list(self.shares))
        shares = np.array(list(self.shares.values()))[trie.order]
        return trie, shares, np.concatenate([[0.0], np.cumsum(shares)])

    @cached_property
    def _plain(self) -> tuple[Sequence[bytes], Sequence[bytes], Doubles]:
        words = sorted(self.shares)
        return words, words, np.array([self.shares[word] for word in words])

    @cached_property
    def _folded(self) -> tuple[Sequence[bytes], Sequence[bytes], Doubles]:
        pairs = sorted((folded(word), word) for word in self.shares)
        words = [word for _, word in pairs]
        return [key for key, _ in pairs], words, np.array([self.shares[word] for word in words])


@dataclass(frozen=True)
class Named:
    """What a source adds at one place. A share is measured where the model's words that begin with `start` have 1.

    Attributes:
        start: what each word here begins with: the space before it, or nothing.
        more: word → its share of this place alone.
        common: words that have a share everywhere.
        scale: what the shares of `common` count here.
        source: what gives them.
    """

    start: bytes
    more: Mapping[bytes, float] = field(default_factory=dict)
    common: NamedWords = field(default_factory=lambda: NamedWords({}))
    scale: float = 1.0
    source: str = "personal"

    @cached_property
    def added(self) -> NamedWords:
        """The words of `more`, as `common` is."""
        return NamedWords(self.more)

    def agreeing(self, typed: bytes, most: int, *, fold: bool) -> tuple[dict[bytes, float], float, float]:
        """The words that begin with `typed`.

        Args:
            typed: bytes of the space before the word and the letters; lower case with `fold`.
            most: words of `common` to list.
            fold: whether letters of either case agree.

        Returns:
            The shares of the words listed, `start` included in each; the sum of all; and the most that a word has that
            is not listed.
        """
        if not (typed.startswith(self.start) or self.start.startswith(typed)):
            return {}, 0.0, 0.0
        letters = typed[len(self.start) :]
        words, shares = self.common.beginning(letters, fold=fold)
        shares = self.scale * shares
        total, rest, listed = float(shares.sum()), 0.0, range(len(words))  # type: float, float, Sequence[int]
        if len(words) > most:
            order = np.argpartition(shares, len(words) - most)
            listed, rest = order[-most:].tolist(), float(shares[order[:-most]].max())
        found = {self.start + words[at]: float(shares[at]) for at in listed}
        for word, share in self.more.items():
            if (folded(word) if fold else word).startswith(letters):
                has = self.scale * self.common.shares.get(word, 0.0)
                found[self.start + word] = found.get(self.start + word, has) + share
                total += share
        return found, total, rest

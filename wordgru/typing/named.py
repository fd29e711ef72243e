"""Words that another source names, weighed by what was typed."""

from bisect import bisect_left

import numpy as np

from wordgru.search.model import Ints
from wordgru.search.named import NamedWords
from wordgru.text.trie import Trie
from wordgru.typing.channel import Reached, Typed


class NamedMasses:
    """Share · likelihood of each word of a source, where it is above a floor.

    Args:
        typed: what was typed.
        words: and their shares.
        unit: the mass of a share of 1.
        floor: mass that is left out.

    Attributes:
        total: the mass of all.
        lost: the most that a word is denied: one floor where the walk ends and one where what it found is too light,
            and no more than a word can have.
    """

    def __init__(self, typed: Typed, words: NamedWords, unit: float, floor: float, *, start: bytes = b"") -> None:
        """See the class; each word is found with `start` before it."""
        self._start = start
        trie, shares, summed = words.trie
        self._strings, self._masses = trie.strings, np.zeros(len(shares))
        self._places = np.zeros(0, np.int64)
        self.total = self.lost = 0.0
        if unit <= 0 or not len(shares):
            return
        floors = np.full(1, floor / unit)
        levels, lost = typed.walk(trie, np.zeros(1, np.int64), typed.start(), summed[None], floors)
        reached = [places_of(trie, level) for level in levels]
        self._places = np.concatenate([places for places, _ in reached])
        likelihoods = np.concatenate(
            [typed.likelihood(level.alignments)[of] for level, (_, of) in zip(levels, reached, strict=True)]
        )
        masses = unit * shares[self._places] * likelihoods
        heavy = masses > floor
        self._places = self._places[heavy]
        self._masses[self._places] = masses[heavy]
        self.total = float(masses[heavy].sum())
        self.lost = min(floor + unit * float(lost[0]), unit * float(shares.max()) * typed.most)

    def mass(self, spelled: bytes) -> float:
        """What a word has."""
        word = spelled[len(self._start) :]
        place = bisect_left(self._strings, word)
        if place == len(self._strings) or self._strings[place] != word or not spelled.startswith(self._start):
            return 0.0
        return float(self._masses[place])

    def heaviest(self, most: int) -> tuple[list[bytes], float]:
        """The heaviest words, and the most that one of the others has."""
        places, rest = self._places, 0.0
        if len(places) > most:
            masses = self._masses[places]
            order = np.argpartition(masses, len(places) - most)
            places, rest = places[order[-most:]], float(masses[order[:-most]].max())
        return [self._start + self._strings[place] for place in places.tolist()], rest


def places_of(trie: Trie, level: Reached) -> tuple[Ints, Ints]:
    """The strings that a walk reached at one level, and of each which of the level's nodes it belongs to."""
    lows = trie.low[level.nodes].astype(np.int64)
    counts = np.where(level.closed, trie.high[level.nodes], trie.own[level.nodes]) - lows
    of = np.repeat(np.arange(len(counts)), counts)
    return lows[of] + np.arange(len(of)) - (np.cumsum(counts) - counts)[of], of

"""What a search is asked and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from wordgru.config import Range, check_ranges, ranged

K = Range(1, whole=True)
"""How many words may be asked for."""

TOLERANCE = 3e-3
"""How much probability a returned word may still lack when its search ends, by default.

With the English model and 5,733 words of test text, 0.001 and 0.01 have the same hit@1 and hit@3; a keystroke takes
1.05 calls of the model with 0.001, 0.92 with this, and 0.81 with 0.01.
"""


@dataclass(frozen=True)
class Suggestion:
    """One word and its probability after the context and the letters typed.

    Attributes:
        word: the whole word, the letters already typed included.
        probability: P(word | context, prefix), short of the truth by at most the search's tolerance.
        pieces: its most probable spelling; the first piece may begin with a space.
    """

    word: str
    probability: float
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestions(Sequence[Suggestion]):
    """The words found, most probable first; a sequence of `Suggestion`.

    Attributes:
        items: the suggestions.
        exact: True if it is proved that these are the most probable words, in this order; False if a budget
            ended the search earlier.
        unexplored: the probability that lies in spellings not looked into, out of 1.
        expanded: spellings looked into: rows given to the model, or remembered.
    """

    items: tuple[Suggestion, ...]
    exact: bool = True
    unexplored: float = 0.0
    expanded: int = 0

    @overload
    def __getitem__(self, index: int) -> Suggestion: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Suggestion, ...]: ...
    def __getitem__(self, index: int | slice) -> Suggestion | tuple[Suggestion, ...]:
        """The suggestion at `index`, or a tuple of them for a slice."""
        return self.items[index]

    def __len__(self) -> int:
        """How many words were found."""
        return len(self.items)

    @property
    def words(self) -> list[str]:
        """The words alone."""
        return [item.word for item in self.items]


@dataclass(frozen=True)
class SearchOptions:
    """How a search is done.

    Attributes:
        tolerance: a word's probability may be short of the truth by this much; words less probable may be
            missing from the ranking.
        max_expanded: spellings to look into at most; beyond, the result is not exact.
        max_seconds: time to take at most; None for no limit.
        ignore_case: letters typed match letters of either case.
        batch: spellings given to the model in one call at most.
    """

    tolerance: float = ranged(TOLERANCE, Range(0, 1, below=True))
    max_expanded: int = ranged(512, Range(1, whole=True))
    max_seconds: float | None = ranged(None, Range(0, above=True))
    ignore_case: bool = False
    batch: int = ranged(6, Range(1, whole=True))

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges."""
        check_ranges(self)

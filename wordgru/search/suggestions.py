"""What a search is asked and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import NoneType
from typing import overload

import numpy as np

from wordgru.config import Range, check_ranges, check_type, ranged
from wordgru.errors import WordgruError

K = Range(1, 256, whole=True)
"""How many words may be asked for."""


@dataclass(frozen=True)
class Suggestion:
    """One word and its probability after the context and the letters typed.

    Attributes:
        word: the whole word, the letters already typed included.
        probability: P(word | context, prefix), short of the truth by at most the search's tolerance.
        tokens: its most probable spelling, as bytes; the first token may begin with a space.
        sources: who gives it: "model", "personal", "glossary", of several models the name of each; one that gives less
            than a tenth of it is not told.
    """

    word: str
    probability: float
    tokens: tuple[bytes, ...] = ()
    sources: tuple[str, ...] = ("model",)


@dataclass(frozen=True)
class Suggestions(Sequence[Suggestion]):
    """The words found, most probable first; a sequence of `Suggestion`.

    Attributes:
        items: the suggestions.
        exact: True if it is proved that these are the most probable words, in this order; False if a budget
            ended the search earlier.
        unexplored: share of what agrees with the letters typed that lies in spellings not looked into.
        rows: rows of the model that were asked for.
        space: whether a space is missing between the text and these words.
        autocorrect: with a typing model, the word to put in place of the letters typed if the word ends here.
        log_evidence: log P(the letters typed | the text before the word), natural, as far as it is known.
    """

    items: tuple[Suggestion, ...]
    exact: bool = True
    unexplored: float = 0.0
    rows: int = 0
    space: bool = False
    autocorrect: str | None = None
    log_evidence: float = 0.0

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
        tolerance: share of what agrees with the letters typed by which a word's probability may be short of the truth,
            and by which a word that is not offered may be ahead of the last one offered.
        max_rows: rows of the model to ask for at most, where a call counts as half a batch of rows at least; then the
            answer is not exact.
        max_seconds: seconds to take at most; None for no limit.
        ignore_case: letters typed match letters of either case, and words that differ in case alone take one place.
        punctuation: marks and emoji that may come next are offered too; probabilities are then out of all that may
            follow.
        batch: rows asked for in one call of the model at most.
    """

    tolerance: float = ranged(3e-3, Range(0, 1, below=True))
    max_rows: int = ranged(64, Range(1, whole=True))
    max_seconds: float | None = ranged(None, Range(0, above=True))
    ignore_case: bool = False
    punctuation: bool = False
    batch: int = ranged(8, Range(1, whole=True))

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges, and what is neither true nor false."""
        check_ranges(self)
        for name in ("ignore_case", "punctuation"):
            check_type(name, getattr(self, name), (bool, np.bool_), "True or False")


_DEFAULTS = SearchOptions()


@dataclass(frozen=True)
class Found:
    """One word of an answer.

    Attributes:
        spelled: its bytes, those held back before the word included.
        probability: out of what agrees with the bytes typed.
        tokens: its most probable spelling.
        named: what of `probability` it has from each source that names it.
    """

    spelled: bytes
    probability: float
    tokens: tuple[int, ...]
    named: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a search found.

    Attributes:
        words: best first.
        exact: whether it is proved that they are the most probable.
        unexplored: share, of all that agrees with the bytes typed, of spellings that were not looked into.
        rows: rows of the model that were asked for.
        log_agreeing: log P(the bytes typed | context), natural, as far as it is known.
    """

    words: tuple[Found, ...]
    exact: bool
    unexplored: float
    rows: int
    log_agreeing: float = 0.0


def with_settings(options: SearchOptions | None, settings: Mapping[str, object]) -> SearchOptions:
    """`options`, or the defaults, with some fields in place of its own.

    Raises:
        WordgruError: there is no such field, or a number is out of its range.
    """
    check_type("options", options, (SearchOptions, NoneType), "SearchOptions")
    options = options or _DEFAULTS
    if not settings:
        return options
    names = [each.name for each in fields(SearchOptions)]
    if unknown := sorted(settings.keys() - set(names)):
        raise WordgruError(f"{unknown[0]} is no option of a search; expected {', '.join(names)}.")
    return replace(options, **settings)  # type: ignore[arg-type]

"""What is asked of whatever opens a text field: next words, the rest of a word, several words ahead."""

import heapq
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

from wordgru.config import Range
from wordgru.search.suggestions import K, SearchOptions, Suggestions, with_settings
from wordgru.sources.personal import PersonalModel


@dataclass(frozen=True)
class Phrase:
    """Several words ahead.

    Attributes:
        text: the words, with the spaces between them.
        probability: P(all of them, in this order | context).
    """

    text: str
    probability: float


class Field(Protocol):
    """A text field: a `Session`, or several as one."""

    @property
    def text(self) -> str:
        """The text of the field up to the cursor."""

    def append(self, text: str) -> None:
        """Type `text` at the end."""

    def set(self, text: str) -> None:
        """Make `text` what stands before the cursor."""

    def copy(self) -> Self:
        """A field with the same text that goes its own way."""

    def suggest(self, *, prefix: str | None = None, k: int = 3, options: SearchOptions | None = None) -> Suggestions:
        """The `k` most probable words at the cursor."""


class Asking(ABC):
    """Whatever makes text fields answers these in one.

    Attributes:
        personal: words of the person who types.
    """

    personal: PersonalModel | None

    @abstractmethod
    def session(self, text: str = "") -> Field:
        """A text field of its own."""

    def suggest(
        self, context: str, *, prefix: str = "", k: int = 3, options: SearchOptions | None = None, **settings: object
    ) -> Suggestions:
        """The `k` most probable words after `context`, with proof.

        Args:
            context: the text so far; a space that is missing after it is implied.
            prefix: letters of the next word that are already typed.
            k: how many words; fewer come only where fewer exist, or a budget is spent.
            options: budgets, tolerance and what matches.
            settings: fields of `SearchOptions`, in place of those of `options`.

        Raises:
            WordgruError: the text holds a lone surrogate, the prefix is no part of a word, or a number is out of its
                range.
        """
        return self.session(context).suggest(prefix=prefix, k=k, options=with_settings(options, settings))

    def complete(
        self, text: str, *, k: int = 3, options: SearchOptions | None = None, **settings: object
    ) -> Suggestions:
        """What the unfinished last word of `text` may become: `complete("the ca")` offers words that begin with "ca".

        Where no word is unfinished, the next word is offered. `k`, how many words, and the others are as for `suggest`.
        """
        return self.session(text).suggest(k=k, options=with_settings(options, settings))

    def phrases(
        self, context: str, *, k: int = 3, max_words: int = 4, threshold: float = 0.05,
        options: SearchOptions | None = None,
    ) -> list[Phrase]:  # fmt: skip
        """Several words ahead, best first, longer ones only while their probability stays above `threshold`.

        A phrase is returned when no continuation of it is probable enough, or it has `max_words` words; at most `k`
        phrases come.

        Raises:
            WordgruError: the text holds a lone surrogate, or a number is out of its range.
        """
        found: list[Phrase] = []
        for found in phrase_by_phrase(  # noqa: B007  (the last is wanted)
            self.session(context), k=k, max_words=max_words, threshold=threshold, options=options
        ):
            pass
        return found


def phrase_by_phrase(
    field: Field, *, k: int = 3, max_words: int = 4, threshold: float = 0.05, options: SearchOptions | None = None
) -> Iterator[list[Phrase]]:
    """What `Asking.phrases` has found so far, after each of its searches; the last is all of it.

    For programs that do something else between two searches, or stop early. The field stays as it is.

    Raises:
        WordgruError: as `Asking.phrases`.
    """
    K.check("k", k)
    Range(1, whole=True).check("max_words", max_words)
    Range(0, 1).check("threshold", threshold)
    found: list[Phrase] = []
    order = itertools.count()  # so that sessions are never compared
    waiting = [(-1.0, next(order), 0, field)]
    while waiting and len(found) < k:
        negative, _, length, session = heapq.heappop(waiting)
        offers = session.suggest(prefix="", k=k, options=options) if length < max_words else Suggestions(())
        likely = [(item.word, -negative * item.probability) for item in offers]
        likely = [(word, probability) for word, probability in likely if probability >= threshold]
        for word, probability in likely:
            longer = session.copy()
            longer.append(" " * offers.space + word)
            heapq.heappush(waiting, (-probability, next(order), length + 1, longer))
        if length and not likely:
            found.append(Phrase(session.text[len(field.text) :].strip(), -negative))
        yield found

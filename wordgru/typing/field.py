"""Where the letters of a text field were touched, along its edits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from wordgru.sources.finger import Finger
from wordgru.typing.channel import Typed
from wordgru.typing.layout import Layout
from wordgru.typing.model import Touch, TypingModel

Point = tuple[float, float]
"""A place on a keyboard, in key widths."""


@dataclass(frozen=True)
class Corrected:
    """A correction that may be taken back.

    Attributes:
        letters: in whose place a word stands.
        before: the text as it was typed, up to these letters.
        after: and up to the word.
        points: where `before` was touched.
    """

    letters: str
    before: str
    after: str
    points: Mapping[int, Point]

    def taken_back(self, points: Mapping[int, Point]) -> dict[int, Point]:
        """Where a text that begins with `after` was touched, as it stands once `before` is there again."""
        end, moved = len(self.after), len(self.before) - len(self.after)
        return {**self.points, **{place + moved: point for place, point in points.items() if place >= end}}


class Touched:
    """The letters of a field that were touched.

    Attributes:
        points: place of a letter in the text → where it was touched.
    """

    def __init__(self) -> None:
        self.points: dict[int, Point] = {}
        self._landed: dict[int, Point] = {}  # the same of letters as they were meant, of which the finger is learnt

    def add(self, place: int, point: Point) -> None:
        """The letter at `place` was touched at `point`."""
        self.points[place] = self._landed[place] = point

    def edit(self, before: str, text: str, same: int) -> None:
        """`text` stands in place of `before`; their first `same` characters are the same."""
        self.points = {place: point for place, point in self.points.items() if place < same}
        if not _replaces(before, text, same):
            self._landed = {place: point for place, point in self._landed.items() if place < same}

    def landed(self, text: str, layout: Layout) -> list[Point]:
        """Where the finger landed beside the keys of the letters of `text`; each touch is told once."""
        meant = {place: layout.keys.get(text[place].lower()) for place in self._landed}
        found = [(self._landed[at][0] - key[0], self._landed[at][1] - key[1]) for at, key in meant.items() if key]
        self._landed = {}
        return found

    def typed(self, letters: str, begin: int | None, typing: TypingModel, finger: Finger, *, complete: bool) -> Typed:
        """Letters as a typing model sees them, by a finger of which something was learnt perhaps.

        Args:
            letters: of the word.
            begin: where they begin in the text; None where they are not in it, and so were not touched.
            typing: how they are typed.
            finger: where it lands beside the keys.
            complete: whether the word ends with them.
        """
        points = [None if begin is None else self.points.get(begin + at) for at in range(len(letters))]
        if any(points):
            right, below = finger.offset
            points = [point and (point[0] - right, point[1] - below) for point in points]
            typing = replace(typing, spread=finger.spread(typing.spread)) if finger.count else typing
        touches = [Touch(char, point) for char, point in zip(letters, points, strict=True)]
        return Typed(typing, touches, complete=complete)

    def copy(self) -> Self:
        """The same, which goes its own way."""
        other = type(self)()
        other.points, other._landed = dict(self.points), dict(self._landed)
        return other


def _replaces(before: str, text: str, same: int) -> bool:
    """Whether `text` has another word in place of the last one of `before`, letter for letter."""
    size = len(before)
    between = before[same:] + text[same:size]
    return same < size <= len(text) and not text[size : size + 1].isalnum() and not re.search(r"\s", between)

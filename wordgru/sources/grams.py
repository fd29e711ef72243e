"""What is learnt of a text: words after the units before them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from wordgru.text import words

BEGIN = "\n"
"""History where a message or line begins."""

_GAP = "\0"  # history in place of what is not learnt
_LONGEST = 48  # characters of a word that is learnt
_ADDRESS = re.compile(r"@\S|://|www\.")  # inside a run without white space
_DIGITS = re.compile(r"\d(?:\D?\d){3,}")  # four or more, with single characters between them
_KEY = 12  # characters of a run with a digit in it that looks like a key


@dataclass(frozen=True)
class Gram:
    """One word after a history, as it was learnt on one day.

    Attributes:
        history: the units before it, in lower case, joined by a space: none, one or two; a line's begin is a line end.
        word: as it was written.
        count: how often, decayed.
        day: when; None stands for today.
    """

    history: str
    word: str
    count: float
    day: date | None = None


def grams_of(units: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """(number of the word, history, word) of each gram."""
    number, history = 0, [BEGIN]
    for unit in units:
        if unit not in (BEGIN, _GAP) and words.kind(unit) == "word":
            number += 1
            for size in range(len(history) + 1):
                before = history[len(history) - size :]
                if _GAP not in before:
                    yield number, " ".join(before), unit
        history = [*history, unit.lower()][-2:]


def units_of(text: str) -> Iterator[str]:
    """Words, marks and emoji of normalised text; line ends; a gap for what is not learnt."""
    hidden = bytearray(len(text))
    for run in re.finditer(r"\S+", text):
        has_digit = any(char.isdecimal() for char in run[0])
        if (has_digit and len(run[0]) >= _KEY) or _ADDRESS.search(run[0]):
            hidden[run.start() : run.end()] = b"x" * len(run[0])
    for digits in _DIGITS.finditer(text):
        hidden[digits.start() : digits.end()] = b"x" * len(digits[0])
    for pre_token, start in words.pre_tokens(text):
        unit = pre_token.strip(" ")
        if "\n" in unit:
            yield BEGIN
        elif unit and not unit.isspace():
            at = start + pre_token.index(unit[0])
            yield _GAP if len(unit) > _LONGEST or any(hidden[at : at + len(unit)]) else unit

"""How somebody types: how probable each slip is, and what a letter or a touch point is, given the character meant."""

import math
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from wordgru.config import Range, check_ranges, ranged
from wordgru.text.alike import MUTE, SOUNDS, VOWELS
from wordgru.text.words import APOSTROPHES
from wordgru.typing.layout import Layout

Doubles = npt.NDArray[np.float64]

CARELESS: dict[str, Any] = {
    "vowel": 0.125, "sound": 0.04, "mute": 0.1, "omitted": 0.024, "undoubled": 0.5, "extra": 0.018, "doubled": 0.1,
    "swapped": 0.024, "anywhere": 0.007,
}  # fmt: skip
"""How probable slips are in a word that is spelled carelessly, or by ear: whoever makes one makes another."""

_SHARE = Range(0, 1, below=True)
_NEVER = 1e-9  # in place of 0: what a person never does may still have happened
_STROKES = dict(zip("łøđħŧı", "lodhti", strict=True))  # which Unicode does not take apart


@dataclass(frozen=True)
class TypingModel:
    """How somebody types: the probability of each slip where it can happen. docs/typing.md says how they were fitted.

    Attributes:
        layout: the keyboard: a name of `Layout.names`, or the path of a JSON file.
        spread: of the finger around a key's centre, its standard deviation in key widths; 0: each key is hit.
        anywhere: probability that a letter is typed as any other key.
        vowel: probability that a vowel is spelled as another one.
        sound: probability that a consonant is spelled as each one that may sound like it.
        omitted: probability that a character is left out.
        mute: probability that a vowel, h or w is, which may not be heard.
        undoubled: probability that the second of two equal characters is left out.
        extra: probability that a letter too many is typed after a character.
        doubled: probability that it is the one before, typed once more.
        swapped: probability that two characters change places.
        apostrophe: probability that an apostrophe or hyphen inside the word is left out.
        accent: probability that a letter is typed without its accent.
        lower: probability that a capital is typed as a small letter.
        upper: probability that a small letter is typed as a capital.
        joined: probability that the space before another word is left out; once in what was typed.
        split: probability that a space is typed after a character inside the word.
        unknown: probability that the next word is one which no model knows; its letters are equally probable.
        again: probability that it is one which was written before in the text, for each time.
        coined: probability that a word which the model expects and the language does not know was meant so.
        name: probability that one with a capital was.
        first: share of its probability elsewhere that a slip has at the first letter; the finger's are not fewer.
        careless: probability that a word is spelled carelessly, or by ear: its slips are `CARELESS`. Of words typed in
            full; while letters are typed, none is.
    """

    layout: str = "qwerty"
    spread: float = ranged(0.18, Range(0, 5))
    anywhere: float = ranged(0.0035, _SHARE)
    vowel: float = ranged(0.018, _SHARE)
    sound: float = ranged(0.001, _SHARE)
    omitted: float = ranged(0.012, _SHARE)
    mute: float = ranged(0.012, _SHARE)
    undoubled: float = ranged(0.06, _SHARE)
    extra: float = ranged(0.0045, _SHARE)
    doubled: float = ranged(0.003, _SHARE)
    swapped: float = ranged(0.006, _SHARE)
    apostrophe: float = ranged(0.3, _SHARE)
    accent: float = ranged(0.3, _SHARE)
    lower: float = ranged(0.3, _SHARE)
    upper: float = ranged(0.005, _SHARE)
    joined: float = ranged(0.003, _SHARE)
    split: float = ranged(0.0002, _SHARE)
    unknown: float = ranged(1e-4, _SHARE)
    again: float = ranged(3e-4, _SHARE)
    coined: float = ranged(3e-4, _SHARE)
    name: float = ranged(0.5, _SHARE)
    first: float = ranged(0.35, _SHARE)
    careless: float = ranged(0.05, _SHARE)

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges, and layouts that are none."""
        check_ranges(self)
        Layout.load(self.layout)


@dataclass(frozen=True)
class Touch:
    """A letter typed: a character for certain, or a point on the keyboard.

    Attributes:
        char: the character, of a point the nearest.
        point: (x, y) in key widths, if it was touched.
    """

    char: str
    point: tuple[float, float] | None = None


@lru_cache(maxsize=64)
def habits(model: TypingModel, complete: bool) -> tuple[tuple[float, TypingModel], ...]:
    """How a word is spelled: with care, or not; each with its probability."""
    if not complete or not model.careless:
        return ((1.0, model),)
    return ((1.0 - model.careless, model), (model.careless, replace(model, careless=0.0, **CARELESS)))


@lru_cache(maxsize=512)
def letter_likelihoods(model: TypingModel, alphabet: tuple[str, ...], touch: Touch, first: bool = False) -> Doubles:
    """P(a letter typed | each character of an alphabet); of a touch point its density."""
    layout = Layout.load(model.layout)
    if touch.point is None:
        keys = _keys(model, touch.char.lower())
        typed = touch.char
    else:
        keys = {char: density(model, place, touch.point) for char, place in layout.keys.items()}
        typed = ""  # a point has no case
    rarer = model.first if first else 1.0
    other = rarer * model.anywhere / max(len(layout.keys), 1)
    sure = (1.0 - model.anywhere) * (1.0 - model.swapped) * (1.0 - model.extra)
    plain = _plain(touch.char.lower())
    found = np.full(len(alphabet), _NEVER)
    for code, char in enumerate(alphabet):
        low = char.lower()
        base = _plain(low)
        cased = _case(model, char, typed)
        if low in keys:
            vowel = model.vowel / len(VOWELS) if low in VOWELS and plain in VOWELS and low != plain else 0.0
            sound = model.sound if plain in SOUNDS.get(low, "") else 0.0
            found[code] = cased * (sure * keys[low] + other + rarer * (vowel + sound))
        elif base != low and base in keys:  # its accent is left out, or keys hold no such letter
            found[code] = cased * (sure * keys[base] + other) * model.accent
        elif char.isalpha() and plain.isalpha():
            found[code] = least(model)
    return found


def least(model: TypingModel) -> float:
    """P(a letter typed | another that is on no key); nothing is less probable."""
    return max(model.anywhere / max(len(Layout.load(model.layout).keys), 1) * 1e-3, _NEVER)


def left_out(model: TypingModel, alphabet: tuple[str, ...]) -> Doubles:
    """P(each character of an alphabet is left out); 1 of what is no whole character, 0 of a space."""
    found = np.array([model.mute if char.lower() in MUTE else model.omitted for char in alphabet], np.float64)
    for code, char in enumerate(alphabet):
        if char in APOSTROPHES or char == "-":
            found[code] = model.apostrophe
        elif is_half(char):
            found[code] = 1.0
        elif char == " ":
            found[code] = 0.0
    return found


def is_half(char: str) -> bool:
    """Whether a character stands for a byte of one that is not whole."""
    return "\ud800" <= char <= "\udfff"


@lru_cache(maxsize=512)
def _keys(model: TypingModel, char: str) -> dict[str, float]:
    """P(a key is typed | another was meant), by the one meant: the share of the finger's Gaussian in the key's cell."""
    layout = Layout.load(model.layout)
    if char not in layout.keys:
        if "ㄱ" <= char <= "ㅎ":  # a syllable of Hangul that is begun: the rest of it counts as an accent
            return {char: 1.0, unicodedata.normalize("NFKD", char): 1.0}
        base = _plain(char)
        return {char: 1.0} if base not in layout.keys else {char: 1.0, base: _NEVER}
    x, y = layout.keys[char]
    row = [place[0] for place in layout.keys.values() if place[1] == y]
    rows = [place[1] for place in layout.keys.values()]
    left, right = (-math.inf if x == min(row) else x - 0.5), (math.inf if x == max(row) else x + 0.5)
    top, bottom = (-math.inf if y == min(rows) else y - 0.5), (math.inf if y == max(rows) else y + 0.5)
    return {
        other: _between(left - at[0], right - at[0], model.spread) * _between(top - at[1], bottom - at[1], model.spread)
        for other, at in layout.keys.items()
    }


def _between(low: float, high: float, spread: float) -> float:
    """The share of a Gaussian around 0 between two numbers."""
    if spread == 0:
        return float(low <= 0 < high)
    scale = spread * math.sqrt(2)
    return 0.5 * (math.erf(high / scale) - math.erf(low / scale))


def density(model: TypingModel, centre: tuple[float, float], point: tuple[float, float]) -> float:
    """Of the finger's Gaussian around a key at a point, per key."""
    spread = max(model.spread, 0.05)
    squared = ((centre[0] - point[0]) ** 2 + (centre[1] - point[1]) ** 2) / spread**2
    return math.exp(-min(squared / 2, 300.0)) / (2 * math.pi * spread**2)


def _case(model: TypingModel, meant: str, typed: str) -> float:
    if not typed or not meant.isalpha():
        return 1.0
    if meant.isupper() == typed.isupper():
        return 1.0 - (model.lower if meant.isupper() else model.upper)
    return model.lower if meant.isupper() else model.upper


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """A character in lower case without its accents, or its stroke."""
    bare = unicodedata.normalize("NFD", char)[:1] or char
    return _STROKES.get(bare, bare)

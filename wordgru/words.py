"""What a word is. The one definition that tokenizer, search and evaluation share.

A word is a maximal run of letters, digits and their combining marks, with single inner `'`, `’` or `-`
between letters: `don't`, `well-known`, `42nd`. Scripts written without spaces (Chinese, Japanese, Thai, Lao,
Khmer, Burmese, Tibetan) have no such runs; there the unit is whatever one piece of the tokenizer spells, and a
unit never mixes with letters of other scripts.
"""

import unicodedata
from functools import lru_cache
from typing import Literal

Kind = Literal["letter", "combining", "inner", "unspaced", "other"]

APOSTROPHES = "'’"

INNER = f"{APOSTROPHES}-"
"""Characters that belong to a word only between two of its letters."""

UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u0f00", "\u0fff"),  # Tibetan
    ("\u1000", "\u109f"),  # Burmese
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3005", "\u3007"),  # ideographic iteration mark and zero
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u9fff"),  # Han
    ("\uf900", "\ufaff"),  # Han, compatibility
    ("\U00020000", "\U0003ffff"),  # Han, extensions
)
"""Ranges of the scripts written without spaces between words."""

_OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+"
_QUOTES = "'\""
_DASHES = "-–—"


@lru_cache(maxsize=65536)
def kind(char: str) -> Kind:
    """The part that one character plays in words."""
    if char in INNER:
        return "inner"
    category = unicodedata.category(char)[0]
    if category in "LNM" and any(low <= char <= high for low, high in UNSPACED):
        return "unspaced"
    if category in "LN":
        return "letter"
    return "combining" if category == "M" else "other"


def is_mark(char: str) -> bool:
    """Whether `char` is punctuation or a symbol."""
    return kind(char) in ("other", "inner") and unicodedata.category(char)[0] in "PS"


def spans(text: str) -> list[tuple[int, int, bool]]:
    """Where the words of `text` are: (start, end, unspaced) in characters.

    A run of an unspaced script is one span, marked True; its units are the tokenizer's pieces.
    """
    found = []
    at, size = 0, len(text)
    while at < size:
        what = kind(text[at])
        if what == "letter":
            end = _word_end(text, at)
            found.append((at, end, False))
        elif what == "unspaced":
            end = at + 1
            while end < size and kind(text[end]) == "unspaced":
                end += 1
            found.append((at, end, True))
        else:
            end = at + 1
        at = end
    return found


def _word_end(text: str, start: int) -> int:
    """Where the word that begins at `start` ends."""
    end, size = start + 1, len(text)
    while end < size:
        what = kind(text[end])
        if what in ("letter", "combining"):
            end += 1
        elif what == "inner" and end + 1 < size and kind(text[end + 1]) == "letter":
            end += 2
        else:
            break
    return end


def split_last(text: str) -> tuple[str, str]:
    """Split `text` before its unfinished last word: `"the ca"` → `("the ", "ca")`.

    The unfinished word is what a letter typed next would belong to, so `"well-"` is one; after anything else,
    and in unspaced scripts always, the second part is empty.
    """
    line = max(text.rfind(" "), text.rfind("\n")) + 1
    start = line + spans(text[line:] + "a")[-1][0]
    return text[:start], text[start:]


def wants_space(text: str) -> bool:
    """Whether a space is missing between `text` and the word that follows it."""
    if not text or text[-1].isspace() or kind(text[-1]) == "unspaced":
        return False
    before = text[-2:-1]
    if text[-1] in _QUOTES:  # a straight quote opens after a space or another opening mark, else it closes
        return bool(before) and not before.isspace() and before not in _OPENING
    if text[-1] in _DASHES:  # "well-" goes on at once, "this -" after a space
        return before.isspace()
    return text[-1] not in _OPENING

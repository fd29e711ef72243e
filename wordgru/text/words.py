r"""What a word is: one regular expression, which cuts normalised text into pre-tokens, and what follows from it.

A pre-token is one of these; every character of a text is in exactly one:

- a word, with the space before it: a run of letters, digits and their combining marks, joiners (ZWJ, ZWNJ) among them,
  with single inner marks between letters (`don't`, `well-known`, `col·lecció`, `צה״ל`); an apostrophe after a final s
  belongs to it where white space follows (`the boys' room`: in English text one in eight closes a quotation);
- a run of a script without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan), with the space before it;
- an emoji, with all that belongs to it (skin, joined emoji, flags), and the space before it;
- a run of other marks, with the space before it;
- white space, but for the one space that belongs to what follows.

The expression is plain enough for Oniguruma (`tokenizers`), JavaScript (flag u) and a scanner written by hand (C++).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from tokenizers import Regex
from tokenizers.pre_tokenizers import Split

from wordgru.config import check_text
from wordgru.errors import WordgruError

Kind = Literal["word", "unspaced", "emoji", "marks", "space"]

APOSTROPHES = "'’"

INNER = f"{APOSTROPHES}\\-·׳״"
"""Characters that belong to a word only between two of its letters, as a regular expression's class has them."""

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

EMOJI = (
    ("\u203c", "\u203c"),
    ("\u2049", "\u2049"),
    ("\u231a", "\u231b"),
    ("\u23e9", "\u23fa"),
    ("\u25fd", "\u25fe"),
    ("\u2600", "\u27bf"),  # miscellaneous symbols, dingbats
    ("\u2b1b", "\u2b1c"),
    ("\u2b50", "\u2b55"),
    ("\U0001f000", "\U0001f1e5"),
    ("\U0001f200", "\U0001faff"),
)
"""Ranges of pictographs that begin an emoji; flags are pairs of U+1F1E6 to U+1F1FF."""

INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks that show nothing and spell nothing, as a regular expression's class has them: they are dropped from text."""


def _ranges(ranges: tuple[tuple[str, str], ...]) -> str:
    return "".join(low if low == high else f"{low}-{high}" for low, high in ranges)


_LETTER = f"(?:(?![{_ranges(UNSPACED)}])[\\p{{L}}\\p{{N}}][\\p{{M}}\u200c\u200d]*)"
_PICTURE = f"[{_ranges(EMOJI)}]\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_EMOJI = f"(?:{_PICTURE}(?:\u200d{_PICTURE})*|[\U0001f1e6-\U0001f1ff]{{2}})"
_JOINT = f'(?:[{INNER}]|(?<=[\u0591-\u05ea])"(?=[\u05d0-\u05ea]))'
PATTERN = "|".join(
    (
        f" ?{_LETTER}+(?:{_JOINT}{_LETTER}+)*(?:(?<=[sS])[{APOSTROPHES}](?!\\S))?",
        f" ?[{_ranges(UNSPACED)}]+",
        f" ?{_EMOJI}",
        f" ?(?:(?!{_EMOJI})[^\\s\\p{{L}}\\p{{N}}])+",
        "\\s+(?!\\S)",
        "\\s+",
    )
)
"""The rule of a pre-token; the alternatives are tried in this order, everywhere in the text."""

_DROPPED = re.compile(f"[{INVISIBLE}]")
_SPLIT = Split(Regex(PATTERN), "isolated")
_OPENING = "([{<“‘«‹¿¡/#@$£€_*~`|\\=+"
_BEFORE_WORDS = "([{<“‘«‹¿¡#@$£€"
_QUOTES = "'\""
_DASHES = "-–—"


def normalize(text: str) -> str:
    """`text` in NFC, with LF as line end and without invisible marks; what every tokenizer does first.

    Raises:
        WordgruError: it is no text.
    """
    check_text("the text", text)
    return unicodedata.normalize("NFC", _DROPPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def bytes_of(text: str) -> int:
    """How many bytes a text takes in UTF-8, a lone surrogate as three: an editor may stop inside a character."""
    return len(text.encode("utf-8", "surrogatepass"))


def check(text: str) -> None:
    """Refuse what is no text, and a lone surrogate, which no file in UTF-8 can hold.

    Raises:
        WordgruError: `text` is none, or holds one.
    """
    check_text("the text", text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise WordgruError(
            f"the text holds a lone surrogate (U+{ord(text[error.start]):04X} at character {error.start}), "
            "which is not Unicode text; remove it or decode the text again with errors='replace'."
        ) from None


def pre_tokens(text: str) -> list[tuple[str, int]]:
    """The pre-tokens of `text` (normalised) and where each begins, in characters.

    Raises:
        WordgruError: the text holds a lone surrogate.
    """
    check(text)
    return [(pre_token, start) for pre_token, (start, _) in _SPLIT.pre_tokenize_str(text)]


def kind(pre_token: str) -> Kind:
    """What a pre-token is."""
    return "space" if pre_token.isspace() else _kind(pre_token[1] if pre_token[0] == " " else pre_token[0])


@lru_cache(maxsize=4096)
def _kind(first: str) -> Kind:
    """What a pre-token is, other than white space, that begins with this character."""
    if _within(first, EMOJI) or "\U0001f1e6" <= first <= "\U0001f1ff":
        return "emoji"
    if _within(first, UNSPACED) and unicodedata.category(first)[0] in "LNM":
        return "unspaced"
    return "word" if unicodedata.category(first)[0] in "LN" else "marks"


@lru_cache(maxsize=4096)
def is_one(pre_token: str) -> bool:
    """Whether `pre_token` is a single pre-token: what no text is cut into is not offered."""
    if pre_token.isascii() and pre_token.removeprefix(" ").isalpha():
        return True  # as most are
    return len(_SPLIT.pre_tokenize_str(pre_token)) == 1


def spans(text: str) -> list[tuple[int, int, bool]]:
    """Where the words of `text` are: (start, end, unspaced) in characters.

    A run of an unspaced script is one span, marked True; its units are what tokens spell.
    """
    found = []
    for pre_token, start in pre_tokens(text):
        what = kind(pre_token)
        if what in ("word", "unspaced"):
            found.append((start + (pre_token[0] == " "), start + len(pre_token), what == "unspaced"))
    return found


def split_last(text: str) -> tuple[str, str]:
    """Split `text` before its unfinished last word: `"the ca"` → `("the ", "ca")`.

    The unfinished word is what a letter typed next would belong to, so `"well-"` is one; after anything else, and in
    unspaced scripts always, the second part is empty.
    """
    line = max(text.rfind(" "), text.rfind("\n"), text.rfind("\t")) + 1
    tail = text[line:]
    letter = next((char for char in reversed(tail) if unicodedata.category(char)[0] == "L"), "a")
    if _within(letter, UNSPACED):
        letter = "a"
    last, start = pre_tokens(tail + letter)[-1]
    start += line + (last[0] == " ")
    return text[:start], text[start:]


def takes_space(pre_token: str) -> bool:
    """Whether a space stands before a pre-token that follows a word: not before closing marks."""
    return kind(pre_token) != "marks" or pre_token.strip()[:1] in _BEFORE_WORDS


def wants_space(text: str) -> bool:
    """Whether a space is missing between `text` and the word that follows it."""
    if not text or text[-1].isspace() or _within(text[-1], UNSPACED):
        return False
    before = text[-2:-1]
    if text[-1] in _QUOTES:  # a straight quote opens after a space or another opening mark, else it closes
        return bool(before) and not before.isspace() and before not in _OPENING
    if text[-1] in _DASHES:  # "well-" goes on at once, "this -" after a space
        return before.isspace()
    return text[-1] not in _OPENING


def _within(char: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    return any(low <= char <= high for low, high in ranges)

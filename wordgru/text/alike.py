"""Letters that sound alike, and the spellings that are near one: one slip away, or two of the likeliest kinds."""

from collections.abc import Iterable, Iterator

VOWELS = "aeiouy"
"""Letters of which one is spelled as another."""

MUTE = VOWELS + "hw"
"""Letters that may not be heard."""

_PAIRS = ("cs", "ck", "sz", "kq", "gj", "fv", "dt", "bp", "mn")
SOUNDS = {char: "".join(pair.replace(char, "") for pair in _PAIRS if char in pair) for char in "".join(_PAIRS)}
"""Of each consonant those that may sound like it."""

_LEFT_OUT = "aeiouh"  # letters that are often left out
_LONGEST_TWICE = 16  # letters of a word that may have two slips: of 16 there are some 12,000 spellings, of 40 100,000


def near(word: str, letters: Iterable[str]) -> list[str]:
    """Spellings in lower case that `word` may stand for, each once, the nearest kinds first.

    They are one letter away: less, more, another, or two swapped; or two slips of spelling: a letter too many, two
    swapped, one that sounds alike, one of two equal ones, or, once, a vowel or h left out. A long word has one slip.
    """
    found = dict.fromkeys(_one_letter(word, sorted(set(letters))))
    for once in dict.fromkeys([*_slips(word), *_left_out(word)]) if len(word) <= _LONGEST_TWICE else ():
        found.update(dict.fromkeys(_slips(once)))
    return list(found)


def _one_letter(word: str, letters: Iterable[str]) -> Iterator[str]:
    for at in range(len(word) + 1):
        begin, rest = word[:at], word[at:]
        yield begin + rest[1:]
        if len(rest) > 1:
            yield begin + rest[1] + rest[0] + rest[2:]
        for char in letters:
            yield begin + char + rest
            yield begin + char + rest[1:]


def _slips(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        begin, first, rest = word[:at], word[at : at + 1], word[at + 1 :]
        if first:
            yield begin + rest
            yield begin + first + first + rest
            for char in VOWELS if first in VOWELS else SOUNDS.get(first, ""):
                yield begin + char + rest
        if rest:
            yield begin + rest[0] + first + rest[1:]


def _left_out(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        for char in _LEFT_OUT:
            yield word[:at] + char + word[at:]

"""Which words of a text are prose, and may be corrected: no numbers, code, addresses or words in capitals."""

import re

from wordgru.text import words

_BESIDE = frozenset("@/\\_#:=<>{}[]$%&~^+*|")  # marks beside a word that say it is something else
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)  # as Markdown marks it
_NO_APOSTROPHES = str.maketrans("", "", words.APOSTROPHES)


def code_in(text: str) -> list[tuple[int, int]]:
    """Where code begins and ends that is marked as Markdown marks it, between backticks, in order."""
    return [match.span() for match in _CODE.finditer(text)]


def is_prose(text: str, start: int, end: int) -> bool:
    """Whether the word of `text` from `start` to `end` may be corrected."""
    word, before, after = text[start:end], text[max(start - 2, 0) : start], text[end : end + 2]
    inside_an_address = (before[-1:] == "." and before[:1].isalnum()) or (after[:1] == "." and after[1:].isalnum())
    return (
        word.translate(_NO_APOSTROPHES).isalpha()
        and not (len(word) > 1 and word.isupper())
        and not any(char.isupper() for char in word[1:])
        and not any(char in _BESIDE for char in before[-1:] + after[:1])
        and not inside_an_address
    )

"""Which words of a text are prose, and may be corrected: no numbers, code, addresses or words in capitals.

A line is taken for code where it is one call, has an operator between spaces, is a pair of JSON or brackets alone,
begins as a prompt does, or ends as a statement. A paragraph whose lines are all indented by four spaces or a tab is
code, too.
"""

import re
from itertools import groupby

from wordgru.text import words

_BESIDE = frozenset("@/\\_#:=<>{}[]$%&~^+*|")  # marks beside a word that say it is something else
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)  # as Markdown marks it
_SPACES = " \t\r"
_CALL = re.compile(r"[\w.:]+\(.*\)(?:[,;:]| \{)?")  # a line that is one call
_CALLS = re.compile(r"\w\(")
_PAIR = re.compile(r"[\[{(, ]*\"[^\"]*\" *:")  # of JSON
_PROMPTS = (">>> ", "$ ", "#include ", "</")
_MARKS = ("=", "+=", "-=", "*=", "/=", "|=", "&=", ":=", "==", "!=", "<=", ">=", "=>", "&&", "||")
_OPERATORS = [f" {mark} " for mark in _MARKS]
_NO_APOSTROPHES = str.maketrans("", "", words.APOSTROPHES)


def code_in(text: str) -> list[tuple[int, int]]:
    """Where code begins and ends, in order: between backticks, in blocks of indented lines, and lines that are code."""
    found, at = [match.span() for match in _CODE.finditer(text)], 0
    for is_blank, group in groupby(text.split("\n"), key=lambda line: not line.strip(_SPACES)):
        lines = list(group)
        is_block = all(line.startswith(("    ", "\t")) for line in lines)
        for line in lines:
            if not is_blank and (is_block or _is_code(line.strip(_SPACES))):
                found.append((at, at + len(line)))
            at += len(line) + 1
    return sorted(found)


def _is_code(line: str) -> bool:
    """Whether a line without the white space around it is code or JSON."""
    return (
        line.startswith(_PROMPTS)
        or all(char in "{}[]()," for char in line)
        or _PAIR.match(line) is not None
        or _CALL.fullmatch(line) is not None
        or any(mark in line for mark in _OPERATORS)
        or (line.endswith((";", "{", "}")) and ("=" in line or _CALLS.search(line) is not None))
    )


def is_prose(text: str, start: int, end: int) -> bool:
    """Whether the word of `text` from `start` to `end` may be corrected."""
    word, before, after = text[start:end], text[max(start - 2, 0) : start], text[end : end + 2]
    after_dot = before[-1:] == "." and before[-2:-1] != "."  # of an address or a file's name, not of "..."
    inside_an_address = after_dot or (after[:1] == "." and after[1:].isalnum())
    return (
        word.translate(_NO_APOSTROPHES).isalpha()
        and not (len(word) > 1 and word.isupper())
        and not any(char.isupper() for char in word[1:])
        and not any(char in _BESIDE for char in before[-1:] + after[:1])
        and not inside_an_address
    )

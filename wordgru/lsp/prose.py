"""Which part of a document is prose, up to the cursor: all of a text, comments and strings of code."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

_PROSE = (
    "asciidoc context gitcommit git-commit latex mail markdown norg org pandoc plaintext quarto restructuredtext rmd "
    "rst tex text textile txt typst"
)
PROSE = frozenset([*_PROSE.split(), ""])
"""Languages, as editors name them, whose whole text is prose."""

_FENCES = ("```", "~~~")  # open and close blocks of code
_COMMITS = ("gitcommit", "git-commit")  # where lines with # are git's own

_LINE = {
    "//": "c cpp csharp dart go java javascript javascriptreact kotlin objective-c php rust scala swift typescript "
    "typescriptreact zig",
    "#": "bash coffeescript dockerfile elixir fish julia make makefile nix perl powershell python r ruby sh "
    "shellscript toml yaml",
    "--": "ada elm haskell lua sql",
    ";": "clojure elisp lisp racket scheme",
    "%": "erlang matlab octave prolog",
}
_BLOCKS = {"//": ("/*", "*/"), "--": ("{-", "-}")}
_NO_SINGLE_QUOTES = frozenset({"clojure", "elisp", "haskell", "lisp", "matlab", "racket", "rust", "scheme"})
_MARKERS: Mapping[str, str] = {language: marker for marker, names in _LINE.items() for language in names.split()}


def prose_lines(text: str, language: str) -> Iterator[tuple[int, int, str]]:
    """The lines of a document of prose, but for blocks of code: number, where it begins in `text`, and the line."""
    if language not in PROSE:
        return
    start, fence = 0, ""
    for number, line in enumerate(text.split("\n")):
        mark = line.lstrip()[:3]
        if mark in _FENCES and (not fence or mark == fence):
            fence = "" if fence else mark
        elif not fence and line.strip() and not (language in _COMMITS and line.startswith("#")):
            yield number, start, line
        start += len(line) + 1


def prose_before(text: str, language: str, *, code: bool) -> str | None:
    """The prose that ends where `text` ends; None where there is code.

    Args:
        text: of the document, up to the cursor.
        language: as the editor names it.
        code: comments and strings of code count too.
    """
    if language in PROSE:
        return text
    marker = _MARKERS.get(language)
    if not code or marker is None:
        return None
    opened = _opened(text, language, marker)
    if opened is None:
        return None
    opening, inside = opened
    if opening == marker:
        return _comment_lines(text, marker)
    if opening == _BLOCKS.get(marker, ("",))[0]:
        return re.sub(r"\s*\n[ \t*]*", " ", inside).lstrip(" *")
    return inside


def _opened(text: str, language: str, marker: str) -> tuple[str, str] | None:
    """The comment or string that is open at the end of `text`: what opens it, and what follows."""
    pairs = _pairs(language, marker)
    for found in _pattern(language, marker).finditer(text):
        opening = next(each for each, _ in pairs if found[0].startswith(each))
        closing = dict(pairs)[opening]
        whole = len(found[0]) >= len(opening) + len(closing) and found[0].endswith(closing)
        if found.end() == len(text) and not (closing and whole):
            return opening, found[0][len(opening) :]
    return None


@cache
def _pairs(language: str, marker: str) -> list[tuple[str, str]]:
    """What opens and closes comments and strings, the longest first; nothing closes a line's."""
    pairs = [(marker, ""), ('"', '"')]
    if marker in _BLOCKS:
        pairs.append(_BLOCKS[marker])
    if language not in _NO_SINGLE_QUOTES:
        pairs.append(("'", "'"))
    if marker == "//":
        pairs.append(("`", "`"))
    if language == "python":
        pairs += [('"""', '"""'), ("'''", "'''")]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


@cache
def _pattern(language: str, marker: str) -> re.Pattern[str]:
    """Each comment and string, up to its end, or to the end of the text where it is open."""
    parts = []
    for opening, closing in _pairs(language, marker):
        start, end = re.escape(opening), re.escape(closing)
        if not closing:
            parts.append(f"{start}[^\n]*")
        elif opening == closing:
            lines = "" if len(opening) == 3 or opening == "`" else "\\n"
            inside = f"(?:\\\\.|(?!{end})[^\\\\{lines}])*"
            parts.append(f"{start}{inside}(?:{end})?")
        else:
            parts.append(f"{start}(?:(?!{end}).)*(?:{end})?")
    return re.compile("|".join(parts), re.DOTALL)


def _comment_lines(text: str, marker: str) -> str:
    """The comment lines that end `text`, as one text."""
    found: list[str] = []
    for number, line in enumerate(reversed(text.split("\n"))):
        at = line.find(marker) if number == 0 else 0
        bare = line[at:] if number == 0 else line.lstrip()
        if not bare.startswith(marker):
            break
        found.append(bare.lstrip(marker[0] + "!").removeprefix(" "))
        if number == 0 and line[:at].strip():
            break
    return " ".join(reversed(found))

"""The default text: the documentation that comes with every CPython, made to read as prose.

The language reference of `pydoc_data.topics`, the docstrings of the modules built into the interpreter, and those
of the standard library, read from its sources without importing them. Nothing is downloaded and nothing is bundled.
Markup, code, tables and repeated paragraphs are left out.
"""

import ast
import importlib
import inspect
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, IterableDataset, Value

from wordgru.errors import TextError
from wordgru.training.run.quiet import quiet

_RULES = 2  # part of the key under which `datasets` caches the text: raise it when what follows changes
_LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "pydoc_data", "idle_test", "encodings"}

_HEADING = re.compile(r"^(?P<title>\S.*)\n(?P<line>[*=\-^~]{3,})$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[*\-+•]|\(?\d+[.)])\s+(?=\S)")
_MARKUP = (
    (re.compile(r"`([\w.]+)'"), r"'\1'"),  # the quotes of old docstrings
    (re.compile(r"``([^`]+)``"), r"\1"),
    (re.compile(r":[a-z:]+:`[~!]?([^`<]+?)(?:\s*<[^>]*>)?`"), r"\1"),  # :class:`~pathlib.Path`
    (re.compile(r"`([^`<]+?)(?:\s*<[^>]*>)?`_{0,2}"), r"\1"),
    (re.compile(r"(?<![\w*])\*{1,2}([^\s*](?:[^*]*[^\s*])?)\*{1,2}(?![\w*])"), r"\1"),
    (re.compile(r"``|''"), '"'),  # quotes as TeX writes them
    (re.compile(r"`"), "'"),
    (re.compile(r"::$"), ":"),
    (re.compile(r"\s+"), " "),
)
_WORD = re.compile(r"[\"'“‘(]*[A-Za-z][a-z]*(?:['’-][A-Za-z]?[a-z]+)*[\"'”’)]*[.,;:!?]*[\"'”’)]*")
_BEGINNING = re.compile(r"[A-Z\"“(]")
_ENDING = re.compile(r"[.!?:][\"'”’)]*$")


def load(*, streaming: bool = False) -> Dataset | IterableDataset:
    """Python's documentation as a data set with the column "text", a topic's section or a docstring a row.

    About 236,000 words in 7,500 documents on CPython 3.11 (330,000 with the markup, code and repetitions that are left
    out); always in the same order. The first call reads the sources (6 s), later ones the cache of `datasets`.

    Raises:
        TextError: this Python comes without its library's sources.
    """
    library = sysconfig.get_path("stdlib")
    features = Features({"text": Value("string")})
    options = {"library": library, "python": sys.version, "rules": _RULES}
    if not (Path(library) / "ast.py").is_file():
        raise TextError(
            f"{library}: this Python comes without the sources of its library, the default text; give a text to read."
        )
    with quiet(bars=True):
        kind = IterableDataset if streaming else Dataset
        return kind.from_generator(_rows, gen_kwargs=options, features=features)


def prose(text: str) -> list[str]:
    """The paragraphs of reStructuredText that read as prose, each unwrapped to one line and without markup."""
    return [plain for lines in _paragraphs(text) if _is_prose(plain := _plain(lines))]


def _rows(library: str, python: str, rules: int) -> Iterator[dict[str, str]]:
    """Every document once; a paragraph that an earlier document has is left out."""
    seen: set[str] = set()
    for text in _texts(Path(library)):
        paragraphs = [line for line in prose(text) if line not in seen]
        seen.update(paragraphs)
        if paragraphs:
            yield {"text": "\n".join(paragraphs)}


def _texts(library: Path) -> Iterator[str]:
    """Sections of the topics, then docstrings of what is built in and of the library, each in a fixed order."""
    from pydoc_data import topics  # not at the top: 700 kB of text

    for _, topic in sorted(topics.topics.items()):
        yield from _sections(topic)
    for name in sorted(sys.builtin_module_names):
        yield from _compiled_docstrings(importlib.import_module(name))
    for source in sorted(library.rglob("*.py")):
        if _belongs(source.relative_to(library)):
            yield from _docstrings(source)


def _sections(topic: str) -> Iterable[str]:
    """What stands between the headings of a topic."""
    return _HEADING.sub("\0", topic).split("\0")


def _belongs(source: Path) -> bool:
    """Whether a file of the library's folder is of the library, and no test or demonstration."""
    name = source.parts[0].removesuffix(".py")
    inner = {part.removesuffix(".py") for part in source.parts}
    tests = any(part.startswith("test_") for part in inner)
    return name in sys.stdlib_module_names and not tests and not inner & _LEFT_OUT


def _compiled_docstrings(owner: Any, *, is_member: bool = False) -> Iterator[str]:  # noqa: ANN401  (any object has one)
    """The docstrings of a module written in C, of its functions and classes, and of their methods."""
    if isinstance(text := getattr(owner, "__doc__", None), str):
        yield inspect.cleandoc(text)
    if inspect.isclass(owner) or not is_member:
        for _, member in sorted(vars(owner).items()):
            if inspect.isclass(member) and is_member:
                continue  # the class of a class, such as type itself
            compiled = inspect.isbuiltin(member) or inspect.ismethoddescriptor(member)
            if compiled or inspect.isclass(member) or inspect.isgetsetdescriptor(member):
                yield from _compiled_docstrings(member, is_member=True)


def _docstrings(source: Path) -> Iterator[str]:
    """The docstrings of a file, as they stand in it."""
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError):  # a template or a sample of bad code: not a module
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Lines that belong together: of one indentation, without a blank line or a bullet in between."""
    lines: list[str] = []
    margin = 0
    for line in text.expandtabs().splitlines():
        indent = len(line) - len(line.lstrip())
        bullet = _BULLET.match(line)
        if lines and (bullet or not line.strip() or indent != margin):
            yield lines
            lines = []
        if line.strip():
            lines.append(line)
            margin = bullet.end() if bullet else indent
    if lines:
        yield lines


def _plain(lines: list[str]) -> str:
    """One line of text without its markup."""
    text = _BULLET.sub("", lines[0]).strip()
    for line in lines[1:]:
        text += ("" if text.endswith("-") and text[-2:-1].isalpha() else " ") + line.strip()
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def _is_prose(text: str) -> bool:
    """Whether a line reads as prose: begins and ends as a sentence does, and is mostly words."""
    words = text.split()
    ordinary = sum(1 for word in words if _WORD.fullmatch(word))
    ends = _ENDING.search(text) is not None
    return (
        len(words) >= (3 if ends else 5)
        and _BEGINNING.match(text) is not None
        and ordinary >= (0.7 if ends else 0.85) * len(words)
        and not any(mark in text for mark in (">>>", "::="))
    )

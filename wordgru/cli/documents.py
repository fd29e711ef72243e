"""Text for the bench: files that the base install reads itself, and everything that training reads.

Lines of JSON and plain text, gzipped or not, and standard input need nothing; any other source goes through
`wordgru.training.data.text`, and so needs the [train] extra.
"""

import gzip
import io
import itertools
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from wordgru.errors import TextError, WordgruError
from wordgru.evaluation.bench import Document
from wordgru.text import words
from wordgru.text.kinds import kind_of, not_utf8, unknown
from wordgru.text.words import normalize

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class TextOptions:
    """How sources are read.

    Attributes:
        column: the column that holds the text.
        by: the column that holds the group, of lines of JSON; without it each source is a group.
        documents: how plain text is cut: by "line", "paragraph" (blank lines) or "file".
        split: the split of a data set on the Hub.
        words: words to read of each group at most, the last document being cut behind the last of them; in scripts
            without spaces each character counts as one.
    """

    column: str = "text"
    by: str | None = None
    documents: str = "paragraph"
    split: str = "test"
    words: int | None = None


def read_documents(sources: Sequence[str], options: TextOptions) -> list[Document]:
    """The documents of `sources`: files, "-" for standard input, or what `wordgru train` takes.

    Raises:
        TextError: a source cannot be found or read, or lacks a column.
    """
    parts = [_documents(source, name, options) for source, name in zip(sources, _names(sources), strict=True)]
    if options.words is None:
        return list(itertools.chain(*parts))
    if options.by:
        return list(_limited(itertools.chain(*parts), options.words))
    return [document for part in parts for document in _limited(part, options.words, alone=True)]


def _documents(source: str, name: str, options: TextOptions) -> Iterator[Document]:
    """The documents of one source, which is called `name`."""
    for text, group in _read(source, options):
        yield Document(text, group if options.by else name)


def _names(sources: Sequence[str]) -> list[str]:
    """What to call each source: the name of its file, or all of it where that is not enough."""
    short = ["standard input" if source == STANDARD_INPUT else Path(source).name.split(".")[0] for source in sources]
    return short if len(set(short)) == len(short) else list(sources)


def _read(source: str, options: TextOptions) -> Iterator[tuple[str, str]]:
    """(text, group) of each document."""
    suffixes = Path(source).suffixes
    kind = "".join(suffixes[-2:-1] if suffixes[-1:] == [".gz"] else suffixes[-1:])
    here = source == STANDARD_INPUT or Path(source).is_file()
    if here and kind in (".jsonl", ".ndjson"):
        yield from _json_lines(source, options)
        return
    if options.by:
        raise TextError(
            f"{source}: is not lines of JSON, so it has no groups by {options.by!r}; leave --by out, or "
            "--learn, which groups by person."
        )
    if here and (source == STANDARD_INPUT or kind == ".txt"):
        yield from ((text, "") for text in _plain_text(source, options.documents))
    else:
        yield from ((text, "") for text in _other(source, options))


def _plain_text(source: str, cut: str) -> Iterator[str]:
    """Documents of plain text, cut as training cuts them."""
    gathered: list[str] = []
    for _, line in _lines(source):
        if cut == "line":
            yield line
        elif cut == "file" or line.strip():
            gathered.append(line)
        elif gathered:
            yield "\n".join(gathered)
            gathered = []
    if gathered:
        yield "\n".join(gathered)


def _json_lines(source: str, options: TextOptions) -> Iterator[tuple[str, str]]:
    """(text, group) of each line."""
    for number, line in _lines(source):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise TextError(
                f"{source}: line {number} is not JSON ({error}); expected an object in each line."
            ) from None
        if not isinstance(row, dict):
            raise TextError(f"{source}: line {number} holds a {type(row).__name__}; expected an object with the text.")
        for column in filter(None, (options.column, options.by)):
            if column not in row:
                known = ", ".join(map(str, row)) or "none"
                flag = "--column" if column == options.column else "--by"
                raise TextError(f"{source}: line {number} has no column {column!r}; it has {known}. Name one ({flag}).")
        text = row[options.column]
        if text is not None and not isinstance(text, str):
            raise TextError(
                f"{source}: line {number}: column {options.column!r} holds {text!r:.40}, not text; name another "
                "(--column)."
            )
        group = str(row[options.by]) if options.by else ""
        try:
            words.check((text or "") + group)
        except WordgruError as error:
            raise TextError(f"{source}: line {number}: {error}") from None
        yield text or "", group


def _lines(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a file in UTF-8 and their numbers, without their ends."""
    name = "standard input" if source == STANDARD_INPUT else source
    first = b""
    try:
        with _open(source) as stream:
            for number, raw in enumerate(stream, 1):
                first = first or raw
                line = raw.decode("utf-8")
                yield number, (line.removeprefix("\ufeff") if number == 1 else line).rstrip("\r\n")
    except UnicodeDecodeError as error:
        place = f"byte 0x{error.object[error.start]:02x} in line {number}"
        raise not_utf8(name, first + raw, "text in UTF-8", place) from None
    except (OSError, EOFError, zlib.error) as error:
        raise TextError(
            f"{name}: cannot be read ({getattr(error, 'strerror', None) or error}); check the file."
        ) from None


def _open(source: str) -> IO[bytes]:
    if source == STANDARD_INPUT:
        return io.BytesIO(sys.stdin.buffer.read())  # not ours to close
    return cast("IO[bytes]", gzip.open(source, "rb") if source.endswith(".gz") else open(source, "rb"))


def _other(source: str, options: TextOptions) -> Iterator[str]:
    """Documents of what training reads: a name on the Hub, Parquet, CSV, a folder, a pattern."""
    if Path(source).is_file() and kind_of(Path(source)) is None:
        raise unknown(Path(source))
    try:
        from wordgru.training.data.text import documents, load_text
        from wordgru.training.data.text_config import TextConfig
    except ModuleNotFoundError as error:
        if Path(source).suffix in (".txt", ".jsonl", ".ndjson") and not Path(source).exists():
            raise TextError(f"{source}: there is no such file; looked from {Path.cwd()}.") from None
        missing = "" if Path(source).exists() else "is no file here; "
        raise TextError(
            f"{source}: {missing}sources other than .txt and .jsonl need {error.name}; pip install 'wordgru[train]'."
        ) from None
    local = Path(source).exists() or any(char in source for char in "*?[")
    config = TextConfig(
        sources=(source,), column=options.column, documents=options.documents, streaming=True,
        split="train" if local else options.split,
    )  # fmt: skip
    yield from documents(load_text(config))


def _limited(found: Iterable[Document], limit: int, *, alone: bool = False) -> Iterator[Document]:
    """Documents of each group up to its `limit`-th word; of one that is `alone`, no more is read than that."""
    left: dict[str, int] = {}
    for document in found:
        rest = left.setdefault(document.group, limit)
        if rest > 0:
            text = normalize(document.text)
            spans = words.spans(text)
            ends = [at for low, end, unspaced in spans for at in range(low + 1 if unspaced else end, end + 1)]
            left[document.group] = rest - len(ends)
            yield Document(text if len(ends) <= rest else text[: ends[rest - 1]], document.group)
        elif alone:
            return

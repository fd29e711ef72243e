"""Local files of text as `datasets`: finds them, knows their formats, and names what is wrong with one.

Text, JSON lines (or a JSON list), CSV and Parquet; all but Parquet may be gzipped, and all may be packed
(`packed.py`). Files of several kinds make one data set. It must not know what becomes of the text.
"""

import csv
import difflib
import glob
import gzip
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset, Features, IterableDataset, Value, load_dataset
from datasets.exceptions import DatasetsError

from wordgru.errors import TextError, reason
from wordgru.text.kinds import LOOKED_FOR, PACKED, kind_of, not_utf8, unknown
from wordgru.training.data import chat, packed
from wordgru.training.run.quiet import quiet

AnyDataset: TypeAlias = Dataset | IterableDataset

_READING_RULES = 1  # part of the key under which `datasets` caches text files: raise it when `_texts` changes
LOADING_ERRORS = (DatasetsError, OSError, ValueError, TypeError, KeyError, RuntimeError, EOFError, pa.ArrowException)
"""What `datasets` and its readers raise for a file they cannot read."""


def is_local(source: str) -> bool:
    """Whether `source` means something on this disk, even if it is missing there."""
    path = Path(source).expanduser()
    return (
        path.exists()
        or glob.has_magic(source)
        or source.startswith((".", "/", "~", "\\"))
        or source.endswith(("/", "\\"))
        or source.replace(os.sep, "/").count("/") > 1
        or kind_of(path) is not None
    )


def find(sources: tuple[str, ...]) -> dict[str, list[str]]:
    """Absolute names of the files that `sources` (files, folders, globs) stand for, by kind, each once and in order.

    In a folder, files of other kinds and hidden ones are passed over, and empty ones there and among those matched; a
    file named or matched must be of a known kind.

    Raises:
        TextError: nothing is found, a file is of an unknown kind, or one that is named is empty.
    """
    found: dict[str, list[str]] = {}
    for path in dict.fromkeys(path.absolute() for source in sources for path in _expand(source)):
        if kind_of(path) is None:
            raise unknown(path)
        plain = packed.unpacked(path, _is_plain) if path.suffix.lower() in PACKED else [path]
        for file in plain:
            found.setdefault(str(kind_of(file)), []).append(str(file))
    return found


def load(
    kind: str, files: list[str], *, column: str, documents: str, streaming: bool, delimiter: str = ","
) -> AnyDataset:
    """The `files`, all of one kind, as a data set with (at least) `column`; of text files, with the column "text".

    Where there is no column "text" but one of lists of messages (`chat.COLUMNS`), it has that.

    Raises:
        TextError: a file cannot be read, or has no such column.
    """
    delimiter = "\t" if files[0].lower().endswith((".tsv", ".tsv.gz")) else delimiter
    options = _reader_options(kind, files[0], column, delimiter)
    try:
        if kind == "csv":
            for file in files:
                _check_rows(file, delimiter)
        with quiet(bars=True):
            if kind == "text":
                return _load_text(files, documents, streaming=streaming)
            escaped = [glob.escape(file) for file in files]  # `datasets` takes names for patterns
            dataset = load_dataset(kind, data_files=escaped, split="train", streaming=streaming, **options)
            if kind == "json" and isinstance(dataset, Dataset):
                dataset.data.validate(full=True)  # the only reader that lets through what is not UTF-8
            return dataset
    except LOADING_ERRORS as error:
        raise _explained(error, kind, files) from None


def _expand(source: str) -> list[Path]:
    """The files that one source stands for."""
    path = Path(source).expanduser()
    if path.is_file():
        if not path.stat().st_size:
            raise TextError(f"{source}: the file is empty; expected text. Leave it out.")
        return [path]
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if kind_of(file) and not _hidden(file, path) and _holds(file))
        if not found:
            raise TextError(f"{source}: this folder holds no text; looked for {LOOKED_FOR}, in its folders too.")
        return found
    if glob.has_magic(source):
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if _holds(Path(name)))
        if not found:
            raise TextError(f"{source}: no file matches; looked from {Path.cwd()}. Check the pattern and its quotes.")
        return found
    raise TextError(f"{source}: there is no such file or folder; looked from {Path.cwd()}. {meant(source)}")


def meant(source: str) -> str:
    """What somebody may have meant by a name that means nothing here: a sentence."""
    path = Path(source).expanduser()
    try:
        there = [entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")]
    except OSError:
        return "Check its name."
    near = difflib.get_close_matches(path.name, there, n=1, cutoff=0.7)
    return f"Did you mean {path.parent / near[0]}?" if near else "Check its name."


def _holds(path: Path) -> bool:
    """Whether `path` is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _is_plain(path: Path) -> bool:
    """Whether a file in a zip is read."""
    return kind_of(path) is not None and path.suffix.lower() not in PACKED


def _open(file: str) -> IO[bytes]:
    opened = gzip.open(file, "rb") if file.lower().endswith(".gz") else open(file, "rb")  # noqa: SIM115  (the caller does)
    return cast("IO[bytes]", opened)


def _reader_options(kind: str, file: str, column: str, delimiter: str) -> dict[str, Any]:
    """What makes a reader read the text column alone, once the first file is known to have it."""
    try:
        if kind == "parquet":
            return {"columns": [chosen_column(column, pq.read_schema(file).names, file)]}
        if kind == "csv":
            with io.TextIOWrapper(_open(file), encoding="utf-8-sig", newline="") as stream:
                first = stream.readline()
            _require_csv_column(column, first, delimiter, file)
            # A cell is text as it stands: neither the number 42 nor a missing value, be it written "None".
            text = Features({column: Value("string")})
            return {
                "sep": delimiter,
                "usecols": [column],
                "features": text,
                "keep_default_na": False,
                "na_filter": False,
            }
    except LOADING_ERRORS as error:
        raise _explained(error, kind, [file]) from None
    return {}


def _check_rows(file: str, delimiter: str) -> None:
    """Refuse a row of more cells than the first one: a comma in a text without quotes, whose rest would be lost."""
    with io.TextIOWrapper(_open(file), encoding="utf-8-sig", newline="") as stream:
        rows = _csv(stream, delimiter)
        try:
            width = len(next(rows, []))
            for row in rows:
                if len(row) > width:
                    raise TextError(
                        f"{file}: line {rows.line_num} has {len(row)} cells; expected {width}, as the first line has. "
                        f'Put a text that holds {delimiter!r} into quotes ("…").'
                    )
        except csv.Error as error:
            raise TextError(f"{file}: line {rows.line_num} is not CSV ({error}); check its quotes.") from None


def _require_csv_column(column: str, first: str, delimiter: str, file: str) -> None:
    """Raise `TextError` unless the first line of a CSV file has `column`; it names a delimiter that would find it."""
    names = _cells(first, delimiter, file)
    if column not in names:
        for other in ",;\t|":
            if column in _cells(first, other, file):
                flag = "tab" if other == "\t" else f"'{other}'"
                raise TextError(
                    f"{file}: its cells are parted by {other!r}, not by {delimiter!r}; give --delimiter {flag}."
                )
    chosen_column(column, names, file, lists=False)


def _csv(lines: Iterable[str], delimiter: str) -> Any:  # noqa: ANN401  (the class has no name)
    """The rows of CSV, of which one may hold a whole book."""
    csv.field_size_limit(2**31 - 1)
    return csv.reader(lines, delimiter=delimiter)


def _cells(line: str, delimiter: str, file: str) -> list[str]:
    """The cells of the first line of a CSV file."""
    try:
        return next(_csv([line], delimiter), [])
    except csv.Error as error:
        raise TextError(f"{file}: line 1 is not CSV ({error}); check its quotes.") from None


def chosen_column(column: str, names: list[str], where: str, *, lists: bool = True) -> str:
    """`column`, if it is one of `names`; in place of the usual "text" also one that holds lists of messages.

    Raises:
        TextError: there is none.
    """
    if column not in names:
        if column == "text" and lists and (found := [name for name in chat.COLUMNS if name in names]):
            return found[0]
        known = ", ".join(names) or "none"
        raise TextError(f"{where}: no column {column!r}; it has {known}. Name the one that holds the text (column).")
    return column


def _load_text(files: list[str], documents: str, *, streaming: bool) -> AnyDataset:
    """Text files through our own reader: the one of `datasets` takes only wholly empty lines for blank."""
    stamped = [(file, os.stat(file).st_mtime_ns, os.stat(file).st_size) for file in files]  # part of the cache's key
    options = {"files": stamped, "cut": documents, "rules": _READING_RULES}
    features = Features({"text": Value("string")})
    kind = IterableDataset if streaming else Dataset
    return kind.from_generator(_texts, gen_kwargs=options, features=features)


def _texts(files: list[tuple[str, int, int]], cut: str, rules: int) -> Iterator[dict[str, str]]:
    """The documents of text files, cut by "line", "paragraph" (blank lines) or "file"."""
    for file, *_ in files:
        gathered: list[str] = []
        for line in _lines(file):
            if cut == "line":
                yield {"text": line}
            elif cut == "file" or line.strip():
                gathered.append(line)
            elif gathered:
                yield {"text": "\n".join(gathered)}
                gathered = []
        if gathered:
            yield {"text": "\n".join(gathered)}


def _lines(file: str) -> Iterator[str]:
    """Lines of a UTF-8 file, without their ends."""
    with _open(file) as stream:
        start, first = 0, b""
        for raw in stream:
            first = first or raw
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                place = f"byte {start + error.start:,} (0x{raw[error.start]:02x})"
                raise not_utf8(file, first + raw, "text in UTF-8", place) from None
            yield (line.removeprefix("\ufeff") if start == 0 else line).rstrip("\r\n")
            start += len(raw)


def _explained(error: BaseException, kind: str, files: list[str]) -> TextError:
    """One line for what a reader raised: our own error if one lies underneath, a bad byte if there is one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TextError):
            return cause
        cause = cause.__cause__ or cause.__context__
    if kind in ("json", "csv"):
        try:
            for file in files:
                for _ in _lines(file):
                    pass
        except TextError as bad:
            return bad
        except (OSError, EOFError):
            pass  # what the reader said of it follows
    where = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
    return TextError(f"{where}: cannot be read as {kind}: {reason(error)}. Check the file, or leave it out.")

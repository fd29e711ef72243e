"""Kinds of files: those that are read as text, by their names; those that are none, by their first bytes."""

import codecs
from pathlib import Path

from wordgru.errors import TextError

PACKED = (".bz2", ".xz", ".zst", ".zip")
"""Ends of names of files that are unpacked; those in .gz are read as they stand."""

_KINDS = {
    ".txt": "text",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
LOOKED_FOR = (
    ", ".join(f"*{suffix}" for suffix in _KINDS) + " (also in .gz but for Parquet, and in .bz2, .xz, .zst and .zip)"
)
_BEGINNING = 1 << 16  # bytes that tell text from other things

_NO_TEXT = {
    b"PK\x03\x04": ("a ZIP archive, as .docx and .epub are", "Unpack it, or save its text, first."),
    b"\x1f\x8b": ("packed by gzip", "Unpack it first."),
    b"BZh9": ("packed by bzip2", "Unpack it first."),
    b"\xfd7zXZ": ("packed by xz", "Unpack it first."),
    b"\x28\xb5\x2f\xfd": ("packed by Zstandard", "Unpack it first."),
    b"PAR1": ("a Parquet table", "Save its text first."),
    b"%PDF-": ("a PDF document", "Save its text first."),
    b"SQLite format 3": ("an SQLite database, as a store of personal words is", "Name another file."),
    b"\x89PNG": ("a PNG picture", "Name another file."),
    b"\xff\xd8\xff": ("a JPEG picture", "Name another file."),
    b"\xff\xfe": ("text in UTF-16", "Convert it to UTF-8 first."),
    b"\xfe\xff": ("text in UTF-16", "Convert it to UTF-8 first."),
}
"""What begins with some bytes that no text in UTF-8 does, and what to do with it."""


def kind_of(path: Path) -> str | None:
    """The builder of `datasets` that reads `path`, by its name."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".zip"]:
        return "zip"
    if suffixes and suffixes[-1] in PACKED:
        return _KINDS.get("".join(suffixes[-2:-1]))
    if suffixes[-1:] == [".gz"]:
        kind = _KINDS.get("".join(suffixes[-2:-1]))
        return None if kind == "parquet" else kind
    return _KINDS.get("".join(suffixes[-1:]))


def unknown(path: Path) -> TextError:
    """What is said of a file of another kind."""
    packed = path.suffix.lower() in (*PACKED, ".gz")
    what = None if packed else _what_is(path)
    return TextError(f"{path}: {what or 'unknown kind of file'}; expected one of {LOOKED_FOR}.")


def not_utf8(name: str, beginning: bytes, expected: str, place: str) -> TextError:
    """What is said of a file that is not UTF-8: which kind of file it is, or, of other text, where it is not UTF-8.

    Args:
        name: of the file.
        beginning: its first bytes, or all of it.
        expected: what should be in it.
        place: the first byte that is not UTF-8.
    """
    if found := _no_text(beginning):
        what, remedy = found
        return TextError(f"{name}: is {what}; expected {expected}. {remedy}")
    return TextError(f"{name}: {place} is not UTF-8; convert it to UTF-8 first.")


def _no_text(beginning: bytes) -> tuple[str, str] | None:
    """What a file is that begins so, and what to do; None for text, in UTF-8 or not."""
    for first, found in _NO_TEXT.items():
        if beginning.startswith(first):
            return found
    return ("no text", "Name another file.") if b"\0" in beginning[:_BEGINNING] else None


def _what_is(path: Path) -> str | None:
    """What a file is that is no text in UTF-8; nothing is said against one that cannot be read."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
        if found := _no_text(beginning):
            return f"is {found[0]}"
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "is no text in UTF-8"
    except OSError:
        pass
    return None

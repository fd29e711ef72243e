"""Kinds of files that are read as text, by their names."""

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
    what = "unknown kind of file" if packed or _is_text(path) else "is no text in UTF-8"
    return TextError(f"{path}: {what}; expected one of {LOOKED_FOR}.")


def _is_text(path: Path) -> bool:
    """Whether a file begins as text does; nothing is said against one that cannot be read."""
    try:
        with path.open("rb") as file:
            return "\0" not in codecs.getincrementaldecoder("utf-8")().decode(file.read(_BEGINNING))
    except UnicodeDecodeError:
        return False
    except OSError:
        return True

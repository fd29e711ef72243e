"""Packed files, unpacked once into the cache: what a zip holds, and single files in bz2, xz and zst.

Readers see plain files; `shown` turns their names in a message back into those that the user gave. Gzip is read as it
stands.
"""

import bz2
import hashlib
import lzma
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, cast

import pyarrow as pa

from wordgru.errors import TextError, reason
from wordgru.training.data.cache import cache_root

_SOURCE = ".source"
_RULES = 1  # part of the key: raise it when what is written changes


def unpacked(path: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """The plain files in a packed one, in the order of their names.

    Args:
        path: the packed file.
        wanted: which names in a zip are read; the others are passed over, and hidden ones.

    Raises:
        TextError: it is broken, encrypted, or holds nothing that is wanted; or the cache cannot be written.
    """
    stat = path.stat()
    key = f"{path.absolute()} {stat.st_mtime_ns} {stat.st_size} {_RULES}"
    folder = cache_root() / "unpacked" / hashlib.sha256(key.encode()).hexdigest()[:16]
    if not folder.is_dir():
        _unpack(path, folder, wanted)
    found = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != _SOURCE)
    if not found:
        raise TextError(f"{path}: holds no file of text; looked for names that end as files of text do.")
    return found


def shown(message: str, files: list[str]) -> str:
    """A message on unpacked files with the names that the user knows: `talk.zip/inner.txt`."""
    for file in files:
        for folder in Path(file).parents:
            if (folder / _SOURCE).is_file():
                source = (folder / _SOURCE).read_text(encoding="utf-8")
                inner = f"/{Path(file).relative_to(folder).as_posix()}" if source.endswith(".zip") else ""
                message = message.replace(file, source + inner)
    return message


def _unpack(path: Path, folder: Path, wanted: Callable[[Path], bool]) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as beside:
            new = Path(beside) / "new"
            new.mkdir()
            (new / _SOURCE).write_text(str(path), encoding="utf-8")
            if path.suffix.lower() == ".zip":
                _unzip(path, new, wanted)
            else:
                with _open(path) as packed, (new / path.stem).open("wb") as plain:
                    shutil.copyfileobj(packed, plain)
            if not folder.is_dir():
                os.rename(new, folder)
    except (
        OSError,
        EOFError,
        lzma.LZMAError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        pa.ArrowException,
    ) as error:
        # RuntimeError: it is encrypted
        raise TextError(
            f"{path}: cannot be unpacked ({reason(error)}); check the file, or unpack it yourself."
        ) from None


def _unzip(path: Path, folder: Path, wanted: Callable[[Path], bool]) -> None:
    """Every wanted file below `folder`, whatever way its name tries to leave it."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            parts = [
                part for part in PurePosixPath(member.filename.replace("\\", "/")).parts if part not in ("/", "..")
            ]
            hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
            if member.is_dir() or not parts or hidden or not member.file_size or not wanted(Path(parts[-1])):
                continue
            place = folder.joinpath(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as packed, place.open("wb") as plain:
                shutil.copyfileobj(packed, plain)


def _open(path: Path) -> IO[bytes]:
    kind = path.suffix.lower()
    if kind == ".bz2":
        return bz2.open(path, "rb")
    if kind == ".xz":
        return lzma.open(path, "rb")
    return cast("IO[bytes]", pa.input_stream(str(path), compression="zstd"))

"""Ids on disk: text is encoded once, into memory-mapped files under a cache that `Shards` reads.

A folder of shards is keyed by text, tokenizer and settings, is written beside and renamed, and never changes.
The corpus is never in memory: only a batch of documents, and four bytes for each document's length.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from array import array
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from datasets import Dataset, IterableDataset

from wordgru.errors import TextError
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.training.data.cache import cache_root
from wordgru.training.data.encoding import Encoder, batches
from wordgru.training.data.text import documents

Ids = npt.NDArray[Any]

_FORMAT = 1
_FACTS, _LENGTHS, _COUNTS = "shards.json", "lengths.npy", "counts.npy"
_SHARD_BYTES = 64 << 20
_STALE = 24 * 3600  # seconds after which a half-written folder belongs to nobody


class Shards:
    """Encoded documents in a folder, memory-mapped; made by `write_shards`.

    Attributes:
        folder: where they lie.
        tokens: tokens in all, without the ends of text.
        words: whitespace-separated words.
        bytes: UTF-8 bytes of the text.
        vocab_size: tokens of the tokenizer.
        lengths: uint32 (documents,), tokens of each document.
        counts: int64 (vocab,), how often each token occurs; the end of text once a document.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
            self.words, self.bytes, self.vocab_size = facts["words"], facts["bytes"], facts["vocab_size"]
            self.lengths: npt.NDArray[np.uint32] = np.load(folder / _LENGTHS, mmap_mode="r")
            self.counts: npt.NDArray[np.int64] = np.load(folder / _COUNTS)
            self._files = [np.memmap(folder / name, facts["dtype"], "r") for name in facts["files"]]
        except (OSError, ValueError, KeyError) as error:
            raise _broken(folder, str(error)) from None
        self.tokens = sum(len(file) for file in self._files)
        if self.tokens != facts["tokens"] or len(self.lengths) != facts["documents"]:
            raise _broken(folder, f"{self.tokens:,} tokens instead of {facts['tokens']:,}")
        self._first_document = np.array([0, *np.cumsum(facts["documents_in_file"])])

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Ids:
        """Ids of one document, a read-only view without an end of text: uint16 or uint32 (T,)."""
        if not 0 <= index < len(self):
            raise IndexError(f"document {index} of {len(self)}")
        file = int(np.searchsorted(self._first_document, index, "right")) - 1
        start = int(self._starts[index]) - int(self._starts[self._first_document[file]])
        return self._files[file][start : start + int(self.lengths[index])]

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        """Where each document begins, over all files."""
        return np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])


def write_shards(
    dataset: Dataset | IterableDataset,
    tokenizer: Tokenizer,
    *,
    cache: Path | None = None,
    max_document: int = 4096,
    progress: Callable[[int, int | None], None] | None = None,
) -> Shards:
    """Encode every document, or reopen what an earlier call wrote for the same text, tokenizer and settings.

    A document of more than `max_document` tokens is cut into parts, after the end of a line where it can; each part
    is a text of its own. Two processes may write the same shards at once.

    Args:
        dataset: as `load_text` gives it.
        tokenizer: what encodes it.
        cache: the folder to write below; by default that of `cache_folder`.
        max_document: tokens of the longest document, at least 2.
        progress: told (documents so far, rows in all or None for a stream) after each batch.

    Raises:
        TextError: there is no text, it cannot be read, or the cache cannot be written.
    """
    if max_document < 2:
        raise TextError(f"max_document is {max_document}; expected at least 2 tokens.")
    cache = cache_folder() if cache is None else cache
    known = _key(dataset, tokenizer, max_document) if isinstance(dataset, Dataset) else None
    if known and (cache / known).is_dir():
        return Shards(cache / known)
    try:
        _sweep(cache)
        beside = Path(tempfile.mkdtemp(prefix=".writing-", dir=cache))
    except OSError as error:
        raise _unwritable(cache, error) from None
    try:
        content = _write(beside, dataset, tokenizer, max_document, progress)
        return Shards(_publish(beside, cache / (known or f"stream-{content}")))
    except OSError as error:
        raise _unwritable(cache, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def cache_folder() -> Path:
    """Where shards lie, below the cache's root."""
    return cache_root() / "shards"


class _Writer:
    """Appends batches of ids to files of about 64 MB; a document never spans two."""

    def __init__(self, folder: Path, vocab_size: int) -> None:
        self.dtype = np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")
        self.files: list[str] = []
        self.documents_in_file: list[int] = []
        self.lengths = array("I")
        self.counts = np.zeros(vocab_size, np.int64)
        self.digest = hashlib.blake2b(digest_size=12)
        self._folder = folder
        self._open: BinaryIO | None = None

    def add(self, parts: list[Ids]) -> None:
        """Write the ids of some documents."""
        ids = np.concatenate(parts)
        data, lengths = ids.astype(self.dtype).tobytes(), array("I", map(len, parts))
        stream = self._stream()
        stream.write(data)
        self.digest.update(data)
        self.digest.update(lengths.tobytes())
        self.lengths.extend(lengths)
        self.documents_in_file[-1] += len(parts)
        self.counts += np.bincount(ids, minlength=len(self.counts))
        self.counts[END_OF_TEXT] += len(parts)

    def close(self) -> None:
        """Put on disk what is still in memory."""
        if self._open:
            self._open.flush()
            os.fsync(self._open.fileno())
            self._open.close()
            self._open = None

    def _stream(self) -> BinaryIO:
        if self._open and self._open.tell() >= _SHARD_BYTES:
            self.close()
        if self._open is None:
            self.files.append(f"ids-{len(self.files):05d}.bin")
            self.documents_in_file.append(0)
            self._open = (self._folder / self.files[-1]).open("wb")
        return self._open


def _write(
    folder: Path,
    dataset: Dataset | IterableDataset,
    tokenizer: Tokenizer,
    max_document: int,
    progress: Callable[[int, int | None], None] | None,
) -> str:
    """Write every file of the shards into `folder`; a hash of what was written."""
    writer, encoder = _Writer(folder, tokenizer.vocab_size), Encoder(tokenizer, max_document)
    total = len(dataset) if isinstance(dataset, Dataset) else None
    seen = words = size = 0
    try:
        for texts in batches(documents(dataset)):
            writer.add(encoder.encode(texts))
            seen += len(texts)
            words += sum(len(text.split()) for text in texts)
            size += sum(len(text.encode()) for text in texts)
            if progress:
                progress(seen, total)
    finally:
        writer.close()
    if not seen:
        raise TextError("the text is empty: no document has anything but white space. Give another source.")
    facts = {
        "format": _FORMAT,
        "dtype": writer.dtype.str,
        "vocab_size": tokenizer.vocab_size,
        "tokens": int(writer.counts.sum()) - len(writer.lengths),
        "documents": len(writer.lengths),
        "words": words,
        "bytes": size,
        "files": writer.files,
        "documents_in_file": writer.documents_in_file,
    }
    np.save(folder / _LENGTHS, np.array(writer.lengths, np.uint32))
    np.save(folder / _COUNTS, writer.counts)
    (folder / _FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return writer.digest.hexdigest()


def _publish(beside: Path, final: Path) -> Path:
    """Give finished shards their name; those of a process that was faster are the same and stay."""
    try:
        beside.chmod(0o755)
        beside.rename(final)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not final.is_dir():
            raise
    return final


def _sweep(cache: Path) -> None:
    """Make the cache, and clear it of what killed processes left half-written."""
    cache.mkdir(parents=True, exist_ok=True)
    for folder in cache.glob(".writing-*"):
        newest = max((file.stat().st_mtime for file in [folder, *folder.glob("*")]), default=0.0)
        if time.time() - newest > _STALE:
            shutil.rmtree(folder, ignore_errors=True)


def _key(dataset: Dataset, tokenizer: Tokenizer, max_document: int) -> str:
    """Names the shards of a text: `datasets` fingerprints hold its files, their dates and every step since."""
    tokenizer_digest = hashlib.sha256(tokenizer.to_json().encode()).hexdigest()
    settings = json.dumps([_FORMAT, dataset._fingerprint, tokenizer_digest, max_document])
    return hashlib.sha256(settings.encode()).hexdigest()[:24]


def _broken(folder: Path, why: str) -> TextError:
    return TextError(f"{folder}: cached shards are broken ({why}); delete this folder to have them written again.")


def _unwritable(cache: Path, error: OSError) -> TextError:
    return TextError(
        f"{cache}: shards cannot be written ({error.strerror or error}); make room, or set WORDGRU_CACHE to a folder "
        "on another disk."
    )

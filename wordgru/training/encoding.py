"""Documents to ids in batches, long ones cut into parts. What shards and streams share."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wordgru.tokenizer import Tokenizer

Ids = npt.NDArray[Any]

_BATCH_DOCUMENTS = 1000
_BATCH_CHARACTERS = 2_000_000
_LONGEST_TEXT = 1_000_000  # characters encoded in one go; the encoder needs some 100 bytes for each


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Documents in groups that fit in memory."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if len(batch) >= _BATCH_DOCUMENTS or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Encoder:
    """Encodes documents with `tokenizer`, in parts of at most `max_document` pieces.

    A part ends after the last line end in its second half, else before a word there, else anywhere; the parts
    together spell the document, but for marks too rare to be learnt: they are read as they will be when the model is
    used (`Tokenizer.familiar`). Each part is a text of its own.
    """

    def __init__(self, tokenizer: Tokenizer, max_document: int) -> None:
        self._tokenizer = tokenizer
        self._most = max_document
        self._ends_line = np.array([piece.endswith(b"\n") for piece in tokenizer.pieces])
        self._begins_word = np.array([piece.startswith(b" ") for piece in tokenizer.pieces])

    def encode(self, texts: Iterable[str]) -> list[Ids]:
        """Ids of the parts of each text, in order: each int64 (T,), 1 <= T <= max_document."""
        stretches = [stretch for text in texts for stretch in _stretches(self._tokenizer.familiar(text))]
        return [part for ids in self._tokenizer.encode_batch(stretches) for part in self._parts(ids)]

    def _parts(self, ids: Ids) -> Iterator[Ids]:
        start = 0
        while len(ids) - start > self._most:
            end = self._cut(ids, start)
            yield ids[start:end]
            start = end
        if start < len(ids):
            yield ids[start:]

    def _cut(self, ids: Ids, start: int) -> int:
        """Where the part that begins at `start` ends; there are more than `_most` ids left."""
        low, high = start + self._most // 2, start + self._most
        lines = np.flatnonzero(self._ends_line[ids[low:high]])
        words = np.flatnonzero(self._begins_word[ids[low + 1 : high + 1]])
        if len(lines):
            return low + 1 + int(lines[-1])
        return low + 1 + int(words[-1]) if len(words) else high


def _stretches(text: str) -> Iterator[str]:
    """A text as it is; a very long one cut at the ends of lines, else between words."""
    start = 0
    while len(text) - start > _LONGEST_TEXT:
        limit = start + _LONGEST_TEXT
        end = next((at for mark in "\n " if (at := text.rfind(mark, start + 1, limit)) > 0), limit)
        yield text[start:end]
        start = end + (text[end] in "\n ")  # the mark itself begins no stretch
    yield text[start:]

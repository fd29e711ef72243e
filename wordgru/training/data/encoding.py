"""Documents to ids in batches, long ones cut into parts. What shards and streams share."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from wordgru.text.tokenizer import Tokenizer

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
    """Encodes documents with `tokenizer`, in parts of at most `max_document` tokens.

    A part ends after the last line end in its second half, else before a word there, else after any pre-token, else
    anywhere; the parts together spell the document, as it will be read when the model is used
    (`Tokenizer.normalize`). Each part is a text of its own.
    """

    def __init__(self, tokenizer: Tokenizer, max_document: int) -> None:
        self._tokenizer = tokenizer
        self._most = max_document
        self._final = np.arange(tokenizer.vocab_size) <= tokenizer.finals
        self._ends_line = np.array([token.endswith(b"\n") for token in tokenizer.token_bytes]) & self._final
        self._begins_word = np.array([token.startswith(b" ") for token in tokenizer.token_bytes])

    def encode(self, texts: Iterable[str]) -> list[Ids]:
        """Ids of the parts of each text, in order: each int64 (T,), 1 <= T <= max_document."""
        stretches = [stretch for text in texts for stretch in _stretches(text)]
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
        ends = self._final[ids[low:high]]
        for fits in (self._ends_line[ids[low:high]], ends & self._begins_word[ids[low + 1 : high + 1]], ends):
            if len(found := np.flatnonzero(fits)):
                return low + 1 + int(found[-1])
        return high


def _stretches(text: str) -> Iterator[str]:
    """A text as it is; a very long one cut at the ends of lines, else between words."""
    start = 0
    while len(text) - start > _LONGEST_TEXT:
        limit = start + _LONGEST_TEXT
        end = next((at for mark in "\n " if (at := text.rfind(mark, start + 1, limit)) > 0), limit)
        yield text[start:end]
        start = end + (text[end] in "\n ")  # the mark itself begins no stretch
    yield text[start:]

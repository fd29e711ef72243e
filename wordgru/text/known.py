"""The words that a language knows, in a few bits each: a Bloom filter (Bloom 1970) that every language reads alike.

The file: the 8 bytes "WGKNOWN1", the number of bits and the number of hashes as little-endian 32-bit numbers, then
the bits, the lowest of each byte first. A word is looked up in lower case, NFC, with ' for ’, in UTF-8. Its bits are
(h1 + i · h2) mod bits for each hash i, where h1 and h2 are its 32-bit FNV-1a hashes from the offsets 2166136261 and
2166136261 ^ 0x5bd1e995, h2 made odd. One word in two thousand that is not in it is taken for known: of the many that
a search looks at, the rare word taken for known is the one that it offers.

Known beside the words of the list: what has no letter, a word of the list with 's that does not end in s, and one that
does with an apostrophe.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Self

import numpy as np

from wordgru.errors import WordgruError

_MAGIC = b"WGKNOWN1"
_HEADER = struct.Struct("<8sII")
_BITS, _HASHES = 16, 11  # for each word
_OFFSET, _OTHER, _PRIME = 2166136261, 2166136261 ^ 0x5BD1E995, 16777619


class KnownWords:
    """The words of a filter; `in` says whether a word is one of them, in whatever case."""

    def __init__(self, bits: bytes, size: int, hashes: int) -> None:
        self._bits, self._size, self._hashes = bits, size, hashes

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """The filter of some words."""
        keys = {folded(word) for word in words}
        size = max(len(keys) * _BITS, 64) // 8 * 8 + 8
        bits = bytearray(size // 8)
        for key in keys:
            for bit in _places(_hashed_all(key), size, _HASHES):
                bits[bit // 8] |= 1 << bit % 8
        return cls(bytes(bits), size, _HASHES)

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Self:
        """Read what `to_bytes` wrote; `where` it was is for the message.

        Raises:
            WordgruError: it is no such file.
        """
        magic, size, hashes = _HEADER.unpack_from(data) if len(data) >= _HEADER.size else (b"", 0, 0)
        if magic != _MAGIC or not 0 < hashes <= 32 or size <= 0 or len(data) - _HEADER.size != (size + 7) // 8:
            raise WordgruError(f"{where}: is no list of known words, or is cut off; export the model again.")
        return cls(data[_HEADER.size :], size, hashes)

    def to_bytes(self) -> bytes:
        """The file."""
        return _HEADER.pack(_MAGIC, self._size, self._hashes) + self._bits

    def __contains__(self, word: str) -> bool:
        """Whether it is a word of the list, or made of one; of others one in two thousand is taken for one."""
        key = folded(word)
        if self._lists(key) or not any(char.isalpha() for char in key):
            return True
        if key.endswith("s'"):
            return self._lists(key[:-1])
        stem = key.removesuffix("'s")
        return stem != key and stem[-1:] != "s" and self._lists(stem)

    def among(self, words: Iterable[str]) -> list[str]:
        """Those of some spellings in lower case, NFC, that are words of the list."""
        keys = list(words)
        sizes = np.array([len(key.encode("utf-8", "surrogatepass")) for key in keys], np.int64)
        text = np.frombuffer("".join(keys).encode("utf-8", "surrogatepass"), np.uint8)
        begins = np.cumsum(sizes) - sizes
        first, second = (np.full(len(keys), offset, np.uint32) for offset in (_OFFSET, _OTHER))
        for at in range(int(sizes.max(initial=0))):
            (longer,) = np.nonzero(sizes > at)
            byte = text[begins[longer] + at]
            first[longer] = (first[longer] ^ byte) * np.uint32(_PRIME)
            second[longer] = (second[longer] ^ byte) * np.uint32(_PRIME)
        bits, kept = np.frombuffer(self._bits, np.uint8), np.arange(len(keys))
        step = second.astype(np.uint64) | np.uint64(1)
        for at in range(self._hashes):
            bit = (first[kept] + np.uint64(at) * step[kept]) % np.uint64(self._size)
            kept = kept[bits[bit // np.uint64(8)] >> (bit % np.uint64(8)).astype(np.uint8) & 1 == 1]
        return [keys[at] for at in kept.tolist()]

    def _lists(self, key: str) -> bool:
        places = _places(_hashed_all(key), self._size, self._hashes)
        return all(self._bits[bit // 8] >> bit % 8 & 1 for bit in places)


def folded(word: str) -> str:
    """A word as the list has it: in lower case, NFC, with ' for ’."""
    return unicodedata.normalize("NFC", word).lower().replace("’", "'")


def _hashed_all(text: str) -> tuple[int, int]:
    """Both hashes of a text."""
    return reduce(_hashed, text.encode("utf-8", "surrogatepass"), (_OFFSET, _OTHER))


def _hashed(before: tuple[int, int], byte: int) -> tuple[int, int]:
    first, second = before
    return (first ^ byte) * _PRIME & 0xFFFFFFFF, (second ^ byte) * _PRIME & 0xFFFFFFFF


def _places(hashed: tuple[int, int], size: int, hashes: int) -> Iterator[int]:
    first, second = hashed
    return ((first + at * (second | 1)) % size for at in range(hashes))

"""The vocabulary as a trie: which tokens agree with letters still to be typed, as ranges in byte order.

Tokens are looked up by *key*: their bytes, or where case is ignored those of what capitals leave of them. Final and
open tokens have an `Index` each.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from wordgru.text.words import UNSPACED

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_NOWHERE = range(0)


_FOLDS = {"İ": "i", "ı": "i", "ς": "σ", "ß": "ss", "ẞ": "ss"}  # what has one capital, or is spelled as one there


def lowered(spelled: bytes) -> bytes:
    """`spelled` in lower case, character by character; those that are not whole stay."""
    text = spelled.decode("utf-8", errors="surrogateescape")
    return "".join(map(str.lower, text)).encode("utf-8", errors="surrogateescape")


def folded(spelled: bytes) -> bytes:
    """The same, but letters that are one in capitals are one: "STRASSE" may be "straße"."""
    text = spelled.decode("utf-8", errors="surrogateescape")
    return "".join(_FOLDS.get(char) or char.lower() for char in text).encode("utf-8", errors="surrogateescape")


class Index:
    """Tokens of one kind in the order of their keys.

    Attributes:
        ids: their ids, (N,).
        ends: for each, where the tokens that begin with its key end: `[at, ends[at])` is its part of the trie, (N,).
        longest: bytes of the longest key.
    """

    def __init__(self, ids: Sequence[int], keys: Sequence[bytes]) -> None:
        order = sorted(range(len(ids)), key=lambda at: (keys[at], ids[at]))
        self.ids: Ints = np.array([ids[at] for at in order], np.int64)
        in_order = len(ids) > 0 and bool((np.diff(self.ids) == 1).all())
        self._first = int(self.ids[0]) if in_order else -1
        self._keys = [keys[at] for at in order]
        self._equal: dict[bytes, range] = {}
        for at, key in enumerate(self._keys):
            self._equal[key] = range(self._equal.get(key, range(at, at)).start, at + 1)
        self.longest = max(map(len, keys), default=0)
        self.range = lru_cache(maxsize=8192)(self._range)
        self.deepest = lru_cache(maxsize=8192)(self._deepest)

    def of(self, row: Floats, low: int, high: int) -> Floats:
        """The values of a row (V,) at places; a view where ids are in the order of keys."""
        if self._first >= 0:
            return row[self._first + low : self._first + high]
        return row[self.ids[low:high]]

    @cached_property
    def ends(self) -> Ints:
        """See the class; made with one walk along the trie."""
        ends = np.full(len(self._keys), len(self._keys), np.int64)
        above: list[int] = []
        for at, key in enumerate(self._keys):
            while above and not key.startswith(self._keys[above[-1]]):
                ends[above.pop()] = at
            above.append(at)
        return ends

    def _range(self, start: bytes) -> tuple[int, int]:
        """Where the tokens are whose keys begin with `start`."""
        low = bisect_left(self._keys, start)
        after = start.rstrip(b"\xff")
        if not after:
            return low, len(self._keys)
        return low, bisect_left(self._keys, after[:-1] + bytes([after[-1] + 1]), low)

    def first(self, key: bytes) -> int:
        """Place of the first token whose key is not below `key`."""
        return bisect_left(self._keys, key)

    def equal(self, key: bytes) -> range:
        """Places of the tokens with this key."""
        return self._equal.get(key, _NOWHERE)

    def _deepest(self, text: bytes) -> int:
        """Place of the longest token whose key `text` begins with, the last of equals; -1 if there is none."""
        for size in range(min(len(text), self.longest), 0, -1):
            if found := self.equal(text[:size]):
                return found[-1]
        return -1


class Vocabulary:
    """Final and open tokens, and what the open tokens of scripts without spaces end.

    Args:
        token_bytes: what each token spells, by id; nothing for the end of text, id 0.
        finals: how many tokens are final: ids 1 to `finals`.
        fold: whether letters match those of either case.
    """

    def __init__(self, token_bytes: Sequence[bytes], finals: int, *, fold: bool = False) -> None:
        self.token_bytes = token_bytes
        self.fold = fold
        keys = [folded(token) for token in token_bytes] if fold else token_bytes
        self.finals = Index(range(1, finals + 1), keys[1 : finals + 1])
        self.opens = Index(range(finals + 1, len(token_bytes)), keys[finals + 1 :])
        self._unit_ends = lru_cache(maxsize=256)(self._find_unit_ends)
        self._spelling = lru_cache(maxsize=8192)(self._find_spelling)

    def key(self, spelled: bytes) -> bytes:
        """How `spelled` is looked up."""
        return folded(spelled) if self.fold else spelled

    def form(self, spelled: bytes) -> bytes:
        """What `spelled` shares with the words that differ from it in case alone."""
        return lowered(spelled) if self.fold else spelled

    def is_final(self, token: int) -> bool:
        """Whether a word ends with a token."""
        return token <= len(self.finals.ids)

    def place(self, token: int) -> int:
        """The place of an open token among the open ones."""
        key = self.key(self.token_bytes[token])
        return next(place for place in self.opens.equal(key) if self.opens.ids[place] == token)

    def spelling(self, before: bytes, spelled: bytes) -> list[int]:
        """Ids of the tokens that, after the bytes `before`, spell just these bytes and end a word."""
        return self._spelling(half_character(before), spelled)

    def _find_spelling(self, tail: bytes, spelled: bytes) -> list[int]:
        finals, opens = self.finals.equal(self.key(spelled)), self.opens.equal(self.key(spelled))
        ids = [int(self.finals.ids[place]) for place in finals]
        ids += [int(self.opens.ids[place]) for place in self.unit_ends(tail, opens.start, opens.stop)]
        return [id_ for id_ in ids if self.token_bytes[id_] == spelled]

    def inner(self, rest: bytes) -> list[int]:
        """Places of the open tokens that spell a part, not all, of the letters still to be typed."""
        sizes = range(1, min(len(rest), self.opens.longest + 1))
        return [at for size in sizes for at in self.opens.equal(rest[:size])]

    def unit_ends(self, tail: bytes, low: int, high: int) -> list[int]:
        """The places, from `low` to `high`, of open tokens that end a unit of a script without spaces.

        After half a character `tail`, or nothing, they end with a whole character of such a script.
        """
        places = self._unit_ends(tail)
        return places[bisect_left(places, low) : bisect_left(places, high)]

    def _find_unit_ends(self, tail: bytes) -> list[int]:
        opens = self.opens
        low, high = (opens.first(b"\x80"), opens.first(b"\xc0")) if tail else (0, len(opens.ids))
        tokens = ((at, self.token_bytes[opens.ids[at]]) for at in range(low, high))
        return [at for at, token in tokens if token[-1] >= 0x80 and _ends_unspaced(tail + token)]


def half_character(spelled: bytes) -> bytes:
    """The bytes at the end of `spelled` that are not yet a whole character of UTF-8."""
    for size in range(1, min(4, len(spelled)) + 1):
        byte = spelled[-size]
        if byte >= 0xC0:
            return spelled[-size:] if size < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else b""
        if byte < 0x80:
            return b""
    return b""


def _ends_unspaced(spelled: bytes) -> bool:
    try:
        text = spelled.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text) and any(low <= text[-1] <= high for low, high in UNSPACED)

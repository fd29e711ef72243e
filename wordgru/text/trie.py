"""Strings as a trie over characters, in arrays: what is walked level by level."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from wordgru.text.vocabulary import Floats, half_character

Places = npt.NDArray[np.int64]


class Trie:
    """The trie of some strings. Nodes are numbered level by level, the children of a node one after the other.

    A byte that is no whole character (at the begin or end of a token) is a character of its own here, as
    "surrogateescape" has it.

    Attributes:
        strings: in the trie's order, (N,).
        order: the strings in the trie's order, as indices of those given, (N,).
        alphabet: the characters, in order.
        char: of each node the index of its character in `alphabet`; of the root -1, (nodes,).
        points: and its code point, (nodes,).
        first: of each node the number of its first child, (nodes,).
        count: how many children it has, (nodes,).
        low: of each node, the place in `order` of the first string that begins with it, (nodes,).
        high: and the place after the last, (nodes,).
        own: the place after the last string that is just it; they are the first, (nodes,).
    """

    def __init__(self, strings: Sequence[bytes]) -> None:
        texts = [each.decode("utf-8", "surrogateescape") for each in strings]
        order = sorted(range(len(texts)), key=texts.__getitem__)
        self.order: Places = np.array(order, np.int64)
        self.strings = [strings[at] for at in order]
        points = np.frombuffer("".join(texts[at] for at in order).encode("utf-32-le", "surrogatepass"), np.uint32)
        used = np.flatnonzero(np.bincount(points, minlength=1))  # a zero, were there no string
        used = used if len(points) else used[:0]
        self.alphabet = [chr(point) for point in used.tolist()]
        codes = np.zeros(used[-1] + 1 if len(used) else 1, np.int32)
        codes[used] = np.arange(len(used))
        levels = list(_levels(codes[points], np.array([len(texts[at]) for at in order], np.int64)))
        self.char, self.low, self.high, self.own, self.count = (
            np.concatenate(column, dtype=np.int32) for column in zip(*levels, strict=True)
        )
        self.first = (1 + np.cumsum(self.count) - self.count).astype(np.int32)
        self.points: Places = np.append(used, 0)[self.char]

    def child(self, node: int, char: str) -> int | None:
        """The node after `node` by a character, if there is one."""
        for at in range(int(self.first[node]), int(self.first[node] + self.count[node])):
            if self.alphabet[self.char[at]] == char:
                return at
        return None


def _levels(codes: Places, lengths: Places) -> Iterator[tuple[Places, ...]]:
    """The nodes of a trie, level by level: their characters, `low`, `high`, `own` and `count`.

    All strings go on at once, so that the time is that of their characters.

    Args:
        codes: the characters of all strings in the trie's order, one string after the other.
        lengths: how many characters each has, (N,).
    """
    begins = np.cumsum(lengths) - lengths
    strings = np.arange(len(lengths))  # those that are not over yet
    nodes = np.zeros(len(lengths), np.int64)  # of this level, in which each stands
    chars, low, high = np.array([-1]), np.array([0]), np.array([len(lengths)])
    for size in itertools.count():
        if not len(chars):
            return
        longer = lengths[strings] > size
        own = low + np.bincount(nodes[~longer], minlength=len(chars))
        strings, parents = strings[longer], nodes[longer]
        letters = codes[begins[strings] + size]
        is_new = np.ones(len(strings), bool)
        is_new[1:] = (letters[1:] != letters[:-1]) | (parents[1:] != parents[:-1])
        firsts = np.flatnonzero(is_new)
        yield chars, low, high, own, np.bincount(parents[firsts], minlength=len(chars))
        nodes = np.cumsum(is_new) - 1
        ends = np.append(firsts[1:], len(strings))[: len(firsts)]
        chars, low, high = letters[firsts], strings[firsts], strings[ends - 1] + 1


class TokenTries:
    """The tokens as tries: all of them, and those that go on after half a character.

    Args:
        token_bytes: what each token spells, by id.
        finals: how many are final.
    """

    def __init__(self, token_bytes: Sequence[bytes], finals: int) -> None:
        self._token_bytes, self.finals = token_bytes, finals
        self._tries: dict[bytes, tuple[Trie, Places]] = {}

    def after(self, spelled: bytes) -> tuple[Trie, Places]:
        """The trie of what may follow these bytes, and the ids of its tokens in its order.

        After half a character, what follows is spelled with that half before it.
        """
        half = half_character(spelled)
        if half not in self._tries:
            if len(self._tries) > 64:
                self._tries.clear()
            ids = [at for at, token in enumerate(self._token_bytes) if at and (not half or 0x80 <= token[0] < 0xC0)]
            trie = Trie([half + self._token_bytes[at] for at in ids])
            self._tries[half] = (trie, np.array(ids, np.int64)[trie.order])
        return self._tries[half]

    def beginning(self, row: Floats, start: bytes) -> float:
        """What of P(next token), (V,), is of tokens that begin with `start`."""
        trie, ids = self.after(b"")
        node = 0
        for char in start.decode("utf-8", "surrogateescape"):
            child = trie.child(node, char)
            if child is None:
                return 0.0
            node = child
        return float(row[ids[trie.low[node] : trie.high[node]]].sum(dtype=np.float64))

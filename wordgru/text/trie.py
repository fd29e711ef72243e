"""Strings as a trie over characters, in arrays: what is walked level by level."""

from collections.abc import Sequence

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
        self.alphabet = sorted({char for text in texts for char in text})
        codes = {char: code for code, char in enumerate(self.alphabet)}
        nodes = [(-1, 0, len(order))]  # character, low, high
        first: list[int] = []
        count: list[int] = []
        own: list[int] = []
        size, level_ends = 0, 1
        for _, low, high in nodes:  # grows as it is read
            if len(first) == level_ends:
                size, level_ends = size + 1, len(nodes)
            at = low
            while at < high and len(texts[order[at]]) == size:
                at += 1
            own.append(at)
            first.append(len(nodes))
            while at < high:
                begin, letter = at, texts[order[at]][size]
                while at < high and texts[order[at]][size] == letter:
                    at += 1
                nodes.append((codes[letter], begin, at))
            count.append(len(nodes) - first[-1])
        self.char, self.low, self.high = (np.array(column, np.int64) for column in zip(*nodes, strict=True))
        self.points: Places = np.array([ord(char) for char in self.alphabet] or [0], np.int64)[self.char]
        self.first, self.count, self.own = (np.array(each, np.int64) for each in (first, count, own))

    def child(self, node: int, char: str) -> int | None:
        """The node after `node` by a character, if there is one."""
        for at in range(int(self.first[node]), int(self.first[node] + self.count[node])):
            if self.alphabet[self.char[at]] == char:
                return at
        return None


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

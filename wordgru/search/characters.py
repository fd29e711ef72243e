"""The next character: its distribution after the letters typed, as sums over the words that begin so.

What Dasher, scanning keyboards and eye typing need. Each row says what follows a node: the tokens that go on with a
character are a range of the trie. Undecided are only open tokens that end inside the letters typed, just at their end,
or inside a character; they are read until what is undecided is within the tolerance.
"""

import heapq
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from wordgru.search.model import Doubles
from wordgru.search.named import Named
from wordgru.search.rows import Node, Reader
from wordgru.search.suggestions import SearchOptions
from wordgru.text.trie import Places, TokenTries, Trie
from wordgru.text.vocabulary import half_character

_NAMED = 4096  # words that a source names everywhere which are looked at one by one


@dataclass(frozen=True)
class Characters:
    """What may follow the letters typed. The probabilities and `end` sum to 1.

    Attributes:
        probabilities: character → P(it is the next one of this word | context, letters typed), largest first.
        end: P(the word ends here | context, letters typed).
        exact: whether what is undecided is within the tolerance.
        unexplored: the share that is undecided; it is left out of the other figures.
    """

    probabilities: dict[str, float]
    end: float
    exact: bool
    unexplored: float

    def of(self, may_follow: Callable[[str], bool]) -> "Characters":
        """The same without characters that cannot follow."""
        kept = {char: share for char, share in self.probabilities.items() if may_follow(char)}
        whole = self.end + sum(kept.values())
        if not whole > 0:
            return replace(self, probabilities={}, end=0.0, exact=False)
        kept = {char: share / whole for char, share in kept.items()}
        return replace(self, probabilities=kept, end=self.end / whole)


def characters(
    reader: Reader, tries: TokenTries, typed: bytes, spelling: Sequence[int], options: SearchOptions,
    named: Sequence[Named] = (),
) -> Characters:  # fmt: skip
    """The distribution of the character after `typed`, the space before the word and the letters, whole characters.

    Args:
        reader: at the place before the word.
        tries: of the model's tokens.
        typed: the space before the word, if there is one, and the letters typed.
        spelling: its usual tokens, read first, for without them nothing may be found.
        options: tolerance and budgets; what was read when the time is over is answered.
        named: words that other sources name.
    """
    deadline = time.perf_counter() + (options.max_seconds or np.inf)
    found = _Found(reader, tries, typed)
    found.weigh(reader.nodes[()])
    for node in reader.along(spelling[:-1]):
        found.read(node)
    while found.undecided > options.tolerance * found.total and reader.left and time.perf_counter() < deadline:
        picks = found.heaviest(min(options.batch, reader.left))
        known = [reader.nodes[tokens] for node, token in picks if (tokens := (*node.tokens, token)) in reader.nodes]
        new = [(node, token) for node, token in picks if (*node.tokens, token) not in reader.nodes]
        for node in [*known, *(reader.read(new, least=options.batch // 2) if new else ())]:
            found.weigh(node)
    for source in named:
        found.name(source)
    whole = found.total
    if not whole > 0:
        return Characters({}, 0.0, False, 1.0)
    ordered = sorted(found.masses.items(), key=lambda item: (-item[1], item[0]))
    shares = {char: float(mass / whole) for char, mass in ordered}
    unexplored = float(found.undecided / (whole + found.undecided))
    return Characters(shares, float(found.end / whole), unexplored <= options.tolerance, unexplored)


class _Found:
    """Masses by next character."""

    def __init__(self, reader: Reader, tries: TokenTries, typed: bytes) -> None:
        self._reader, self._tries, self._typed = reader, tries, typed
        self.masses: dict[str, float] = defaultdict(float)
        self.end = self.undecided = 0.0
        self._open: list[tuple[float, int, Node, int]] = []
        self._number = count()

    @property
    def total(self) -> float:
        """The mass of what is decided."""
        return self.end + sum(self.masses.values())

    def heaviest(self, most: int) -> list[tuple[Node, int]]:
        """The undecided tokens to read next; they are no longer counted."""
        picks = [heapq.heappop(self._open) for _ in range(min(most, len(self._open)))]
        self.undecided = max(self.undecided + sum(negative for negative, *_ in picks), 0.0) if self._open else 0.0
        return [(node, token) for _, _, node, token in picks]

    def read(self, node: Node) -> None:
        """Weigh a node that was read out of turn."""
        for entry in self._open:
            if (*entry[2].tokens, entry[3]) == node.tokens:
                self._open.remove(entry)
                heapq.heapify(self._open)
                self.undecided += entry[0]
                self.weigh(node)
                return

    def weigh(self, node: Node) -> None:
        """Add what follows a node; bytes that are no characters lead nowhere."""
        if not self._typed.startswith(node.spelled[: len(node.spelled) - len(half_character(node.spelled))]):
            return
        trie, ids = self._tries.after(node.spelled)
        summed = np.concatenate([[0.0], np.cumsum(node.row[ids], dtype=np.float64)]) * np.exp(node.log_mass)
        at = 0
        for char in self._rest(node.spelled):
            if at:
                self._undecide(node, trie, ids, trie.low[at], trie.own[at])
            self._halves(node, trie, ids, at, char)
            child = trie.child(at, char)
            if child is None:
                return
            at = child
        self._decide(node, trie, ids, summed, at)

    def name(self, source: Named) -> None:
        """Add the words that another source names."""
        among = self._tries.beginning(self._reader.nodes[()].row, source.start)
        shares, _, _ = source.agreeing(self._typed, _NAMED, fold=False)
        for word, share in shares.items():
            rest = word[len(self._typed) :].decode()
            if rest:
                self.masses[rest[0]] += among * share
            else:
                self.end += among * share

    def _rest(self, spelled: bytes) -> str:
        """What of the letters typed is still to come after a node, with the half character before it."""
        whole = len(spelled) - len(half_character(spelled))
        return self._typed[whole:].decode() if whole < len(self._typed) else ""

    def _decide(self, node: Node, trie: Trie, ids: Places, summed: Doubles, at: int) -> None:
        """Add the tokens that begin with the letters typed."""
        if at:
            own = ids[trie.low[at] : trie.own[at]]
            self.end += float(node.row[own[own <= self._tries.finals]].sum(dtype=np.float64)) * np.exp(node.log_mass)
            self._undecide(node, trie, ids, trie.low[at], trie.own[at])
        for child in range(int(trie.first[at]), int(trie.first[at] + trie.count[at])):
            char = trie.alphabet[trie.char[child]]
            if "\ud800" <= char <= "\udfff":
                self._undecide(node, trie, ids, trie.low[child], trie.high[child])
            else:
                self.masses[char] += float(summed[trie.high[child]] - summed[trie.low[child]])

    def _halves(self, node: Node, trie: Trie, ids: Places, at: int, char: str) -> None:
        """Open tokens that end inside the next character."""
        for byte in char.encode()[:-1]:
            child = trie.child(at, chr(0xDC00 + byte)) if byte >= 0x80 else None
            if child is None:
                return
            at = child
            self._undecide(node, trie, ids, trie.low[at], trie.own[at])

    def _undecide(self, node: Node, trie: Trie, ids: Places, low: int, high: int) -> None:
        for token in ids[low:high].tolist():
            if token > self._tries.finals:
                mass = float(node.row[token]) * float(np.exp(node.log_mass))
                self.undecided += mass
                heapq.heappush(self._open, (-mass, next(self._number), node, token))

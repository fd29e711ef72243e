"""What a search has read: rows of the model after nodes, and what of each agrees with the letters typed.

A `Reader` asks the model within a budget; a `Row` is what of one answer agrees; a `Group` adds up the rows of nodes
that spell the same. search.py says what the words mean, and what is read next.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from wordgru.search.model import Doubles, Floats, Ints
from wordgru.search.suggestions import SearchOptions
from wordgru.text.vocabulary import Vocabulary, half_character

_ALONE = 3  # rows of a large call that take as long as a call of one
_REMEMBERED = 4  # places of which the nodes are kept
_NODES = 1024  # of all places together
_LISTED = 96  # words of one row that are listed as found at most

Pick = tuple[float, int, int]
"""An open token to read: its mass, the number of its row, its place in the vocabulary."""


class Steps(Protocol):
    """What the search needs of a model."""

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """Read one token in each row: P(next token), and the states after it.

        (B,), (layers, B, hidden) → (B, V), (layers, B, hidden)
        """


@dataclass(frozen=True, slots=True)
class Node:
    """A token sequence begun, as the model read it.

    Attributes:
        tokens: its ids after the context; none for the root.
        spelled: their bytes.
        key: their bytes as they are compared with what is typed, token by token.
        log_mass: log P(tokens | context), natural.
        row: P(next token), float32 (V,).
        state: after its last token, (layers, hidden).
        is_second: whether a word ended before what follows: two were typed as one, perhaps.
    """

    tokens: tuple[int, ...]
    spelled: bytes
    key: bytes
    log_mass: float
    row: Floats
    state: Floats
    is_second: bool = False


class Reader:
    """Reads token sequences after a context, within a budget, and remembers their nodes, each after its parent.

    A call counts as half a batch of rows at least, because it takes as long. Those for the usual tokens of what is
    typed are made whatever they count, because without them nothing is found; they leave a quarter of it if they can.
    """

    def __init__(
        self, model: Steps, vocabulary: Vocabulary, nodes: dict[tuple[int, ...], Node], options: SearchOptions
    ) -> None:
        self._model, self.vocabulary, self._options = model, vocabulary, options
        self.nodes = nodes
        self.rows = 0
        self._spent = 0  # of the budget

    @property
    def left(self) -> int:
        """Rows that may still be asked for."""
        return max(self._options.max_rows - self._spent, 0)

    def begin(self, state: Floats, last: int) -> None:
        """Make the root: what may follow the context."""
        ((row, after),) = self._step([last], [state], 1)
        self.nodes[()] = Node((), b"", b"", 0.0, row, after)

    def read(self, picks: Sequence[tuple[Node, int]], *, least: int = 1) -> list[Node]:
        """The nodes of tokens after nodes; the call counts as `least` rows at least."""
        rows = self._step([token for _, token in picks], [parent.state for parent, _ in picks], least)
        for (parent, token), (row, state) in zip(picks, rows, strict=True):
            spelled, tokens = parent.spelled + self.vocabulary.token_bytes[token], (*parent.tokens, token)
            log_mass = parent.log_mass + float(np.log(np.maximum(parent.row[token], np.finfo(np.float32).tiny)))
            key = parent.key + self.vocabulary.key(self.vocabulary.token_bytes[token])
            is_second = parent.is_second or self.vocabulary.is_final(token)
            self.nodes[tokens] = Node(tokens, spelled, key, log_mass, row, state, is_second)
        return [self.nodes[(*parent.tokens, token)] for parent, token in picks]

    def along(self, tokens: Sequence[int]) -> Iterator[Node]:
        """The nodes of a token sequence after the context, as far as the budget goes; read one by one."""
        node, most = self.nodes[()], self._options.max_rows
        for token in tokens:
            if (*node.tokens, token) not in self.nodes:
                if self.rows >= most:
                    return
                self.read([(node, token)], least=_ALONE)
                self._spent = max(min(self._spent, most - most // 4), self.rows)
            node = self.nodes[*node.tokens, token]
            yield node

    def _step(self, tokens: list[int], states: list[Floats], least: int) -> list[tuple[Floats, Floats]]:
        rows, after = self._model.step(np.array(tokens, np.int64), np.stack(states, axis=1))
        self.rows += len(tokens)
        self._spent += max(len(tokens), least)
        return [(rows[at].copy(), after[:, at].copy()) for at in range(len(tokens))]  # none keeps the others alive


class Places:
    """Remembers the nodes of a few places, for the next letter typed there. Share it between threads.

    Attributes:
        most: places that are remembered; where many people type at once, more than a few.
        most_nodes: of all places together; each takes four bytes a token of the vocabulary.
    """

    def __init__(self) -> None:
        self.most, self.most_nodes = _REMEMBERED, _NODES
        self._count = 0  # nodes of all places
        self._nodes: OrderedDict[tuple[bytes, int, bool], dict[tuple[int, ...], Node]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def reader(
        self, model: Steps, vocabulary: Vocabulary, state: Floats, last: int, options: SearchOptions
    ) -> Iterator[Reader]:
        """A reader at the place after the token `last` in `state`, which has read the root at least."""
        place = (state.tobytes(), last, vocabulary.fold)
        with self._lock:  # taken out while in use: another thread at the same place begins anew
            nodes = self._forget(place)
        reader = Reader(model, vocabulary, nodes, options)
        if not nodes:
            reader.begin(state, last)
        yield reader
        with self._lock:
            self._forget(place)
            self._nodes[place] = dict(list(nodes.items())[: 2 * options.max_rows])  # each after its parent
            self._count += len(self._nodes[place])
            while len(self._nodes) > 1 and (len(self._nodes) > self.most or self._count > self.most_nodes):
                self._forget(next(iter(self._nodes)))

    def known(self, state: Floats, tokens: Ints) -> tuple[int, Floats]:
        """How many of the first `tokens` after `state` were read here before, and the state after them.

        (layers, 1, hidden), (T,) → 0 to T, (layers, 1, hidden)
        """
        place, read = (state.tobytes(), int(tokens[0])), 0
        with self._lock:
            found = [nodes for fold in (False, True) if (nodes := self._nodes.get((*place, fold)))]
            for nodes in found:
                while read < len(tokens) and (node := nodes.get(tuple(tokens[1 : read + 1].tolist()))):
                    read, state = read + 1, node.state[:, None]
        return read, state

    def _forget(self, place: tuple[bytes, int, bool]) -> dict[tuple[int, ...], Node]:
        nodes = self._nodes.pop(place, {})
        self._count -= len(nodes)
        return nodes


class Row:
    """A node among the letters typed: what of its row agrees with them.

    Attributes:
        number: of the row in its search.
        mass: of the node.
        low: place of the first open token that agrees, in the vocabulary's order.
        open: masses of the open tokens that agree, from `low` on; 0 for those that were read.
        all_open: what they have together, before any was read.
        inner: open tokens that spell a part of the letters: place → mass. They agree only in part.
        share: of the row that agrees for sure.
    """

    def __init__(self, node: Node, vocabulary: Vocabulary, typed: bytes) -> None:
        self.node, self.number, self.mass = node, 0, 1.0
        finals, opens, rest = vocabulary.finals, vocabulary.opens, typed[len(node.key) :]
        self.low, high = opens.range(rest)
        self.open: Doubles = opens.of(node.row, self.low, high).astype(np.float64)
        self.inner = {place: float(node.row[opens.ids[place]]) for place in vocabulary.inner(rest)}
        first, last = finals.range(rest)
        self._words, self._word_ids = finals.of(node.row, first, last), finals.ids[first:last]
        if units := vocabulary.unit_ends(half_character(node.spelled), self.low, high):  # of a script without spaces
            self._word_ids = np.concatenate([self._word_ids, opens.ids[units]])
            self._words = node.row[self._word_ids]
            self.open[np.array(units) - self.low] = 0.0
        self._all_words, self.all_open = float(self._words.sum(dtype=np.float64)), float(self.open.sum())
        self.share = self._all_words + self.all_open if typed else 1.0 - float(node.row[0])

    def weigh(self, mass: float) -> None:
        """Turn probabilities into masses."""
        self.mass = mass
        self.inner = {place: mass * share for place, share in self.inner.items()}
        self.open *= mass
        self.all_open *= mass

    def words(self, *, few: int, least: float) -> tuple[list[int], list[float], float]:
        """The tokens that end a word here with the most mass: ids and masses, and the most that another one has.

        `few` of them at least; else none below the mass `least`.
        """
        if not few and self.mass * self._all_words <= least:
            return [], [], self.mass * self._all_words
        least = min(
            max(float(self._words.max(initial=0.0)) / 2048, least / max(self.mass, 1e-300)), 2.0
        )  # no token has more than 1
        places = np.flatnonzero(self._words > least)
        count = min(max(len(places), few), max(few, _LISTED), len(self._words))
        if count != len(places):
            places = np.argpartition(self._words, -count)[-count:]
            least = float(self._words[places].min())
        if count == len(self._words):
            least = 0.0
        masses = self.mass * self._words[places].astype(np.float64)
        return self._word_ids[places].tolist(), masses.tolist(), self.mass * least

    def take(self, place: int) -> float:
        """The open token at a place is read now: its mass, which is in its own row from here on; 0 of an inner one."""
        if self.inner.pop(place, None) is not None:
            return 0.0
        mass = float(self.open[place - self.low])
        self.open[place - self.low] = 0.0
        return mass


class Group:
    """The rows of the nodes that spell the same: their open masses lie on the same paths.

    Attributes:
        rows: of the group.
        unlisted: the most that a word may have found in the rows without being listed.
        open: the open mass of all rows.

    Args:
        vocabulary: of the tokens.
        low: as of its rows.
        light: where no more than this is open, it is taken as what any word may miss here: half the rows that agree
            with some letters hardly do.
    """

    def __init__(self, vocabulary: Vocabulary, low: int, light: float) -> None:
        self._opens, self._low, self._light = vocabulary.opens, low, light
        self.rows: list[Row] = []
        self.unlisted = self.open = 0.0
        self._path: Doubles | None = None
        self._peak: float | None = None  # of all words, once it was asked for

    @property
    def _is_light(self) -> bool:
        return self._path is None and self.open <= self._light

    @property
    def path(self) -> Doubles:
        """For each open token that agrees, from `low` on, the sum of the open masses along its bytes, over all rows.

        It is what a word through that token may miss here.
        """
        if self._path is None:
            masses = self.rows[0].open if len(self.rows) == 1 else np.sum([row.open for row in self.rows], axis=0)
            ends = self._opens.ends[self._low : self._low + len(masses)] - self._low
            self._path = np.cumsum(masses - np.bincount(ends, masses, len(masses) + 1)[:-1])  # each up to its end
        return self._path

    def add(self, row: Row) -> None:
        """Add a row, weighed already."""
        self.rows.append(row)
        self.open += row.all_open
        self._path = self._peak = None

    def take(self, place: int, mass: float) -> None:
        """The open token at a place, of this mass, is read now."""
        if mass:
            self.open = max(self.open - mass, 0.0)
            if self._path is not None:
                self._path[place - self._low : int(self._opens.ends[place]) - self._low] -= mass
            self._peak = None

    def peak(self, key: bytes) -> float:
        """The most that any word may miss here whose bytes from the nodes on begin with `key`."""
        if not key and self._peak is not None:
            return self._peak
        if self._is_light:
            return self.open
        if not key:
            self._peak = float(self.path.max(initial=0.0))
            return self._peak
        low, high = self._opens.range(key)
        low, high = max(low - self._low, 0), min(high - self._low, len(self.path))
        return float(self.path[low:high].max()) if low < high else self.missing(key)

    def missing(self, key: bytes) -> float:
        """What the word whose bytes from the nodes on are `key` may miss here."""
        if self._is_light:
            return self.open
        path, at = self.path, self._opens.deepest(key) - self._low
        return float(path[at]) if 0 <= at < len(path) else 0.0

    def along(self, key: bytes) -> Iterator[Pick]:
        """The open tokens that `key` begins with."""
        for place in [place for size in range(1, len(key) + 1) for place in self._opens.equal(key[:size])]:
            if 0 <= place - self._low < len(self.rows[0].open):
                for row in self.rows:
                    if (mass := float(row.open[place - self._low])) > 0:
                        yield mass, row.number, place

    def over(self, limit: float, most: int) -> Iterator[Pick]:
        """The heaviest open tokens of each row on paths above `limit`, at most so many of a row."""
        over = np.flatnonzero(self.path > limit)
        for row in self.rows:
            places = over[row.open[over] > 0]
            if len(places) > most:
                places = places[np.argpartition(row.open[places], -most)[-most:]]
            yield from ((float(row.open[at]), row.number, int(at) + self._low) for at in places)

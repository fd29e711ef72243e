"""The exact word search: the most probable words after a context, with a proof that none is missing.

Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read it,
so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The final
tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them, but nobody
looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the open masses whose
bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and that is the bound.

With A the mass of all that agrees with the letters typed, and t the tolerance, an answer of k words is proved when

- no word but these k can exceed the k-th by more than t · A, and
- none of these k misses more than t · A.

Until then the heaviest open tokens on the paths that break a rule are read, many in one call, within a budget.
docs/search.md works an example by hand.
"""

import heapq
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wordgru.errors import WordgruError
from wordgru.text.vocabulary import Vocabulary, half_character

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_REMEMBERED = 4  # places of which the nodes are kept; each node takes four bytes a token of the vocabulary
_SMALLEST = 1e-9  # the least tolerance: sums of masses are no more exact
_LISTED = 128  # words of one row that are listed as found at most
_EXAMINED = 256  # words asked at most whether they may be offered, in one ranking: each costs some 20 µs
_LEAST = 1e-12  # share of what agrees below which no word is looked for
_FOUND = 0.125  # share of the tolerance below which a spelling is not listed as found


class Steps(Protocol):
    """What the search needs of a model."""

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """Read one token in each row: P(next token), and the states after it.

        (B,), (layers, B, hidden) → (B, V), (layers, B, hidden)
        """


@dataclass(frozen=True)
class SearchOptions:
    """How a search is done.

    Attributes:
        tolerance: share of what agrees with the letters typed by which a word's probability may be short of the truth,
            and by which a word that is not offered may be ahead of the last one offered. 0 to 1.
        max_rows: rows of the model to ask for at most, at least 1; then the answer is not exact.
        max_seconds: time to take at most, above 0; None for no limit.
        ignore_case: letters typed match letters of either case, and words that differ in case alone take one place.
        batch: rows asked for in one call of the model at most, at least 1.
    """

    tolerance: float = 3e-3
    max_rows: int = 96
    max_seconds: float | None = None
    ignore_case: bool = False
    batch: int = 6

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        if not 0 <= self.tolerance < 1:
            raise WordgruError(f"tolerance is {self.tolerance!r}; expected a share from 0 to below 1.")
        for name, value in (("max_rows", self.max_rows), ("batch", self.batch)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise WordgruError(f"{name} is {value!r}; expected a whole number of at least 1.")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise WordgruError(f"max_seconds is {self.max_seconds!r}; expected a time above 0, or None for no limit.")


@dataclass(frozen=True)
class Found:
    """One word of an answer.

    Attributes:
        spelled: its bytes, those held back before the word included.
        probability: out of what agrees with the bytes typed.
        tokens: its most probable spelling.
    """

    spelled: bytes
    probability: float
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What a search found.

    Attributes:
        words: most probable first.
        exact: whether it is proved that they are the most probable.
        unexplored: share, of all that agrees with the bytes typed, of spellings that were not looked into.
        rows: rows of the model that were asked for.
    """

    words: tuple[Found, ...]
    exact: bool
    unexplored: float
    rows: int


@dataclass(frozen=True, slots=True)
class Node:
    """A token sequence begun, as the model read it.

    Attributes:
        tokens: its ids after the context; none for the root.
        spelled: their bytes.
        key: their bytes as they are compared with what is typed.
        log_mass: log P(tokens | context), natural.
        row: P(next token), float32 (V,).
        state: after its last token, (layers, hidden).
    """

    tokens: tuple[int, ...]
    spelled: bytes
    key: bytes
    log_mass: float
    row: Floats
    state: Floats


class WordSearch:
    """Finds the most probable words after a state. It remembers a few places; share it between threads.

    Args:
        model: the language model.
        token_bytes: what each token spells, by id.
        finals: how many are final.
        spell: the tokens of a pre-token that is these bytes; the last one final.
        accept: whether these bytes are a word that may be offered.
    """

    def __init__(
        self, model: Steps, token_bytes: Sequence[bytes], finals: int, *, spell: Callable[[bytes], Sequence[int]],
        accept: Callable[[bytes], bool],
    ) -> None:  # fmt: skip
        self._model, self._spell, self._accept = model, spell, accept
        self._vocabularies = {fold: Vocabulary(token_bytes, finals, fold=fold) for fold in (False, True)}
        self._places: OrderedDict[tuple[bytes, int, bool], dict[tuple[int, ...], Node]] = OrderedDict()
        self._lock = Lock()

    def __call__(self, state: Floats, last: int, typed: bytes, k: int, options: SearchOptions) -> Answer:
        """The `k` most probable words that begin with `typed`.

        Args:
            state: (layers, hidden) before the context's last token.
            last: the context's last token.
            typed: what the word begins with: the space before it, if there is one, and the letters typed.
            k: how many words, at least 1.
            options: tolerance and budgets.
        """
        vocabulary = self._vocabularies[options.ignore_case]
        place = (state.tobytes(), last, options.ignore_case)
        with self._lock:  # taken out while in use: another thread at the same place begins anew
            nodes = self._places.pop(place, {})
        chain = tuple(self._spell(typed))[:-1] if typed else ()
        reader = _Reader(self._model, vocabulary, state, last, nodes, options)
        search = _Search(reader, vocabulary, vocabulary.key(typed), k, options, self._accept)
        answer = search.run(chain)
        with self._lock:
            self._places[place] = reader.kept()
            while len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return answer


class _Reader:
    """Reads token sequences after a context, and remembers their nodes."""

    def __init__(
        self, model: Steps, vocabulary: Vocabulary, state: Floats, last: int, nodes: dict[tuple[int, ...], Node],
        options: SearchOptions,
    ) -> None:  # fmt: skip
        self._model, self._vocabulary, self._state, self._last = model, vocabulary, state, last
        self._most = options.max_rows
        self.nodes = nodes
        self.rows = 0

    def root(self) -> Node:
        """The node of no token: what may follow the context."""
        if () not in self.nodes:
            rows, states = self._step([self._last], [self._state])
            self.nodes[()] = Node((), b"", b"", 0.0, rows[0], states[0])
        return self.nodes[()]

    def read(self, picks: Sequence[tuple[Node, int]]) -> list[Node]:
        """The nodes of open tokens after nodes."""
        rows, states = self._step([token for _, token in picks], [parent.state for parent, _ in picks])
        for (parent, token), row, state in zip(picks, rows, states, strict=True):
            spelled = parent.spelled + self._vocabulary.token_bytes[token]
            log_mass = parent.log_mass + float(np.log(np.maximum(parent.row[token], np.finfo(np.float32).tiny)))
            tokens = (*parent.tokens, token)
            self.nodes[tokens] = Node(tokens, spelled, self._vocabulary.key(spelled), log_mass, row, state)
        return [self.nodes[(*parent.tokens, token)] for parent, token in picks]

    def agreeing(self, typed: bytes) -> list[Node]:
        """The nodes that agree with what is typed, parents first; the others are forgotten."""
        self.nodes = {
            tokens: node
            for tokens, node in self.nodes.items()
            if node.key.startswith(typed) or typed.startswith(node.key)
        }
        return list(self.nodes.values())

    def kept(self) -> dict[tuple[int, ...], Node]:
        """What to remember: the nodes that came first, so that each has its parent, as many as the budget."""
        return dict(list(self.nodes.items())[: 2 * self._most])

    def _step(self, tokens: list[int], states: list[Floats]) -> tuple[list[Floats], list[Floats]]:
        rows, after = self._model.step(np.array(tokens, np.int64), np.stack(states, axis=1))
        self.rows += len(tokens)
        if len(tokens) == 1:
            return [rows[0]], [after[:, 0]]
        return [row.copy() for row in rows], [after[:, at].copy() for at in range(len(tokens))]


class _Row:
    """A node among the letters typed: what of its row agrees with them, in masses.

    Attributes:
        number: of the row in its search.
        low: place of the first open token that agrees, in the vocabulary's order.
        open: masses of the open tokens that agree, from `low` on; 0 for those that were read.
        inner: open tokens that spell a part of the letters: place → mass. They agree only in part.
        agreeing: the mass of all that agrees for sure.
    """

    def __init__(self, node: Node, vocabulary: Vocabulary, typed: bytes, number: int) -> None:
        self.node, self.number, self._vocabulary = node, number, vocabulary
        opens, rest = vocabulary.opens, typed[len(node.key) :]
        self._first_final, high = vocabulary.finals.range(rest)
        self._final = node.row[vocabulary.finals.ids[self._first_final : high]].astype(np.float64)
        self.low, high = opens.range(rest)
        self.open: Doubles = node.row[opens.ids[self.low : high]].astype(np.float64)
        self.inner = {at: float(node.row[opens.ids[at]]) for at in vocabulary.inner(rest)}
        self._units = np.flatnonzero(vocabulary.ends_unit(half_character(node.spelled))[self.low : high])
        self._unit = self.open[self._units]
        self.open[self._units] = 0.0
        self.agreeing = float(self._final.sum() + self._unit.sum() + self.open.sum())

    def weigh(self, mass: float) -> None:
        """Turn probabilities into masses."""
        self.inner = {at: mass * share for at, share in self.inner.items()}
        self.agreeing *= mass
        for masses in (self._final, self._unit, self.open):
            masses *= mass

    def threshold(self, least: float) -> float:
        """`least`, or the mass above which only `_LISTED` words lie: a flat row must not list a vocabulary."""
        masses = np.concatenate([self._final, self._unit])
        if np.count_nonzero(masses > least) <= _LISTED:
            return least
        return float(np.partition(masses, -_LISTED - 1)[-_LISTED - 1])

    def found(self, least: float) -> Iterator[tuple[int, float]]:
        """Tokens that spell a word from here, and the word's mass; those above `least`."""
        for at in np.flatnonzero(self._final > least):
            yield int(self._vocabulary.finals.ids[self._first_final + at]), float(self._final[at])
        for at in np.flatnonzero(self._unit > least):
            yield int(self._vocabulary.opens.ids[self.low + self._units[at]]), float(self._unit[at])

    def unlisted(self, least: float) -> float:
        """The mass of the heaviest word from here that `found` leaves out."""
        return max(float(masses[masses <= least].max(initial=0.0)) for masses in (self._final, self._unit))

    def spelled(self, rest: bytes) -> Iterator[tuple[int, float]]:
        """Tokens that spell just `rest` and end a word, and its mass."""
        vocabulary, key = self._vocabulary, self._vocabulary.key(rest)
        for place in vocabulary.finals.equal(key):
            id_, at = int(vocabulary.finals.ids[place]), place - self._first_final
            if 0 <= at < len(self._final) and vocabulary.token_bytes[id_] == rest:
                yield id_, float(self._final[at])
        for place in vocabulary.opens.equal(key) if len(self._units) else ():
            id_, found = int(vocabulary.opens.ids[place]), np.flatnonzero(self._units == place - self.low)
            if len(found) and vocabulary.token_bytes[id_] == rest:
                yield id_, float(self._unit[found[0]])

    def take(self, place: int) -> float:
        """The open token at a place is read now: its mass, which is in its own row from here on; 0 of an inner one."""
        if self.inner.pop(place, None) is not None:
            return 0.0
        mass = float(self.open[place - self.low])
        self.open[place - self.low] = 0.0
        return mass


class _Group:
    """The rows of the nodes that spell the same: their open masses lie on the same paths.

    Attributes:
        rows: of the group.
        unlisted: the most that a word may have found in the rows without being listed.
        path: for each open token that agrees, from `low` on, the sum of the open masses along its bytes, over all rows:
            what a word through it may miss here.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._opens = vocabulary.opens
        self.rows: list[_Row] = []
        self.unlisted = 0.0
        self.path: Doubles = np.zeros(0)
        self._low = 0

    def add(self, row: _Row) -> None:
        """Add a row, weighed already."""
        size = len(row.open)
        ends = self._opens.ends[row.low : row.low + size] - row.low
        path = np.cumsum(row.open - np.bincount(ends, row.open, size + 1)[:-1])  # each counts up to its end
        self.path = self.path + path if self.rows else path
        self._low = row.low
        self.rows.append(row)

    def take(self, place: int, mass: float) -> None:
        """The open token at a place, of this mass, is read now."""
        if mass:
            self.path[place - self._low : int(self._opens.ends[place]) - self._low] -= mass

    def peak(self, key: bytes) -> float:
        """The most that any word may miss here whose bytes from the nodes on begin with `key`."""
        low, high = self._opens.range(key)
        low, high = max(low - self._low, 0), min(high - self._low, len(self.path))
        return float(self.path[low:high].max()) if low < high else self.missing(key)

    def missing(self, key: bytes) -> float:
        """What the word whose bytes from the nodes on are `key` may miss here."""
        at = self._opens.deepest(key) - self._low
        return float(self.path[at]) if 0 <= at < len(self.path) else 0.0

    def heaviest(self, key: bytes) -> "Pick":
        """The heaviest open token that `key` begins with."""
        best = (0.0, -1, -1)
        for size in range(1, len(key) + 1):
            for place in self._opens.equal(key[:size]):
                if 0 <= place - self._low < len(self.path):
                    best = max(best, *((float(row.open[place - self._low]), row.number, place) for row in self.rows))
        return best

    def over(self, limit: float, most: int) -> "Iterator[Pick]":
        """The heaviest open tokens of each row on paths above `limit`, at most so many of a row."""
        over = np.flatnonzero(self.path > limit)
        for row in self.rows:
            places = over[row.open[over] > 0]
            if len(places) > most:
                places = places[np.argpartition(row.open[places], -most)[-most:]]
            yield from ((float(row.open[at]), row.number, int(at) + self._low) for at in places)


Pick = tuple[float, int, int]
"""An open token to read: its mass, the number of its row, its place."""


class _Search:
    """One search: reads what is in question until nothing is."""

    def __init__(
        self, reader: _Reader, vocabulary: Vocabulary, typed: bytes, k: int, options: SearchOptions,
        accept: Callable[[bytes], bool],
    ) -> None:  # fmt: skip
        self._reader, self._vocabulary, self._typed, self._k = reader, vocabulary, typed, k
        self._options, self._accept = options, accept
        self._rows: list[_Row] = []
        self._groups: dict[bytes, _Group] = {}
        self._found: dict[bytes, float] = {}  # word → mass of its spellings, of each row that gives more than:
        self._least = _FOUND * max(options.tolerance, _SMALLEST)  # as a share of what agrees
        self._scale = 0.0  # log of what has mass 1, so that no mass underflows however improbable the letters are
        self._acceptable: dict[bytes, bool] = {}
        self._agreeing = 0.0  # mass of all that agrees with the letters for sure

    def run(self, chain: Sequence[int]) -> Answer:
        """Read along `chain`, the usual tokens of what is typed, then what is in question."""
        deadline = time.perf_counter() + (self._options.max_seconds or np.inf)
        self._begin(chain)
        while True:
            ranking = self._ranking()
            proved, picks = self._in_question(ranking)
            picks = {pick for pick in picks if pick[0] > 0}
            left = self._options.max_rows - self._reader.rows
            if proved or not picks or left <= 0 or time.perf_counter() > deadline:
                return self._answer(ranking, exact=proved)
            self._read(heapq.nlargest(min(self._options.batch, left), picks))

    def _begin(self, chain: Sequence[int]) -> None:
        """Read the root and the chain, and weigh all nodes that agree."""
        node = self._reader.root()
        for token in chain:
            tokens = (*node.tokens, token)
            if tokens not in self._reader.nodes and self._reader.rows >= self._options.max_rows:
                break
            node = self._reader.nodes.get(tokens) or self._reader.read([(node, token)])[0]
        for node in self._reader.agreeing(self._typed):
            self._rows.append(_Row(node, self._vocabulary, self._typed, len(self._rows)))
        if self._typed:
            with np.errstate(divide="ignore"):
                masses = [row.node.log_mass + np.log(row.agreeing) for row in self._rows if self._is_outer(row)]
            self._scale = max(masses) if max(masses) > -np.inf else max(row.node.log_mass for row in self._rows)
        numbers = {row.node.tokens: row.number for row in self._rows}
        for row in self._rows:
            self._weigh(row)
        for tokens in filter(None, numbers):
            self._take(self._rows[numbers[tokens[:-1]]], self._place(tokens[-1]))
        for row in self._rows:
            self._list(row)

    def _weigh(self, row: _Row) -> None:
        row.weigh(float(np.exp(min(row.node.log_mass - self._scale, 700.0))))
        self._groups.setdefault(row.node.key, _Group(self._vocabulary)).add(row)
        if self._is_outer(row):
            self._agreeing += row.agreeing

    def _is_outer(self, row: _Row) -> bool:
        """Whether what agrees in a row is in no other row: its node ends before the letters typed do."""
        return len(row.node.key) < len(self._typed) or not row.node.tokens

    def _place(self, token: int) -> int:
        """The place of an open token among the open ones."""
        opens = self._vocabulary.opens
        key = self._vocabulary.key(self._vocabulary.token_bytes[token])
        return next(place for place in opens.equal(key) if opens.ids[place] == token)

    def _list(self, row: _Row) -> None:
        least = row.threshold(self._least * self._agreeing)
        for token, mass in row.found(least):
            word = row.node.spelled + self._vocabulary.token_bytes[token]
            self._found[word] = self._found.get(word, 0.0) + mass
        self._groups[row.node.key].unlisted += row.unlisted(least)

    def _read(self, picks: Sequence[Pick]) -> None:
        opens = self._vocabulary.opens
        for _, number, place in picks:
            self._take(self._rows[number], place)
        for node in self._reader.read([(self._rows[at].node, int(opens.ids[place])) for _, at, place in picks]):
            row = _Row(node, self._vocabulary, self._typed, len(self._rows))
            self._rows.append(row)
            self._weigh(row)
            self._list(row)

    def _take(self, row: _Row, place: int) -> None:
        self._groups[row.node.key].take(place, row.take(place))

    def _along(self, key: bytes) -> list[tuple[_Group, bytes]]:
        """The groups of nodes that `key` begins with, and what follows them."""
        starts = (key[:size] for size in range(len(key) + 1))
        return [(self._groups[start], key[len(start) :]) for start in starts if start in self._groups]

    # -- the proof ---------------------------------------------------------------------------------------------

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The k best words found and their masses; the threshold is lowered while there are fewer."""
        while True:
            best: list[tuple[bytes, float]] = []
            seen: set[bytes] = set()
            best_first = heapq.nsmallest(_EXAMINED, self._found.items(), key=lambda item: (-item[1], item[0]))
            for word, mass in best_first:
                twin = self._vocabulary.key(word)
                if twin not in seen and self._may_offer(word):
                    seen.add(twin)
                    best.append((word, mass))
                    if len(best) == self._k:
                        return best
            if self._least <= _LEAST or len(self._found) > _EXAMINED:
                return best
            self._least /= 8
            self._found = {}
            for group in self._groups.values():
                group.unlisted = 0.0
            for row in self._rows:
                self._list(row)

    def _may_offer(self, word: bytes) -> bool:
        if word not in self._acceptable:
            self._acceptable[word] = self._accept(word)
        return self._acceptable[word]

    def _in_question(self, ranking: list[tuple[bytes, float]]) -> tuple[bool, set[Pick]]:
        """Whether the answer is proved, and if not the open tokens to read next."""
        allowed = max(self._options.tolerance, _SMALLEST) * self._agreeing
        inner = sum(sum(row.inner.values()) for row in self._rows)
        if inner > 0.5 * allowed:  # nobody knows yet what agrees with the letters
            return False, self._question_letters()
        allowed -= inner
        picks: set[Pick] = set()
        proved = True
        for word, _ in ranking:
            key = self._vocabulary.key(word)
            if self._missing(self._along(key)) > allowed:
                proved = False
                picks.add(self._heaviest(key))
        if len(ranking) < self._k:
            picks |= {pick for group in self._groups.values() for pick in group.over(0.0, self._k)}
            return not picks and len(self._found) <= _EXAMINED, picks
        limit = ranking[-1][1] + allowed
        most = self._question_unseen(limit, picks)
        if most <= limit:
            self._question_found(ranking, limit, most, picks)
        return proved and most <= limit and not picks, picks

    def _question_letters(self) -> set[Pick]:
        """The heaviest tokens inside the letters typed, and with a third of a call those that agree already.

        The former may be countless and lead nowhere, for a spelling that began well need not reach the last letter.
        """
        inner = ((mass, row.number, place) for row in self._rows for place, mass in row.inner.items())
        agreeing = (pick for group in self._groups.values() for pick in group.over(0.0, self._options.batch))
        others = self._options.batch // 3
        return {*heapq.nlargest(self._options.batch - others, inner), *heapq.nlargest(others, agreeing)}

    def _question_unseen(self, limit: float, picks: set[Pick]) -> float:
        """Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have."""
        most = 0.0
        for key in sorted(self._groups, key=lambda key: -self._groups[key].peak(b"")):
            along = self._along(key)
            peaks = [(group.peak(rest), at) for at, (group, rest) in enumerate(along)]
            total = sum(mass for mass, _ in peaks) + sum(group.unlisted for group, _ in along)
            most = max(most, total)
            if total > limit:
                mass, at = max(peaks)
                picks.update(along[at][0].over(max(limit - (total - mass), 0.0), self._options.batch))
                if len(picks) >= 2 * self._options.batch:
                    break  # enough for the next call
        return most

    def _question_found(self, ranking: list[tuple[bytes, float]], limit: float, most: float, picks: set[Pick]) -> None:
        """Add tokens by which a word that is listed, but not among the best, may still exceed `limit`."""
        best = {self._vocabulary.key(word) for word, _ in ranking}
        for word, mass in self._found.items():
            if mass + most > limit and (key := self._vocabulary.key(word)) not in best:
                along = self._along(key)
                if mass + self._missing(along) + sum(group.unlisted for group, _ in along) > limit and self._may_offer(
                    word
                ):
                    picks.add(self._heaviest(key))

    def _missing(self, along: list[tuple[_Group, bytes]]) -> float:
        return sum(group.missing(rest) for group, rest in along)

    def _heaviest(self, key: bytes) -> Pick:
        """The heaviest open token on the path of a word."""
        return max(group.heaviest(rest) for group, rest in self._along(key))

    # -- the answer --------------------------------------------------------------------------------------------

    def _answer(self, ranking: list[tuple[bytes, float]], *, exact: bool) -> Answer:
        found = [self._measured(word) for word, _ in ranking]
        found.sort(key=lambda item: (-item.probability, item.spelled))
        inner = sum(sum(row.inner.values()) for row in self._rows)
        unexplored = sum(float(row.open.sum()) for row in self._rows) + inner
        share = unexplored / (self._agreeing + inner) if self._agreeing + inner > 0 else 1.0
        return Answer(tuple(found), exact and self._agreeing > 0, min(share, 1.0), self._reader.rows)

    def _measured(self, word: bytes) -> Found:
        """A word with the mass of all its spellings seen, light ones too, and the best of them."""
        total, best = 0.0, -1.0
        tokens: tuple[int, ...] = ()
        for row in [row for group, _ in self._along(self._vocabulary.key(word)) for row in group.rows]:
            if word.startswith(row.node.spelled):
                for token, mass in row.spelled(word[len(row.node.spelled) :]):
                    total += mass
                    if mass > best:
                        best, tokens = mass, (*row.node.tokens, token)
        return Found(word, min(total / self._agreeing, 1.0), tokens)

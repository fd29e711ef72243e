"""What agrees with the letters typed, weighed: rows of the model and the words of other sources, in one unit of mass.

`Weighed` reads what it is told to and adds up; search.py says what the words mean, and decides what is read.
"""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

from wordgru.search.named import Named
from wordgru.search.rows import Group, Node, Pick, Reader, Row
from wordgru.search.suggestions import Found, SearchOptions

_NAMED = 256  # words that a source names everywhere which a search looks at one by one
_FORGOTTEN = 0.01  # share of the tolerance below which a node that was read is taken as not read
_SMALLEST = 1e-9  # the least tolerance: sums of masses are no more exact

Bound = Callable[[bytes], float]
"""The most that a word may gain which is these bytes, as they are compared."""

Along = list[tuple[Group, bytes]]
"""The groups whose nodes a word begins with, and what of it follows them."""


class Weighed:
    """Everything read so far that agrees with some letters.

    Attributes:
        reader: asks the model.
        typed: the letters, as they are compared.
        rows: by the tokens of their nodes, each after its parent.
        groups: by the key of their nodes.
        found: word → mass of its spellings, of the rows that list it.
        named: word → mass that it has beside the model's.
        unnamed: the most that any other word may have beside it.
        agreeing: mass of all that agrees with the letters for sure.

    Args:
        reader: asks the model.
        typed: the letters, as they are compared.
        options: tolerance and batch.
        spell: the tokens of a pre-token that is these bytes; the last one final.
    """

    def __init__(
        self, reader: Reader, typed: bytes, options: SearchOptions, spell: Callable[[bytes], Sequence[int]]
    ) -> None:
        self.reader, self.typed = reader, typed
        self._vocabulary, self._options, self._spell = reader.vocabulary, options, spell
        self.rows: dict[tuple[int, ...], Row] = {}
        self.groups: dict[bytes, Group] = {}
        self._sizes: list[int] = []  # of their keys
        self.found: dict[bytes, float] = {}
        self._keys: dict[bytes, bytes] = {}  # word → its bytes as they are compared, where these are others
        self._shares: dict[str, dict[bytes, float]] = {}  # source → word → mass that it gives
        self.named: dict[bytes, float] = {}
        self.unnamed = 0.0
        self._scale = 0.0  # log of what has mass 1, so that no mass underflows however improbable the letters are
        self.agreeing = 0.0
        self._unlisted: list[Row] = []  # rows of which the words are still to be listed
        self._few = 0  # how many words each row lists at least
        self._light = _FORGOTTEN * options.tolerance  # a mass that hardly matters

    @property
    def allowed(self) -> float:
        """The mass by which a word may be short of the truth."""
        return max(self._options.tolerance, _SMALLEST) * self.agreeing

    @property
    def negligible(self) -> float:
        """A mass that is not worth a row."""
        return self._light * self.agreeing

    @property
    def inner(self) -> float:
        """The mass of the open tokens that spell a part of the letters: nobody knows yet what of it agrees."""
        return sum(sum(row.inner.values()) for row in self.rows.values())

    @property
    def log_agreeing(self) -> float:
        """Log P(the letters | context), natural, as far as it is known."""
        return float(np.log(max(self.agreeing, 1e-300))) + self._scale

    @property
    def unexplored(self) -> float:
        """Share, of all that agrees, of spellings that were not looked into."""
        whole = self.agreeing + self.inner
        open_ = sum(float(row.open.sum()) for row in self.rows.values())
        return min((open_ + self.inner) / whole, 1.0) if whole > 0 else 1.0

    # -- reading -----------------------------------------------------------------------------------------------

    def begin(self, chain: tuple[int, ...], sources: Sequence[Named]) -> None:
        """Read the tokens of `chain`, and weigh all nodes that agree; the others are forgotten. Then the sources."""
        nodes, typed = self.reader.nodes, self.typed
        for _ in self.reader.along(chain):
            pass  # each is a node now
        for node in list(nodes.values()):
            agrees = node.key.startswith(typed) or typed.startswith(node.key)
            if node.is_second or not agrees:
                del nodes[node.tokens]
        rows = [Row(node, self._vocabulary, typed) for node in nodes.values()]
        masses = [row.node.log_mass + float(np.log(row.share)) for row in rows if self._is_outer(row) and row.share]
        self._scale = max(masses or [row.node.log_mass for row in rows]) if typed else 0.0
        for row in rows:
            if self._is_outer(row) or not self._is_light(row):
                self._add(row)
            else:
                del nodes[row.node.tokens]
        for tokens in filter(None, self.rows):
            self._take(self.rows[tokens[:-1]], self._vocabulary.place(tokens[-1]))

        for source in sources:
            self._name(source)

    def read(self, picks: Sequence[Pick]) -> None:
        """Read open tokens, in one call of the model."""
        rows = list(self.rows.values())
        for _, number, place in picks:
            self._take(rows[number], place)
        opens = self._vocabulary.opens
        asked = [(rows[number].node, int(opens.ids[place])) for _, number, place in picks]
        for node in self.reader.read(asked, least=self._options.batch // 2):
            self._add(Row(node, self._vocabulary, self.typed))

    def _name(self, source: Named) -> None:
        """Weigh the named words that agree; they are found from the start, the heaviest one by one."""
        key, row = self._vocabulary.key, self.reader.nodes[()].row
        among = sum(
            float(index.of(row, *index.range(key(source.start))).sum(dtype=np.float64))
            for index in (self._vocabulary.finals, self._vocabulary.opens)
        )
        unit = among * float(np.exp(min(-self._scale, 700.0)))
        shares, total, rest = source.agreeing(self.typed, _NAMED, fold=self._options.ignore_case)
        self.agreeing += unit * total
        least = self._options.tolerance / 8 * total
        masses = {word: unit * share for word, share in shares.items() if share > least}
        self._shares[source.source] = masses
        self.unnamed += unit * max([rest, *(share for share in shares.values() if share <= least)])
        for word, mass in masses.items():
            self.named[word] = self.named.get(word, 0.0) + mass
            self.found[word] = self.found.get(word, 0.0) + mass
            if self._vocabulary.fold:
                spelling = self._spell(word)
                self._keys.setdefault(word, b"".join(key(self._vocabulary.token_bytes[token]) for token in spelling))

    def _add(self, row: Row) -> None:
        """Weigh a row; the words that it spells are listed when they are needed."""
        row.weigh(self._mass(row.node))
        row.number = len(self.rows)
        self.rows[row.node.tokens] = row
        group = self.groups.get(row.node.key)
        if group is None:
            group = self.groups[row.node.key] = Group(self._vocabulary, row.low, self._light)
            self._sizes = sorted({*self._sizes, len(row.node.key)})
        group.add(row)
        if self._is_outer(row):
            self.agreeing += row.mass * row.share
        self._unlisted.append(row)

    def _is_outer(self, row: Row) -> bool:
        """Whether what agrees in a row is in no other row: its node ends before the letters typed do."""
        return len(row.node.key) < len(self.typed) or not row.node.tokens

    def _mass(self, node: Node) -> float:
        return float(np.exp(min(node.log_mass - self._scale, 700.0)))

    def _is_light(self, row: Row) -> bool:
        """Whether a node weighs next to nothing; so do those after it.

        Not one inside the letters typed: that it leads nowhere is worth knowing.
        """
        return self._mass(row.node) < self._light

    def _take(self, row: Row, place: int) -> None:
        self.groups[row.node.key].take(place, row.take(place))

    # -- the words -----------------------------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether every word that the rows have is found."""
        return not self._unlisted and not any(group.unlisted > 0 for group in self.groups.values())

    def list_words(self, few: int = 0) -> None:
        """Find the words of the rows that were read since; of all rows anew where each is to list a `few` at least."""
        if few:
            self.found, self._few, self._unlisted = dict(self.named), few, list(self.rows.values())
            for group in self.groups.values():
                group.unlisted = 0.0
        for row in self._unlisted:
            self._list(row)
        self._unlisted = []

    def _list(self, row: Row) -> None:
        ids, masses, unlisted = row.words(few=self._few, least=self.allowed * _FORGOTTEN)
        self.groups[row.node.key].unlisted += unlisted
        found, spelled, token_bytes = self.found, row.node.spelled, self._vocabulary.token_bytes
        for token, mass in zip(ids, masses, strict=True):
            word = spelled + token_bytes[token]
            found[word] = found.get(word, 0.0) + mass
        if self._vocabulary.fold:
            for token in ids:
                self._keys[spelled + token_bytes[token]] = row.node.key + self._vocabulary.key(token_bytes[token])

    def measured(self, word: bytes) -> Found:
        """A word with the mass of all its spellings seen, light ones too, and the best of them."""
        total, best = self.named.get(word, 0.0), (0.0, ())  # type: float, tuple[float, tuple[int, ...]]
        for row in [row for group, _ in self.along(word) for row in group.rows]:
            if word.startswith(row.node.spelled):
                for token in self._vocabulary.spelling(row.node.spelled, word[len(row.node.spelled) :]):
                    mass = row.mass * float(row.node.row[token])
                    total += mass
                    best = max(best, (mass, (*row.node.tokens, token)))
        tokens = best[1] or tuple(self._spell(word))
        named = {name: masses[word] / self.agreeing for name, masses in self._shares.items() if word in masses}
        return Found(word, min(total / self.agreeing, 1.0), tokens, named)

    # -- what may be missing -------------------------------------------------------------------------------------

    def key(self, word: bytes) -> bytes:
        """A word that was found as it is compared."""
        return self._keys.get(word, word)

    def along(self, word: bytes) -> Along:
        """What a word goes through: the groups on its path, and what of it follows them, as it is compared."""
        return self.along_key(self.key(word))

    def along_key(self, key: bytes) -> Along:
        """The same of bytes as they are compared."""
        sizes = self._sizes[: bisect_right(self._sizes, len(key))]
        return [(group, key[size:]) for size in sizes if (group := self.groups.get(key[:size]))]

    def bound(self) -> Bound:
        """What is cheap to know of what words may gain, one bound for all that go on with the same byte.

        It is what they may miss at most in the groups before that byte, and on one path after it.
        """
        size, outer, path = len(self.typed) + 1, [], [(b"", 0.0)]
        inner: dict[bytes, float] = {}
        for key, group in sorted(self.groups.items()):
            if len(key) < size:
                outer.append((key, group))
                continue
            while not key.startswith(path[-1][0]):
                path.pop()
            path.append((key, path[-1][1] + group.peak(b"") + group.unlisted))
            inner[key[:size]] = max(inner.get(key[:size], 0.0), path[-1][1])
        branches: dict[bytes, float] = {}

        def bound(key: bytes) -> float:
            start = key[:size]
            if start not in branches:
                before = sum(group.peak(start[len(above) :]) + group.unlisted for above, group in outer)
                branches[start] = self.unnamed + before + inner.get(start, 0.0)
            return branches[start]

        return bound

    def heaviest(self, most: int) -> list[Pick]:
        """The heaviest open tokens that agree."""
        found: list[Pick] = []
        for group in sorted(self.groups.values(), key=lambda group: -group.peak(b"")):
            if len(found) >= most and (not found or group.peak(b"") < found[-1][0]):
                break  # no token weighs more than its path
            found = heapq.nlargest(most, [*found, *group.over(0.0, most)])
        return found

    def heaviest_inner(self, most: int) -> list[Pick]:
        """The heaviest open tokens inside the letters."""
        picks = ((mass, row.number, at) for row in self.rows.values() for at, mass in row.inner.items() if mass > 0)
        return heapq.nlargest(most, picks)

    def unread(self, word: bytes) -> set[Pick]:
        """The first token of the usual spelling of a word that was not read, if it is not the last."""
        tokens = tuple(self._spell(word))[:-1]
        size = next((size for size in range(1, len(tokens) + 1) if tokens[:size] not in self.rows), 0)
        if not size:
            return set()
        row, place = self.rows[tokens[: size - 1]], self._vocabulary.place(tokens[size - 1])
        at = place - row.low
        mass = row.inner.get(place) or (float(row.open[at]) if 0 <= at < len(row.open) else 0.0)
        return {(mass, row.number, place)} if mass > self.negligible else set()


def missing(along: Along) -> float:
    """What a word may still gain."""
    return sum(group.missing(rest) for group, rest in along)


def enough(along: Along, allowed: float) -> set[Pick]:
    """The heaviest open tokens on the path of a word, so many that the others sum to no more than `allowed`."""
    left, picks = missing(along), set[Pick]()
    if left > allowed:
        for pick in sorted((pick for group, rest in along for pick in group.along(rest)), reverse=True):
            picks.add(pick)
            left -= pick[0]
            if left <= allowed:
                break
    return picks

"""The exact word search: the most probable words after a context, with a proof that none is missing.

Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read it,
so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The final
tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them, but nobody
looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the open masses whose
bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and that is the bound.

Words stand in the order of what they count: their mass times a *factor*, 1 for a word that the language knows, less for
another, 0 for one that may not be offered. Known words stand before all others, which are offered only where no known
one agrees with the letters. With A the mass of all that agrees with the letters typed, and t the
tolerance, an answer of k words is proved when

- no word but these k can count more than the k-th by more than t · A, and
- none of these k misses more than t · A, or the tokens that `Tokenizer.encode` spells it with.

Until then the heaviest open tokens on the paths that break a rule are read, many in one call, within a budget.
docs/word-search.md works an example by hand.
"""

import heapq
import time
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from operator import itemgetter

import numpy as np

from wordgru.search.characters import Characters, characters
from wordgru.search.model import Floats
from wordgru.search.named import Named
from wordgru.search.rows import Group, Node, Pick, Places, Reader, Row, Steps
from wordgru.search.suggestions import SearchOptions
from wordgru.text.trie import TokenTries
from wordgru.text.vocabulary import Vocabulary

_NAMED = 256  # words that a source names everywhere which a search looks at one by one
_FORGOTTEN = 0.01  # share of the tolerance below which a node that was read is taken as not read
_EXAMINED = 256  # words of which the factor is asked at most, in one ranking: each costs some 20 µs
_LOOSE = 4  # times the tolerance: what a known word may have that is missing where not k known words were found
_SMALLEST = 1e-9  # the least tolerance: sums of masses are no more exact


@dataclass(frozen=True)
class Found:
    """One word of an answer.

    Attributes:
        spelled: its bytes, those held back before the word included.
        probability: out of what agrees with the bytes typed.
        tokens: its most probable spelling.
        named: what of `probability` it has from each source that names it.
    """

    spelled: bytes
    probability: float
    tokens: tuple[int, ...]
    named: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a search found.

    Attributes:
        words: best first.
        exact: whether it is proved that they are the most probable.
        unexplored: share, of all that agrees with the bytes typed, of spellings that were not looked into.
        rows: rows of the model that were asked for.
        log_agreeing: log P(the bytes typed | context), natural, as far as it is known.
    """

    words: tuple[Found, ...]
    exact: bool
    unexplored: float
    rows: int
    log_agreeing: float = 0.0


class WordSearch:
    """Finds the most probable words after a state. It remembers a few places; share it between threads.

    Attributes:
        model: whose rows it asks for; another that gives the same may take its place.
        spell: the tokens of a pre-token that is these bytes; the last one final.
        tries: of the model's tokens, made when they are asked for.

    Args:
        model: the language model.
        token_bytes: what each token spells, by id.
        finals: how many are final.
        spell: the tokens of a pre-token that is these bytes; the last one final.
    """

    def __init__(
        self, model: Steps, token_bytes: Sequence[bytes], finals: int, *, spell: Callable[[bytes], Sequence[int]]
    ) -> None:
        self.model, self.spell = model, spell
        self._vocabulary = cache(lambda fold: Vocabulary(token_bytes, finals, fold=fold))
        self.places = Places()
        self.tries = TokenTries(token_bytes, finals)

    def __call__(
        self, state: Floats, last: int, typed: bytes, k: int, options: SearchOptions, *,
        factor: Callable[[bytes], float], named: Sequence[Named] = (),
    ) -> Answer:  # fmt: skip
        """The `k` words that begin with `typed` and count most.

        Args:
            state: (layers, hidden) before the context's last token.
            last: the context's last token.
            typed: what the word begins with: the space before it, if there is one, and the letters typed.
            k: how many words, at least 1.
            options: tolerance and budgets.
            factor: of these bytes, from 0 for what may not be offered to 1; a named word that may be offered has 1.
                Words of less than 1 are in the answer only if there are no others.
            named: words that other sources name. The answer's probabilities are those of the mixture.
        """
        with self.reader(state, last, options) as reader:
            typed_key = reader.vocabulary.key(typed)
            search = _Search(reader, reader.vocabulary, typed_key, k, options, self.spell, factor, named)
            return search.run(typed)

    def reader(self, state: Floats, last: int, options: SearchOptions) -> AbstractContextManager[Reader]:
        """What reads at a place, and remembers what it read there."""
        return self.places.reader(self.model, self._vocabulary(options.ignore_case), state, last, options)

    def characters(
        self, state: Floats, last: int, typed: bytes, options: SearchOptions, *, named: Sequence[Named] = ()
    ) -> Characters:
        """The distribution of the character after `typed`; arguments as of a call."""
        with self.reader(state, last, replace(options, ignore_case=False)) as reader:
            return characters(reader, self.tries, typed, self.spell(typed) if typed else (), options, named)


Along = list[tuple[Group, bytes]]
"""The groups whose nodes a word begins with, and what of it follows them."""


class _Search:
    """One search: reads what is in question until nothing is."""

    def __init__(
        self, reader: Reader, vocabulary: Vocabulary, typed: bytes, k: int, options: SearchOptions,
        spell: Callable[[bytes], Sequence[int]], factor: Callable[[bytes], float], named: Sequence[Named] = (),
    ) -> None:  # fmt: skip
        self._reader, self._vocabulary, self._typed, self._k = reader, vocabulary, typed, k
        self._options, self._spell, self._model_factor = options, spell, cache(factor)
        self._rows: dict[tuple[int, ...], Row] = {}
        self._groups: dict[bytes, Group] = {}
        self._sizes: list[int] = []  # of their keys
        self._found: dict[bytes, float] = {}  # word → mass of its spellings, of the rows that list it
        self._keys: dict[bytes, bytes] = {}  # word → its bytes as they are compared, where these are others
        self._sources = named
        self._shares: dict[str, dict[bytes, float]] = {}  # source → word → mass that it gives
        self._named: dict[bytes, float] = {}  # word → mass that it has beside the model's
        self._unnamed = 0.0  # the most that any other word may have beside it
        self._scale = 0.0  # log of what has mass 1, so that no mass underflows however improbable the letters are
        self._agreeing = 0.0  # mass of all that agrees with the letters for sure
        self._unlisted: list[Row] = []  # rows of which the words are still to be listed
        self._few = 0  # how many words the rows list at least
        self._light = _FORGOTTEN * options.tolerance  # a mass that hardly matters

    def run(self, typed: bytes) -> Answer:
        """Read the usual tokens of what is typed, then what is in question."""
        deadline = time.perf_counter() + (self._options.max_seconds or np.inf)
        self._begin(tuple(self._spell(typed))[:-1] if typed else ())
        while True:
            inner = sum(sum(row.inner.values()) for row in self._rows.values())
            weighed = inner <= 0.5 * self._allowed  # else nobody knows yet what agrees with the letters
            ranking = self._ranking() if weighed else []
            proved, picks = self._in_question(ranking, inner) if weighed else (False, self._question_letters())
            wanted = heapq.nlargest(min(self._options.batch, self._reader.left), picks)
            if proved or not wanted or time.perf_counter() > deadline:
                return self._answer(ranking if weighed else self._ranking(), exact=proved)
            self._read(wanted)

    def _begin(self, chain: tuple[int, ...]) -> None:
        """Read the tokens of `chain`, and weigh all nodes that agree; the others are forgotten."""
        nodes, typed = self._reader.nodes, self._typed
        for _ in self._reader.along(chain):
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
        for tokens in filter(None, self._rows):
            self._take(self._rows[tokens[:-1]], self._vocabulary.place(tokens[-1]))

        for source in self._sources:
            self._name(source)

    def _name(self, source: Named) -> None:
        """Weigh the named words that agree; they are found from the start, the heaviest one by one."""
        key, row = self._vocabulary.key, self._reader.nodes[()].row
        among = sum(
            float(index.of(row, *index.range(key(source.start))).sum(dtype=np.float64))
            for index in (self._vocabulary.finals, self._vocabulary.opens)
        )
        unit = among * float(np.exp(min(-self._scale, 700.0)))
        shares, total, rest = source.agreeing(self._typed, _NAMED, fold=self._options.ignore_case)
        self._agreeing += unit * total
        least = self._options.tolerance / 8 * total
        masses = {word: unit * share for word, share in shares.items() if share > least}
        self._shares[source.source] = masses
        self._unnamed += unit * max([rest, *(share for share in shares.values() if share <= least)])
        for word, mass in masses.items():
            self._named[word] = self._named.get(word, 0.0) + mass
            self._found[word] = self._found.get(word, 0.0) + mass
            if self._vocabulary.fold:
                spelling = self._spell(word)
                self._keys.setdefault(word, b"".join(key(self._vocabulary.token_bytes[token]) for token in spelling))

    def _add(self, row: Row) -> None:
        """Weigh a row; the words that it spells are listed when they are needed."""
        row.weigh(self._mass(row.node))
        row.number = len(self._rows)
        self._rows[row.node.tokens] = row
        group = self._groups.get(row.node.key)
        if group is None:
            group = self._groups[row.node.key] = Group(self._vocabulary, row.low, self._light)
            self._sizes = sorted({*self._sizes, len(row.node.key)})
        group.add(row)
        if self._is_outer(row):
            self._agreeing += row.mass * row.share
        self._unlisted.append(row)

    def _list(self, row: Row) -> None:
        few = max(self._few // len(self._rows), self._k) if self._few else 0
        ids, masses, unlisted = row.words(few=few, least=self._allowed * _FORGOTTEN)
        self._groups[row.node.key].unlisted += unlisted
        found, spelled, token_bytes = self._found, row.node.spelled, self._vocabulary.token_bytes
        for token, mass in zip(ids, masses, strict=True):
            word = spelled + token_bytes[token]
            found[word] = found.get(word, 0.0) + mass
        if self._vocabulary.fold:
            for token in ids:
                self._keys[spelled + token_bytes[token]] = row.node.key + self._vocabulary.key(token_bytes[token])

    def _is_outer(self, row: Row) -> bool:
        """Whether what agrees in a row is in no other row: its node ends before the letters typed do."""
        return len(row.node.key) < len(self._typed) or not row.node.tokens

    def _mass(self, node: Node) -> float:
        return float(np.exp(min(node.log_mass - self._scale, 700.0)))

    def _is_light(self, row: Row) -> bool:
        """Whether a node weighs next to nothing; so do those after it.

        Not one inside the letters typed: that it leads nowhere is worth knowing.
        """
        return self._mass(row.node) < self._light

    def _take(self, row: Row, place: int) -> None:
        self._groups[row.node.key].take(place, row.take(place))

    def _read(self, picks: Sequence[Pick]) -> None:
        rows = list(self._rows.values())
        for _, number, place in picks:
            self._take(rows[number], place)
        opens = self._vocabulary.opens
        asked = [(rows[number].node, int(opens.ids[place])) for _, number, place in picks]
        for node in self._reader.read(asked, least=self._options.batch // 2):
            self._add(Row(node, self._vocabulary, self._typed))

    def _key(self, word: bytes) -> bytes:
        """The bytes of a word as they are compared, token by token."""
        return self._keys.get(word, word)

    def _along(self, key: bytes) -> Along:
        sizes = self._sizes[: bisect_right(self._sizes, len(key))]
        return [(group, key[size:]) for size in sizes if (group := self._groups.get(key[:size]))]

    # -- the proof ---------------------------------------------------------------------------------------------

    @property
    def _allowed(self) -> float:
        """The mass by which a word may be short of the truth."""
        return max(self._options.tolerance, _SMALLEST) * self._agreeing

    def _factor(self, word: bytes) -> float:
        factor = self._model_factor(word)
        return 1.0 if factor and word in self._named else factor

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The k best words found and what they count; of words that are compared as equals, the heaviest."""
        best = self._best()
        if len(best) < self._k and not self._few and any(group.unlisted > 0 for group in self._groups.values()):
            self._found, self._few, self._unlisted = dict(self._named), _EXAMINED, list(self._rows.values())
            for group in self._groups.values():
                group.unlisted = 0.0
            best = self._best()
        return best

    def _best(self) -> list[tuple[bytes, float]]:
        for row in self._unlisted:
            self._list(row)
        self._unlisted = []
        best: dict[bytes, tuple[bytes, float]] = {}
        for examined in sorted({min(4 * self._k, _EXAMINED), _EXAMINED}):  # mostly a few are enough
            heaviest = heapq.nlargest(examined, self._found.items(), key=itemgetter(1))
            counts: list[float] = []
            for word, mass in sorted(heaviest, key=lambda item: (-item[1], item[0])):
                if len(counts) >= self._k and mass <= counts[-self._k]:
                    return self._first(best.values())
                form = self._vocabulary.form(word)
                if (form not in best or best[form][0] == word) and (factor := self._factor(word)):
                    best[form] = (word, mass * factor)
                    if factor == 1.0:
                        insort(counts, mass)
        return self._first(best.values())

    def _first(self, words: Iterable[tuple[bytes, float]]) -> list[tuple[bytes, float]]:
        return sorted(words, key=lambda item: (self._factor(item[0]) < 1.0, -item[1], item[0]))[: self._k]

    def _in_question(self, ranking: list[tuple[bytes, float]], inner: float) -> tuple[bool, set[Pick]]:
        """Whether a ranking is proved, if not the open tokens to read next; `inner` is the mass of the inner ones."""
        allowed = self._allowed - inner - self._unnamed
        picks: set[Pick] = set()
        for word, _ in ranking:
            along = self._along(self._key(word))
            picks |= _enough(along, allowed)
            picks |= self._unread(word)
        if len(ranking) < self._k:
            picks |= {*self._heaviest(self._options.batch), *self._question_letters()}
            unlisted = len(self._found) > _EXAMINED or any(group.unlisted > 0 for group in self._groups.values())
            return not picks and not unlisted, picks
        limit = self._limit(ranking, allowed)
        most = self._question_unlisted(limit, picks)
        settled = most <= limit and self._question_listed(ranking, limit, most, picks)
        return settled and not picks, picks

    def _limit(self, ranking: Sequence[tuple[bytes, float]], allowed: float) -> float:
        """The most that a word may count which is missing from the answer."""
        word, count = ranking[-1]
        if self._factor(ranking[0][0]) < 1.0:  # no known word at all: what is missing is hardly one
            return count / self._factor(word) + allowed
        return count + allowed if self._factor(word) == 1.0 else max(count + allowed, _LOOSE * allowed)

    def _question_letters(self) -> set[Pick]:
        """The heaviest tokens inside the letters typed, and with a third of a call those that agree already.

        The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
        """
        inner = (
            (mass, row.number, place) for row in self._rows.values() for place, mass in row.inner.items() if mass > 0
        )
        others = self._options.batch // 3
        return {*heapq.nlargest(self._options.batch - others, inner), *self._heaviest(others)}

    def _heaviest(self, most: int) -> list[Pick]:
        """The heaviest open tokens that agree."""
        found: list[Pick] = []
        for group in sorted(self._groups.values(), key=lambda group: -group.peak(b"")):
            if len(found) >= most and (not found or group.peak(b"") < found[-1][0]):
                break  # no token weighs more than its path
            found = heapq.nlargest(most, [*found, *group.over(0.0, most)])
        return found

    def _unread(self, word: bytes) -> set[Pick]:
        """The first token of the usual spelling of a word that was not read, if it is not the last."""
        tokens = tuple(self._spell(word))[:-1]
        size = next((size for size in range(1, len(tokens) + 1) if tokens[:size] not in self._rows), 0)
        if not size:
            return set()
        row, place = self._rows[tokens[: size - 1]], self._vocabulary.place(tokens[size - 1])
        at = place - row.low
        mass = row.inner.get(place) or (float(row.open[at]) if 0 <= at < len(row.open) else 0.0)
        return {(mass, row.number, place)} if mass > _FORGOTTEN * self._options.tolerance * self._agreeing else set()

    def _question_unlisted(self, limit: float, picks: set[Pick]) -> float:
        """Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have."""
        most = 0.0
        bounds: dict[bytes, float] = {}  # what is cheap to know: the peaks of the groups on a path, added up
        for key, group in sorted(self._groups.items()):
            above = max((bounds[key[:size]] for size in range(len(key)) if key[:size] in bounds), default=self._unnamed)
            bounds[key] = above + group.peak(b"") + group.unlisted
        for key in sorted(self._groups, key=lambda key: -self._groups[key].peak(b"")):
            if bounds[key] <= limit:
                most = max(most, bounds[key])
                continue
            along = self._along(key)
            peaks = [(group.peak(rest), at) for at, (group, rest) in enumerate(along)]
            total = self._unnamed + sum(mass for mass, _ in peaks) + sum(group.unlisted for group, _ in along)
            most = max(most, total)
            if total > limit:
                mass, at = max(peaks)
                picks.update(along[at][0].over(max(limit - (total - mass), 0.0), self._options.batch))
                if len(picks) >= 2 * self._options.batch:
                    break  # enough for the next call
        return most

    def _question_listed(self, ranking: list[tuple[bytes, float]], limit: float, most: float, picks: set[Pick]) -> bool:
        """Add tokens by which a word that is listed, but not among the best, may still exceed `limit`.

        False if one exceeds it that was not examined.
        """
        best, settled = {self._vocabulary.form(word) for word, _ in ranking}, True
        least = 1.0 if self._factor(ranking[0][0]) == 1.0 else 0.0  # beside known words no others are offered
        for word, found in self._found.items():
            if found + most > limit and self._vocabulary.form(word) not in best:
                along = self._along(self._key(word))
                mass = found + sum(group.unlisted for group, _ in along) + self._unnamed
                if mass + _missing(along) > limit and (factor := self._factor(word)) and factor >= least:
                    picks |= _enough(along, max(limit / factor - mass, 0.0))
                    settled = settled and factor * found <= limit
        return settled

    # -- the answer --------------------------------------------------------------------------------------------

    def _answer(self, ranking: list[tuple[bytes, float]], *, exact: bool) -> Answer:
        words = [word for word, _ in ranking]
        words = [word for word in words if self._factor(word) == 1.0] or words
        found = sorted(
            map(self._measured, words), key=lambda each: (-each.probability * self._factor(each.spelled), each.spelled)
        )
        unexplored = sum(float(row.open.sum()) + sum(row.inner.values()) for row in self._rows.values())
        whole = self._agreeing + sum(sum(row.inner.values()) for row in self._rows.values())
        share = min(unexplored / whole, 1.0) if whole > 0 else 1.0
        evidence = float(np.log(max(self._agreeing, 1e-300))) + self._scale
        return Answer(tuple(found), exact and self._agreeing > 0, share, self._reader.rows, evidence)

    def _measured(self, word: bytes) -> Found:
        """A word with the mass of all its spellings seen, light ones too, and the best of them."""
        total, best = self._named.get(word, 0.0), (0.0, ())  # type: float, tuple[float, tuple[int, ...]]
        for row in [row for group, _ in self._along(self._key(word)) for row in group.rows]:
            if word.startswith(row.node.spelled):
                for token in self._vocabulary.spelling(row.node.spelled, word[len(row.node.spelled) :]):
                    mass = row.mass * float(row.node.row[token])
                    total += mass
                    best = max(best, (mass, (*row.node.tokens, token)))
        tokens = best[1] or tuple(self._spell(word))
        named = {name: masses[word] / self._agreeing for name, masses in self._shares.items() if word in masses}
        return Found(word, min(total / self._agreeing, 1.0), tokens, named)


def _missing(along: Along) -> float:
    """What a word may still gain."""
    return sum(group.missing(rest) for group, rest in along)


def _enough(along: Along, allowed: float) -> set[Pick]:
    """The heaviest open tokens on the path of a word, so many that the others sum to no more than `allowed`."""
    missing, picks = _missing(along), set()
    if missing > allowed:
        for pick in sorted((pick for group, rest in along for pick in group.along(rest)), reverse=True):
            picks.add(pick)
            missing -= pick[0]
            if missing <= allowed:
                break
    return picks

"""The words that were most probably meant, given what was typed: P(word | context) · P(typed | word), with proof.

The search of `wordgru.search`, with another notion of what agrees. Every token after a node has a likelihood now: of a
final token that of the word, of an open one what its words have for sure, and the most that they may have beside. Open
tokens are read, the most promising first, until no path through them can change the answer. What is too light to matter
is left out of the walk along the trie of tokens (`Typed.walk`); what that may cost a word is counted as missing. Of a
word typed in full, tokens promise more that begin a known word one letter away.

Two words typed as one are found in the same way: a final token is open too, for a second word whose space was left out.
So are two words typed as two, where they may be one with a space too many (`Typed` has the space among its letters).
"""

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

import numpy as np

from wordgru.search.model import Doubles, Floats, Ints
from wordgru.search.named import Named
from wordgru.search.rows import Node, Reader
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import Answer, Found, SearchOptions
from wordgru.text.trie import TokenTries, Trie
from wordgru.text.vocabulary import half_character
from wordgru.typing.channel import Alignments, Reached, Typed
from wordgru.typing.named import NamedMasses, places_of

_LEFT_OUT = 1 / 30  # share of the tolerance below which a branch is left out of a walk
_UNDECIDED = 0.05  # share of what agrees that may be undecided in an answer that is proved
_LISTED = 1e-3  # of that, the share above which words are listed
_GOES_ON = 0.3  # P(the next of a known word's usual tokens | those before, and what was typed), roughly
_MOST = 100  # tokens of one level that are weighed one by one, the most promising ones
_RANKED = 256  # words that are asked at most whether they may be offered
_NAMED = 1024  # words that are weighed one by one of each source


@dataclass(slots=True)
class _Open:
    """An open token that was not read, or a final one which a second word may follow.

    Attributes:
        node: after which it stands.
        token: its id.
        mass: P(its tokens | context), out of the scale.
        sure: the likelihood that its words have at least.
        open: and the most that they may have beside.
        promise: and what they may rather have.
        level: of the walk that reached it.
        place: among the nodes of that level.
        deeper: whether the walk ended before it, for all that followed had the same likelihood.
        ends: whether it is final.
    """

    node: Node
    token: int
    mass: float
    sure: float
    open: float
    promise: float
    level: Reached
    place: int
    deeper: bool = False
    ends: bool = False

    @property
    def tokens(self) -> tuple[int, ...]:
        """Its tokens after the context."""
        return (*self.node.tokens, self.token)

    @property
    def bound(self) -> float:
        """The most that its words may have."""
        return self.mass * (self.sure + self.open)

    def alignments(self, typed: Typed) -> Alignments:
        """Where it stands in the letters typed."""
        at = self.level.alignments.at(np.array([self.place]))
        if self.ends:
            return typed.second(at)
        return Alignments(np.zeros_like(at.rows), at.done, np.zeros_like(at.rows), at.last) if self.deeper else at


@dataclass(slots=True)
class _Word:
    """A word found: its mass, and the best of its spellings."""

    mass: float = 0.0
    best: float = 0.0
    tokens: tuple[int, ...] = ()


class TypingSearch:
    """Finds the words that were most probably meant, with what a word search reads and remembers."""

    def __init__(self, search: WordSearch) -> None:
        self._search = search

    def __call__(
        self, state: Floats, last: int, gap: bytes, typed: Typed, k: int, options: SearchOptions, *,
        factor: Callable[[bytes], float], prior: float, named: Sequence[Named] = (), near: Sequence[str] = (),
        doubt: float = 1.0,
    ) -> Answer:  # fmt: skip
        """The `k` words with the largest P(word | context) · P(typed | word) · factor.

        Args:
            state: (layers, hidden) before the context's last token.
            last: the context's last token.
            gap: the space before the word, or nothing.
            typed: what was typed.
            k: how many words, at least 1.
            options: tolerance and budgets.
            factor: of these bytes, from 0 for what may not be offered to 1. Words of less than 1 are in the answer only
                if there are no others, as what was typed, or of a word typed in full before all others.
            prior: P(the next word is what was typed, and no model knows it).
            named: words that other sources name.
            near: words that were perhaps meant, of a word typed in full; their usual tokens are read early.
            doubt: share of what was typed, as a word, above which no others are looked for.
        """
        with self._search.reader(state, last, replace(options, ignore_case=False)) as reader:
            search = _Search(reader, self._search.tries, gap, typed, k, options, factor, prior, doubt)
            first, *second = typed.letters.encode().split(b" ", 1)
            spellings = [[*self._search.spell(gap + first), *self._search.spell(b" " + each)] for each in second]
            for word, likelihood in zip(near, typed.each(near), strict=True):
                search.expect(self._search.spell(gap + word.encode()), float(likelihood))
            search.begin([*spellings, self._search.spell(gap + first + b"".join(second))], named)
            return search.run()


class _Search:
    """One search."""

    def __init__(
        self, reader: Reader, tries: TokenTries, gap: bytes, typed: Typed, k: int, options: SearchOptions,
        factor: Callable[[bytes], float], prior: float, doubt: float,
    ) -> None:  # fmt: skip
        self._prior, self._doubt = prior, doubt
        self._reader, self._tries, self._gap, self._typed, self._k = reader, tries, gap, typed, k
        self._options, self._of_one = options, factor
        self._as_typed = gap + typed.letters.encode()
        self._factor = cache(self._of_both)
        self._scale = 0.0  # log of what has mass 1
        self._agreeing = 1.0  # mass that agrees for sure; 1 is a first guess, from below
        self._guessed = True
        self._undecided = 0.0  # and that may agree
        self._expected = 0.0  # and what of it will agree, roughly
        self._as_it_is = 0.0  # P(typed | it was meant as it is typed)
        self._words: dict[bytes, _Word] = {}
        self._named: list[tuple[str, NamedMasses]] = []  # sources of words, and what these have
        self._unlisted = 0.0  # the most that a word has from them which is not among those found
        self._standing = 0.0  # mass of what was typed as it is
        self._lost: dict[bytes, float] = {}  # bytes of a node → mass that a word through it may have been denied
        self._open: list[tuple[float, int, _Open]] = []  # a heap, the most promising first
        self._near: dict[tuple[int, ...], float] = {}  # tokens that begin a word perhaps meant → what they promise
        self._number = count()

    def begin(self, spellings: Sequence[Sequence[int]], named: Sequence[Named]) -> None:
        """Weigh what may follow, and the named words.

        While letters are still typed, what goes on from them as they are is read first, along their usual tokens. Of a
        word that ends here it is one spelling among others, and may be long: "rrvepyiim" has seven tokens. Of two words
        typed it is read, and so is the one that they may be: these are what is asked about.

        Args:
            spellings: the usual tokens of what was typed, and of the same without its space if it has one.
            named: words that other sources name.
        """
        root, read = self._reader.nodes[()], not self._typed.complete or len(spellings) > 1
        chains = [[root, *self._reader.along(each[:-1])] if read else [root] for each in spellings]
        self._guess(chains[0], spellings[0])
        self._expand([(root, self._typed.start())])
        for node in (node for chain in chains for node in chain[1:]):
            found = next((entry for entry in self._open if entry[2].tokens == node.tokens), None)
            if found:
                self._open.remove(found)
                heapq.heapify(self._open)
                self._expand([(node, self._taken(found[2]))])
        for source in named:
            self._name(source)
        self._stand()

    def expect(self, spelling: Sequence[int], likelihood: float) -> None:
        """Read early along the usual tokens of a word that was perhaps meant, of a likelihood."""
        for size in range(1, len(spelling)):
            begun, promise = tuple(spelling[:size]), likelihood * _GOES_ON ** (len(spelling) - size)
            self._near[begun] = max(self._near.get(begun, 0.0), promise)

    def run(self) -> Answer:
        """Read what is in question until nothing is."""
        deadline = time.perf_counter() + (self._options.max_seconds or np.inf)
        while True:
            ranking = self._ranking()
            proved = self._is_proved(ranking)
            if proved or not self._open or self._is_settled() or time.perf_counter() > deadline:
                return self._answer(ranking, exact=proved)
            picks = list(self._heaviest())
            if not picks:
                return self._answer(ranking, exact=False)
            self._expand(picks)

    def _is_settled(self) -> bool:
        """Whether what was typed is so probable that no other word need be looked for."""
        typed = self._words.get(self._as_typed)
        if typed is None or typed.mass <= self._doubt * (self._agreeing + self._expected):
            return False
        second = sum(each.bound for _, _, each in self._open if each.ends)  # "thankyou" is improbable, "you" is not
        near = sum(each.mass * self._near.get(each.tokens, 0.0) for _, _, each in self._open) if self._near else 0.0
        return typed.mass > self._doubt * (self._agreeing + self._expected + second + near)

    def _left(self) -> float:
        """Share of what agrees that lies in open tokens, roughly."""
        left = self._expected + sum(each.mass * each.sure for _, _, each in self._open)
        return min(max(left / max(self._agreeing + self._expected, 1e-300), 0.0), 1.0)

    # -- reading -----------------------------------------------------------------------------------------------

    def _guess(self, chain: Sequence[Node], spelling: Sequence[int]) -> None:
        """Set the scale so that what agrees has about mass 1, from below: what is typed may be as it was meant."""
        self._as_it_is = likelihood = self._typed.of(self._typed.letters)
        node = chain[-1]
        last = spelling[len(chain) - 1] if len(chain) == len(spelling) else 0
        share = float(node.row[last]) if last else 0.0
        if not self._typed.complete:
            share += self._tries.beginning(node.row, self._as_typed[len(node.spelled) :])
        known, unknown = node.log_mass + np.log(max(share, 1e-30)), np.log(max(self._prior, 1e-300))
        log_mass = float(np.logaddexp(known, unknown))
        self._scale = log_mass + float(np.log(max(likelihood, 1e-300)))

    def _heaviest(self) -> Iterator[tuple[Node, Alignments]]:
        """The open tokens that may change most, read as far as the budget goes."""
        picks: list[_Open] = []
        known: list[tuple[Node, Alignments]] = []
        room = min(self._options.batch, self._reader.left)
        while self._open and len(picks) < room and len(known) < self._options.batch:
            heaviest = heapq.heappop(self._open)[2]
            if (node := self._reader.nodes.get(heaviest.tokens)) is not None:
                known.append((node, self._taken(heaviest)))
            else:
                picks.append(heaviest)
        yield from known
        if picks:
            nodes = self._reader.read([(pick.node, pick.token) for pick in picks], least=self._options.batch // 2)
            yield from ((node, self._taken(pick)) for node, pick in zip(nodes, picks, strict=True))

    def _taken(self, taken: _Open) -> Alignments:
        """An open token is read: its mass is in its own row from here on."""
        self._agreeing -= taken.mass * taken.sure
        self._undecided -= taken.mass * taken.open
        self._expected -= taken.mass * taken.promise
        return taken.alignments(self._typed)

    def _expand(self, picks: Sequence[tuple[Node, Alignments]]) -> None:
        """Weigh what follows some nodes."""
        alike: dict[tuple[bytes, bytes], list[tuple[Node, Alignments]]] = {}
        for pick in picks:
            alike.setdefault((half_character(pick[0].spelled), self._gap_after(pick[0])), []).append(pick)
        for part in alike.values():
            nodes = [node for node, _ in part]
            trie, ids = self._tries.after(nodes[0].spelled)
            masses = np.stack([node.row[ids] for node in nodes]).astype(np.float64)
            masses *= np.array([[np.exp(min(node.log_mass - self._scale, 700.0))] for node in nodes])
            floors = np.full(len(nodes), self._floor)
            reached, lost = self._walk(trie, nodes, Alignments.joined([at for _, at in part]), masses, floors)
            self._weigh(reached, trie, ids, nodes, masses, floors, lost)
            for node, most in zip(nodes, lost, strict=True):
                self._lost[node.spelled] = self._lost.get(node.spelled, 0.0) + float(most)

    @property
    def _allowed(self) -> float:
        """The mass by which a word may be short of the truth."""
        return max(self._options.tolerance, 1e-9) * self._agreeing

    @property
    def _floor(self) -> float:
        return _LEFT_OUT * self._allowed

    def _walk(
        self, trie: Trie, nodes: Sequence[Node], starts: Alignments, masses: Doubles, floors: Doubles
    ) -> tuple[list[Reached], Doubles]:
        roots = np.zeros(len(nodes), np.int64)
        if gap := self._gap_after(nodes[0]):
            begin = trie.child(0, gap.decode())
            if begin is None:
                return [], floors
            roots[:] = begin
        summed = np.zeros((len(nodes), masses.shape[1] + 1))
        np.cumsum(masses, axis=1, out=summed[:, 1:])
        return self._typed.walk(trie, roots, starts, summed, floors)

    def _gap_after(self, node: Node) -> bytes:
        """The space with which a word begins after a node."""
        if not node.tokens:
            return self._gap
        return b" " if node.tokens[-1] <= self._tries.finals else b""

    def _weigh(
        self, reached: Sequence[Reached], trie: Trie, ids: Ints, nodes: Sequence[Node], masses: Doubles,
        floors: Doubles, lost: Doubles,
    ) -> None:  # fmt: skip
        """Count the tokens that a walk reached: words are found, open tokens are open. `lost` is raised by the rest."""
        few = 4 * self._k
        first = np.array([not node.is_second for node in nodes])
        if self._guessed and not nodes[0].tokens:
            self._agreeing, self._guessed = 0.0, False
        for level in reached:
            places, of = places_of(trie, level)
            source, tokens = level.source[of], ids[places]
            weight = masses[source, places]
            sure = level.alignments.done[of]
            final = tokens <= self._tries.finals
            found = weight * np.where(final, self._typed.likelihood(level.alignments)[of], sure)
            more, rather = weight * level.open[of], np.where(final, 0.0, weight * level.promise[of])
            self._agreeing += float(found.sum())
            self._undecided += float(more[~final].sum())
            self._expected += float(rather.sum())
            bound = found + np.where(final & ~level.closed[of], 0.0, more)
            (heavy,) = np.nonzero(bound > floors[source] * np.where(final & (len(self._words) < few), _LISTED, 1.0))
            if len(heavy) > _MOST:
                by_promise = heavy[np.argpartition((found + rather)[heavy], -_MOST)]
                heavy = by_promise[-_MOST:]
                lost[:] = np.maximum(lost, bound[by_promise[:-_MOST]].max())
            deeper = places[heavy] >= trie.own[level.nodes[of[heavy]]]
            columns = (source, tokens, of, weight, sure, final, found)
            rows = zip(*(column[heavy].tolist() for column in columns), deeper.tolist(), strict=True)
            for origin, token, place, mass, certain, is_final, own, is_deeper in rows:
                if is_final:
                    self._find(nodes[origin], token, own)
                else:
                    ahead = float(level.open[place]), float(level.promise[place])
                    self._push(_Open(nodes[origin], token, mass, certain, *ahead, level, place, is_deeper))
            again = np.where(
                final & first[source] & (places < trie.own[level.nodes[of]]), weight * level.second[of], 0.0
            )
            self._undecided += float(again.sum())
            self._expected += float((weight * level.second_promise[of])[again > 0].sum())
            for at in np.flatnonzero(again > floors[source]).tolist():
                ahead = float(level.second[of[at]]), float(level.second_promise[of[at]])
                node, token, mass = nodes[source[at]], int(tokens[at]), float(weight[at])
                self._push(_Open(node, token, mass, 0.0, *ahead, level, int(of[at]), ends=True))

    def _push(self, entry: _Open) -> None:
        promise = max(entry.promise, self._near.get(entry.tokens, 0.0)) if self._near else entry.promise
        heapq.heappush(self._open, (-entry.mass * (entry.sure + promise), next(self._number), entry))

    def _find(self, node: Node, token: int, mass: float) -> None:
        spelled = node.spelled + self._reader.vocabulary.token_bytes[token]
        if b" " in spelled[len(self._gap) :] and not node.is_second and not self._of_one(spelled):
            return  # no word, and not two
        if factor := self._factor(spelled):  # what may not be offered still agrees
            self._agreeing -= mass * (1.0 - factor)
            mass *= factor
        word = self._word(spelled)
        word.mass += mass
        if mass > word.best:
            word.best, word.tokens = mass, (*node.tokens, token)

    def _of_both(self, spelled: bytes) -> float:
        """The factor of a word, or of two."""
        first, space, second = spelled[len(self._gap) :].partition(b" ")
        if not (space and spelled.startswith(self._gap)):
            return self._of_one(spelled)
        return self._of_one(self._gap + first) * self._of_one(self._gap + second) or self._of_one(spelled)

    def _name(self, source: Named) -> None:
        """Weigh the words that another source names."""
        among = self._tries.beginning(self._reader.nodes[()].row, source.start)
        unit = among * float(np.exp(min(-self._scale, 700.0)))
        for words, scale in ((source.common, source.scale), (source.added, 1.0)):
            if not words.shares:
                continue
            named = NamedMasses(self._typed, words, unit * scale, self._floor, start=source.start)
            for spelled, word in self._words.items():
                word.mass += named.mass(spelled)
            self._named.append((source.source, named))
            self._agreeing += named.total
            self._lost[source.start] = self._lost.get(source.start, 0.0) + named.lost
            heaviest, others = named.heaviest(max(_NAMED, 4 * self._k))
            self._unlisted += others
            for spelled in heaviest:
                self._word(spelled)

    def _word(self, spelled: bytes) -> _Word:
        """A word found, with what other sources have of it."""
        if spelled not in self._words:
            self._words[spelled] = _Word(sum(named.mass(spelled) for _, named in self._named))
        return self._words[spelled]

    def _stand(self) -> None:
        """What was typed stands as it is, a word that the model does not know, if nothing is more probable."""
        self._standing = self._prior * self._as_it_is * float(np.exp(min(-self._scale, 700.0)))
        self._agreeing += self._standing
        self._word(self._as_typed).mass += self._standing

    # -- the proof ---------------------------------------------------------------------------------------------

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The k best words found that may be offered, and their masses.

        Beside known words there are no others, but what was typed, and of a word typed in full what is heavier than
        all of them.
        """
        best: list[tuple[bytes, float]] = []
        others: list[tuple[bytes, float]] = []
        knows, complete = False, self._typed.complete
        for spelled, word in heapq.nlargest(_RANKED, self._words.items(), key=lambda item: item[1].mass):
            if factor := self._factor(spelled):
                knows = knows or factor == 1.0
                fits = factor == 1.0 or spelled == self._as_typed or (complete and not knows)
                (best if fits else others).append((spelled, word.mass))
                if len(best) >= self._k and (knows or complete):
                    break
        return (best if knows else sorted([*best, *others], key=lambda item: -item[1]))[: self._k]

    def _is_proved(self, ranking: Sequence[tuple[bytes, float]]) -> bool:
        if not ranking or self._agreeing <= 0 or self._undecided > _UNDECIDED * self._agreeing:
            return False
        allowed = self._allowed
        limit = (ranking[-1][1] if len(ranking) == self._k else 0.0) + allowed
        if any(each.bound > limit for _, _, each in self._open):
            return False
        missing = dict(self._lost)
        for _, _, each in self._open:
            key = each.node.spelled + self._reader.vocabulary.token_bytes[each.token] + b" " * each.ends
            missing[key] = missing.get(key, 0.0) + each.bound
        if any(_along(missing, word) > allowed for word, _ in ranking):
            return False
        if self._unlisted + _most_along(missing) > limit:
            return False
        best = {word for word, _ in ranking}
        first = next((mass for word, mass in ranking if self._factor(word) == 1.0), -np.inf)  # of the known ones
        unknown = max(limit, first + allowed if self._typed.complete else np.inf) if first > 0 else limit

        def may_stand(spelled: bytes, mass: float) -> bool:
            return mass > limit and (factor := self._factor(spelled)) > 0 and (factor == 1.0 or mass > unknown)

        return not any(
            may_stand(spelled, word.mass + _along(missing, spelled))
            for spelled, word in self._words.items()
            if word.mass > limit / 4 and spelled not in best
        )

    def _answer(self, ranking: Sequence[tuple[bytes, float]], *, exact: bool) -> Answer:
        whole = max(self._agreeing, 1e-300)
        found = tuple(
            Found(
                word, min(mass / whole, 1.0), self._words[word].tokens,
                {name: mass / whole for name, mass in self._sources(word).items()},
            )
            for word, mass in ranking
        )  # fmt: skip
        evidence = float(np.log(max(self._agreeing, 1e-300))) + self._scale
        return Answer(found, exact, self._left(), self._reader.rows, evidence)

    def _sources(self, word: bytes) -> dict[str, float]:
        """What each source but the model gives a word."""
        masses: dict[str, float] = {}
        for name, named in self._named:
            if mass := named.mass(word):
                masses[name] = masses.get(name, 0.0) + mass
        if word == self._as_typed:
            masses["typed"] = self._standing
        return masses


def _along(missing: dict[bytes, float], word: bytes) -> float:
    """What lies on the path of a word."""
    return sum(missing.get(word[:size], 0.0) for size in range(len(word) + 1))


def _most_along(missing: dict[bytes, float]) -> float:
    """The most that lies on any path."""
    most, path = 0.0, []  # type: float, list[tuple[bytes, float]]
    for key in sorted(missing):
        while path and not key.startswith(path[-1][0]):
            path.pop()
        path.append((key, (path[-1][1] if path else 0.0) + missing[key]))
        most = max(most, path[-1][1])
    return most

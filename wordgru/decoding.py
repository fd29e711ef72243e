"""Exact next-word search over pieces: the k most probable words after a state, with proof.

The probability of a word is the sum, over every way to spell it in pieces, of the pieces' probability times the
probability that the word then ends: that what follows is no part of a word (Pimentel and Meister 2024, "How to
Compute the Probability of a Word"; Vieira et al. 2025, arXiv 2412.03719). The search is best-first. A spelling
begun and not yet expanded is *open*; its mass may still reach any word that begins with its bytes. All open
masses that one word could still get lie on one path of the trie of pieces, so the largest sum over a path bounds
every word not yet found. The search ends when no bound exceeds the k-th word.

Pure numpy: knows pieces and probabilities, no files and no onnxruntime.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from wordgru.expander import Expander, Expansion
from wordgru.language_model import LanguageModel
from wordgru.lexicon import CLOSES, DEFERS, GAP, START, Floats, Ints, Lexicon, Stage, Table, fold, read
from wordgru.suggestions import SearchOptions, Suggestion, Suggestions

Pick = tuple["_Source", int]


class WordSearch:
    """Finds the most probable words after a state. Immutable but for what it remembers: share it between threads."""

    def __init__(self, model: LanguageModel, pieces: Sequence[bytes]) -> None:
        self.lexicon = Lexicon(pieces)
        self.expand = Expander(model)

    def __call__(
        self, state: Floats, last: int, *, gap: bytes, prefix: str, k: int, options: SearchOptions, given: bool = True
    ) -> Suggestions:
        """The `k` most probable words.

        Args:
            state: (layers, hidden) before the context's last piece.
            last: the context's last piece.
            gap: a space if one stands between the context and the word, else nothing.
            prefix: the letters of the word already typed.
            k: how many words, at least 1.
            options: tolerance and budgets.
            given: probabilities are out of what agrees with the gap and prefix; else out of all that may follow.
        """
        return _Search(self.lexicon, self.expand, gap, prefix, k, options).run(state, last, given=given)


@dataclass(eq=False)
class _Source:
    """A spelling that was expanded, and the probabilities of its next pieces that are still open.

    `left` is what must still be spelled of the gap and the letters typed; `passing` are the pieces that spell all
    of it, `inside` those that spell a part. `mass` is the spelling's own probability: the mass of an open piece is
    `mass * open[piece]`, and `total` that of all.
    """

    at: int
    spelled: bytes
    word: bytes
    tail: bytes
    stage: Stage
    left: bytes
    mass: float
    ids: tuple[int, ...]
    expansion: Expansion
    table: Table
    passing: slice | Ints
    inside: list[int]
    total: float = field(init=False)
    chains: Floats | None = None

    def __post_init__(self) -> None:
        if self.left:
            self.total = self.mass * float(self.open.sum())
        else:
            self.total = self.mass * float(self.expansion.probabilities @ self.table.spelling)

    @cached_property
    def open(self) -> Floats:
        """The probabilities of the open pieces; made when first looked at, for most sources are not.  # (V,)"""
        every = self.expansion.probabilities * self.table.spelling
        if not self.left:
            return every
        agreeing = np.zeros_like(every)
        agreeing[self.passing] = every[self.passing]
        agreeing[self.inside] = every[self.inside]
        return agreeing

    def weigh(self, id_: int) -> float:
        """The mass of an open piece."""
        return self.mass * float(self.open[id_])


class _Search:
    """One search: its sources, what was found, and what is still in question."""

    def __init__(
        self, lexicon: Lexicon, expand: Expander, gap: bytes, prefix: str, k: int, options: SearchOptions
    ) -> None:
        self.lexicon, self.expand, self.k, self.options = lexicon, expand, k, options
        self.gap = gap
        self.fold = options.ignore_case and prefix.lower() != prefix.upper()
        self.typed = fold(prefix.encode()) if self.fold else prefix.encode()
        self.sources: list[_Source] = []
        self.unsettled: list[_Source] = []
        self.by_spelled: defaultdict[bytes, list[_Source]] = defaultdict(list)
        self.by_word: defaultdict[bytes, list[_Source]] = defaultdict(list)
        self.found: defaultdict[bytes, float] = defaultdict(float)
        self.beaten: set[bytes] = set()
        self.spellings: dict[bytes, tuple[float, tuple[int, ...]]] = {}
        self.agreeing = 0.0  # probability that what follows agrees with the gap and the prefix

    def run(self, state: Floats, last: int, *, given: bool) -> Suggestions:
        """Expand what is in question until nothing is, or a budget is spent."""
        started = time.perf_counter()
        left = self.gap + self.typed
        (expansion,) = self.expand([state], [last])
        if not left:
            self.agreeing = 1.0
        self._add(b"", b"", b"", GAP if self.gap else START, left, 1.0, (), expansion)
        while picks := self._in_question():
            spent = time.perf_counter() - started
            if len(self.sources) >= self.options.max_expanded or spent > (self.options.max_seconds or np.inf):
                break
            self._expand(picks)
        return self._result(exact=not picks, total=self.agreeing if given else 1.0)

    # -- the frontier ------------------------------------------------------------------------------------------

    def _add(
        self, spelled: bytes, word: bytes, tail: bytes, stage: Stage, left: bytes, mass: float,
        ids: tuple[int, ...], expansion: Expansion,
    ) -> None:  # fmt: skip
        """Make an expanded spelling a source of open ones, and credit its word with what ends it."""
        table = self.lexicon.table(stage, tail)
        passing, inside = self.lexicon.agreeing(left, fold=self.fold)
        at = len(self.sources)
        source = _Source(at, spelled, word, tail, stage, left, mass, ids, expansion, table, passing, inside)
        if left:
            self.agreeing += mass * float(expansion.probabilities[passing].sum())
        elif word:
            self._credit(word, mass - source.total, ids)
        self.sources.append(source)
        self.unsettled.append(source)
        self.by_spelled[spelled].append(source)
        self.by_word[word].append(source)

    def _credit(self, word: bytes, mass: float, ids: tuple[int, ...]) -> None:
        if not (fold(word) if self.fold else word).startswith(self.typed):
            return  # the word ended before the mark that was typed last
        self.found[word] += mass
        if mass > self.spellings.get(word, (0.0, ()))[0]:
            self.spellings[word] = (mass, ids)

    def _expand(self, picks: list[Pick]) -> None:
        """Expand the open pieces picked, with one call of the model."""
        begun = []
        for source, id_ in picks:
            mass, piece = source.weigh(id_), self.lexicon.pieces[id_]
            self._close(source, id_)
            step = read(source.stage, source.tail + piece)
            left = source.left[len(fold(piece) if self.fold else piece) :]
            word, ids = source.word + step.word, (*source.ids, id_)
            if step.effect is not CLOSES:
                begun.append((source, id_, (source.spelled + piece, word, step.tail, step.stage, left, mass, ids)))
            elif not left:
                self._credit(word, mass, ids)
        if begun:
            expansions = self.expand([source.expansion.state for source, _, _ in begun], [id_ for _, id_, _ in begun])
            for (_, _, spelling), expansion in zip(begun, expansions, strict=True):
                self._add(*spelling, expansion)

    def _close(self, source: _Source, id_: int) -> None:
        """Take a piece out of what is open."""
        if not source.ids:
            self._chains(source)  # those that the expansion remembers hold all that was open at first
        share = source.open[id_]
        source.open[id_] = 0
        source.total -= source.mass * float(share)
        if source.chains is None:
            return
        if source.table.effects[id_] == DEFERS:  # the sums of its stem are no longer true
            source.chains = self.lexicon.chains(source.table.grouped(source.open))
        else:
            low, high = self.lexicon.extending(self.lexicon.pieces[id_])
            source.chains[low:high] -= share

    def _chains(self, source: _Source) -> Floats:
        """For each piece, all open probability on its path in the trie, or a little more.  # (V,)"""
        if source.chains is None:
            if source.ids or self.fold:
                source.chains = self.lexicon.chains(source.table.grouped(source.open))
            else:  # the same at every letter of a word; the pieces that do not agree with the prefix are not looked at
                source.chains = source.expansion.chains(source.table, self.lexicon).copy()
        return source.chains

    # -- what is in question -----------------------------------------------------------------------------------

    def _in_question(self) -> list[Pick]:
        """The open pieces to expand next; none if the answer is proved."""
        slack = self.options.tolerance * self.agreeing
        ranking = self._ranking()
        picks: dict[Pick, float] = {}
        if len(ranking) < self.k:
            self._question_all(slack if ranking else 1e-6 * slack, picks)  # better an improbable word than none
        if not picks:
            least = ranking[self.k - 1][1] if len(ranking) >= self.k else 0.0
            self._question_unseen(max(least, slack), picks)
            self._question_found(ranking, max(least, slack), slack, picks)
        inside = {(source, id_): source.weigh(id_) for source in self.sources for id_ in source.inside}
        if sum(inside.values()) > slack:  # while so much is open, the probability of the prefix is not known
            picks.update({pick: mass for pick, mass in inside.items() if mass > 0})
        best = sorted(picks.items(), key=lambda item: -item[1])[: self.options.batch]
        worth = 0.5 * best[min(self.k, len(best)) - 1][1] if best else 0.0
        return [pick for pick, mass in best if mass >= worth]

    def _question_all(self, least: float, picks: dict[Pick, float]) -> None:
        """The heaviest open pieces anywhere."""
        for source in sorted(self.sources, key=lambda source: -source.total)[: self.options.batch]:
            if source.total > least:
                for id_ in self._top(source.open):
                    if source.weigh(id_) > least:
                        picks[source, id_] = source.weigh(id_)

    def _question_unseen(self, least: float, picks: dict[Pick, float]) -> None:
        """Pieces that lead to a word which is not found yet and may be more probable than `least`."""
        waiting = sorted(self.unsettled, key=lambda source: -source.total)
        self.unsettled = []  # bounds only fall and `least` only rises: what is settled stays so
        for at, source in enumerate(waiting):
            if len(picks) > 2 * self.options.batch:  # enough for the next call
                self.unsettled += waiting[at:]
                return
            heavy = list(self._unseen(source, least))
            picks.update({pick: pick[0].weigh(pick[1]) for pick in heavy})
            if heavy:
                self.unsettled.append(source)

    def _unseen(self, source: _Source, least: float) -> Iterator[Pick]:
        """The same for the words whose longest open beginning is in `source`."""
        above = [
            (other, source.spelled[size:])
            for size in range(len(source.spelled) + 1)
            for other in self.by_spelled.get(source.spelled[:size], ())
            if other is not source
        ]
        if source.ids:  # cheap: a path is no heavier than all open pieces together
            rough = sum(other.total if other.ids else self._along(other, rest)[0] for other, rest in above)
            if source.total + rough <= least:
                return
        others = [(other, *self._along(other, rest)) for other, rest in above]
        around = sum(other.mass * bound for other, bound, _ in others)
        elsewhere = [pick for other, _, end in others for pick in self._heaviest(other, end)]
        if around >= least and elsewhere:
            yield from elsewhere
            return
        needed = max(least - around, 0.0) / source.mass
        chains = self._chains(source)
        over = np.flatnonzero(chains[source.passing] > needed)
        ids = over + source.passing.start if isinstance(source.passing, slice) else source.passing[over]
        ids = np.concatenate([ids, [id_ for id_ in source.inside if chains[id_] > needed]]).astype(np.int64)
        for id_ in ids[self._top(source.open[ids])]:
            yield from self._heaviest(source, int(id_))
        if len(ids):
            yield from elsewhere

    def _along(self, source: _Source, rest: bytes) -> tuple[float, int]:
        """The heaviest path of `source` that agrees with `rest`, and the piece at its end."""
        chains = self._chains(source)
        if source.left.startswith(rest) and not self.fold:
            rest = source.left  # all that is open spells at least this
        low, high = self.lexicon.extending(rest)
        if low < high:
            end = low + int(chains[low:high].argmax())
        else:
            path = self.lexicon.beginning(rest)
            end = int(path[chains[path].argmax()]) if len(path) else 0
        return max(float(chains[end]), 0.0) if end else 0.0, end

    def _heaviest(self, source: _Source, end: int) -> Iterator[Pick]:
        """The heaviest open piece on the path to `end`, if there is one."""
        best = end
        while end:
            if source.open[end] > source.open[best]:
                best = end
            end = int(self.lexicon.parents[end])
        if source.open[best] > 0:
            yield source, best

    def _top(self, values: Floats) -> list[int]:
        """Where the largest of `values` are: about twice what one call can take."""
        wanted = 2 * self.options.batch
        if len(values) <= wanted:
            return list(range(len(values)))
        share = 0.3 * float(values.max())
        at = np.flatnonzero(values > share)
        while len(at) < self.options.batch and share > 1e-12:  # far cheaper than to sort a vocabulary
            share *= 0.3
            at = np.flatnonzero(values > share)
        return [int(place) for place in at[np.argsort(-values[at])[:wanted]]]

    def _question_found(
        self, ranking: list[tuple[bytes, float]], least: float, slack: float, picks: dict[Pick, float]
    ) -> None:
        """Pieces that could change the rank or, by more than the slack, the probability of a word found."""
        tie = 1e-3 * slack
        before = np.inf  # the mass of the word ranked one higher, if that is worth a rank
        for rank, (word, mass) in enumerate(ranking):
            if word in self.beaten:
                continue
            if len(picks) > 2 * self.options.batch:
                return  # enough for the next call
            top = rank < self.k
            allowed = min(before + tie - mass, slack) if top else least - mass
            before = max(mass, slack) if top else before
            if self._loosely_missing(word) <= allowed:
                if not top:
                    self.beaten.add(word)
                continue
            missing = list(self._missing(word))
            residual = sum(source.mass * float(source.open[ids].sum()) for source, ids in missing)
            if residual > max(allowed, tie):
                for source, ids in missing:
                    picks.update({(source, int(id_)): source.weigh(id_) for id_ in ids if source.open[id_] > 0})
            elif not top:
                self.beaten.add(word)

    def _loosely_missing(self, word: bytes) -> float:
        """A cheap bound of what may still end in `word`."""
        bound = 0.0
        for size in range(len(word) + 1):
            for source in self.by_word.get(word[:size], ()):
                if source.ids:
                    bound += source.total
                    continue
                rest = word[size:]
                path = self.lexicon.beginning(b" " + rest if source.stage is GAP else rest)
                if len(path):
                    bound += max(float(self._chains(source)[path[-1]]), 0.0)
                if rest in source.table.deferring:
                    bound += float(source.open[source.table.deferring[rest]].sum())
        return bound

    def _missing(self, word: bytes) -> Iterator[tuple[_Source, Ints]]:
        """The pieces that, where open, may still end in `word`."""
        for size in range(len(word) + 1):
            rest = word[size:]
            for source in self.by_word.get(word[:size], ()):
                if rest in source.table.deferring:
                    yield source, source.table.deferring[rest]
                target = b" " + rest if source.stage is GAP else rest
                if target.startswith(source.tail) and len(path := self.lexicon.beginning(target[len(source.tail) :])):
                    yield source, path

    # -- the answer --------------------------------------------------------------------------------------------

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The words found and their masses, most probable first."""
        return sorted(self.found.items(), key=lambda item: (-item[1], item[0]))

    def _result(self, *, exact: bool, total: float) -> Suggestions:
        total = total or 1.0
        items = []
        for word, mass in self._ranking()[: self.k]:
            spelling = tuple(
                self.lexicon.pieces[id_].decode("utf-8", errors="replace") for id_ in self.spellings[word][1]
            )
            items.append(Suggestion(word.decode("utf-8", errors="replace"), min(mass / total, 1.0), spelling))
        unexplored = sum(source.total for source in self.sources) / total
        return Suggestions(tuple(items), exact, min(max(unexplored, 0.0), 1.0), len(self.sources))

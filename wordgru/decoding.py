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
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from wordgru.language_model import LanguageModel
from wordgru.lexicon import Effect, Floats, Ints, Lexicon, Stage, Table, fold, read

TOLERANCE = 1e-3
"""How much probability a returned word may still lack when its search ends, by default."""


@dataclass(frozen=True)
class Suggestion:
    """One word and its probability after the context and the letters typed.

    Attributes:
        word: the whole word, the letters already typed included.
        probability: P(word | context, prefix), short of the truth by at most the search's tolerance.
        pieces: the bytes of its most probable spelling, as text; the first may begin with a space.
    """

    word: str
    probability: float
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestions(Sequence[Suggestion]):
    """The words found, most probable first; a sequence of `Suggestion`.

    Attributes:
        items: the suggestions.
        exact: True if it is proved that these are the most probable words, in this order; False if a budget
            ended the search earlier.
        unexplored: the probability that lies in spellings not looked into, out of 1.
        expanded: spellings looked into: rows given to the model, or remembered.
    """

    items: tuple[Suggestion, ...]
    exact: bool = True
    unexplored: float = 0.0
    expanded: int = 0

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        """The suggestion at `index`, or a tuple of them for a slice."""
        return self.items[index]

    def __len__(self) -> int:
        """How many words were found."""
        return len(self.items)

    @property
    def words(self) -> list[str]:
        """The words alone."""
        return [item.word for item in self.items]


@dataclass(frozen=True)
class SearchOptions:
    """How a search is done.

    Attributes:
        tolerance: a word's probability may be short of the truth by this much; words less probable may be
            missing where fewer than k are found.
        max_expanded: spellings to look into at most; beyond, the result is not exact.
        max_seconds: time to take at most; None for no limit.
        ignore_case: letters typed match letters of either case.
        batch: spellings given to the model in one call at most.
    """

    tolerance: float = TOLERANCE
    max_expanded: int = 512
    max_seconds: float | None = None
    ignore_case: bool = False
    batch: int = 8


@dataclass(frozen=True)
class Expansion:
    """What the model says after one piece.

    Attributes:
        probabilities: (V,) of the next piece.
        state: (layers, hidden) after the piece.
    """

    probabilities: Floats
    state: Floats


class Expander:
    """The model's answers for (state, piece), many in one call, the latest remembered. Shared by threads."""

    def __init__(self, model: LanguageModel, *, remembered: int = 256) -> None:
        self._model = model
        self._remembered = remembered
        self._memo: OrderedDict[tuple[bytes, int], Expansion] = OrderedDict()
        self._lock = Lock()

    def __call__(self, states: Sequence[Floats], pieces: Sequence[int]) -> list[Expansion]:
        """Expand each of `pieces` read at its state, (layers, hidden)."""
        keys = [(state.tobytes(), piece) for state, piece in zip(states, pieces, strict=True)]
        with self._lock:
            known = {key: self._memo[key] for key in keys if key in self._memo}
            for key in known:
                self._memo.move_to_end(key)
        missing = [at for at, key in enumerate(keys) if key not in known]
        if missing:
            logits, after = self._model.step(
                np.array([pieces[at] for at in missing], np.int64), np.stack([states[at] for at in missing], axis=1)
            )
            probabilities = softmax(logits)
            for row, at in enumerate(missing):
                known[keys[at]] = Expansion(probabilities[row], np.ascontiguousarray(after[:, row]))
            with self._lock:
                for at in missing:
                    self._memo[keys[at]] = known[keys[at]]
                while len(self._memo) > self._remembered:
                    self._memo.popitem(last=False)
        return [known[key] for key in keys]


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


@dataclass(eq=False)
class _Source:
    """A spelling that was expanded, and the masses of its next pieces that are still open.

    `left` is what must still be spelled of the gap and the letters typed; `passing` are the pieces that spell all
    of it, `inside` those that spell a part. `open` holds the probabilities of open next pieces, `mass` the
    spelling's own probability: an open piece's mass is their product.
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
    open: Floats = field(init=False)
    chains: Floats | None = None
    _peak: float = -1.0

    def __post_init__(self) -> None:
        self.open = self.expansion.probabilities * self.table.spelling
        if self.left:
            kept = self.open
            self.open = np.zeros_like(kept)
            self.open[self.passing] = kept[self.passing]
            self.open[self.inside] = kept[self.inside]

    @property
    def peak(self) -> float:
        """The mass of the heaviest open piece."""
        if self._peak < 0:
            self._peak = self.mass * float(self.open.max())
        return self._peak

    def close(self, id_: int) -> None:
        """Take a piece out of what is open."""
        self.open[id_] = 0
        self._peak = -1.0


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
        self.beaten: set[bytes] = set()
        self.by_spelled: defaultdict[bytes, list[_Source]] = defaultdict(list)
        self.by_word: defaultdict[bytes, list[_Source]] = defaultdict(list)
        self.found: defaultdict[bytes, float] = defaultdict(float)
        self.spellings: dict[bytes, tuple[float, tuple[int, ...]]] = {}
        self.agreeing = 0.0  # probability that what follows agrees with the gap and the prefix

    def run(self, state: Floats, last: int, *, given: bool) -> Suggestions:
        """Expand what is in question until nothing is, or a budget is spent."""
        started = time.perf_counter()
        left = self.gap + self.typed
        stage = Stage.GAP if self.gap else Stage.START
        (expansion,) = self.expand([state], [last])
        if not left:
            self.agreeing = 1.0
        self._add(b"", b"", b"", stage, left, 1.0, (), expansion)
        exact = False
        while not exact:
            picks = self._in_question()
            exact = not picks
            spent = time.perf_counter() - started
            if len(self.sources) >= self.options.max_expanded or spent > (self.options.max_seconds or np.inf):
                break
            self._expand(picks)
        return self._result(exact=exact, total=self.agreeing if given else 1.0)

    # -- the frontier ------------------------------------------------------------------------------------------

    def _add(
        self, spelled: bytes, word: bytes, tail: bytes, stage: Stage, left: bytes, mass: float,
        ids: tuple[int, ...], expansion: Expansion,
    ) -> None:  # fmt: skip
        """Make an expanded spelling a source of open ones, and credit its word with what ends it."""
        table = self.lexicon.table(stage, tail)
        passing, inside = self.lexicon.agreeing(left, fold=self.fold)
        source = _Source(
            len(self.sources), spelled, word, tail, stage, left, mass, ids, expansion, table, passing, inside
        )
        if left:
            self.agreeing += mass * float(expansion.probabilities[passing].sum())
        elif word:
            self._credit(word, mass * float(expansion.probabilities.sum() - source.open.sum()), ids)
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

    def _expand(self, picks: list[tuple[_Source, int]]) -> None:
        """Expand the open pieces picked, with one call of the model."""
        begun = []
        for source, id_ in picks:
            mass = source.mass * float(source.open[id_])
            piece = self.lexicon.pieces[id_]
            self._close(source, id_)
            step = read(source.stage, source.tail + piece)
            left = source.left[len(fold(piece) if self.fold else piece) :]
            word, ids = source.word + step.word, (*source.ids, id_)
            if step.effect is Effect.CLOSES:
                if not left:
                    self._credit(word, mass, ids)
            else:
                begun.append((source, id_, (source.spelled + piece, word, step.tail, step.stage, left, mass, ids)))
        if begun:
            states = [source.expansion.state for source, _, _ in begun]
            expansions = self.expand(states, [id_ for _, id_, _ in begun])
            for (_, _, node), expansion in zip(begun, expansions, strict=True):
                self._add(*node, expansion)

    def _close(self, source: _Source, id_: int) -> None:
        """Take a piece out of what is open."""
        if source.table.effects[id_] == Effect.DEFERS:
            source.chains = None  # the sums of its stem are no longer true
        if source.chains is not None:
            low, high = self.lexicon.extending(self.lexicon.pieces[id_])
            source.chains[low:high] -= source.open[id_]
        source.close(id_)

    def _chains(self, source: _Source) -> Floats:
        """For each piece, all open probability on its path in the trie.  # (V,)"""
        if source.chains is None:
            source.chains = self.lexicon.chains(source.table.grouped(source.open))
        return source.chains

    # -- what is in question -----------------------------------------------------------------------------------

    def _in_question(self) -> list[tuple[_Source, int]]:
        """The open pieces to expand next; none if the answer is proved."""
        slack = self.options.tolerance * self.agreeing
        ranking = self._ranking()
        if len(ranking) < self.k and (first := self._heaviest_of_all(1e-3 * slack)):
            return first  # better an improbable word than none
        least = ranking[self.k - 1][1] if len(ranking) >= self.k else 0.0
        picks: dict[tuple[int, int], float] = {}
        unsettled = []
        for source in self.unsettled:
            questions = len(picks)
            self._question_prefix(source, picks)
            self._question_unseen(source, max(least, slack), picks)
            if len(picks) > questions:
                unsettled.append(source)
        self.unsettled = unsettled  # bounds only fall and `least` only rises: what is settled stays so
        self._question_found(ranking, least, slack, picks)
        if not picks:
            return []
        best = sorted(picks.items(), key=lambda item: -item[1])[: self.options.batch]
        worth = 0.5 * best[min(self.k, len(best)) - 1][1]
        return [(self.sources[at], id_) for (at, id_), mass in best if mass >= worth]

    def _heaviest_of_all(self, least: float) -> list[tuple[_Source, int]]:
        """The heaviest open pieces anywhere, above `least`."""
        heavy = sorted(self.sources, key=lambda source: -source.peak)[: self.options.batch]
        picks = [
            (source.mass * float(source.open[id_]), source, id_)
            for source in heavy
            for id_ in self._top(source.open, np.arange(len(source.open)))
        ]
        best = sorted((pick for pick in picks if pick[0] > least), key=lambda pick: -pick[0])[: self.options.batch]
        worth = 0.5 * best[min(self.k, len(best)) - 1][0] if best else 0.0
        return [(source, id_) for mass, source, id_ in best if mass >= worth]

    def _top(self, values: Floats, ids: Ints) -> list[int]:
        """The pieces among `ids` with the largest values, more than one call can take."""
        wanted = 2 * self.options.batch
        if len(ids) > wanted:
            ids = ids[np.argpartition(values[ids], -wanted)[-wanted:]]
        return [int(id_) for id_ in ids]

    def _question_prefix(self, source: _Source, picks: dict[tuple[int, int], float]) -> None:
        """Pieces that spell a part of what was typed: while they are open, its probability is not known."""
        for id_ in source.inside:
            mass = source.mass * float(source.open[id_])
            if mass > 0.1 * self.options.tolerance * self.agreeing:
                picks[source.at, id_] = mass

    def _question_unseen(self, source: _Source, least: float, picks: dict[tuple[int, int], float]) -> None:
        """Pieces that lead to a word which is not found yet and may be more probable than `least`."""
        others = [
            (other, self._along(other, source.spelled[size:]))
            for size in range(len(source.spelled) + 1)
            for other in self.by_spelled.get(source.spelled[:size], ())
            if other is not source
        ]
        around = sum(other.mass * bound for other, (bound, _) in others)
        if source.ids and source.mass * float(source.open.sum()) + around <= least:
            return  # cheap: a path is no heavier than all open pieces together
        chains = self._chains(source)
        needed = max((least - around) / source.mass, 0.0)
        over = np.flatnonzero(chains[source.passing] > needed)
        ids = over + source.passing.start if isinstance(source.passing, slice) else source.passing[over]
        for id_ in self._heaviest(source, [*ids.tolist(), *(id_ for id_ in source.inside if chains[id_] > needed)]):
            picks[source.at, id_] = source.mass * float(source.open[id_])
            for other, (_, top) in others:
                for heavy in self._heaviest(other, [top] if top else []):
                    picks[other.at, heavy] = other.mass * float(other.open[heavy])

    def _heaviest(self, source: _Source, ids: list[int]) -> set[int]:
        """The heaviest open pieces among `ids`, each path standing for its heaviest piece."""
        chosen = set()
        for id_ in self._top(source.open, np.array(ids, np.int64)):
            best, above = id_, int(self.lexicon.parents[id_])
            while above:
                if source.open[above] > source.open[best]:
                    best = above
                above = int(self.lexicon.parents[above])
            if source.open[best] > 0:
                chosen.add(best)
        return chosen

    def _along(self, source: _Source, rest: bytes) -> tuple[float, int]:
        """The heaviest path of `source` that agrees with `rest`, and the piece at its end."""
        chains = self._chains(source)
        low, high = self.lexicon.extending(rest)
        if low < high:
            top = low + int(chains[low:high].argmax())
        else:
            top = max(self.lexicon.beginning(rest), key=lambda id_: float(chains[id_]), default=0)
        return max(float(chains[top]), 0.0) if top else 0.0, top

    def _question_found(
        self, ranking: list[tuple[bytes, float]], least: float, slack: float, picks: dict[tuple[int, int], float]
    ) -> None:
        """Pieces that could change the rank or, by more than the slack, the probability of a word found."""
        tie = 1e-3 * slack
        before = np.inf  # the mass of the word ranked one higher
        for rank, (word, mass) in enumerate(ranking):
            top = rank < self.k
            if word in self.beaten:
                continue
            missing = list(self._missing(word))
            residual = sum(source.mass * float(source.open[ids].sum()) for source, ids in missing)
            unsure = mass + residual > (before if top else least) + tie and residual > tie
            if not top and mass + residual <= least:
                self.beaten.add(word)
            if unsure or (top and residual > slack):
                for source, ids in missing:
                    for id_ in ids:
                        if source.open[id_] > 0:
                            picks[source.at, int(id_)] = source.mass * float(source.open[id_])
            before = mass if top else before

    def _missing(self, word: bytes) -> Iterator[tuple[_Source, Sequence[int]]]:
        """The pieces that, where open, may still end in `word`."""
        for size in range(len(word) + 1):
            for source in self.by_word.get(word[:size], ()):
                rest = word[size:]
                if rest in source.table.deferring:
                    yield source, source.table.deferring[rest]
                target = b" " + rest if source.stage is Stage.GAP else rest
                if target.startswith(source.tail):
                    yield source, self.lexicon.beginning(target[len(source.tail) :])

    # -- the answer --------------------------------------------------------------------------------------------

    def _ranking(self) -> list[tuple[bytes, float]]:
        """Words found that begin as typed, most probable first."""
        return sorted(
            ((word, mass) for word, mass in self.found.items() if mass > 0), key=lambda item: (-item[1], item[0])
        )

    def _result(self, *, exact: bool, total: float) -> Suggestions:
        total = total or 1.0
        items = []
        for word, mass in self._ranking()[: self.k]:
            pieces = tuple(
                self.lexicon.pieces[id_].decode("utf-8", errors="replace") for id_ in self.spellings[word][1]
            )
            items.append(Suggestion(word.decode("utf-8", errors="replace"), min(mass / total, 1.0), pieces))
        unexplored = sum(source.mass * float(source.open.sum()) for source in self.sources) / total
        return Suggestions(tuple(items), exact, min(unexplored, 1.0), len(self.sources))

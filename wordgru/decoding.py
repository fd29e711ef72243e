"""Exact next-word search over pieces: the k most probable words after a state, with proof.

The probability of a word is the sum, over every way to spell it in pieces, of the pieces' probability times the
probability that the word then ends: that what follows is no part of a word (Pimentel and Meister 2024, "How to
Compute the Probability of a Word"; Vieira et al. 2025, arXiv 2412.03719). The search is best-first. A spelling
begun and not yet expanded is *open*; its mass may still reach any word that begins with its bytes. All open
masses that one word could still get lie on one path of the trie of pieces, so the largest sum over a path bounds
every word not yet found. The search ends when no bound exceeds the k-th word.

Pure numpy: knows pieces and probabilities, no files and no onnxruntime.
"""

import itertools
import time
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

import numpy as np

from wordgru.expander import Expander
from wordgru.language_model import LanguageModel
from wordgru.lexicon import Floats, Lexicon, folded
from wordgru.spellings import Pick, Spelling, Spellings
from wordgru.suggestions import SearchOptions, Suggestion, Suggestions

_REMEMBERED = 4  # words whose spellings are kept for the next letter
_LARGEST = 64  # rows of probabilities that such a word may hold: 4 MB of 16,000 pieces

# Measured with 1,000 keystrokes of English text: fewer calls below, fewer pieces read in vain above.
_WORTH = 0.5  # a piece goes along with a call if it weighs so much of the one that the call is for
_SOON = 0.3  # and so do the pieces inside of a likely word, if they weigh so much of the slack


class WordSearch:
    """Finds the most probable words after a state. Immutable but for what it remembers: share it between threads."""

    def __init__(self, model: LanguageModel, pieces: Sequence[bytes], *, blocked: frozenset[str] = frozenset()) -> None:
        """Search over `pieces`.

        Args:
            model: the language model.
            pieces: the bytes of each piece by id, in byte order, the end of text (no bytes) first.
            blocked: words in lower case that are never offered, in no spelling of upper and lower case; the best others
                are, their probabilities unchanged.
        """
        self.lexicon = Lexicon(pieces)
        self.blocked = blocked
        self.expand = Expander(model)
        self._words: OrderedDict[tuple[bytes, int, bytes, bool], Spellings] = OrderedDict()
        self._lock = Lock()

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
        folds = options.ignore_case and prefix.lower() != prefix.upper()
        typed = folded(prefix.encode()) if folds else prefix.encode()
        key = (state.tobytes(), last, gap, folds)
        with self._lock:  # taken out while in use: another thread at the same place begins anew
            spellings = self._words.pop(key, None)
        if spellings is None or not typed.startswith(spellings.typed):
            spellings = Spellings(self.lexicon, self.expand, state, last, gap, fold=folds)
        spellings.narrow(typed)
        answer = _Search(self.lexicon, spellings, k, options, self.blocked).run(given=given)
        with self._lock:
            if spellings.size <= _LARGEST * len(self.lexicon.pieces):
                self._words[key] = spellings
            while len(self._words) > _REMEMBERED:
                self._words.popitem(last=False)
        return answer


class _Search:
    """One search: what is still in question, until nothing is."""

    def __init__(
        self, lexicon: Lexicon, spellings: Spellings, k: int, options: SearchOptions, blocked: frozenset[str]
    ) -> None:
        self.lexicon, self.spellings, self.k, self.options, self.blocked = lexicon, spellings, k, options, blocked
        self.ranking: list[tuple[bytes, float]] = []  # words found and their masses, when it was last asked

    def run(self, *, given: bool) -> Suggestions:
        """Expand what is in question until nothing is, or a budget is spent."""
        deadline = time.perf_counter() + (self.options.max_seconds or np.inf)
        while picks := self._in_question():
            if len(self.spellings.all) >= self.options.max_expanded or time.perf_counter() > deadline:
                break
            self.spellings.expand(picks)
        return self._result(exact=not picks, total=self.spellings.agreeing if given else 1.0)

    def _in_question(self) -> list[Pick]:
        """The open pieces to expand next; none if the answer is proved."""
        slack = self.options.tolerance * self.spellings.agreeing
        self.ranking = ranking = self._ranked()
        needed = self._inside(slack)
        wanted: dict[Pick, float] = {}
        short = max(self.k - len(ranking), 1)
        if len(needed) < self.options.batch:
            others = sorted([each for each in self.spellings.all if each.ids], key=_total)
            least = max(ranking[self.k - 1][1] if len(ranking) >= self.k else 0.0, slack)
            reach = np.inf  # the most that any word can still get; not asked while too few are found
            if len(ranking) >= self.k:
                reach = self.spellings.root.heaviest_path(self.lexicon, least) + sum([each.total for each in others])
            self._question_found(ranking, others, least, slack, reach, needed)
            if len(ranking) < self.k:  # better an improbable word than none
                self._question_all(slack if ranking else 1e-6 * slack, short, wanted)
            if not wanted and reach > least and len(needed) < self.options.batch:
                self._question_unseen(others, least, wanted)
        return self._best(needed, wanted, slack, short)

    def _best(self, needed: dict[Pick, float], wanted: dict[Pick, float], slack: float, short: int) -> list[Pick]:
        """What to expand in one call: all that is needed, what is wanted most, and what is likely to be asked for next.

        `short` is how many words are still to be found.
        """
        batch = self.options.batch
        best = sorted(needed, key=needed.__getitem__, reverse=True)[:batch]
        if len(best) == batch or not wanted:
            return best
        more = sorted(wanted.keys() - needed.keys(), key=wanted.__getitem__, reverse=True)
        soon = [
            (each, part)
            for each, id_ in more[: self.k]
            for part in self.lexicon.beginning(self.lexicon.pieces[id_])[:-1]
            if each.weigh(part) > _SOON * slack
        ]
        worth = _WORTH * wanted[more[min(short, len(more)) - 1]] if more else 0.0
        rest = [pick for pick in more[short:] if wanted[pick] >= worth]
        return list(dict.fromkeys([*best, *more[:short], *soon, *rest]))[:batch]

    def _inside(self, slack: float) -> dict[Pick, float]:
        """Pieces that spell a part of the letters typed: while they weigh much, nobody knows these letters' mass."""
        inside = {(each, id_): mass for each in self.spellings.all for id_, mass in each.inside.items()}
        return _enough(inside, slack)

    def _question_all(self, least: float, short: int, picks: dict[Pick, float]) -> None:
        """The heaviest open pieces anywhere, for `short` words are not found at all."""
        for each in sorted(self.spellings.all, key=_total, reverse=True):
            if each.total <= least:
                return
            picks.update({(each, id_): mass for id_, mass in self._heaviest(each) if mass > least})
            if len(picks) >= short:  # what is much lighter would not go along
                least = max(least, _WORTH * sorted(picks.values())[-short])

    # -- words that are not found yet --------------------------------------------------------------------------

    def _question_unseen(self, others: list[Spelling], least: float, picks: dict[Pick, float]) -> None:
        """Pieces that lead to a word which is not found yet and may be more probable than `least`.

        `others` are the spellings but the root, the lightest first: those that weigh little all together are not
        looked at one by one.
        """
        sums = list(itertools.accumulate(each.total for each in others))
        count = bisect_right(sums, 0.1 * least)
        light = sums[count - 1] if count else 0.0
        weighty = [self.spellings.root, *reversed(others[count:])]
        begun: defaultdict[bytes, list[Spelling]] = defaultdict(list)
        for each in weighty:
            begun[each.spelled].append(each)
        for each in weighty:
            if len(picks) >= self.options.batch:
                return  # enough for the next call
            picks.update({pick: pick[0].weigh(pick[1]) for pick in self._unseen(each, begun, least - light)})

    def _unseen(self, source: Spelling, begun: Mapping[bytes, list[Spelling]], least: float) -> list[Pick]:
        """The same for the words of which `source` is the longest spelling begun."""
        text = source.spelled
        above = [
            (other, text[size:])
            for size in range(len(text) + 1)
            for other in begun.get(text[:size], ())
            if other is not source
        ]
        picks, precision = self._on_paths(source, above, least, least)
        while not picks and precision:  # what seems too much is all in light pieces: look at them one by one
            precision = precision / 100 if precision > 1e-9 * least else 0.0
            picks, precision = self._on_paths(source, above, least, precision)
        return picks

    def _on_paths(
        self, source: Spelling, above: list[tuple[Spelling, bytes]], least: float, precision: float
    ) -> tuple[list[Pick], float]:
        """The heaviest open piece on each path through `source` that weighs more than `least`.

        Beside them 0 if that is all that can be in question, else `precision`: what the masses were to be exact for.
        """
        lexicon = self.lexicon
        bound = source.total + sum([other.total for other, _ in above])  # no path is heavier than all that is open
        if above and bound - (root := self.spellings.root).total + root.heaviest_path(lexicon, precision) <= least:
            return [], 0.0
        ends = []
        for other, rest in above:
            if bound <= least:
                return [], 0.0
            mass, end = other.along(rest, lexicon, precision)
            ends.append((other, end))
            bound += mass - other.total
        needed = least - (bound - source.total) - source.held
        if source.total - source.held <= needed:
            return [], 0.0
        paths = source.paths(lexicon, precision)
        over = paths.heavy[paths.sums + paths.light > needed]
        if not len(over) and paths.light <= needed:
            return [], 0.0
        if needed + source.held > 0:
            ends += [(source, int(over[at]) + source.low) for at in _largest(source.open[over], self.options.batch)]
            ends.append((source, 0))
        return [(each, id_) for each, end in ends if (id_ := each.on_path(end, lexicon))], precision

    def _heaviest(self, source: Spelling) -> Iterator[tuple[int, float]]:
        """The heaviest open pieces of a spelling, with their masses."""
        yield from source.inside.items()
        for at in _largest(source.open, 2 * self.options.batch):
            yield int(at) + source.low, float(source.open[at])

    # -- words that are found ----------------------------------------------------------------------------------

    def _question_found(
        self, ranking: list[tuple[bytes, float]], others: list[Spelling], least: float, slack: float, reach: float,
        picks: dict[Pick, float],
    ) -> None:  # fmt: skip
        """Pieces that could change the rank or, by more than the slack, the probability of a word found.

        `reach` is the most that any word can still get.
        """
        tie = 1e-3 * slack
        before = np.inf  # the mass of the word ranked one higher, if that is worth a rank
        begun: defaultdict[bytes, list[Spelling]] = defaultdict(list)
        for each in reversed(others):  # the heaviest first
            begun[each.word].append(each)
        for rank, (word, mass) in enumerate(ranking):
            top = rank < self.k
            if len(picks) >= self.options.batch or (not top and mass + reach <= least):
                return  # enough for the next call; or all that follow are beaten
            allowed = max(min(before + tie - mass, slack) if top else least - mass, tie)
            before = max(mass, slack) if top else before
            around = [each for size in range(len(word), -1, -1) for each in begun.get(word[:size], ())]
            picks.update(self._missing(word, [self.spellings.root, *around], allowed))

    def _missing(self, word: bytes, around: list[Spelling], allowed: float) -> dict[Pick, float]:
        """The heaviest open pieces that may still end in `word`, so many that the others sum to `allowed` at most.

        `around` are the spellings that it may go on from, the root first.
        """
        rough = sum([each.total for each in around[1:]])  # cheap: a path is no heavier than all open pieces together
        mass, masses = 0.0, []
        for each in around:
            rough -= each.total if each.ids else 0.0
            masses.append(each.missing(word, self.lexicon))
            mass += masses[-1]
            if mass + rough <= allowed:
                return {}
        pieces: dict[Pick, float] = {}
        for at in sorted(range(len(around)), key=masses.__getitem__, reverse=True)[: self.options.batch]:
            each = around[at]
            pieces.update({(each, id_): each.weigh(id_) for id_ in each.missing_pieces(word, self.lexicon)})
        return _enough(pieces, allowed - (mass - sum(pieces.values())))

    # -- the answer --------------------------------------------------------------------------------------------

    def _ranked(self) -> list[tuple[bytes, float]]:
        """The words found and their masses, most probable first, without those blocked."""
        found = list(self.spellings.found.items())
        if self.blocked:
            found = [item for item in found if item[0].decode("utf-8", errors="replace").lower() not in self.blocked]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def _result(self, *, exact: bool, total: float) -> Suggestions:
        total = total or 1.0
        items = []
        for word, mass in self.ranking[: self.k]:
            ids = self.spellings.best[word][1]
            spelling = tuple(self.lexicon.pieces[id_].decode("utf-8", errors="replace") for id_ in ids)
            items.append(Suggestion(word.decode("utf-8", errors="replace"), min(mass / total, 1.0), spelling))
        unexplored = sum(each.total for each in self.spellings.all) / total
        return Suggestions(tuple(items), exact, min(max(unexplored, 0.0), 1.0), len(self.spellings.all))


def _total(spelling: Spelling) -> float:
    return spelling.total


def _enough(masses: dict[Pick, float], allowed: float) -> dict[Pick, float]:
    """The heaviest of `masses`, so many that the others sum to no more than `allowed`."""
    rest = sum(masses.values())
    kept: dict[Pick, float] = {}
    if rest > allowed:
        for pick in sorted(masses, key=masses.__getitem__, reverse=True):
            kept[pick] = masses[pick]
            rest -= masses[pick]
            if rest <= allowed:
                break
    return kept


def _largest(values: Floats, wanted: int) -> list[int]:
    """Where the largest of `values` are: all that are not far below the largest of all, and `wanted` at most."""
    if len(values) <= wanted:
        return list(range(len(values)))
    at = np.flatnonzero(values > 0.02 * values.max())  # far cheaper than to sort a vocabulary
    if len(at) > wanted:
        at = at[np.argpartition(values[at], -wanted)[-wanted:]]
    return [int(place) for place in at]

"""The exact word search: the most probable words after a context, with a proof that none is missing.

Words used here. A *node* is a token sequence that has begun a word: its last token is open and the model has read it,
so its *row* is known: the probability of every token that may follow. Its *mass* is P(its tokens | context). The final
tokens of a row spell whole words, which are *found*; its open tokens are *open*: words may go on from them, but nobody
looked yet. P(word) is the sum over all its spellings, so what a word can still gain is the sum of the open masses whose
bytes the word begins with: its *missing* mass. They all lie on one path of the trie of tokens, and that is the bound.

Words are chosen by what they count: their mass times a *factor*, 1 for a word that the language knows, less for
another, 0 for one that may not be offered. Where a known word has a hundredth of what agrees with the letters, known
words are offered alone; elsewhere that one is known says little, for some improbable one nearly always agrees, or is
taken for one. With A the mass of all that agrees with the letters typed, and t the tolerance, an answer of k words is
proved when

- no word but these k can count more than the k-th by more than t · A, and
- none of these k misses more than t · A, or the tokens that `Tokenizer.encode` spells it with.

Until then the heaviest open tokens on the paths that break a rule are read, many in one call, within a budget.
docs/word-search.md works an example by hand.
"""

import heapq
import time
from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from operator import itemgetter

import numpy as np

from wordgru.search.characters import Characters, characters
from wordgru.search.model import Floats
from wordgru.search.named import Named
from wordgru.search.rows import Pick, Places, Reader, Steps
from wordgru.search.suggestions import Answer, SearchOptions
from wordgru.search.weighed import Bound, Weighed, enough, missing
from wordgru.text.trie import TokenTries
from wordgru.text.vocabulary import Vocabulary

_EXAMINED = 256  # words of which the factor is asked at most, in one ranking: each costs some 5 µs
_TRUSTED = 0.01  # share, of all that agrees, of a known word that is offered without unknown ones
_LOOSE = 4  # times the tolerance: what a known word may have that is missing where not k known words were found


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
                Words of less than 1 are in the answer only where others hardly agree.
            named: words that other sources name. The answer's probabilities are those of the mixture.
        """
        with self.reader(state, last, options) as reader:
            weighed = Weighed(reader, reader.vocabulary.key(typed), options, self.spell)
            return _Search(weighed, k, options, factor).run(tuple(self.spell(typed))[:-1] if typed else (), named)

    def reader(self, state: Floats, last: int, options: SearchOptions) -> AbstractContextManager[Reader]:
        """What reads at a place, and remembers what it read there."""
        return self.places.reader(self.model, self._vocabulary(options.ignore_case), state, last, options)

    def characters(
        self, state: Floats, last: int, typed: bytes, options: SearchOptions, *, named: Sequence[Named] = ()
    ) -> Characters:
        """The distribution of the character after `typed`; arguments as of a call."""
        with self.reader(state, last, replace(options, ignore_case=False)) as reader:
            return characters(reader, self.tries, typed, self.spell(typed) if typed else (), options, named)


class _Search:
    """One search: reads what is in question until nothing is."""

    def __init__(self, weighed: Weighed, k: int, options: SearchOptions, factor: Callable[[bytes], float]) -> None:
        self._weighed, self._k, self._options, self._model_factor = weighed, k, options, cache(factor)
        self._form = weighed.reader.vocabulary.form
        self._few = False  # whether there were not k words, so that more were listed

    def run(self, chain: tuple[int, ...], named: Sequence[Named]) -> Answer:
        """Read the usual tokens of what is typed, then what is in question."""
        deadline = time.perf_counter() + (self._options.max_seconds or np.inf)
        weighed = self._weighed
        weighed.begin(chain, named)
        while True:
            inner = weighed.inner
            agrees = inner <= 0.5 * weighed.allowed  # else nobody knows yet what agrees with the letters
            ranking = self._ranking() if agrees else []
            proved, picks = self._in_question(ranking, inner) if agrees else (False, self._question_letters())
            wanted = heapq.nlargest(min(self._options.batch, weighed.reader.left), picks)
            if proved or not wanted or time.perf_counter() > deadline:
                return self._answer(ranking if agrees else self._ranking(), exact=proved)
            weighed.read(wanted)

    def _factor(self, word: bytes) -> float:
        factor = self._model_factor(word)
        return 1.0 if factor and word in self._weighed.named else factor

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The k best words found and what they count; of words that are compared as equals, the heaviest."""
        self._weighed.list_words()
        best = self._best()
        if len(best) < self._k and not self._few and not self._weighed.is_complete:
            self._few = True
            self._weighed.list_words(few=max(_EXAMINED // len(self._weighed.rows), self._k))
            best = self._best()
        return best

    def _best(self) -> list[tuple[bytes, float]]:
        best: dict[bytes, tuple[bytes, float, bool]] = {}  # form → word, what it counts, whether it is known
        for examined in sorted({min(4 * self._k, _EXAMINED), _EXAMINED}):  # mostly a few are enough
            heaviest = heapq.nlargest(examined, self._weighed.found.items(), key=itemgetter(1))
            counts: list[float] = []
            for word, mass in sorted(heaviest, key=lambda item: (-item[1], item[0])):
                if len(counts) >= self._k and mass <= counts[-self._k]:
                    return self._first(best.values())
                form = self._form(word)
                if (form not in best or best[form][0] == word) and (factor := self._factor(word)):
                    best[form] = (word, mass * factor, factor == 1.0)
                    if factor == 1.0:
                        insort(counts, mass)
        return self._first(best.values())

    def _first(self, words: Iterable[tuple[bytes, float, bool]]) -> list[tuple[bytes, float]]:
        ordered = sorted(words, key=lambda item: (-item[1], item[0]))
        if self._is_alone([item[:2] for item in ordered if item[2]]):
            ordered.sort(key=lambda item: not item[2])
        return [(word, count) for word, count, _ in ordered[: self._k]]

    def _in_question(self, ranking: list[tuple[bytes, float]], inner: float) -> tuple[bool, set[Pick]]:
        """Whether a ranking is proved, if not the open tokens to read next; `inner` is the mass of the inner ones."""
        allowed = self._weighed.allowed - inner - self._weighed.unnamed
        picks: set[Pick] = set()
        bound = self._weighed.bound()
        for word, _ in ranking:
            if bound(self._weighed.key(word)) > allowed:
                picks |= enough(self._weighed.along(word), allowed)
            picks |= self._weighed.unread(word)
        if len(ranking) < self._k:
            picks |= {*self._weighed.heaviest(self._options.batch), *self._question_letters()}
            listed = self._weighed.is_complete and len(self._weighed.found) <= _EXAMINED
            return listed and not picks, picks
        limit = self._limit(ranking, allowed)
        most = self._question_unlisted(limit, bound, picks)
        settled = most <= limit and self._question_listed(ranking, limit, most, bound, picks)
        return settled and not picks, picks

    def _is_alone(self, ranking: Sequence[tuple[bytes, float]]) -> bool:
        """Whether known words are offered alone."""
        least = _TRUSTED * self._weighed.agreeing
        return bool(ranking) and self._factor(ranking[0][0]) == 1.0 and ranking[0][1] >= least

    def _limit(self, ranking: Sequence[tuple[bytes, float]], allowed: float) -> float:
        """The most that a word may count which is missing from the answer."""
        word, count = ranking[-1]
        if self._factor(word) == 1.0:
            return count + allowed
        if not any(self._factor(each) == 1.0 for each, _ in ranking):  # then no word at all is more probable
            return count / self._factor(word) + allowed
        return max(count + allowed, _LOOSE * allowed)

    def _question_letters(self) -> set[Pick]:
        """The heaviest tokens inside the letters typed, and with a third of a call those that agree already.

        The former may be countless and lead nowhere, since a spelling that began well need not reach the last letter.
        """
        others = self._options.batch // 3
        return {*self._weighed.heaviest_inner(self._options.batch - others), *self._weighed.heaviest(others)}

    def _question_unlisted(self, limit: float, bound: Bound, picks: set[Pick]) -> float:
        """Add tokens on the paths by which a word not listed may exceed `limit`; return the most that one may have."""
        most, groups, unnamed = 0.0, self._weighed.groups, self._weighed.unnamed
        for key in sorted(groups, key=lambda key: -groups[key].peak(b"")):
            if bound(key) <= limit:
                most = max(most, bound(key))
                continue
            along = self._weighed.along_key(key)
            peaks = [(group.peak(rest), at) for at, (group, rest) in enumerate(along)]
            total = unnamed + sum(mass for mass, _ in peaks) + sum(group.unlisted for group, _ in along)
            most = max(most, total)
            if total > limit:
                mass, at = max(peaks)
                picks.update(along[at][0].over(max(limit - (total - mass), 0.0), self._options.batch))
                if len(picks) >= 2 * self._options.batch:
                    break  # enough for the next call
        return most

    def _question_listed(
        self, ranking: list[tuple[bytes, float]], limit: float, most: float, bound: Bound, picks: set[Pick]
    ) -> bool:
        """Add tokens by which a word that is listed, but not among the best, may still exceed `limit`.

        False if one exceeds it that was not examined.
        """
        best, settled = {self._form(word) for word, _ in ranking}, True
        least = 1.0 if self._is_alone(ranking) else 0.0
        for word, found in self._weighed.found.items():
            if found + most <= limit or found + bound(self._weighed.key(word)) <= limit:
                continue
            if self._form(word) not in best:
                along = self._weighed.along(word)
                mass = found + sum(group.unlisted for group, _ in along) + self._weighed.unnamed
                if mass + missing(along) > limit and (factor := self._factor(word)) and factor >= least:
                    picks |= enough(along, max(limit / factor - mass, 0.0))
                    if factor * mass > limit:  # with what rows do not list
                        has = self._weighed.measured(word).probability * self._weighed.agreeing
                        settled = settled and factor * has <= limit
        return settled

    def _answer(self, ranking: list[tuple[bytes, float]], *, exact: bool) -> Answer:
        weighed = self._weighed
        words = [word for word, _ in ranking]
        if self._is_alone(ranking):
            words = [word for word in words if self._factor(word) == 1.0]
        found = sorted(map(weighed.measured, words), key=lambda each: (-each.probability, each.spelled))
        proved = exact and weighed.agreeing > 0
        return Answer(tuple(found), proved, weighed.unexplored, weighed.reader.rows, weighed.log_agreeing)

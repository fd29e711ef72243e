"""The words most probably meant, and the next character, against all words added up."""

import dataclasses
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.alignments import FEW, SLOPPY, alignments, habits, of_habit, touched
from tests.runtime.test_search import MANY, Toy
from wordgru import Predictor, TypingModel
from wordgru.search.named import Named, NamedWords
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import SearchOptions
from wordgru.typing import search as typing_search
from wordgru.typing.channel import Typed
from wordgru.typing.model import Touch, letter_likelihoods
from wordgru.typing.search import TypingSearch


def test_a_list_of_many_words_is_weighed_as_if_each_were_listed(monkeypatch):
    predictor, rng = Predictor.load("en"), np.random.default_rng(0)
    for at, weight in enumerate(rng.uniform(0.5, 1.5, 3000)):  # so even that the few best are not far ahead
        predictor.words.add("k" + "".join("raneti"[digit] for digit in np.unravel_index(at, (6,) * 5)), weight)
    weighed = []
    word = typing_search._Search._word
    monkeypatch.setattr(typing_search._Search, "_word", lambda self, spelled: weighed.append(1) or word(self, spelled))

    def answered(text, most):
        weighed.clear()
        monkeypatch.setattr(typing_search, "_NAMED", most)
        return predictor.session(text, typing=TypingModel()).suggest(k=5, tolerance=0.01), len(weighed)

    for text in ("the k", "the kra", "the kraz", "the krann"):
        answered(text, 64)  # rows that are read once are remembered
        (few, some), (full, _) = answered(text, 64), answered(text, 10**6)
        assert few.exact == full.exact
        assert few.words == full.words
        assert [item.probability for item in few] == pytest.approx([item.probability for item in full], rel=1e-9)
        assert [item.sources for item in few] == [item.sources for item in full]
        assert some < 1000
    assert answered("the k", 10**6)[1] > 3000


@MANY
@given(typed=touched(), seed=st.integers(0, 10**6), complete=st.booleans())
def test_the_word_touched_is_the_best_of_all_words(typed, seed, complete):
    model, touches = typed
    toy = Toy([b"a", b"d", b"s", b"w", b"sa", b"da"], [word.encode() for word in FEW if word.isascii()], seed)
    masses, _ = toy.words(b"", least=2e-5)  # rarer words are left out of the search, too
    meant = alignments(model, touches, complete)
    weighed = {word: mass * meant(word.decode()) for word, mass in masses.items()}
    answer = TypingSearch(WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell))(
        np.zeros((1, 1), np.float32), 0, b"", Typed(model, touches, complete=complete), 1,
        SearchOptions(tolerance=1e-3, max_rows=3000), factor=lambda word: float(word in masses), prior=0.0,
    )  # fmt: skip
    if answer.exact:
        best = max(weighed.values())
        assert weighed[answer.words[0].spelled] >= best - 2e-3 * sum(weighed.values()) - 1e-9


SPELLED = [b"a", b"b", b"ab", b"ba", b"aa", b"abb", b" a", b" b", b" ab", b" ", "é".encode(), b"\xc3", b"\xa9"]
TOKENS = st.lists(st.sampled_from(SPELLED), min_size=3, max_size=12)


def is_text(word):
    return word.decode("utf-8", "replace").encode() == word


ALONE = dataclasses.replace(SLOPPY, joined=0.0)  # what is two words is weighed further down


def likelihoods(letters, complete):
    meant = alignments(ALONE, [Touch(char) for char in letters], complete)
    return lambda word: meant(word.decode()) if is_text(word) else 0.0


@MANY
@given(opens=TOKENS, finals=TOKENS, seed=st.integers(0, 10**6), gap=st.sampled_from([b"", b" "]),
       letters=st.sampled_from(["a", "ab", "ba", "aab", "é", "abé"]), complete=st.booleans(),
       named=st.booleans())  # fmt: skip
def test_the_words_most_probably_meant_are_those_of_all_words_weighed(
    opens, finals, seed, gap, letters, complete, named
):
    toy = Toy(opens, finals, seed)
    masses, among = toy.words(gap)
    more = {b"ab": 0.02, b"zz": 0.3} if named else {}
    for word, share in more.items():
        masses[gap + word] = masses.get(gap + word, 0.0) + among * share
    likelihood = likelihoods(letters, complete)
    weighed = {word: mass * likelihood(word[len(gap) :]) for word, mass in masses.items()}
    weighed = {word: mass for word, mass in weighed.items() if word.startswith(gap)}
    whole = sum(weighed.values())
    search = TypingSearch(WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell))
    typed = Typed(ALONE, [Touch(char) for char in letters], complete=complete)
    answer = search(
        np.zeros((1, 1), np.float32), 0, gap, typed, 3, SearchOptions(tolerance=0.01, max_rows=3000),
        factor=lambda word: float(word in masses and is_text(word)), prior=0.0,
        named=[Named(gap, common=NamedWords(more))] if more else (),
    )  # fmt: skip
    if whole < 1e-4 or not answer.exact:
        return
    slack = 0.02 + 2e-4 / whole
    found = {item.spelled: item.probability for item in answer.words}
    for word, share in found.items():  # among each other, for open tokens agree too, whose words may never end
        truth = weighed[word] / sum(weighed[each] for each in found)
        assert share / sum(found.values()) == pytest.approx(truth, abs=slack + 0.02)
    assert max(weighed.values()) / whole - slack <= max(weighed[word] for word in found) / whole


@pytest.mark.parametrize("complete", [False, True])
def test_known_words_fill_all_places_however_much_unknown_ones_weigh(complete):
    toy = Toy([b"a", b"b"], [b"a", b"ab", b"abb", b"aa", b"aab", b"ba"], 3)
    search = TypingSearch(WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell))
    typed = Typed(ALONE, [Touch("a"), Touch("b")], complete=complete)

    def found(k, factor):
        answer = search(
            np.zeros((1, 1), np.float32), 0, b"", typed, k, SearchOptions(max_rows=3000), factor=factor, prior=0.0
        )
        return [item.spelled for item in answer.words]

    every = found(12, lambda word: 1.0)
    first, second, *_, last = [word for word in every if word != b"ab"]
    known = {first: 1.0, last: 1.0}
    assert found(3, lambda word: known.get(word, 1e-6)) == [first, last, b"ab"]  # what was typed, and no others
    unknown = {first: 0.99, second: 0.99, last: 1.0}
    above = [word for word in every if word in unknown]
    if complete:  # what ends here may be better than all that is known
        assert found(3, lambda word: unknown.get(word, 0.0)) == above
    else:
        assert found(3, lambda word: unknown.get(word, 0.0)) == [last]
    assert found(2, lambda word: 0.99 * (word in above)) == above[:2]


JOINING = dataclasses.replace(SLOPPY, joined=0.3)


def of_two(letters, complete):
    """P(letters | two words, the space typed or left out), over every place where it may be."""
    touches = [Touch(char) for char in letters]
    places = [(at, at, JOINING.joined) for at in range(1, len(letters))]
    places += [
        (at, at + 1, float(letter_likelihoods(JOINING, (" ",), touch)[0]))
        for at, touch in enumerate(touches) if touch.char == " "
    ]  # fmt: skip
    parts = [
        (of_habit(each, touches[:end], True), usual * share, of_habit(each, touches[begin:], complete, begin == 0))
        for usual, each in habits(JOINING, complete)
        for end, begin, share in places
    ]
    return lambda first, second: sum(one(first) * share * other(second, fresh=False) for one, share, other in parts)


def one_or_two(toy, gap, least=1e-7):
    """Each word, and each two with a space between them: their masses, all spellings added up."""
    masses, waiting = defaultdict(float), [((0,), b"", 1.0, gap, True)]
    while waiting:
        history, spelled, mass, begin, is_first = waiting.pop()
        row = toy.row(history)
        for token in range(1, len(toy.token_bytes)):
            text, here = spelled + toy.token_bytes[token], mass * float(row[token])
            if here < least or not (text.startswith(begin) or begin.startswith(text)):
                continue
            if token > toy.finals:
                waiting.append(((*history, token), text, here, begin, is_first))
            elif text.startswith(begin) and b" " not in text[len(begin) :] and text != begin:
                masses[text] += here
                if is_first:
                    waiting.append(((*history, token), text, here, text + b" ", False))
    return masses


@MANY
@given(seed=st.integers(0, 10**6), gap=st.sampled_from([b"", b" "]), complete=st.booleans(),
       letters=st.sampled_from(["ab", "abb", "baab", "aba", "a b", "ab b"]))  # fmt: skip
def test_two_words_typed_as_one_and_one_as_two_are_weighed_with_all_others(seed, gap, complete, letters):
    toy = Toy([b"a", b" b", b" a", b"b"], [b"a", b"ab", b" ab", b" a", b" b", b"b", b"bb"], seed)
    masses = one_or_two(toy, gap)
    alone, both = alignments(JOINING, [Touch(char) for char in letters], complete), of_two(letters, complete)

    def truth(spelled):
        first, *second = spelled[len(gap) :].decode().split(" ")
        return masses[spelled] * (both(first, second[0]) if second else alone(first))

    weighed = {spelled: truth(spelled) for spelled in list(masses)}
    answer = TypingSearch(WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell))(
        np.zeros((1, 1), np.float32), 0, gap, Typed(JOINING, [Touch(char) for char in letters], complete=complete), 3,
        SearchOptions(tolerance=1e-3, max_rows=3000), factor=lambda word: float(b" " not in word[len(gap) :]),
        prior=0.0,
    )  # fmt: skip
    found = {item.spelled: item.probability for item in answer.words}
    whole = sum(weighed[word] for word in found)
    if whole < 1e-4:
        return
    for word, share in found.items():
        assert share / sum(found.values()) == pytest.approx(weighed[word] / whole, abs=0.02), word
    assert max(weighed.values()) <= max(weighed[word] for word in found) * 1.02


@MANY
@given(
    opens=TOKENS,
    finals=TOKENS,
    seed=st.integers(0, 10**6),
    typed=st.sampled_from([b"", b" ", b"a", b" a", b"ab", b" ab"]),
)
def test_the_next_character_is_that_of_all_words_added_up(opens, finals, seed, typed):
    toy = Toy(opens, finals, seed)
    masses, whole = toy.words(typed)
    options = SearchOptions(tolerance=1e-4, max_rows=3000)
    found = WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell).characters(
        np.zeros((1, 1), np.float32), 0, typed, options
    )
    if not found.exact or whole < 1e-3:
        return
    assert sum(found.probabilities.values()) + found.end == pytest.approx(1.0)
    expected = {char: toy.words(typed + char.encode())[1] for char in "ab é"}
    found = found.of(expected.__contains__)  # not half a character alone
    whole = sum(expected.values()) + masses.get(typed, 0.0)
    for char, mass in expected.items():
        assert found.probabilities.get(char, 0.0) == pytest.approx(mass / whole, abs=1e-3 + 1e-4 / whole)
    assert found.end == pytest.approx(masses.get(typed, 0.0) / whole, abs=1e-3 + 1e-4 / whole)


def test_the_next_character_is_answered_when_the_time_is_over():
    toy = Toy(SPELLED, SPELLED, 1)
    rows = []
    for seconds in (1e-9, None):
        search = WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell)
        options = SearchOptions(tolerance=1e-6, max_rows=3000, max_seconds=seconds)
        found = search.characters(np.zeros((1, 1), np.float32), 0, b"ab", options)
        assert sum(found.probabilities.values()) + found.end == pytest.approx(1.0)
        rows.append((found.unexplored, found.exact))
    assert rows[0][0] > rows[1][0]
    assert not rows[0][1]

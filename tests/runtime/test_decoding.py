"""The word search finds what brute force over all piece sequences finds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.toy import ToyModel, brute_force
from wordgru.decoding import WordSearch
from wordgru.suggestions import TOLERANCE, SearchOptions

VOCABULARIES = {
    "letters": [b"", b" ", b" a", b" ab", b".", b"a", b"ab", b"b", b"ba"],
    "marks": [b"", b" ", b" a", b" a'", b" b", b"'", b"'s", b"-", b".", b"a", b"b", b"s"],
    "bytes": [b"", b" ", b" a", b" \xc3", b".", b"a", b"\xa9", b"\xc3", b"\xe2\x80", b"\x99", b"\x9d", b"\x99s"],
    "unspaced": [b"", b" ", b" a", b".", b"a", b"\x97\xa5", b"\xe3\x80\x82", b"\xe6", b"\xe6\x97", b"\xe6\x97\xa5"],
    "mixed": [b"", b" ", b" a", b" a.", b"'", b"'.a", b"A", b"Ab", b"a", b"a ", b"b's"],
}
PREFIXES = {
    "letters": ["", "a", "ab", "aba"],
    "marks": ["", "a", "a'", "a-", "a's"],
    "bytes": ["", "a", "é", "a’"],
    "unspaced": ["", "a", "日"],
    "mixed": ["", "a", "b'"],
}
EXACT = SearchOptions(tolerance=1e-8, max_expanded=20_000)
CASES = [
    (name, prefix, gap, seed)
    for name in VOCABULARIES
    for prefix in PREFIXES[name]
    for gap in (b"", b" ")
    for seed in range(5)
]


def toy(name: str, seed: int) -> ToyModel:
    return ToyModel(sorted(VOCABULARIES[name]), seed, sharpness=0.5 + seed % 3, ends=3.0 + seed % 2)


@pytest.mark.parametrize(("name", "prefix", "gap", "seed"), CASES)
def test_same_words_and_probabilities_as_brute_force(name: str, prefix: str, gap: bytes, seed: int) -> None:
    model = toy(name, seed)
    state, last = model.initial_state(), seed % len(model.pieces)
    truth, agreeing, cut = brute_force(model, state, last, gap, prefix, depth=14, floor=1e-8)
    ranking = sorted(truth.items(), key=lambda item: -item[1])
    search = WordSearch(model, model.pieces)
    for k in (1, 3, 8):
        found = search(state[:, 0], last, gap=gap, prefix=prefix, k=k, options=EXACT)
        assert found.exact
        expected = ranking[:k]
        slack = (cut + 1e-7) / agreeing
        assert len(found) >= len([1 for _, mass in expected if mass / agreeing > slack])
        for suggestion, (_, mass) in zip(found, expected, strict=False):
            assert suggestion.probability == pytest.approx(mass / agreeing, abs=1e-6 + slack)
            assert suggestion.probability == pytest.approx(truth[suggestion.word] / agreeing, abs=1e-6 + slack)


@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize("seed", range(12))
def test_default_tolerance_still_proves_the_ranking(name: str, seed: int) -> None:
    model = toy(name, seed)
    state = model.initial_state()
    truth, agreeing, cut = brute_force(model, state, 0, b" ", "", depth=12, floor=1e-8)
    found = WordSearch(model, model.pieces)(state[:, 0], 0, gap=b" ", prefix="", k=3, options=SearchOptions())
    assert found.exact
    slack = cut / agreeing + 1e-6
    for suggestion, mass in zip(found, sorted(truth.values(), reverse=True), strict=False):
        if mass / agreeing < TOLERANCE:
            break  # words less probable than the tolerance may be missing
        true = truth[suggestion.word] / agreeing
        assert true == pytest.approx(mass / agreeing, abs=2e-6 + 2 * slack)  # ties may stand in either order
        assert true - TOLERANCE - slack <= suggestion.probability <= true + slack


@given(
    st.integers(0, 10_000), st.sampled_from(sorted(VOCABULARIES)), st.lists(st.integers(1, 8), max_size=4), st.data()
)
@settings(max_examples=60, deadline=None)
def test_any_context_and_prefix(seed: int, name: str, context: list[int], data: st.DataObject) -> None:
    model = ToyModel(sorted(VOCABULARIES[name]), seed, sharpness=1.5, ends=4.0)
    prefix = data.draw(st.sampled_from(PREFIXES[name]))
    state = model.initial_state()
    state = model.advance(np.array([0, *context]), state)
    truth, agreeing, cut = brute_force(model, state, 1, b"", prefix, depth=10, floor=1e-7)
    found = WordSearch(model, model.pieces)(state[:, 0], 1, gap=b"", prefix=prefix, k=3, options=EXACT)
    for suggestion, mass in zip(found, sorted(truth.values(), reverse=True), strict=False):
        assert suggestion.probability == pytest.approx(mass / agreeing, abs=1e-6 + 2 * cut / agreeing)


def test_probabilities_of_all_words_sum_to_at_most_one() -> None:
    model = toy("letters", 1)
    found = WordSearch(model, model.pieces)(model.initial_state()[:, 0], 0, gap=b" ", prefix="", k=200, options=EXACT)
    assert 0.2 < sum(item.probability for item in found) <= 1 + 1e-6


def test_a_spent_budget_says_so() -> None:
    model = toy("letters", 2)
    options = SearchOptions(tolerance=1e-9, max_expanded=2)
    found = WordSearch(model, model.pieces)(model.initial_state()[:, 0], 0, gap=b" ", prefix="", k=3, options=options)
    assert not found.exact
    assert found.unexplored > 0.01


def test_case_is_ignored_when_asked() -> None:
    pieces = sorted([b"", b" ", b" A", b" a", b"B", b"b", b"c", b"."])
    model = ToyModel(pieces, 3, sharpness=0.5, ends=3.0)
    search = WordSearch(model, pieces)
    state = model.initial_state()[:, 0]
    everything, agreeing = {}, 0.0
    for variant in ("ab", "aB", "Ab", "AB"):
        truth, mass, _ = brute_force(model, model.initial_state(), 0, b" ", variant, depth=10, floor=1e-9)
        everything |= truth
        agreeing += mass
    options = SearchOptions(tolerance=1e-8, max_expanded=20_000, ignore_case=True)
    found = search(state, 0, gap=b" ", prefix="aB", k=5, options=options)
    best = sorted(everything.items(), key=lambda item: -item[1])[:5]
    assert found.words == [word for word, _ in best]
    assert [item.probability for item in found] == pytest.approx([mass / agreeing for _, mass in best], abs=1e-6)


@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize("gap", [b"", b" "])
@pytest.mark.parametrize("seed", range(6))
def test_letter_by_letter_equals_brute_force(name: str, gap: bytes, seed: int) -> None:
    model = toy(name, seed)
    search, state = WordSearch(model, model.pieces), model.initial_state()
    prefixes = [prefix for prefix in PREFIXES[name] if prefix.startswith(PREFIXES[name][-1][:1])]
    rough = SearchOptions(tolerance=0.05)
    for prefix in ("", *prefixes, prefixes[0], ""):  # typed on, then deleted: what is remembered must stay true
        search(state[:, 0], 0, gap=gap, prefix=prefix, k=1, options=rough)
        truth, agreeing, cut = brute_force(model, state, 0, gap, prefix, depth=14, floor=1e-8)
        found = search(state[:, 0], 0, gap=gap, prefix=prefix, k=3, options=EXACT)
        assert found.exact
        slack = 1e-6 + 2 * (cut + 1e-7) / agreeing
        for suggestion, mass in zip(found, sorted(truth.values(), reverse=True), strict=False):
            assert suggestion.probability == pytest.approx(mass / agreeing, abs=slack)
            assert suggestion.probability == pytest.approx(truth[suggestion.word] / agreeing, abs=slack)


@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize("seed", range(5))
def test_blocked_words_are_not_offered_and_the_best_others_are(name: str, seed: int) -> None:
    model = toy(name, seed)
    state = model.initial_state()
    truth, agreeing, cut = brute_force(model, state, 0, b" ", "", depth=14, floor=1e-8)
    ranking = sorted(truth, key=lambda word: -truth[word])
    blocked = frozenset(word.lower() for word in ranking[:4:2])
    kept = [word for word in ranking if word.lower() not in blocked][:3]
    search = WordSearch(model, model.pieces, blocked=blocked)
    for _ in range(2):  # the second time from what is remembered
        found = search(state[:, 0], 0, gap=b" ", prefix="", k=3, options=EXACT)
        assert found.exact
        assert not {word.lower() for word in found.words} & blocked
        slack = 1e-6 + 2 * (cut + 1e-7) / agreeing
        for suggestion, word in zip(found, kept, strict=False):
            assert suggestion.probability == pytest.approx(truth[word] / agreeing, abs=slack)
            assert suggestion.probability == pytest.approx(truth[suggestion.word] / agreeing, abs=slack)


def test_letters_of_either_case_typed_one_by_one() -> None:
    pieces = sorted([b"", b" ", b" A", b" a", b"B", b"Ab", b"b", b"c", b"."])
    for seed in range(6):
        model = ToyModel(pieces, seed, sharpness=0.5, ends=3.0)
        options = replace(EXACT, ignore_case=True)
        search, state = WordSearch(model, pieces), model.initial_state()[:, 0]
        for prefix in ("a", "aB", "abc"):
            once = WordSearch(model, pieces)(state, 0, gap=b" ", prefix=prefix, k=3, options=options)
            found = search(state, 0, gap=b" ", prefix=prefix, k=3, options=options)
            assert found.words == once.words
            expected = [item.probability for item in once]
            assert [item.probability for item in found] == pytest.approx(expected, abs=1e-6)


def test_a_letter_more_reads_only_what_is_new() -> None:
    read = 0

    class Counting(ToyModel):
        def step(self, pieces: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            nonlocal read
            read += len(pieces)
            return super().step(pieces, states)

    model = Counting(sorted(VOCABULARIES["letters"]), 1, sharpness=1.0, ends=3.0)
    search, state = WordSearch(model, model.pieces), model.initial_state()[:, 0]
    search(state, 0, gap=b" ", prefix="a", k=3, options=EXACT)
    read = 0
    search(state, 0, gap=b" ", prefix="a", k=3, options=EXACT)
    assert read == 0
    search(state, 0, gap=b" ", prefix="ab", k=3, options=EXACT)
    more, read = read, 0
    WordSearch(model, model.pieces)(state, 0, gap=b" ", prefix="ab", k=3, options=EXACT)
    assert more < 0.7 * read

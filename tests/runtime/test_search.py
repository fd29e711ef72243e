"""The word search over final and open tokens, against all spellings added up, on small hostile vocabularies."""

import hashlib
import zlib
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wordgru.errors import WordgruError
from wordgru.search.characters import Characters
from wordgru.search.named import Named, NamedWords
from wordgru.search.rows import Group, Places, Row
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import SearchOptions
from wordgru.search.weighed import Weighed
from wordgru.text.vocabulary import Index, Vocabulary, folded, half_character

UNITS = [b"a", b"b", b"A", b"ab", b"aa", b"ba", b" ", b" a", b" ab", b"aba", b"B", "é".encode(), b"\xc3", b"\xa9"]
UNSPACED = ["今".encode(), "日本".encode(), b"\xe4", b"\xbb\x8a", " 今".encode()]
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Toy:
    """A model whose rows are drawn from the tokens read; words end soon, so all spellings can be added up."""

    def __init__(self, opens, finals, seed):
        finals, opens = sorted(set(finals)), sorted(set(opens))
        self.token_bytes, self.finals, self.seed = (b"", *finals, *opens), len(finals), seed
        self.histories = {0.0: ()}
        self.vocabulary = Vocabulary(self.token_bytes, self.finals)

    def row(self, history):
        size = len(self.token_bytes)  # sums of twelve bytes are near normal, and drawn in a tenth of a generator's time
        drawn = hashlib.shake_128(repr((self.seed, history)).encode()).digest(12 * size)
        row = np.exp(2 * (np.frombuffer(drawn, np.uint8).reshape(size, 12).sum(1) - 1530.0) / 256)
        opens = row[self.finals + 1 :]
        opens *= 0.4 * row[: self.finals + 1].sum() / opens.sum()
        return (row / row.sum()).astype(np.float32)

    def step(self, tokens, states):
        """As a model; the state is a number that stands for the tokens read."""
        pairs = zip(states[0, :, 0], tokens, strict=True)
        histories = [(*self.histories[float(state)], int(token)) for state, token in pairs]
        numbers = [float(int(hashlib.sha256(repr(each).encode()).hexdigest()[:6], 16)) for each in histories]
        self.histories |= dict(zip(numbers, histories, strict=True))
        return np.stack([self.row(each) for each in histories]), np.array(numbers, np.float32)[None, :, None]

    def search(self, typed, k, options, factor=lambda word: 1.0, named=()):
        found = WordSearch(self, self.token_bytes, self.finals, spell=self.spell)
        return found(np.zeros((1, 1), np.float32), 0, typed, k, options, factor=factor, named=named)

    def spell(self, text):
        """Greedy, longest first, the last token final in its stead; as far as that goes."""
        ids, at = [], 0
        while fits := [
            id_ for id_, token in enumerate(self.token_bytes) if id_ > self.finals and text.startswith(token, at)
        ]:
            ids.append(max(fits, key=lambda id_: len(self.token_bytes[id_])))
            at += len(self.token_bytes[ids[-1]])
        return ids if at == len(text) else ()

    def words(self, typed, *, fold=False, least=2e-6):
        """Every word whose bytes begin with `typed`, and its mass: all spellings above `least` added up.

        Beside them the mass of all token sequences whose bytes begin so.
        """
        key = folded if fold else bytes
        masses, agreeing = defaultdict(float), 0.0
        waiting = [((0,), b"", 1.0)]
        while waiting:
            history, spelled, mass = waiting.pop()
            row, opens = self.row(history), self.vocabulary.opens
            units = set(opens.ids[self.vocabulary.unit_ends(half_character(spelled), 0, len(opens.ids))].tolist())
            for id_ in range(1, len(self.token_bytes)):
                text, here = spelled + self.token_bytes[id_], mass * float(row[id_])
                if key(text).startswith(typed) and (history == (0,) or not key(spelled).startswith(typed)):
                    agreeing += here
                if id_ <= self.finals or id_ in units:
                    if key(text).startswith(typed):
                        masses[text] += here
                elif here > least and (key(text).startswith(typed) or typed.startswith(key(text))):
                    waiting.append(((*history, id_), text, here))
        return masses, agreeing


def probabilities_are_true(answer, masses, agreeing, options):
    """Hold each probability to the masses added up, and return what a proof leaves open."""
    slack = options.tolerance + 1e-3 / agreeing
    for item in answer.words:
        truth = masses[item.spelled] / agreeing
        # above it by what agrees perhaps, which is half the tolerance of the whole at most
        assert truth - slack <= item.probability <= truth * (1 + options.tolerance / 2) + 1e-3 / agreeing
    return slack


tokens = st.lists(st.sampled_from(UNITS + UNSPACED), min_size=2, max_size=10)
letters = st.sampled_from([b"", b" ", b"a", b" a", b"ab", b" ab", b"aba", "é".encode(), "今".encode(), b" aA"])


@MANY
@given(opens=tokens, finals=tokens, seed=st.integers(0, 10**6), typed=letters, k=st.integers(1, 4), fold=st.booleans())
def test_the_best_words_are_those_of_all_spellings_added_up(opens, finals, seed, typed, k, fold):
    toy = Toy(opens, finals, seed)
    typed = folded(typed) if fold else typed
    masses, agreeing = toy.words(typed, fold=fold)
    options = SearchOptions(tolerance=0.01, max_rows=3000, ignore_case=fold)
    answer = toy.search(typed, k, options)
    assert answer.exact <= bool(answer.words)
    if agreeing < 1e-3 or not answer.exact:
        return
    slack = probabilities_are_true(answer, masses, agreeing, options)
    for item in answer.words:
        assert b"".join(toy.token_bytes[id_] for id_ in item.tokens) == item.spelled
    keys = [folded(item.spelled) if fold else item.spelled for item in answer.words]
    assert len(set(keys)) == len(keys)
    last = answer.words[-1].probability if len(answer.words) == k else 0.0
    for word, mass in masses.items():
        if (folded(word) if fold else word) not in keys:
            assert mass / agreeing <= last + slack


def offered(answer):
    return {item.spelled for item in answer.words}


@MANY
@given(opens=tokens, finals=tokens, seed=st.integers(0, 10**6), typed=letters, k=st.integers(1, 4))
def test_words_that_count_less_are_offered_where_no_others_do_and_keep_their_probability(opens, finals, seed, typed, k):
    toy = Toy(opens, finals, seed)
    masses, agreeing = toy.words(typed)
    options = SearchOptions(tolerance=0.01, max_rows=3000)

    def factor(word):
        return (0.0, 0.01, 1.0)[zlib.crc32(word) % 3]

    answer = toy.search(typed, k, options, factor)
    if agreeing < 1e-3 or not answer.exact:
        return
    slack = probabilities_are_true(answer, masses, agreeing, options)
    probabilities = [item.probability for item in answer.words]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(factor(item.spelled) for item in answer.words)
    known = [item for item in answer.words if factor(item.spelled) == 1]
    alone = any(item.probability >= 0.01 for item in known)
    assert len(known) == len(answer.words) or not alone
    missed = {word: mass / agreeing for word, mass in masses.items() if factor(word) and word not in offered(answer)}
    if not known:  # then no word at all is more probable
        last = answer.words[-1].probability if len(answer.words) == k else 0.0
        assert all(mass <= last + slack for mass in missed.values())
        return
    counts = {item.spelled: item.probability * factor(item.spelled) for item in answer.words}
    last = min(counts.values()) if len(counts) == k else 0.0
    slack = slack if len(known) == k else slack + 3 * options.tolerance
    for word, mass in missed.items():
        assert factor(word) * mass <= last + slack or (alone and factor(word) < 1)


@MANY
@given(
    opens=tokens, finals=tokens, seed=st.integers(0, 10**6), typed=st.sampled_from([b" ", b" a", b" ab"]),
    k=st.integers(1, 4), shares=st.lists(st.floats(1e-5, 2), max_size=8),
)  # fmt: skip
def test_words_that_another_source_names_are_ranked_in_the_mixture(opens, finals, seed, typed, k, shares):
    toy = Toy([*opens, b" ", b"a"], [*finals, b" a"], seed)
    spellable = [word for word in (b" a", b" aa", b" ab", b" aaa", b" aba", b" b", b" ba", b" baa") if toy.spell(word)]
    words = dict(zip((word[1:] for word in spellable), shares, strict=False))
    half = {word: share for at, (word, share) in enumerate(words.items()) if at % 2}
    named = Named(b" ", half, NamedWords(words), 0.5)
    shares = {b" " + word: 0.5 * share + half.get(word, 0.0) for word, share in words.items()}
    masses, agreeing = toy.words(typed)
    among = sum(float(p) for token, p in zip(toy.token_bytes, toy.row((0,)), strict=True) if token[:1] == b" ")
    for word, share in shares.items():
        if word.startswith(typed):
            masses[word] += among * share
            agreeing += among * share
    options = SearchOptions(tolerance=0.01, max_rows=3000)
    answer = toy.search(typed, k, options, named=[named])
    if agreeing < 1e-3 or not answer.exact:
        return
    slack = probabilities_are_true(answer, masses, agreeing, options)
    for item in answer.words:
        assert abs(item.named.get("personal", 0.0) - among * shares.get(item.spelled, 0.0) / agreeing) <= slack
    last = answer.words[-1].probability if len(answer.words) == k else 0.0
    offered = {item.spelled for item in answer.words}
    assert all(mass / agreeing <= last + slack for word, mass in masses.items() if word not in offered)


@MANY
@given(opens=tokens, finals=tokens, seed=st.integers(0, 10**6), typed=st.binary(max_size=80), rows=st.integers(1, 40))
def test_no_bytes_typed_cost_more_than_the_budget_or_are_answered_by_nothing_called_exact(
    opens, finals, seed, typed, rows
):
    toy = Toy(opens + [bytes([byte]) for byte in set(typed)], finals, seed)
    answer = toy.search(typed, 3, SearchOptions(max_rows=rows))
    assert answer.rows <= rows
    assert answer.words or not answer.exact
    assert 0 <= answer.unexplored <= 1


@pytest.mark.parametrize("letter", [b"a", b"b"])
def test_a_letter_repeated_200_times_is_found_and_no_mass_underflows(letter):
    toy = Toy([b"a", b"aa", b"b", b"ba"], [b"a", b"b", b"ab"], 7)
    answer = toy.search(200 * letter, 2, SearchOptions(max_rows=2000, batch=16))
    assert [item.spelled.startswith(200 * letter) for item in answer.words] == [True, True]
    assert answer.words[0].probability > 0.01
    assert answer.exact == (letter == b"b")  # there is one way to spell a row of b, and countless ones for a


def test_letters_typed_one_by_one_are_answered_as_in_one_shot():
    toy = Toy(UNITS, UNITS, 3)
    search = WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell)
    options = SearchOptions(tolerance=1e-4, max_rows=3000)
    for size in range(5):
        kept = search(np.zeros((1, 1), np.float32), 0, b" aba"[:size], 3, options, factor=lambda word: 1.0)
        fresh = toy.search(b" aba"[:size], 3, options)
        assert [item.spelled for item in kept.words] == [item.spelled for item in fresh.words]
        assert [item.probability for item in kept.words] == pytest.approx(
            [item.probability for item in fresh.words], abs=2e-4
        )
        assert kept.rows <= fresh.rows


def test_words_that_may_not_be_offered_make_room_for_the_next():
    toy = Toy(UNITS, UNITS, 5)
    options = SearchOptions(max_rows=3000)
    first = toy.search(b"a", 3, options).words
    others = toy.search(b"a", 3, options, factor=lambda word: float(word != first[0].spelled)).words
    assert len(others) == 3
    assert [item.spelled for item in others[:2]] == [item.spelled for item in first[1:]]


def test_known_words_fill_all_places_however_much_an_unknown_one_counts():
    toy = Toy(UNITS, UNITS, 5)
    options = SearchOptions(max_rows=3000)
    *_, middle, last = toy.search(b"a", 40, options).words
    known = {last.spelled: 1.0, middle.spelled: 0.99}
    first = toy.search(b"a", 1, options, factor=lambda word: known.get(word, 0.0)).words
    assert [item.spelled for item in first] == [last.spelled]
    two = {toy.search(b"a", 1, options).words[0].spelled: 1.0, **known}
    both = toy.search(b"a", 2, options, factor=lambda word: two.get(word, 0.0)).words
    assert [item.spelled for item in both] == [next(iter(two)), last.spelled]


def test_unknown_words_fill_no_place_beside_a_probable_known_one():
    toy = Toy(UNITS, UNITS, 5)
    options = SearchOptions(max_rows=3000)
    second = toy.search(b"a", 3, options).words[1]
    answer = toy.search(b"a", 3, options, factor=lambda word: 1.0 if word == second.spelled else 0.01)
    assert [item.spelled for item in answer.words] == [second.spelled]
    assert answer.exact


class Told(Toy):
    """A model that is told what follows the tokens read, in bytes: P of final tokens, P of open ones."""

    def __init__(self, rows):
        finals, opens = (sorted({token for row in rows.values() for token in row[kind]}) for kind in (0, 1))
        super().__init__(opens, finals, 0)
        self.rows = rows

    def row(self, history):
        row = np.zeros(len(self.token_bytes), np.float32)
        finals, opens = self.rows[b"".join(self.token_bytes[token] for token in history)]
        for at, token in enumerate(self.token_bytes[1:], 1):
            row[at] = (finals if at <= self.finals else opens).get(token, 0.0)
        return row


def test_the_usual_spelling_of_a_word_that_is_offered_is_read_though_it_adds_less_than_the_tolerance():
    toy = Told({b"": ({b"abc": 0.9}, {b"ab": 0.09, b"c": 0.01}), b"ab": ({b"c": 1.0}, {}), b"c": ({b"c": 1.0}, {})})
    (found,) = toy.search(b"", 1, SearchOptions(tolerance=0.2)).words
    assert found.spelled == b"abc"
    assert found.probability == pytest.approx(0.99)


def test_a_known_word_of_more_than_four_times_the_tolerance_takes_the_place_of_an_unknown_one():
    toy = Told({b"": ({b"x": 0.5, b"y": 0.455}, {b"ab": 0.045}), b"ab": ({b"c": 1.0}, {})})
    options = SearchOptions(tolerance=0.01)
    answer = toy.search(b"", 2, options, factor=lambda word: 0.01 if word == b"y" else 1.0)
    assert offered(answer) == {b"x", b"abc"}


@pytest.mark.parametrize("tolerance", [1e-6, 1e-5])
def test_what_rows_do_not_list_of_a_word_is_heeded_in_the_proof(tolerance):
    finals = {b"x": 0.3, b"ab": 0.29998, b"y": 0.29}
    toy = Told({b"": (finals, {b"a": 0.11002}), b"a": ({b"z": 0.9996, b"b": 0.0004}, {})})  # "ab" has 0.300024
    answer = toy.search(b"", 1, SearchOptions(tolerance=tolerance))
    assert offered(answer) == {b"ab"} or not answer.exact


def test_named_words_that_share_the_place_are_all_offered():
    toy = Told({b"": ({b" x": 1.0}, {})})
    words = {b" a", b" b", b" c", b" d", b" e"}
    named = Named(b" ", {word[1:]: 0.2 for word in words})
    answer = toy.search(b"", 6, SearchOptions(tolerance=0.05), named=[named])
    assert offered(answer) == {b" x", *words}
    assert answer.exact


def test_a_named_word_too_light_to_be_listed_counts_among_those_that_may_be_missing():
    toy = Told({b"": ({b" x": 1.0}, {})})
    search = WordSearch(toy, toy.token_bytes, toy.finals, spell=toy.spell)
    options = SearchOptions(tolerance=0.1)
    with search.reader(np.zeros((1, 1), np.float32), 0, options) as reader:
        weighed = Weighed(reader, b"", options, toy.spell)
        weighed.begin((), [Named(b" ", {b"a": 1.0, b"b": 0.01})])
    assert weighed.named == {b" a": 1.0}
    assert weighed.unnamed == 0.01


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=4), unique=True, max_size=30), st.binary(max_size=4))
def test_an_index_finds_what_a_walk_over_all_tokens_finds(keys, text):
    index = Index(range(len(keys)), keys)
    named = [keys[id_] for id_ in index.ids]
    low, high = index.range(text)
    assert named == sorted(keys)
    assert named[low:high] == [key for key in sorted(keys) if key.startswith(text)]
    for at, end in enumerate(index.ends):
        assert named[at:end] == [key for key in named if key.startswith(named[at])]
    longest = max((key for key in keys if text.startswith(key)), key=len, default=None)
    deepest = index.deepest(text)
    assert (named[deepest] if deepest >= 0 else None) == longest


def test_half_a_character_is_what_utf_8_still_needs():
    whole = "aé今😂"
    for size in range(len(whole.encode()) + 1):
        spelled = whole.encode()[:size]
        rest = half_character(spelled)
        spelled[: len(spelled) - len(rest)].decode()
        assert not rest or rest[0] >= 0xC0


@pytest.mark.parametrize(
    "wrong", [{"tolerance": 2}, {"tolerance": float("nan")}, {"max_rows": 0}, {"max_rows": 2.5}, {"max_seconds": 0}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(WordgruError, match="expected"):
        replace(SearchOptions(), **wrong)


def test_of_places_that_hold_too_many_rows_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr("wordgru.search.rows._NODES", 6)
    toy = Toy(UNITS, UNITS, 1)
    places = Places()
    for number in range(4):
        state = np.full((1, 1), number, np.float32)
        toy.histories[float(number)] = (number,)
        with places.reader(toy, toy.vocabulary, state, 0, SearchOptions()) as reader:
            reader.read([(node, 1 + at) for at, node in enumerate([next(iter(reader.nodes.values()))] * 3)])
            assert len(reader.nodes) == 4  # the root and three more
        assert sum(map(len, places._nodes.values())) == places._count <= 6
    (kept,) = places._nodes
    assert kept[0] == state.tobytes()


def test_a_place_is_remembered_while_others_are_read():
    toy = Toy(UNITS, UNITS, 1)
    places = Places()
    for number in (0, 1):
        toy.histories[float(number)] = (number,)
        with places.reader(toy, toy.vocabulary, np.full((1, 1), number, np.float32), 0, SearchOptions()):
            pass
    assert len(places._nodes) == 2


def group_of(opens, *, light):
    """The group of a root after which a word is whole with 0.2, or these tokens are open."""
    toy = Told({b"": ({b"x": 0.2}, opens)})
    with Places().reader(toy, toy.vocabulary, np.zeros((1, 1), np.float32), 0, SearchOptions()) as reader:
        row = Row(reader.nodes[()], toy.vocabulary, b"")
    group = Group(toy.vocabulary, row.low, light)
    group.add(row)
    return group, row


def test_a_token_that_was_read_leaves_the_others_of_its_group_open():
    group, row = group_of({b"a": 0.75, b"b": 0.05}, light=0.1)
    group.take(1, row.take(1))
    assert group.open == pytest.approx(0.75)
    assert group.peak(b"") == group.missing(b"a") == pytest.approx(0.75)
    assert group.missing(b"b") == 0


def test_a_word_may_miss_the_tokens_it_begins_with_and_one_that_goes_on_those_after_them():
    group, _ = group_of({b"a": 0.1, b"ab": 0.2, b"abc": 0.05, b"b": 0.45}, light=0.0)
    assert group.missing(b"a") == pytest.approx(0.1)
    assert group.missing(b"abb") == pytest.approx(0.3)
    assert group.peak(b"a") == pytest.approx(0.35)
    assert group.peak(b"ac") == pytest.approx(0.1)
    assert group.peak(b"") == pytest.approx(0.45)


def test_where_no_word_is_known_a_proof_costs_no_more_than_where_all_are():
    toys = [Toy(UNITS, UNITS, seed) for seed in range(8)]
    options = SearchOptions(tolerance=0.02, max_rows=500)

    def rows(factor):
        return sum(toy.search(b"a", 2, options, factor=lambda _: factor).rows for toy in toys)

    assert rows(0.01) <= rows(1.0)


def test_words_named_where_other_bytes_stand_have_no_share() -> None:
    named = Named(b" ", common=NamedWords({b"cat": 0.5}), source="glossary")
    assert named.agreeing(b" c", 3, fold=False)[0] == {b" cat": 0.5}
    assert named.agreeing(b"x", 3, fold=False) == ({}, 0.0, 0.0)


def test_where_no_character_may_follow_nothing_is_certain() -> None:
    found = Characters({"a": 0.5, "b": 0.5}, end=0.0, exact=True, unexplored=0.0)
    assert found.of(lambda char: char == "a").probabilities == {"a": 1.0}
    assert found.of(lambda char: False) == Characters({}, end=0.0, exact=False, unexplored=0.0)

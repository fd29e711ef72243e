"""How probable it is that a word is typed so: layouts, the typing model against every alignment."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.alignments import FEW, SLOPPY, alignments, touched
from tests.runtime.test_search import MANY
from wordgru import Layout, TypingModel, WordgruError
from wordgru.search.named import NamedWords
from wordgru.text.trie import Trie
from wordgru.typing.channel import Typed
from wordgru.typing.model import Touch, left_out, letter_likelihoods
from wordgru.typing.named import NamedMasses


@pytest.mark.parametrize("name", Layout.names())
def test_each_layout_of_the_package_has_its_letters_once(name):
    layout = Layout.load(name)
    assert set("abcdefghijklmnopqrstuvwxyz") <= set(layout.keys)
    assert all(layout.nearest(*place) == char for char, place in layout.keys.items())


def test_a_layout_of_ones_own_is_read(tmp_path):
    path = tmp_path / "two.json"
    path.write_text('\ufeff{"rows": [{"x": 0, "y": 0, "keys": "ab"}, {"x": 0.5, "y": 1, "keys": "é"}]}', "utf-8")
    assert Layout.load(path).keys == {"a": (0.0, 0.0), "b": (1.0, 0.0), "é": (0.5, 1.0)}
    TypingModel(layout=str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "no JSON"), ("[]", "rows"), ('{"rows": [{"x": 0, "y": 0, "keys": "aa"}]}', "there twice"),
     ('{"rows": [{"x": 0, "y": 0, "keys": "12"}]}', "no key with a letter"),
     ('{"rows": [{"x": NaN, "y": 0, "keys": "a"}]}', "x and y"),
     ('{"rows": [{"x": "0", "y": 0, "keys": "a"}]}', "x and y"), ('{"rows": [7]}', "row 1")],
)  # fmt: skip
def test_a_layout_that_is_none_is_said_in_a_line(text, says, tmp_path):
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(WordgruError, match=says):
        TypingModel(layout=str(path))
    with pytest.raises(WordgruError, match="there is no such layout"):
        Layout.load(tmp_path / "none.json")


@MANY
@given(
    letters=st.text("abé' ", min_size=1, max_size=5), word=st.text("abBé'", min_size=1, max_size=5),
    complete=st.booleans(),
)  # fmt: skip
def test_the_forward_pass_adds_up_every_alignment(letters, word, complete):
    touches = [Touch(char) for char in letters]
    found = Typed(SLOPPY, touches, complete=complete).of(word)
    assert found == pytest.approx(alignments(SLOPPY, touches, complete)(word), rel=1e-9, abs=1e-15)


@MANY
@given(typed=touched(), seed=st.integers(0, 10**6), complete=st.booleans(), floor=st.floats(-9, 0))
def test_a_walk_denies_no_word_more_than_its_floor(typed, seed, complete, floor):
    model, touches = typed
    shares = dict(zip(FEW, np.random.default_rng(seed).dirichlet(np.full(len(FEW), 0.3)).tolist(), strict=True))
    meant = alignments(model, touches, complete)
    masses = {word: share * meant(word) for word, share in shares.items()}
    floor = max(masses.values()) * 10**floor
    found = NamedMasses(
        Typed(model, touches, complete=complete), NamedWords({word.encode(): shares[word] for word in FEW}), 1.0, floor
    )
    assert found.lost <= 2 * floor * (1 + 1e-9)
    for word, mass in masses.items():
        assert mass * (1 + 1e-9) >= found.mass(word.encode()) >= mass - found.lost * (1 + 1e-9), word


@MANY
@given(st.lists(st.text("abé😀", max_size=5).map(str.encode) | st.binary(max_size=3), max_size=20))
def test_a_trie_has_a_node_for_each_beginning_of_its_strings(strings):
    trie = Trie(strings)
    texts = [each.decode("utf-8", "surrogateescape") for each in strings]
    assert trie.strings == [strings[at] for at in trie.order]
    texts = [texts[at] for at in trie.order]
    assert texts == sorted(texts)
    spelled = [""]
    for node in range(len(trie.first)):
        children = range(trie.first[node], trie.first[node] + trie.count[node])
        spelled += [spelled[node] + chr(trie.points[child]) for child in children]
        assert [trie.alphabet[code] for code in trie.char[children]] == [each[-1] for each in spelled[children.start :]]
        assert texts[trie.low[node] : trie.high[node]] == [each for each in texts if each.startswith(spelled[node])]
        assert texts[trie.low[node] : trie.own[node]] == [spelled[node]] * texts.count(spelled[node])
    assert len(set(spelled)) == len(spelled) == len(trie.char)
    assert set(spelled) == {each[:size] for each in [*texts, ""] for size in range(len(each) + 1)}


def test_the_letters_of_a_key_sum_to_one():
    letters = tuple("abcdefghijklmnopqrstuvwxyz")
    model = TypingModel(spread=0.5, anywhere=0, vowel=0, swapped=0, extra=0)
    sums = sum(letter_likelihoods(model, letters, Touch(letter)) for letter in letters)
    assert sums / (1 - model.upper) == pytest.approx(np.ones(26), abs=0.02)  # rows that are moved share their edges


def test_a_point_between_two_keys_is_both_and_on_a_key_is_one():
    keys = Layout.load("qwerty").keys
    model = TypingModel(spread=0.3)
    near = ((keys["e"][0] + keys["r"][0]) / 2, keys["e"][1])
    between = letter_likelihoods(model, ("e", "r"), Touch("e", near))
    on = letter_likelihoods(model, ("e", "r"), Touch("e", keys["e"]))
    assert between[0] == pytest.approx(between[1])
    assert on[0] > 100 * on[1]


def test_probabilities_that_are_whole_numbers_cut_no_others():
    whole, real = (left_out(TypingModel(omitted=none, mute=none), ("'", "a", "b", "-")) for none in (0, 0.0))
    assert whole.tolist() == real.tolist() == [0.3, 0.0, 0.0, 0.3]


def test_no_letter_has_less_than_nothing_whatever_the_slips():
    sloppy = TypingModel(swapped=0.9, extra=0.9)
    assert (letter_likelihoods(sloppy, ("e", "a"), Touch("e")) > 0).all()
    assert Typed(sloppy, [Touch(char) for char in "the"], complete=True).of("the") > 0


@MANY
@given(typed=touched(), complete=st.booleans(), never=st.booleans())
def test_words_weighed_together_are_those_weighed_one_by_one(typed, complete, never):
    model, touches = typed
    model = dataclasses.replace(model, mute=0.0, omitted=0.0) if never else model
    letters = Typed(model, touches, complete=complete)
    assert letters.each(FEW).tolist() == pytest.approx([letters.of(word) for word in FEW], rel=1e-9, abs=1e-300)

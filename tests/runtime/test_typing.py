"""What was typed: layouts, the typing model against every alignment, the search against all words added up."""

import dataclasses
import json
import math
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.test_search import MANY, Toy
from wordgru import Layout, Predictor, TypingModel, WordgruError
from wordgru.search.named import Named, NamedWords
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import SearchOptions
from wordgru.text.prose import code_in
from wordgru.text.trie import Trie
from wordgru.typing import search as typing_search
from wordgru.typing.channel import Touch, Typed, letter_likelihoods
from wordgru.typing.correct import corrections
from wordgru.typing.named import NamedMasses
from wordgru.typing.search import TypingSearch
from wordgru.typing.standing import standing

TINY = Path(__file__).with_name("tiny")
SLOPPY = TypingModel(
    spread=0.4, anywhere=0.05, omitted=0.05, undoubled=0.2, extra=0.05, doubled=0.05, swapped=0.1, split=0.05
)  # fmt: skip


# -- layouts -------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("point", [(math.nan, 0), (0, math.inf), (1e9, 0), ("1", 0), (None, 0), (True, 0)])
def test_a_touch_that_is_no_point_is_refused(point):
    session = Predictor.load(TINY).session(typing=TypingModel())
    with pytest.raises(WordgruError, match="expected key widths"):
        session.touch(*point)
    assert session.text == ""


def test_without_a_typing_model_there_is_no_keyboard():
    session = Predictor.load(TINY).session("the")
    for call in (lambda: session.touch(0, 0), session.corrections):
        with pytest.raises(WordgruError, match="make it with"):
            call()
    assert session.suggest().autocorrect is None


# -- P(typed | word) -----------------------------------------------------------------------------------------------


def every_alignment(model, touches, word, complete, *, fresh=True):
    """P(touches | word) as the module describes it, one happening after the other."""
    return alignments(model, touches, complete)(word, fresh)


def alignments(model, touches, complete):
    """The same of word after word: what two have in common at their ends is added up once."""
    letters = "".join(touch.char for touch in touches)
    keys = Layout.load(model.layout).keys

    @cache
    def hit(i, char):
        return float(letter_likelihoods(model, (char,), touches[i])[0])

    @cache
    def around(i):
        if touches[i].point is None:
            return 1.0
        squared = math.dist(touches[i].point, keys[letters[i]]) ** 2
        return math.exp(-squared / (2 * model.spread**2)) / (2 * math.pi * model.spread**2)

    @cache
    def extra(i):
        again = model.doubled * around(i) if i and letters[i] == letters[i - 1] else 0.0
        space = model.split if letters[i] == " " else 0.0
        return (model.extra / len(keys) if letters[i].lower() in keys else 0.0) + again + space

    @cache
    def rest(i, before, left, fresh):
        """From i letters on, `left` of the word to come after `before`; `fresh`: an extra letter may come here."""
        if not complete and i == len(letters):
            return 1.0
        total = extra(i) * rest(i + 1, before, left, False) if fresh and i < len(letters) else 0.0
        if not left:
            return total + (complete and i == len(letters))
        char, after = left[0], left[1:]
        omitted = 0.0 if char == " " else model.apostrophe if char in "'’-" else model.omitted
        if char == before:
            omitted = max(omitted, model.undoubled)
        total += omitted * rest(i, char, after, True)
        if i < len(letters):
            total += (1 - omitted) * hit(i, char) * rest(i + 1, char, after, True)
        if i + 1 < len(letters) and after and letters[i] == after[0] and letters[i + 1] == char:
            total += model.swapped * around(i) * around(i + 1) * rest(i + 2, after[0], after[1:], True)
        return total

    return lambda word, fresh=True: rest(0, "", word, fresh)


@MANY
@given(
    letters=st.text("abé' ", min_size=1, max_size=5), word=st.text("abBé'", min_size=1, max_size=5),
    complete=st.booleans(),
)  # fmt: skip
def test_the_forward_pass_adds_up_every_alignment(letters, word, complete):
    touches = [Touch(char) for char in letters]
    found = Typed(SLOPPY, touches, complete=complete).of(word)
    assert found == pytest.approx(every_alignment(SLOPPY, touches, word, complete), rel=1e-9, abs=1e-15)


@st.composite
def touched(draw):
    """A typing model with a narrow or a wide finger, and what it touched of some word, or typed for certain."""
    model = TypingModel(
        spread=draw(st.sampled_from([0.12, 0.18, 0.34])), undoubled=draw(st.sampled_from([0.06, 0.5])),
        swapped=draw(st.sampled_from([0.0045, 0.3])), extra=draw(st.sampled_from([0.0045, 0.3])),
    )  # fmt: skip
    keys, off, touches = Layout.load("qwerty").keys, st.integers(-60, 60), []
    for char in draw(st.text("asddw", min_size=1, max_size=5)):
        x, y = keys[char]
        point = (x + draw(off) / 100, y + draw(off) / 100)
        certain = draw(st.integers(0, 4)) == 0
        touches.append(Touch(char) if certain else Touch(Layout.load("qwerty").nearest(*point), point))
    return model, touches


FEW = ["a", "ad", "add", "as", "dad", "dads", "saw", "sad", "was", "wad", "ssd", "a's", "sddd", "wwas", "é", "ass"]


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


# -- the search ----------------------------------------------------------------------------------------------------

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
        (alignments(JOINING, touches[:end], True), share, alignments(JOINING, touches[begin:], complete))
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


# -- in a text field -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def english():
    return Predictor.load("en")


@pytest.mark.parametrize(
    ("text", "word"),
    [("I will see you tomorow", "tomorrow"), ("I hvae", "have"), ("how aer", "are"), ("this is teh", "the"),
     ("its a beatiful", "beautiful"), ("the goverment", "government"), ("see you at the restuarant", "restaurant")],
)  # fmt: skip
def test_slips_and_misspellings_are_corrected(english, text, word):
    session = english.session(text, typing=TypingModel())
    assert session.suggest().autocorrect == word
    assert session.autocorrect() == word
    assert session.text == text.rsplit(" ", 1)[0] + " " + word
    session.append(" ")
    session.undo()
    assert session.text == text + " "
    session.set(text)
    assert session.suggest().autocorrect is None  # it was put back


@pytest.mark.parametrize(("text", "word"), [("woud", "would"), ("teh", "the"), ("tomorow", "tomorrow")])
def test_a_word_meant_takes_one_place_in_whatever_case(english, text, word):
    session = english.session(text, typing=TypingModel())
    low = [item.word.lower() for item in session.corrections(k=5)]
    assert len(set(low)) == len(low)
    assert low[0] == word
    assert session.corrections()[0].probability > 0.95  # apart, no case of it has 0.6
    assert session.autocorrect().lower() == word


@pytest.mark.parametrize(
    ("before", "typed", "word"),
    [("very true i'm glad to see the ", "rrvepyiim", "reception"),
     ("i like it too i was expecting a ", "bqckkash", "backlash"),
     ("then problem solved ", "ibdefimiteoy", "indefinitely"), ("completely ", "over-thw-top", "over-the-top")],
)  # fmt: skip
def test_a_long_word_is_found_however_it_was_typed(english, before, typed, word):
    session = english.session(before + typed, typing=TypingModel(spread=0.34))
    assert session.corrections()[0].word == word


@pytest.mark.parametrize(
    ("typed", "word"),
    [("becuase", "because"), ("definately", "definitely"), ("wrokspace", "workspace"), ("asscciated", "associated"),
     ("porgrammer", "programmer"), ("copright", "copyright"), ("dominent", "dominant"), ("goverment", "government"),
     ("assumpation", "assumption"), ("nessesary", "necessary")],
)  # fmt: skip
def test_a_known_word_near_is_found_though_nothing_stands_before(english, typed, word):
    assert english.session(typed, typing=TypingModel()).corrections()[0].word.lower() == word


@pytest.mark.parametrize(
    "text", ["how are you", "I love", "call 5550123", "see example", "mail ann@exmaple", "www.exmaple", "x", "",
             "my name is Xylophr", "he lives in Krakenhaus", "שלום עולם", "a" * 500, "the " + "z" * 30],
)  # fmt: skip
def test_what_is_right_or_unknown_or_no_prose_is_left_alone(english, text):
    session = english.session(text, typing=TypingModel())
    assert session.suggest().autocorrect is None
    assert session.autocorrect() is None
    assert session.text == text


@pytest.mark.parametrize(
    ("head", "typed", "prior", "share"),
    [
        ("we met ", "Yohannes", 1e-4 / 27**8, 0.5),
        ("we met ", "yohannes", 1e-4 / 27**8, 0.01),
        ("Yohannes, and yohannes's (Yohannes2, Yohannesburg) ", "Yohannes", 6e-4, 0.5),
        ("yohannes " * 5000, "yohannes", 0.5, 0.01),
    ],
)
def test_a_word_that_nobody_knows_stands_by_its_case_and_where_it_was_written_before(head, typed, prior, share):
    found = standing(TypingModel(name=0.5, coined=0.01), head, typed)
    assert (found.prior, found.share) == (pytest.approx(prior), share)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("So ", "Immortan"),
        ("The caverite hangs in the air. We looked at the ", "caverite"),
    ],
)
def test_names_and_words_that_were_written_before_are_left_as_they_are(english, text, typed):
    session = english.session(text + typed, typing=TypingModel())
    assert session.autocorrect() is None
    session = english.session("The air hangs in the air. I will see you ", typing=TypingModel())
    session.append("tomorow")
    assert session.autocorrect() == "tomorrow"


CODE = [
    "    this is teh code\n\tand teh end",
    "```\nteh\n```",
    "print('teh wrod')",
    "self.render(teh, wrod);",
    "let mesage = teh;",
    "if (teh && wrod) {",
    '{"name": "teh wrod", "other": 1}',
    '  "adress": "teh",',
    "$ git comit teh",
    ">>> teh",
    "return foo(teh);",
]


@pytest.mark.parametrize("code", CODE)
def test_lines_of_code_and_indented_blocks_are_left_alone(english, code):
    text = f"I know teh cat.\n\n{code}\n\nI will see you tomorow.\n"
    (begin, end), *_ = code_in(text)
    assert text[begin:end] in [*code.split("\n"), code]
    found = list(corrections(text, english.session(typing=TypingModel())))
    assert [(each.typed, each.word) for each in found] == [("teh", "the"), ("tomorow", "tomorrow")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Dear all,\n    I am here.",
        "The person(s) who came",
        "Those who came (see below);",
        "He said: no; yes!",
        "It's $5 = a lot?",
    ],
)
def test_prose_is_no_code(text):
    assert code_in(text.replace(" = ", "=")) == []


def test_code_between_backticks_is_left_alone(english):
    code = "I hvae `git comit` in teh ` box.\n```\necho teh end\n``` I hvae it. ```\npritn teh"
    found = [(each.typed, each.word) for each in corrections(code, english.session(typing=TypingModel()))]
    assert found == [("hvae", "have"), ("teh", "the"), ("hvae", "have")]


def test_two_words_typed_as_one_are_parted_and_put_back(english):
    session = english.session("call me if you needanything", typing=TypingModel())
    assert session.autocorrect() == "need anything"
    session.append(" ")
    session.undo()
    assert session.text == "call me if you needanything "
    session = english.session("call me if you needanything", typing=TypingModel(joined=0))
    assert session.autocorrect() is None
    (found,) = corrections("It is one of thebest places.", english.session(typing=TypingModel()))
    assert (found.typed, found.word) == ("thebest", "the best")


@pytest.mark.parametrize(
    ("before", "typed", "word"),
    [("I will see you ", "tomor row", "tomorrow"), ("I have to go because of ", "th e", "the"),
     ("", "T hanks", "Thanks"), ("I like it ", "be cause", "because"), ("he is a good ", "frien d", "friend"),
     ("Do you ", "k now", "know")],
)  # fmt: skip
def test_one_word_typed_as_two_is_joined_and_put_back(english, before, typed, word):
    session = english.session(before, typing=TypingModel())
    for part in typed.split(" "):
        session.append(" " * (session.text != before) + part)
        session.autocorrect()
    assert session.text == before + word
    session.append(" ")
    session.undo()
    assert session.text == f"{before}{typed} "
    session.delete()
    assert session.autocorrect() is None
    (found,) = corrections(f"{before}{typed}", english.session(typing=TypingModel()))
    assert (found.start, found.end, found.typed, found.word) == (len(before), len(before + typed), typed, word)
    never = english.session(typing=TypingModel(split=0))
    assert typed not in [each.typed for each in corrections(before + typed, never)]


@pytest.mark.parametrize(
    "text", ["this is a lot of fun", "we went in to the house", "every one of them is here", "no one is there",
             "we do it every day of the week", "that is all right", "It was like a roller coaster to me"],
)  # fmt: skip
def test_two_words_that_are_right_are_left_as_two(english, text):
    session = english.session(typing=TypingModel())
    assert not list(corrections(text, session))
    session.reset(before="")
    for part in text.split(" "):
        session.append(" " * bool(session.text) + part)
        assert session.autocorrect() is None
    session.set("we went in to")
    one, two = sorted(session.corrections(k=8, count=2), key=lambda item: item.word != "into")[:2]
    assert (one.word, two.word) == ("into", "in to")
    assert one.probability < two.probability


def test_a_text_goes_on_after_a_word_that_was_typed_as_two(english):
    text = "Do you k now him, be cause I hvae a nother"
    found = list(corrections(text, english.session(typing=TypingModel())))
    assert [(each.word, text[each.start : each.end]) for each in found][:3] == [
        ("know", "k now"), ("because", "be cause"), ("have", "hvae"),
    ]  # fmt: skip


def test_letters_that_are_certain_and_points_mix(english):
    keys = Layout.load("qwerty").keys
    session = english.session("see you ", typing=TypingModel(spread=0.4))
    for char, (dx, dy) in zip(
        "tomorrow", [(0.3, 0.2), (-0.6, 0), (0, 0), (0.6, 0), (0, 0), (-0.2, 0), (0, 0), (0, 0)], strict=True
    ):
        session.touch(keys[char][0] + dx, keys[char][1] + dy)
    assert session.text != "see you tomorrow"
    assert session.suggest()[0].word == "tomorrow"
    copy = session.copy()
    session.delete(20)
    session.append("see you tomo")
    assert session.suggest()[0].word == "tomorrow"
    assert copy.suggest()[0].word == "tomorrow"


def test_a_capital_is_touched_and_keeps_its_point(english):
    keys, typing = Layout.load("phone").keys, TypingModel(layout="phone", spread=0.34)
    small, capital, certain = (english.session("see you ", typing=typing) for _ in range(3))
    for at, (char, (dx, dy)) in enumerate(zip("tono", [(0.4, 0.2), (0, 0.1), (0.4, 0.3), (0, 0.2)], strict=True)):
        x, y = keys[char]
        small.touch(x + dx, y + dy)
        capital.touch(x + dx, y + dy, is_upper=at == 0)
        certain.append("Tono"[at])
    assert (small.text, capital.text, certain.text) == ("see you tono", "see you Tono", "see you Tono")
    words, likewise, others = ({item.word: item.probability for item in each.suggest()}
                               for each in (small, capital, certain))  # fmt: skip
    best = next(iter(words))
    assert next(iter(likewise)) == best
    assert likewise[best] == pytest.approx(words[best], abs=3e-3)  # the search's tolerance
    assert others.get(best) != pytest.approx(words[best], abs=1e-2)


@pytest.mark.parametrize("point", [(50, 50), (-99, 99), (4.5, 1.0)])
def test_points_far_from_every_key_are_answered(english, point):
    session = english.session("see you ", typing=TypingModel(anywhere=0))
    for _ in range(12):
        session.touch(*point)
    session.suggest()
    assert session.corrections() is not None
    restored = english.restore(session.save(), typing=TypingModel())
    assert restored.text == session.text
    assert restored.corrections() is not None


def test_a_text_is_corrected_word_by_word_and_the_rest_stays(english):
    text = "I hvae a beatiful idea.\nSee foo_bar and Krakenhaus, or www.exmaple.org, IIRC; 555-0123."
    found = list(corrections(text, english.session(typing=TypingModel())))
    assert [(each.typed, each.word, text[each.start : each.end]) for each in found] == [
        ("hvae", "have", "hvae"), ("beatiful", "beautiful", "beatiful"),
    ]  # fmt: skip
    assert all(each.probability >= 0.9 for each in found)


# -- the next character --------------------------------------------------------------------------------------------


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


def test_characters_of_a_session_sum_to_one_and_go_on_with_the_word(english):
    for text in ("the ca", "the cat", "I lov", "", "the ", "שלו", "see you tomorro", "caf", "x" * 60):
        found = english.session(text).characters()
        assert sum(found.probabilities.values()) + found.end == pytest.approx(1.0, abs=1e-9)
        assert " " not in found.probabilities
    assert next(iter(english.session("see you tomorro").characters().probabilities)) == "w"
    cat = english.session("the cat").characters()
    assert cat.exact
    assert cat.end > 0.5


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


def test_the_command_line_corrects_a_file(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "text.txt"
    path.write_text("I hvae an idea.\r\nFine.\r\n")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "wordgru", "correct", str(path), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert run().stdout == "1: I [-hvae-]{+have+} an idea.\n"
    assert run("--apply").stdout == "I have an idea.\nFine.\n"
    assert json.loads(run("--json").stdout)["word"] == "have"
    assert "the threshold is 7.0; expected" in run("--threshold", "7").stderr


@pytest.mark.parametrize("text", ["I dont", "thecat", "on themat"])
def test_what_is_asked_after_letters_that_may_be_two_words_is_answered_as_before(text):
    expected = Predictor.load(TINY).complete(text).words
    predictor = Predictor.load(TINY)
    predictor.session(text, typing=TypingModel()).suggest()
    assert predictor.complete(text).words == expected
    assert predictor.session(text).characters().probabilities

"""What people report of keyboards and predictors: each case stands for its kind, with what is right.

Cases that other files hold: long words and budgets, test_shipped_model.py; block lists and bundles, test_bundle.py; the
command line's output, test_cli.py; words of every script, test_words.py and test_tokenizer.py; texts to train on,
tests/training/test_text.py and test_loop.py.
"""

import math
import re
from dataclasses import fields

import numpy as np
import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from tests.runtime.golden import ROOT
from wordgru import Predictor, SearchOptions, TypingModel, TypistOptions, WordgruError
from wordgru.cli import cli
from wordgru.predictor import SHIPPED
from wordgru.sources.personal import PersonalModel
from wordgru.text.cursor import word_start
from wordgru.text.tokenizer import Tokenizer
from wordgru.typist import is_in_address, is_in_capitals

PREDICTOR = Predictor.load(SHIPPED)
TINY_PREDICTOR = Predictor.load(TINY)


def wrong(text, *rest, why):
    """A case that is still answered wrongly; where a new model answers it rightly, it is a case like the others."""
    return pytest.param(text, *rest, marks=pytest.mark.xfail(strict=True, reason=why), id=f"{text}-still-wrong")


def complete(text, **settings):
    return PREDICTOR.complete(text, **settings).words


def typed(text):
    return PREDICTOR.session(text, typing=TypingModel())


# -- offers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the boys'", "boys'"), ("I will be there in a m", "minute"), ("He was very naï", "naïve"),
        ("I forgot my pass", "password"),
        ("We wish you a Merry ", "Christmas"),
        wrong("Merry ", "Christmas", why="the model takes it for a name: its texts have the greeting too seldom"),
        ("Kind ", "regards"),
    ],
)  # fmt: skip
def test_the_usual_word_is_among_the_offers(text, word):
    assert word in complete(text)


def test_an_apostrophe_is_offered_as_it_was_typed():
    assert complete("the boys’")[0] == "boys’"


NEAR = ["pussie", "pussing", "fuckles", "fuckling", "wanky", "wankees", "bullsh", "rapeded", "rapedly", "rapedgy"]


@pytest.mark.parametrize("text", ["puss", "fuck", "wank", "he was raped", "bulls"])
def test_no_near_spelling_of_a_blocked_word_is_offered(text):
    own = text.split()[-1]
    assert not [
        word for word in complete(text, k=10) if word in NEAR or (own != "bulls" and word.startswith(own + "ed"))
    ]


@pytest.mark.parametrize("text", ["My name is ", "Dr. "])
def test_no_single_person_of_the_texts_is_offered_at_a_great_weight(text):
    assert all(item.probability < 0.1 for item in PREDICTOR.complete(text) if item.word[:1].isupper())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HERE", ("HERE", "HERE'S")),
        ("THE CA", ("CAN", "CAR", "CALL", "CARD")),
        ("PLEASE CALL ME T", ("THE", "TO", "TOMORROW")),
    ],
)
def test_what_is_typed_in_capitals_is_offered_in_capitals(text, words):
    found = complete(text)
    assert all(word.isupper() for word in found)
    assert set(words) & set(found)


@pytest.mark.parametrize("text", ["I work at NA", "the US ", "OK I'll", "in Section A "])
def test_a_word_of_capitals_alone_does_not_say_that_all_is(text):
    found = complete(text)
    assert not all(word.isupper() for word in found) or text.endswith("NA")


@pytest.mark.parametrize("text", ["and i", "and so i", "so he and i"])
@pytest.mark.parametrize("ignore_case", [False, True])
def test_i_is_written_as_a_capital(text, ignore_case):
    assert complete(text, ignore_case=ignore_case)[0] == "I"


def test_who_writes_i_small_is_offered_it_so():
    assert complete("i said that i")[0] == "i"
    assert "i" in complete("i know what i mean and ", k=5)


def test_whose_own_words_have_a_small_i_is_offered_it_so():
    predictor = Predictor.load(SHIPPED, personal=PersonalModel())
    assert "i" not in predictor.complete("and i").words
    for _ in range(3):
        predictor.personal.learn("and so i went and i came")
    assert "i" in predictor.complete("and i").words
    assert "I" not in predictor.complete("and i").words


def test_the_offers_of_the_model_come_as_they_are_to_whom_wishes():
    session = PREDICTOR.session("and i", typist=TypistOptions(lone_i=False))
    assert session.suggest()[0].word == "i"
    assert PREDICTOR.session("www.goo", typist=TypistOptions(addresses=True)).suggest()
    probable = PREDICTOR.session("how are ", typist=TypistOptions(min_probability=0.01)).suggest(k=50)
    assert probable
    assert all(item.probability >= 0.01 for item in probable)
    with pytest.raises(WordgruError, match="min_probability is 2; expected"):
        TypistOptions(min_probability=2)


def test_the_docs_say_what_typist_options_there_are():
    rows = re.findall(
        r"^\| `(\w+)` \| `([^`]+)` \|", (ROOT / "docs/how-to.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [(field.name, repr(field.default)) for field in fields(TypistOptions)]


@pytest.mark.parametrize("text", ["and ", "he and i", "Then ", "SO THEN "])
def test_no_word_is_offered_twice_in_one_form(text):
    found = PREDICTOR.session(text).suggest(k=6)
    assert len(set(found.words)) == len(found) == 6


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("im", "I'm"), ("dont", "don't"), ("ill", "I'll"), ("hes", "he's"), ("youre", "you're"), ("recieve", "receive"),
        ("tomorow", "tomorrow"), ("teh", "the"), ("becuase", "because"), ("I will nto", "not"),
        ("it is tommorrow", "tomorrow"),
        ("I am kn", "known"), ("she met her fiance", "fiancé"), ("we ate at a cafe", "café"),
    ],
)  # fmt: skip
def test_what_was_meant_is_among_the_offers_of_a_typing_model(text, word):
    assert word.lower() in [each.lower() for each in typed(text).suggest(k=5).words]


@pytest.mark.parametrize(
    ("model", "text", "word"),
    [
        ("fr", "ecole", "école"), ("fr", "une nouvelle ecol", "école"), ("fr", "il est a l'hopital", "l'hôpital"),
        ("fr", "la tete", "tête"), ("fr", "deja", "déjà"), ("fr", "il parle francais", "français"),
        ("de", "wir mussen", "müssen"), ("de", "schon fur", "für"),
    ],
)  # fmt: skip
def test_accents_that_a_typist_omits_are_offered_by_a_model_that_knows_the_word(model, text, word):
    found = Predictor.load(model).session(text, typing=TypingModel()).suggest()
    assert word.lower() in [each.lower() for each in found.words]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("we flew to lodz", "Łódź"), ("El nin", "niño"), ("a smorrebrod", "smørrebrød"), ("mr dang", "Đặng"),
        ("the school is an ecole", "école"),
    ],
)  # fmt: skip
def test_accents_and_strokes_of_listed_words_may_be_omitted(text, word):  # export/golden/typing has Łódź
    predictor = Predictor.load(SHIPPED)
    for each in ("Łódź", "niño", "smørrebrød", "Đặng", "école"):
        predictor.words.add(each, weight=5)
    assert word in predictor.session(text, typing=TypingModel()).suggest().words


@pytest.mark.parametrize("text", ["I will see you tomorow", "I stayed home becuase", "she said teh"])
def test_a_clear_slip_is_corrected_and_put_back(text):
    session = typed(text)
    assert session.autocorrect(threshold=0.8).lower() in ("tomorrow", "because", "the")
    session.undo()
    assert session.text == text


@pytest.mark.parametrize("text", ["안녕하ㅅ", "안녕하세ㅇ", "안ㄴ", "ㅇ"])
def test_half_a_syllable_becomes_what_it_can(text):  # export/node/tests/typing.test.ts
    predictor = Predictor(TINY_PREDICTOR.model, TINY_PREDICTOR.tokenizer)
    predictor.words.add("안녕하세요", weight=1000)
    assert "안녕하세요" in predictor.session(text, typing=TypingModel()).suggest().words


@pytest.mark.parametrize("text", ["series,", "instead?", "(see", "well-", 'he said "'])
def test_nothing_is_glued_to_a_mark(text):
    found = PREDICTOR.session(text).suggest()
    if text[-1] in ",?":
        assert found.space
        assert all(word[0].isalpha() for word in found.words)
    else:
        assert not found.space


@pytest.mark.parametrize(
    "text",
    ["foo@g", "write to foo@", "www.goo", "https://www.", "see https://exam", "/usr/lo", "~/do", "C:\\Us", "a.org/do"],
)
def test_a_typist_is_left_alone_in_addresses(text):
    assert not typed(text).suggest()
    assert not PREDICTOR.complete(text)


@pytest.mark.parametrize(("text", "prefix"), [("write to foo@", "g"), ("see https://www.", "exa"), ("/usr/", "lo")])
def test_an_address_goes_on_with_letters_that_are_given_apart(text, prefix):
    assert not PREDICTOR.suggest(text, prefix=prefix)
    assert PREDICTOR.suggest(text + "x", prefix=prefix)  # a new word
    assert PREDICTOR.session(text, typist=TypistOptions(addresses=True)).suggest(prefix=prefix)


@pytest.mark.parametrize("text", ["and/or", "write to foo@example.org ", "1/2 of", "he said:wh", "well...so"])
def test_what_is_no_address_is_offered_words(text):
    assert PREDICTOR.complete(text)


@pytest.mark.parametrize("text", ["write to foo@exmaple", "see www.exmaple", "look at https://exmaple"])
def test_an_address_is_never_corrected(text):
    assert typed(text).autocorrect(threshold=0.1) is None


def test_an_emoji_comes_where_a_model_read_one():
    cake = TINY_PREDICTOR.tokenizer.spell(" 🎂".encode())

    class Fond:
        """The model; a third of what it says is cake."""

        initial_state = staticmethod(TINY_PREDICTOR.model.initial_state)
        advance = staticmethod(TINY_PREDICTOR.model.advance)

        def step(self, tokens: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rows, state = TINY_PREDICTOR.model.step(tokens, state)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                is_begun = token in cake[:-1]
                row *= 0.0 if is_begun else 2 / 3
                row[cake[cake.index(token) + 1 if is_begun else 0]] += 1.0 if is_begun else 1 / 3
            return rows, state

    predictor = Predictor(Fond(), TINY_PREDICTOR.tokenizer)
    found = predictor.complete("happy birthday ", punctuation=True)
    assert found[0].word == "🎂"
    assert found[0].probability > 1 / 3  # of what begins with a space
    assert "🎂" not in predictor.complete("happy birthday ", k=10).words


@pytest.mark.parametrize("seed", range(5))
def test_a_text_that_is_cut_is_written_on_with_words(seed):
    first = PREDICTOR.generate("The weather is ", seed=seed, max_words=1)
    assert first.strip()[:1].isalpha() or not first
    assert PREDICTOR.generate("the ca", seed=seed, max_words=1) == PREDICTOR.generate("the ca", seed=seed, max_words=1)


def test_few_offers_are_no_word():
    messages = ["I will see you today", "pick up some milk on the way home"]
    offers = []
    for message in messages:
        session = typed("")
        for letter in message:
            session.append(letter)
            offers += session.suggest(k=3).words
    strange = [word for word in offers if PREDICTOR.words.factor(word) < 1]
    assert len(strange) <= 0.03 * len(offers)  # the bar is 0.01, and what was typed may be among them


# -- scripts and marks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["\u200f", "\u200b", "\ufeff", "\u00ad", "\u2060"])
@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_mark_that_shows_nothing_changes_no_answer(mark, place):
    text = "the ca"
    found = TINY_PREDICTOR.complete(text[:place] + mark + text[place:])
    assert found.items == TINY_PREDICTOR.complete(text).items


@pytest.mark.parametrize("text", ["ist", "istan", "İstan", "ISTAN"])
def test_a_dotted_capital_is_a_capital_of_i(text):
    predictor = Predictor(TINY_PREDICTOR.model, TINY_PREDICTOR.tokenizer)
    predictor.words.add("İstanbul", weight=500)
    predictor.words.add("Istanbul", weight=900 if text == "ist" else 1)
    found = predictor.complete(f"the {text}", ignore_case=True)
    assert found.words[:2] == (["Istanbul", "İstanbul"] if text == "ist" else ["İstanbul", "Istanbul"])


@pytest.mark.parametrize(
    ("word", "text", "offer"),
    [
        ("Straße", "AN DER STRA", "STRASSE"),
        ("Straße", "AN DER STRAS", "STRASSE"),
        ("Straße", "AN DER STRASS", "STRASSE"),
        ("οδός", "Η ΝΈΑ ΟΔΌΣ", "ΟΔΌΣ"),
        ("οδόστρωμα", "Η ΝΈΑ ΟΔΌΣ", "ΟΔΌΣΤΡΩΜΑ"),
        ("sıcak", "ÇOK GÜZEL SIC", "SICAK"),
        ("iyi", "İSTANBUL ÇOK İY", "İYİ"),
        ("ısı", "İSTANBUL ÇOK IS", "ISI"),
    ],
)
def test_words_are_found_by_their_capitals_and_offered_in_them(word, text, offer):  # export/node/tests/typist.test.ts
    predictor = Predictor(TINY_PREDICTOR.model, TINY_PREDICTOR.tokenizer)
    predictor.words.add(word, weight=1e6)
    assert predictor.complete(text)[0].word == offer


def test_words_that_capitals_alone_make_one_are_all_offered():
    predictor = Predictor(TINY_PREDICTOR.model, TINY_PREDICTOR.tokenizer)
    for word in ("Maße", "Masse"):
        predictor.words.add(word, weight=1e6)
    assert set(predictor.complete("in mass", ignore_case=True).words[:2]) == {"Maße", "Masse"}
    shouted = predictor.complete("SIE SIND IN MASS")
    assert shouted[0].word == "MASSE"
    assert len(set(shouted.words)) == len(shouted)


# -- files and arguments ---------------------------------------------------------------------------------------------


def test_a_text_is_scored_in_one_reading():
    class Counting:
        """The model; it counts the tokens it scores."""

        scored = 0
        initial_state = staticmethod(TINY_PREDICTOR.model.initial_state)

        def score(self, tokens: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            self.scored += len(tokens)
            return TINY_PREDICTOR.model.score(tokens, state)

    counting = Counting()
    text = "the cat sat on the mat and " * 5000  # 135 kB in one line
    predictor = Predictor(counting, TINY_PREDICTOR.tokenizer)
    assert len(predictor.score(text)) == 35_001
    assert counting.scored == len(TINY_PREDICTOR.tokenizer.encode(text)) + 1


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda: PREDICTOR.suggest("a", k=2.5), "k is 2.5; expected a whole number of at least 1"),
        (lambda: PREDICTOR.suggest("a", k=math.inf), "k is inf"),
        (lambda: PREDICTOR.suggest("a", tolerance=2), "tolerance is 2"),
        (lambda: PREDICTOR.suggest("a", max_seconds=0), "max_seconds is 0"),
        (lambda: SearchOptions(max_rows=0), "max_rows is 0"),
        (lambda: PREDICTOR.generate("a", seed=-1), "seed is -1"),
        (lambda: Predictor.load(TINY, threads=-3), "threads is -3"),
    ],
)
def test_an_odd_number_is_one_clear_line(use, says):
    with pytest.raises(WordgruError, match=says) as error:
        use()
    assert "\n" not in str(error.value)


def test_a_pipe_is_completed_as_a_text_is():
    call = ["suggest", "-", "--complete", "-m", "en"]
    words = CliRunner().invoke(cli, call, input=b"I will be there in a m\n").stdout.split()
    assert words[0] == "minute"
    assert words == PREDICTOR.complete("I will be there in a m", k=3).words


def test_marks_ranked_beside_words_leave_the_habits_as_they_are():
    found = complete("HERE IS MY", punctuation=True, k=5)
    assert any(word.isupper() for word in found)
    assert all(word == word.upper() for word in found)
    probable = PREDICTOR.session("how are", typist=TypistOptions(min_probability=0.01)).suggest(punctuation=True, k=50)
    assert probable
    assert all(item.probability >= 0.01 for item in probable)


def test_words_too_improbable_to_be_shown_were_not_passed_over():
    silent = PREDICTOR.session("how are ", typist=TypistOptions(min_probability=1))
    assert not silent.suggest(attention=0.9)
    silent.typist = TypistOptions()
    silent.append("y")
    assert silent.suggest(attention=0.9).items == PREDICTOR.session("how are y").suggest().items


def test_a_restored_session_follows_whom_it_is_told_to():
    data = PREDICTOR.session("and i").save()
    assert PREDICTOR.restore(data).suggest()[0].word == "I"
    assert PREDICTOR.restore(data, typist=TypistOptions(lone_i=False)).suggest()[0].word == "i"


@pytest.mark.parametrize(
    ("text", "capitals", "address"),
    [
        ("PLEASE CALL ", True, False),
        ("ПОЗВОНИ МНЕ ", True, False),
        ("ΟΔΟΣ ΝΑΤΟ ", True, False),
        ("ART Nº IS ", False, False),  # º is small
        ("Ⅷ Ⅸ ", False, False),
        ("ⅧⅧ ⅨⅨ ", True, False),
        ("ǅA ǅA ", False, False),  # of which one part alone is large
        ("𝐀 𝐁 ", False, False),  # one character each
        ("A\x1cB C\x1cD ", False, False),
        ("see \ufeffhttps://a", False, False),  # no white space
        ("mail me\x85foo@", False, True),
        ("ſee WWW.\u212aelvin", False, True),
        ("😀" * 300 + " a@", False, True),
        ("see https://example.org/" + "a-" * 500 + "b", False, True),
    ],
)
def test_habits_are_read_alike_in_every_language(text, capitals, address):  # export/node/tests/typist.test.ts
    assert is_in_capitals(text, "") is capitals
    assert is_in_address(text) is address


def test_marks_that_show_nothing_before_a_word_cost_its_correction_nothing(monkeypatch):
    lengths = []
    normalize = Tokenizer.normalize

    def counted(self, text):
        lengths.append(len(text))
        return normalize(self, text)

    session = typed("\u00ad" * 1000 + "teh")
    session.suggest()
    monkeypatch.setattr(Tokenizer, "normalize", counted)
    assert word_start(session.text, "teh", session._tokenizer) in (1000 - 4 * len("teh") - 64 + len("teh"), 1000)
    assert sum(lengths) < 10_000

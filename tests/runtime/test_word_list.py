"""Word lists at run time: offered, never offered, and read from files as people write them."""

import json
import unicodedata

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import Predictor, TextError, WordgruError, WordList
from wordgru.cli import cli
from wordgru.sources.word_list import STRANGE
from wordgru.text.known import KnownWords


@pytest.fixture
def predictor():
    return Predictor.load(TINY)


def test_an_added_word_is_offered_in_the_proportion_of_its_weight(predictor):
    plain = {item.word: item.probability for item in predictor.suggest("the", k=50, max_rows=2000)}
    predictor.words.add("Eyjafjallajökull", weight=2500)  # a quarter of 10,000 words: a fifth of the mixture
    found = predictor.suggest("the", k=50, max_rows=2000)
    mixed = {item.word: item.probability for item in found}
    assert found.exact
    assert {item.word: item.sources for item in found}["Eyjafjallajökull"] == ("glossary",)
    assert mixed["Eyjafjallajökull"] == pytest.approx(0.2, abs=0.01)
    common = [word for word in plain.keys() & mixed.keys() if plain[word] > 0.02]
    assert common
    for word in common:
        assert mixed[word] == pytest.approx(0.8 * plain[word], abs=0.004)
    assert predictor.complete("the Ey")[0].word == "Eyjafjallajökull"
    predictor.words.add("Eyjafjallajökull", weight=0)
    assert not predictor.words.weights
    assert "Eyjafjallajökull" not in predictor.suggest("the", k=50).words


def test_a_session_that_is_open_heeds_the_list_at_its_next_keystroke(predictor):
    session = predictor.session("the Ey")
    assert "Eyjafjallajökull" not in session.suggest().words
    predictor.words.add("Eyjafjallajökull")
    assert session.suggest()[0].word == "Eyjafjallajökull"
    predictor.words.block("EYJAFJALLAJÖKULL", reason="too long")
    assert "Eyjafjallajökull" not in session.suggest().words
    assert predictor.words.blocked["eyjafjallajökull"] == "too long"


def test_a_blocked_word_is_blocked_in_every_case_until_it_is_allowed(predictor):
    word = predictor.suggest("the")[0].word
    predictor.words.block(word.upper())
    for text in ("the", f"the {word[:1]}", f"The {word[:1].upper()}"):
        assert word.lower() not in [each.lower() for each in predictor.complete(text, k=20).words]
    predictor.words.allow(word)
    assert predictor.suggest("the")[0].word == word


def test_unknown_words_near_a_blocked_one_are_blocked_too_and_other_unknown_words_count_little():
    words = WordList(known=KnownWords.of(["damn", "damnation", "cat"]))
    words.block("damn")
    words.block("bullseye")
    assert [words.factor(word) for word in ("cat", "damnation")] == [1, 1]
    assert [words.factor(word) for word in ("damn", "Damn’s", "Damnly", "bulls", "bullse")] == [0] * 5
    assert [words.factor(word) for word in ("catly", "bull", "dam")] == [STRANGE] * 3
    words.allow("damn")
    assert words.factor("damnly") == STRANGE
    words.add("catly")
    assert words.factor("catly") == 1


def test_both_apostrophes_are_one_word():
    words = WordList()
    words.block("don’t")
    assert words.factor("Don't") == 0
    words.allow("DON'T")
    assert words.factor("don’t") == 1


def test_a_word_that_matches_in_another_case_is_offered_as_it_was_added(predictor):
    predictor.words.add("NaCl", weight=100)
    assert predictor.complete("the nac", ignore_case=True)[0].word == "NaCl"


@pytest.mark.parametrize("word", ["", " ", "two words", "a,b", "-", "x@y.z"])
def test_what_is_not_one_word_is_refused(word):
    for call in (WordList().add, WordList().block, WordList().allow):
        with pytest.raises(WordgruError, match="not one word"):
            call(word)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -1, 2e6, 10**400, "5", None, 1j])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(WordgruError, match="expected a number of at least 0 and at most"):
        WordList().add("word", weight)


def test_a_glossary_is_read_as_its_writer_means_it(tmp_path):
    file = tmp_path / "glossary.txt"
    decomposed = unicodedata.normalize("NFD", "Ödem")
    text = f"\ufeff# the ward's words\r\n{decomposed}\t3\r\n\r\n  Pneumothorax  # lung\r\nCrohn’s\t0.5\r\nL-DOPA"
    file.write_text(text, encoding="utf-8", newline="")
    words = WordList()
    assert words.read(file) == 4
    assert words.weights == {"Ödem": 3.0, "Pneumothorax": 1.0, "Crohn’s": 0.5, "L-DOPA": 1.0}


@pytest.mark.parametrize(
    ("line", "says"),
    [("two words", "line 2: 'two words' is not one word"), ("word\tmuch", "line 2: the weight is 'much'")],
)
def test_a_line_that_cannot_be_meant_is_named_and_nothing_is_added(line, says, tmp_path):
    file = tmp_path / "glossary.txt"
    file.write_text(f"good\n{line}\n", encoding="utf-8")
    words = WordList()
    with pytest.raises(TextError, match=says):
        words.read(file)
    assert not words.weights


def test_the_command_line_reads_glossaries(tmp_path):
    file = tmp_path / "glossary.txt"
    file.write_text("Eyjafjallajökull\t5\n", encoding="utf-8")
    call = ["suggest", "the Ey", "--complete", "--json", "-m", str(TINY), "--glossary", str(file)]
    (first, *_) = json.loads(CliRunner().invoke(cli, call).stdout)["suggestions"]
    assert (first["word"], first["sources"]) == ("Eyjafjallajökull", ["glossary"])


def test_a_list_has_an_end(monkeypatch, tmp_path):
    monkeypatch.setattr("wordgru.sources.word_list._MOST", 3)
    words, file = WordList(), tmp_path / "terms.txt"
    file.write_text("one\ntwo\ntwo\nthree\n", encoding="utf-8")
    assert words.read(file) == 4
    with pytest.raises(WordgruError, match=r"^a list holds 3 words at most; take some off, or name fewer\.$"):
        words.add("four")
    file.write_text("one\t2\nfour\n", encoding="utf-8")
    with pytest.raises(WordgruError, match=r"terms\.txt, line 2: a list holds 3 words at most"):
        words.read(file)
    assert words.weights == {"one": 1.0, "two": 1.0, "three": 1.0}
    words.add("two", 0)
    words.add("four", 2)
    assert set(words.weights) == {"one", "three", "four"}

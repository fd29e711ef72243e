"""Several languages at once: the mixture is the sum of its models, and follows its user from one to another."""

import inspect
import json
import tracemalloc

import numpy as np
import pytest
from click.testing import CliRunner

from tests.runtime import golden
from tests.runtime.fixtures import TINY
from tests.runtime.test_golden import alike, loaded
from wordgru import MixedPredictor, Predictor, TypingModel, WordgruError
from wordgru.cli import cli
from wordgru.languages import Languages
from wordgru.mixture import load_named
from wordgru.sources.personal import PersonalModel
from wordgru.typist import AS_READ

BOTH = Predictor.load(["en", "de"])
ENGLISH, GERMAN = BOTH.predictors.values()
TEXTS = ["", "I will be there ", "Ich komme ", "Ich komme mor", "See you. Wir sehen uns mor", "das ist ein rea"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_best_words_are_those_of_the_models_added_up(text: str) -> None:
    session = BOTH.session(text)
    found = session.suggest(tolerance=0.001)
    read = [each.text for each in session._sessions.values()]  # without the sentences of the other language
    answers = [
        each.session(context, typist=AS_READ).suggest(k=40, tolerance=1e-4, max_rows=2000)
        for each, context in zip((ENGLISH, GERMAN), read, strict=True)
    ]
    logs = np.log(list(session.languages().values())) + [answer.log_evidence for answer in answers]
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    total: dict[str, float] = {}
    for share, answer in zip(shares, answers, strict=True):
        for item in answer:
            total[item.word] = total.get(item.word, 0.0) + share * item.probability
    assert found.exact
    for item in found:
        assert item.probability == pytest.approx(total[item.word], abs=0.004)
    last = found[-1].probability
    assert all(each <= last + 0.004 for word, each in total.items() if word not in found.words)


def test_the_languages_follow_the_words_back_and_forth() -> None:
    session = BOTH.session("thanks for the invitation, ")
    assert session.languages()["en"] > 0.9
    session.append("ich komme gerne ")
    german = session.languages()
    assert german["de"] > 0.9
    assert all("de" in item.sources for item in session.suggest()[:2])
    session.append("and I will ")
    assert session.languages()["en"] > 0.85  # and is expected to change again
    session.set("thanks for the invitation, ich komme gerne ")
    assert session.languages() == pytest.approx(german, abs=1e-3)
    assert sum(session.languages().values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "texts",
    [
        ("hello\n", "hello \n", "hello \nIch "),
        ("hello ", "hello\n", "hello\nIch "),
        ("cafe ", "cafe\u0301 ", "cafe\u0301 et "),
        ("😀 ", "😀😀 ", "😀😀 ich "),
        ("日本 ", "日本語 ", "日本語 the "),
        ("Das ist gut ", "Das ist gut. ", "Das ist gute "),
    ],
    ids=repr,
)
def test_a_text_that_was_edited_is_weighed_as_one_that_is_new(texts: tuple[str, ...]) -> None:
    session = BOTH.session()
    for text in texts:
        session.set(text)
        session.languages()
    assert session.languages() == pytest.approx(BOTH.session(texts[-1]).languages(), abs=1e-3)


@pytest.mark.parametrize("before", ["thanks for", "thanks for ", "", "Thanks (for", "don’t"])
def test_what_follows_a_text_is_weighed_without_the_word_before_it(before: str) -> None:
    session = ENGLISH.session()
    following = "the invitation" if not before or before[-1].isspace() else " the invitation"
    whole, only = (ENGLISH.score(text)[:-1] for text in (before + following, before))
    expected = sum(each.log_probability for each in whole[len(only) :])
    assert session.nats(before, following) == pytest.approx(expected, abs=0.05)


def test_each_model_reads_the_words_of_its_language_and_goes_on_where_it_was_left() -> None:
    session = BOTH.session("I will meet you ich komme gerne mit at the station ")
    session.suggest()
    english, german = (each.text for each in session._sessions.values())
    assert english == "I will meet you at the station "
    assert german.startswith("ich komme gerne mit")
    assert session.suggest().words == ENGLISH.session(english, typist=AS_READ).suggest().words


def test_where_the_language_changed_often_it_is_expected_to_change() -> None:
    calm = BOTH.session("I will meet you at the station and then we will go home ")
    restless = BOTH.session("I will ich komme meet you und wir gehen at the station nach Hause and we will ")
    assert calm.languages()["de"] < 0.05 < restless.languages()["de"] < 0.3


def test_a_quote_that_begins_a_text_ends_no_sentence() -> None:
    text = '" ich komme gerne '
    languages = Languages([each.session() for each in BOTH.predictors.values()])
    assert languages.read(text).sentences.of == 0


def test_a_long_text_is_kept_once_and_not_with_each_of_its_words() -> None:
    session = BOTH.session()
    sentence = "the cat and the dog sat on the mat by the door of the house. "
    tracemalloc.start()
    for number in range(80):
        session.append(sentence)
        session.languages()
        if number == 39:
            half, _ = tracemalloc.get_traced_memory()
    grown = tracemalloc.get_traced_memory()[0] - half
    tracemalloc.stop()
    assert grown < 30 * 40 * len(sentence)  # text, what each language reads, tokens, languages; 1,000 with each word
    before = session.languages()
    session.set("the cat ")  # before all that is kept
    assert session.languages() == BOTH.session("the cat ").languages() != before


def test_a_session_tells_what_it_keeps() -> None:
    session = BOTH.session("I will be there. Ich komme ")
    session.suggest()
    size = session.size
    assert size > sum(each.size for each in session._sessions.values())
    session.append("morgen und ")
    session.suggest()
    assert session.size > size


def test_words_passed_over_are_forgotten_when_the_field_is_emptied() -> None:
    session = BOTH.session("I will ")
    letter = session.suggest(attention=0.9)[0].word[0]
    passed = session.copy()
    passed.append(letter)
    session.reset()
    session.append("I will " + letter)
    fresh = BOTH.session("I will " + letter).suggest(attention=0.9)[0].probability
    assert passed.suggest(attention=0.9)[0].probability < 0.6 * fresh
    assert session.suggest(attention=0.9)[0].probability == pytest.approx(fresh, abs=0.01)


def test_words_that_differ_in_case_alone_take_one_place_if_asked() -> None:
    found = BOTH.session("the DI").suggest(k=12, ignore_case=True)
    assert len({word.lower() for word in found.words}) == len(found) == 12


def test_the_vectors_are_what_the_script_makes() -> None:
    committed = json.loads((golden.ROOT / "export/golden/mixture/tiny.json").read_text(encoding="utf-8"))
    assert alike(json.loads(json.dumps(loaded("golden_mixture").make())), committed)


@pytest.mark.parametrize("text", ["I will be there in a few", "Thank you for", "Vielen Dank für Ihre", "Und (", "I am"])
def test_a_space_is_missing_where_the_text_misses_one_whoever_read_it(text: str) -> None:
    assert BOTH.suggest(text).space == ENGLISH.suggest(text).space
    assert not BOTH.suggest(text + " ").space


def test_the_words_of_a_phrase_stand_apart() -> None:
    phrases = BOTH.phrases("I will be there in a", k=10, max_words=8, threshold=0.02)
    assert next(phrase.text for phrase in phrases if phrase.text.startswith("few")) in ("few days", "few minutes")


def test_a_copy_goes_its_own_way_and_phrases_come_in_one_language() -> None:
    session = BOTH.session("Guten ")
    other = session.copy()
    other.append("Morgen ")
    assert (session.text, other.text) == ("Guten ", "Guten Morgen ")
    assert session.suggest().words == BOTH.suggest("Guten").words
    assert BOTH.phrases("thank you very")[0].text.startswith("much")
    session.delete(len("en "))
    assert session.text == "Gut"
    session.delete(9)
    assert session.text == ""
    session.append("Gut")
    session.reset()
    assert session.text == ""


def test_words_are_added_and_blocked_in_all_and_learnt_once() -> None:
    both = Predictor.load(["en", "de"], personal=PersonalModel())
    both.words.add("Eyjafjallajökull", weight=500)
    assert both.complete("the Eyja")[0].word == "Eyjafjallajökull"
    assert "glossary" in both.complete("the Eyja")[0].sources
    both.words.block("eyjafjallajökull")
    assert "Eyjafjallajökull" not in both.complete("the Eyja").words
    session = both.session("Wir treffen uns bei Rumpelmeier.")
    assert session.commit() == 5
    assert both.complete("Wir treffen uns bei Rumpel")[0].word == "Rumpelmeier"


def test_an_unknown_word_of_one_language_fills_no_place_beside_known_ones_of_another() -> None:
    session = BOTH.session("Wir sehen die ")
    found = session.suggest(prefix="xyl", k=3)
    german = session._sessions["de"].suggest(prefix="xyl", k=3)
    assert [word for word in german.words if BOTH.factor(word) < 1]
    assert "xylophone" in found.words
    assert [BOTH.factor(word) for word in found.words] == [1.0] * len(found)


def test_more_than_two_models_are_mixed() -> None:
    session = MixedPredictor({"en": ENGLISH, "de": GERMAN, "tiny": Predictor.load(TINY)}).session("Ich komme ")
    assert sum(session.languages().values()) == pytest.approx(1)
    assert session.suggest(k=1).words == BOTH.suggest("Ich komme ", k=1).words


@pytest.mark.parametrize("text", ["", "I will be there", "I LIKE T", "so i", "a zyx", "see you tomorow"])
def test_a_mixture_of_one_is_that_model(text: str) -> None:
    alone, english = Predictor.load(["en"]), Predictor.load("en")
    for typing in (None, TypingModel()):
        session, other = alone.session(text, typing=typing), english.session(text, typing=typing)
        found, expected = session.suggest(), other.suggest()
        assert [(each.word, each.probability) for each in found] == [(each.word, each.probability) for each in expected]
        assert not any("model" in each.sources for each in found)
        assert (found.exact, found.autocorrect) == (expected.exact, expected.autocorrect)
        assert session.languages() == {"en": 1.0}
    assert alone.suggest(text, prefix="th").words == english.suggest(text, prefix="th").words


def test_a_text_is_read_after_what_stood_before_it() -> None:
    sent = "Wir haben das Haus gestern gekauft."
    after = BOTH.session("Es ist ", before=sent)
    whole = BOTH.session(f"{sent}\nEs ist ")
    assert after.text == "Es ist "
    assert after.suggest().items == whole.suggest().items == after.copy().suggest().items
    assert after.languages() == whole.languages() == after.copy().languages()
    fresh = BOTH.session("Es ist ").suggest().items
    assert after.suggest().items != fresh
    after.reset(before="")
    after.append("Es ist ")
    assert after.suggest().items == fresh
    after.reset(before=sent)
    assert (after.text, after.languages()["de"] > 0.6) == ("", True)  # a new line may be in the other
    size = after.size
    after.reset(before="x " * 50_000)
    assert after.size < size + 5_000


def test_a_text_is_read_after_what_was_committed_in_its_field() -> None:
    sent = "Wir haben das Haus gestern gekauft."
    session = Predictor.load(["en", "de"], personal=PersonalModel()).session(sent)
    session.reset()
    assert session.languages()["de"] == pytest.approx(0.5)  # it was not sent
    session.append(sent)
    session.commit()
    session.reset()
    assert session.languages() == BOTH.session(before=sent).languages()
    session.reset()
    assert session.languages() == BOTH.session(before=sent).languages()
    session.reset(before="")
    assert session.languages()["de"] == pytest.approx(0.5)


@pytest.mark.parametrize("load", [MixedPredictor.load, load_named])
def test_several_models_are_loaded_with_the_options_of_one(load) -> None:
    one, several = (list(inspect.signature(each).parameters.values())[1:] for each in (Predictor.load, load))
    assert [(each.name, each.kind, each.default) for each in several] == [
        (each.name, each.kind, each.default) for each in one
    ]


def test_any_tolerance_is_taken() -> None:
    session = BOTH.session("thanks for the invitation, I will ")
    assert session.suggest(k=1, tolerance=0.9).words


def test_what_cannot_be_mixed_is_said_in_a_line(tmp_path) -> None:
    with pytest.raises(WordgruError, match="no model is named; expected one or more"):
        MixedPredictor({})
    with pytest.raises(WordgruError, match=r"before is 5; expected a text \(str\)"):
        BOTH.session().reset(before=5)
    with pytest.raises(WordgruError, match="two models are called 'tiny'"):
        Predictor.load([TINY, TINY])


def test_the_command_line_takes_languages_with_commas() -> None:
    answer = CliRunner().invoke(cli, ["suggest", "Guten", "-m", "en,de"])
    assert answer.output.split()[0] == "Tag", answer.output
    answer = CliRunner().invoke(cli, ["suggest", "Guten", "-m", "en,nonsense-here"])
    assert answer.exit_code


def test_the_lists_of_all_models_are_read_changed_and_told_together(tmp_path) -> None:
    both = Predictor.load(["en", "de"])
    glossary = tmp_path / "terms.txt"
    glossary.write_text("Flowmatic\t5\nRMA\n", encoding="utf-8")
    assert both.words.read(glossary) == 2
    assert both.words.weights == {"Flowmatic": 5.0, "RMA": 1.0}
    both.words.block("minute", "too slow")
    assert both.words.blocked["minute"] == "too slow"
    assert both.factor("minute") == 0
    assert "minute" not in both.complete("I will be there in a min").words
    both.words.allow("minute")
    assert "minute" not in both.words.blocked
    assert both.complete("I will be there in a min")[0].word == "minute"


def test_what_is_learnt_is_kept_in_the_file_that_was_named(tmp_path) -> None:
    store = tmp_path / "my.words"
    both = Predictor.load(["en", "de"], personal=store)
    assert both.session("Zorblyfix ist da.").commit() == 3
    again = Predictor.load(["en", "de"], personal=str(store))
    assert again.complete("Zorbly")[0].word == "Zorblyfix"


def test_a_touch_is_one_letter_in_all_models() -> None:
    session = BOTH.session("see you ", typing=TypingModel(layout="phone", spread=0.34))
    typed = [session.touch(*point) for point in [(4.4, 0.2), (7.6, 0.1), (6.9, 2.3), (8.3, 0.2)]]
    assert "".join(typed) == "tono"
    assert session.text == "see you tono"
    assert session.suggest(k=1).words == ["tomorrow"]


def test_where_the_keys_were_touched_counts_after_a_text_in_two_languages() -> None:
    points = [(4.4, 0.2), (7.6, 0.1), (6.9, 2.3), (8.3, 0.2)]
    touched, typed = (BOTH.session("Ich komme gerne. see you ", typing=TypingModel(layout="phone")) for _ in range(2))
    typed.append("".join(touched.touch(*point) for point in points))
    assert touched.text == typed.text
    assert touched.suggest(k=1)[0].probability > typed.suggest(k=1)[0].probability + 0.1


@pytest.mark.parametrize("name", ["autocorrect", "characters", "save", "undo"])
def test_what_one_model_alone_can_do_is_told_in_a_line(name: str) -> None:
    with pytest.raises(AttributeError, match=f"^several models together have no {name}; load one alone"):
        getattr(BOTH.session(), name)
    with pytest.raises(AttributeError, match="object has no attribute 'nonsense'"):
        _ = BOTH.nonsense
    assert not hasattr(BOTH, "generate")


@pytest.mark.parametrize("text", ["user@teh", "mail user@teh", "www.goo"])
def test_nothing_is_offered_inside_an_address(text):
    session = Predictor.load(["en", "de"]).session(text)
    found = session.suggest()
    assert (found.words, found.exact) == ([], False)
    assert session.suggest(prefix="th").words

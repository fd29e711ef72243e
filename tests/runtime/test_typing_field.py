"""What was typed into a text field, or a text, and is corrected there: slips, touch points, two words as one, code."""

import json
import math

import pytest

from tests.runtime.fixtures import TINY
from wordgru import Layout, Predictor, TypingModel, WordgruError
from wordgru.text.prose import code_in
from wordgru.typing.correct import corrections
from wordgru.typing.standing import standing


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


def test_what_is_put_back_was_touched_where_it_was(english):
    session = english.session("see ", typing=TypingModel())
    for point in [(4.1, 0.1), (2.2, 0.1), (5.4, 1.2)]:
        session.touch(*point)
    before = session.corrections(k=1)[0]
    assert session.autocorrect() == before.word == "the"
    session.append(" ")
    session.touch(0, 0)
    session.undo()
    session.delete(2)
    assert session.corrections(k=1)[0].probability == pytest.approx(before.probability, rel=1e-6)
    letters = english.session("see teh", typing=TypingModel()).corrections(k=1)[0]
    assert letters.probability != pytest.approx(before.probability, rel=1e-4)


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


def test_characters_of_a_session_sum_to_one_and_go_on_with_the_word(english):
    for text in ("the ca", "the cat", "I lov", "", "the ", "שלו", "see you tomorro", "caf", "x" * 60):
        found = english.session(text).characters()
        assert sum(found.probabilities.values()) + found.end == pytest.approx(1.0, abs=1e-9)
        assert " " not in found.probabilities
    assert next(iter(english.session("see you tomorro").characters().probabilities)) == "w"
    cat = english.session("the cat").characters()
    assert cat.exact
    assert cat.end > 0.5


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

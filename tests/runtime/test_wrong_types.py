"""A value of another type than is asked for is told in one line that names it, wherever it is given."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.runtime.fixtures import TINY
from wordgru import MixedPredictor, PersonalModel, Predictor, SearchOptions, TypistOptions, WordgruError, WordList

ONE = Predictor.load(TINY)
MIXED = MixedPredictor({"one": ONE, "two": Predictor.load(TINY)})

TEXTS: dict[str, Callable[[Any, Any], object]] = {
    "suggest": lambda predictor, value: predictor.suggest(value),
    "suggest's prefix": lambda predictor, value: predictor.suggest("the", prefix=value),
    "complete": lambda predictor, value: predictor.complete(value),
    "phrases": lambda predictor, value: predictor.phrases(value),
    "session": lambda predictor, value: predictor.session(value),
    "append": lambda predictor, value: predictor.session("the").append(value),
    "set": lambda predictor, value: predictor.session("the").set(value),
}
TEXTS_OF_ONE: dict[str, Callable[[Any], object]] = {
    "score": ONE.score,
    "generate": ONE.generate,
    "before": lambda value: ONE.session("the", before=value),
    "reset": lambda value: ONE.session("the").reset(before=value),
    "add": WordList().add,
    "block": WordList().block,
    "allow": WordList().allow,
    "learn": PersonalModel().learn,
    "unlearn": PersonalModel().unlearn,
    "forget": PersonalModel().forget,
}


@pytest.mark.parametrize(("value", "shown"), [(3, "3"), (b"the", "b'the'"), (["the"], "['the']"), (1.5, "1.5")])
def test_what_is_no_text_is_told(value: object, shown: str) -> None:
    for predictor in (ONE, MIXED):
        for ask in TEXTS.values():
            with pytest.raises(WordgruError) as refused:
                ask(predictor, value)
            assert str(refused.value) == f"the text is {shown}; expected a text (str)."
    for ask_one in TEXTS_OF_ONE.values():
        with pytest.raises(WordgruError, match=r"; expected a text \(str\)\.$"):
            ask_one(value)


def test_none_is_no_text() -> None:
    for predictor in (ONE, MIXED):
        for name in ("suggest", "complete", "phrases", "session"):
            with pytest.raises(WordgruError, match=r"^the text is None; expected a text \(str\)\.$"):
                getattr(predictor, name)(None)


def test_a_session_keeps_its_text_where_an_edit_was_refused() -> None:
    for predictor in (ONE, MIXED):
        session = predictor.session("the ca")
        for edit in (session.append, session.set):
            with pytest.raises(WordgruError):
                edit(5)  # type: ignore[arg-type]
        assert session.text == "the ca"
        assert session.suggest().words == ONE.complete("the ca").words


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"k": "3"}, "k is '3'; expected a whole number of at least 1 and at most 256."),
        ({"k": None}, "k is None; expected a whole number"),
        ({"k": True}, "k is True; expected a whole number"),
        ({"options": {"tolerance": 0.1}}, "options is {'tolerance': 0.1}; expected SearchOptions."),
        ({"ignore_case": "no"}, "ignore_case is 'no'; expected True or False."),
        ({"punctuation": 1}, "punctuation is 1; expected True or False."),
        ({"max_rows": "5"}, "max_rows is '5'; expected a whole number of at least 1."),
        ({"tolerance": "little"}, "tolerance is 'little'; expected a number"),
    ],
)
def test_settings_of_another_type_are_told(settings: dict[str, Any], said: str) -> None:
    for ask in (ONE.suggest, ONE.complete, MIXED.suggest, MIXED.complete, ONE.session("a").suggest):
        arguments = () if ask.__name__ == "suggest" and ask not in (ONE.suggest, MIXED.suggest) else ("the",)
        with pytest.raises(WordgruError) as refused:
            ask(*arguments, **settings)
        assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Predictor.load(5), "the model is 5; expected a name (str or Path)."),
        (lambda: Predictor.load(b"en"), "the model is b'en'; expected a name (str or Path)."),
        (lambda: Predictor.load({}), "the model is {}; expected a name (str or Path)."),
        (lambda: Predictor.load(["en", 5]), "the model is 5; expected a name (str or Path)."),
        (lambda: Predictor.load([]), "no model is named; expected one or more."),
        (lambda: Predictor.load(["", "en"]), "the name of the model is '', which names none; expected the folder of"),
        (lambda: Predictor.load(""), "the name of the model is '', which names none; expected the folder of a bundle,"),
        (lambda: Predictor.load(["en", "en"]), "two models are called 'en'; expected different ones."),
        (lambda: MixedPredictor.load("en"), "names is 'en'; expected a list of names."),
        (lambda: Predictor.load(TINY, personal=5), "the file of personal words is 5; expected a name (str or Path)"),
        (lambda: Predictor.load(TINY, threads="2"), "threads is '2'; expected a whole number"),
        (lambda: Predictor.load(TINY, device=None), "device is None; expected one of cpu, cuda"),
        (lambda: ONE.words.read(5), "the file is 5; expected a name (str or Path)."),
        (lambda: ONE.session("a", typing="qwerty"), "typing is 'qwerty'; expected a TypingModel: TypingModel() for"),
        (lambda: MIXED.session("a", typing="qwerty"), "typing is 'qwerty'; expected a TypingModel"),
        (
            lambda: ONE.session("a", typist={"capitals": False}),
            "typist is {'capitals': False}; expected TypistOptions.",
        ),
        (lambda: ONE.restore("saved"), "the saved session cannot be read"),
        (lambda: SearchOptions(ignore_case=None), "ignore_case is None; expected True or False."),
    ],
)
def test_what_is_loaded_or_made_from_another_type_is_told(call: Callable[[], object], said: str) -> None:
    with pytest.raises(WordgruError) as refused:
        call()
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_long_value_is_shown_in_short() -> None:
    with pytest.raises(WordgruError) as refused:
        ONE.suggest(["a" * 1000] * 1000)  # type: ignore[arg-type]
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("name", ["capitals", "lone_i", "addresses"])
def test_habits_are_true_or_false(name: str) -> None:
    with pytest.raises(WordgruError, match=f"^{name} is 'no'; expected true or false"):
        TypistOptions(**{name: "no"})

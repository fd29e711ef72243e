"""British and American English: the English model knows both spellings of a word, and changes neither."""

from pathlib import Path

import pytest

from wordgru import Predictor, TypingModel
from wordgru.typing.correct import corrections

PAIRS = [line.split() for line in Path("scripts/models/en/spellings.txt").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def english():
    return Predictor.load("en")


def test_both_spellings_are_known(english):
    assert len(PAIRS) > 600
    assert [word for pair in PAIRS for word in pair if not english.words.knows(word)] == []


@pytest.mark.parametrize(
    "text",
    [
        "My favourite colour is grey, like the centre of a theatre.",
        "He was travelling to the paediatric ward, and cancelled the programme.",
        "We organised a programme and apologised to our neighbours for their behaviour.",
        "The traveler was a skeptic, and ate an omelet.",
    ],
)
def test_neither_spelling_is_changed(english, text):
    assert list(corrections(text, english.session(typing=TypingModel()))) == []

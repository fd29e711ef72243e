"""`scripts/languages.py`: the text that it makes of sentences, and what it counts."""

import importlib.util
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.runtime.fixtures import TINY
from wordgru import Predictor

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("languages", ROOT / "scripts" / "languages.py")
languages = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(languages)


@pytest.fixture
def texts(tmp_path):
    pq.write_table(
        pa.table({"text": ["The cat sat on the mat. Too short! the dog is not", "A dog and a cat."]}), tmp_path / "one"
    )
    pq.write_table(pa.table({"text": ["我 想 喝 水. 我 想 不 想?", "東 京 東 京"]}), tmp_path / "other")
    return {name: list(languages.sentences_of(tmp_path / name)) for name in ("one", "other")}


def test_sentences_take_turns_and_those_without_a_mark_end_their_line(texts):
    assert texts["one"] == ["The cat sat on the mat. ", "the dog is not\n", "A dog and a cat. "]
    whole = list(languages._in_turn(texts, within=False))
    assert whole[:2] == [("one", "The cat sat on the mat. "), ("other", "我 想 喝 水. ")]
    halves = list(languages._in_turn(texts, within=True))
    assert [name for name, _ in halves[:4]] == ["one", "other"] * 2
    for name, sentences in texts.items():
        assert "".join(part for each, part in halves if each == name) == "".join(sentences)


@pytest.mark.parametrize("within", [False, True])
def test_every_word_is_counted_once(texts, within):
    alone = {"one": Predictor.load(TINY), "other": Predictor.load(ROOT / "export" / "golden" / "unspaced")}
    counts = languages.compared(alone, texts, within=within)
    assert counts["one"][0] == sum(len(sentence.split()) for sentence in texts["one"])
    assert all(0 < right <= words and mixture <= words for words, mixture, right in [counts["one"]])

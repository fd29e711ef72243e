"""What is changed of a text without slips, and what it counts."""

import json

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import Predictor, TypingModel
from wordgru.cli import cli
from wordgru.errors import TextError
from wordgru.evaluation.bench import Document
from wordgru.evaluation.clean import evaluate_clean


def test_changes_of_known_and_unknown_words_are_counted_apart():
    done = []
    english, text = Predictor.load("en"), "I will see you tomorow\n\nhttps://example.org/tomorow and thanks"
    found = evaluate_clean([Document(text)], english, TypingModel(), progress=done.append)
    assert (found.known, found.unknown) == (6, 1)
    assert found.left == ((), (("tomorow", "tomorrow"),))
    assert found.whole == ((), (("tomorow", "tomorrow"),))
    assert sum(done) > found.known + found.unknown  # words of the address are read, and not judged
    told = found.to_dict()
    assert told["known"] == {"words": 6, "left": 0.0, "whole": 0.0, "changes": {"left": [], "whole": []}}
    assert told["unknown"]["left"] == 100.0
    few = evaluate_clean([Document(text)], english, TypingModel(), unknown=True)
    assert (few.known, few.unknown, few.left) == (0, 1, found.left)
    assert few.to_dict()["known"]["left"] == 0.0


def test_the_command_prints_what_is_changed_and_writes_it(tmp_path):
    (tmp_path / "a.txt").write_text("I will see you tomorow\n", encoding="utf-8")
    given = ["evaluate", str(tmp_path / "a.txt"), "-m", "en", "--clean"]
    printed = CliRunner().invoke(cli, given)
    assert printed.exit_code == 0, printed.output
    rows = [line.split() for line in printed.output.splitlines() if "know" in line]
    assert rows[-2:] == [["knows", "4", "0.00", "0.00"], ["does", "not", "know", "1", "100.00", "100.00"]]
    written = CliRunner().invoke(cli, [*given, "--json", str(tmp_path / "found.json")])
    assert written.exit_code == 0, written.output
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["unknown"]["changes"]["left"] == [["tomorow", "tomorrow"]]


def test_a_text_without_a_word_is_refused():
    with pytest.raises(TextError, match="holds no word that may be corrected"):
        evaluate_clean([Document("123 … 456")], Predictor.load(TINY), TypingModel())

"""The simulated finger and real slips: what is counted, and how it is told. On the English model, seeded."""

import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wordgru import Predictor, TypingModel
from wordgru.cli import cli
from wordgru.errors import TextError, WordgruError
from wordgru.evaluation import touch
from wordgru.evaluation.bench import Document
from wordgru.evaluation.corrections import Slip, evaluate_corrections
from wordgru.evaluation.touch import evaluate_slips, evaluate_touch, mistyped, reliability

ENGLISH = Predictor.load("en")
TEXT = "I will see you tomorrow at 10\nthank you for your help\n今日は"
WORDS = 12
KINDS = (
    "spread",
    "anywhere",
    "vowel",
    "sound",
    "omitted",
    "undoubled",
    "extra",
    "doubled",
    "apostrophe",
    "accent",
    "mute",
    "careless",
)


def touched(spread: float, **options: object) -> dict[str, Any]:
    return evaluate_touch([Document(TEXT)], ENGLISH, spread, rivals=False, **options).to_dict()


def evaluated(*arguments: object, **options: object) -> str:
    result = CliRunner().invoke(cli, ["evaluate", *map(str, arguments)], **options)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_finger_that_hardly_misses_types_every_word_right() -> None:
    none = {"letters": [], "points": []}  # no correction was made
    assert touched(0.01) == {"words": WORDS, "typed": 0.0, "letters": 0.0, "points": 0.0, "reliability": none}


def test_a_hasty_finger_is_corrected_and_the_same_seed_misses_the_same_keys() -> None:
    done: list[int] = []
    found = touched(0.4, seed=3, progress=done.append)
    assert found == touched(0.4, seed=3)
    assert sum(done) == WORDS
    assert found["points"] <= found["letters"] < found["typed"]
    assert found["typed"] != touched(0.4, seed=5)["typed"]


def test_rivals_are_given_what_was_typed_and_judged_by_what_was_meant() -> None:
    asked: list[str] = []

    def echo(typed: str) -> str:
        asked.append(typed)
        return typed

    found = touched(0.4, others={"echo": echo, "never": lambda _: ""})
    assert found["echo"] == found["typed"] > 0
    assert found["never"] == 100
    assert len(asked) == WORDS
    assert "10" in asked  # what is no key of the layout is typed as it is


def test_a_reliability_table_counts_corrections_by_their_probability() -> None:
    made = [(0.49, True), (0.5, True), (0.55, False), (0.9, True), (0.95, True), (1.0, False), (0.79, True)]
    assert [each.to_dict() for each in reliability(made)] == [
        {"corrections": 2, "probability": 50.0, "mean": 52.5, "right": 50.0},
        {"corrections": 1, "probability": 70.0, "mean": 79.0, "right": 100.0},
        {"corrections": 3, "probability": 90.0, "mean": 95.0, "right": pytest.approx(66.666667)},
    ]
    assert reliability([]) == ()


def test_words_touched_are_judged_with_a_reliability_table() -> None:
    found = evaluate_touch([Document("see you tomorrow at the station")], ENGLISH, 0.34, rivals=False).to_dict()
    assert found["words"] == 6
    tables = found["reliability"]
    assert set(tables) == {"letters", "points"}
    for name, groups in tables.items():
        corrections = sum(group["corrections"] for group in groups)
        assert 1 <= corrections <= 6, name
        wrong = sum(group["corrections"] * (100 - group["right"]) for group in groups) / 100
        assert wrong <= found[name] * 6 / 100 + 1e-6
        assert all(group["probability"] <= group["mean"] + 1e-6 for group in groups)


def test_words_are_mistyped_as_the_typing_model_says() -> None:
    model, rng = TypingModel(), random.Random(1)
    typed = [mistyped("letter", model, rng) for _ in range(2000)]
    assert "letter" not in typed
    undoubled, swapped = typed.count("leter"), typed.count("eltter")
    only = TypingModel(**dict.fromkeys(KINDS, 0.0) | {"swapped": 0.2})
    assert {mistyped("abc", only, rng) for _ in range(200)} == {"bac", "acb"}
    assert mistyped("aaa", only, rng) == "aaa"  # no slip shows in it
    assert undoubled > 5 * swapped > 0  # 0.06 to 0.0045


def test_a_share_of_the_words_is_mistyped() -> None:
    text = [Document("see you tomorrow at the station, my friend")]
    assert evaluate_slips(text, ENGLISH, 0.0, rivals=False).typed == 0.0
    found = evaluate_slips(text, ENGLISH, 1.0, rivals=False).to_dict()
    assert found["typed"] == 100.0
    assert found["letters"] < 60.0
    assert set(found) == {"words", "typed", "letters", "reliability"}


def test_text_without_a_word_to_type_is_refused() -> None:
    with pytest.raises(TextError, match="holds no word to type"):
        evaluate_touch([Document("今日は\n…")], ENGLISH, 0.3, rivals=False)


def test_the_command_prints_word_error_rates_and_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    shown = evaluated(path, "--touch", 0.01, "--layout", "qwertz", "--json", tmp_path / "a.json")
    assert "12 words, spread 0.01 key widths" in shown
    rows = [line.split()[-1] for line in shown.splitlines() if line.startswith((" as typed", " corrected"))]
    assert rows == ["0.0"] * 3
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["words"] == WORDS
    assert json.loads(evaluated("-", "--touch", 0.01, "--json", "-", input="see you"))["typed"] == 0.0


SLIPS = [
    Slip("tomorow", "tomorrow", "See you tomorow morning.", "chat"),
    Slip("your", "you're", "I think your right about that.", "chat"),
    Slip("recieve", "receive", "", "list"),
]


def test_the_right_side_of_a_slip_counts_where_there_is_one() -> None:
    chat, single, whole = evaluate_corrections(SLIPS, ENGLISH, TypingModel())
    assert [each.group for each in (chat, single, whole)] == ["chat", "list", "all"]
    assert (chat.count, single.count, whole.count) == (2, 1, 3)
    assert single.left == single.whole == (1.0, 1.0)
    assert chat.left[0] <= chat.whole[0] == 1.0
    assert whole.whole == (1.0, 1.0)


def test_where_a_slip_stands_is_found_as_a_word_first() -> None:
    assert Slip("he", "the", "where he was").around() == ("where ", " was")
    assert Slip("cat", "car", "catalogue").around() == ("", "")
    assert Slip("no", "now", "").around() == ("", "")


def test_the_command_reads_slips_and_tells_each_group(tmp_path: Path) -> None:
    lines = [
        json.dumps({"typed": each.typed, "intended": each.intended, "context": each.context, "source": each.group})
        for each in SLIPS
    ]
    path = tmp_path / "slips.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    shown = evaluated(path, "--corrections")
    (chat,) = (line.split() for line in shown.splitlines() if line.startswith(" chat"))
    assert (chat[1], chat[-2:]) == ("2", ["100.0", "100.0"])
    values = json.loads(evaluated("-", "--corrections", "--json", "-", input="\n".join(lines)))
    assert values["slips"] == 3
    assert values["whole"] == {"first": 100.0, "among_3": 100.0}
    assert set(values["groups"]) == {"chat", "list"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no line"),
        ('{"typed": 1, "intended": "a"}', "line 1: expected an object with the texts"),
        ('{"typed": "\\ud800", "intended": "a"}', "line 1"),
        ("[", "line 1"),
    ],
)
def test_slips_that_cannot_be_read_are_explained_in_a_line(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "slips.jsonl"
    path.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(cli, ["evaluate", str(path), "--corrections"])
    assert isinstance(result.exception, WordgruError)
    assert sentence in str(result.exception)
    assert "\n" not in str(result.exception)
    assert path.name in str(result.exception)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--touch", "0.3", "--corrections"], "give one of --touch and --corrections"),
        (["--touch", "0.3", "-k", "3"], "give one of --touch and -k"),
        (["--cache", "--picture", "a.png"], "give one of --cache and --picture"),
        (["--corrections", "--learn"], "give one of --corrections and --learn"),
        (["--learn", "--mix", "de"], "give one of --learn and --mix"),
        (["--touch", "0.3", "--kenlm", "a.arpa"], "give one of --touch and --kenlm"),
    ],
)
def test_flags_of_other_figures_are_refused(flags: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, ["evaluate", "-", *flags], input="see you")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: {said}\n" in result.stderr


def test_a_typing_model_is_judged_with_one_model() -> None:
    flags = ["--touch", "0.3", "-m", "en", "-m", "de"]
    result = CliRunner().invoke(cli, ["evaluate", "-", *flags], input="see you")
    assert "judge one model alone" in str(result.exception)


def test_learning_is_written_by_person(tmp_path: Path) -> None:
    rows = [{"person": name, "text": f"Zorbly {name} zorbly."} for name in ("ann", "ben") for _ in range(2)]
    lines = "\n".join(map(json.dumps, rows))
    path = tmp_path / "people.jsonl"
    path.write_text(lines, encoding="utf-8")
    values = json.loads(evaluated(path, "--learn", "-k", 3, "--json", "-"))
    assert set(values) == {"off", "on"}
    assert set(values["on"]["people"]) == {"ann", "ben"}
    assert values["on"]["savings@3"] > values["off"]["savings@3"]
    refused = CliRunner().invoke(cli, ["evaluate", str(path), "--learn", "-m", "en", "-m", "de"])
    assert "--learn judges one model" in str(refused.exception)


def test_languages_mixed_in_are_judged_beside_the_model_alone(tmp_path: Path) -> None:
    path = tmp_path / "both.txt"
    path.write_text("I will see you tomorrow.\nIch freue mich auf das Wochenende.\n", encoding="utf-8")
    flags = ["--documents", "file", "-k", "3", "-m", "en"]
    values = json.loads(evaluated(path, "--mix", "de", *flags[:4], "--json", "-"))
    assert set(values) == {"off", "on"}
    assert values["on"]["savings@3"] > values["off"]["savings@3"] + 5
    assert (values["off"]["languages"], values["on"]["languages"]) == (["en"], ["en", "de"])
    for more, said in (
        (["-m", "de"], "--mix judges one model"),
        (["--mix", "en"], "these are to be mixed: en, en; expected models of different names. Name each once."),
        (["--mix", ""], "--mix is ''; expected the names of languages to mix in: de, or de,fr."),
        (["--mix", " , "], "--mix is ' , '; expected the names of languages"),
    ):
        refused = CliRunner().invoke(cli, ["evaluate", str(path), "--mix", "de", *flags, *more])
        assert said in str(refused.exception)


def test_dynamic_evaluation_names_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("the cat", encoding="utf-8")
    result = CliRunner().invoke(cli, ["evaluate", str(path), "--perplexity", "--dynamic"])
    assert isinstance(result.exception, WordgruError)
    assert "wordgru[train]" in str(result.exception) or "name the folder of one" in str(result.exception)


FAKE_SYMSPELL = """
from pathlib import Path


class Verbosity:
    TOP = 0


class Found:
    def __init__(self, term):
        self.term = term


class SymSpell:
    def __init__(self, max_dictionary_edit_distance):
        self.words = {}

    def load_dictionary(self, path, term, count):
        self.words = {word: int(often) for word, often in map(str.split, Path(path).read_text().splitlines())}

    def lookup(self, typed, verbosity, max_edit_distance, include_unknown):
        return [Found(typed if typed in self.words else "nearest")]
"""


def test_rivals_judge_words_by_their_frequencies_and_by_symspell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "symspellpy").mkdir()
    (tmp_path / "symspellpy" / "__init__.py").write_text(FAKE_SYMSPELL, encoding="utf-8")
    dictionary = "the 1000000\nfox 10\ncat 500\nhouse 7\n"
    (tmp_path / "symspellpy" / "frequency_dictionary_en_82_765.txt").write_text(dictionary, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "symspellpy", raising=False)
    touch._symspell.cache_clear()
    try:
        rivals = touch._rivals(TypingModel(spread=0.3))
    finally:
        touch._symspell.cache_clear()
        monkeypatch.delitem(sys.modules, "symspellpy")
    assert {typed: rivals["frequency"](typed) for typed in ("tje", "fox", "cst", "houae", "longest")} == {
        "tje": "the",
        "fox": "fox",
        "cst": "cat",
        "houae": "house",
        "longest": "longest",  # none is as long
    }
    assert (rivals["symspell"]("the"), rivals["symspell"]("tje")) == ("the", "nearest")


def test_figures_of_slips_and_of_clean_texts_may_be_written_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("I will see you tomorrow", encoding="utf-8")
    for flags, name in (
        (["--slips", "0.2"], "letters"),
        (["--touch", "0.3", "--offset", "0.2"], "learnt"),
        (["--clean"], "known"),
    ):
        assert name in json.loads(evaluated(path, *flags, "--json", "-"))


def test_words_and_their_frequencies_are_judged_beside_the_model(tmp_path: Path) -> None:
    slips, counts = tmp_path / "slips.jsonl", tmp_path / "words.txt"
    slips.write_text('{"typed": "tomorow", "intended": "tomorrow"}\n{"typed": "zq", "intended": "zq"}\n', "utf-8")
    counts.write_text("tomorrow\t500\nthe\t60000\n", encoding="utf-8")
    shown = evaluated(slips, "--corrections", "--frequencies", counts, "--json", tmp_path / "a.json")
    assert shown.splitlines()[1].split("   ")[-1].strip() == "among 3"
    frequency = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["frequency"]
    assert frequency == {"first": 100.0, "among_3": 100.0}


def test_slips_of_hundreds_of_letters_have_figures() -> None:
    [found] = evaluate_corrections([Slip("x" * 300, "a")], ENGLISH, TypingModel(), frequencies={"the": 5.0})
    assert found.frequency == (0.0, 0.0)


def test_a_rate_of_slips_is_a_share() -> None:
    with pytest.raises(WordgruError, match="rate of slips is nan"):
        evaluate_slips([Document("see you")], ENGLISH, float("nan"), rivals=False)

"""What is hostile or odd is answered as it is meant, or in one line; nothing of the user's is lost."""

import hashlib
import io
import json
import multiprocessing
import os
import pickle
import shutil
import sqlite3
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click import unstyle
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import Layout, PersonalModel, Predictor, TextError, TypingModel, WordgruError, WordList
from wordgru.bundle import open_bundle
from wordgru.cli import cli
from wordgru.evaluation.bench import Document
from wordgru.evaluation.corrections import read_slips
from wordgru.evaluation.touch import evaluate_touch
from wordgru.predictor import SHIPPED
from wordgru.sources.grams import Gram
from wordgru.text.known import KnownWords
from wordgru.text.prose import is_prose
from wordgru.text.tokenizer import Tokenizer
from wordgru.typing.correct import corrections

PREDICTOR = Predictor.load(TINY)
DEEP = "[" * 100_000
SURROGATE = "a\ud800"


# -- personal words ------------------------------------------------------------------------------------------------


def learnt(store):
    return {gram.word for gram in store.grams()}


def spelled(*numbers):
    """Numbers as a word, for long numbers are not learnt."""
    return "w" + "x".join("".join(chr(ord("a") + int(digit)) for digit in str(number)) for number in numbers)


@pytest.mark.parametrize("kept", ["in a file", "in memory"])
def test_threads_share_a_store_and_no_sentence_is_lost(kept, tmp_path):
    store = PersonalModel(tmp_path / "my.words" if kept == "in a file" else None)
    failures = []

    def write(number):
        try:
            for turn in range(4):
                store.learn(f"{spelled(number, turn)} is here")
                store.after("is ")
                store.clock  # noqa: B018
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.clock == 24 * 4 * 3
    assert {spelled(number, turn) for number in range(24) for turn in range(4)} <= learnt(store)


def test_a_store_that_another_process_read_at_the_wrong_moment_learns_again(tmp_path):
    with PersonalModel(tmp_path / "my.words") as store:
        store.learn("two words")
        store._store.execute("PRAGMA busy_timeout = 50")
        other = sqlite3.connect(tmp_path / "my.words", isolation_level=None)
        reading = other.execute("SELECT * FROM grams")
        reading.fetchone()  # it holds the file until it has read all
        with pytest.raises(WordgruError, match="locked"):
            store.learn("Krakenhaus")
        reading.close()
        other.close()
        assert store.learn("Krakenhaus again") == 2
        assert {"Krakenhaus", "again"} <= learnt(store)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_opens_the_file_for_itself(tmp_path):
    store = PersonalModel(tmp_path / "my.words")
    store.learn("before the fork")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_learn, args=(store, spelled(number))) for number in range(4)]
    for child in children:
        child.start()
    for turn in range(10):
        store.learn(spelled(99, turn))
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 4
    wanted = {spelled(number) + spelled(turn)[1:] for number in range(4) for turn in range(10)}
    assert wanted | {spelled(99, turn) for turn in range(10)} <= learnt(store)
    with sqlite3.connect(tmp_path / "my.words") as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _learn(store, word):
    for turn in range(10):
        store.learn(word + spelled(turn)[1:])
    store.close()


def test_a_store_in_a_file_goes_to_another_process_and_one_in_memory_says_that_it_cannot(tmp_path):
    with PersonalModel(tmp_path / "my.words", max_bytes=123_456) as store:
        store.learn("Krakenhaus")
        with pickle.loads(pickle.dumps(store)) as copy:
            assert "Krakenhaus" in learnt(copy)
            assert copy._max_bytes == 123_456
            copy.learn("shared")
        assert "shared" in learnt(store)
    with pytest.raises(WordgruError, match="in memory cannot be pickled"):
        pickle.dumps(PersonalModel())


def test_an_odd_name_of_a_store_is_refused_and_keeps_no_one_s_words_in_memory_unasked():
    for name in ("", "my\0words"):
        with pytest.raises(WordgruError, match="personal words"):
            PersonalModel(name)


@pytest.mark.parametrize("size", ["large", float("nan"), 99_999, None, True])
def test_an_odd_size_of_a_store_is_refused(size):
    with pytest.raises(WordgruError, match=r"max_bytes is .*; expected a whole number of at least 100000"):
        PersonalModel(max_bytes=size)


def test_words_are_forgotten_even_where_the_file_cannot_be_made_smaller(tmp_path):
    with PersonalModel(tmp_path / "my.words") as store:
        store.learn("the Krakenhaus and more")
        real = store._store

        class Full:
            def __getattr__(self, name):
                return getattr(real, name)

            def execute(self, what, *values):
                if what == "VACUUM":
                    raise sqlite3.OperationalError("database or disk is full")
                return real.execute(what, *values)

        store._store = Full()
        with pytest.raises(WordgruError, match=r"full.*What was asked for is forgotten"):
            store.forget("Krakenhaus")
        store._store = real
        assert learnt(store) == {"the", "and", "more"}
    assert b"krakenhaus" not in (tmp_path / "my.words").read_bytes().lower()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no users")
def test_a_store_that_may_only_be_read_is_read_and_says_why_it_learns_nothing(tmp_path):
    path = tmp_path / "my.words"
    with PersonalModel(path) as store:
        store.learn("Krakenhaus")
    with PersonalModel(path) as store:
        store._store.execute("PRAGMA query_only = ON")  # as from a disk that is mounted so; a test may run as root
        before = path.read_bytes()
        with pytest.raises(WordgruError, match="readonly"):
            store.learn("another")
        assert "Krakenhaus" in store.after("")
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a file's size")
def test_a_disk_that_is_full_loses_at_most_what_was_being_learnt(tmp_path):
    program = """
import resource, sys
from wordgru import PersonalModel, WordgruError
store = PersonalModel(sys.argv[1])
store.learn("Krakenhaus")
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
done = 0
try:
    while True:
        store.learn("sentence" + "".join(chr(97 + int(d)) for d in str(done)) + " is one of many that fill the disk")
        done += 1
except WordgruError as error:
    assert "\\n" not in str(error)
    print(done)
"""
    import subprocess

    path = tmp_path / "my.words"
    found = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    count = int(found.stdout)
    assert count > 10
    with PersonalModel(path) as store:
        kept = learnt(store)
        assert {"sentence" + "".join(chr(97 + int(digit)) for digit in str(at)) for at in range(count)} <= kept
        assert "Krakenhaus" in kept
        store.learn("there is room again")


def test_what_is_imported_may_be_any_json_and_is_one_line_each(tmp_path):
    path = tmp_path / "in.jsonl"
    for line in (DEEP, '{"history": "", "word": "a", "count": 1' + "0" * 400 + "}", '{"history": 1}', "\ufeff{}"):
        path.write_text(line, encoding="utf-8")
        call = ["words", "--personal", str(tmp_path / "my.words"), "import", str(path)]
        with pytest.raises(WordgruError, match="line 1: expected"):
            CliRunner().invoke(cli, call, catch_exceptions=False)


# -- text ------------------------------------------------------------------------------------------------------------


def test_half_a_character_is_refused_in_a_line_by_all_that_takes_text():
    uses = [
        PersonalModel().learn, PersonalModel().unlearn, PersonalModel().after, WordList().add, WordList().block,
        WordList().allow, PREDICTOR.words.add, PREDICTOR.suggest, PREDICTOR.complete, PREDICTOR.score,
        PREDICTOR.phrases, PREDICTOR.generate, lambda text: PREDICTOR.suggest("the", prefix=text),
        lambda text: list(corrections(text, PREDICTOR.session(typing=TypingModel()))),
        lambda text: PREDICTOR.session("a").nats_after([text], "b"),
        lambda text: PREDICTOR.session(text).characters(), lambda text: PREDICTOR.session(text).save(),
        lambda text: evaluate_touch([Document(text)], PREDICTOR, 0.3, rivals=False),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(WordgruError, match="surrogate"):
            use(SURROGATE)
    assert PersonalModel().forget(SURROGATE) == 0
    with pytest.raises(WordgruError, match="cannot be written"):
        PersonalModel().add([Gram("", SURROGATE, 1.0)])


def test_known_words_go_to_another_process():
    known = pickle.loads(pickle.dumps(KnownWords.of(["cat", "don’t"])))
    assert "Cat" in known
    assert "don't" in known
    assert "fish" not in known


def test_a_keystroke_in_a_very_long_word_costs_no_more_than_its_length():
    session = PREDICTOR.session("a" * 2000)
    times = []
    for count in (2000, 16_000):
        session.set("a" * count)
        session.suggest()
        started = time.process_time()
        for _ in range(3):
            session.append("a")
            session.suggest()
        times.append(time.process_time() - started)
    assert times[1] < 30 * times[0]  # it was 64 times and more: quadratic


def test_what_is_prose_is_known_from_the_letters_beside_it_alone():
    text = "x" * 5_000_000 + " teh a"
    started = time.process_time()
    for _ in range(2000):
        assert is_prose(text, 5_000_001, 5_000_004)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(("text", "expected"), [
    ("root owned my .teh", False), (".teh", False), ("a.teh", False), ("no...teh", True), ("..teh", True),
])  # fmt: skip
def test_names_of_files_that_begin_with_a_dot_are_no_prose(text, expected):
    assert is_prose(text, len(text) - 3, len(text)) == expected


def test_no_choices_have_no_figures():
    assert len(PREDICTOR.session("the ").nats_after([], "cat")) == 0


# -- keyboards -------------------------------------------------------------------------------------------------------


def layout(tmp_path, text):
    path = tmp_path / f"{abs(hash(text))}.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_capitals_and_decomposed_letters_on_keys_stand_for_what_they_type(tmp_path):
    printed = layout(tmp_path, '{"rows": [{"x": 0, "y": 0, "keys": "QWE\u0301"}]}')
    assert Layout.load(printed).keys == {"q": (0.0, 0.0), "w": (1.0, 0.0), "é": (2.0, 0.0)}
    twice = layout(tmp_path, '{"rows": [{"x": 0, "y": 0, "keys": "aA"}]}')
    with pytest.raises(WordgruError, match="the key 'a' is there twice"):
        Layout.load(twice)


@pytest.mark.parametrize(
    ("text", "says"),
    [(DEEP, "is no JSON"), ('{"rows": [{"x": 0, "y": 0, "keys": "a\\ud800"}]}', "half a character"),
     ('{"rows": [], "rows": [{"x": 1e400, "y": 0, "keys": "a"}]}', "expected the numbers x and y"),
     ('{"rows": [{"x": 1' + "0" * 5000 + ', "y": 0, "keys": "a"}]}', "is no JSON")],
)  # fmt: skip
def test_an_odd_layout_is_one_line(text, says, tmp_path):
    with pytest.raises(WordgruError, match=says):
        TypingModel(layout=str(layout(tmp_path, text)))


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, int])
def test_a_point_may_be_of_any_kind_of_number(kind):
    session = PREDICTOR.session(typing=TypingModel())
    assert session.touch(kind(1), kind(0)) == "w"
    with pytest.raises(WordgruError, match="expected key widths"):
        session.touch(np.float32("nan"), 0)


# -- files -----------------------------------------------------------------------------------------------------------


def test_json_that_is_nested_too_deeply_is_one_line(tmp_path):
    (tmp_path / "config.json").write_text(DEEP)
    with pytest.raises(WordgruError, match="is not JSON"):
        open_bundle(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("name", ["config.json", "model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_a_bundle_with_a_file_that_never_ends_is_refused(name, kind, tmp_path):
    bundle = shutil.copytree(TINY, tmp_path / "bundle")
    (bundle / name).unlink()
    if kind == "a pipe":
        os.mkfifo(bundle / name)
    else:
        (bundle / name).symlink_to("/dev/zero")
    with pytest.raises(WordgruError, match=f"{name}: is no plain file"):
        open_bundle(bundle)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda values: values["normalizer"]["normalizers"].insert(0, PATTERN), "its normalizer is another one"),
        (lambda values: values["normalizer"]["normalizers"].pop(0), "its normalizer is another one"),
        (lambda values: values.update(added_tokens=[ADDED]), "tokens beside those of its vocabulary"),
        (lambda values: values["pre_tokenizer"].update(pretokenizers=[]), "its rule of a word is another one"),
        (lambda values: values["pre_tokenizer"]["pretokenizers"].pop(), "its rule of a word is another one"),
        (lambda values: values["model"].update(dropout=0.9), "it leaves tokens to chance"),
    ],
)
def test_a_tokenizer_that_does_more_or_less_than_ours_is_refused(change, says):
    values = json.loads((TINY / "tokenizer.json").read_text(encoding="utf-8"))
    change(values)
    with pytest.raises(WordgruError, match=says):
        Tokenizer.from_json(json.dumps(values))


PATTERN = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": ""}  # takes for ever
ADDED = {
    "id": 10_000_000, "content": "the", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
    "special": False,
}  # fmt: skip


def test_json_lines_end_where_lines_end_and_nowhere_else(tmp_path):
    path = tmp_path / "slips.jsonl"
    slip = {"typed": "teh", "intended": "the", "context": "one\u2028teh\u0085two\x1cthree"}
    path.write_text(json.dumps(slip, ensure_ascii=False) + "\r\n", encoding="utf-8", newline="")
    (found,) = read_slips(path)
    assert found.context == slip["context"]
    path.write_text(DEEP)
    with pytest.raises(TextError, match="line 1: expected an object"):
        read_slips(path)


@pytest.mark.parametrize("flags", [["--by", "person"], ["--learn"], ["--corrections"]])
def test_half_a_character_in_json_is_one_line_that_names_its_own(flags, tmp_path):
    path = tmp_path / "lines.jsonl"
    plain = '{"text": "a cat", "person": "x", "typed": "caat", "intended": "cat", "source": "x"}\n'
    path.write_text(plain + plain.replace('"x"', '"\\ud800"'))
    with pytest.raises(TextError, match=r"line 2: the text holds a lone surrogate"):
        CliRunner().invoke(cli, ["evaluate", str(path), *flags, "-m", str(TINY)], catch_exceptions=False)


def test_a_text_of_hardly_a_word_has_a_finite_perplexity(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("§¶" * 100 + " a", encoding="utf-8")
    for flags in ([], ["--perplexity"]):
        found = CliRunner().invoke(cli, ["evaluate", str(path), *flags, "--json", "-", "-m", str(TINY)])
        (row,) = json.loads(found.stdout, parse_constant=pytest.fail)["evaluations"][0]["rows"]
        perplexity = row["perplexity"] if flags else row["perplexity"]["value"]
        assert perplexity == pytest.approx(sys.float_info.max, rel=1e-9)


def test_slips_and_texts_come_from_standard_input_too():
    slip = json.dumps({"typed": "caat", "intended": "cat", "context": "the caat sat"})
    found = CliRunner().invoke(cli, ["evaluate", "-", "--corrections", "--json", "-", "-m", str(TINY)], input=slip)
    assert found.exit_code == 0
    assert json.loads(found.stdout)["slips"] == 1


@pytest.mark.parametrize("flags", [["--touch", "0.3"], ["--perplexity"], []])
@pytest.mark.parametrize("text", ["", "\n\n", "...\n"])
def test_no_figure_is_told_of_a_text_without_words(flags, text, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(text)
    if flags == ["--perplexity"] and text:
        return  # marks and line ends have a perplexity
    with pytest.raises(TextError, match="holds no"):
        CliRunner().invoke(cli, ["evaluate", str(path), *flags, "-m", str(TINY)], catch_exceptions=False)


@pytest.mark.parametrize(
    "text",
    ["teh cat\r\nsat on teh mat\r\n", "teh cat\rsat", "\x1b[31mteh\x1b[0m cat\n", "te\u0301h cat", "no", "\u2028\x85"],
)
def test_a_corrected_text_differs_in_the_words_corrected_alone(text, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    same = CliRunner().invoke(cli, ["correct", str(path), "--apply", "--threshold", "1", "-m", str(TINY)])
    assert same.stdout_bytes == text.encode()
    found = CliRunner().invoke(cli, ["correct", str(path), "--json", "--threshold", "0.5", "-m", str(TINY)])
    corrected = text
    for each in reversed([json.loads(line) for line in found.stdout.splitlines()]):
        assert text[each["start"] : each["end"]] == each["typed"]
        corrected = corrected[: each["start"]] + each["word"] + corrected[each["end"] :]
    applied = CliRunner().invoke(cli, ["correct", str(path), "--apply", "--threshold", "0.5", "-m", str(TINY)])
    assert applied.stdout_bytes == corrected.encode()


# -- known faults ----------------------------------------------------------------------------------------------------


def _shipped_session(text):
    return Predictor.load(SHIPPED).session(text, typing=TypingModel())


@pytest.mark.parametrize("text", ["I will see you tomo\u200brow", "I will see you to\u0301morow"])
def test_a_correction_replaces_the_whole_word_that_was_typed(text):
    session = _shipped_session(text)
    assert session.autocorrect() == "tomorrow"
    assert session.text == "I will see you tomorrow"


def test_a_new_text_in_the_field_knows_nothing_of_corrections_before():
    session = _shipped_session("I will see you tomorow")
    session.autocorrect()
    session.reset()
    session.append("I will see you tomorrow ok")
    session.undo()
    assert session.text == "I will see you tomorrow ok"


def test_points_touched_after_a_correction_belong_to_their_letters_when_it_is_undone():
    session = _shipped_session("I will see you tomorow")
    session.autocorrect()
    session.append(" ")
    keys = Layout.load("qwerty").keys
    for char in "ok":
        session.touch(*keys[char])
    session.undo()
    assert session.text == "I will see you tomorow ok"
    assert {session.text[place : place + 1]: point for place, point in session._touched.points.items()} == {
        "o": keys["o"], "k": keys["k"],
    }  # fmt: skip


def test_a_very_long_word_is_asked_for_again():
    predictor = Predictor.load(TINY)
    session = predictor.session("x" * 600, typing=TypingModel())
    for _ in range(4):
        session.suggest()
    session.autocorrect()


def test_a_broken_graph_leaves_standard_output_alone(tmp_path, capfd):
    bundle = shutil.copytree(TINY, tmp_path / "bundle")
    graph = (TINY / "model.onnx").read_bytes().replace(b"input_ids", b"\x9enput_ids")
    (bundle / "model.onnx").write_bytes(graph)
    config = json.loads((bundle / "config.json").read_text())
    config["files"]["model.onnx"] = hashlib.sha256(graph).hexdigest()
    (bundle / "config.json").write_text(json.dumps(config))
    with pytest.raises(WordgruError, match="cannot load it"):
        Predictor.load(bundle)
    assert capfd.readouterr().out == ""


def test_a_predictor_is_loaded_again_in_another_process_or_says_that_it_must_be():
    try:
        copy = pickle.loads(pickle.dumps(PREDICTOR))
    except WordgruError:
        return
    assert copy.suggest("the cat").words == PREDICTOR.suggest("the cat").words


@pytest.mark.parametrize(("place", "value"), [(10, 99), (8, 1)])  # of the directory's entry: compression, flags
def test_a_saved_session_of_another_kind_of_zip_is_one_line(place, value):
    data = bytearray(PREDICTOR.session("the cat").save())
    data[data.index(b"PK\x01\x02") + place] = value
    with pytest.raises(WordgruError, match="cannot be read"):
        PREDICTOR.restore(bytes(data))


def test_a_saved_session_whose_text_is_no_array_is_one_line(tmp_path):
    with zipfile.ZipFile(io.BytesIO(PREDICTOR.session("the cat").save())) as saved:
        members = {name: saved.read(name) for name in saved.namelist()}
    with zipfile.ZipFile(tmp_path / "odd", "w") as odd:
        for name, content in members.items():
            odd.writestr(name, b"the cat" if name == "text.npy" else content)
    with pytest.raises(WordgruError, match="cannot be read"):
        PREDICTOR.restore((tmp_path / "odd").read_bytes())


def test_a_path_to_this_file_is_no_layout():
    with pytest.raises(WordgruError, match="is no JSON"):
        Layout.load(Path(__file__))


def test_control_characters_of_a_text_do_not_reach_the_terminal(tmp_path, monkeypatch):
    file = tmp_path / "hostile.txt"
    file.write_text("a\0b\x1b[31mred the\x07 cat\x9b", encoding="utf-8")
    flags = [str(file), "-m", str(TINY)]
    for terminal in (False, True):
        monkeypatch.setattr("wordgru.cli._shows", lambda *_: terminal)  # noqa: B023
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: terminal, raising=False)  # noqa: B023
        shown = unstyle(CliRunner().invoke(cli, ["score", *flags]).stdout)
        words = [line.split()[0] for line in shown.splitlines()]
        assert words[2 * terminal :] == ["a", r"\x00", "b", r"\x1b[", "31mred", "the", r"\x07", "cat", r"\x9b", "(end)"]
    rows = CliRunner().invoke(cli, ["score", *flags, "--json"]).stdout.splitlines()
    assert [json.loads(row)["text"] for row in rows][1] == "\0"


def test_control_characters_of_corrected_text_and_of_kept_words_are_shown_escaped(tmp_path):
    file = tmp_path / "hostile.txt"
    file.write_text("So,\tI hvae \x1b[31ma cat.\x07\n", encoding="utf-8")
    shown = CliRunner().invoke(cli, ["correct", str(file)], color=True).stdout
    assert unstyle(shown) == "1: So,\tI [-hvae-]{+have+} \\x1b[31ma cat.\\x07\n"
    assert CliRunner().invoke(cli, ["correct", str(file), "--apply"]).stdout == "So,\tI have \x1b[31ma cat.\x07\n"
    store = ["words", "--personal", str(tmp_path / "my.words")]
    gram = json.dumps({"history": "", "word": "a\x1b[31mb", "count": 2})
    assert CliRunner().invoke(cli, [*store, "import", "-"], input=gram).exit_code == 0
    assert CliRunner().invoke(cli, [*store, "list"]).stdout == "a\\x1b[31mb\t2.00\n"

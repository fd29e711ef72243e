"""The command line prints words, JSON and one-line errors."""

import importlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click import unstyle
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru.cli import cli, print_table, read_text, run
from wordgru.errors import WordgruError
from wordgru.predictor import SHIPPED, Predictor, find_model
from wordgru.text import words


def wordgru(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "wordgru", *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, timeout=60, check=False, env=_environment(environment)
    )


def _environment(extra: dict[str, str]) -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name != "WORDGRU_MODEL"} | extra


def test_suggest_prints_a_word_a_line_in_a_pipe() -> None:
    result = CliRunner().invoke(cli, ["suggest", "the cat", "-k", "4", "--model", str(TINY)])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 4
    assert all(line == line.strip() != "" for line in lines)


def test_a_table_on_a_terminal_is_aligned_by_what_the_eye_sees(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    columns = [("word", "left"), ("probability", "right"), ("", "left")]
    print_table(columns, [("of", "15.7%", "██"), ("日本語", "0.1%", "")], plain=[])
    lines = unstyle(capsys.readouterr().out).splitlines()
    assert lines == [
        " word     probability",
        " " + "─" * (6 + 3 + 11 + 3 + 2),
        " of             15.7%   ██",
        " 日本語          0.1%",  # each of the three is two cells wide
    ]


def test_suggest_json_holds_words_and_proof() -> None:
    result = CliRunner().invoke(cli, ["suggest", "the ca", "--complete", "--json", "-m", str(TINY)])
    answer = json.loads(result.stdout)
    assert answer["exact"] is True
    assert all(item["word"].startswith("ca") and 0 < item["probability"] <= 1 for item in answer["suggestions"])
    assert "".join(answer["suggestions"][0]["tokens"]).strip() == answer["suggestions"][0]["word"]


def test_marks_are_offered_after_a_finished_word_when_asked() -> None:
    command = ["suggest", "I love you.", "-k", "40", "--complete", "--punctuation", "-m", str(TINY)]
    offers = CliRunner().invoke(cli, command).stdout.splitlines()
    assert any(words.kind(offer) == "marks" for offer in offers)


def test_the_environment_names_the_model() -> None:
    assert wordgru("suggest", "the", WORDGRU_MODEL=str(TINY)).returncode == 0


def test_score_reads_a_file_and_prints_lines_or_json(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("the cat sat.", encoding="utf-8")
    plain = CliRunner().invoke(cli, ["score", str(file), "-m", str(TINY)]).stdout.splitlines()
    rows = [
        json.loads(line)
        for line in CliRunner().invoke(cli, ["score", str(file), "--json", "-m", str(TINY)]).stdout.splitlines()
    ]
    assert [row["text"] for row in rows] == ["the", "cat", "sat", ".", ""]
    assert [line.split("\t")[0] for line in plain] == ["the", "cat", "sat", ".", "(end)"]
    assert rows[0]["bits"] == pytest.approx(-rows[0]["log_probability"] / 0.6931472, rel=1e-5)
    file.write_text("the cat sat.\n", encoding="utf-8")
    assert CliRunner().invoke(cli, ["score", str(file), "-m", str(TINY)]).stdout.splitlines() == plain


def test_score_reads_a_byte_order_mark_and_line_ends_of_windows_as_training_does(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"the cat\nsat\n\non the mat.\n")
    plain = CliRunner().invoke(cli, ["score", str(file), "--json", "-m", str(TINY)])
    file.write_bytes(b"\xef\xbb\xbfthe cat\r\nsat\r\n\r\non the mat.\r\n")
    assert CliRunner().invoke(cli, ["score", str(file), "--json", "-m", str(TINY)]).stdout == plain.stdout != ""


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_line_end_of_a_pipe_is_no_part_of_the_text(end: bytes) -> None:
    asked = [["suggest", "the ca", "-m", str(TINY)], ["suggest", "the ca", "--complete", "-m", str(TINY)]]
    for arguments in asked:
        piped = [*arguments[:1], "-", *arguments[2:]]
        answer = CliRunner().invoke(cli, piped, input=b"the ca" + end)
        assert answer.stdout == CliRunner().invoke(cli, arguments).stdout != ""


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (["suggest", "x", "-m", "/nowhere/at/all"], b"", "no such folder"),
        (["suggest", "x", "-m", str(TINY), "-k", "0"], b"", "k is 0"),
        (["suggest", "x", "-m", str(TINY), "--device", "cuda"], b"", "onnxruntime"),
        (["score", "/nowhere/at/all.txt", "-m", str(TINY)], b"", "cannot be read"),
        (["score", "-", "-m", str(TINY)], b"ab\xff", "byte 2 is not UTF-8"),
    ],
)
def test_errors_are_one_line_and_exit_code_1(arguments: list[str], stdin: bytes, sentence: str) -> None:
    result = wordgru(*arguments, stdin=stdin)
    assert result.returncode == 1
    assert sentence in result.stderr.decode()
    assert len(result.stderr.decode().strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("sugest the", "wordgru has no verb 'sugest'; did you mean suggest? See `wordgru --help`."),
        ("Serve", "wordgru has no verb 'Serve'; did you mean serve? See `wordgru --help`."),
        ("xyzzy", "wordgru has no verb 'xyzzy'. See `wordgru --help`."),
        ("words lern x", "wordgru words has no verb 'lern'; did you mean learn? See `wordgru words --help`."),
        ("-m en suggest the", "wordgru has no option '-m'; options stand after their verb. See `wordgru --help`."),
        ("suggest the --modle en", "wordgru suggest has no option '--modle'; did you mean --model? See"),
        ("suggest the --pers x", "wordgru suggest has no option '--pers'; did you mean --personal? See"),
        ("suggest the --k 3", "wordgru suggest has no option '--k'; did you mean -k? See"),
        ("suggest ---the", "wordgru suggest has no option '---the'; -- stands before a text that begins with a dash."),
        ("models --xyzzy", "wordgru models has no option '--xyzzy'. See `wordgru models --help`."),
        ("suggest", "Missing argument 'TEXT'; expected `wordgru suggest [OPTIONS] TEXT`. See"),
        ("suggest a b", "Got unexpected extra argument (b); expected `wordgru suggest [OPTIONS] TEXT`, with quotes"),
        ("models a", "Got unexpected extra argument (a); expected `wordgru models [OPTIONS]`. See"),
        ("suggest the -k three", "Invalid value for '-k': 'three' is not a valid integer. See"),
        ("suggest the -k", "Option '-k' requires an argument. See `wordgru suggest --help`."),
        ("words list -n", "Option '-n' requires an argument. See `wordgru words list --help`."),
        ("correct a.txt --apply --json", "give one of --apply and --json. See `wordgru correct --help`."),
        ("suggest the --complete --prefix c", "give one of --complete and --prefix. See `wordgru suggest --help`."),
        ("evaluate a.txt --touch 1 --clean --perplexity", "give one of --perplexity, --touch and --clean. See"),
        ("evaluate a.txt --perplexity -k 3", "give one of --perplexity and -k. See `wordgru evaluate --help`."),
        ("evaluate a.txt --corrections --by person", "give one of --corrections and --by. See"),
        ("evaluate a.txt --dynamic --documents line", "give one of --dynamic and --documents. See"),
        ("evaluate a.txt --cache-share 1", "--cache-share is only for --cache; give that too, or leave it out. See"),
        ("evaluate a.txt --slips 0 --unknown", "--unknown is only for --clean; give that too, or leave it out. See"),
        ("evaluate a.txt --kenlm-words w", "--kenlm-words is only for --kenlm; give that too, or leave it out. See"),
        ("completion tcsh", "Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'. See"),
    ],
)  # fmt: skip
def test_a_command_line_that_is_not_understood_is_told_in_one_line(
    command: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # else click calls it by how pytest began
    monkeypatch.setattr(sys, "argv", ["wordgru", *command.split()])
    assert run(cli) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"error: {line}")
    assert told.out == ""
    assert told.err.count("\n") == 1


def test_every_verb_tells_an_unknown_option_in_one_line() -> None:
    verbs = cli.list_commands(click.Context(cli))
    verbs += [f"words {verb}" for verb in ("list", "learn", "forget", "export", "import")]
    done = in_the_base_install(*(f"{verb} --xyzzy" for verb in verbs))
    assert done.stdout.splitlines() == ["exit code 2"] * len(verbs)
    for verb, line in zip(verbs, done.stderr.splitlines(), strict=True):
        assert line.startswith(f"error: wordgru {verb} has no option '--xyzzy'")
        assert line.endswith(f"See `wordgru {verb} --help`.")


def test_an_argument_is_told_whole_lines_and_no_whole_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["wordgru", "suggest", "the", "a\nb" * 10_000])
    assert run(cli) == 2
    told = capsys.readouterr().err
    assert "(a\\nba\\nb" in told
    assert told.count("\n") == 1
    assert len(told) < 1000


def test_verbs_alone_print_their_help_and_exit_with_2() -> None:
    for verbs in ((), ("words",)):
        result = wordgru(*verbs)
        assert (result.returncode, result.stdout) == (2, b"")
        assert result.stderr.startswith(b"Usage: ")


@pytest.mark.parametrize("name", ["en,", ",en", " en ", "en, ,"])
@pytest.mark.parametrize("verb", ["suggest", "generate"])
def test_a_comma_too_many_names_the_same_model(name: str, verb: str) -> None:
    seed = ["--seed", "1"] if verb == "generate" else []
    result = CliRunner().invoke(cli, [verb, "Thank you very", "-m", name, *seed])
    assert result.stdout == CliRunner().invoke(cli, [verb, "Thank you very", "-m", "en", *seed]).stdout != ""


def test_several_names_where_one_is_taken_and_none_at_all_are_told() -> None:
    for verb, name, said in (
        ("generate", "en,de", "en,de: this takes one model; expected one name."),
        ("suggest", ",", "the name of the model is ',', which names none; expected the folder of a bundle, owner/name"),
        ("suggest", "", "the name of the model is '', which names none; expected the folder of a bundle, owner/name"),
    ):
        assert str(CliRunner().invoke(cli, [verb, "the", "-m", name]).exception).startswith(said)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["suggest", "the", "--personal", ""], "'--personal'"),
        (["suggest", "the", "--glossary", ""], "'--glossary'"),
        (["words", "list", "--personal", ""], "'--personal'"),
        (["words", "--personal", "", "list"], "'--personal'"),
        (["type", "--personal", ""], "'--personal'"),
        (["correct", ""], "'FILE'"),
        (["score", ""], "'FILE'"),
        (["correct", "-", "--layout", ""], "'--layout'"),
        (["evaluate", ""], "'SOURCES...'"),
        (["evaluate", "-", "--json", ""], "'--json'"),
        (["train", "", "-o", "runs/mine"], "'[SOURCES]...'"),
        (["export", "runs/mine", "-o", ""], "'-o' / '--output'"),
    ],
)
def test_an_empty_name_of_a_file_is_told(arguments: list[str], option: str) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for {option}: the name is empty; expected one of a file or folder\n" in result.stderr


def test_help_lists_every_verb_without_importing_what_trains() -> None:
    result = wordgru("--help")
    assert result.returncode == 0
    for verb in ("train", "export", "evaluate", "suggest", "score", "phrases", "generate"):
        assert verb.encode() in result.stdout


EXTRAS = {"train": "train", "export": "train", "serve": "serve", "lsp": "lsp", "type": "type", "demo": "demo"}
"""Verbs that need more than the base install, and the extra that brings it."""

BARE = """
import sys, wordgru.cli
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "datasets", "onnx", "uvicorn", "starlette", "pygls", "lsprotocol",
                                      "prompt_toolkit", "pyarrow", "safetensors"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
for line in sys.stdin.read().splitlines():
    sys.argv = ["wordgru", *line.split()]
    print("exit code", wordgru.cli.run(wordgru.cli.cli), flush=True)
"""
"""Runs one command for each line of its input, as the base install would."""


def in_the_base_install(*commands: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BARE], input="\n".join(commands), capture_output=True, text=True, encoding="utf-8",
        timeout=60, check=True,
    )  # fmt: skip


def test_the_base_install_prints_the_help_of_every_verb() -> None:
    verbs = cli.list_commands(click.Context(cli))
    assert set(EXTRAS) < set(verbs)
    done = in_the_base_install(*(f"{verb} --help" for verb in verbs))
    assert done.stderr == ""
    assert done.stdout.count("exit code 0") == len(verbs)
    for verb in verbs:
        assert f"Usage: wordgru {verb} " in done.stdout
    assert "--learning-rate" in done.stdout


def test_a_verb_that_lacks_its_extra_names_it() -> None:
    commands = {"train": "train -o nowhere", "export": "export nowhere -o nowhere"}
    done = in_the_base_install(*(commands.get(verb, verb) for verb in EXTRAS))
    assert done.stdout.splitlines() == ["exit code 1"] * len(EXTRAS)
    for (verb, extra), line in zip(EXTRAS.items(), done.stderr.splitlines(), strict=True):
        assert line.startswith(f"error: `wordgru {verb}` needs ")
        assert line.endswith(f"pip install 'wordgru[{extra}]'.")


def test_a_store_that_is_only_read_is_not_made_under_a_mistyped_name(tmp_path: Path) -> None:
    store = tmp_path / "typo.words"
    for verb in (["list"], ["export"], ["forget", "a"], ["forget", "--all"]):
        result = wordgru("words", *verb, "--personal", str(store))
        assert result.returncode == 1
        assert f"{store}: there is no such file" in result.stderr.decode()
    named = ["suggest", "the", "-m", str(TINY), "--personal", str(store)]
    assert f"{store}: there is no such file" in wordgru(*named).stderr.decode()
    later = wordgru(*named[:-2], WORDGRU_PERSONAL=str(store))
    assert (later.returncode, later.stderr) == (0, b"")
    assert not store.exists()
    assert wordgru("words", "learn", "-", "--personal", str(store), stdin=b"Krakenhaus").returncode == 0
    assert b"Krakenhaus" in wordgru("words", "list", "--personal", str(store)).stdout


def test_the_model_in_the_package_answers_without_being_named() -> None:
    result = wordgru("suggest", "Thank you very", "-k", "1")
    assert (result.returncode, result.stdout) == (0, b"much\n")


def test_the_model_in_the_package_has_a_name_that_a_folder_goes_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORDGRU_MODEL", raising=False)
    ours = [find_model(), find_model("en"), find_model(Path("en"))]
    assert all(found == SHIPPED for found in ours)
    monkeypatch.setenv("WORDGRU_MODEL", "en")
    assert find_model() == SHIPPED
    for arguments in (["suggest", "Thank you very", "-k", "1"], ["phrases", "Thank you very", "-k", "1"]):
        assert CliRunner().invoke(cli, [*arguments, "-m", "en"]).stdout.startswith("much")
    shutil.copytree(TINY, tmp_path / "en")
    assert find_model("en") == "en"
    assert Predictor.load("en").tokenizer.vocab_size == Predictor.load(TINY).tokenizer.vocab_size


def in_a_shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    program = f"{shlex.quote(sys.executable)} -m wordgru {command} -m {shlex.quote(str(TINY))}"
    return subprocess.run(
        ["sh", "-c", program], capture_output=True, timeout=60, check=False, env=_environment(environment)
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("suggest the >/dev/full", "standard output cannot be written (No space left on device)"),
        ("suggest the --json >/dev/full", "standard output cannot be written"),
        ("suggest the >&-", "standard output is closed"),
    ],
)
def test_an_output_that_takes_nothing_is_one_line(command: str, sentence: str, unbuffered: str) -> None:
    result = in_a_shell(command, PYTHONUNBUFFERED=unbuffered)
    assert result.returncode == 1
    assert sentence in result.stderr.decode()
    assert len(result.stderr.decode().strip().splitlines()) == 1


def test_an_output_whose_encoding_lacks_a_character_is_one_line() -> None:
    encoding = "cp1252"  # where it is ASCII, click writes UTF-8 all the same
    result = in_a_shell("generate '日本' --max-words 1 --seed 1", PYTHONIOENCODING=encoding)
    assert (result.returncode, result.stdout) == (1, b"")
    assert f"standard output is in {encoding}, which has no" in result.stderr.decode()
    assert len(result.stderr.decode().strip().splitlines()) == 1


@pytest.mark.parametrize(("encoding", "term"), [("utf-8", "dumb"), ("ascii", "xterm")])
def test_a_plain_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch, encoding: str, term: str) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    terminal = Terminal(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", term)
    print_table([("word", "left")], [("of",)], plain=[("of",)])
    terminal.flush()
    shown = terminal.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert "of" in shown
    assert "\x1b" not in shown


def test_the_headings_of_learning_are_explained(tmp_path: Path) -> None:
    people = tmp_path / "people.jsonl"
    rows = [{"person": name, "text": f"the {name} sat on the mat and the {name} ran"} for name in ("cat", "dog") * 2]
    people.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = CliRunner().invoke(cli, ["evaluate", str(people), "--learn", "-k", "1", "-m", str(TINY)])
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "without learning the model alone" in shown
    assert "with learning each person's store begins empty" in shown
    assert "Learning curve, hit: without → with learning" in shown
    assert "learning curve figures without → with learning, by how many words" in shown
    assert not re.search(r"(^| )(off|on)( |$)", "\n".join(result.output.splitlines()[:3]))


def test_one_of_something_is_told_as_one(tmp_path: Path) -> None:
    for text, words_, units in (("cat", "1 word", "1 word or mark"), ("the cat", "2 words", "2 words and marks")):
        (tmp_path / "a.txt").write_text(text)
        store = ["words", "--personal", str(tmp_path / "my.words")]
        learnt = CliRunner().invoke(cli, [*store, "learn", str(tmp_path / "a.txt")])
        assert learnt.stderr == f"{words_} learnt\n"
        scored = CliRunner().invoke(cli, ["score", str(tmp_path / "a.txt"), "--model", str(TINY)])
        assert scored.stderr.startswith(f"{units}, ")
    judged = CliRunner().invoke(cli, ["evaluate", str(tmp_path / "a.txt"), "--words", "1", "--model", str(TINY)])
    assert "1 word, 3 characters, 1 document " in judged.output


def test_habits_of_one_model_are_followed_and_refused_of_several() -> None:
    shouted = ["suggest", "THANK YOU VERY", "-k", "1", "-m"]
    assert CliRunner().invoke(cli, [*shouted, "en"]).stdout == "MUCH\n"
    assert CliRunner().invoke(cli, [*shouted, "en", "--as-read"]).stdout != "MUCH\n"
    refused = CliRunner().invoke(cli, [*shouted, "en,de", "--as-read"])
    assert str(refused.exception) == "--min-probability and --as-read are of one model; name one with --model."


def test_where_nothing_is_probable_enough_it_is_said_beside_the_answer() -> None:
    nothing = CliRunner().invoke(cli, ["suggest", "the cat", "--min-probability", "1", "-m", str(TINY)])
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "no word was found\n")
    ahead = CliRunner().invoke(cli, ["phrases", "the cat", "--threshold", "1", "-m", str(TINY)])
    assert (ahead.exit_code, ahead.stdout) == (0, "")
    assert ahead.stderr == "no phrase is as probable as 1.0; lower --threshold\n"


def test_phrases_as_json_are_those_of_the_package() -> None:
    flags = ["--threshold", "0.001", "-k", "2", "-m", str(TINY)]
    answer = json.loads(CliRunner().invoke(cli, ["phrases", "the cat", "--json", *flags]).stdout)
    expected = Predictor.load(TINY).phrases("the cat", k=2, threshold=0.001)
    assert answer == {"phrases": [{"text": each.text, "probability": each.probability} for each in expected]}
    assert expected


def exit_of(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["wordgru"])
    return run(click.Command("fails", callback=fail))


def test_who_stops_and_what_click_cannot_do_have_their_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_of(click.Abort(), monkeypatch) == 130
    assert exit_of(click.ClickException("no such door"), monkeypatch) == 1
    assert capsys.readouterr().err == "error: no such door\n"
    with pytest.raises(FileNotFoundError):  # of a file, and not of the output
        exit_of(FileNotFoundError(2, "No such file", "a.txt"), monkeypatch)


def test_an_input_that_is_closed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(WordgruError, match="standard input is closed; expected text there"):
        read_text(Path("-"))


def test_the_module_that_runs_the_program_does_nothing_when_it_is_imported(capsys: pytest.CaptureFixture[str]) -> None:
    assert importlib.import_module("wordgru.__main__").main
    assert capsys.readouterr() == ("", "")

"""`wordgru type`: a line in the terminal, and lines in a pipe."""

import os
import re
import select
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import PersonalModel, Predictor

pytest.importorskip("prompt_toolkit", reason="needs the type extra")

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from wordgru.cli.line import Count, typed_lines
from wordgru.cli.type import type_command

COMMAND = [sys.executable, "-m", "wordgru", "type", "--model", str(TINY)]
ALT = "\x1b"
END = "\x04"


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load(TINY)


def typed(predictor, keys, monkeypatch, k=3):
    """The lines that keys give, and what was counted."""
    count = Count()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        return list(typed_lines(predictor, k, count)), count


def test_without_offers_taken_nothing_is_saved(predictor, monkeypatch):
    lines, count = typed(predictor, f"the cat sat.\r\rof it\r{END}", monkeypatch)
    assert lines == ["the cat sat.", "", "of it"]
    assert count == Count(keys=17, characters=17)
    assert str(count) == "17 keystrokes for 17 characters, 0 offers taken: 0.0% saved"
    assert "0.0% saved" in str(Count())


@pytest.mark.parametrize(("key", "at"), [("\t", 0), ("\x1b[C", 0), (ALT + "1", 0), (ALT + "2", 1), (ALT + "3", 2)])
def test_an_offer_is_one_keystroke(predictor, monkeypatch, key, at):
    word = predictor.complete("the c")[at].word
    lines, count = typed(predictor, f"the c{key}\r{END}", monkeypatch)
    assert lines == [f"the {word}"]
    assert count == Count(keys=6, characters=4 + len(word), taken=1)


def test_the_next_word_is_offered_after_one_was_taken(predictor, monkeypatch):
    first = predictor.complete("the c")[0].word
    second = predictor.complete(f"the {first} ")[0].word
    assert typed(predictor, f"the c\t\t\r{END}", monkeypatch)[0] == [f"the {first} {second}"]


def test_offers_follow_the_habits_of_who_types(predictor, monkeypatch):
    word = predictor.complete("THE CA")[0].word
    assert word.isupper()
    assert typed(predictor, f"THE CA\t\r{END}", monkeypatch)[0] == [f"THE {word}"]
    assert typed(predictor, f"to anna@ca\t\r{END}", monkeypatch)[0] == ["to anna@ca"]


def test_a_mark_takes_the_place_of_the_space_after_an_offer(predictor, monkeypatch):
    word = predictor.complete("the c")[0].word
    lines, count = typed(predictor, f"the c\t. I\r{END}", monkeypatch)
    assert lines == [f"the {word}. I"]
    assert count.keys == 9
    assert typed(predictor, f"a .\r{END}", monkeypatch)[0] == ["a ."]


def test_a_key_that_deletes_is_counted(predictor, monkeypatch):
    lines, count = typed(predictor, f"cats\x7f\r{END}", monkeypatch)
    assert lines == ["cat"]
    assert count == Count(keys=5, characters=3)


def test_offers_follow_the_lines_before(predictor, monkeypatch):
    first = predictor.complete("I love the dog.\nthe c")[0].word
    assert typed(predictor, f"I love the dog.\rthe c\t\r{END}", monkeypatch)[0][1] == f"the {first}"


def test_long_words_and_odd_keys_do_no_harm(predictor, monkeypatch):
    lines, _ = typed(predictor, f"{'x' * 300}\t \t🙂\x1b[A\x1b[B\x01\t\x05é\r{END}", monkeypatch)
    assert lines[0].startswith("x" * 300)


def test_lines_entered_are_learnt(tmp_path, monkeypatch):
    with PersonalModel(tmp_path / "my.words") as store:
        typed(Predictor.load(TINY, personal=store), f"the Krakenhaus\r{END}", monkeypatch)
        assert "Krakenhaus" in [gram.word for gram in store.grams()]


def test_in_a_pipe_each_line_is_completed(predictor):
    lines = ["the ca", "", "I don’", "x" * 500, "日本"]
    result = CliRunner().invoke(type_command, ["-m", str(TINY), "-k", "2"], input="\n".join(lines).encode())
    assert result.exit_code == 0
    expected = ["\t".join(predictor.complete(line, k=2).words) if len(line) < 100 else "" for line in lines]
    assert result.stdout.split("\n")[:-1] == expected


def test_several_languages_are_offered():
    result = CliRunner().invoke(type_command, ["-m", "en,de"], input=b"thank you very mu\nWir sehen uns mor\n")
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["much", "morgen"]


def test_what_is_no_text_is_told_in_a_line():
    result = subprocess.run(COMMAND, input=b"the\n\xff\n", capture_output=True, timeout=60, check=False)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert b"line 2" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_offers_are_shown_and_the_line_goes_into_a_pipe(predictor, tmp_path):
    import pty

    leader, follower = pty.openpty()
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            COMMAND, stdin=follower, stdout=out, stderr=follower, env=os.environ | {"TERM": "xterm"}
        )
        os.close(follower)
        shown = _read(leader, b">")
        os.write(leader, b"the c")
        found = predictor.complete("the c")
        shown += _read(leader, found[2].word.encode())
        os.write(leader, b"\t\r\x04")
        shown += _read(leader, b"saved")
        assert process.wait(20) == 0
    os.close(leader)
    assert (tmp_path / "out").read_text() == f"the {found[0].word}\n"
    assert re.search(rb"6 keystrokes for \d+ characters, 1 offer taken", shown)


def _read(terminal, until):
    """What is shown up to some bytes; questions about the cursor are answered as a terminal does."""
    seen, deadline = b"", time.monotonic() + 20
    while until not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.1)[0]:
            part = os.read(terminal, 65536)
            seen += part
            if b"\x1b[6n" in part:
                os.write(terminal, b"\x1b[1;1R")
    return seen

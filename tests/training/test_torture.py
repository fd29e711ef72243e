"""Some seconds of `make torture`: no traceback, no wrong answer, no abort, nothing lost."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]


def torture(*arguments):
    command = [sys.executable, str(ROOT / "scripts/torture"), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "WORDGRU_MODEL"}
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_nothing_breaks_for_some_seconds():
    ended = torture("--minutes", "0.3", "--short")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "hostile" in ended.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_what_breaks_is_counted(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts/torture"))
    from tally import Tally

    from wordgru import WordgruError

    def raise_(error):
        raise error

    tally = Tally()
    assert tally.call("an answer", lambda: 5) == 5
    tally.call("a line", raise_, WordgruError("what was wrong"))
    assert tally.failed == 0
    tally.call("a fault", raise_, ZeroDivisionError())
    tally.call("two lines", raise_, click.ClickException("what\nwas wrong"))
    tally.check(False, "a wrong answer")
    with tally.child("a child") as inside:
        if inside:
            os.kill(os.getpid(), 9)
    with tally.child("another") as inside:
        if inside:
            tally.check(False, "in a child")
    with tally.child("one that turns without an end", 1) as inside:
        while inside:
            pass
    assert tally.counts == {"calls": 4, "refused": 2, "traceback": 1, "wrong": 3, "abort": 2}
    aborts = [what for kind, what, _ in tally.faults if kind == "abort"]
    assert aborts == ["a child was ended by SIGKILL", "one that turns without an end hung"]

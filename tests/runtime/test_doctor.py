"""The page for a report holds what matters, and nothing of whose machine it is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru import __version__, diagnosis
from wordgru.cli import cli
from wordgru.diagnosis import diagnose

pytestmark = pytest.mark.extras


@pytest.fixture
def jane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with a name in every path."""
    home = tmp_path / "jane-doe"
    home.mkdir()
    shutil.copytree(TINY, home / "mine")
    for name, value in {"HOME": home, "USERPROFILE": home, "WORDGRU_PERSONAL": home / "my.words"}.items():
        monkeypatch.setenv(name, str(value))
    for name in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(name, "jane-doe")
    monkeypatch.setenv("WORDGRU_MODEL", str(home / "mine"))
    monkeypatch.chdir(home)
    return home


def test_versions_model_and_times_are_told(jane: Path) -> None:
    found = diagnose()
    assert found["problems"] == []
    assert (found["versions"]["wordgru"], found["versions"]["numpy"]) == (__version__, numpy.__version__)
    assert "CPUExecutionProvider" in found["onnxruntime"]["providers"]
    assert (found["model"]["from"], found["model"]["precision"]) == ("a folder", "fp32")
    test = found["self_test"]
    assert 0 < test["keystroke_milliseconds_p50"] <= test["keystroke_milliseconds_p99"]
    assert test["typed_against_read_nats"] < 1e-3


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("model", [None, "gone", "broken"])
def test_no_folder_and_no_name_is_told_unless_asked(jane: Path, arguments: list[str], model: str | None) -> None:
    shutil.copytree(TINY, jane / "broken")
    (jane / "broken" / "model.onnx").write_bytes(b"broken")
    named = ["-m", str(jane / model)] if model else []
    result = CliRunner().invoke(cli, ["doctor", *arguments, *named])
    assert result.exit_code == bool(model)
    assert "jane" not in result.output
    assert str(jane.parent) not in result.output
    asked = CliRunner().invoke(cli, ["doctor", "--paths", *arguments, *named]).output
    assert str(jane) in asked.replace("\\\\", "\\")


def test_the_page_is_json_and_a_broken_model_is_a_line_in_it(jane: Path) -> None:
    (jane / "mine" / "model.onnx").write_bytes(b"")
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert found["versions"]["wordgru"] == __version__
    assert (found["model"], found["self_test"]) == (None, None)
    assert len(found["problems"]) == 1
    assert "model.onnx" in found["problems"][0]


def test_a_model_that_contradicts_itself_is_a_problem(jane: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_difference", lambda predictor, session: float("nan"))
    assert "contradicts itself" in diagnose()["problems"][0]


def complete(words: list[str]) -> list[str]:
    """What bash would be told to offer for the last of `words`."""
    program = "import sys; sys.argv = ['wordgru']; import wordgru.cli; wordgru.cli.main()"
    import os

    asked = {"_WORDGRU_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | asked, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_a_shell_completes_verbs_options_and_models() -> None:
    assert complete(["wordgru", "ph"]) == ["plain,phrases"]
    assert "plain,--prefix" in complete(["wordgru", "suggest", "--p"])
    assert complete(["wordgru", "suggest", "-m", "e"]) == ["plain,en", "dir,e"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert f"_WORDGRU_COMPLETE={shell}_complete" in result.stdout
    assert "wordgru" in result.stdout

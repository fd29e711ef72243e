"""What SECURITY.md promises, and that every test that it names exists."""

import ast
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import wordgru
from tests.runtime.fixtures import TINY
from wordgru import Predictor, TypingModel

ROOT = Path(__file__).parents[2]
PACKAGE = Path(wordgru.__file__).parent


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 20
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert not name or name in functions, f"{file} has no {name}"
    promises = page.split("## Promises")[1].split("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert all("`tests/" in row for row in rows)


def use_everything(predictor: Predictor) -> None:
    predictor.suggest("the cat", k=5)
    predictor.complete("the ca")
    predictor.score("the cat sat.")
    predictor.phrases("the")
    predictor.generate("the", max_words=3, seed=1)
    session = predictor.session("the c", typing=TypingModel())
    session.append("a")
    session.suggest()
    session.characters()


def test_prediction_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError, match="a connection was opened"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    use_everything(Predictor.load(TINY))


USE = f"from tests.runtime.test_promises import *; use_everything(Predictor.load({str(TINY)!r}))"


def outside(home: Path, **extra: str) -> dict[str, str]:
    """The environment of a user with an empty home, not of a test."""
    quiet = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORDGRU") and name not in quiet}
    names = ("HOME", "USERPROFILE", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME")
    places = dict.fromkeys(names, str(home))
    return kept | places | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)} | extra


def test_prediction_writes_no_file(tmp_path: Path) -> None:
    """Nor does onnxruntime, which else keeps a number of the machine and the events that it sends in a minute."""
    before = {path: path.stat().st_mtime_ns for path in TINY.iterdir()}
    subprocess.run([sys.executable, "-c", USE], cwd=tmp_path, env=outside(tmp_path), timeout=60, check=True)
    assert list(tmp_path.rglob("*")) == []
    assert {path: path.stat().st_mtime_ns for path in TINY.iterdir()} == before


@pytest.mark.parametrize(("given", "expected"), [(None, "1"), ("0", "0")])
def test_telemetry_is_off_unless_the_user_says_otherwise(tmp_path: Path, given: str | None, expected: str) -> None:
    program = "import os, wordgru; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    own = {"ORT_DISABLE_TELEMETRY": given} if given else {}
    done = subprocess.run(
        [sys.executable, "-c", program], env=outside(tmp_path, **own), timeout=60, check=True, capture_output=True
    )
    assert done.stdout.decode().strip() == expected


def test_no_module_runs_what_it_reads() -> None:
    forbidden = {"pickle", "cPickle", "dill", "marshal", "shelve", "subprocess", "code", "pty", "runpy"}
    calls = {"eval", "exec", "compile", "os.system", "os.popen", "torch.load", "yaml.load", "os.execv"}
    looked_at = 0
    for file in PACKAGE.rglob("*.py"):
        looked_at += 1
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & forbidden, file
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in forbidden, file
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert not any(
                    key.arg == "allow_pickle" and ast.unparse(key.value) != "False" for key in node.keywords
                ), f"{file}:{node.lineno}"
                assert name not in calls, f"{file}:{node.lineno} calls {name}"
    assert looked_at > 50

"""The built wheel, installed alone in a clean environment: what a user gets, run away from the repository."""

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import wordgru

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = [["--model", str(folder)] for folder in sorted((REPOSITORY / "tests" / "runtime").glob("tiny*/"))]
if (REPOSITORY / "wordgru" / "models").exists():
    MODELS.append([])  # the bundle in the wheel, which is the default
COMMAND = Path(sysconfig.get_path("scripts")) / "wordgru"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


def test_package_is_the_installed_one_and_not_the_repository() -> None:
    package = Path(wordgru.__file__).resolve()
    assert Path(sysconfig.get_path("purelib")).resolve() in package.parents
    assert REPOSITORY / "wordgru" not in package.parents


def test_wheel_holds_the_whole_package_and_nothing_else() -> None:
    files = importlib.metadata.files("wordgru") or []
    installed = {path.as_posix() for path in files if path.parts[0] == "wordgru" and path.suffix != ".pyc"}
    source = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "wordgru").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert installed == source
    tops = {path.parts[0] for path in files if ".." not in path.parts}
    assert tops == {"wordgru", f"wordgru-{importlib.metadata.version('wordgru')}.dist-info"}


@pytest.mark.parametrize("module", ["torch", "datasets", "onnx", "safetensors", "matplotlib", "tensorboard"])
def test_base_install_brings_nothing_that_trains(module: str) -> None:
    assert importlib.util.find_spec(module) is None


@pytest.mark.parametrize("command", [[COMMAND], [sys.executable, "-m", "wordgru"]], ids=["script", "module"])
def test_version_is_the_one_installed(command: list[str | Path], tmp_path: Path) -> None:
    result = run(*command, "--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert importlib.metadata.version("wordgru") in result.stdout


@pytest.mark.parametrize("model", MODELS, ids=lambda options: Path(options[-1]).name if options else "shipped")
def test_command_suggests_whole_words(model: list[str], tmp_path: Path) -> None:
    result = run(COMMAND, "suggest", "the cat", "-k", "3", "--json", *model, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    suggestions = json.loads(result.stdout)["suggestions"]
    assert len(suggestions) == 3
    assert all(item["word"] == item["word"].strip() != "" for item in suggestions)


@pytest.mark.parametrize("verb", ["train", "serve", "lsp", "type", "demo"])
def test_a_verb_without_its_extra_says_what_to_install(verb: str, tmp_path: Path) -> None:
    assert run(COMMAND, verb, "--help", cwd=tmp_path).returncode == 0
    result = run(COMMAND, verb, *(["-o", "run"] if verb == "train" else []), cwd=tmp_path)
    assert result.returncode == 1
    assert f"wordgru[{verb}]" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1

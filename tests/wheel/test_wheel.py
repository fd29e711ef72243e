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


def test_every_model_in_the_wheel_is_listed_and_the_licences_travel_with_it(tmp_path: Path) -> None:
    names = [line.split("\t")[0] for line in run(COMMAND, "models", cwd=tmp_path).stdout.splitlines()[1:]]
    assert set(names) == {path.parent.name for path in (REPOSITORY / "wordgru" / "models").glob("*/config.json")}
    metadata = importlib.metadata.metadata("wordgru")
    listed = {
        json.loads(line)["licence"] for line in run(COMMAND, "models", "--json", cwd=tmp_path).stdout.splitlines()
    }
    expression = metadata["License-Expression"].split(" AND ")
    assert {"Apache-2.0", *expression} == set(expression)
    assert {licence.lower() for licence in listed} <= {licence.lower() for licence in expression}
    texts = metadata.get_all("License-File") or []
    files = importlib.metadata.files("wordgru") or []
    for name in ("LICENSE", *(f"LICENSES/{licence}.txt" for licence in expression if licence != "Apache-2.0")):
        assert name in texts
        (place,) = [path for path in files if path.as_posix().endswith(f"licenses/{name}")]
        assert place.read_text(encoding="utf-8") == (REPOSITORY / name).read_text(encoding="utf-8")


def test_the_metadata_names_every_python_that_it_is_for() -> None:
    metadata = importlib.metadata.metadata("wordgru")
    versions = {each.rpartition(" ")[2] for each in metadata.get_all("Classifier") or [] if "Python :: 3." in each}
    assert metadata["Requires-Python"] == f">={min(versions, key=lambda each: int(each.split('.')[1]))}"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in versions


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_its_types_hold_from_outside(checker: str, tmp_path: Path) -> None:
    """A strict check of somebody else's program, which uses what the package offers."""
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed here")
    program = tmp_path / "client.py"
    program.write_text((REPOSITORY / "tests" / "wheel" / "client.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    arguments = (
        ["--strict", "--cache-dir", tmp_path / "cache"] if checker == "mypy" else ["--pythonpath", sys.executable]
    )
    result = run(sys.executable, "-m", checker, *arguments, program, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert run(sys.executable, program, cwd=tmp_path).returncode == 0
    program.write_text(program.read_text(encoding="utf-8") + "\nx: int = Predictor.load().suggest('a')\n")
    assert run(sys.executable, "-m", checker, *arguments, program, cwd=tmp_path).returncode != 0


def test_doctor_finds_nothing_wrong(tmp_path: Path) -> None:
    result = run(COMMAND, "doctor", "--json", cwd=tmp_path)
    assert json.loads(result.stdout)["problems"] == []
    assert result.returncode == 0

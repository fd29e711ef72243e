"""The golden vectors are what the Python predictor answers, and it refuses what they say is broken."""

import dataclasses
import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.runtime import golden
from wordgru import Predictor, WordgruError, errors
from wordgru.bundle import FORMAT_VERSION, BundleConfig
from wordgru.config import ModelConfig

PREDICTOR = Predictor.load(golden.ROOT / "tests/runtime/tiny")


@pytest.fixture(scope="module")
def script():
    return loaded("golden")


def loaded(name: str):
    """A script of the repository as a module."""
    folder = golden.ROOT / "scripts"
    spec = importlib.util.spec_from_file_location(f"{name}_script", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])  # as when it is started
        spec.loader.exec_module(module)
    return module


def same(one: Any, other: Any, compare: dict[str, float]) -> bool:
    """Alike but for how probable and how ranked, by so little as the vectors allow."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.get("words"):
            found = [(item["word"], item["probability"]) for item in other["words"]]
            if golden.faults(one, found, other["exact"], compare):
                return False
            one, other = ({**case, "words": None, "near": None} for case in (one, other))
        if "next_tokens" in one:
            one, other = ({**case, "next_tokens": _by_id(case)} for case in (one, other))
        if "log_probability" in one:
            if abs(one["log_probability"] - other["log_probability"]) > compare["nats"]:
                return False
            one, other = ({**case, "log_probability": None} for case in (one, other))
        return one.keys() == other.keys() and all(same(one[key], other[key], compare) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b, compare) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or golden.near(one, other, compare)
    return one == other


def _by_id(case: dict[str, Any]) -> dict[int, float]:
    return {token["id"]: token["probability"] for token in case["next_tokens"]}


@pytest.mark.slow
@pytest.mark.parametrize("name", golden.NAMES)
def test_the_files_are_what_the_script_makes(script, name: str, tmp_path: Path) -> None:
    committed = golden.vectors(name)
    folder = golden.ROOT / committed["bundle"]["path"]
    flags = ["-o", str(tmp_path / "made.json"), "--scripts", committed["cases"]]
    result = CliRunner().invoke(script.main, [str(folder), name, *flags])
    assert result.exit_code == 0, result.output
    assert "left out" not in result.output
    made = json.loads((tmp_path / "made.json").read_text(encoding="utf-8"))
    assert made.keys() == committed.keys()
    for section, cases in committed.items():
        if isinstance(cases, list):
            assert len(made[section]) == len(cases)
            wrong = [
                (case, again)
                for case, again in zip(cases, made[section], strict=True)
                if not same(case, again, committed["compare"])
            ]
            assert not wrong, wrong[0]
        else:
            assert made[section] == cases


def test_the_vectors_of_other_sources_are_what_the_script_makes() -> None:
    path = golden.ROOT / "export/golden/sources/tiny.json"
    committed = json.loads(path.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(loaded("golden_sources").make()))
    assert alike(made, committed)


def test_the_vectors_of_what_was_typed_are_what_the_script_makes() -> None:
    path = golden.ROOT / "export/golden/typing/tiny.json"
    committed = json.loads(path.read_text(encoding="utf-8"))
    assert alike(json.loads(json.dumps(loaded("golden_typing").make())), committed)


def alike(one: Any, other: Any) -> bool:
    """Equal but for the last digits."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other or (isinstance(one, float) and one == pytest.approx(other, abs=1e-6))


def test_the_schema_in_the_specification_knows_the_keys_that_the_package_knows() -> None:
    text = (golden.ROOT / "export/README.md").read_text(encoding="utf-8")
    schema = json.loads(text.split("```json\n")[1].split("```")[0])
    assert set(schema["properties"]) == {field.name for field in dataclasses.fields(BundleConfig)}
    assert set(schema["properties"]["model"]["properties"]) == {field.name for field in dataclasses.fields(ModelConfig)}
    assert schema["properties"]["format_version"]["const"] == FORMAT_VERSION


@pytest.mark.parametrize("case", golden.vectors("tiny")["broken_bundles"], ids=lambda case: case["name"])
def test_a_broken_bundle_is_refused_with_the_promised_error(case: dict[str, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(golden.ROOT / "tests/runtime/tiny", tmp_path / "bundle"))
    Predictor.load(folder)
    golden.edit(folder, case["edits"])
    with pytest.raises(getattr(errors, case["error"])) as caught:
        Predictor.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", golden.vectors("tiny")["broken_calls"], ids=str)
def test_a_broken_call_is_refused_with_the_promised_error(case: dict[str, Any]) -> None:
    arguments = dict(case.get("arguments", {}))
    if "not_unicode" in case:
        arguments["context"] = "".join(map(chr, case["not_unicode"]["utf16"]))
    owner = PREDICTOR.session("the") if case["call"] == "delete" else PREDICTOR
    first = [arguments.pop(name) for name in ("context", "text") if name in arguments]
    with pytest.raises(getattr(errors, case["error"])) as caught:
        getattr(owner, case["call"])(*first, **arguments)
    assert isinstance(caught.value, WordgruError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", golden.vectors("tiny")["blocked"], ids=lambda case: repr(case["blocked_txt"]))
def test_blocked_words_are_never_offered_and_the_best_others_are(case: dict[str, Any], tmp_path: Path) -> None:
    file = golden.vectors("tiny")
    folder = Path(shutil.copytree(golden.ROOT / "tests/runtime/tiny", tmp_path / "bundle"))
    golden.edit(folder, [{"file": "blocked.txt", "edit": "write", "text": case["blocked_txt"]}, {"edit": "rehash"}])
    found = Predictor.load(folder).suggest(case["context"], prefix=case["prefix"], k=case["k"], **file["search"])
    assert not golden.faults(case, [(item.word, item.probability) for item in found], found.exact, file["compare"])

"""`export/python/`, which searches in another way and shares no code with the package, gives the golden answers."""

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import golden

FOLDER = golden.ROOT / "export" / "python"
EVERY = {"tiny": 1, "tiny-int8": 4, "unspaced": 1, "en": 12}  # the first two differ in the graph, not in the search


@pytest.fixture(scope="module")
def reference():
    yield from load("suggest.py")


@pytest.fixture(scope="module")
def minimal():
    yield from load("minimal.py")


def load(file: str):
    spec = importlib.util.spec_from_file_location("reference", FOLDER / file)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(FOLDER), *sys.path])
        patch.setitem(sys.modules, "reference", module)  # its dataclass looks there
        spec.loader.exec_module(module)
        yield module
    sys.modules.pop("rules", None)


@pytest.mark.parametrize("name", golden.NAMES)
def test_words_probabilities_and_proofs_are_those_of_the_vectors(reference, name: str) -> None:
    file = golden.vectors(name)
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for case in file["suggest"][:: EVERY[name]]:
        limits = {"tolerance": file["search"]["tolerance"], "max_expanded": case.get("max_expanded", 20_000)}
        found, exact = predictor.suggest(
            case["context"], case["prefix"], k=case["k"], ignore_case=case["ignore_case"], **limits
        )
        assert not golden.faults(case, found, exact, file["compare"]), case
    for case in file["complete"][:: EVERY[name]]:
        found, exact = predictor.complete(
            case["text"], k=case["k"], ignore_case=case["ignore_case"], tolerance=file["search"]["tolerance"]
        )
        assert not golden.faults(case, found, exact, file["compare"]), case


def test_the_minimal_program_finds_the_words_of_the_vectors(minimal) -> None:
    file = golden.vectors("tiny-int8")
    model = minimal.Model(str(golden.ROOT / file["bundle"]["path"]))
    for context in ("the cat", "It is what it is. ", "nai\u0308ve", "I ♥ 😀", "<|end|> the"):
        case = next(case for case in file["suggest"] if case["context"] == context and not case["prefix"])
        found = dict(minimal.suggest(model, context.strip(), 8, least=1e-3))
        for item in case["words"]:
            assert found[item["word"]] == pytest.approx(item["probability"], abs=2e-3), context


@pytest.mark.parametrize("name", ["tiny", "unspaced"])
def test_words_and_pieces_are_those_of_the_vectors(reference, name: str) -> None:
    file = golden.vectors(name)
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for case in file["kinds"]:
        assert reference.kind(case["character"]) == case["kind"], case
    for case in file["texts"]:
        assert predictor.tokenizer.encode(case["text"]).ids == case["ids"], case
        assert reference.split_last(case["text"]) == (case["before"], case["unfinished"]), case
        assert reference.wants_space(case["text"]) == case["wants_space"], case
    for case in file["suggest"]:
        space = " " * reference.wants_space(case["context"])
        assert predictor.read(case["context"] + space) == (case["ids"], case["gap"].encode()), case
    for case in file["complete"]:
        assert predictor.read(reference.split_last(case["text"])[0]) == (case["ids"], case["gap"].encode()), case


def test_edited_text_is_answered_like_any_text(reference) -> None:
    file = golden.vectors("tiny")
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for step in [step for case in file["sessions"] for step in case["steps"] if step["do"] == "suggest"][::3]:
        ask = predictor.complete if step["prefix"] is None else predictor.suggest
        more = [] if step["prefix"] is None else [step["prefix"]]
        found, exact = ask(
            step["text"], *more, k=step["k"], ignore_case=step["ignore_case"], tolerance=file["search"]["tolerance"]
        )
        assert not golden.faults(step, found, exact, file["compare"]), step


@pytest.mark.parametrize("case", golden.vectors("tiny")["blocked"], ids=lambda case: repr(case["blocked_txt"]))
def test_blocked_words_are_never_offered(reference, case: dict[str, Any], tmp_path: Path) -> None:
    file = golden.vectors("tiny")
    folder = Path(shutil.copytree(golden.ROOT / "tests/runtime/tiny", tmp_path / "bundle"))
    golden.edit(folder, [{"file": "blocked.txt", "edit": "write", "text": case["blocked_txt"]}, {"edit": "rehash"}])
    predictor = reference.Predictor(folder)
    found, exact = predictor.suggest(
        case["context"], case["prefix"], k=case["k"], tolerance=file["search"]["tolerance"]
    )
    assert not golden.faults(case, found, exact, file["compare"])


def test_what_is_broken_is_refused_with_the_promised_error(reference, tmp_path: Path) -> None:
    file = golden.vectors("tiny")
    for at, case in enumerate(file["broken_bundles"]):
        folder = Path(shutil.copytree(golden.ROOT / "tests/runtime/tiny", tmp_path / str(at)))
        golden.edit(folder, case["edits"])
        with pytest.raises(getattr(reference, case["error"])) as caught:
            reference.Predictor(folder)
        assert "\n" not in str(caught.value), case
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for case in file["broken_calls"]:
        arguments = dict(case.get("arguments", {}))
        if "not_unicode" in case:
            arguments["context"] = "".join(map(chr, case["not_unicode"]["utf16"]))
        if case["call"] != "delete":  # it has no sessions
            with pytest.raises(getattr(reference, case["error"])) as caught:
                getattr(predictor, case["call"])(**arguments)
            assert "\n" not in str(caught.value), case

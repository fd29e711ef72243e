"""`export/python/`, which searches in another way and shares no code with the package, gives the same words."""

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import golden
from wordgru import Predictor, SearchOptions
from wordgru.typist import AS_READ

FOLDER = golden.ROOT / "export" / "python"
EVERY = {"tiny": 2, "tiny-int8": 5, "unspaced": 1, "en": 20}  # the first two differ in the graph, not in the search
SLOW = "The WELL-"  # letters of either case, which it tries in every mixture: half a minute
ROWS = 20_000  # so that its answers are proved wherever the vectors are


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


def asked(case: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    """The options of a case."""
    names = ("k", "ignore_case", "punctuation", "max_rows", "tolerance")
    options = {name: case[name] for name in names if name in case}
    return {"tolerance": file["search"]["tolerance"], "max_rows": ROWS, "batch": 64} | options


def check(found: Any, case: dict[str, Any], file: dict[str, Any]) -> None:
    """Hold an answer of the reference to a case."""
    assert found.space == case.get("space", found.space), case
    assert found.rows <= case.get("max_rows", ROWS), case
    if case["exact"]:  # with a budget, one search may find a proof where the other does not
        assert not golden.faults(case, found.words, found.exact, file["compare"]), case


@pytest.mark.slow
@pytest.mark.parametrize("name", golden.NAMES)
def test_words_probabilities_and_proofs_are_those_of_the_vectors(reference, name: str) -> None:
    file = golden.vectors(name)
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for case in [case for case in file["suggest"] if case["context"] != SLOW][:: EVERY[name]]:
        check(predictor.suggest(case["context"], case["prefix"], **asked(case, file)), case, file)
    for case in file["complete"][:: EVERY[name]]:
        check(predictor.complete(case["text"], **asked(case, file)), case, file)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny", "en"])
def test_what_it_offers_by_default_is_what_the_package_offers(reference, name: str) -> None:
    folder = golden.ROOT / golden.vectors(name)["bundle"]["path"]
    one, other = reference.Predictor(folder), Predictor.load(folder)
    other.typist = AS_READ
    for text in ("", "the cat", "the ca", "I don’t th", "He said: “W", "see you tomorrow. A", "the dog " * 700 + "s"):
        here, there = one.complete(text), other.complete(text)
        assert (here.space, len(here.words)) == (there.space, len(there)), text
        expected = {item.word: item.probability for item in there}
        least = min([*expected.values()]) + SearchOptions().tolerance
        for word, probability in here.words:  # words of nearly the same probability may stand in for each other
            assert probability == pytest.approx(expected.get(word, probability), abs=SearchOptions().tolerance), text
            assert word in expected or probability <= least, text


def test_options_have_the_defaults_of_the_package(reference) -> None:
    here = vars(reference.Options())
    assert here.pop("k") == 3
    assert here == vars(SearchOptions())


def test_the_minimal_program_finds_the_words_of_the_vectors(minimal) -> None:
    file = golden.vectors("tiny-int8")
    model = minimal.Model(str(golden.ROOT / file["bundle"]["path"]))
    for context in ("the cat", "It is what it is. ", "nai\u0308ve", "I ♥ 😀", "<|end|> the"):
        case = next(case for case in file["suggest"] if case["context"] == context and not case["prefix"])
        found = dict(minimal.suggest(model, context.strip(), 8, least=1e-3))
        for item in case["words"][:4]:
            assert found[item["word"]] == pytest.approx(item["probability"], abs=5e-3), context


@pytest.mark.parametrize("name", ["tiny", "unspaced"])
def test_words_and_tokens_are_those_of_the_vectors(reference, name: str) -> None:
    file = golden.vectors(name)
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    for case in file["texts"]:
        assert predictor.tokenizer.encode(case["text"]).ids == case["ids"], case
        assert reference.split_last(case["normal"]) == (case["before"], case["unfinished"]), case
        assert reference.wants_space(case["normal"]) == case["wants_space"], case
        for text, what in case["pre_tokens"]:
            assert reference.kind(text) == what, case
    for case in file["suggest"]:
        if "ids" in case and len(case["context"]) < 4000:
            space = " " * reference.wants_space(case["context"])
            assert predictor.read(case["context"] + space) == (case["ids"], case["gap"].encode()), case


def test_edited_text_is_answered_like_any_text(reference) -> None:
    file = golden.vectors("tiny")
    predictor = reference.Predictor(golden.ROOT / file["bundle"]["path"])
    steps = [step for case in file["sessions"] for step in case["steps"] if step["do"] == "suggest" and step["text"]]
    for step in steps[::3]:
        if step["prefix"] is None:
            check(predictor.complete(step["text"], **asked(step, file)), step, file)
        else:
            check(predictor.suggest(step["text"], step["prefix"], **asked(step, file)), step, file)


@pytest.mark.parametrize("case", golden.vectors("tiny")["blocked"], ids=lambda case: repr(case["blocked_txt"]))
def test_blocked_words_are_never_offered(reference, case: dict[str, Any], tmp_path: Path) -> None:
    file = golden.vectors("tiny")
    folder = Path(shutil.copytree(golden.ROOT / "tests/runtime/tiny", tmp_path / "bundle"))
    golden.edit(folder, [{"file": "blocked.txt", "edit": "write", "text": case["blocked_txt"]}, {"edit": "rehash"}])
    check(reference.Predictor(folder).suggest(case["context"], case["prefix"], **asked(case, file)), case, file)


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
        if case["call"] in ("suggest", "complete"):  # it has no sessions and no phrases
            with pytest.raises(getattr(reference, case["error"])) as caught:
                getattr(predictor, case["call"])(**arguments)
            assert "\n" not in str(caught.value), case

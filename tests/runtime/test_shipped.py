"""The models in the package are found by the names of their folders, and told by their cards."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY, TINY_INT8
from wordgru import shipped
from wordgru.bundle import open_bundle
from wordgru.cli import cli
from wordgru.errors import BundleError
from wordgru.predictor import Predictor, find_model

CARD = """---
license: mit
language:
- de
- "gsw"
---

| | hit@1 | hit@3 | keystroke savings, 3 offers |
|---|---:|---:|---:|
| this model, 8 MB | 20.0 % | 31.5 % | 50 % |
| a rival | 1 % | 2 % | 3 % |
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with two models and a folder that is none."""
    folder = tmp_path / "models"
    shutil.copytree(TINY_INT8, folder / "de")
    shutil.copytree(TINY, folder / "en")
    (folder / "notes").mkdir()
    (folder / "de" / "README.md").write_text(CARD, encoding="utf-8")
    monkeypatch.setattr(shipped, "MODELS", folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORDGRU_MODEL", raising=False)
    return folder


def test_every_model_in_the_package_is_loaded_by_its_name(models: Path) -> None:
    assert list(shipped.shipped_models()) == ["en", "de"]
    assert (find_model(), find_model("de"), find_model("en")) == (models / "en", models / "de", models / "en")
    assert Predictor.load("de").bundle.folder == models / "de"  # type: ignore[union-attr]
    result = CliRunner().invoke(cli, ["suggest", "the", "-m", "de"])
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 3)


def test_a_name_that_is_nothing_names_the_models_there_are(models: Path) -> None:
    with pytest.raises(BundleError, match=r"fr: no such folder, nor a model in the package \(en, de\)"):
        find_model("fr")
    with pytest.raises(BundleError, match="notes: no such folder"):
        find_model("notes")


def test_models_are_listed_by_what_their_cards_say(models: Path) -> None:
    rows = [json.loads(line) for line in CliRunner().invoke(cli, ["models", "--json"]).stdout.splitlines()]
    assert [row["name"] for row in rows] == ["en", "de"]
    german = rows[1]
    assert (german["language"], german["licence"], german["precision"]) == ("de, gsw", "mit", "int8")
    assert (german["hit_3"], german["savings_3"]) == (31.5, 50.0)
    assert german["bytes"] == open_bundle(models / "de").size
    assert german["perplexity"] == open_bundle(models / "de").config.quality.get("perplexity_per_word")
    plain = CliRunner().invoke(cli, ["models"]).stdout.splitlines()
    assert plain[0].split("\t") == ["name", "language", "size", "licence", "hit@3, %", "savings@3, %", "perplexity"]
    assert [line.split("\t")[:2] for line in plain[1:]] == [["en", "en"], ["de", "de, gsw"]]


def test_the_models_of_this_package_say_what_they_are() -> None:
    """Each names its licence and language, in its card's front matter."""
    for facts in shipped.shipped_facts():
        assert facts.licence not in (None, "other")
        assert facts.language
        assert facts.hit_3 is None or 0 < facts.hit_3 < 100
    assert shipped.shipped_facts()[0].name == shipped.DEFAULT


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("", {}),
        ("no front matter\n---\nlicense: mit\n---\n", {}),
        ("---\nlicense: 'mit'\ntags:\n- a\n  - b\n---\n", {"license": ["mit"], "tags": ["a", "b"]}),
    ],
)
def test_front_matter_is_read(card: str, expected: dict[str, list[str]]) -> None:
    assert shipped.front_matter(card) == expected


def test_a_package_without_models_asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "MODELS", tmp_path / "nowhere")
    monkeypatch.delenv("WORDGRU_MODEL", raising=False)
    assert shipped.shipped_models() == {}
    with pytest.raises(BundleError, match="no model is given; expected a bundle: name one"):
        find_model()
    with pytest.raises(BundleError, match=r"notes: no such folder, nor a model in the package \(it has none\)"):
        find_model("notes")

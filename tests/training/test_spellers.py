"""What corrects by letters alone, beside wordgru on the bench of the finger: where it is installed, it answers."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.runtime.golden import ROOT
from wordgru import Predictor
from wordgru.evaluation.bench import Document
from wordgru.evaluation.touch import evaluate_touch

TEXT = "thank you for your beautiful letter\nthe children went tomorrow"


def test_symspell_and_frequencies_correct_by_letters() -> None:
    pytest.importorskip("symspellpy", reason="needs the symspell extra")
    english = Predictor.load("en")
    found = evaluate_touch([Document(TEXT)], english, 0.4, seed=3)
    assert set(found.rivals) == {"symspell", "frequency"}
    assert found.typed > max(found.rivals.values())
    exact = evaluate_touch([Document(TEXT)], english, 0.01)
    assert set(exact.rivals.values()) == {0.0}


@pytest.mark.skipif(
    not (shutil.which("hunspell") and shutil.which("aspell")), reason="hunspell and aspell are not here"
)
def test_hunspell_and_aspell_answer_the_script(tmp_path) -> None:
    text = tmp_path / "a.txt"
    text.write_text(TEXT, encoding="utf-8")
    command = [sys.executable, str(ROOT / "scripts/rivals"), str(text), "--touch", "0.4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    values = json.loads(done.stdout)
    assert 0 < values["hunspell"] < values["typed"]
    assert 0 < values["aspell"] < values["typed"]


@pytest.mark.skipif(bool(shutil.which("presage_demo_text")), reason="presage is here")
def test_what_is_not_installed_is_named(tmp_path) -> None:
    text = tmp_path / "a.txt"
    text.write_text(TEXT, encoding="utf-8")
    command = [sys.executable, str(ROOT / "scripts/rivals"), str(text)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: presage is not installed; apt install presage.\n"

"""The scripts behind the tables of docs/training.md and the models of the package, each as one starts it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.training.runs import small_config, write_text
from wordgru.exporting.export import export_run
from wordgru.predictor import Predictor
from wordgru.training.run.checkpoint import load_model_weights
from wordgru.training.run.loop import train

SCRIPTS = Path(__file__).parents[2] / "scripts"


def start(script: str, *arguments: object) -> str:
    command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def texts(tmp_path):
    return write_text(tmp_path / "train.txt"), write_text(tmp_path / "valid.txt", lines=20, seed=1)


@pytest.mark.slow
def test_both_loops_learn_for_as_many_steps(texts, tmp_path):
    train, valid = texts
    flags = ["--validation", valid, "-o", tmp_path / "learning", "--steps", 10, "--batch", 2]
    for loop in ("wordgru", "plain"):
        start("learning.py", train, *flags, "--loop", loop)
    curves = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "learning").glob("*.json")]
    one, other = curves
    assert [line["tokens"] for line in one] == [line["tokens"] for line in other]
    assert len(one) == 10
    assert all(curve[-1]["nats"] < curve[0]["nats"] for curve in curves)
    table = start("learning.py", "-o", tmp_path / "learning", "--table")
    assert "| plain-10steps-2x64 |" in table
    assert "| wordgru-10steps-2x64-" in table


@pytest.mark.slow
def test_an_ablation_tells_what_each_variant_reached(texts, tmp_path):
    train, valid = texts
    flags = ["--validation", valid, "-o", tmp_path, "--epochs", 1, "--seeds", 1]
    table = start("ablation.py", train, *flags, "--only", "nothing", "--only", "ema 0.995")
    assert "| nothing |" in table
    assert "| ema 0.995 |" in table
    assert start("ablation.py", train, *flags, "--table") == table[table.index("| variant |") :]


def test_a_mixture_repeats_small_sources_and_is_the_same_for_a_seed(tmp_path):
    for name, size in {"talk": 10, "tatoeba": 4, "fiction-eltec": 100}.items():
        rows = [f"{name} says it in Line {at}, always." for at in range(size)]
        pq.write_table(pa.table({"text": rows}), tmp_path / f"{name}-train.parquet")
    files, flags = tmp_path / "*-train.parquet", ["--words", 500, "--passes", 3, "--power", 0, "--lower", 1]
    for seed, output in ((1, "a"), (1, "b"), (2, "c")):
        start("models/mix.py", files, *flags, "--seed", seed, "-o", tmp_path / f"{output}.parquet")
    a, b, c = (pq.read_table(tmp_path / f"{name}.parquet")["text"].to_pylist() for name in "abc")
    assert a == b != c
    assert sum(text.startswith("talk") for text in a) == 3 * 10  # no more passes than that
    assert {text for text in a if text.startswith("tatoeba")} <= {
        f"tatoeba says it in line {at}{end}" for at in range(4) for end in (" always", ", always.")
    }
    assert 0 < sum(text.startswith("fiction-eltec") for text in a) < 100


def test_the_mean_of_a_model_and_of_the_run_that_went_on_from_it_can_be_exported(texts, tmp_path):
    first, second, mean = (tmp_path / name for name in ("first", "second", "mean"))
    train(small_config(texts[0], steps=10), first)
    train(small_config(texts[0], steps=10, seed=2, init_from=str(first)), second)
    start("models/average.py", first, second, "-o", mean, "--share", 0.25)
    weights = load_model_weights(mean)
    for name, weight in load_model_weights(first).items():
        assert np.allclose(weights[name], 0.75 * weight + 0.25 * load_model_weights(second)[name])
    assert export_run(mean, tmp_path / "bundle", precision="fp32").quality.words > 0


def test_names_are_told_with_the_sources_that_write_them(tmp_path):
    rows = {"mail": ["Dear John, my name is John, the other."] * 3, "talk": ["Hi John. Hi Mark! I will be the one."]}
    for source, texts in rows.items():
        pq.write_table(pa.table({"text": texts}), tmp_path / f"{source}-train.parquet")
    told = start("models/names.py", "en", tmp_path / "*-train.parquet", "-k", 100)
    assert [opening in told for opening in ("“My name is”", "“Dear”", "“Hi”")] == [True] * 3
    assert re.search(r"\bJohn\b.*mail 6, talk 1\b", told)
    assert re.search(r"\bMark\b.*talk 1\b", told)
    assert not re.search(r"\bthe\b", told)


def test_what_a_model_knows_by_heart_is_what_it_writes_by_itself(tmp_path):
    """One line is what the model goes on with, by another way to ask; the other ends in words that it would not."""
    beginning = "I would like to"
    written = Predictor.load("en").generate(beginning + " ", max_words=6, temperature=0)
    line = beginning + " " + " ".join(written.split()[:4])
    assert len(line.split()) == 8
    lines = {"known": line, "other": "I would like to zebra quartz the moon", "short": "I would like"}
    for name, text in lines.items():
        pq.write_table(pa.table({"text": [text + "\nYes."]}), tmp_path / f"{name}.parquet")
    told = start("models/memorised.py", "en", tmp_path / "known.parquet", tmp_path / "other.parquet")
    assert "100.00% (1 of 1 lines)" in told
    assert line in told
    assert "other.parquet: 0.00% (0 of 1 lines)" in told
    command = [sys.executable, str(SCRIPTS / "models/memorised.py"), "en", str(tmp_path / "short.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 2
    assert "no line has 8 words or more" in done.stderr


def test_offers_that_are_in_no_list_are_counted(tmp_path):
    offered = [[item.word for item in Predictor.load("en").suggest(text, k=3)] for text in ("", "I ")]
    offered += [[item.word for item in Predictor.load("en").session("I").suggest(k=3)]]
    words = sorted({word for offers in offered for word in offers})
    message, whole, cut = (tmp_path / name for name in ("message.txt", "whole.txt", "cut.txt"))
    message.write_text("I a\n", encoding="utf-8")
    whole.write_text("\n".join(f"{word} 7" for word in words), encoding="utf-8")
    cut.write_text("\n".join(word for word in words if word != offered[0][0]), encoding="utf-8")
    flags = ["--messages", message, "--list"]
    assert start("models/nonwords.py", "en", *flags, whole).startswith("0.00% of 3 keystrokes (0)")
    told = start("models/nonwords.py", "en", *flags, cut)
    assert not told.startswith("0.00%")
    assert offered[0][0] in told

"""The benchmark measures every subject, in true units; sizes are tiny, figures mean nothing here."""

import importlib.util
import json
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tests.training.runs import write_text
from wordgru.errors import WordgruError
from wordgru.training.run.settings import PRESETS

ROOT = Path(__file__).parents[2]
SIZES = ("--vocab-size", "560", "--embedding-size", "16", "--hidden-size", "24", "--layers", "2", "--rounds", "3")
TIMES = ("one step", "batch 8", "priming 32 tokens", "priming 512 tokens", "keystroke, top 3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    text = write_text(folder / "text", lines=1200).read_text(encoding="utf-8")
    (folder / "text.txt").write_text(text.replace("\n", "\n\n"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(folder):
    threads = torch.get_num_threads()
    spec = importlib.util.spec_from_file_location("benchmark", ROOT / "scripts/benchmark.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "scripts"), *sys.path])  # as when it is started
        patch.chdir(folder)
        spec.loader.exec_module(module)
        yield lambda *arguments: CliRunner().invoke(
            module.benchmark, [*SIZES, "--text", str(folder / "text.txt"), *arguments]
        )
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_every_subject_is_measured_on_every_row(run, folder, monkeypatch):
    from bench import rivals, transformer

    monkeypatch.setattr(rivals, "SHAPE", transformer.Shape(layers=2, width=24, heads=2, vocab_size=560))
    done = run("--keystrokes", "30", "--exporter", "--rivals", "--json", "-", "--picture", "a.png")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    rows = {row["name"]: row for row in report["rows"]}
    subjects = ["int8", "fp32", "quantize_dynamic", "torch", "torch.onnx.export"]
    others = [name for name in ("transformer", "KenLM") if name == "transformer" or find_spec("kenlm")]
    assert report["subjects"] == [*subjects, *others]
    offered = {"one step": others, "keystroke, top 3": others[1:]}
    for name in TIMES:
        assert list(rows[name]["values"]) == [*subjects, *offered.get(name, ["transformer"])]
        assert rows[name]["unit"] == "ms"
        assert all(0 < value <= rows[name]["p99"][each] for each, value in rows[name]["values"].items())
        assert rows[name]["ratios"]["fp32"] == rows[name]["values"]["fp32"] / rows[name]["values"]["int8"]
    assert list(rows["file"]["values"]) == list(rows["peak memory"]["values"]) == [*subjects, *others]
    assert rows["file"]["values"]["int8"] < rows["file"]["values"]["fp32"]
    assert set(rows["exact answers"]["values"].values()) == {100.0}
    assert all(calls > 0 for calls in rows["model calls per keystroke"]["values"].values())
    assert rows["cold start: wordgru suggest"]["values"]["int8"] > 100 * rows["one step"]["values"]["int8"]
    assert all(megabytes > 10 for megabytes in rows["peak memory"]["values"].values())
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    agreement = rows["difference from torch"]["values"]
    assert max(agreement["fp32"], agreement["torch.onnx.export"]) < 1e-3  # %
    assert 0 < agreement["int8"] < 5


def test_a_transformer_reads_the_same_in_parts(run, tmp_path):
    """Else its time would be that of another model."""
    from bench.transformer import Shape, Transformer, write_transformer

    shape = Shape(layers=2, width=24, heads=2, vocab_size=560)
    write_transformer(tmp_path / "a.onnx", shape)
    model = Transformer(tmp_path / "a.onnx", shape, threads=1)
    tokens = np.random.default_rng(0).integers(0, 300, (3, 12))
    whole, cache = model.read(tokens)
    parts = None
    for start, end in ((0, 7), (7, 8), (8, 12)):
        logits, parts = model.read(tokens[:, start:end], parts)
    assert parts.shape == cache.shape == (4, 3, 2, 12, 12)
    assert np.abs(logits - whole).max() < 0.1 * np.ptp(whole)  # one scale a call: int8 depends on how a text is cut
    assert np.abs(model.read(tokens[:, ::-1].copy())[0] - whole).max() > 0.2 * np.ptp(whole)


def test_the_trigrams_sum_to_one_or_less(run, tmp_path):
    from bench.ngrams import write_arpa

    text = "the cat sat on the mat\nthe cat ran\na dog sat"
    grams = write_arpa(tmp_path / "a.arpa", [text], words=6)
    sections = (tmp_path / "a.arpa").read_text(encoding="utf-8").split("-grams:\n")[1:]
    rows = [[line.split("\t") for line in section.split("\n\n")[0].splitlines()] for section in sections]
    assert sum(map(len, rows)) == grams
    assert sum(10 ** float(cells[0]) for cells in rows[0]) == pytest.approx(1, abs=0.2)
    for order in (1, 2):
        shares = Counter()
        for share, gram, *_ in rows[order]:
            shares[gram.rsplit(" ", 1)[0]] += 10 ** float(share)
        backoffs = {gram: 10 ** float(weight) for _, gram, weight in rows[order - 1]}
        assert all(share + backoffs[context] == pytest.approx(1, abs=1e-3) for context, share in shares.items())


@pytest.mark.slow
def test_a_bundle_takes_the_place_of_the_random_weights(run):
    bundle = ROOT / "tests/runtime/tiny-int8"
    done = run("--keystrokes", "20", "--bundle", str(bundle), "--clock", "cpu")
    assert done.exit_code == 0, done.output
    assert "trained bundle" in done.stdout
    assert "tiny-int8, V=700 E=20 H=28, 2 layer(s)" in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("keystroke, top 3")]
    assert rows
    assert all(row.count("–") == 3 for row in rows)  # the other runtimes have no such bundle


@pytest.mark.slow
def test_training_loops_are_compared(run, folder):
    done = run("--training", "--json", "a.json")
    assert done.exit_code == 0, done.output
    assert "plain loop" in done.stdout
    report = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    step, speed, times = report["rows"]
    assert report["subjects"] == ["plain loop", "wordgru, all tokens"]  # too few tokens to sample
    for name, milliseconds in step["values"].items():
        assert speed["values"][name] == pytest.approx(1e3 * PRESETS["small"]["batch_size"] * 64 / milliseconds)
    assert times["values"]["plain loop"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--clock", "cpu", "--threads", "2"), "--clock cpu adds up 2 threads"),
        (("--picture", "a.txt"), "unknown kind of picture"),
        (("--json", "nowhere/a.json"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_work(run, arguments, reason):
    done = run(*arguments)
    assert isinstance(done.exception, WordgruError)
    assert reason in str(done.exception)
    assert "\n" not in str(done.exception)

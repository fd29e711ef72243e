"""Perplexity per word is counted as the literature counts it, and readers that adapt keep to probabilities."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.runtime.toy import ToyModel
from wordgru.cli import cli
from wordgru.config import DynamicOptions
from wordgru.errors import TextError, WordgruError
from wordgru.evaluation.cache import CachedReader, CacheOptions
from wordgru.evaluation.running import ModelReader, likelihood
from wordgru.predictor import Predictor

HERE = Path(__file__).parent
TEXT = " \n = The cat = \n \n The <unk> sat on the mat , and the <unk> sat . \n"  # as WikiText is written
TOKENS = np.array([0, 3, 1, 4, 1, 5, 1, 2, 6, 3, 1, 4, 1, 5, 3, 3, 2, 1, 4, 1])


@pytest.fixture(scope="module")
def tiny():
    return Predictor.load(HERE / "tiny")


def model():
    return ToyModel([b"", b" a", b" b", b"c", b".", b"d", b" e"], seed=3)


class Given:
    """A reader with states and answers of its own, to count by hand."""

    block = 2

    def __init__(self, states, logs):
        self.states, self.logs, self.at = np.array(states, np.float32), np.array(logs, np.float32), 0

    def read(self, tokens):
        part = slice(self.at, self.at + len(tokens))
        self.at += len(tokens)
        return self.logs[part], self.states[part]


def read(reader, tokens=TOKENS, block=None):
    """What a reader expects after each token."""
    size = block or reader.block
    return np.concatenate([reader.read(tokens[start : start + size])[0] for start in range(0, len(tokens), size)])


def test_words_stand_between_white_space_and_line_ends(tiny):
    found = likelihood("a", TEXT, tiny.tokenizer, ModelReader(tiny.model))
    assert found.words == 16 + 4
    assert found.bytes == len(TEXT)
    assert found.perplexity == pytest.approx(math.exp(found.nats / 20))
    assert found.bits_per_byte == pytest.approx(found.nats / math.log(2) / len(TEXT))


def test_nothing_of_the_text_is_left_out(tiny):
    tokens = tiny.tokenizer.encode(TEXT)
    assert tiny.tokenizer.decode(tokens) == TEXT
    found = likelihood("a", TEXT, tiny.tokenizer, ModelReader(tiny.model))
    assert found.tokens == len(tokens)
    assert found.nats == pytest.approx(-tiny.log_probabilities(tokens)[:-1].sum(), rel=1e-5)  # all but the end of text


def test_a_text_without_a_token_is_refused(tiny):
    with pytest.raises(TextError, match="no token"):
        likelihood("a", " ", tiny.tokenizer, ModelReader(tiny.model))


@pytest.mark.parametrize("options", [CacheOptions(share=0), None])
def test_a_cache_without_a_share_is_no_cache(options):
    reader = ModelReader(model())
    plain = read(ModelReader(model()))
    np.testing.assert_allclose(read(CachedReader(reader, options) if options else reader), plain, atol=1e-6)


@pytest.mark.parametrize("options", [CacheOptions(3, 0.5, 0.4), CacheOptions(100, 2.0, 0.9), CacheOptions(1, 0, 0.1)])
def test_probabilities_sum_to_one_and_do_not_depend_on_the_blocks(options):
    whole = read(CachedReader(ModelReader(model()), options), block=len(TOKENS))
    np.testing.assert_allclose(np.exp(whole).sum(axis=1), 1, rtol=1e-5)
    for block in (1, 2, 7):
        np.testing.assert_allclose(read(CachedReader(ModelReader(model()), options), block=block), whole, atol=1e-5)
    assert not np.allclose(whole, read(ModelReader(model())), atol=1e-3)


def test_the_cache_is_what_the_paper_says():
    states, logs = [[1, 0], [0, 1], [1, 1], [2, 0]], np.log(np.full((4, 3), 1 / 3))
    found = np.exp(read(CachedReader(Given(states, logs), CacheOptions(2, 0.5, 0.3)), np.array([0, 2, 1, 2])))
    # before the last token's successor two states are remembered: [0, 1], followed by 1, and [1, 1], followed by 2
    one, two = math.exp(0.5 * 0), math.exp(0.5 * 2)
    cached = np.array([0, one, two]) / (one + two)
    np.testing.assert_allclose(found[3], 0.7 / 3 + 0.3 * cached, rtol=1e-5)
    np.testing.assert_allclose(found[0], 1 / 3, rtol=1e-5)  # nothing is remembered yet
    np.testing.assert_allclose(found[1], 0.7 / 3 + 0.3 * np.array([0, 0, 1]), rtol=1e-5)


def test_a_cache_helps_where_a_text_repeats_itself():
    random = np.random.default_rng(0)
    once = random.integers(1, 7, 30)
    text = np.concatenate([[0], np.tile(once, 8)])
    targets = text[1:]
    plain, cached = ModelReader(model()), CachedReader(ModelReader(model()), CacheOptions(60, 1.0, 0.5))
    better = read(cached, text)[:-1] - read(plain, text)[:-1]
    assert better[np.arange(len(targets)), targets][60:].mean() > 0.3


@pytest.mark.parametrize(
    ("make", "numbers"),
    [
        (CacheOptions, (0, 1.0, 0.1)),
        (CacheOptions, (9, -1.0, 0.1)),
        (CacheOptions, (9, 1.0, 1.0)),
        (DynamicOptions, (0, 0.1, 0.1)),
        (DynamicOptions, (5, -0.1, 0.1)),
        (DynamicOptions, (5, 0.1, 2.0)),
    ],
)
def test_numbers_out_of_range_are_refused(make, numbers):
    with pytest.raises(WordgruError, match="expected"):
        make(*numbers)


# -- the command -----------------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


def test_the_command_reads_lines_as_they_stand(tmp_path, tiny):
    path, rows, report = tmp_path / "a.txt", tmp_path / "b.jsonl", tmp_path / "report.json"
    path.write_text(TEXT, encoding="utf-8")
    rows.write_text("\n".join(json.dumps({"text": line}) for line in TEXT.split("\n")[:-1]), encoding="utf-8")
    result = run(path, rows, "-m", HERE / "tiny", "-m", HERE / "tiny-int8", "--perplexity", "--json", report)
    assert result.exit_code == 0, result.output
    assert "perplexity per word" in result.output
    first, second = json.loads(report.read_text(encoding="utf-8"))["evaluations"]
    assert (first["name"], second["name"]) == ("tiny", "tiny-int8")
    for row, name in zip(first["rows"], ("a", "b"), strict=True):
        assert (row["name"], row["words"]) == (name, 20)
        whole = likelihood("a", TEXT, tiny.tokenizer, ModelReader(tiny.model))
        assert row["perplexity"] == pytest.approx(whole.perplexity)


def test_the_cache_is_switched_on_by_its_flag(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(TEXT * 3, encoding="utf-8")

    def perplexity(*flags):
        result = run(path, "-m", HERE / "tiny", "--json", "-", *flags)
        return json.loads(result.stdout)["evaluations"][0]["rows"][0]["perplexity"]

    plain = perplexity("--perplexity")
    assert perplexity("--cache") < plain
    assert perplexity("--cache", "--cache-share", "0") == pytest.approx(plain)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--cache", "--cache-share", "1"], "the cache's share is 1.0; expected"),
    ],
)
def test_a_wrong_command_says_one_line(tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("one", encoding="utf-8")
    result = run("a.txt", "-m", HERE / "tiny", *arguments)
    assert isinstance(result.exception, WordgruError)
    assert sentence in str(result.exception)
    assert "\n" not in str(result.exception)


def test_learning_while_reading_needs_torch_and_says_so(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one", encoding="utf-8")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from wordgru.cli import run, cli\n"
        f"sys.argv = ['wordgru', 'evaluate', {str(path)!r}, '-m', 'somewhere', '--dynamic']\n"
        "sys.exit(run(cli))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "--dynamic needs" in done.stderr
    assert "pip install 'wordgru[train]'" in done.stderr
    assert done.stderr.count("\n") == 1

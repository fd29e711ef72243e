"""A run's model that goes on learning from the text it is judged on."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tests.training.runs import small_config, write_text
from wordgru.cli import cli
from wordgru.config import DynamicOptions, ModelConfig
from wordgru.errors import WordgruError
from wordgru.evaluation.cache import CachedReader, CacheOptions
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.checkpoint import begin_run, save_best
from wordgru.training.run.dynamic import DynamicReader


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return write_text(tmp_path_factory.mktemp("text") / "lines.txt", lines=40)


@pytest.fixture(scope="module")
def run(tmp_path_factory, text):
    """A run with random weights."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    tokenizer = Tokenizer.train([text.read_text(encoding="utf-8")], vocab_size=560)
    config = ModelConfig(vocab_size=tokenizer.vocab_size, embedding_size=8, hidden_size=12, layers=2)
    torch.manual_seed(0)
    begin_run(folder, small_config(text), config, tokenizer)
    save_best(folder, GRULanguageModel(config).state_dict(), {"step": 1})
    return folder


def test_without_a_rate_it_is_the_trained_model(run):
    tokens = np.array([0, 40, 41, 42, 43, 44, 45, 46, 40, 41])
    reader = DynamicReader(run, DynamicOptions(block=3, rate=0))
    found = [reader.read(tokens[start : start + 3]) for start in range(0, len(tokens), 3)]
    model = reader._model.eval()
    with torch.inference_mode():
        logits, _ = model(torch.from_numpy(tokens[None]))
        states, _ = model.gru(model.embedding(torch.from_numpy(tokens[None])))
    logs = torch.log_softmax(logits[0], dim=-1).numpy()
    np.testing.assert_allclose(np.concatenate([logs for logs, _ in found]), logs, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([tops for _, tops in found]), states[0].numpy(), atol=1e-5)


def test_what_is_expected_depends_on_nothing_that_was_not_read(run):
    """Two texts that part after four tokens are expected alike up to there."""
    options = DynamicOptions(block=2, rate=0.01)
    heads = []
    for tail in ([50, 51, 52, 53], [60, 61, 62, 63]):
        tokens, reader = np.array([0, 40, 41, 42, *tail]), DynamicReader(run, options)
        logs = [reader.read(tokens[start : start + 2])[0] for start in range(0, len(tokens), 2)]
        np.testing.assert_allclose(np.exp(np.concatenate(logs)).sum(axis=1), 1, rtol=1e-4)
        heads.append(np.concatenate(logs))
    np.testing.assert_array_equal(heads[0][:4], heads[1][:4])
    assert not np.allclose(heads[0][6:], heads[1][6:], atol=1e-3)


def test_the_decay_leads_back_to_the_trained_weights(run):
    reader = DynamicReader(run, DynamicOptions(block=2, rate=0.01, decay=1))
    for token in range(40, 50):
        reader.read(np.array([token, token + 1]))
    for weight, trained in zip(reader._weights, reader._trained, strict=True):
        torch.testing.assert_close(weight.detach(), trained)


def test_a_cache_over_a_model_that_learns_keeps_to_probabilities(run):
    reader = CachedReader(DynamicReader(run, DynamicOptions(block=4, rate=0.01)), CacheOptions(5, 1.0, 0.3))
    logs = np.concatenate([reader.read(np.array([0, 40, 41, 42]))[0], reader.read(np.array([40, 41, 42, 40]))[0]])
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, rtol=1e-4)


def evaluated(*arguments):
    return CliRunner().invoke(cli, ["evaluate", *map(str, arguments)])


def test_the_command_learns_and_gains_by_it(run, text):
    def perplexity(rate):
        result = evaluated(text, "-m", run, "--dynamic", "--dynamic-rate", rate, "--json", "-")
        (found,) = json.loads(result.stdout)["evaluations"]
        assert found["name"] == "mine"
        return found["rows"][0]["perplexity"]

    assert perplexity("0.01") < 0.6 * perplexity("0")


@pytest.mark.parametrize(("model", "sentence"), [(["-m", "."], "not a bundle"), ([], "name the folder of one")])
def test_a_model_that_cannot_learn_is_refused(tmp_path, monkeypatch, text, model, sentence):
    monkeypatch.chdir(tmp_path)
    result = evaluated(text, *model, "--dynamic")
    assert isinstance(result.exception, WordgruError)
    assert sentence in str(result.exception)

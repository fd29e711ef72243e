import errno
import io
import json
import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from datasets import Dataset
from rich.console import Console

from tests.training.runs import newest_files, small_config, write_text
from wordgru.bundle import PRECISIONS, open_bundle
from wordgru.cli.train import train_command
from wordgru.config import ModelConfig
from wordgru.errors import TrainingError, WordgruError
from wordgru.predictor import SHIPPED, Predictor
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run import checkpoint
from wordgru.training.run.checkpoint import resume_command
from wordgru.training.run.initial_weights import open_origin
from wordgru.training.run.loop import train
from wordgru.training.run.report import Reporter, read_metrics
from wordgru.training.run.settings import PRESETS, TrainConfig
from wordgru.training.run.trainer import Trainer, learning_rate, window_size
from wordgru.training.run.validation import Validation


@pytest.fixture
def text(tmp_path):
    return write_text(tmp_path / "text.txt")


@pytest.fixture
def run(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def signal_at(monkeypatch):
    """Send this process a signal in the middle of a step."""

    def arrange(step, number):
        learn = Trainer.learn

        def interrupted(trainer, fraction):
            learn(trainer, fraction)
            if trainer.step == step:
                os.kill(os.getpid(), number)

        monkeypatch.setattr(Trainer, "learn", interrupted)

    return arrange


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_run_learns_and_leaves_what_the_next_step_needs(text, run):
    config = small_config(text, steps=120, learning_rate=1e-2)
    result = train(config, run)
    assert (result.finished, result.step, result.signal) == (True, 120, None)
    assert {path.name for path in run.iterdir()} == {
        *("config.json", "tokenizer.json", "metrics.jsonl", "checkpoints", "best", "tensorboard", "curves.png")
    }
    lines = read_metrics(run)
    validation = [line for line in lines if line["kind"] == "validation"]
    assert [line["step"] for line in validation] == [20, 40, 60, 80, 100, 120]
    assert validation[-1]["perplexity"] < validation[0]["perplexity"] / 2
    assert result.best["perplexity"] == min(line["perplexity"] for line in validation)
    assert checkpoint.load_best_facts(run) == result.best
    assert [line["scored"] for line in lines if line["kind"] == "train"] == ["sampled"] * 5 + ["full"] * 2

    assert checkpoint.load_run(run) == config
    model = GRULanguageModel(checkpoint.load_model_config(run))
    weights = checkpoint.load_model_weights(run)
    assert {name: value.shape for name, value in model.state_dict().items()} == {
        name: torch.Size(value.shape) for name, value in weights.items()
    }
    assert {value.dtype for value in weights.values()} == {np.dtype(np.float32)}


def test_a_data_set_in_memory_is_text(run):
    dataset = Dataset.from_dict({"text": [f"the cat number {number} sat" for number in range(300)]})
    assert train(small_config(run, steps=5), run, dataset=dataset).finished


def test_a_run_by_the_clock_ends(text, run):
    result = train(small_config(text, steps=None, minutes=0.01), run)
    assert result.finished
    assert result.step > 0


def test_epochs_are_passes_over_the_text(text, run):
    config = small_config(text, steps=None, epochs=0.5, batch_size=8)
    step = train(config, run).step
    tokens = json.loads(next(run.glob("checkpoints/*/trainer.json")).read_text())["text"]["tokens"]
    assert step == math.ceil(0.5 * tokens / (8 * 12))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path, text, run, signal_at, capsys, number, precision):
    config = small_config(text, steps=30, precision=precision)
    handler = signal.getsignal(signal.SIGINT)  # a shell starts a job in the background with interrupts ignored
    train(config, tmp_path / "straight")
    signal_at(13, number)
    result = train(config, run)
    assert (result.finished, result.step, result.signal) == (False, 13, number)
    assert f"wordgru train -o {run} --resume" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is handler
    assert train(config, run, resume=True).finished
    straight = newest_files(tmp_path / "straight")
    for name, value in newest_files(run).items():
        np.testing.assert_array_equal(value, straight[name], err_msg=name)


def test_a_folder_is_never_overwritten(tmp_path, text, run):
    config = small_config(text, steps=5)
    train(config, run)
    before = newest_files(run)
    with pytest.raises(TrainingError, match="holds a run already") as error:
        train(config, run)
    assert "--resume" in one_line(error)
    assert train(config, run, resume=True).step == 5  # finished: nothing to do
    assert all(np.array_equal(value, before[name]) for name, value in newest_files(run).items())
    with pytest.raises(TrainingError, match="is not a run; choose"):
        train(config, tmp_path)
    with pytest.raises(TrainingError, match="holds no run to resume"):
        train(config, tmp_path / "other", resume=True)


def test_a_resumed_run_keeps_its_settings_and_its_text(text, run, signal_at):
    config = small_config(text, steps=20)
    signal_at(5, signal.SIGINT)
    train(config, run)
    with pytest.raises(TrainingError, match="hidden_size was 24 when it began and is 32 now") as error:
        train(small_config(text, steps=20, hidden_size=32), run, resume=True)
    one_line(error)
    write_text(text, lines=500)
    with pytest.raises(TrainingError, match="the text has changed since the run began") as error:
        train(config, run, resume=True)
    one_line(error)


def test_a_loss_that_is_not_finite_stops_the_run_before_it_is_saved(text, run, monkeypatch):
    learn = Trainer.learn

    def break_down(trainer, fraction):
        learn(trainer, fraction)
        if trainer.step == 15:
            trainer.model.output_bias.data.fill_(math.nan)

    monkeypatch.setattr(Trainer, "learn", break_down)
    with pytest.raises(TrainingError, match="the loss became nan before step 20") as error:
        train(small_config(text), run)
    assert "lower learning_rate" in one_line(error)
    weights, _, facts = checkpoint.load_checkpoint(checkpoint.newest_checkpoint(run))
    assert facts["step"] == 10
    assert all(bool(value.isfinite().all()) for value in weights.values())


def test_a_full_disk_is_one_line_and_the_checkpoint_before_is_intact(text, run, monkeypatch):
    whole = checkpoint._write

    def full(path, content):
        if "step-00000020" in str(path):
            path.write_bytes(content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        whole(path, content)

    monkeypatch.setattr(checkpoint, "_write", full)
    with pytest.raises(TrainingError, match="the disk is full; the last checkpoint is intact") as error:
        train(small_config(text), run)
    one_line(error)
    monkeypatch.undo()
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-00000010"]
    assert train(small_config(text), run, resume=True).finished


@pytest.mark.parametrize("name", ["model.safetensors", "trainer.safetensors", "trainer.json"])
def test_a_broken_checkpoint_is_one_line(text, run, name, signal_at):
    signal_at(5, signal.SIGINT)
    train(small_config(text), run)
    path = checkpoint.newest_checkpoint(run) / name
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(TrainingError, match="cannot be read") as error:
        train(small_config(text), run, resume=True)
    one_line(error)


def test_too_little_text_is_one_line(text, run):
    with pytest.raises(WordgruError, match="for one batch of 64 x 512") as error:
        train(small_config(text, batch_size=64, window=512), run)
    one_line(error)
    assert not checkpoint.is_run(run)


def test_perplexity_is_per_word_and_counts_the_end_of_every_document():
    tokenizer = Tokenizer.train(["the cat sat on the mat"] * 5, vocab_size=530)
    documents = [tokenizer.encode(text) for text in ("the cat", "a mat on the cat sat")]
    model = GRULanguageModel(ModelConfig(tokenizer.vocab_size, 4, 6))
    for parameter in model.parameters():
        parameter.data.zero_()  # every token is as likely as any other
    validation = Validation(documents, tokenizer, most=1000)
    scores = validation.score(model)
    tokens = sum(map(len, documents)) + 2
    assert (validation.words, validation.bytes) == (8, len("the cat") + len("a mat on the cat sat"))
    assert scores.nats_per_token == pytest.approx(math.log(tokenizer.vocab_size))
    assert scores.perplexity == pytest.approx(tokenizer.vocab_size ** (tokens / 8))
    assert scores.bits_per_byte == pytest.approx(math.log2(tokenizer.vocab_size) * tokens / validation.bytes)


def test_learning_rate_rises_then_falls_to_its_last_part(tmp_path):
    config = small_config(tmp_path, learning_rate=1.0, warmup=10, final_rate=0.1)
    assert learning_rate(config, step=0, fraction=0.0) == pytest.approx(0.1)
    assert learning_rate(config, step=9, fraction=0.0) == pytest.approx(1.0)
    assert learning_rate(config, step=50, fraction=1.0) == pytest.approx(0.1)


def test_the_average_of_the_weights_is_what_is_validated_and_kept(text, run, monkeypatch):
    learn, seen = Trainer.learn, []

    def remember(trainer, fraction):
        learn(trainer, fraction)
        seen.append({name: value.clone() for name, value in trainer.model.state_dict().items()})

    monkeypatch.setattr(Trainer, "learn", remember)
    train(small_config(text, steps=40, validate_every=40, ema=0.8), run)
    average = seen[0]
    for step, weights in enumerate(seen, 1):
        decay = min(0.8, step / (step + 9))
        average = {name: decay * average[name] + (1 - decay) * weights[name] for name in weights}
    best = checkpoint.load_model_weights(run)
    newest = checkpoint.load_checkpoint(checkpoint.newest_checkpoint(run))[0]
    for name, value in average.items():
        torch.testing.assert_close(torch.from_numpy(best[name]), value, atol=1e-6, rtol=1e-4)
        assert torch.equal(torch.from_numpy(best[name]), newest[name])
        assert not torch.equal(newest[name], seen[-1][name])


def test_windows_vary_around_their_length_alike_on_every_rank(tmp_path):
    config = small_config(tmp_path, window=20, window_variation=0.25)
    sizes = [window_size(config, step=step) for step in range(2000)]
    assert set(sizes) == set(range(15, 26))
    assert np.mean(sizes) == pytest.approx(20, abs=0.3)
    assert sizes == [window_size(config, step=step) for step in range(2000)]
    assert {window_size(small_config(tmp_path, window_variation=0.0), step=step) for step in range(50)} == {12}
    config = small_config(tmp_path, window=3, window_variation=1.0)
    assert {window_size(config, step=step) for step in range(50)} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minutes": 3.0}, "expected exactly one of steps, epochs and minutes"),
        ({"window": 0}, "window is 0; expected a number above 0"),
        ({"dropout": 1.5}, "dropout is 1.5; expected a share"),
        ({"loss": "some"}, "loss is 'some'; expected one of auto, full, sampled"),
        ({"warmup": -1}, "warmup is -1; expected 0 or more"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path, changes, message):
    with pytest.raises(TrainingError, match=message) as error:
        small_config(tmp_path, **changes)
    one_line(error)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_settings_and_survive_json(preset):
    config = TrainConfig(**PRESETS[preset])
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict())), "x") == config


def invoke(*words):
    return CliRunner().invoke(train_command, [str(word) for word in words])


FLAGS = {
    "documents": "line",
    "validation-fraction": 0.1,
    "vocab-size": 560,
    "embedding-size": 16,
    "hidden-size": 24,
    "batch-size": 4,
    "window": 12,
    "steps": 8,
    "checkpoint-every": 4,
    "validate-every": 8,
    "threads": 1,
    "device": "cpu",
}


def test_the_command_trains_resumes_and_refuses(text, run, signal_at):
    flags = [f"--{name}={value}" for name, value in FLAGS.items()]
    signal_at(5, signal.SIGINT)
    assert invoke(text, "-o", run, "--preset", "tiny", *flags).exit_code == 130
    config = checkpoint.load_run(run)
    assert (config.steps, config.epochs, config.hidden_size) == (8, None, 24)
    assert config.output_dropout == PRESETS["tiny"]["output_dropout"]
    refused = invoke("-o", run, "--resume", "--hidden-size", 32)
    assert isinstance(refused.exception, TrainingError)
    assert "hidden_size is 24 in this run, not 32" in str(refused.exception)
    assert invoke(text, "-o", run, "--preset", "tiny", *flags, "--resume").exit_code == 0
    assert invoke("-o", run, "--resume").exit_code == 0
    other = invoke("-o", run, "--preset", "base", "--resume")
    assert "a resumed run keeps its settings" in str(other.exception)
    assert isinstance(invoke(text, "-o", run).exception, TrainingError)


def test_every_setting_is_a_flag():
    options = {option.name for option in train_command.params}
    assert {name for name in TrainConfig.__dataclass_fields__ if name != "text"} <= options
    assert "--learning-rate" in invoke("--help").output


def test_a_long_step_shows_how_far_it_is(tmp_path):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200)
    with Reporter(tmp_path, speaks=True, console=console) as reporter, reporter.counting("reading") as count:
        count(500, 2000)
        time.sleep(0.3)
    shown = out.getvalue()
    assert "reading: 500 of 2,000 documents" in shown
    assert "a second" in shown
    assert "left" in shown


def test_a_run_begins_with_the_tokenizer_and_the_best_weights_of_another(text, run, tmp_path):
    train(small_config(text), run)
    other = tmp_path / "other"
    asked = small_config(text, init_from=str(run), steps=1, learning_rate=1e-9, warmup=0, validate_every=1)
    train(asked, other)
    weights, begun = checkpoint.load_model_weights(run), checkpoint.load_model_weights(other)
    assert all(np.allclose(weights[name], begun[name], atol=1e-6) for name in weights)
    assert (other / "tokenizer.json").read_text() == (run / "tokenizer.json").read_text()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_run_begins_with_a_bundle(text, run, tmp_path, precision):
    bundle = Path(__file__).parents[1] / "runtime" / ("tiny" if precision == "fp32" else f"tiny-{precision}")
    flags = ["--documents", "line", "--steps", "1", "--learning-rate", "1e-9", "--batch-size", "2", "--window", "8"]
    arguments = [str(text), "-o", str(run), "--init-from", str(bundle), *flags]
    result = CliRunner().invoke(train_command, arguments)
    assert result.exit_code == 0
    assert f"beginning with the weights of {bundle}" in result.stderr
    assert (run / "tokenizer.json").read_text("utf-8") == (bundle / "tokenizer.json").read_text("utf-8")
    predictor, ids = Predictor.load(bundle), np.array([0, 9, 44, 7])
    model = GRULanguageModel(predictor.model.config)
    weights = checkpoint.load_model_weights(run)
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    ours = model(torch.from_numpy(ids)[None])[0][0].log_softmax(-1).detach().numpy()
    theirs = predictor.model.score(ids, predictor.model.initial_state())[0]
    np.testing.assert_allclose(ours, theirs, atol={"fp32": 1e-4, "int8": 0.3, "int4": 0.3}[precision])


def test_the_model_in_the_package_can_be_gone_on_from():
    origin = open_origin("en")
    assert origin.blocked == open_bundle(SHIPPED).blocked() != frozenset()
    assert origin.sizes.vocab_size == origin.tokenizer.vocab_size == len(origin.weights()["output_bias"])


def test_what_cannot_be_gone_on_from_is_refused_in_one_line(text, run, tmp_path):
    for name in (tmp_path / "nowhere", tmp_path):
        flags = [str(each) for each in (text, "-o", run, "--init-from", name, "--steps", 1)]
        error = CliRunner().invoke(train_command, flags).exception
        assert isinstance(error, WordgruError)
        assert "give a bundle, a run, or 'en'" in str(error)
        assert "\n" not in str(error)
        assert not run.exists()


def test_a_run_does_not_begin_with_a_model_of_other_sizes(text, run, tmp_path):
    train(small_config(text, steps=5, validate_every=5), run)
    with pytest.raises(TrainingError) as error:
        train(small_config(text, init_from=str(run), hidden_size=32), tmp_path / "other")
    assert "2 layers of 24" in one_line(error)


def test_what_goes_on_with_a_run_can_be_pasted_into_a_shell():
    assert resume_command(Path("runs/a")) == "wordgru train -o runs/a --resume"
    assert resume_command(Path("my runs/a")) == "wordgru train -o 'my runs/a' --resume"

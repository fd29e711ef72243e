"""A run small enough for a test, and processes to run it in and to kill."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import safetensors.numpy

from wordgru.training.data.text import TextConfig
from wordgru.training.run.settings import TrainConfig

PROCESSES = multiprocessing.get_context("forkserver")  # imports torch once, not once per process
PROCESSES.set_forkserver_preload(["wordgru.training.run.loop"])


def write_text(path: Path, *, lines: int = 400, seed: int = 0) -> Path:
    """Lines of a small language: each word likes the one that comes next in its list."""
    random = np.random.default_rng(seed)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "then", "it", "ran", "away", "from", "home", "to", "see"]
    text = []
    for _ in range(lines):
        at, line = int(random.integers(len(words))), []
        for _ in range(int(random.integers(3, 15))):
            line.append(words[at % len(words)])
            at += 1 if random.random() < 0.8 else int(random.integers(len(words)))
        text.append(" ".join(line))
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def small_config(text: Path, **changes: object) -> TrainConfig:
    """Seconds on one core; every kind of state is in use: dropout, sampling, two layers, carried state, an average."""
    settings = {
        "text": TextConfig(sources=(str(text),), documents="line"),
        "validation_fraction": 0.1,
        "vocab_size": 560,
        "embedding_size": 16,
        "hidden_size": 24,
        "layers": 2,
        "embedding_dropout": 0.1,
        "input_dropout": 0.1,
        "weight_dropout": 0.1,
        "dropout": 0.1,
        "output_dropout": 0.1,
        "activation_regularization": 0.1,
        "temporal_regularization": 0.1,
        "steps": 60,
        "batch_size": 4,
        "window": 12,
        "window_variation": 0.3,
        "ema": 0.9,
        "warmup": 5,
        "loss": "sampled",
        "frequent": 100,
        "sampled": 50,
        "validate_every": 20,
        "checkpoint_every": 10,
        "device": "cpu",
        "precision": "fp32",
        "threads": 1,
    }
    return TrainConfig(**(settings | changes))


def run_training(
    config: TrainConfig, run: Path, resume: bool = False, environment: dict[str, str] | None = None
) -> None:
    """What a process of its own does. Its caches lie beside the run."""
    import datasets

    from wordgru.training.run.loop import train

    datasets.config.HF_DATASETS_CACHE = run.parent / "caches" / "datasets"
    os.environ["WORDGRU_CACHE"] = str(run.parent / "caches" / "wordgru")
    os.environ.update(environment or {})
    train(config, run, resume=resume)


def newest_files(run: Path) -> dict[str, np.ndarray]:
    """Every tensor of the newest checkpoint."""
    (folder,) = (run / "checkpoints").glob("step-????????")
    tensors = safetensors.numpy.load_file(folder / "model.safetensors")
    return tensors | safetensors.numpy.load_file(folder / "trainer.safetensors")

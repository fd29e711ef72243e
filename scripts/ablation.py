"""What each part of the recipe is worth: `python scripts/ablation.py TEXT --validation TEXT -o runs/ablation`.

The same small model is trained on the same text many times: with nothing, with one regulariser alone, with several,
with the recipe, and with the recipe but for one thing. Finished runs are kept, so the command can be stopped, repeated
and extended.
"""

import itertools
import re
import statistics
from pathlib import Path
from typing import Any

import click

from wordgru.training.data.text import TextConfig
from wordgru.training.run import checkpoint
from wordgru.training.run.loop import train
from wordgru.training.run.report import read_metrics
from wordgru.training.run.settings import TrainConfig

ALONE: dict[str, float] = {
    "output_dropout": 0.3,
    "input_dropout": 0.2,
    "embedding_dropout": 0.1,
    "weight_dropout": 0.3,
    "activation_regularization": 2.0,
    "temporal_regularization": 1.0,
    "window_variation": 0.5,
    "ema": 0.995,
}
"""The parts, and how much of each: about the values of the AWD-LSTM, less for a smaller model."""

DROPOUTS = {name: share for name, share in ALONE.items() if name.endswith("dropout")}
RECIPE = {name: share / 2 for name, share in DROPOUTS.items()}
"""What was best: all dropouts, each half as strong as when it stands alone."""

VARIANTS: dict[str, dict[str, float]] = {
    "nothing": {},
    **{f"{name} {value:g}": {name: value} for name, value in ALONE.items()},
    "all of these": ALONE,
    "all dropouts of these": DROPOUTS,
    "recipe: these dropouts, half of each": RECIPE,
    **{f"recipe without {name}": RECIPE | {name: 0.0} for name in RECIPE},
    **{f"recipe and {name} {ALONE[name]:g}": RECIPE | {name: ALONE[name]} for name in ALONE if name not in RECIPE},
}


@click.command()
@click.argument("text")
@click.option("--validation", required=True, help="Text to validate on.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of all the runs.")
@click.option("--epochs", type=float, default=16, show_default=True)
@click.option("--seeds", type=int, default=2, show_default=True, help="Runs of each variant.")
@click.option("--only", multiple=True, type=click.Choice(list(VARIANTS)), help="Train these variants, not all.")
@click.option("--table", is_flag=True, help="Train nothing; print the table of the runs that are finished.")
def ablation(
    text: str, validation: str, output: Path, epochs: float, seeds: int, only: tuple[str, ...], table: bool
) -> None:
    """Train every variant on TEXT and print a table in Markdown."""
    for seed, name in itertools.product(range(1, seeds + 1), [] if table else only or VARIANTS):
        run = _folder(output, name, seed)
        train(_config(text, validation, name, epochs, seed), run, resume=checkpoint.is_run(run))
    _print(output, seeds)


def _folder(output: Path, name: str, seed: int) -> Path:
    return output / f"{re.sub('[^a-z0-9._]+', '-', name)}-{seed}"


def _config(text: str, validation: str, name: str, epochs: float, seed: int) -> TrainConfig:
    """A model of 0.6 million parameters, which learns a few hundred thousand tokens by heart if it can."""
    settings: dict[str, Any] = {"output_dropout": 0.0} | VARIANTS[name]
    return TrainConfig(
        text=TextConfig(sources=(text,), documents="file"),
        validation_sources=(validation,),
        vocab_size=4000,
        embedding_size=96,
        hidden_size=192,
        epochs=epochs,
        batch_size=32,
        frequent=500,
        sampled=300,
        validate_every=200,
        checkpoint_every=1000,
        seed=seed,
        embedding_start="random",
        threads=1,
        **settings,
    )


def _print(output: Path, seeds: int) -> None:
    """Best and last validation of every variant, in nats per token, mean over the seeds that are finished."""
    print("| variant | best | last | seeds |\n|---|---:|---:|---:|")
    for name in VARIANTS:
        runs = [_folder(output, name, seed) for seed in range(1, seeds + 1)]
        scores = [_scores(run) for run in runs if (run / checkpoint.CURVES).exists()]
        if scores:
            best, last = statistics.mean(map(min, scores)), statistics.mean(score[-1] for score in scores)
            print(f"| {name} | {best:.3f} | {last:.3f} | {' '.join(f'{min(score):.3f}' for score in scores)} |")


def _scores(run: Path) -> list[float]:
    return [line["nats_per_token"] for line in read_metrics(run) if line["kind"] == "validation"]


if __name__ == "__main__":
    ablation()

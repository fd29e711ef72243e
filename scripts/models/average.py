"""Average a model with the run that went on from it: `python scripts/models/average.py en runs/more -o runs/en`.

Two models of which one went on from the other lie in one valley of the loss, and the mean of their weights lies lower
in it than either: stochastic weight averaging with a cyclical learning rate (Izmailov et al. 2018, "Averaging Weights
Leads to Wider Optima and Better Generalization"). What is written is a run, with the settings of RUN, to be exported.
"""

import sys
from pathlib import Path

import click
import torch

from wordgru.cli import run as run_command
from wordgru.errors import WordgruError
from wordgru.training.run import checkpoint
from wordgru.training.run.initial_weights import open_origin


@click.command()
@click.argument("model")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the run to write.")
@click.option("--share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of RUN in the mean.")
def average(model: str, run: Path, output: Path, share: float) -> None:
    """Write the mean of MODEL (en, a bundle or a run) and RUN."""
    origin, tokenizer = open_origin(model), checkpoint.load_tokenizer(run)
    if origin.sizes != checkpoint.load_model_config(run) or origin.tokenizer.to_json() != tokenizer.to_json():
        raise WordgruError(f"{model}: has other sizes or tokens than {run}; expected the model that {run} began with.")
    if output.exists():
        raise WordgruError(f"{output}: exists; choose a folder that is new.")
    ours, theirs = checkpoint.load_model_weights(run), origin.weights()
    mean = {name: torch.from_numpy(share * ours[name] + (1 - share) * theirs[name]) for name in ours}
    checkpoint.begin_run(output, checkpoint.load_run(run), origin.sizes, tokenizer, checkpoint.load_blocked(run))
    checkpoint.save_best(output, mean, {"mean of": {run.name: share, Path(model).name: 1 - share}})
    click.echo(f"{output}: {share:.0%} of {run}, {1 - share:.0%} of {model}")


if __name__ == "__main__":
    sys.exit(run_command(average))

"""What is learnt in equal time: `python scripts/learning.py TEXT --validation TEXT -o FOLDER --minutes 30`.

Two loops train the same model on the same text: that of `wordgru train` (`--loop wordgru`) and the one that one writes
first (`--loop plain`: nn.GRU, cross entropy over all logits in fp32, AdamW). Both get the same learning rates, spread
over the minutes. The minutes are processor time of one thread, validation left out, so a busy machine does not matter
much; `--steps` counts steps instead. Each loop is validated as it is used: wordgru's from the zero state for each
document, the plain one with the state running on from document to document, which is all that it ever saw. `--table`
prints all runs in FOLDER.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import numpy as np
import torch
from bench.training import PlainLoop
from torch.nn.functional import cross_entropy

from wordgru.cli import run
from wordgru.text.tokenizer import END_OF_TEXT
from wordgru.training.data.text import TextConfig
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.distributed import Ranks
from wordgru.training.run.prepare import prepare
from wordgru.training.run.report import Reporter
from wordgru.training.run.settings import PRESETS, TrainConfig
from wordgru.training.run.trainer import Trainer, learning_rate
from wordgru.training.run.validation import Validation

SMALL = PRESETS["small"]
STARTS = get_args(get_type_hints(TrainConfig)["embedding_start"])
_PARTS = 16  # that the plain loop's validation is cut into: the logits of all at once would be gigabytes


@click.command()
@click.argument("text", nargs=-1)
@click.option("--validation", multiple=True, help="Text to validate on.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of all the runs.")
@click.option("--loop", type=click.Choice(["wordgru", "plain"]), default="wordgru", show_default=True)
@click.option("--minutes", type=float, default=9, show_default=True, help="Processor time to learn for.")
@click.option("--steps", type=int, help="Steps to learn for, in place of minutes.")
@click.option("--rate", type=float, default=TrainConfig.learning_rate, show_default=True, help="Highest learning rate.")
@click.option("--frequent", type=int, default=TrainConfig.frequent, show_default=True, help="Tokens always scored.")
@click.option("--sampled", type=int, default=TrainConfig.sampled, show_default=True, help="Tokens scored now and then.")
@click.option("--full", type=float, default=SMALL["full_fraction"], show_default=True, help="Part that scores all.")
@click.option("--batch", type=int, default=SMALL["batch_size"], show_default=True, help="Texts read side by side.")
@click.option("--window", type=int, default=TrainConfig.window, show_default=True, help="Tokens of each in a step.")
@click.option("--start", type=click.Choice(STARTS), default=STARTS[0], show_default=True, help="Of the embedding.")
@click.option("--table", is_flag=True, help="Train nothing; print the runs.")
def learning(
    text: tuple[str, ...], validation: tuple[str, ...], output: Path, loop: str, minutes: float, steps: int | None,
    rate: float, frequent: int, sampled: int, full: float, batch: int, window: int, start: str, table: bool,
) -> None:  # fmt: skip
    """Train on TEXT for so many minutes or steps, validating ten times on the way."""
    if table:
        _print(output)
        return
    torch.set_num_threads(1)
    settings = SMALL | {"epochs": None, "minutes": minutes, "batch_size": batch, "full_fraction": full}
    config = TrainConfig(
        text=TextConfig(sources=text), validation_sources=validation, max_document=1024, threads=1,
        device="cpu", dropout=0.0, output_dropout=0.0, learning_rate=rate, frequent=frequent, sampled=sampled,
        window=window, embedding_start=start, **settings,
    )  # fmt: skip
    length = f"{steps}steps" if steps else f"{minutes:g}"
    name = f"{loop}-{length}-{batch}x{window}"
    if loop == "wordgru":
        name += f"-{frequent}-{sampled}-{full:g}-{rate:g}-{start}"
    output.mkdir(parents=True, exist_ok=True)
    shared = output / "text"  # shards and tokenizer, made once
    material = prepare(config, shared, dataset=None, reporter=Reporter(shared, speaks=False))
    trainer = Trainer(config, material, Ranks(0, 1, torch.device("cpu")))
    plain = PlainLoop(config, material) if loop == "plain" else None
    lines: list[dict[str, Any]] = []
    step, spent, started, fraction = 0, 0.0, time.process_time(), 0.0
    if not plain and start == "neighbours":
        trainer.begin_with_neighbours()
    while fraction < 1:
        if plain:
            plain.rate(learning_rate(config, step=step, fraction=fraction))
            plain.learn()
        else:
            trainer.learn(fraction)
        step += 1
        learnt = (spent + time.process_time() - started) / 60
        fraction = min(step / steps if steps else learnt / minutes, 1.0)
        if fraction >= (len(lines) + 1) / 10:
            spent = learnt * 60
            nats = _running(plain.model, material.validation) if plain else _zero(trainer, material.validation)
            lines.append({"minutes": learnt, "tokens": step * batch * config.window, "nats": nats})
            click.echo(json.dumps(lines[-1]))
            _write(output / f"{name}.json", lines)
            started = time.process_time()


def _zero(trainer: Trainer, validation: Validation) -> float:
    return validation.score(trainer.averaged).nats_per_token


@torch.inference_mode()
def _running(model: GRULanguageModel, validation: Validation) -> float:
    """Nats per token of the validation documents in a row, ends included, the state running on within each part."""
    documents = [np.append(document, END_OF_TEXT) for document in validation.documents]
    order = np.random.default_rng(0).permutation(len(documents))
    stream = np.concatenate([[END_OF_TEXT], *(documents[at] for at in order)])
    size = math.ceil((len(stream) - 1) / _PARTS)
    nats, count = 0.0, 0
    for start in range(0, len(stream) - 1, size):
        part = torch.from_numpy(stream[start : start + size + 1]).long()
        logits, _ = model(part[None, :-1])
        nats += float(cross_entropy(logits[0], part[1:], reduction="sum"))
        count += len(part) - 1
    return nats / count


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(lines), encoding="utf-8")
    partial.rename(path)


def _print(folder: Path) -> None:
    """Every run: tokens a second of processor time, and nats per token after each tenth of its minutes."""
    print("| run | tokens/s | nats after each tenth |\n|---|---:|---|")
    for path in sorted(folder.glob("*.json")):
        lines = json.loads(path.read_text(encoding="utf-8"))
        speed = lines[-1]["tokens"] / lines[-1]["minutes"] / 60
        nats = " ".join(f"{line['nats']:.3f}" for line in lines)
        print(f"| {path.stem} | {speed:,.0f} | {nats} |")


if __name__ == "__main__":
    sys.exit(run(learning))

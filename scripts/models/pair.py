"""Train models and their teacher side by side on one GPU: `python scripts/models/pair.py 'data/en/*-train.parquet' …`.

All read the same text, token for token. The teacher learns from the text; the students, one or two, learn from it
and from what the teacher expects at every place (Hinton et al. 2015, "Distilling the Knowledge in a Neural
Network"), which costs nothing but the teacher, since its logits are at hand. In the last part of the time the students
compute with weights rounded to four bits as the exported file will hold them, gradients passing through unrounded
(Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"),
and more of the text is that of people who write to each other.

Every core but two mixes text (`mix.py`), anew for each chunk, while the GPU learns. What is written, with each tenth of
the time anew, is a run for each, to be exported: OUTPUT/teacher, OUTPUT/256x832.
"""

import glob
import math
import multiprocessing
import os
import random
import sys
import time
import warnings
from pathlib import Path
from queue import Empty
from typing import Any

import click
import mix
import numpy as np
import numpy.typing as npt
import torch
from pairs.learner import Drops, Learner, learn, validate
from pairs.text import LONGEST, Chunk, Mixture, fill, windows_of

from wordgru.cli import run as run_command
from wordgru.config import ModelConfig
from wordgru.errors import WordgruError
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.encoding import Encoder
from wordgru.training.data.text_config import TextConfig
from wordgru.training.run import checkpoint
from wordgru.training.run.settings import TrainConfig


def _config(text: str, vocab_size: int) -> ModelConfig:
    """Sizes from `384x1216`, embedding and state, or `384x1216x2` with layers."""
    embedding_size, hidden_size, *layers = (int(number) for number in text.split("x"))
    return ModelConfig(vocab_size, embedding_size, hidden_size, *layers or [1])


def _drops(text: str) -> Drops:
    return Drops(*(float(share) for share in text.split(",")))


_DROPS = "Shares dropped: tokens,inputs,weights,between layers,outputs."


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("files", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the runs.")
@click.option(
    "--validation", type=click.Path(exists=True, path_type=Path), required=True, help="Parquet to validate on."
)
@click.option("--tokenizer", type=click.Path(exists=True, path_type=Path), required=True, help="tokenizer.json.")
@click.option("--minutes", type=float, default=9.0, help="How long to learn.")
@click.option("--teacher", default="384x1216", help="Embedding x state [x layers].")
@click.option("--student", "students", multiple=True, default=["256x832"], help="Embedding x state [x layers].")
@click.option("--teacher-drops", default="0.05,0.1,0.1,0.1,0.1", help=_DROPS)
@click.option("--student-drops", default="0.05,0.05,0.05,0.1,0.05", help=_DROPS)
@click.option("--taught", default=0.5, help="Part of the student's targets that is the teacher's expectation.")
@click.option("--teacher-rate", default=0.0025, help="Highest learning rate.")
@click.option("--student-rate", default=0.003, help="Highest learning rate.")
@click.option("--rounded", default=0.25, help="Last part of the time in which weights are rounded to four bits.")
@click.option("--at-last", default=0.3, help="Last part of the time with more text of people.")
@click.option("--people", default=2.5, help="How many times more, then.")
@click.option("--words", default=450e6, help="Words read in all, about, by which --passes is kept.")
@click.option("--passes", default=30.0, help="Most times that a source is read.")
@click.option("--power", default=0.5, help="A source's share is its size to this power.")
@click.option("--cut", default=0.6, help="Share of documents that are cut.")
@click.option("--lower", default=0.2, help="Share of talk without capitals.")
@click.option("--lanes", default=512, help="Texts read side by side.")
@click.option("--window", default=64, help="Tokens of each that one step learns from.")
@click.option("--workers", default=(os.cpu_count() or 4) - 2, help="Processes that mix text.")
@click.option("--seed", default=1)
@click.option("--steps", default=0, help="Stop after so many steps; 0 is when the time is over.")
def pair(files: tuple[str, ...], output: Path, validation: Path, tokenizer: Path, **given: Any) -> None:
    """Train a teacher and its students on FILES named SOURCE-train.parquet."""
    began = time.monotonic()
    torch.manual_seed(given["seed"])
    paths = sorted(Path(name) for pattern in files for name in glob.glob(pattern))
    if not paths:
        raise WordgruError(f"{' '.join(files)}: no such file; expected SOURCE-train.parquet, one for each source.")
    if len(given["students"]) > 2:
        raise WordgruError(f"--student is given {len(given['students'])} times; expected one or two students.")
    names = ("words", "power", "passes", "people", "cut", "lower")
    mixture = Mixture(paths, **{name: given[name] for name in names})
    if not given["steps"]:
        mixture.show()
    tokens = Tokenizer.load(tokenizer)
    held_out = [each for each in Encoder(tokens, LONGEST).encode(mix.documents_of(validation)) if len(each)]
    held_out.sort(key=len)
    fork = multiprocessing.get_context("fork")
    part, chunks = fork.Value("i", 0), fork.Queue(3 * given["workers"])
    arguments = (mixture, tokenizer, given["lanes"], given["window"])
    workers = [
        fork.Process(target=fill, args=(*arguments, 1000 * given["seed"] + number, part, chunks), daemon=True)
        for number in range(given["workers"])
    ]
    for worker in workers:
        worker.start()
    print(f"{time.monotonic() - began:.0f} s: {len(mixture.sizes)} sources, {len(workers)} processes mix", flush=True)
    try:
        given |= {"text": TextConfig(tuple(map(str, paths))), "validation": str(validation)}
        _run(tokens, held_out, chunks, part, output, **given)
    finally:
        for worker in workers:
            worker.terminate()


def _run(
    tokens: Tokenizer, held_out: list[npt.NDArray[np.int64]], chunks: Any, part: Any, output: Path, **given: Any
) -> None:
    """Learn until the time is over, and write the runs."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    read: list[Chunk] = [chunks.get()]
    counts = torch.bincount(torch.from_numpy(read[0][1]["targets"]).long(), minlength=tokens.vocab_size).to(device)
    learners = [
        Learner(
            _config(sizes, tokens.vocab_size),
            _drops(given[f"{name}_drops"]),
            counts,
            lanes=given["lanes"],
            rate=given[f"{name}_rate"],
            device=device,
        )
        for name, sizes in (("teacher", given["teacher"]), *(("student", sizes) for sizes in given["students"]))
    ]
    rng, began, step, seen, again = random.Random(0), time.monotonic(), 0, 0, 0
    seconds, last = 60 * given["minutes"], 0.0
    sums = torch.zeros(len(learners), device=device)
    while (fraction := (time.monotonic() - began) / seconds) < 1 and not (given["steps"] and step >= given["steps"]):
        part.value = int(fraction > 1 - given["at_last"])
        chunk, fresh = _next(chunks, read, rng)
        again += not fresh
        for learner in learners:
            learner.state = torch.zeros_like(learner.state)
        for window, segment in windows_of(chunk, device):
            fraction = (time.monotonic() - began) / seconds
            if fraction > 1 - given["rounded"] and step % 50 == 0:
                for student in learners[1:]:
                    student.round_weights()
            share = min(1, (step + 1) / 300) * (0.02 + 0.98 * (1 + math.cos(math.pi * min(fraction, 1))) / 2)
            sums += learn(learners, window, segment, taught=given["taught"] * min(1, step / 1000), share=share)
            step, seen = step + 1, seen + len(window.inputs)
            if step % 200 == 0:
                mean, now = (sums / 200).tolist(), time.monotonic() - began
                sums.zero_()
                print(
                    f"step {step:,}  {now:.0f} s  nats {' '.join(f'{each:.3f}' for each in mean)}  "
                    f"{seen / now:,.0f} tokens/s  "
                    f"again {again}  skipped {[int(each.skipped) for each in learners]}",
                    flush=True,
                )
            if (given["steps"] and step >= given["steps"]) or fraction >= 1:
                break
        if fraction - last >= 0.1:
            last = fraction
            scores = validate(learners, held_out)
            print(f"validation at {fraction:.2f}: {', '.join(f'{nats:.4f}' for nats in scores)}", flush=True)
            _write(output, learners, tokens, step, seen, scores, **given)
    for learner in learners:  # what the last step left
        if learner.steps:
            learner.round_weights()
    scores = validate(learners, held_out)
    print(f"{step:,} steps, {seen:,} tokens, {time.monotonic() - began:.0f} s; validation {scores}", flush=True)
    _write(output, learners, tokens, step, seen, scores, **given)


def _write(
    output: Path, learners: list[Learner], tokens: Tokenizer, step: int, seen: int, scores: list[float], **given: Any
) -> None:
    """Write each learner as a run, over the one of before: what is killed leaves its last."""
    for name, learner, nats in zip(("teacher", *given["students"]), learners, scores, strict=True):
        config, run, drops = learner.model.config, output / name, learner.drops
        settings = TrainConfig(
            text=given["text"],
            validation_sources=(given["validation"],),
            vocab_size=config.vocab_size,
            embedding_size=config.embedding_size,
            hidden_size=config.hidden_size,
            layers=config.layers,
            embedding_dropout=drops.tokens,
            input_dropout=drops.inputs,
            weight_dropout=drops.weights,
            dropout=drops.between,
            output_dropout=drops.outputs,
            learning_rate=learner.rate,
            batch_size=given["lanes"],
            window=given["window"],
            steps=max(step, 1),
            seed=given["seed"],
        )
        checkpoint.begin_run(run, settings, config, tokens)
        checkpoint.save_best(run, learner.model.state_dict(), {"step": step, "tokens": seen, "nats_per_token": nats})


def _next(chunks: Any, read: list[Chunk], rng: random.Random) -> tuple[Chunk, bool]:
    """The next chunk; one of those read before where the mixing falls behind; and whether it is new."""
    try:
        chunk = chunks.get(timeout=0.01) if len(read) >= 10 else chunks.get()
    except Empty:
        return rng.choice(read), False
    read.append(chunk)
    del read[:-60]
    return chunk, True


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message=".*single contiguous chunk.*")
    sys.exit(run_command(pair))

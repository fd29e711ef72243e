"""Training, from settings to a run folder: the main path, to be read from top to bottom.

1. `train` opens the run folder (new, or resumed), joins the other ranks if `torchrun` started some, and prepares the
   text (`prepare.py`): documents → tokenizer → shards of ids → a feed of documents, and held-out ones to validate on.
2. `Trainer` holds everything that changes: model and its average, optimizer, lanes (`batches.py`), carried state,
   sampler (`losses.py`), generators of random numbers, step. `Trainer.learn` is one step: fill a window, pack its
   segments, loss, backward, clip, update. What `Trainer.state` returns, `Trainer.load` takes: this is all of it, so a
   resumed run goes on with the same bits.
3. `_run` repeats `learn` until the end of the schedule, and now and then writes metrics (`report.py`), validates
   (`validation.py`) and saves (`checkpoint.py`). A signal is only noticed between two steps.

The state of each lane is carried from window to window and cut from the graph there (truncated back-propagation);
where a document begins it is zero, exactly as when the model is used.
"""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, IterableDataset

from wordgru.config import ModelConfig
from wordgru.errors import TrainingError
from wordgru.training.run import checkpoint
from wordgru.training.run.distributed import joined
from wordgru.training.run.initial_weights import Origin, open_origin
from wordgru.training.run.interrupt import Interrupt
from wordgru.training.run.prepare import prepare
from wordgru.training.run.report import Pace, Reporter, draw_curves
from wordgru.training.run.settings import MACHINE, TrainConfig
from wordgru.training.run.trainer import Trainer

_METRICS_EVERY = 20  # steps; on a GPU reading the loss waits for the device


@dataclass(frozen=True)
class TrainResult:
    """How a call of `train` ended.

    Attributes:
        run: the run folder.
        step: steps taken in all.
        finished: whether the schedule is at its end.
        signal: number of the signal that stopped it, if one did.
        best: step and figures of the best validation so far.
    """

    run: Path
    step: int
    finished: bool
    signal: int | None
    best: dict[str, Any]


def train(
    config: TrainConfig, run: Path, *, resume: bool = False, dataset: Dataset | IterableDataset | None = None
) -> TrainResult:
    """Train a model, or go on with one.

    Args:
        config: every setting; of a resumed run the saved one (`checkpoint.load_run`), but for device and threads.
        run: the folder to write; see `checkpoint.py` for what will lie there.
        resume: go on from the newest checkpoint in `run`.
        dataset: text in memory, instead of `config.text`; it must be given again to resume.

    Raises:
        WordgruError: the text, the settings or the folder cannot be used, the loss is not finite, the disk is full.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    with joined(config.device) as ranks, checkpoint.writing(run), Reporter(run, speaks=ranks.first) as reporter:
        newest = checkpoint.newest_checkpoint(run)
        origin = open_origin(config.init_from) if config.init_from and not newest else None
        _check_folder(config, run, origin, resume=resume)
        ranks.wait()  # all have looked before the first writes
        if newest and (facts := checkpoint.load_facts(newest))["finished"]:
            reporter.say(
                f"{run} is finished: {facts['step']:,} steps. To train on, begin another with --init-from {run}."
            )
            return TrainResult(run, facts["step"], finished=True, signal=None, best=facts["best"])
        if ranks.first:
            checkpoint.clean(run)
            tokens = origin.tokenizer if origin else None
            material = prepare(config, run, dataset=dataset, reporter=reporter, tokenizer=tokens)
            if not checkpoint.is_run(run):
                sizes, blocked = config.model(material.tokenizer.vocab_size), origin.blocked if origin else ()
                checkpoint.begin_run(run, config, sizes, material.tokenizer, blocked)
        ranks.wait()
        if not ranks.first:
            material = prepare(config, run, dataset=dataset, reporter=reporter)
        trainer = Trainer(config, material, ranks)
        if newest:
            trainer.load(*checkpoint.load_checkpoint(newest))
        elif origin:
            trainer.begin_with(origin.weights())
            reporter.say(f"beginning with the weights of {config.init_from}")
        elif config.embedding_start == "neighbours":
            trainer.begin_with_neighbours()
        ranks.wait()
        return _run(trainer, run, reporter)


def _check_folder(config: TrainConfig, run: Path, origin: Origin | None, *, resume: bool) -> None:
    """Refuse a folder that must not be touched, and settings that are not the run's."""
    if checkpoint.is_run(run):
        if not resume:
            raise TrainingError(
                f"{run}: holds a run already; go on with `{checkpoint.resume_command(run)}`, or choose another folder."
            )
        saved = checkpoint.load_run(run)
        for name in (field.name for field in fields(saved) if field.name not in MACHINE):
            if getattr(config, name) == getattr(saved, name):
                continue
            raise TrainingError(
                f"{run}: {name} was {getattr(saved, name)!r} when it began and is {getattr(config, name)!r} now; "
                "resume with the same settings, or begin another run."
            )
        return
    if resume:
        raise TrainingError(f"{run}: holds no run to resume; begin it without --resume.")
    if origin:
        _check_sizes(config, origin.sizes)
    if run.exists() and (not run.is_dir() or not checkpoint.is_free(run)):
        raise TrainingError(f"{run}: exists and is not a run; choose a folder that is new or empty.")
    run.mkdir(parents=True, exist_ok=True)  # better now than after an hour of preparing text


def _check_sizes(config: TrainConfig, theirs: ModelConfig) -> None:
    """Refuse settings whose model is not the one to begin with."""
    if config.model(theirs.vocab_size) != theirs:
        raise TrainingError(
            f"{config.init_from}: its model has {theirs.layers} layers of {theirs.hidden_size} and embeddings of "
            f"{theirs.embedding_size}; to begin with it, give the same --layers, --hidden-size and --embedding-size."
        )


def _run(trainer: Trainer, run: Path, reporter: Reporter) -> TrainResult:
    """Learn until the end of the schedule or a signal."""
    reporter.open(trainer.step)
    reporter.say(trainer.describe())
    fraction = trainer.fraction()
    pace = Pace(trainer.step, fraction, trainer.config.batch_size * trainer.config.window)
    with Interrupt() as interrupt:
        stopped = False
        while fraction < 1 and not stopped:
            scored = "sampled" if trainer.samples(fraction) else "full"
            trainer.learn(fraction)
            fraction = trainer.fraction()
            stopped = trainer.ranks.any(interrupt.signal is not None)
            changes = trainer.samples(fraction) != (scored == "sampled")  # means of two losses are not mixed
            if changes or _due(trainer.step, _METRICS_EVERY, fraction):
                _measure(trainer, reporter, pace, fraction, scored)
            if _due(trainer.step, trainer.config.validate_every, fraction):
                _validate(trainer, run, reporter)
            if fraction >= 1 and trainer.ranks.first:
                draw_curves(run)  # before the checkpoint that says the run is finished
            if stopped or _due(trainer.step, trainer.config.checkpoint_every, fraction):
                _save(trainer, run)
    finished = fraction >= 1
    if finished:
        reporter.say(f"finished: {run}")
    else:
        reporter.say(f"stopped and saved at step {trainer.step:,}; go on with: {checkpoint.resume_command(run)}")
    return TrainResult(run, trainer.step, finished, None if finished else interrupt.signal, trainer.best)


def _due(step: int, every: int, fraction: float) -> bool:
    return fraction >= 1 or step % every == 0


def _measure(trainer: Trainer, reporter: Reporter, pace: Pace, fraction: float, scored: str) -> None:
    """Write the loss since the last time, and show how far the run is."""
    loss = trainer.mean_loss()
    trainer.forget_loss()
    speed, left = pace.at(trainer.step, fraction)
    values = {"loss": loss, "scored": scored, "seconds": round(trainer.seconds, 2), "tokens_per_second": round(speed)}
    reporter.metrics(trainer.step, "train", values)
    of = f"/{trainer.steps:,}" if trainer.steps else ""
    reporter.progress(
        fraction, f"step {trainer.step:,}{of}  loss {loss:.3f} ({scored})  {speed:,.0f} tokens/s  {left} left"
    )


def _validate(trainer: Trainer, run: Path, reporter: Reporter) -> None:
    """Score the held-out text on rank 0; keep the best weights."""
    if not trainer.ranks.first:
        return
    validation, step = trainer.material.validation, trainer.step
    scores = validation.score(trainer.averaged).to_dict()
    reporter.metrics(step, "validation", scores)
    best = trainer.best.get("perplexity", math.inf)
    reporter.say(
        f"step {step:,}: validation perplexity per word {scores['perplexity']:.1f}, bits per byte "
        f"{scores['bits_per_byte']:.3f}, nats per token {scores['nats_per_token']:.3f}"
        f"{' (best so far)' if scores['perplexity'] < best else ''}"
    )
    for line in validation.samples(trainer.averaged):
        reporter.say(f"  greedy: {line}")
    if scores["perplexity"] < best:
        trainer.best = {"step": step, **scores}
        checkpoint.save_best(run, trainer.averaged.state_dict(), trainer.best)


def _save(trainer: Trainer, run: Path) -> None:
    """A checkpoint of all ranks, written by the first."""
    trainer.mean_loss()  # one that is not finite must not be saved
    tensors, facts = trainer.state()
    if trainer.ranks.first:
        weights = trainer.averaged.state_dict()
        checkpoint.save_checkpoint(run, step=trainer.step, weights=weights, tensors=tensors, facts=facts)
    trainer.ranks.wait()

"""The run folder: the only module that knows its file names, and how it is written so that no crash can break it.

    run/
      config.json       every setting (TrainConfig), and under "model" the sizes of the model
      tokenizer.json
      blocked.txt       words that the model it began with never offers, if there are any
      metrics.jsonl     report.py
      checkpoints/step-00000500/
        model.safetensors     weights, float32, named as the state dict of `GRULanguageModel`
        trainer.safetensors   all other tensors: optimizer, carried state, lanes, random number generators
        trainer.json          step, place in the text, best so far
      best/model.safetensors  weights with the best validation; step and figures in its metadata

A checkpoint is written beside its place and renamed when it lies on the disk; the one before goes afterwards. `best`
is one file, replaced in one step. Nothing is pickled.
"""

import errno
import json
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy
import safetensors.torch
from torch import Tensor

from wordgru.bundle import read_blocked
from wordgru.config import ModelConfig
from wordgru.errors import TrainingError, reason
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.run.settings import TrainConfig

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
_BLOCKED = "blocked.txt"
METRICS = "metrics.jsonl"
CURVES = "curves.png"
TENSORBOARD = "tensorboard"
_CHECKPOINTS = "checkpoints"
_BEST = Path("best") / "model.safetensors"
_MODEL = "model.safetensors"
_TENSORS = "trainer.safetensors"
_FACTS = "trainer.json"
_UNFINISHED = ".tmp"


def load_run(run: Path) -> TrainConfig:
    """The settings of a run.

    Raises:
        TrainingError: the folder is missing or is not a run.
    """
    values = _read_config(run)
    values.pop("model")
    return TrainConfig.from_dict(values, str(run / CONFIG))


def load_model_config(run: Path) -> ModelConfig:
    """The sizes of a run's model.

    Raises:
        TrainingError: the folder is missing or is not a run.
    """
    return ModelConfig.from_dict(_read_config(run)["model"], str(run / CONFIG))


def load_tokenizer(run: Path) -> Tokenizer:
    """A run's tokenizer."""
    return Tokenizer.load(run / TOKENIZER)


def load_blocked(run: Path) -> frozenset[str]:
    """The words that the model which a run began with never offers, in lower case."""
    path = run / _BLOCKED
    return read_blocked(path) if path.exists() else frozenset()


def load_model_weights(run: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The weights with the best validation; the newest where none was validated. Float32, by name.

    Raises:
        TrainingError: there are none, or they cannot be read.
    """
    newest = newest_checkpoint(run)
    path = run / _BEST if (run / _BEST).exists() else newest and newest / _MODEL
    if not path:
        raise TrainingError(f"{run}: has no checkpoint yet; train for longer, with --resume.")
    with _readable(path):
        return safetensors.numpy.load_file(path)


def load_best_facts(run: Path) -> dict[str, Any]:
    """Step and validation figures of the best weights; nothing if there are none."""
    path = run / _BEST
    if not path.exists():
        return {}
    with _readable(path), safetensors.safe_open(path, "numpy") as file:
        return dict(json.loads(file.metadata()["facts"]))


def resume_command(run: Path) -> str:
    """What to paste into a shell to go on with a run."""
    return shlex.join(["wordgru", "train", "-o", str(run), "--resume"])


def is_run(run: Path) -> bool:
    """Whether a run was begun in this folder."""
    return (run / CONFIG).exists()


def is_free(folder: Path) -> bool:
    """Whether nothing lies in a folder but what a run that never began may have left."""
    return all(path.name in (TOKENIZER, _BLOCKED) or path.suffix == _UNFINISHED for path in folder.iterdir())


def begin_run(
    run: Path, config: TrainConfig, model: ModelConfig, tokenizer: Tokenizer, blocked: Iterable[str] = ()
) -> None:
    """Write what stays the same for the whole run; `config.json` comes last and makes the folder a run."""
    run.mkdir(parents=True, exist_ok=True)
    if words := sorted(blocked):
        write_file(run / _BLOCKED, "\n".join([*words, ""]).encode())
    write_file(run / TOKENIZER, tokenizer.to_json().encode())
    values = {**config.to_dict(), "model": model.to_dict()}
    write_file(run / CONFIG, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())


def save_checkpoint(
    run: Path, *, step: int, weights: Mapping[str, Tensor], tensors: Mapping[str, Tensor], facts: Mapping[str, Any]
) -> Path:
    """Write a checkpoint, then remove the older ones; until then they are as they were."""
    folder = run / _CHECKPOINTS / f"step-{step:08d}"
    unfinished = folder.with_name(folder.name + _UNFINISHED)
    _remove(unfinished)
    unfinished.mkdir(parents=True)
    _write(unfinished / _MODEL, _serialized(weights))
    _write(unfinished / _TENSORS, _serialized(tensors))
    _write(unfinished / _FACTS, (json.dumps(facts, indent=1) + "\n").encode())
    _sync(unfinished)
    unfinished.rename(folder)
    _sync(folder.parent)
    for other in _checkpoints(run):
        if other != folder:
            _remove(other)
    return folder


def newest_checkpoint(run: Path) -> Path | None:
    """The folder of the last checkpoint that was finished."""
    return max(_checkpoints(run), default=None)


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Any]]:
    """Weights, tensors and facts, as `save_checkpoint` got them.

    Raises:
        TrainingError: a file is missing or broken.
    """
    with _readable(folder):
        weights = safetensors.torch.load_file(folder / _MODEL)
        tensors = safetensors.torch.load_file(folder / _TENSORS)
    return weights, tensors, load_facts(folder)


def load_facts(folder: Path) -> dict[str, Any]:
    """The facts of a checkpoint alone.

    Raises:
        TrainingError: the file is missing or broken.
    """
    with _readable(folder / _FACTS):
        return dict(json.loads((folder / _FACTS).read_text(encoding="utf-8")))


def save_best(run: Path, weights: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Replace the best weights in one step."""
    (run / _BEST).parent.mkdir(exist_ok=True)
    write_file(run / _BEST, _serialized(weights, {"facts": json.dumps(facts)}))


def clean(run: Path) -> None:
    """Remove what a crash left half written."""
    for left in (*run.glob(f"*{_UNFINISHED}"), *run.glob(f"*/*{_UNFINISHED}")):
        _remove(left)
    for old in _checkpoints(run)[:-1]:
        _remove(old)


@contextmanager
def writing(run: Path) -> Iterator[None]:
    """One line for a run that cannot be written; on a full disk what was half written is removed.

    Raises:
        TrainingError: instead of the OSError inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            where = error.filename or run
            raise TrainingError(f"{where}: cannot be written ({error.strerror}); check the folder.") from None
        clean(run)
        raise TrainingError(
            f"{run}: the disk is full; the last checkpoint is intact. Free some space, then: {resume_command(run)}"
        ) from None


def write_file(path: Path, content: bytes) -> None:
    """Write a file beside its place, to the disk, and rename it."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    _write(unfinished, content)
    unfinished.replace(path)
    _sync(path.parent)


def _checkpoints(run: Path) -> list[Path]:
    """Finished checkpoints, oldest first."""
    return sorted(path for path in (run / _CHECKPOINTS).glob("step-*") if path.suffix != _UNFINISHED)


def _read_config(run: Path) -> dict[str, Any]:
    path = run / CONFIG
    if not run.exists():
        raise TrainingError(f"{run}: there is no such folder; expected a training run, the folder of `train -o`.")
    if not path.exists():
        raise TrainingError(f"{run}: holds no {CONFIG}, so it is not a training run; give the folder of `train -o`.")
    with _readable(path):
        values = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict) or not isinstance(values.get("model"), dict):
            raise ValueError("it has no sizes of a model")
    return values


def _serialized(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return safetensors.torch.save(flat, metadata)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk, where the system can (Windows cannot)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """One line for a file that is missing or broken."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise TrainingError(
            f"{path}: cannot be read ({reason(error)}); restore it from a copy, or train again."
        ) from None

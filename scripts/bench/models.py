"""The subjects of the benchmark: the same random weights, as each runtime holds them.

All are `LanguageModel`s, so whatever is measured is called on each of them alike.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from wordgru.bundle import Precision
from wordgru.config import ModelConfig
from wordgru.search.model import Ints, LanguageModel, OnnxLanguageModel

INT8: Final = "int8"
FP32: Final = "fp32"
DYNAMIC, TORCH, EXPORTED = "quantize_dynamic", "torch", "torch.onnx.export"

STEP, BATCH, SHORT, LONG = "one step", "batch 8", "priming 32 tokens", "priming 512 tokens"
COLD_STEP = "one step after a pause of 40 ms"
"""Rows: what is called again and again."""


@dataclass(frozen=True)
class Subject:
    """A model in one runtime.

    Attributes:
        name: what its column is called.
        model: what runs it.
        file: its weights on disk.
        kind: "onnx" or "torch", for the process that measures memory.
        weight_bytes: that one step must read, each weight once.
    """

    name: str
    model: LanguageModel
    file: Path
    kind: str
    weight_bytes: int


def calls_of(model: LanguageModel, ids: Ints) -> dict[str, Callable[[], object]]:
    """What each row calls, from a state after nine tokens of `ids` (512,)."""
    state = model.advance(ids[:9], model.initial_state())
    wide = np.repeat(state, 8, axis=1)
    return {
        STEP: partial(model.step, ids[:1], state),
        BATCH: partial(model.step, ids[:8], wide),
        SHORT: partial(model.advance, ids[:32], state),
        LONG: partial(model.advance, ids, state),
    }


def random_weights(config: ModelConfig, counts: Ints, *, seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of the size that torch begins with; the output's bias is the log of each token's share, from `counts`."""
    from wordgru.graph import weight_shapes

    random = np.random.default_rng(seed)
    weights = {
        name: random.uniform(-1, 1, shape).astype(np.float32) * np.float32(shape[-1] ** -0.5)
        for name, shape in weight_shapes(config).items()
    }
    weights["output_bias"] = np.log((counts + 0.05) / counts.sum()).astype(np.float32)
    return weights


def write_models(folder: Path, config: ModelConfig, weights: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, Path]:
    """The file of every subject, by name, below `folder`."""
    from safetensors.numpy import save_file

    from wordgru.graph import build_graph

    files = {name: folder / f"{name}.onnx" for name in (INT8, FP32, DYNAMIC)}
    precisions: tuple[Precision, ...] = (INT8, FP32)
    for precision in precisions:
        files[precision].write_bytes(build_graph(config, weights, precision=precision).SerializeToString())
    _quantize_dynamic(files[FP32], files[DYNAMIC])
    files[TORCH] = folder / "model.safetensors"
    save_file(dict(weights), files[TORCH])
    return files


def open_subjects(files: Mapping[str, Path], config: ModelConfig, *, threads: int) -> list[Subject]:
    """The subject of each file; `torch` is the eager model, the others run in onnxruntime."""
    from bench.eager import TorchLanguageModel

    subjects = []
    for name, file in files.items():
        model: LanguageModel = (
            TorchLanguageModel(file, config) if name == TORCH else OnnxLanguageModel(file, config, threads=threads)
        )
        gates, output = {INT8: (1, 1), DYNAMIC: (4, 1)}.get(name, (4, 4))
        kind = "torch" if name == TORCH else "onnx"
        subjects.append(Subject(name, model, file, kind, _weight_bytes(config, gates, output)))
    return subjects


def disagreement(subject: LanguageModel, reference: LanguageModel, config: ModelConfig) -> float:
    """The largest difference between the two's log-probabilities, out of the largest that the state makes to one.

    It is taken over 8 random tokens and states; the output's bias, which all share, does not count.
    """
    random = np.random.default_rng(1)
    tokens = random.integers(0, config.vocab_size, 8)
    states = random.uniform(-1, 1, (config.layers, 8, config.hidden_size)).astype(np.float32)
    expected, got = (np.concatenate([model.score(tokens[at : at + 1], states[:, at : at + 1])[0] for at in range(8)])
                     for model in (reference, subject))  # fmt: skip
    return float(np.abs(got - expected).max() / np.ptp(expected, axis=0).max())


def _quantize_dynamic(source: Path, target: Path) -> None:
    """What onnxruntime's documentation tells: preprocess (it folds the transposed embedding), then quantise."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    folded = target.with_suffix(".folded.onnx")
    with _silent():
        quant_pre_process(str(source), str(folded), skip_symbolic_shape=True)
        quantize_dynamic(folded, target, weight_type=QuantType.QInt8)
    folded.unlink()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the advice that libraries give along the way."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _weight_bytes(config: ModelConfig, gates: int, output: int) -> int:
    """Bytes of the matrices and biases, given the bytes of a gate's and of an output weight; of the input, one row."""
    from wordgru.graph import weight_shapes

    total = 0
    for name, shape in weight_shapes(config).items():
        width = 4 if len(shape) == 1 else output if name == "embedding.weight" else gates
        total += prod(shape) * width + (4 * shape[0] if width == 1 else 0)  # an integer row has a scale
    return total

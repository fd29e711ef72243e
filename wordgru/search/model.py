"""A language model over tokens that is driven through its state; and the one that onnxruntime runs."""

import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from wordgru.bundle import GRAPH_INPUTS, GRAPH_OUTPUTS
from wordgru.config import ModelConfig
from wordgru.errors import BundleError, WordgruError

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TELEMETRY_VARIABLE = "ORT_DISABLE_TELEMETRY"
"""Environment variable that wordgru sets to 1 unless it is set, before onnxruntime is imported."""

_CHUNK = 512  # tokens in one call: bounds memory on a long text
_LAST = np.array([-1], np.int64)
_NOWHERE = np.zeros(0, np.int64)  # no row is wanted: the vocabulary is half the work
_TINY = np.finfo(np.float32).tiny  # what is less probable than any float is not impossible
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class LanguageModel(Protocol):
    """What the word search and the evaluation need of a model. A wrapper of another may add a cache or a mixture."""

    def initial_state(self) -> Floats:
        """The state in which a text begins, before the end-of-text token.  # (layers, 1, hidden)"""

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """Read one token in each row: P(next token), and the states after it.

        (B,), (layers, B, hidden) → (B, V), (layers, B, hidden)
        """

    def advance(self, tokens: Ints, state: Floats) -> Floats:
        """The state after reading `tokens`.  # (T,), (layers, 1, hidden) → (layers, 1, hidden)"""

    def score(self, tokens: Ints, state: Floats) -> tuple[Floats, Floats]:
        """Log-probabilities in nats after each of `tokens`, and the state.  # (T,) → (T, V), (layers, 1, hidden)"""


class OnnxLanguageModel:
    """A bundle's graph in onnxruntime. Threads may share it.

    Args:
        path: the ONNX file.
        config: the sizes it must have.
        device: `"cpu"` or `"cuda"`.
        threads: cores that one call may use.

    Raises:
        WordgruError: the device is unknown or not there.
        BundleError: the file is no graph of wordgru, or has other sizes than `config` says.
    """

    def __init__(self, path: Path, config: ModelConfig, *, device: str = "cpu", threads: int = 1) -> None:
        self.config = config
        self._session = open_session(path, device, threads)
        self._check(path)

    def initial_state(self) -> Floats:
        """Zeros.  # (layers, 1, hidden)"""
        return np.zeros((self.config.layers, 1, self.config.hidden_size), np.float32)

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """Read one token in each row: P(next token), and the states after it.

        (B,), (layers, B, hidden) → (B, V), (layers, B, hidden)
        """
        probabilities, after = self._run(tokens[:, None], states, _LAST)
        return probabilities[:, 0], after

    def advance(self, tokens: Ints, state: Floats) -> Floats:
        """The state after reading `tokens`.  # (T,), (layers, 1, hidden) → (layers, 1, hidden)"""
        for start in range(0, len(tokens), _CHUNK):
            _, state = self._run(tokens[None, start : start + _CHUNK], state, _NOWHERE)
        return state

    def score(self, tokens: Ints, state: Floats) -> tuple[Floats, Floats]:
        """Log-probabilities in nats after each of `tokens`, and the state.  # (T,) → (T, V), (layers, 1, hidden)"""
        rows = [np.zeros((0, self.config.vocab_size), np.float32)]
        for start in range(0, len(tokens), _CHUNK):
            chunk = tokens[None, start : start + _CHUNK]
            probabilities, state = self._run(chunk, state, np.arange(chunk.shape[1]))
            rows.append(np.log(np.maximum(probabilities[0], _TINY)))
        return np.concatenate(rows), state

    def _run(self, input_ids: Ints, state: Floats, positions: Ints) -> tuple[Floats, Floats]:
        assert input_ids.size, "onnxruntime's GRU ends the process on no tokens"
        feeds = dict(zip(GRAPH_INPUTS, (input_ids, state, positions), strict=True))
        rows, after = self._session.run(GRAPH_OUTPUTS, feeds)
        if not np.isfinite(rows[..., 0]).all():  # the softmax spreads what is no number over its whole row
            raise BundleError(
                "the model's probabilities are no numbers, so its weights are damaged; copy or export the bundle again."
            )
        return rows, after

    def _check(self, path: Path) -> None:
        """Hold the graph to the contract of a bundle."""
        config = self.config
        try:
            shapes = {value.name: value.shape for value in (*self._session.get_inputs(), *self._session.get_outputs())}
        except UnicodeDecodeError:
            raise BundleError(
                f"{path}: onnxruntime cannot load it (a name in it is no UTF-8); export it again with `wordgru export`."
            ) from None
        missing = [name for name in (*GRAPH_INPUTS, *GRAPH_OUTPUTS) if name not in shapes]
        if missing:
            raise BundleError(
                f"{path}: the graph has no {missing[0]!r}; expected the inputs {', '.join(GRAPH_INPUTS)} and "
                f"the outputs {', '.join(GRAPH_OUTPUTS)}. Export the model again with `wordgru export`."
            )
        got = (shapes["state"][0], shapes["state"][2], shapes["probabilities"][2])
        wanted = (config.layers, config.hidden_size, config.vocab_size)
        if got != wanted:
            raise BundleError(
                f"{path}: layers, hidden size and vocabulary are {got}; expected {wanted} as config.json says. "
                "The files are of different models; export again with `wordgru export`."
            )


def open_session(path: Path, device: str, threads: int) -> Any:  # noqa: ANN401  (onnxruntime has no types)
    """An inference session on `device`, or one line why not."""
    if device not in _PROVIDERS:
        raise WordgruError(f"device is {device!r}; expected one of {', '.join(_PROVIDERS)}.")
    provider = _PROVIDERS[device]
    if provider not in onnxruntime.get_available_providers():
        raise WordgruError(
            f"device is {device!r}, but this onnxruntime has only {', '.join(onnxruntime.get_available_providers())}; "
            "use device='cpu', or install onnxruntime-gpu in place of onnxruntime."
        )
    if os.environ.get(TELEMETRY_VARIABLE) == "1":
        onnxruntime.disable_telemetry_events()  # on Windows, and where it was imported before wordgru
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        graph = path.read_bytes()
        session = onnxruntime.InferenceSession(graph, options, providers=[provider], enable_fallback=0)
    except Exception as error:  # onnxruntime's errors share no base but Exception
        first = str(error).strip().splitlines()[0]
        raise BundleError(
            f"{path}: onnxruntime cannot load it ({first}); export it again with `wordgru export`."
        ) from None
    if session.get_providers()[0] != provider:  # onnxruntime only warns, and goes on with the CPU
        raise WordgruError(f"device is {device!r}, but onnxruntime could not start it; check the driver, or use 'cpu'.")
    return session

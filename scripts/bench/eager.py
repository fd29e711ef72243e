"""The benchmark's subjects from torch: the eager model, and the graph that its exporter makes."""

import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import linear

from wordgru.bundle import GRAPH_INPUTS, GRAPH_OUTPUTS
from wordgru.config import ModelConfig
from wordgru.errors import WordgruError
from wordgru.search.model import Floats, Ints
from wordgru.training.network.model import GRULanguageModel


class AtPositions(nn.Module):
    """`GRULanguageModel` as a bundle's graph computes it: probabilities only where they are asked for."""

    def __init__(self, file: Path, config: ModelConfig) -> None:
        super().__init__()
        self.model = GRULanguageModel(config)
        self.model.load_state_dict(load_file(file))
        self.eval()

    def forward(self, input_ids: Tensor, state: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T), (L, B, H), (C,) → probabilities (B, C, V), next state (L, B, H)."""
        model = self.model
        hidden, state = model.gru(model.embedding(input_ids), state)
        hidden = hidden[:, positions]
        hidden = hidden if model.projection is None else model.projection(hidden)
        return linear(hidden, model.embedding.weight, model.output_bias).softmax(dim=-1), state


class TorchLanguageModel:
    """The eager model as a `LanguageModel`."""

    def __init__(self, file: Path, config: ModelConfig) -> None:
        self.config = config
        self._module = AtPositions(file, config)

    def initial_state(self) -> Floats:
        """Zeros.  # (L, 1, H)"""
        return torch.zeros(self.config.layers, 1, self.config.hidden_size).numpy()

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """(B,), (L, B, H) → P(next token) (B, V), states (L, B, H)."""
        rows, after = self._run(tokens[:, None], states, _LAST)
        return rows[:, 0], after

    def advance(self, tokens: Ints, state: Floats) -> Floats:
        """(T,), (L, 1, H) → (L, 1, H)."""
        return self._run(tokens[None], state, _LAST)[1]

    def score(self, tokens: Ints, state: Floats) -> tuple[Floats, Floats]:
        """(T,), (L, 1, H) → log-probabilities (T, V), (L, 1, H)."""
        rows, after = self._run(tokens[None], state, torch.arange(len(tokens)))
        return np.log(np.maximum(rows[0], np.finfo(np.float32).tiny)), after

    @torch.inference_mode()
    def _run(self, ids: Ints, state: Floats, positions: Tensor) -> tuple[Floats, Floats]:
        rows, after = self._module(torch.from_numpy(ids), torch.from_numpy(state), positions)
        return rows.numpy(), after.numpy()


_LAST = torch.tensor([-1])


def export_with_torch(weights: Path, config: ModelConfig, target: Path) -> None:
    """The graph that `torch.onnx.export` makes of the model, from TorchScript: it alone keeps time dynamic.

    Raises:
        WordgruError: this torch has no such exporter any more, or it fails.
    """
    example = torch.zeros(2, 3, dtype=torch.int64), torch.zeros(config.layers, 2, config.hidden_size), _LAST
    axes = [{0: "batch", 1: "time"}, {1: "batch"}, {0: "count"}, {0: "batch", 1: "count"}, {1: "batch"}]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is deprecated, and warns of a batch that the state decides
            torch.onnx.export(
                AtPositions(weights, config), example, str(target), dynamo=False, opset_version=17,
                input_names=GRAPH_INPUTS, output_names=GRAPH_OUTPUTS,
                dynamic_axes=dict(zip(GRAPH_INPUTS + GRAPH_OUTPUTS, axes, strict=True)),
            )  # fmt: skip
    except (ImportError, RuntimeError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        reason = str(error).strip().splitlines()[0]
        raise WordgruError(f"torch {torch.__version__} does not export the model ({reason}).") from None

"""Dynamic evaluation: a trained model goes on learning, step by step, from the text that it is judged on.

Krause, Kahembwe, Murray and Renals 2018, "Dynamic Evaluation of Neural Sequence Models". Every token is expected
before it is learnt from.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

from wordgru.config import DynamicOptions
from wordgru.search.model import Floats, Ints
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.checkpoint import load_model_config, load_model_weights
from wordgru.training.run.distributed import choose_device

_SMALL = 1e-3  # added to the root mean square of a gradient: weights that hardly matter must not leap


class DynamicReader:
    """A run's model as a reader that learns; see `wordgru.evaluation.running.Reader`.

    After every block a step is taken down the gradient of its loss, divided by the root of the mean square of the
    gradients so far, and the weights are drawn back towards the trained ones.

    Args:
        run: the folder of a training.
        options: how fast it learns.
        device: "cpu", "cuda" or "mps".
        threads: cores that torch may use, in all of this process.

    Raises:
        TrainingError: the folder is no run, or the device is not there.
    """

    def __init__(self, run: Path, options: DynamicOptions, *, device: str = "cpu", threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self.block = options.block
        self._options = options
        self._model = GRULanguageModel(load_model_config(run))
        self._model.load_state_dict({name: torch.from_numpy(w) for name, w in load_model_weights(run).items()})
        self._model.to(
            choose_device(device)
        )  # in training mode, without which cuDNN has no gradients; nothing is dropped
        self._weights = list(self._model.parameters())
        self._trained = [weight.detach().clone() for weight in self._weights]
        self._squares = [torch.zeros_like(weight) for weight in self._weights]
        self._steps = 0
        self._state: Tensor | None = None
        self._expected: tuple[Tensor, Ints] | None = None  # logits of the last block, and its tokens

    def read(self, tokens: Ints) -> tuple[Floats, Floats]:
        """As `Reader.read`; what the block before led to is learnt first."""
        self._learn(tokens)
        ids = torch.from_numpy(tokens).to(self._trained[0].device)
        tops, state = self._model.gru(self._model.embedding(ids[None]), self._state)
        logits = self._model.logits(self._model.project(tops))[0]
        self._state, self._expected = state.detach(), (logits, tokens)
        return log_softmax(logits.detach(), dim=-1).cpu().numpy(), tops[0].detach().cpu().numpy()

    def _learn(self, tokens: Ints) -> None:
        """Take a step, now that the token after the last block is known."""
        if self._expected is None:
            return
        logits, read = self._expected
        targets = torch.from_numpy(np.concatenate([read[1:], tokens[:1]])).to(logits.device)
        gradients = torch.autograd.grad(cross_entropy(logits, targets), self._weights)
        self._steps += 1
        with torch.no_grad():
            for weight, gradient, square, trained in zip(
                self._weights, gradients, self._squares, self._trained, strict=True
            ):
                square.lerp_(gradient.square(), 1 / self._steps)
                weight.addcdiv_(gradient, square.sqrt() + _SMALL, value=-self._options.rate)
                weight.lerp_(trained, self._options.decay)

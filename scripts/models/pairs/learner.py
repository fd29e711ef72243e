"""A model that learns beside others, and a step of all of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, dropout, embedding, linear

from pairs.four_bits import Rounded, best_steps
from pairs.losses import losses
from wordgru.config import ModelConfig
from wordgru.graph import has_four_bits
from wordgru.training.network.batches import Packed, pack_documents
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.network.recurrence import native_gru, packed_gru

_SUM = 1 / 16  # what a token's loss counts in fp16: gradients neither vanish nor overflow


@dataclass
class Drops:
    """What is dropped in training, as shares (see `GRULanguageModel`)."""

    tokens: float
    inputs: float
    weights: float
    between: float
    outputs: float


class Learner:
    """A model, its optimizer and its carried state.

    Args:
        config: sizes.
        drops: what is dropped.
        counts: how often each token occurs, to begin the bias with.
        lanes: texts read side by side.
        rate: highest learning rate.
    """

    def __init__(
        self, config: ModelConfig, drops: Drops, counts: Tensor, *, lanes: int, rate: float, device: torch.device
    ) -> None:
        self.drops, self.rate, self.device = drops, rate, device
        self.model = GRULanguageModel(config).to(device)
        with torch.no_grad():
            self.model.output_bias.copy_(torch.log((counts + 1) / (counts + 1).sum()))
        matrices = [each for each in self.model.parameters() if each.ndim > 1]
        vectors = [each for each in self.model.parameters() if each.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
        fused = device.type == "cuda"
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True if fused else None)
        self.state = torch.zeros(config.layers, lanes, config.hidden_size, device=device)
        self.dtype = torch.float16 if fused else torch.float32
        self.steps: dict[str, Tensor] = {}
        self.skipped = torch.zeros((), device=device)

    def weights(self) -> dict[str, Tensor]:
        """The weights to compute with: rounded to four bits, once `round_weights` was called."""
        weights = dict(self.model.named_parameters())
        for name, steps in self.steps.items():
            weights[name] = Rounded.apply(weights[name], steps)
        return weights

    @torch.no_grad()
    def round_weights(self) -> None:
        """From now on compute with weights of four bits; called again, choose the blocks' steps anew."""
        for name, weight in self.model.named_parameters():
            if has_four_bits(name):
                self.steps[name] = best_steps(weight)

    def outputs(self, window: Packed, segment: Tensor, weights: dict[str, Tensor]) -> Tensor:
        """Outputs (N, E) for the head, with what is dropped dropped; the state is carried on."""
        state = torch.cat([self.state, torch.zeros_like(self.state[:, :1])], 1)  # the last is where a text begins
        outputs, ends = self.read(window, segment, state[:, window.source], weights, self.drops)
        self.state = ends.detach().float()[:, window.last]
        return outputs

    def read(
        self, window: Packed, segment: Tensor, starts: Tensor, weights: dict[str, Tensor], drops: Drops
    ) -> tuple[Tensor, Tensor]:
        """Outputs (N, E), and the states after each segment (L, S, H), from its start states."""
        config, sizes, count = self.model.config, window.batch_sizes, starts.shape[1]
        weights = {name: weight.to(self.dtype) for name, weight in weights.items()}
        starts = starts.to(self.dtype)
        values = embedding(window.inputs, weights["embedding.weight"])
        if drops.tokens:
            kept = dropout(values.new_ones(config.vocab_size), drops.tokens)
            values = values * kept[window.inputs, None]
        values = _locked(values, drops.inputs, segment, count)
        ends = []
        for layer in range(config.layers):
            if layer:
                values = _locked(values, drops.between, segment, count)
            of = [weights[f"gru.{kind}_l{layer}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            of[1] = dropout(of[1], drops.weights) if drops.weights else of[1]
            if self.device.type == "cuda":
                values, end = native_gru(values, starts[layer], tuple(of), sizes)
            else:
                values, end = packed_gru(linear(values, of[0], of[2]), starts[layer], of[1], of[3], sizes.tolist())
            ends.append(end)
        values = _locked(values, drops.outputs, segment, count)
        if self.model.projection is not None:
            values = linear(values, weights["projection.weight"], weights["projection.bias"])
        return values, torch.stack(ends)

    def update(self, share: float, tokens: int) -> None:
        """A step of AdamW at this share of the highest rate; one whose gradient is not finite is passed over."""
        gradients = [each.grad for each in self.model.parameters()]
        norm = torch.nn.utils.get_total_norm(gradients) / (_SUM * tokens)
        scale = _SUM * tokens / torch.clamp(1.0 / (norm + 1e-6), max=1.0)
        bad = (~torch.isfinite(norm)).float()
        self.skipped += bad
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * share
        if self.device.type == "cuda":
            self.optimizer.grad_scale, self.optimizer.found_inf = scale.float(), bad
        else:
            for each in gradients:
                each.div_(scale)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


def _locked(values: Tensor, share: float, segment: Tensor, count: int) -> Tensor:
    """Packed values with a share of them dropped, in each segment the same ones all along."""
    if not share:
        return values
    return values * dropout(values.new_ones(count, values.shape[1]), share)[segment]


def learn(pair: list[Learner], window: Packed, segment: Tensor, *, taught: float, share: float) -> Tensor:
    """One step of all; mean nats per token of each (L,)."""
    weights = [learner.weights() for learner in pair]
    outputs = [each.outputs(window, segment, own) for each, own in zip(pair, weights, strict=True)]
    matrices = [own["embedding.weight"].to(learner.dtype) for own, learner in zip(weights, pair, strict=True)]
    biases = [own["output_bias"].detach() for own in weights]
    with torch.no_grad():
        logits = [each @ matrix.T for each, matrix in zip(outputs, matrices, strict=True)]
        nats = losses(logits, biases, window.targets, taught, _SUM)
    for learner, own, out, matrix, gradient in zip(pair, weights, outputs, matrices, logits, strict=True):
        with torch.no_grad():
            of_matrix, of_output = gradient.T @ out, gradient @ matrix
            own["output_bias"].grad = gradient.sum(0, dtype=torch.float32)
        torch.autograd.backward([matrix, out], [of_matrix, of_output])
        learner.update(share, len(out))
    return nats.mean(0)


@torch.no_grad()
def validate(pair: list[Learner], documents: list[npt.NDArray[np.int64]]) -> list[float]:
    """Nats per token of each on documents, nothing dropped."""
    result = []
    for learner in pair:
        weights, config, total, tokens = learner.weights(), learner.model.config, 0.0, 0
        for at in range(0, len(documents), 256):
            packed = pack_documents(documents[at : at + 256]).to(learner.device)
            starts = torch.zeros(config.layers, len(packed.source), config.hidden_size, device=learner.device)
            outputs, _ = learner.read(packed, packed.inputs, starts, weights, Drops(0, 0, 0, 0, 0))
            for part, targets in zip(outputs.split(8192), packed.targets.split(8192), strict=True):
                logits = linear(part.float(), weights["embedding.weight"], weights["output_bias"])
                total += float(cross_entropy(logits, targets, reduction="sum"))
            tokens += len(packed.targets)
        result.append(total / tokens)
    return result

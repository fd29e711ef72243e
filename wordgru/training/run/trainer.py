"""Everything that changes while a model is trained, one step of it, and how it is put away and taken up again."""

import copy
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from wordgru.errors import TrainingError
from wordgru.training.network.batches import Lanes
from wordgru.training.network.losses import Objective, Sampler
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.network.vectors import neighbour_vectors
from wordgru.training.run.distributed import Ranks, choose_precision
from wordgru.training.run.prepare import Material
from wordgru.training.run.settings import TrainConfig

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of each parameter


class Trainer:
    """Model, optimizer, place in the text, carried state, random numbers, step.

    Args:
        config: every setting.
        material: what to read.
        ranks: this process among the others.

    Attributes:
        model: what learns.
        averaged: what is validated and kept: the moving average of `model`, or where `ema` is 0 that itself.

    Raises:
        TrainingError: the lanes cannot be shared out equally, or the length of the run is unknown.
    """

    def __init__(self, config: TrainConfig, material: Material, ranks: Ranks) -> None:
        if config.batch_size % ranks.world:
            raise TrainingError(
                f"batch_size is {config.batch_size}; expected a multiple of the {ranks.world} processes, "
                "so that each has equally many lanes."
            )
        self.config, self.material, self.ranks = config, material, ranks
        self.steps = _steps(config, material)
        self.dtype = choose_precision(config.precision, ranks.device)
        torch.manual_seed(config.seed)
        self.model = _model(config, material).to(ranks.device)
        torch.manual_seed(config.seed + 7919 * (ranks.rank + 1))  # dropout differs between ranks
        self.averaged = copy.deepcopy(self.model).requires_grad_(False) if config.ema else self.model
        activation, temporal = config.activation_regularization, config.temporal_regularization
        objective = Objective(self.model, activation=activation, temporal=temporal)
        self.objective: nn.Module = DistributedDataParallel(objective) if ranks.world > 1 else objective
        self.optimizer = _optimizer(self.model, config)
        self.lanes = Lanes(material.feed, count=config.batch_size, window=config.window)
        self.sampler = _sampler(config, material, ranks.device)
        shape = (config.layers, config.batch_size // ranks.world, config.hidden_size)
        self.carried = torch.zeros(shape, device=ranks.device)
        self.step = 0
        self.best: dict[str, Any] = {}
        self._loss = torch.zeros((), device=ranks.device)
        self._losses = 0
        self._before = 0.0  # seconds trained before this process
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Trained so far, earlier processes included."""
        return self._before + time.monotonic() - self._started

    def fraction(self) -> float:
        """How much of the schedule is done, 0 to 1; the same on every rank."""
        if self.steps is not None:
            return min(self.step / self.steps, 1.0)
        return min(self.ranks.agree(self.seconds) / 60 / (self.config.minutes or 1), 1.0)

    def begin_with(self, weights: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Take the weights of another model of the same sizes, by name."""
        for model in {self.model, self.averaged}:
            model.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})

    @torch.no_grad()
    def begin_with_neighbours(self) -> None:
        """Take an embedding in which tokens that have like neighbours in the text are alike, the same on every rank."""
        vectors = neighbour_vectors(self.material.shards, self.config.embedding_size, seed=self.config.seed)
        vectors = self.ranks.mean(vectors.to(self.ranks.device))
        for model in {self.model, self.averaged}:
            model.embedding.weight.copy_(vectors)

    def learn(self, fraction: float) -> None:
        """One step, at this part of the schedule."""
        config, ranks = self.config, self.ranks
        size = window_size(config, step=self.step)
        for group in self.optimizer.param_groups:  # every token counts alike, in a short window too
            group["lr"] = learning_rate(config, step=self.step, fraction=fraction) * size / config.window
        window = self.lanes.next_window(size).pack(rank=ranks.rank, world=ranks.world).to(ranks.device)
        candidates = None
        if self.sampler is not None and self.samples(fraction):
            candidates = self.sampler.draw().to(ranks.device)
        with torch.autocast(ranks.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            loss, penalty, self.carried = self.objective(window, self.carried, candidates)
        self.optimizer.zero_grad()
        (loss + penalty).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        self.optimizer.step()
        self.step += 1
        if config.ema:
            self._average()
        self._loss += loss.detach()
        self._losses += 1

    @torch.no_grad()
    def _average(self) -> None:
        """Move the average towards the weights; at first faster, so that it does not remember how they began."""
        decay = min(self.config.ema, self.step / (self.step + 9))
        for average, weight in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)

    def samples(self, fraction: float) -> bool:
        """Whether the loss is sampled at this part of the schedule."""
        return self.sampler is not None and fraction < 1 - self.config.full_fraction

    def mean_loss(self) -> float:
        """Mean nats per token since `forget_loss`, over all ranks.

        Raises:
            TrainingError: it is not finite.
        """
        loss = float(self.ranks.mean(self._loss)) / max(self._losses, 1)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} before step {self.step:,}; the last checkpoint is intact. "
                "Begin another run with a lower learning_rate or clip."
            )
        return loss

    def forget_loss(self) -> None:
        """Begin a new mean."""
        self._loss.zero_()
        self._losses = 0

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that `load` needs besides the weights of `averaged`: tensors, and facts for JSON.

        Every rank must call it.
        """
        gather, device = self.ranks.gather, self.ranks.device
        tensors = {"carried": gather(self.carried).movedim(0, 2).flatten(1, 2)}  # from (L, B/w, w, H), in lane order
        tensors["random.cpu"] = gather(torch.get_rng_state())
        if device.type == "cuda":
            tensors["random.cuda"] = gather(torch.cuda.get_rng_state(device))
        elif device.type == "mps":
            tensors["random.mps"] = gather(torch.mps.get_rng_state())
        if self.sampler is not None:
            tensors["random.sampler"] = self.sampler.generator.get_state()
        tensors |= self.lanes.state()
        if self.averaged is not self.model:
            tensors |= {f"learning.{name}": weight for name, weight in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            kept = self.optimizer.state[parameter]
            tensors |= {f"optimizer.{name}.{moment}": kept[moment] for moment in _MOMENTS if moment in kept}
        facts = {
            "step": self.step,
            "finished": self.fraction() >= 1,
            "seconds": self.seconds,
            "loss_sum": float(self._loss),
            "losses": self._losses,
            "best": self.best,
            "feed": self.material.feed.state_dict(),
            "text": self.material.identity,
        }
        return tensors, facts

    def load(self, weights: dict[str, Tensor], tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            TrainingError: the text is not the one that the run began with.
        """
        if facts["text"] != self.material.identity:
            raise TrainingError(
                f"the text has changed since the run began: it was {facts['text']} and is {self.material.identity}; "
                "restore it, or begin another run."
            )
        self.averaged.load_state_dict(weights)
        if self.averaged is not self.model:
            self.model.load_state_dict({name: tensors[f"learning.{name}"] for name in weights})
        self._load_optimizer(tensors)
        self.lanes.load_state(tensors)
        self.material.feed.load_state_dict(facts["feed"])
        rank, world, device = self.ranks.rank, self.ranks.world, self.ranks.device
        self.carried = tensors["carried"][:, rank::world].to(device).contiguous()
        self._load_random(tensors)
        self.step, self.best = facts["step"], facts["best"]
        self._loss.fill_(facts["loss_sum"])
        self._losses = facts["losses"]
        self._before, self._started = facts["seconds"], time.monotonic()

    def _load_optimizer(self, tensors: dict[str, Tensor]) -> None:
        for name, parameter in self.model.named_parameters():
            kept = {moment: tensors.get(f"optimizer.{name}.{moment}") for moment in _MOMENTS}
            self.optimizer.state[parameter] = {
                moment: value.clone().to(parameter.device) for moment, value in kept.items() if value is not None
            }

    def _load_random(self, tensors: dict[str, Tensor]) -> None:
        """Generators of this rank; with another number of ranks than before, dropout goes on with new ones."""
        if self.sampler is not None and "random.sampler" in tensors:
            self.sampler.generator.set_state(tensors["random.sampler"])
        rank, device = self.ranks.rank, self.ranks.device
        if len(tensors["random.cpu"]) != self.ranks.world:
            torch.manual_seed(self.config.seed + 7919 * (rank + 1) + 104729 * self.step)
            return
        torch.set_rng_state(tensors["random.cpu"][rank])
        if device.type == "cuda" and "random.cuda" in tensors:
            torch.cuda.set_rng_state(tensors["random.cuda"][rank], device)
        elif device.type == "mps" and "random.mps" in tensors:
            torch.mps.set_rng_state(tensors["random.mps"][rank])

    def describe(self) -> str:
        """One line: how large, where, how."""
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        where = str(self.ranks.device) + (f" x {self.ranks.world}" if self.ranks.world > 1 else "")
        if self.ranks.device.type == "cpu":
            where += f", {torch.get_num_threads()} threads"
        length = f"{self.steps:,} steps" if self.steps is not None else f"{self.config.minutes:g} minutes"
        scored = f"{self.config.frequent:,} + {self.config.sampled:,} tokens" if self.sampler else "all tokens"
        return (
            f"training {parameters / 1e6:.1f} M parameters on {where}, {str(self.dtype).removeprefix('torch.')}, "
            f"scoring {scored}, {length}" + (f", from step {self.step:,}" if self.step else "")
        )


def learning_rate(config: TrainConfig, *, step: int, fraction: float) -> float:
    """Warm-up, then a half cosine down to `final_rate` of the highest (Loshchilov and Hutter 2017)."""
    warm = min((step + 1) / max(config.warmup, 1), 1.0)
    cosine = (1 + math.cos(math.pi * fraction)) / 2
    return config.learning_rate * warm * (config.final_rate + (1 - config.final_rate) * cosine)


def window_size(config: TrainConfig, *, step: int) -> int:
    """Tokens that this step reads of every lane: `window`, or evenly from as many below it as above (Merity et al.)."""
    most = min(round(config.window * config.window_variation), config.window - 1)
    return config.window + int(np.random.default_rng([config.seed, step]).integers(-most, most + 1))


def _steps(config: TrainConfig, material: Material) -> int | None:
    """Length of the run; None if the clock says it."""
    if config.epochs is None:
        return config.steps
    if material.tokens is None:
        raise TrainingError("a stream has no known length, so epochs cannot be counted; set steps or minutes instead.")
    return max(1, math.ceil(config.epochs * material.tokens / (config.batch_size * config.window)))


def _model(config: TrainConfig, material: Material) -> GRULanguageModel:
    model = GRULanguageModel(
        config.model(material.tokenizer.vocab_size),
        embedding_dropout=config.embedding_dropout,
        input_dropout=config.input_dropout,
        weight_dropout=config.weight_dropout,
        dropout=config.dropout,
        output_dropout=config.output_dropout,
    )
    counts = torch.from_numpy(material.shards.counts).float() + 1
    with torch.no_grad():  # begin with the tokens' frequencies, not with learning them
        model.output_bias.copy_(torch.log(counts / counts.sum()))
    return model


def _optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    fused = matrices[0].device.type in ("cpu", "cuda")
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99), fused=fused)


def _sampler(config: TrainConfig, material: Material, device: torch.device) -> Sampler | None:
    """What draws the tokens to score, if that is to be sampled and there are more than that."""
    wanted = config.loss == "sampled" or (config.loss == "auto" and device.type == "cpu")
    if not wanted or len(material.shards.counts) <= config.frequent + config.sampled:
        return None
    return Sampler(material.shards.counts, frequent=config.frequent, sampled=config.sampled, seed=config.seed)

"""The benchmark's second part: the default training step beside the loop that one writes first."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from wordgru.training.network.batches import Lanes
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.run.distributed import Ranks
from wordgru.training.run.prepare import Material, prepare
from wordgru.training.run.report import Reporter
from wordgru.training.run.settings import TrainConfig
from wordgru.training.run.trainer import Trainer

PLAIN, FULL, SAMPLED = "plain loop", "wordgru, all tokens", "wordgru, sampled"


class PlainLoop:
    """What one writes first: `nn.GRU`, cross entropy over all logits in float32, AdamW."""

    def __init__(self, config: TrainConfig, material: Material) -> None:
        self._config = config
        self.model = GRULanguageModel(config.model(material.tokenizer.vocab_size), dropout=config.dropout,
                                       output_dropout=config.output_dropout)  # fmt: skip
        self._optimizer = torch.optim.AdamW(self.model.parameters(), lr=config.learning_rate)
        self._lanes = Lanes(material.feed, count=config.batch_size, window=config.window)
        self._state = torch.zeros(config.layers, config.batch_size, config.hidden_size)

    def rate(self, rate: float) -> None:
        """Learn at this rate from now on."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def learn(self) -> None:
        """One step."""
        window = self._lanes.next_window()
        logits, state = self.model(torch.from_numpy(window.inputs), self._state)
        loss = cross_entropy(logits.flatten(0, 1), torch.from_numpy(window.targets).flatten())
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self._config.clip)
        self._optimizer.step()
        self._state = state.detach()


def training_seconds(config: TrainConfig, *, rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of each of `rounds` steps of each loop, interleaved; the first step of each is not counted."""
    with TemporaryDirectory(prefix="wordgru-benchmark-") as folder:
        run = Path(folder) / "run"
        material = prepare(config, run, dataset=None, reporter=Reporter(run, speaks=False))
        trainer, plain = Trainer(config, material, Ranks(0, 1, torch.device("cpu"))), PlainLoop(config, material)
        loops: dict[str, Callable[[], None]] = {PLAIN: plain.learn}
        loops[FULL] = lambda: trainer.learn(1.0)
        if trainer.samples(0.0):
            loops[SAMPLED] = lambda: trainer.learn(0.0)
        seconds: dict[str, list[float]] = {name: [] for name in loops}
        for _ in range(rounds + 1):
            for name, learn in loops.items():
                started = clock()
                learn()
                seconds[name].append(clock() - started)
        return {name: values[1:] for name, values in seconds.items()}

"""Settle a run's weights into four bits: `python scripts/models/settle.py runs/en mixture.parquet -o runs/en-settled`.

The weights, rounded as `wordgru export --precision int4` rounds them, learn to expect what they expect unrounded
(Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"), gradients passing through the rounding (Jacob et
al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). Only what
rounding changed is learnt, so a little text is enough, and no GPU. What is written is a run, to be exported.
"""

import random
import sys
import time
from itertools import cycle
from pathlib import Path

import click
import mix
import torch
from pairs.learner import Drops, Learner
from torch import Tensor
from torch.nn.functional import linear, log_softmax

from wordgru.cli import run as run_command
from wordgru.errors import WordgruError
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.encoding import Encoder
from wordgru.training.network.batches import Packed, pack_documents
from wordgru.training.run import checkpoint

_LENGTH = 96  # tokens of a text that are read
_SHOWN = 20  # steps between two lines


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("text", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the run to write.")
@click.option("--steps", default=400, help="Steps in all.")
@click.option("--tokens", default=2048, help="Tokens of one step, about.")
@click.option("--rate", default=0.001, help="Highest learning rate, as a part of a matrix's mean absolute weight.")
@click.option("--seed", default=1)
def settle(run: Path, text: Path, output: Path, steps: int, tokens: int, rate: float, seed: int) -> None:
    """Write RUN with weights that lose less when rounded to four bits, by TEXT, a Parquet file of `mix.py`."""
    if output.exists():
        raise WordgruError(f"{output}: exists; choose a folder that is new.")
    torch.manual_seed(seed)
    config, tokenizer = checkpoint.load_model_config(run), checkpoint.load_tokenizer(run)
    learners = [
        Learner(
            config, Drops(0, 0, 0, 0, 0), torch.ones(config.vocab_size), lanes=1, rate=rate, device=torch.device("cpu")
        )
        for _ in range(2)
    ]
    for learner in learners:
        learner.model.load_state_dict({k: torch.from_numpy(v) for k, v in checkpoint.load_model_weights(run).items()})
    whole, rounded = learners
    groups = [
        {"params": [each], "base": rate * float(each.detach().abs().mean()) if each.ndim > 1 else rate / 4}
        for each in rounded.model.parameters()
    ]
    optimizer = torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.99))
    batches, began, nats = cycle(_batches(tokenizer, text, tokens, seed)), time.monotonic(), 0.0
    for step in range(steps):
        if step % 50 == 0 and step <= steps / 2:
            rounded.round_weights()
        share = min(1.0, (step + 1) / 20) * (1 - step / steps)
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * share
        window = next(batches)
        with torch.no_grad():
            wanted = log_softmax(_logits(whole, window), -1)
        loss = (wanted.exp() * (wanted - log_softmax(_logits(rounded, window), -1))).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        nats += float(loss.detach())
        if (step + 1) % _SHOWN == 0:
            click.echo(f"step {step + 1}  {time.monotonic() - began:.0f} s  {nats / _SHOWN:.5f} nats lost a token")
            nats = 0.0
    checkpoint.begin_run(output, checkpoint.load_run(run), config, tokenizer, checkpoint.load_blocked(run))
    checkpoint.save_best(output, rounded.model.state_dict(), {"settled": run.name, "steps": steps})


def _batches(tokenizer: Tokenizer, path: Path, tokens: int, seed: int) -> list[Packed]:
    """The text, cut to beginnings of documents, in windows of so many tokens."""
    documents = [each[:_LENGTH] for each in Encoder(tokenizer, _LENGTH).encode(mix.documents_of(path)) if len(each)]
    random.Random(seed).shuffle(documents)
    batches, begin, size = [], 0, 0
    for end, document in enumerate(documents, 1):
        size += len(document) + 1
        if size >= tokens:
            batches.append(pack_documents(sorted(documents[begin:end], key=len, reverse=True)))
            begin, size = end, 0
    if not batches:
        raise WordgruError(f"{path}: holds fewer than {tokens} tokens; expected more text, or a smaller --tokens.")
    return batches


def _logits(learner: Learner, window: Packed) -> Tensor:
    """Logits (N, V) of every token, each text from its beginning."""
    weights, config = learner.weights(), learner.model.config
    starts = torch.zeros(config.layers, len(window.source), config.hidden_size)
    outputs, _ = learner.read(window, window.inputs, starts, weights, learner.drops)
    return linear(outputs, weights["embedding.weight"], weights["output_bias"])


if __name__ == "__main__":
    sys.exit(run_command(settle))

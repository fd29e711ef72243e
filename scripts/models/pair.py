# mypy: ignore-errors
# Triton, autograd and queues between processes have no types.
"""Train models and their teacher side by side on one GPU: `python scripts/models/pair.py 'data/en/*-train.parquet' …`.

All read the same text, token for token. The teacher learns from the text; the students, one or two, learn from it
and from what the teacher expects at every place (Hinton et al. 2015, "Distilling the Knowledge in a Neural
Network"), which costs nothing but the teacher, since its logits are at hand. In the last part of the time all compute
with weights rounded to four bits as the exported file will hold them, gradients passing through unrounded (Jacob et
al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"), and more of
the text is that of people who write to each other.

Every core but two mixes text (`mix.py`), anew for each chunk, while the GPU learns. What is written is a run for each,
to be exported: OUTPUT/teacher, OUTPUT/256x832.
"""

import glob
import math
import multiprocessing
import os
import random
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import dropout, embedding, linear

sys.path.insert(0, str(Path(__file__).parent))
import mix

from wordgru.config import ModelConfig
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.encoding import Encoder
from wordgru.training.network.batches import Lanes, Packed, pack_documents
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.network.recurrence import native_gru, packed_gru
from wordgru.training.run import checkpoint
from wordgru.training.run.settings import TrainConfig

try:
    import triton
    import triton.language as tl
except ImportError:  # no GPU: the same by torch
    triton = None

_ARRAYS = ("inputs", "targets", "batch_sizes", "source", "last")
_WINDOWS = 32  # of a chunk, whose lanes all begin with a text
_LONGEST = 700  # words of a document at load; longer ones are cut between lines
_SUM = 1 / 16  # what a token's loss counts in fp16: gradients neither vanish nor overflow
_BLOCK, _MOST, _PARTS = 32, 7, 14  # of `wordgru.graph`: a step for 32 four-bit numbers, in fourteenths of int8's


Chunk = tuple[dict[str, list[int]], dict[str, npt.NDArray[np.int32]]]
"""Lengths of each window's arrays, and the arrays of all its windows one after the other."""


# ---- text


class Mixture:
    """Chunks of text for `lanes`, each mixed anew: what `mix.py` does, document by document.

    Args:
        files: of sources, SOURCE-train.parquet, or texts with NUL between documents, SOURCE-train.txt.
        power: a source's share is its size to this power,
        passes: but no source is read more often than this in `words` words.
        people: how many times more is read of the sources of people who write to each other, at the end.
    """

    def __init__(
        self, files: list[Path], *, words: float, power: float, passes: float, people: float, cut: float, lower: float
    ) -> None:
        self.cut, self.lower = cut, lower
        self.sources = {path.stem.rsplit("-", 1)[0]: _documents(path) for path in files}
        sizes = {name: sum(len(text.split()) for text in texts) for name, texts in self.sources.items()}
        self.sizes, self.shares = sizes, []
        for factor in (1.0, people):
            weights = {
                name: size**power * mix.LESS.get(name, 1.0) * (factor if name in PEOPLE else 1.0)
                for name, size in sizes.items()
            }
            for _ in range(20):  # what a small source cannot give, the others do
                whole = sum(weights.values())
                most = {name: passes * size / words * whole for name, size in sizes.items()}
                weights = {name: min(weight, most[name]) for name, weight in weights.items()}
            whole = sum(weights.values())
            self.shares.append({name: weight / whole for name, weight in weights.items()})

    def texts(self, rng: random.Random, part: int) -> Iterator[str]:
        """Texts without end, of the mixture `part`."""
        names, shares = list(self.shares[part]), list(self.shares[part].values())
        owed = dict.fromkeys(names, 0.0)
        while True:
            name = rng.choices(names, shares)[0]
            owed[name] += 200  # words of each draw, so that long documents are not drawn as often as short ones
            while owed[name] > 0:
                document = rng.choice(self.sources[name])
                for text in mix._parts(document, rng) if rng.random() < self.cut else (document,):
                    owed[name] -= len(text.split())
                    text = mix._renamed(mix._respelled(text, name), name, rng)
                    text = mix._as_typed(text, rng) if name in mix.TYPED and rng.random() < self.lower else text
                    if text := text.strip():
                        yield text


PEOPLE = {
    *("chitchat", "us-state-mail", "masc-personal", "self-dialogue", "topical-chat", "duraspace-irc", "tatoeba"),
    *("casino-negotiations", "assistant-queries", "persuasion-for-good", "tatoeba-2", "common-voice"),
}
"""Sources of people who write or talk to each other."""


def _documents(path: Path) -> list[str]:
    texts = path.read_text("utf-8").split("\0") if path.suffix == ".txt" else mix._documents(path)
    return [part for text in texts if text for part in _halves(text)]


def _halves(text: str) -> Iterator[str]:
    """A document, cut between lines where it is long."""
    if text.count(" ") < _LONGEST:
        yield text
        return
    part: list[str] = []
    words = 0
    for line in text.split("\n"):
        part.append(line)
        words += line.count(" ") + 1
        if words >= _LONGEST:
            yield "\n".join(part)
            part, words = [], 0
    if part:
        yield "\n".join(part)


class _Feed:
    """Documents of a mixture for `Lanes`, encoded many at a time."""

    def __init__(self, texts: Iterator[str], encoder: Encoder) -> None:
        self._texts, self._encoder = texts, encoder
        self._ready: list[npt.NDArray[np.int64]] = []

    def next_document(self) -> npt.NDArray[np.int64]:
        while not self._ready:
            self._ready = self._encoder.encode([next(self._texts) for _ in range(500)])[::-1]
        return self._ready.pop()


def _work(mixture: Mixture, tokenizer: Path, lanes: int, window: int, seed: int, part: Any, chunks: Any) -> None:
    """Fill `chunks` until the process is ended: arrays of `_WINDOWS` windows, packed."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
    encoder = Encoder(Tokenizer.load(tokenizer), 1024)
    rng = random.Random(seed)
    while True:
        feed = _Feed(mixture.texts(rng, part.value), encoder)
        filled = Lanes(feed, count=lanes, window=window)
        windows = [filled.next_window().pack() for _ in range(_WINDOWS)]
        chunk = {name: [getattr(each, name).numpy() for each in windows] for name in _ARRAYS}
        chunk["segment"] = [_segments(sizes) for sizes in chunk["batch_sizes"]]
        lengths = {name: [len(each) for each in arrays] for name, arrays in chunk.items()}
        chunks.put((lengths, {name: np.concatenate(arrays).astype(np.int32) for name, arrays in chunk.items()}))


def _segments(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The segment of each row of packed sequences."""
    rows = np.broadcast_to(np.arange(sizes[0]), (len(sizes), sizes[0]))
    return rows[rows < sizes[:, None]]


def _windows(chunk: Chunk, device: torch.device) -> Iterator[tuple[Packed, Tensor]]:
    """The windows of a chunk on the device, moved there at once, each with the segment of each of its rows."""
    lengths, arrays = chunk
    parts = {}
    for name, array in arrays.items():
        whole = torch.from_numpy(array)
        if name != "batch_sizes" and device.type == "cuda":
            whole = whole.pin_memory().to(device, non_blocking=True)
        parts[name] = torch.split(whole.long(), lengths[name])
    for at in range(_WINDOWS):
        window = Packed(**{name: parts[name][at] for name in _ARRAYS})
        yield window, parts["segment"][at]


# ---- the loss of both


if triton:

    @triton.jit
    def _softmax(pointer, bias, column, inside, hot):
        """Probabilities of a row's logits and the target's nats."""
        logits = tl.load(pointer + column, mask=inside, other=0).to(tl.float32)
        logits = tl.where(inside, logits + tl.load(bias + column, mask=inside, other=0), -1e30)
        most = tl.max(logits, 0)
        powers = tl.exp(logits - most)
        whole = tl.sum(powers, 0)
        return powers / whole, tl.log(whole) + most - tl.sum(tl.where(hot, logits, 0.0), 0)

    @triton.jit
    def _losses_kernel(
        teacher,
        first,
        second,
        bias_teacher,
        bias_first,
        bias_second,
        target,
        nats,
        size,
        taught,
        scale,
        LEARNERS: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        row = tl.program_id(0).to(tl.int64)
        column = tl.arange(0, BLOCK)
        inside = column < size
        hot = column == tl.load(target + row)
        truth = tl.where(hot, 1.0, 0.0)
        expected, cost = _softmax(teacher + row * size, bias_teacher, column, inside, hot)
        tl.store(nats + LEARNERS * row, cost)
        gradient = (expected - truth) * scale
        tl.store(teacher + row * size + column, gradient.to(teacher.dtype.element_ty), mask=inside)
        wanted = taught * expected + (1 - taught) * truth
        guess, cost = _softmax(first + row * size, bias_first, column, inside, hot)
        tl.store(nats + LEARNERS * row + 1, cost)
        tl.store(first + row * size + column, ((guess - wanted) * scale).to(first.dtype.element_ty), mask=inside)
        if LEARNERS == 3:
            guess, cost = _softmax(second + row * size, bias_second, column, inside, hot)
            tl.store(nats + LEARNERS * row + 2, cost)
            tl.store(second + row * size + column, ((guess - wanted) * scale).to(second.dtype.element_ty), mask=inside)


def losses(logits: list[Tensor], biases: list[Tensor], targets: Tensor, taught: float, scale: float) -> Tensor:
    """Nats of each token by each learner (N, L), the teacher first; `logits` (N, V) become gradients times `scale`.

    A student's loss is the cross entropy with `taught` of the teacher's distribution and the rest of the truth.
    """
    if triton and (logits[0].is_cuda or os.environ.get("TRITON_INTERPRET")):
        count, size = logits[0].shape
        nats = torch.empty(count, len(logits), device=targets.device)
        first, last = ([*each[:2], each[-1]] for each in (logits, biases))
        block = triton.next_power_of_2(size)
        _losses_kernel[(count,)](
            *first, *last, targets, nats, size, taught, scale, LEARNERS=len(logits), BLOCK=block, num_warps=16
        )
        return nats
    whole = [torch.log_softmax(each.float() + bias, 1) for each, bias in zip(logits, biases, strict=True)]
    nats = torch.stack([-each.gather(1, targets[:, None])[:, 0] for each in whole], 1)
    truth = torch.zeros_like(whole[0]).scatter_(1, targets[:, None], 1)
    expected = whole[0].exp()
    for number, (each, of) in enumerate(zip(logits, whole, strict=True)):
        wanted = taught * expected + (1 - taught) * truth if number else truth
        each.copy_((of.exp() - wanted) * scale)
    return nats


# ---- one of the two


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
            weights[name] = _Rounded.apply(weights[name], steps)
        return weights

    @torch.no_grad()
    def round_weights(self) -> None:
        """From now on compute with weights of four bits; called again, choose the blocks' steps anew."""
        for name, weight in self.model.named_parameters():
            if weight.ndim > 1:
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


class _Rounded(torch.autograd.Function):
    """A weight as its four bits will say it; its gradient is the weight's."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, steps: Tensor) -> Tensor:
        return rounded(weight, steps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def _in_blocks(weight: Tensor) -> tuple[Tensor, Tensor, int]:
    """A weight (rows, columns) in its rows' int8 steps (rows, blocks, size), and these steps; as `graph._pack`."""
    scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    blocks = -(-weight.shape[1] // _BLOCK)
    size = 2 * -(-weight.shape[1] // (2 * blocks))
    padded = torch.nn.functional.pad(weight / scale, (0, blocks * size - weight.shape[1]))
    return padded.view(len(weight), blocks, size), scale, size


def best_steps(weight: Tensor) -> Tensor:
    """The share of the largest value that is the largest four-bit number, for each block (rows, blocks, 1)."""
    values, _, _ = _in_blocks(weight)
    whole = values.abs().amax(-1, keepdim=True) * (_PARTS / _MOST)
    best, shares = torch.full_like(whole, torch.inf), torch.ones_like(whole)
    for share in np.linspace(0.54, 1, 24):
        step = (whole * share).round().clamp(1, 254)
        tried = (values * _PARTS / step).round().clamp(-_MOST, _MOST)
        error = ((tried * step / _PARTS).round() - values).square().sum(-1, keepdim=True)
        better = error < best
        best, shares = torch.where(better, error, best), torch.where(better, float(share), shares)
    return shares


def rounded(weight: Tensor, shares: Tensor) -> Tensor:
    """A weight as its four bits say it, each block's step the given share of the least that cuts nothing."""
    values, scale, _ = _in_blocks(weight)
    step = (values.abs().amax(-1, keepdim=True) * (_PARTS / _MOST) * shares).round().clamp(1, 254)
    numbers = (values * _PARTS / step).round().clamp(-_MOST, _MOST)
    return (numbers * step / _PARTS).round().reshape(len(weight), -1)[:, : weight.shape[1]] * scale


# ---- both


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
    """Nats per token of teacher and student on documents, nothing dropped."""
    result = []
    for learner in pair:
        weights, config, total, tokens = learner.weights(), learner.model.config, 0.0, 0
        for at in range(0, len(documents), 256):
            packed = pack_documents(documents[at : at + 256]).to(learner.device)
            starts = torch.zeros(config.layers, len(packed.source), config.hidden_size, device=learner.device)
            outputs, _ = learner.read(packed, packed.inputs, starts, weights, Drops(0, 0, 0, 0, 0))
            for part, targets in zip(outputs.split(8192), packed.targets.split(8192), strict=True):
                logits = linear(part.float(), weights["embedding.weight"], weights["output_bias"])
                total += float(torch.nn.functional.cross_entropy(logits, targets, reduction="sum"))
            tokens += len(packed.targets)
        result.append(total / tokens)
    return result


def _config(text: str, vocab_size: int) -> ModelConfig:
    """Sizes from `384x1216`, embedding and state, or `384x1216x2` with layers."""
    embedding_size, hidden_size, *layers = (int(number) for number in text.split("x"))
    return ModelConfig(vocab_size, embedding_size, hidden_size, *layers or [1])


def _drops(text: str) -> Drops:
    return Drops(*(float(share) for share in text.split(",")))


_DROPS = "Shares dropped: tokens,inputs,weights,between layers,outputs."


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("files", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder of the two runs.")
@click.option(
    "--validation", type=click.Path(exists=True, path_type=Path), required=True, help="Parquet to validate on."
)
@click.option("--tokenizer", type=click.Path(exists=True, path_type=Path), required=True, help="tokenizer.json.")
@click.option("--minutes", type=float, default=9.0, help="How long to learn.")
@click.option("--teacher", default="384x1216", help="Embedding x state [x layers].")
@click.option("--student", "students", multiple=True, default=["256x832"], help="Embedding x state [x layers].")
@click.option("--teacher-drops", default="0.05,0.1,0.1,0.1,0.1", help=_DROPS)
@click.option("--student-drops", default="0.05,0.05,0.05,0.1,0.05", help=_DROPS)
@click.option("--taught", default=0.5, help="Part of the student's targets that is the teacher's expectation.")
@click.option("--teacher-rate", default=0.0025, help="Highest learning rate.")
@click.option("--student-rate", default=0.003, help="Highest learning rate.")
@click.option("--rounded", default=0.25, help="Last part of the time in which weights are rounded to four bits.")
@click.option("--at-last", default=0.3, help="Last part of the time with more text of people.")
@click.option("--people", default=2.5, help="How many times more, then.")
@click.option("--words", default=450e6, help="Words read in all, about, by which --passes is kept.")
@click.option("--passes", default=30.0, help="Most times that a source is read.")
@click.option("--power", default=0.5, help="A source's share is its size to this power.")
@click.option("--cut", default=0.6, help="Share of documents that are cut.")
@click.option("--lower", default=0.2, help="Share of talk without capitals.")
@click.option("--lanes", default=512, help="Texts read side by side.")
@click.option("--window", default=64, help="Tokens of each that one step learns from.")
@click.option("--workers", default=(os.cpu_count() or 4) - 2, help="Processes that mix text.")
@click.option("--seed", default=1)
@click.option("--steps", default=0, help="Stop after so many steps; 0 is when the time is over.")
def pair(files: tuple[str, ...], output: Path, validation: Path, tokenizer: Path, **given: Any) -> None:
    """Train a model and its teacher on FILES named SOURCE-train.parquet."""
    began = time.monotonic()
    torch.manual_seed(given["seed"])
    paths = sorted(Path(name) for pattern in files for name in glob.glob(pattern))
    names = ("words", "power", "passes", "people", "cut", "lower")
    mixture = Mixture(paths, **{name: given[name] for name in names})
    if not given["steps"]:
        _show(mixture, given["words"])
    tokens = Tokenizer.load(tokenizer)
    held_out = [each for each in Encoder(tokens, 1024).encode(mix._documents(validation)) if len(each)]
    held_out.sort(key=len)
    fork = multiprocessing.get_context("fork")
    part, chunks = fork.Value("i", 0), fork.Queue(3 * given["workers"])
    arguments = (mixture, tokenizer, given["lanes"], given["window"])
    workers = [
        fork.Process(target=_work, args=(*arguments, 1000 * given["seed"] + number, part, chunks), daemon=True)
        for number in range(given["workers"])
    ]
    for worker in workers:
        worker.start()
    print(f"{time.monotonic() - began:.0f} s: {len(mixture.sizes)} sources, {len(workers)} processes mix", flush=True)
    try:
        _run(tokens, held_out, chunks, part, output, **given)
    finally:
        for worker in workers:
            worker.terminate()


def _run(
    tokens: Tokenizer, held_out: list[npt.NDArray[np.int64]], chunks: Any, part: Any, output: Path, **given: Any
) -> None:
    """Learn until the time is over, and write the runs."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    read: list[Chunk] = [chunks.get()]
    counts = torch.zeros(tokens.vocab_size)
    counts += torch.bincount(torch.from_numpy(read[0][1]["targets"]).long(), minlength=tokens.vocab_size)
    counts = counts.to(device)
    learners = [
        Learner(
            _config(sizes, tokens.vocab_size),
            _drops(given[f"{name}_drops"]),
            counts,
            lanes=given["lanes"],
            rate=given[f"{name}_rate"],
            device=device,
        )
        for name, sizes in (("teacher", given["teacher"]), *(("student", sizes) for sizes in given["students"]))
    ]
    rng, began, step, seen, again = random.Random(0), time.monotonic(), 0, 0, 0
    seconds, last = 60 * given["minutes"], 0.0
    sums = torch.zeros(len(learners), device=device)
    while (fraction := (time.monotonic() - began) / seconds) < 1 and not (given["steps"] and step >= given["steps"]):
        part.value = int(fraction > 1 - given["at_last"])
        chunk, fresh = _next(chunks, read, rng)
        again += not fresh
        for learner in learners:
            learner.state = torch.zeros_like(learner.state)
        for window, segment in _windows(chunk, device):
            fraction = (time.monotonic() - began) / seconds
            if fraction > 1 - given["rounded"] and step % 50 == 0:
                for learner in learners:
                    learner.round_weights()
            share = min(1, (step + 1) / 300) * (0.02 + 0.98 * (1 + math.cos(math.pi * min(fraction, 1))) / 2)
            sums += learn(learners, window, segment, taught=given["taught"] * min(1, step / 1000), share=share)
            step, seen = step + 1, seen + len(window.inputs)
            if step % 200 == 0:
                mean, now = (sums / 200).tolist(), time.monotonic() - began
                sums.zero_()
                print(
                    f"step {step:,}  {now:.0f} s  nats {' '.join(f'{each:.3f}' for each in mean)}  "
                    f"{seen / now:,.0f} tokens/s  "
                    f"again {again}  skipped {[int(each.skipped) for each in learners]}",
                    flush=True,
                )
            if (given["steps"] and step >= given["steps"]) or fraction >= 1:
                break
        if fraction - last >= 0.1:
            last = fraction
            scores = ", ".join(f"{nats:.4f}" for nats in validate(learners, held_out))
            print(f"validation at {fraction:.2f}: {scores}", flush=True)
    for learner in learners:  # what the last step left
        if learner.steps:
            learner.round_weights()
    scores = validate(learners, held_out)
    print(f"{step:,} steps, {seen:,} tokens, {time.monotonic() - began:.0f} s; validation {scores}", flush=True)
    for name, learner, nats in zip(("teacher", *given["students"]), learners, scores, strict=True):
        config = learner.model.config
        settings = TrainConfig(
            embedding_size=config.embedding_size,
            hidden_size=config.hidden_size,
            layers=config.layers,
            batch_size=given["lanes"],
            window=given["window"],
            steps=max(step, 1),
            seed=given["seed"],
        )
        run = output / name
        checkpoint.begin_run(run, settings, config, tokens)
        checkpoint.save_best(run, learner.model.state_dict(), {"step": step, "tokens": seen, "nats_per_token": nats})


def _next(chunks: Any, read: list[Chunk], rng: random.Random) -> tuple[Chunk, bool]:
    """The next chunk; one of those read before where the mixing falls behind; and whether it is new."""
    try:
        chunk = chunks.get(timeout=0.01) if len(read) >= 40 else chunks.get()
    except Empty:
        return rng.choice(read), False
    read.append(chunk)
    del read[:-60]
    return chunk, True


def _show(mixture: Mixture, words: float) -> None:
    for name, size in mixture.sizes.items():
        shares = [shares[name] for shares in mixture.shares]
        print(f"{name:26} {size:10,}  {shares[0]:.1%}, at last {shares[1]:.1%}; passes {shares[0] * words / size:.1f}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message=".*single contiguous chunk.*")
    pair()

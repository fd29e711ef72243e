"""Text without end for a GPU: what `mix.py` does, document by document, in processes that fill a queue of windows."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mix
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.encoding import Encoder
from wordgru.training.network.batches import Lanes, Packed

LONGEST = 1024  # tokens of a document
_ARRAYS = ("inputs", "targets", "batch_sizes", "source", "last")
_WINDOWS = 32  # of a chunk
_WORDS = 700  # of a document; longer ones are cut between lines

Chunk = tuple[dict[str, list[int]], dict[str, npt.NDArray[np.int32]]]
"""Lengths of each window's arrays, and the arrays of all its windows one after the other."""

PEOPLE = {
    *("chitchat", "us-state-mail", "masc-personal", "self-dialogue", "topical-chat", "duraspace-irc", "tatoeba"),
    *("casino-negotiations", "assistant-queries", "persuasion-for-good", "tatoeba-2", "common-voice"),
}
"""Sources of people who write or talk to each other."""


class Mixture:
    """Chunks of text for `lanes`, each mixed anew: what `mix.py` does, document by document.

    Args:
        files: of sources, SOURCE-train.parquet.
        words: read in all, about.
        power: a source's share is its size to this power,
        passes: but no source is read more often than this.
        people: how many times more is read of `PEOPLE` at the end.
        cut: share of the documents that are cut.
        lower: share of talk without capitals.
    """

    def __init__(
        self, files: list[Path], *, words: float, power: float, passes: float, people: float, cut: float, lower: float
    ) -> None:
        self.words, self.cut, self.lower = words, cut, lower
        self.sources = {
            path.stem.rsplit("-", 1)[0]: [part for text in mix.documents_of(path) for part in _pieces(text)]
            for path in files
        }
        sizes = {name: sum(len(text.split()) for text in texts) for name, texts in self.sources.items()}
        self.sizes, self.shares = sizes, []
        for factor in (1.0, people):
            weights = {
                name: mix.weight(name, size, power) * (factor if name in PEOPLE else 1.0)
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
                for text in mix.parts(document, self.cut, rng):
                    owed[name] -= len(text.split())
                    if learnt := mix.written(text, name, self.lower, rng).strip():
                        yield learnt

    def show(self) -> None:
        """Print what is read of each source."""
        for name, size in self.sizes.items():
            share, last = (shares[name] for shares in self.shares)
            print(f"{name:26} {size:10,}  {share:.1%}, at last {last:.1%}; passes {share * self.words / size:.1f}")


def _pieces(text: str) -> Iterator[str]:
    """A document, cut between lines where it is long."""
    if text.count(" ") < _WORDS:
        yield text
        return
    part: list[str] = []
    words = 0
    for line in text.split("\n"):
        part.append(line)
        words += line.count(" ") + 1
        if words >= _WORDS:
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


def fill(mixture: Mixture, tokenizer: Path, lanes: int, window: int, seed: int, part: Any, chunks: Any) -> None:
    """The work of a process: put chunks into a queue until the process is ended.

    Args:
        mixture: what to read.
        tokenizer: its file.
        lanes: texts read side by side, all begun anew with each chunk.
        window: tokens of each lane in a step.
        seed: of what is drawn.
        part: which mixture is read, a shared integer.
        chunks: the queue.
    """
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)
    encoder = Encoder(Tokenizer.load(tokenizer), LONGEST)
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


def windows_of(chunk: Chunk, device: torch.device) -> Iterator[tuple[Packed, Tensor]]:
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

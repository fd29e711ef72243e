"""Documents to windows of equal size, with the zero state exactly where a text begins.

A stream of documents fills B lanes; a window is the next T tokens of every lane, and the state of a lane is carried
from window to window. A document p1…pn is read as inputs END, p1…pn and targets p1…pn, END, so the token that ended
one text also begins the next. Where a document begins inside a window, its lane's row is cut: the tokens are segments,
each with its own start state, and all segments of a window run through the GRU together as one packed sequence, at
the same cost as a plain (B, T) batch and without a loop over time. Nothing here knows a model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from wordgru.text.tokenizer import END_OF_TEXT

Ids = npt.NDArray[np.int64]


class Feed(Protocol):
    """Documents without end."""

    def next_document(self) -> Ids:
        """Ids of the next document, without END."""


@dataclass(frozen=True)
class Packed:
    """Segments ready for the GRU, longest first, in the order of `torch.nn.utils.rnn.PackedSequence`.

    Attributes:
        inputs: int64 (N,).
        targets: int64 (N,).
        batch_sizes: int64 (T,), always on the CPU.
        source: int64 (S,), the lane whose state a segment goes on from; the number of lanes where a text begins.
        last: int64 (B,), the segment that each lane ends with.
    """

    inputs: Tensor
    targets: Tensor
    batch_sizes: Tensor
    source: Tensor
    last: Tensor

    def start_states(self, state: Tensor) -> Tensor:
        """The start state of every segment, (L, S, H), from the carried states of the lanes, (L, B, H)."""
        begins = state.new_zeros(state.shape[0], 1, state.shape[2])
        return torch.cat([state, begins], dim=1)[:, self.source]

    def to(self, device: torch.device) -> "Packed":
        """The same on another device, `batch_sizes` excepted."""
        moved = {name: getattr(self, name).to(device) for name in ("inputs", "targets", "source", "last")}
        return Packed(batch_sizes=self.batch_sizes, **moved)


@dataclass(frozen=True)
class Window:
    """The next T tokens of every lane, and where documents begin in them.

    Attributes:
        inputs: int64 (B, T).
        targets: int64 (B, T).
        lanes: int64 (S,), lane of each segment, in rising order.
        starts: int64 (S,), where in the row the segment starts.
        begins: bool (S,), whether a document begins there; else it goes on from the window before.
    """

    inputs: Ids
    targets: Ids
    lanes: Ids
    starts: Ids
    begins: npt.NDArray[np.bool_]

    def pack(self, *, rank: int = 0, world: int = 1) -> Packed:
        """The segments of lanes `rank`, `rank + world`, …, packed; lanes are numbered anew."""
        count, size = self.inputs.shape
        flat = self.lanes * size + self.starts
        lengths = np.diff(flat, append=count * size)
        mine = self.lanes % world == rank
        lanes, begins = self.lanes[mine] // world, self.begins[mine]
        index, batch_sizes, order = packed_order(flat[mine], lengths[mine])
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        last = place[np.flatnonzero(np.diff(lanes, append=count) != 0)]
        source = np.where(begins, count // world, lanes)[order]
        return _tensors(self.inputs.ravel()[index], self.targets.ravel()[index], batch_sizes, source, last)


def packed_order(starts: Ids, lengths: Ids) -> tuple[Ids, Ids, Ids]:
    """How segments of a flat array are packed.

    Args:
        starts: (S,), where each segment starts.
        lengths: (S,), at least 1.

    Returns:
        The flat index of every token in packed order (N,), the batch sizes (T,), and the segments' order (S,).
    """
    order = np.argsort(-lengths, kind="stable")
    steps = np.arange(lengths.max(initial=0))[:, None]
    running = steps < lengths[order]  # (T, S)
    return (starts[order] + steps)[running], running.sum(axis=1), order


def pack_documents(documents: Sequence[Ids]) -> Packed:
    """Whole documents, each from the zero state."""
    streams = [_stream(document) for document in documents]
    inputs = np.concatenate([stream[:-1] for stream in streams])
    targets = np.concatenate([stream[1:] for stream in streams])
    lengths = np.array([len(stream) - 1 for stream in streams])
    index, batch_sizes, order = packed_order(np.cumsum(lengths) - lengths, lengths)
    source = np.zeros_like(order)  # of no lanes at all: every one begins
    return _tensors(inputs[index], targets[index], batch_sizes, source, source[:0])


class Lanes:
    """B lanes over one feed.

    Args:
        feed: where documents come from.
        count: B.
        window: T.
    """

    def __init__(self, feed: Feed, *, count: int, window: int) -> None:
        self.feed = feed
        self.window = window
        self._rests = [np.zeros(1, np.int64) for _ in range(count)]  # left to read: a last input is no input any more
        self._fresh = [False] * count  # whether what is left is a whole document

    def next_window(self, size: int | None = None) -> Window:
        """Fill a window, of another size than T if one is given.

        A lane that is used up takes the next document of the feed.
        """
        count, size = len(self._rests), size or self.window
        inputs, targets = np.empty((2, count, size), np.int64)
        segments: list[tuple[int, int, bool]] = []
        for lane in range(count):
            at = 0
            while at < size:
                if len(self._rests[lane]) < 2:
                    self._rests[lane], self._fresh[lane] = _stream(self.feed.next_document()), True
                rest = self._rests[lane]
                taken = min(size - at, len(rest) - 1)
                inputs[lane, at : at + taken] = rest[:taken]
                targets[lane, at : at + taken] = rest[1 : taken + 1]
                segments.append((lane, at, self._fresh[lane]))
                self._rests[lane], self._fresh[lane] = rest[taken:], False
                at += taken
        lanes, starts, begins = (np.array(part) for part in zip(*segments, strict=True))
        return Window(inputs, targets, lanes, starts, begins)

    def state(self) -> dict[str, Tensor]:
        """What is left in the lanes. Between windows no document is fresh."""
        lengths = torch.tensor([len(rest) for rest in self._rests])
        return {"lanes.ids": torch.from_numpy(np.concatenate(self._rests)), "lanes.lengths": lengths}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        ends = np.cumsum(state["lanes.lengths"].numpy())
        self._rests = np.split(state["lanes.ids"].numpy(), ends[:-1])
        self._fresh = [False] * len(self._rests)


def _stream(document: Ids) -> Ids:
    """END, the document, END."""
    stream = np.full(len(document) + 2, END_OF_TEXT, np.int64)
    stream[1:-1] = document
    return stream


def _tensors(inputs: Ids, targets: Ids, batch_sizes: Ids, source: Ids, last: Ids) -> Packed:
    return Packed(*(torch.from_numpy(part) for part in (inputs, targets, batch_sizes, source, last)))

"""Documents without end for training, in an order that can be left and taken up again exactly.

Both feeds have `next_document()`, `epoch`, `state_dict()` and `load_state_dict()`. They must not know of batches.
"""

import copy
from collections import deque
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from datasets import IterableDataset

from wordgru.errors import TextError
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.encoding import Encoder
from wordgru.training.data.shards import Shards
from wordgru.training.data.text import clean, readable

Document = npt.NDArray[np.int64]

_STREAM_ROWS = 64  # rows of a stream that are encoded together


class ShardFeed:
    """The documents of shards, each once an epoch, every epoch in a new order that only `seed` decides."""

    def __init__(self, shards: Shards, seed: int) -> None:
        self._shards = shards
        self._seed = seed
        self._begin(0)

    def next_document(self) -> Document:
        """Ids of the next document, without an end of text: int64 (T,), T >= 1."""
        if self._position == len(self._order):
            self._begin(self._epoch + 1)
        document = self._shards[int(self._order[self._position])]
        self._position += 1
        return document.astype(np.int64)

    @property
    def epoch(self) -> float:
        """Passes over the documents so far, with a fraction for the one under way."""
        return float(self._epoch + self._position / len(self._order))

    def state_dict(self) -> dict[str, Any]:
        """Where the feed stands; plain values, ready for JSON."""
        return {"epoch": self._epoch, "position": self._position, "documents": len(self._shards), "seed": self._seed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where the feed that gave `state` stood.

        Raises:
            TextError: the documents or the seed are not those of that feed.
        """
        here = {"documents": len(self._shards), "seed": self._seed}
        for key, value in here.items():
            if state[key] != value:
                raise TextError(
                    f"the text cannot be taken up again: {key} was {state[key]} and is {value}; "
                    "resume with the text and settings that the run began with."
                )
        self._begin(state["epoch"])
        self._position = state["position"]

    def _begin(self, epoch: int) -> None:
        self._epoch, self._position = epoch, 0
        self._order = np.random.default_rng([self._seed, epoch]).permutation(len(self._shards))


class StreamFeed:
    """The documents of a streaming data set in its own order, begun again at its end.

    Its state is that of `datasets` before a batch of rows, and how many documents of that batch were given.
    """

    def __init__(self, dataset: IterableDataset, tokenizer: Tokenizer, max_document: int = 4096) -> None:
        self._dataset = dataset
        self._encoder = Encoder(tokenizer, max_document)
        self._passes = 0
        self._given = 0  # documents given of those in the batch last read
        self._found = False  # whether this pass has given a document
        self._begin(None)

    def next_document(self) -> Document:
        """Ids of the next document, without an end of text: int64 (T,), T >= 1.

        Raises:
            TextError: the stream breaks, or a whole pass over it holds no text.
        """
        while not self._ready:
            if not self._read() and not self._ready:
                self._turn()
        self._given += 1
        self._found = True
        return self._ready.popleft()

    @property
    def epoch(self) -> float:
        """Whole passes over the stream so far: how long it is, nobody knows."""
        return float(self._passes)

    def state_dict(self) -> dict[str, Any]:
        """Where the feed stands; plain values, ready for JSON."""
        return {"passes": self._passes, "batch": self._batch, "given": self._given, "found": self._found}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where the feed that gave `state` stood.

        Raises:
            TextError: the stream is shorter than it was.
        """
        self._passes = state["passes"]
        self._begin(copy.deepcopy(state["batch"]))
        self._found = state["found"]
        if state["given"]:
            self._read()
        if len(self._ready) < state["given"]:
            raise TextError("the stream has changed since the run began; resume with the text it began with.")
        for _ in range(state["given"]):
            self._ready.popleft()
        self._given = state["given"]

    def _begin(self, state: dict[str, Any] | None) -> None:
        """Read from `state` of the data set on; None is its beginning, wherever it was read to before."""
        self._dataset.load_state_dict(state)
        self._rows = readable(iter(self._dataset))
        self._ready: deque[Document] = deque()
        self._batch = self._next = state  # of `datasets`, before the rows in `_ready` and after them
        self._given, self._found = 0, False

    def _read(self) -> bool:
        """Encode the next rows; False at the end of the stream."""
        rows = [clean(row["text"]) for row in islice(self._rows, _STREAM_ROWS)]
        self._batch, self._given, self._next = self._next, 0, copy.deepcopy(self._dataset.state_dict())
        self._ready.extend(self._encoder.encode([text for text in rows if text]))
        return bool(rows)

    def _turn(self) -> None:
        """Begin the next pass."""
        if not self._found:
            raise TextError("the stream holds no text: not one document in a whole pass. Give another source.")
        self._passes += 1
        self._begin(None)

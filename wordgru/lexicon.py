"""The pieces as a trie, and what each can do to the word being spelled. Pure numpy, made once per tokenizer.

Ids are in byte order, so the pieces that begin with given bytes are one range of ids, and the longest piece
that begins a piece is its parent in a trie. A `Table` says, for a word spelled so far, what each next piece
does: end the word before it, go on with it, or leave it undecided (an apostrophe, half a character).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from wordgru import words

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Stage(IntEnum):
    """How far a word is when the next piece comes."""

    GAP = 0  # the space before the word is still to come
    START = 1  # the word's first character is still to come
    LETTERS = 2  # inside a word
    UNSPACED = 3  # inside a unit of a script without spaces: half of its last character


class Effect(IntEnum):
    """What a piece does to the word before it."""

    ENDS = 0  # the word ended before this piece (or there is none)
    SPELLS = 1  # the word goes on, and its last character so far belongs to it
    DEFERS = 2  # undecided: what stands after the word may yet belong to it
    CLOSES = 3  # the word goes on and ends within this piece


@dataclass(frozen=True)
class Step:
    """One piece read by a word: its effect, the stage after it, the bytes added to the word, the undecided rest."""

    effect: Effect
    stage: Stage
    word: bytes
    tail: bytes


def read(stage: Stage, data: bytes) -> Step:
    """Read `data`, the undecided bytes so far and the next piece together, at `stage`."""
    if stage is Stage.GAP:
        if not data.startswith(b" "):
            return Step(Effect.ENDS, stage, b"", b"")
        return read(Stage.START, data[1:]) if len(data) > 1 else Step(Effect.SPELLS, Stage.START, b"", b"")
    text, rest = _decode(data)
    end = 0  # characters that surely belong to the word
    if stage is Stage.START and text:
        what = words.kind(text[0])
        if what not in ("letter", "unspaced"):
            return Step(Effect.ENDS, stage, b"", b"")
        stage, end = (Stage.LETTERS if what == "letter" else Stage.UNSPACED), 1
    if stage is Stage.UNSPACED:
        return _read_unspaced(text, rest, end)
    if stage is Stage.START:
        return Step(Effect.DEFERS, stage, b"", rest)
    return _read_letters(text, rest, end)


def _read_letters(text: str, rest: bytes, end: int) -> Step:
    """Read on inside a word of which the first `end` characters of `text` are known to be part."""
    while end < len(text):
        what = words.kind(text[end])
        if what in ("letter", "combining"):
            end += 1
        elif what == "inner":
            if end + 1 == len(text):
                break  # what follows decides
            if words.kind(text[end + 1]) != "letter":
                return _ended(Stage.LETTERS, text[:end])
            end += 2
        else:
            return _ended(Stage.LETTERS, text[:end])
    tail = text[end:].encode() + rest
    return Step(Effect.DEFERS if tail else Effect.SPELLS, Stage.LETTERS, text[:end].encode(), tail)


def _read_unspaced(text: str, rest: bytes, end: int) -> Step:
    """Read a unit of a script without spaces: it ends where a piece ends with a whole character."""
    while end < len(text) and words.kind(text[end]) == "unspaced":
        end += 1
    if end < len(text):
        return _ended(Stage.UNSPACED, text[:end])
    return Step(Effect.DEFERS if rest else Effect.CLOSES, Stage.UNSPACED, text.encode(), rest)


def _ended(stage: Stage, word: str) -> Step:
    return Step(Effect.CLOSES if word else Effect.ENDS, stage, word.encode(), b"")


def _decode(data: bytes) -> tuple[str, bytes]:
    """Characters of `data` (U+FFFD for what is no UTF-8), and the bytes of a last one that is not yet whole."""
    for size in range(1, min(3, len(data)) + 1):
        lead = data[-size]
        if lead >= 0xC0:
            needed = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            try:  # half a character only if more bytes could make it whole
                if size < needed and lead < 0xF5:
                    (data[-size:] + b"\x80" * (needed - size)).decode("utf-8")
                    return data[:-size].decode("utf-8", errors="replace"), data[-size:]
            except UnicodeDecodeError:
                return _decode_odd_lead(data, size)
            break
        if lead < 0x80:
            break
    return data.decode("utf-8", errors="replace"), b""


def _decode_odd_lead(data: bytes, size: int) -> tuple[str, bytes]:
    """As `_decode`, for leads whose second byte is bounded (E0, ED, F0, F4)."""
    lead = data[-size]
    if size == 1 and lead in (0xE0, 0xED, 0xF0, 0xF4):
        return data[:-1].decode("utf-8", errors="replace"), data[-1:]
    return data.decode("utf-8", errors="replace"), b""


class Table:
    """The effect of every piece on a word at one stage with one undecided tail.

    Attributes:
        effects: (V,) Effect of each piece.
        spelling: (V,) float32, 1 where the word is not yet ended by the piece, else 0.
        deferring: for a stem (what surely belongs to the word after tail and piece): the pieces that leave the
            word undecided right after that stem, or close it there before their own end.
    """

    def __init__(self, pieces: Sequence[bytes], stage: Stage, tail: bytes) -> None:
        effects = np.zeros(len(pieces), np.uint8)
        deferring: dict[bytes, list[int]] = {}
        lead = len(tail)
        for id_ in range(1, len(pieces)):
            step = read(stage, tail + pieces[id_])
            effects[id_] = step.effect
            undecided = step.effect is Effect.DEFERS and (step.word or stage is Stage.LETTERS)
            early = step.effect is Effect.CLOSES and len(step.word) < lead + len(pieces[id_]) - (stage is Stage.GAP)
            if undecided or early:
                deferring.setdefault(step.word, []).append(id_)
        self.effects = effects
        self.spelling: Floats = (effects != Effect.ENDS).astype(np.float32)
        self.deferring: dict[bytes, Ints] = {stem: np.array(ids, np.int64) for stem, ids in deferring.items()}


class Lexicon:
    """The pieces of a tokenizer as a trie. Immutable but for its memo of tables.

    Args:
        pieces: the bytes of each piece by id, in byte order, the end of text (no bytes) first.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = tuple(pieces)
        self.index = {piece: id_ for id_, piece in enumerate(self.pieces) if piece}
        self.longest = max(len(piece) for piece in self.pieces)
        self.table = lru_cache(maxsize=256)(self._table)

    def _table(self, stage: Stage, tail: bytes) -> Table:
        return Table(self.pieces, stage, tail)

    @cached_property
    def parents(self) -> Ints:
        """The longest piece that properly begins each piece, or 0.  # (V,)"""
        parents = np.zeros(len(self.pieces), np.int64)
        path: list[int] = []
        for id_ in range(1, len(self.pieces)):
            while path and not self.pieces[id_].startswith(self.pieces[path[-1]]):
                path.pop()
            parents[id_] = path[-1] if path else 0
            path.append(id_)
        return parents

    @cached_property
    def levels(self) -> list[tuple[Ints, Ints]]:
        """(pieces, their parents), for pieces at depth 1, 2, … of the trie."""
        depth = np.zeros(len(self.pieces), np.int64)
        for id_ in range(1, len(self.pieces)):
            parent = self.parents[id_]
            depth[id_] = depth[parent] + 1 if parent else 0
        return [(at, self.parents[at]) for level in range(1, int(depth.max()) + 1) for at in [np.flatnonzero(depth == level)]]

    def chains(self, masses: Floats) -> Floats:
        """For each piece, the mass of it and of all pieces that begin it.  # (V,) → (V,)"""
        sums = masses.copy()
        sums[0] = 0
        for at, parents in self.levels:
            sums[at] += sums[parents]
        return sums

    def extending(self, start: bytes) -> tuple[int, int]:
        """The range of ids whose pieces begin with `start`; all but the end of text for none."""
        if not start:
            return 1, len(self.pieces)
        low, high = _bisect(self.pieces, start), len(self.pieces)
        stop = start.rstrip(b"\xff")
        if stop:
            high = _bisect(self.pieces, stop[:-1] + bytes([stop[-1] + 1]))
        return low, high

    def beginning(self, text: bytes) -> list[int]:
        """The pieces that `text` begins with, shortest first."""
        ids = (self.index.get(text[:size]) for size in range(1, min(len(text), self.longest) + 1))
        return [id_ for id_ in ids if id_ is not None]


def _bisect(pieces: Sequence[bytes], value: bytes) -> int:
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high) // 2
        if pieces[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low

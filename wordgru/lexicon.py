"""The pieces as a trie, and what each can do to the word being spelled. Pure numpy, made once per tokenizer.

Ids are in byte order, so the pieces that begin with given bytes are one range of ids, and the longest piece
that begins a piece is its parent in a trie. A `Table` says, for a word spelled so far, what each next piece
does: end the word before it, go on with it, or leave it undecided (an apostrophe, half a character).
"""

import codecs
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from wordgru import words

_Utf8Decoder = codecs.getincrementaldecoder("utf-8")

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
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


GAP, START, LETTERS, UNSPACED = Stage
ENDS, SPELLS, DEFERS, CLOSES = Effect
# names of their own, for to look a member up in its enumeration takes longer than most of what is done with it


@dataclass(frozen=True)
class Step:
    """One piece read by a word: its effect, the stage after it, the bytes added to the word, the undecided rest."""

    effect: Effect
    stage: Stage
    word: bytes
    tail: bytes


@lru_cache(maxsize=16384)
def read(stage: Stage, data: bytes) -> Step:
    """Read `data`, the undecided bytes so far and the next piece together, at `stage`."""
    if stage is GAP:
        if not data.startswith(b" "):
            return Step(ENDS, stage, b"", b"")
        return read(START, data[1:]) if len(data) > 1 else Step(SPELLS, START, b"", b"")
    text, rest = _decode(data)
    end = 0  # characters that surely belong to the word
    if stage is START and text:
        what = words.kind(text[0])
        if what not in ("letter", "unspaced"):
            return Step(ENDS, stage, b"", b"")
        stage, end = (LETTERS if what == "letter" else UNSPACED), 1
    if stage is UNSPACED:
        return _read_unspaced(text, rest, end)
    if stage is START:
        return Step(DEFERS, stage, b"", rest)
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
                return _ended(LETTERS, text[:end])
            end += 2
        else:
            return _ended(LETTERS, text[:end])
    tail = text[end:].encode() + rest
    return Step(DEFERS if tail else SPELLS, LETTERS, text[:end].encode(), tail)


def _read_unspaced(text: str, rest: bytes, end: int) -> Step:
    """Read a unit of a script without spaces: it ends where a piece ends with a whole character."""
    while end < len(text) and words.kind(text[end]) == "unspaced":
        end += 1
    if end < len(text):
        return _ended(UNSPACED, text[:end])
    return Step(DEFERS if rest else CLOSES, UNSPACED, text.encode(), rest)


def _ended(stage: Stage, word: str) -> Step:
    return Step(CLOSES if word else ENDS, stage, word.encode(), b"")


def _decode(data: bytes) -> tuple[str, bytes]:
    """Characters of `data` (U+FFFD for what is no UTF-8), and the bytes of a last one that is not yet whole."""
    decoder = _Utf8Decoder(errors="replace")
    return decoder.decode(data), decoder.getstate()[0]


_LETTER, _FOREIGN, _INNER, _MARK, _SPACE = range(5)
_CLASSES = np.full(256, _FOREIGN, np.uint8)  # of a byte: more than ASCII, if nothing else
_CLASSES[:128] = [
    _LETTER if chr(byte).isalnum() else _INNER if chr(byte) in words.INNER else _MARK for byte in range(128)
]
_CLASSES[32] = _SPACE
_INNER_MARKS = [mark.encode() for mark in words.INNER]


class Table:
    """The effect of every piece on a word at one stage with one undecided tail.

    Attributes:
        effects: (V,) Effect of each piece.
        spelling: (V,) float32, 1 where the word is not yet ended by the piece, else 0.
        deferring: for a stem (what surely belongs to the word after tail and piece): the pieces that leave the
            word undecided right after that stem, or close it there before their own end.
    """

    def __init__(self, pieces: Sequence[bytes], stage: Stage, tail: bytes, classes: npt.NDArray[np.uint8]) -> None:
        effects = np.zeros(len(pieces), np.uint8)
        deferring: dict[bytes, list[int]] = {}
        partial = bool(_decode(tail)[1])
        for id_ in _at_once(effects, stage, tail, classes):
            if partial and not 0x80 <= pieces[id_][0] < 0xC0:
                continue  # half a character and no other half: the word has ended
            step = read(stage, tail + pieces[id_])
            effects[id_] = step.effect
            undecided = step.effect is DEFERS and (step.word or stage in (LETTERS, UNSPACED))
            whole = len(tail) + len(pieces[id_]) - (stage is GAP)
            if undecided or (step.effect is CLOSES and len(step.word) < whole):
                deferring.setdefault(step.word, []).append(id_)
        self.effects = effects
        self.spelling: Floats = (effects != ENDS).astype(np.float32)
        self.deferring: dict[bytes, Ints] = {stem: np.array(ids, np.int64) for stem, ids in deferring.items()}
        stems = [ids for stem, ids in self.deferring.items() if stem and len(ids) > 1]
        self._members = np.concatenate([*stems, np.zeros(0, np.int64)])
        self._groups = np.repeat(np.arange(len(stems)), [len(ids) for ids in stems])

    def grouped(self, masses: Floats, low: int = 0) -> Floats:
        """`masses` of the pieces from `low` on, each deferring piece standing for all those of its stem.

        They may end in the same new word. Without a stem it is the word before the piece, which is no new one.
        """
        there = (self._members >= low) & (self._members < low + len(masses))
        if not there.any():
            return masses
        members, groups = self._members[there] - low, self._groups[there]
        together = masses.copy()
        together[members] = np.bincount(groups, weights=masses[members])[groups]
        return together


def _at_once(effects: npt.NDArray[np.uint8], stage: Stage, tail: bytes, classes: npt.NDArray[np.uint8]) -> list[int]:
    """Set what `read` answers for pieces of plain letters or marks, a hundred times as fast; return the other ids.

    `classes` are those of the pieces' bytes, (V, longest + 1), a letter where a piece has ended.
    """
    if stage is UNSPACED or (tail and (stage is not LETTERS or tail not in _INNER_MARKS)):
        return list(range(1, len(effects)))
    letters = classes[:, 1:] if stage is GAP else classes
    spells = (letters == _LETTER).all(axis=1)  # id 0, which has no bytes, among them
    ends = letters[:, 0] >= (_MARK if stage is LETTERS and not tail else _INNER)
    if stage is GAP:
        spaced = classes[:, 0] == _SPACE
        spells, ends = spells & spaced, ends | ~spaced
    effects[spells] = SPELLS
    effects[0] = ENDS
    return np.flatnonzero(~(spells | ends)).tolist()


class Lexicon:
    """The pieces of a tokenizer as a trie. Immutable but for its memo of tables.

    Args:
        pieces: the bytes of each piece by id, in byte order, the end of text (no bytes) first.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = tuple(pieces)
        self.index = {piece: id_ for id_, piece in enumerate(self.pieces) if piece}
        self.longest = max(map(len, self.pieces))
        self.table = lru_cache(maxsize=256)(self._table)
        self.extending = lru_cache(maxsize=16384)(self._extending)
        self.beginning = lru_cache(maxsize=16384)(self._beginning)

    def _table(self, stage: Stage, tail: bytes) -> Table:
        return Table(self.pieces, stage, tail, self._classes)

    @cached_property
    def _classes(self) -> npt.NDArray[np.uint8]:
        """The class of each byte of each piece; a letter's beyond its end.  # (V, longest + 1)"""
        flat = b"".join(piece.ljust(self.longest + 1, b"0") for piece in self.pieces)
        return _CLASSES[np.frombuffer(flat, np.uint8).reshape(len(self.pieces), -1)]

    @cached_property
    def ancestors(self) -> npt.NDArray[np.int32]:
        """Each piece and all that begin it, the longest first; then -1.  # (V, depth)"""
        letters = np.array(self.pieces, np.bytes_).view(np.uint8).reshape(len(self.pieces), -1)
        sizes = np.fromiter(map(len, self.pieces), np.int32, len(self.pieces))
        shared = np.zeros_like(sizes)  # bytes that begin the piece before, too
        differ = letters[1:] != letters[:-1]
        shared[1:] = np.where(differ.any(axis=1), differ.argmax(axis=1), self.longest)
        shared[1:] = np.minimum(shared[1:], np.minimum(sizes[1:], sizes[:-1]))  # zeros behind a piece are none of it
        rows = np.full((len(self.pieces), self.longest), -1, np.int32)
        filled = np.zeros_like(sizes)
        ids = np.arange(len(self.pieces), dtype=np.int32)
        for size in range(self.longest, 0, -1):
            of_size = sizes == size
            latest = np.maximum.accumulate(np.where(of_size | (shared < size), ids, 0))
            begun = np.flatnonzero(of_size[latest])  # a piece of this size, or what begins with the latest of them
            rows[begun, filled[begun]] = latest[begun]
            filled[begun] += 1
        return np.ascontiguousarray(rows[:, : max(filled.max(), 1)])

    @property
    def depth(self) -> int:
        """The most pieces on one path."""
        return int(self.ancestors.shape[1])

    def paths(self, masses: Floats, low: int, heavy: Ints) -> Doubles:
        """For each place in `heavy`, the mass of the piece there and of all that begin it.

        Args:
            masses: of the pieces from `low` on, and a 0 behind them (N + 1,); pieces before `low` count nothing.
            low: the first piece.
            heavy: places in `masses` (M,).
        """
        on_path = self.ancestors[heavy + low]
        places = np.maximum(on_path - low, -1) if low else on_path
        sums: Doubles = masses[places].sum(axis=1, dtype=np.float64)
        return sums

    def _extending(self, start: bytes) -> tuple[int, int]:
        """The range of ids whose pieces begin with `start`; all but the end of text for none."""
        if not start:
            return 1, len(self.pieces)
        low, high = bisect_left(self.pieces, start), len(self.pieces)
        stop = start.rstrip(b"\xff")
        if stop:
            high = bisect_left(self.pieces, stop[:-1] + bytes([stop[-1] + 1]))
        return low, high

    def agreeing(self, text: bytes, *, fold: bool = False) -> tuple[slice | Ints, Sequence[int]]:
        """The pieces that begin with `text`, and those that are a proper beginning of it.

        With `fold`, in letters of either case; `text` is then folded.
        """
        if not fold or not text:
            return slice(*self.extending(text)), self.beginning(text[:-1])
        order, matched = self._folded
        stop = text.rstrip(b"\xff")
        low = bisect_left(matched, text)
        high = bisect_left(matched, stop[:-1] + bytes([stop[-1] + 1])) if stop else len(matched)
        inside: list[int] = []
        for size in range(1, len(text)):
            at = bisect_left(matched, text[:size])
            while at < len(matched) and matched[at] == text[:size]:
                inside.append(int(order[at]))
                at += 1
        return np.sort(order[low:high]), inside

    @cached_property
    def _folded(self) -> tuple[Ints, list[bytes]]:
        """The ids in the order of their folded bytes, and these bytes; without the end of text."""
        pairs = sorted((folded(piece), id_) for id_, piece in enumerate(self.pieces) if piece)
        return np.array([id_ for _, id_ in pairs], np.int64), [piece for piece, _ in pairs]

    def _beginning(self, text: bytes) -> tuple[int, ...]:
        """The pieces that `text` begins with, shortest first."""
        ids = (self.index.get(text[:size]) for size in range(1, min(len(text), self.longest) + 1))
        return tuple(id_ for id_ in ids if id_ is not None)


def folded(data: bytes) -> bytes:
    """`data` in lower case, character by character; of half a character only the ASCII letters.

    Not as a whole: a Greek sigma would become another one at the end, and parts would not add up.
    """
    try:
        return "".join(map(str.lower, data.decode("utf-8"))).encode()
    except UnicodeDecodeError:
        return data.lower()

"""The trie of pieces, and the tables that stand for reading piece by piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY
from wordgru.lexicon import Effect, Lexicon, Stage, folded, read
from wordgru.tokenizer import Tokenizer

PIECES = Tokenizer.load(TINY / "tokenizer.json").pieces
LEXICON = Lexicon(PIECES)
TAILS = [b"", b"'", b"-", b"\xe2\x80", b"'\xe2", "’".encode(), b"\xc3"]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("tail", TAILS)
def test_a_table_says_what_reading_says(stage: Stage, tail: bytes) -> None:
    if tail and stage in (Stage.GAP, Stage.START) and tail[:1] in (b"'", b"-", b"\xe2") and tail != b"\xe2\x80":
        tail = b"\xc3"  # before a word, only half a character can be undecided
    table = LEXICON.table(stage, tail)
    expected = [Effect.ENDS, *(read(stage, tail + piece).effect for piece in PIECES[1:])]
    assert table.effects.tolist() == expected


@given(st.binary(max_size=4))
def test_extending_and_beginning_are_what_they_say(data: bytes) -> None:
    low, high = LEXICON.extending(data)
    expected = [id_ for id_, piece in enumerate(PIECES) if piece and piece.startswith(data)]
    assert list(range(low, high)) == expected
    assert list(LEXICON.beginning(data)) == [
        id_ for id_, piece in enumerate(PIECES) if piece and data.startswith(piece)
    ]


@pytest.mark.parametrize("start", [b"", *sorted({piece[:2] for piece in PIECES[1:]})[::7]])
def test_a_path_sums_the_pieces_of_a_range_that_begin_its_last(start: bytes) -> None:
    low, high = LEXICON.extending(start)
    masses = np.append(np.random.default_rng(1).random(high - low), 0).astype(np.float32)
    heavy = np.flatnonzero(masses > 0.3)
    for place, found in zip(heavy, LEXICON.paths(masses, low, heavy), strict=True):
        on_path = [id_ for id_ in LEXICON.beginning(PIECES[place + low]) if id_ >= low]
        assert len(on_path) <= LEXICON.depth
        assert found == pytest.approx(sum(float(masses[id_ - low]) for id_ in on_path))


@pytest.mark.parametrize(("one", "other"), [("ΟΔΟΣ", "ΑΣ"), ("Σ", "Σ"), ("ÀB", "ẞC")])
def test_folded_parts_make_the_folded_whole(one: str, other: str) -> None:
    assert folded((one + other).encode()) == folded(one.encode()) + folded(other.encode())

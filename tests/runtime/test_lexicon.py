"""The trie of pieces, and the tables that stand for reading piece by piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY
from wordgru.lexicon import Effect, Lexicon, Stage, fold, read
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


def test_chains_sum_the_pieces_that_begin_a_piece() -> None:
    masses = np.random.default_rng(1).random(len(PIECES)).astype(np.float32)
    chains = LEXICON.chains(masses)
    for id_ in range(1, len(PIECES)):
        assert chains[id_] == pytest.approx(sum(masses[other] for other in LEXICON.beginning(PIECES[id_])), rel=1e-5)


@given(st.sampled_from(PIECES[1:]).map(lambda piece: piece[:2]))
def test_chains_of_a_range_are_those_of_the_whole(start: bytes) -> None:
    masses = np.random.default_rng(2).random(len(PIECES))
    low, high = LEXICON.extending(start)
    outside = np.concatenate([np.zeros(low), masses[low:high], np.zeros(len(PIECES) - high)])
    assert LEXICON.chains(masses[low:high], low) == pytest.approx(LEXICON.chains(outside)[low:high])


@pytest.mark.parametrize(("one", "other"), [("ΟΔΟΣ", "ΑΣ"), ("Σ", "Σ"), ("ÀB", "ẞC")])
def test_folded_parts_make_the_folded_whole(one: str, other: str) -> None:
    assert fold((one + other).encode()) == fold(one.encode()) + fold(other.encode())

"""Text to pieces and back."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY
from wordgru import words
from wordgru.errors import WordgruError
from wordgru.tokenizer import END_OF_TEXT, Tokenizer, normalize

TOKENIZER = Tokenizer.load(TINY / "tokenizer.json")
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TYPED_TEXT = st.text(alphabet="the cat's-on. \n\t\"日本ไé\u0301❤", max_size=30)


@given(ANY_TEXT | TYPED_TEXT)
@settings(deadline=None)
def test_round_trip_is_exact_for_any_text(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == normalize(text)


@pytest.mark.parametrize("text", ["<|end_of_text|>", "a <|end_of_text|>b", "<|end_of_text|><|end_of_text|>"])
def test_text_cannot_forge_the_special_piece(text: str) -> None:
    assert END_OF_TEXT not in TOKENIZER.encode(text)
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_a_word_begins_alike_at_the_start_of_a_text_and_a_line_and_within() -> None:
    first, line, within = TOKENIZER.encode("the"), TOKENIZER.encode("a\nthe"), TOKENIZER.encode("a the")
    assert line[-len(first) :].tolist() == within[-len(first) :].tolist() == first.tolist()


def test_ids_are_in_byte_order_and_every_byte_has_one() -> None:
    assert list(TOKENIZER.pieces) == sorted(TOKENIZER.pieces)
    assert TOKENIZER.pieces[END_OF_TEXT] == b""
    assert {bytes([byte]) for byte in range(256)} <= set(TOKENIZER.pieces)


@given(TYPED_TEXT, st.sampled_from(["the", "cat", "on"]))
@settings(deadline=None)
def test_context_and_word_make_the_pieces_of_the_whole(context: str, word: str) -> None:
    if words.split_last(context)[1]:
        context += " "
    before, gap = TOKENIZER.encode_context(context)
    assert gap in (b"", b" ")
    whole = TOKENIZER.encode(context + word)
    assert whole[: len(before)].tolist() == before.tolist()
    assert b"".join(TOKENIZER.pieces[id_] for id_ in whole[len(before) :]) == gap + word.encode()


@given(TYPED_TEXT)
@settings(deadline=None)
def test_units_cover_all_pieces_and_all_text(text: str) -> None:
    text = normalize(text)
    units = TOKENIZER.units(text)
    assert [unit[2] for unit in units] == [0, *(unit[3] for unit in units)][: len(units)]
    assert [unit[0] for unit in units] == [0, *(unit[1] for unit in units)][: len(units)]
    if units:
        assert units[-1][1] == len(text)
        assert units[-1][3] == len(TOKENIZER.encode(text))


QUOTES = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'}
SPACES = {"\u00a0": " ", "\u202f": " "}


@pytest.mark.parametrize(
    ("text", "twins"),
    [
        ('he said "don\'t"', QUOTES | SPACES),
        ("he said “don’t”", {"'": "’", "‘": "’", "„": '"'} | SPACES),
        ("«don’t», ‘don't’, “don't”, „don't“", SPACES),
        ("he said no", QUOTES | SPACES),
        ("«\u00a0oui\u00a0»", QUOTES | {"\u202f": "\u00a0"}),
        ("«\u202foui\u202f»", QUOTES | {"\u00a0": " "}),
    ],
)
def test_marks_that_were_never_learnt_are_read_as_their_twins(text: str, twins: dict[str, str]) -> None:
    tokenizer = Tokenizer.train([text] * 20, vocab_size=400)
    assert tokenizer.twins == twins
    assert tokenizer.familiar("a " + "".join(twins)) == "a " + "".join(twins.values())
    assert tokenizer.decode(tokenizer.encode(text)) == text  # what is encoded stays as it stands


def test_training_is_deterministic_and_bounded() -> None:
    texts = ["the cat sat on the mat and the dog sat on the cat"] * 3
    one, other = (Tokenizer.train(texts, vocab_size=280) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert 257 < one.vocab_size <= 280
    assert Tokenizer.from_json(one.to_json()).encode("the mat").tolist() == one.encode("the mat").tolist()


def test_library_alone_reads_the_file_the_same() -> None:
    from tokenizers import Tokenizer as Library

    library = Library.from_file(str(TINY / "tokenizer.json"))
    for text in ("the cat", "a\nb  c", "<|end_of_text|>", "日本"):
        assert library.encode(text).ids == TOKENIZER.encode(text).tolist()
        assert library.decode(library.encode(text).ids) == text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: "{", "cannot be understood"),
        (lambda text: text.replace("<|end_of_text|>", "<s>"), "not a tokenizer of wordgru"),
        (lambda text: _swapped(text), "not in the order of their bytes"),
    ],
)
def test_foreign_tokenizers_are_refused(change: object, sentence: str) -> None:
    with pytest.raises(WordgruError, match=sentence):
        Tokenizer.from_json(change((TINY / "tokenizer.json").read_text("utf-8")))  # type: ignore[operator]


def test_lone_surrogates_are_refused_in_one_line() -> None:
    with pytest.raises(WordgruError, match=r"lone surrogate \(U\+D800 at character 2\)"):
        TOKENIZER.encode("ab\ud800")


def test_a_vocabulary_below_the_bytes_is_refused() -> None:
    with pytest.raises(WordgruError, match="at least 257"):
        Tokenizer.train(["a"], vocab_size=100)


def _swapped(text: str) -> str:
    state = json.loads(text)
    vocab = state["model"]["vocab"]
    one, other = sorted(vocab, key=vocab.get)[5:7]
    vocab[one], vocab[other] = vocab[other], vocab[one]
    return json.dumps(state)

"""The rule of a word and the tokenizer of bundle format 2."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordgru.errors import WordgruError
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT, SUFFIX, Tokenizer

TEXTS = [
    "the cat sat on the boys' mat",
    "don't stop, col·lecció!",
    "今日は天気 naïve 😂😂 👍🏽",
    "می‌خواهم צה״ל\nsecond line",
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXTS * 3, vocab_size=700)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the boys' room", ["the", " boys'", " room"]),
        ("'the boys'.", ["'", "the", " boys", "'."]),
        ("don't well-known 42nd", ["don't", " well-known", " 42nd"]),
        ("می‌خواهم خوب", ["می‌خواهم", " خوب"]),
        ('צה"ל צה״ל "שלום"', ['צה"ל', " צה״ל", ' "', "שלום", '"']),
        ("col·lecció · x", ["col·lecció", " ·", " x"]),
        ("hi 😂😂 👍🏽! 👩‍👩‍👧 🇬🇧x", ["hi", " 😂", "😂", " 👍🏽", "!", " 👩‍👩‍👧", " 🇬🇧", "x"]),
        ("今日は天気 abc中", ["今日は天気", " abc", "中"]),
        ("a\n b  c", ["a", "\n", " b", " ", " c"]),
    ],
)
def test_a_text_is_cut_into_what_writers_keep_together(text, expected):
    assert [piece for piece, _ in words.pre_tokens(text)] == expected


@settings(deadline=None)
@given(st.text(max_size=40))
def test_every_character_is_in_one_pre_token(text):
    pieces = words.pre_tokens(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert [text[start : start + len(piece)] for piece, start in pieces] == [piece for piece, _ in pieces]
    for piece, _ in pieces:
        assert words.kind(piece) in ("word", "unspaced", "emoji", "marks", "space")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("the ca", ("the ", "ca")), ("well-", ("", "well-")), ("the boys'", ("the ", "boys'"))],
        *[('צה"', ("", 'צה"')), ("the ", ("the ", "")), ("今日", ("今日", "")), ("a(", ("a(", ""))],
    ],
)
def test_the_unfinished_word_is_what_a_letter_typed_next_belongs_to(text, expected):
    assert words.split_last(text) == expected


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_comes_back_as_it_was_normalised(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == tokenizer.normalize(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_the_last_token_of_a_pre_token_and_only_it_is_final(tokenizer, text):
    ids = tokenizer.encode(text)
    assert END_OF_TEXT not in ids
    ends = [b"".join(tokenizer.token_bytes[id_] for id_ in ids[: at + 1]) for at in range(len(ids))]
    final = [end for end, id_ in zip(ends, ids, strict=True) if id_ <= tokenizer.finals]
    seen = tokenizer.normalize(text)
    seen = (" " + seen.replace("\n", "\n ")) if seen or len(ids) else ""
    pieces = [piece for piece, _ in words.pre_tokens(seen)]
    assert final == ["".join(pieces[: at + 1]).encode() for at in range(len(pieces))]


def test_marks_that_were_not_learnt_are_read_as_those_that_were(tokenizer):
    assert tokenizer.normalize("“don’t”\u00a0stop\ufeff\u200b\r\nnow") == '"don\'t" stop\nnow'


def test_both_apostrophes_lead_to_one_word():
    both = Tokenizer.train(["l’homme l’heure l’été l'homme"] * 4, vocab_size=700)
    assert both.encode("l'homme").tolist() == both.encode("l’homme").tolist()


def test_every_byte_is_open_and_final_and_ids_are_in_byte_order(tokenizer):
    finals = tokenizer.token_bytes[1 : tokenizer.finals + 1]
    opens = tokenizer.token_bytes[tokenizer.finals + 1 :]
    assert list(finals) == sorted(set(finals))
    assert list(opens) == sorted(set(opens))
    assert {bytes([byte]) for byte in range(256)} <= set(finals) & set(opens)


def test_the_special_token_cannot_be_typed(tokenizer):
    assert END_OF_TEXT not in tokenizer.encode(f"<|end_of_text|> x{SUFFIX}")
    assert tokenizer.decode(tokenizer.encode(f"x{SUFFIX}")) == f"x{SUFFIX}"


def test_a_tokenizer_of_another_kind_is_refused_in_one_line(tokenizer):
    state = json.loads(tokenizer.to_json())
    state["model"]["vocab"] = {name.removesuffix(SUFFIX) + "x": id_ for name, id_ in state["model"]["vocab"].items()}
    with pytest.raises(WordgruError, match=r"tokenizer\.json"):
        Tokenizer.from_json(json.dumps(state))
    with pytest.raises(WordgruError, match="513"):
        Tokenizer.train(TEXTS, vocab_size=300)

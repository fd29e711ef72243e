"""Text to tokens and back."""

import json
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.runtime.fixtures import TINY
from wordgru.errors import WordgruError
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT, SUFFIX, Tokenizer

TEXTS = [
    "the cat sat on the boys' mat",
    "don't stop, col·lecció!",
    "今日は天気 naïve 😂😂 👍🏽",
    "می‌خواهم צה״ל\nsecond line",
]
TOKENIZERS = {"tiny": Tokenizer.load(TINY / "tokenizer.json"), "own": Tokenizer.train(TEXTS * 3, vocab_size=700)}
TOKENIZER = TOKENIZERS["tiny"]
TYPED = st.text(alphabet="the cat's-on. \n\t\r\"“’日本ไé\u0301\u200b\u00a0❤", max_size=30)
ANY = st.text(max_size=60) | TYPED
SEVERAL = st.sampled_from(sorted(TOKENIZERS))


@given(SEVERAL, ANY)
@settings(deadline=None)
def test_any_text_comes_back_as_it_was_normalised(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    assert tokenizer.decode(tokenizer.encode(text)) == tokenizer.normalize(text)
    assert tokenizer.encode(tokenizer.normalize(text)).tolist() == tokenizer.encode(text).tolist()


@given(SEVERAL, ANY)
@settings(deadline=None)
def test_the_last_token_of_a_pre_token_and_only_it_is_final(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    ids = tokenizer.encode(text)
    assert END_OF_TEXT not in ids
    ends = [b"".join(tokenizer.token_bytes[id_] for id_ in ids[: at + 1]) for at in range(len(ids))]
    final = [end for end, id_ in zip(ends, ids, strict=True) if id_ <= tokenizer.finals]
    seen = tokenizer.normalize(text)
    seen = (" " + seen.replace("\n", "\n ")) if seen or len(ids) else ""
    pre_tokens = [pre_token for pre_token, _ in words.pre_tokens(seen)]
    assert final == ["".join(pre_tokens[: at + 1]).encode() for at in range(len(pre_tokens))]


@given(SEVERAL, ANY)
@settings(deadline=None)
def test_a_pre_token_alone_is_spelled_as_in_its_text(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    seen = tokenizer.normalize(text)
    cut = words.pre_tokens(" " + seen.replace("\n", "\n ")) if seen else []
    if seen:
        assert [id_ for each, _ in cut for id_ in tokenizer.spell(each.encode())] == tokenizer.encode(text).tolist()


@pytest.mark.parametrize("text", ["<|end_of_text|>", "a <|end_of_text|>b", f"x{SUFFIX}", f"<|end_of_text|>{SUFFIX}"])
def test_text_cannot_forge_the_special_token_or_an_end_of_a_word(text: str) -> None:
    assert END_OF_TEXT not in TOKENIZER.encode(text)
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_a_word_begins_alike_at_the_start_of_a_text_and_a_line_and_within() -> None:
    first, line, within = TOKENIZER.encode("the"), TOKENIZER.encode("a\nthe"), TOKENIZER.encode("a the")
    assert line[-len(first) :].tolist() == within[-len(first) :].tolist() == first.tolist()


@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_byte_is_open_and_final_and_ids_are_in_byte_order(name: str) -> None:
    tokenizer = TOKENIZERS[name]
    finals = tokenizer.token_bytes[1 : tokenizer.finals + 1]
    opens = tokenizer.token_bytes[tokenizer.finals + 1 :]
    assert tokenizer.token_bytes[END_OF_TEXT] == b""
    assert list(finals) == sorted(set(finals))
    assert list(opens) == sorted(set(opens))
    assert {bytes([byte]) for byte in range(256)} <= set(finals) & set(opens)


@given(TYPED, st.sampled_from(["the", "cat", "on"]))
@settings(deadline=None)
def test_context_and_word_make_the_tokens_of_the_whole(context: str, word: str) -> None:
    context = TOKENIZER.normalize(context)
    if words.split_last(context)[1]:
        context += " "
    before, gap = TOKENIZER.encode_context(context)
    assert gap in (b"", b" ")
    whole = TOKENIZER.encode(context + word)
    assert whole[: len(before)].tolist() == before.tolist()
    assert b"".join(TOKENIZER.token_bytes[id_] for id_ in whole[len(before) :]) == gap + word.encode()


@given(TYPED)
@example("a\u200b\u0301")  # what is dropped between them does not keep NFC from composing
@settings(deadline=None)
def test_units_cover_all_tokens_and_all_text(text: str) -> None:
    units = TOKENIZER.units(text)
    assert [unit[2] for unit in units] == [0, *(unit[3] for unit in units)][: len(units)]
    assert [unit[0] for unit in units] == [0, *(unit[1] for unit in units)][: len(units)]
    if units:
        assert units[-1][3] == len(TOKENIZER.encode(text))
        assert not TOKENIZER.normalize(text[units[-1][1] :]).strip()


@pytest.mark.parametrize("word", ["naïve", "각", "বোন", "கொ", "Ω", "a\u200b\u0301b"])
def test_a_letter_in_parts_belongs_to_one_word(word: str) -> None:
    apart = unicodedata.normalize("NFD", word)
    assert [apart[start:end] for start, end, _, _ in TOKENIZER.units(apart)] == [apart]
    assert [end for _, end, _, _ in TOKENIZER.units(f"{apart} of it")] == [len(apart), len(apart) + 3, len(apart) + 6]


QUOTES = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "‐": "-", "‑": "-"}
SPACES = {"\u00a0": " ", "\u202f": " "}
DASHES = {"‐": "-", "‑": "-"}


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ('he said "don\'t"', QUOTES | SPACES),
        ("he said “don’t”", {"'": "’", "‘": "'", "„": '"'} | DASHES | SPACES),
        ("he said no", QUOTES | SPACES),
        ("«\u00a0oui\u00a0»", QUOTES | {"\u202f": "\u00a0"}),
    ],
)
def test_marks_that_were_not_learnt_are_read_as_those_that_were(text: str, variants: dict[str, str]) -> None:
    tokenizer = Tokenizer.train([text] * 20, vocab_size=700)
    assert {mark: tokenizer.variants.get(mark) for mark in variants} == variants
    assert tokenizer.normalize("a " + "x".join(tokenizer.variants)) == "a " + "x".join(
        tokenizer.normalize(mark) for mark in tokenizer.variants
    )
    assert tokenizer.decode(tokenizer.encode(text)) == text  # what was learnt stays as it stands


def test_a_text_of_a_telephone_is_read_in_the_marks_of_the_training_text() -> None:
    assert TOKENIZERS["own"].normalize("“don’t”\u00a0stop\ufeff\u200b\r\nnow") == '"don\'t" stop\nnow'


def test_both_apostrophes_lead_to_one_word() -> None:
    both = Tokenizer.train(["l’homme l’heure l’été l'homme"] * 4, vocab_size=700)
    assert both.encode("l'homme").tolist() == both.encode("l’homme").tolist()


def test_training_is_deterministic_and_bounded() -> None:
    random = np.random.default_rng(2)  # many pairs are as frequent as others
    texts = [" ".join("".join(random.choice(list("abcdefgh"), 4)) for _ in range(10)) for _ in range(100)]
    texts += ["the cat sat on the mat and the dog sat on the cat"] * 3
    one, other = (Tokenizer.train(texts, vocab_size=700) for _ in range(2))
    assert one.to_json() == other.to_json()
    assert one.vocab_size == 700
    assert 513 < Tokenizer.train(texts[-3:], vocab_size=700).vocab_size < 560
    assert Tokenizer.from_json(one.to_json()).encode("the mat").tolist() == one.encode("the mat").tolist()


def test_the_least_vocabulary_holds_the_bytes_alone_and_spells_any_text() -> None:
    least = Tokenizer.train(["the cat"], vocab_size=513)
    assert (least.vocab_size, least.finals) == (513, 256)
    assert least.decode(least.encode("日本, the dog")) == "日本, the dog"


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
        (lambda text: text.replace("<|end_of_text|>", "<s>"), "not one of bundle format 2: token 0 is '<s>'"),
        (lambda text: _exchanged(text, 5, 6), "not in the order of their bytes"),
        (lambda text: _exchanged(text, 5, TOKENIZER.finals + 5), "do not say where words end"),
        (lambda text: text.replace(SUFFIX, ""), "tokenizer.json"),
        (
            lambda text: json.dumps(json.loads(text) | {"normalizer": None}),
            "its normalizer or its pre-tokenizer is another one",
        ),
    ],
)
def test_a_tokenizer_of_another_kind_is_refused_in_one_line(change: Callable[[str], str], sentence: str) -> None:
    with pytest.raises(WordgruError, match=sentence) as caught:
        Tokenizer.from_json(change((TINY / "tokenizer.json").read_text("utf-8")))
    assert "\n" not in str(caught.value)


def test_lone_surrogates_are_refused_in_one_line() -> None:
    with pytest.raises(WordgruError, match=r"lone surrogate \(U\+D800 at character 2\)"):
        TOKENIZER.encode("ab\ud800")


def test_a_vocabulary_below_the_bytes_is_refused() -> None:
    with pytest.raises(WordgruError, match="at least 513"):
        Tokenizer.train(["a"], vocab_size=300)


def _exchanged(text: str, at: int, with_: int) -> str:
    state = json.loads(text)
    vocab = state["model"]["vocab"]
    one, other = (next(name for name, id_ in vocab.items() if id_ == wanted) for wanted in (at, with_))
    vocab[one], vocab[other] = vocab[other], vocab[one]
    return json.dumps(state)


def test_a_text_that_writes_the_other_apostrophe_reads_the_first_as_it() -> None:
    tokenizer = Tokenizer.train(["don’t can’t won’t o'clock"] * 3, vocab_size=700)
    assert tokenizer.variants["'"] == "’"
    assert tokenizer.encode("don't").tolist() == tokenizer.encode("don’t").tolist()


def test_many_texts_at_once_are_encoded_as_each_alone() -> None:
    texts = ["the cat", "", "日本 naïve"]
    alone = [TOKENIZER.encode(each).tolist() for each in texts]
    assert [ids.tolist() for ids in TOKENIZER.encode_batch(texts)] == alone
    assert TOKENIZER.encode_batch([]) == []


def test_a_line_end_of_two_characters_is_not_cut() -> None:
    text = "the cat\r\nsat"
    assert [text[start:end] for start, end, *_ in TOKENIZER.units(text)] == ["the", " cat", "\r\nsat"]

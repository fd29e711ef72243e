"""Known words: a filter that forgets no word, takes few others for known, and reads alike everywhere."""

import random

import pytest

from wordgru import WordgruError
from wordgru.text.known import KnownWords

WORDS = ["cat", "grass", "don't", "Zürich", "naïve", "日本", "x" * 60, ""]


def test_every_word_is_known_in_either_case_and_with_either_apostrophe():
    known = KnownWords.of(WORDS)
    assert all(word in known for word in WORDS)
    assert all(word in known for word in ("CAT", "Don’t", "zu\u0308rich", "NAÏVE"))


@pytest.mark.parametrize(("word", "is_known"), [
    ("cat's", True), ("Zürich’s", True), ("cat-cat", False), ("cat-", False), ("grass", True), ("grass's", False),
    ("dogx's", False), ("grass'", True), ("grass’", True), ("cat'", False), ("dogxs'", False),
    ("12", True), ("3.14", True), ("'s", False), ("-", True), ("7x", False),
])  # fmt: skip
def test_a_known_word_with_s_and_numbers_are_known(word, is_known):
    assert (word in KnownWords.of([each for each in WORDS if each])) == is_known


@pytest.mark.parametrize("typed", ["cat", "ca", "at", "cta", "caat", "cut", "naive", "NAÏVE", "zurcih", "dog", "dont"])
def test_near_words_are_those_one_letter_away(typed):
    known, letters = KnownWords.of(WORDS), "abcdefghijklmnopqrstuvwxyz'ïü"
    key = typed.lower()
    edited = {key[:at] + key[at + 1 :] for at in range(len(key))}
    edited |= {key[:at] + key[at : at + 2][::-1] + key[at + 2 :] for at in range(len(key) - 1)}
    edited |= {key[:at] + char + key[at + more :] for at in range(len(key) + 1) for char in letters for more in (0, 1)}
    listed = {word.lower() for word in WORDS}
    found = set(known.near(typed, letters))
    assert listed & edited <= found
    assert found <= {each for each in edited if each in known}


def test_of_others_about_one_in_two_thousand_is_taken_for_known():
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghij", k=8)) for _ in range(102_000)]
    known, listed = KnownWords.of(words[:2000]), set(words[:2000])
    strange = [word for word in words[2000:] if word not in listed]
    assert 0.0001 < sum(word in known for word in strange) / len(strange) < 0.001


def test_the_file_is_read_as_it_was_written_and_its_form_stays():
    data = KnownWords.of(["cat", "dog"]).to_bytes()
    assert data[:16].hex() == "57474b4e4f574e31" + "48000000" + "0b000000"
    assert data[16:].hex() == "1886a120110cc25092"
    again = KnownWords.from_bytes(data, "here")
    assert "cat" in again
    assert "Dog" in again
    assert "fish" not in again
    assert again.to_bytes() == data


BROKEN = [
    lambda data: data[:-1],
    lambda data: b"",
    lambda data: b"X" + data[1:],
    lambda data: data[:8] + bytes(8) + data[16:],
    lambda data: data + b"0",
]


@pytest.mark.parametrize("change", BROKEN)
def test_what_is_no_such_file_is_said_in_a_line(change):
    data = KnownWords.of(WORDS).to_bytes()
    with pytest.raises(WordgruError, match="here: is no list of known words"):
        KnownWords.from_bytes(change(data), "here")

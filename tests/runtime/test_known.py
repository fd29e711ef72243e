"""Known words: a filter that forgets no word, takes few others for known, and reads alike everywhere."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordgru import WordgruError
from wordgru.text.alike import near
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


@pytest.mark.parametrize("typed", ["cat", "ca", "at", "cta", "caat", "cut", "naive", "zurcih", "dog", "dont"])
def test_near_spellings_are_those_one_letter_away_and_those_of_two_slips(typed):
    letters = "abcdefghijklmnopqrstuvwxyz'ïü"
    edited = {typed[:at] + typed[at + 1 :] for at in range(len(typed))}
    edited |= {typed[:at] + typed[at : at + 2][::-1] + typed[at + 2 :] for at in range(len(typed) - 1)}
    edited |= {
        typed[:at] + char + typed[at + more :] for at in range(len(typed) + 1) for char in letters for more in (0, 1)
    }
    found = near(typed, letters)
    assert edited <= set(found)
    assert len(found) == len(set(found)) < 3000


@pytest.mark.parametrize(("typed", "meant"), [
    ("seperete", "separate"), ("definately", "definitely"), ("mischevious", "mischievous"), ("batallion", "battalion"),
    ("acomodate", "accommodate"), ("thier", "their"), ("hte", "the"), ("recieve", "receive"),
])  # fmt: skip
def test_two_slips_of_spelling_are_near(typed, meant):
    assert meant in near(typed, "abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize("word", ["aeiou" * 8, "a" * 40, "é" * 40, "supercalifragilisticexpialidocious"])
def test_long_words_have_a_bounded_number_of_near_spellings(word):
    found = near(word, "abcdefghijklmnopqrstuvwxyz'")
    assert word[:20] + word[21:] in found
    assert len(found) < 4000


@given(st.lists(st.text("abcé😀'", max_size=6), max_size=30), st.integers(0, 5))
def test_words_looked_up_together_are_those_looked_up_one_by_one(words, listed):
    known = KnownWords.of(words[:listed])
    assert known.among(words) == [word for word in words if known._lists(word)]


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

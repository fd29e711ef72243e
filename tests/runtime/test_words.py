"""What a word is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordgru.text import words

TYPED = st.text(alphabet="ab1é'’- \n.日ไ\u0301❤s\"צ·\u200d", max_size=20)


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
def test_a_text_is_cut_into_what_writers_keep_together(text: str, expected: list[str]) -> None:
    assert [pre_token for pre_token, _ in words.pre_tokens(text)] == expected


@settings(deadline=None)
@given(st.text(max_size=40) | TYPED)
def test_every_character_is_in_one_pre_token_that_is_one_by_itself(text: str) -> None:
    found = words.pre_tokens(text)
    assert "".join(pre_token for pre_token, _ in found) == text
    assert [text[start : start + len(pre_token)] for pre_token, start in found] == [each for each, _ in found]
    for pre_token, _ in found:
        assert words.kind(pre_token) in ("word", "unspaced", "emoji", "marks", "space")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't stop", ["don't", "stop"]),
        ("a well-known 42nd time", ["a", "well-known", "42nd", "time"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("l’été, naïve", ["l’été", "naïve"]),
        ("trailing- -leading a--b it', the boys'", ["trailing", "leading", "a", "b", "it", "the", "boys'"]),
        ("snake_case e\u0301tude", ["snake", "case", "e\u0301tude"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("I ❤️ 日本語 and ไทย", ["I", "日本語", "and", "ไทย"]),
        ("x日本y", ["x", "日本", "y"]),
        ("", []),
    ],
)
def test_spans_are_the_words(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end, _ in words.spans(text)] == expected


@settings(deadline=None)
@given(TYPED)
def test_spans_are_ordered_apart_and_of_one_kind_and_leave_no_letter_out(text: str) -> None:
    before = 0
    for start, end, unspaced in words.spans(text):
        assert before <= start < end
        assert words.kind(text[start:end]) == ("unspaced" if unspaced else "word")
        assert " " not in text[start:end]
        before = end
    outside = set(range(len(text))) - {at for start, end, _ in words.spans(text) for at in range(start, end)}
    assert not any(words.kind(text[at]) in ("word", "unspaced") for at in outside)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the ca", ("the ", "ca")),
        ("the ", ("the ", "")),
        ("a well-", ("a ", "well-")),
        ("I don'", ("I ", "don'")),
        ("the boys'", ("the ", "boys'")),
        ('צה"', ("", 'צה"')),
        ("say 'he", ("say '", "he")),
        ("a(", ("a(", "")),
        ("--", ("--", "")),
        ("日本", ("日本", "")),
        ("日本ab", ("日本", "ab")),
        ("", ("", "")),
    ],
)
def test_the_unfinished_word_is_what_a_letter_typed_next_belongs_to(text: str, expected: tuple[str, str]) -> None:
    assert words.split_last(text) == expected


@settings(deadline=None)
@given(st.text(max_size=30) | TYPED)
def test_the_unfinished_word_and_what_stands_before_make_the_text(text: str) -> None:
    before, unfinished = words.split_last(text)
    assert before + unfinished == text
    assert not any(char.isspace() for char in unfinished)


@pytest.mark.parametrize(
    ("text", "space"),
    [("cat", True), ("cat ", False), ("", False), ("cat,", True), ("(", False), ('said "', False), ('said "no"', True),
     ("well-", False), ("so -", True), ("日本", False), ("line\n", False), ("e.g.", True), ("$", False)],
)  # fmt: skip
def test_space_is_wanted_where_a_typist_would_type_one(text: str, space: bool) -> None:
    assert words.wants_space(text) is space

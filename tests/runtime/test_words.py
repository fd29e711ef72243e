"""What a word is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordgru import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't stop", ["don't", "stop"]),
        ("a well-known 42nd time", ["a", "well-known", "42nd", "time"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("l’été, naïve", ["l’été", "naïve"]),
        ("trailing- -leading a--b it's'", ["trailing", "leading", "a", "b", "it's"]),
        ("snake_case e\u0301tude", ["snake", "case", "e\u0301tude"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("I ❤️ 日本語 and ไทย", ["I", "日本語", "and", "ไทย"]),
        ("x日本y", ["x", "日本", "y"]),
        ("", []),
    ],
)
def test_spans_are_the_words(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end, _ in words.spans(text)] == expected


@given(st.text(alphabet="ab1é'’- \n.日ไ\u0301❤", max_size=20))
def test_spans_are_ordered_apart_and_of_one_kind(text: str) -> None:
    before = 0
    for start, end, unspaced in words.spans(text):
        assert before <= start < end
        kinds = {words.kind(char) for char in text[start:end]}
        assert kinds == {"unspaced"} if unspaced else kinds <= {"letter", "combining", "inner"}
        before = end
    outside = set(range(len(text))) - {at for start, end, _ in words.spans(text) for at in range(start, end)}
    assert not any(words.kind(text[at]) in ("letter", "unspaced") for at in outside)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the ca", ("the ", "ca")),
        ("the ", ("the ", "")),
        ("a well-", ("a ", "well-")),
        ("I don'", ("I ", "don'")),
        ("say 'he", ("say '", "he")),
        ("--", ("--", "")),
        ("日本", ("日本", "")),
        ("日本ab", ("日本", "ab")),
        ("", ("", "")),
    ],
)
def test_split_last_finds_the_unfinished_word(text: str, expected: tuple[str, str]) -> None:
    assert words.split_last(text) == expected


@pytest.mark.parametrize(
    ("text", "space"),
    [("cat", True), ("cat ", False), ("", False), ("cat,", True), ("(", False), ('said "', False), ('said "no"', True),
     ("well-", False), ("so -", True), ("日本", False), ("line\n", False), ("e.g.", True), ("$", False)],
)  # fmt: skip
def test_space_is_wanted_where_a_typist_would_type_one(text: str, space: bool) -> None:
    assert words.wants_space(text) is space

"""The model in the package answers within its budget, says truly what is proved, and fills the places asked for."""

import json
import math
import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from wordgru import Predictor, SearchOptions, WordgruError
from wordgru.bundle import open_bundle
from wordgru.cli import cli
from wordgru.predictor import SHIPPED
from wordgru.text import words

PREDICTOR = Predictor.load(SHIPPED)
SHIPPED_BUNDLE = open_bundle(SHIPPED)
EVERY_WORD = Predictor(PREDICTOR.model, PREDICTOR.tokenizer)  # which knows no word list, and takes every word for one
DEFAULT = SearchOptions()
MESSAGES = [
    "I will see you today, dont be late!",
    "sorry im running 10 minutes late",
    "Happy birthday!! hope you have an amazing day",
]
LENGTHENED = ["aaaa", "brrr", "grrr", "yaaa", "haaaa", "pleeeeeee", "goooooaa", "a" * 40, "ok" * 15]
LETTERS = st.text(st.characters(categories=["L", "M", "Nd"]), min_size=1, max_size=12)


def keystrokes(text: str) -> list[str]:
    return [text[:end] for end in range(1, len(text) + 1)]


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("typed", LENGTHENED)
def test_no_keystroke_of_a_lengthened_word_reads_more_rows_than_the_budget(typed: str, ignore_case: bool) -> None:
    session = PREDICTOR.session("this is ")
    for letter in typed:
        session.append(letter)
        found = session.suggest(ignore_case=ignore_case)
        assert found.rows <= DEFAULT.max_rows
        assert found
        assert all(word.lower().startswith(session.text[8:].lower()) for word in found.words)


def test_a_paste_is_read_from_its_end_alone_and_answered_alike() -> None:
    class Counting:
        """The model; it counts the tokens it reads."""

        read = 0
        initial_state = staticmethod(PREDICTOR.model.initial_state)
        step = staticmethod(PREDICTOR.model.step)
        score = staticmethod(PREDICTOR.model.score)

        def advance(self, tokens: np.ndarray, state: np.ndarray) -> np.ndarray:
            self.read += len(tokens)
            return PREDICTOR.model.advance(tokens, state)

    counting = Counting()
    paste = "The weather was nice and we went to the lake. " * 9_000
    found = Predictor(counting, PREDICTOR.tokenizer).suggest(paste)  # 400 kB
    assert counting.read < 4_096
    read = paste[-2048:].partition(" ")[2]  # from a word on
    assert found == PREDICTOR.suggest(read)
    more = {item.word: item.probability for item in PREDICTOR.suggest(paste[-46 * 60 :])}
    assert {item.word: item.probability for item in found} == pytest.approx(more, abs=0.03)


@given(LETTERS)
@settings(deadline=None, max_examples=80, derandomize=True)
def test_an_answer_is_never_empty_and_called_exact(prefix: str) -> None:
    seen = PREDICTOR.tokenizer.normalize(prefix)
    if words.split_last(seen) != ("", seen) and not (words.is_one(seen) and words.kind(seen) == "unspaced"):
        with pytest.raises(WordgruError, match="no beginning of a word"):
            PREDICTOR.suggest("", prefix=prefix)
        return
    found = PREDICTOR.suggest("", prefix=prefix)
    assert found or not found.exact
    assert 0 <= found.unexplored <= 1
    assert found.rows <= DEFAULT.max_rows
    assert all(word.startswith(seen) for word in found.words)


@pytest.mark.parametrize("prefix", ["שלו", "שלום", "नमस", "안녕하", "Ｈｅｌ", "supercalifragil", "hydroxychloroquin"])
def test_letters_that_the_model_hardly_knows_are_answered_by_what_agrees_with_them(prefix: str) -> None:
    found = PREDICTOR.suggest("", prefix=prefix)
    assert found
    assert all(word.startswith(prefix) for word in found.words)
    assert found.exact or found.unexplored > DEFAULT.tolerance  # as a share of what agrees, not of everything


def test_random_digits_typed_one_by_one_are_always_answered() -> None:
    session, digits = PREDICTOR.session(""), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    for digit in digits:
        session.append(digit)
        found = session.suggest()
        assert found
        assert found.rows <= DEFAULT.max_rows


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("message", MESSAGES)
def test_every_keystroke_gets_three_different_words_that_are_ones_while_they_last(
    message: str, ignore_case: bool
) -> None:
    known = SHIPPED_BUNDLE.known()
    session, unfiltered = PREDICTOR.session(), EVERY_WORD.session()
    for text in keystrokes(message):
        session.set(text)
        unfiltered.set(text)
        found = session.suggest(ignore_case=ignore_case)
        first = unfiltered.suggest(ignore_case=ignore_case)
        assert len(first) == 3 or not first.exact
        if known_ones := [word for word in first.words if word in known and PREDICTOR.words.factor(word)]:
            assert all(word in known for word in found.words)
            assert len(found) >= len(known_ones) or not found.exact
        keys = {word.lower() if ignore_case else word for word in found.words}
        assert len(keys) == len(found)  # twins that differ in case alone take one place
        assert sum(item.probability for item in found) <= 1 + 1e-6


def test_three_places_are_filled_where_one_word_is_nearly_sure() -> None:
    found = PREDICTOR.complete("I will see you tod")
    assert len(found) == 3
    assert found[0].word == "today"


@pytest.mark.parametrize("text", ["I don't", "I will see you today, don't"])
def test_three_places_are_filled_where_next_to_nothing_but_one_word_agrees(text: str) -> None:
    found = Predictor(PREDICTOR.model, PREDICTOR.tokenizer).complete(text)
    assert len(found) == 3 or not found.exact


@pytest.mark.parametrize("k", [1, 5, 20])
def test_as_many_words_come_as_are_asked_for(k: int) -> None:
    assert len(PREDICTOR.suggest("We went to the", k=k, max_rows=500)) == k


@pytest.mark.parametrize("message", MESSAGES)
def test_no_word_is_offered_as_less_probable_than_its_usual_spelling_scores(message: str) -> None:
    ends = [end for start, end, _ in words.spans(message)]
    for end in ends:
        context = message[:end]
        for item in PREDICTOR.suggest(context):
            scored = PREDICTOR.score(f"{context} {item.word}")[-2]
            assert scored.text == item.word
            usual = math.exp(scored.log_probability)
            assert item.probability >= 0.98 * usual - DEFAULT.tolerance  # int8 reads rows and texts in two ways


def test_what_is_typed_whole_is_offered_as_the_score_knows_it() -> None:
    context = "We will have a nice"
    for word in ("day", "time", "weekend", "holiday"):
        (own,) = (item for item in PREDICTOR.complete(f"{context} {word}") if item.word == word)
        scored = PREDICTOR.score(f"{context} {word}")[-2]
        assert own.probability >= math.exp(scored.log_probability)


def test_a_text_that_is_cut_anywhere_is_gone_on_with() -> None:
    for cut in ("The weat", "The weath", "The weathe"):
        assert PREDICTOR.generate(cut, temperature=0, max_words=1) == "weather"[len(cut) - 4 :]
    best = PREDICTOR.suggest("The weather is ", k=1)[0].word
    assert PREDICTOR.generate("The weather is ", temperature=0, max_words=1) == best
    for seed in range(8):
        more = PREDICTOR.generate("It is a nice", seed=seed, max_words=2)
        assert words.spans("It is a nice" + more)[3][1] >= len("It is a nice")  # "nice" or what it begins


@pytest.mark.parametrize("cut", range(1, len(MESSAGES[0])))
def test_a_word_drawn_for_a_cut_one_begins_as_it_does(cut: int) -> None:
    text = MESSAGES[0][:cut]
    start = len(words.split_last(text)[0])
    first = (text + PREDICTOR.generate(text, seed=cut, max_words=1))[start:]
    assert first.startswith(text[start:])
    assert len([kind for each, _ in words.pre_tokens(first) if (kind := words.kind(each)) == "word"]) <= 1


def test_no_byte_of_a_token_is_lost_in_json() -> None:
    result = CliRunner().invoke(cli, ["suggest", "He said naï", "--complete", "--json", "-m", str(SHIPPED)])
    for item in json.loads(result.stdout)["suggestions"]:
        spelled = "".join(item["tokens"]).encode()
        spelled = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), spelled)
        assert spelled.decode().strip() == item["word"]

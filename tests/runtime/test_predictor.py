"""A bundle answers with words, whatever it is asked."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.runtime.fixtures import TINY, TINY_INT8
from tests.runtime.toy import brute_force
from wordgru import Predictor, WordgruError
from wordgru.search.suggestions import SearchOptions
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT

HOSTILE = [
    "", " ", "\n", "\t \n", "the cat", "the cat ", "\x00\x07\x1b[31m",
    "🙂👩‍👩‍👧", "שלום עולם", "日本語の", "ภาษาไทย", "ß\u0301\u0301",
    "a" * 5000, "<|end_of_text|>", "'", "-", "don'", "\ufeffx", "e\u0301", "x\r\ny", "��",
]  # fmt: skip


@pytest.fixture(scope="module", params=[TINY, TINY_INT8], ids=["fp32", "int8"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    return Predictor.load(request.param)


@pytest.mark.parametrize("context", HOSTILE)
def test_any_text_gets_three_whole_words(predictor: Predictor, context: str) -> None:
    found = predictor.suggest(context)
    assert len(found) == 3
    for item in found:
        assert words.kind(item.word) in ("word", "unspaced")
        assert words.is_one(item.word)
        assert item.word == item.word.strip()
        assert b"".join(item.tokens).decode().strip() == item.word
        assert 0 < item.probability <= 1
    assert [item.probability for item in found] == sorted((item.probability for item in found), reverse=True)


@pytest.mark.parametrize(("prefix", "least"), [("", 1e-4), ("c", 1e-5), ("don", 1e-8), ("Caf", 1e-13)])
def test_words_are_those_of_brute_force(predictor: Predictor, prefix: str, least: float) -> None:
    model, tokenizer = predictor.model, predictor.tokenizer
    context, gap = tokenizer.encode_context("the ")
    state = model.advance(np.array([END_OF_TEXT, *context[:-1]]), model.initial_state())
    last, typed = int([END_OF_TEXT, *context][-1]), gap + prefix.encode()
    truth, agreeing, cut = brute_force(model, tokenizer.token_bytes, tokenizer.finals, state, last, typed, least=least)
    offered = {word: mass for word, mass in truth.items() if words.is_one(word.decode(errors="replace"))}
    best = sorted(offered.items(), key=lambda item: -item[1])[:3]
    found = predictor.suggest("the", prefix=prefix, k=3, tolerance=1e-5, max_rows=3000)
    assert found.exact
    for item, (_, mass) in zip(found, best, strict=True):
        spelled = gap + item.word.encode()
        own = truth[spelled]
        more = sum(cut.get(spelled[:end], 0.0) for end in range(len(spelled) + 1))  # it may go on to this word
        is_rare = item.probability < 0.01  # those as probable may change places
        slack = 1e-4 + is_rare * sum(cut.values()) / agreeing
        assert own / agreeing == pytest.approx(mass / agreeing, abs=slack)
        assert own / agreeing - 1e-4 <= item.probability <= (own + more) / agreeing + 1e-4


def test_an_implied_space_and_a_typed_one_give_the_same(predictor: Predictor) -> None:
    implied, typed = predictor.suggest("the cat"), predictor.suggest("the cat ")
    assert (implied.space, typed.space) == (True, False)
    assert implied.items == typed.items


def test_completions_begin_as_typed_and_are_those_of_the_prefix_given_apart(predictor: Predictor) -> None:
    for typed in ("c", "ca", "cat", "do", "don'", "Th"):
        found = predictor.complete("the " + typed, k=3)
        assert found
        assert all(item.word.startswith(typed) for item in found)
        apart = predictor.suggest("the ", prefix=typed, k=3)
        assert found.words == apart.words
        assert [item.probability for item in found] == pytest.approx(
            [item.probability for item in apart], abs=SearchOptions().tolerance
        )


def test_completion_ignores_case_when_asked(predictor: Predictor) -> None:
    found = predictor.complete("THE", k=3, ignore_case=True)
    assert all(item.word.lower().startswith("the") for item in found)
    assert len({item.word.lower() for item in found}) == 3


def test_punctuation_is_offered_when_asked_and_shares_the_probability(predictor: Predictor) -> None:
    found = predictor.suggest("the cat", k=40, punctuation=True, tolerance=1e-2, max_rows=100)
    assert "." in found.words
    assert not found.space
    assert sum(item.probability for item in found) <= 1 + 1e-6
    for item in found:
        kind = words.kind(item.word)
        assert kind in ("word", "unspaced", "marks", "emoji")
        assert kind != "word" or item.tokens[0].startswith(b" ")  # nothing is glued to the word before
    plain = predictor.suggest("the cat", tolerance=1e-4, max_rows=300)
    shares = {item.word: item.probability for item in found}
    assert all(shares[item.word] < item.probability for item in plain)


def test_scores_sum_to_the_text_and_end(predictor: Predictor) -> None:
    text = "the cat sat on\nthe mat. "
    scores = predictor.score(text)
    nats = predictor.log_probabilities(predictor.tokenizer.encode(text))
    assert sum(item.log_probability for item in scores) == pytest.approx(float(nats.sum()), rel=1e-5)
    assert [item.text for item in scores] == ["the", "cat", "sat", "on", "the", "mat", ".", ""]
    assert [text[item.start :].startswith(item.text) for item in scores]


def test_the_words_of_a_long_line_are_found_in_linear_time(predictor: Predictor) -> None:
    text = "the cat sat on the mat. " * 4_000
    started = time.perf_counter()
    units = predictor.tokenizer.units(text)
    assert len(units) == 7 * 4_000
    assert time.perf_counter() - started < 10  # a second; minutes where each unit costs the whole line


def test_generation_is_repeatable_and_greedy_is_the_most_probable(predictor: Predictor) -> None:
    one, same, other = (predictor.generate("the cat ", seed=seed, max_words=8) for seed in (1, 1, 2))
    assert one == same != other
    assert predictor.generate("the", temperature=0, seed=1) == predictor.generate("the", temperature=0, seed=2)


def test_phrases_are_probable_and_made_of_words(predictor: Predictor) -> None:
    found = predictor.phrases("the cat", threshold=2e-3, max_words=3)
    assert found
    assert all(item.probability >= 2e-3 and 1 <= len(words.spans(item.text)) <= 3 for item in found)
    assert predictor.phrases("the cat", threshold=0.9) == []


def test_threads_share_a_predictor(predictor: Predictor) -> None:
    contexts = ["the", "a dog", "I don't", "on the", "the cat sat", ""] * 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda context: predictor.suggest(context).words, contexts))
    assert answers == [predictor.suggest(context).words for context in contexts]


def test_a_megabyte_of_text_is_answered(predictor: Predictor) -> None:
    assert len(predictor.suggest("the cat sat on the mat. " * 42_000, k=2)) == 2


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p: p.suggest("x", k=0), "k is 0"),
        (lambda p: p.suggest("x", prefix="a b"), "no beginning of a word"),
        (lambda p: p.suggest("\ud800"), "lone surrogate"),
        (lambda p: p.suggest("x", k=2.5), "k is 2.5; expected a whole number of at least 1"),
        (lambda p: p.suggest("x", k=True), "k is True"),
        (lambda p: p.suggest("x", tolerance=2), "tolerance is 2; expected a number of at least 0 and below 1"),
        (lambda p: p.suggest("x", tolerance=float("nan")), "tolerance is nan"),
        (lambda p: p.suggest("x", tolerance="much"), "tolerance is 'much'"),
        (lambda p: p.suggest("x", max_seconds=0), "max_seconds is 0; expected a number above 0"),
        (lambda p: p.suggest("x", max_rows=0), "max_rows is 0"),
        (lambda p: p.suggest("x", max_rows=2.5), "max_rows is 2.5"),
        (lambda p: p.suggest("x", prefix="日a"), "no beginning of a word"),
        (lambda p: p.suggest("x", depth=3), "depth is no option of a search; expected tolerance, max_rows"),
        (lambda p: p.complete("x", k=-1), "k is -1"),
        (lambda p: p.session("x").suggest(k=1.0), "k is 1.0"),
        (lambda p: p.session("x").delete(-1), "count is -1"),
        (lambda p: p.phrases("x", threshold=float("nan")), "threshold is nan"),
        (lambda p: p.phrases("x", max_words=0), "max_words is 0"),
        (lambda p: p.generate("x", top_p=0), "top_p is 0; expected a number above 0 and at most 1"),
        (lambda p: p.generate("x", seed=-1), "seed is -1"),
        (lambda p: p.generate("x", temperature=float("nan")), "temperature is nan"),
        (lambda p: SearchOptions(batch=0), "batch is 0"),
        (lambda p: Predictor.load(TINY, threads=-3), "threads is -3"),
        (lambda p: Predictor.load(TINY, threads=100_000), "threads is 100000; expected .* at most 256"),
        (lambda p: Predictor.load(TINY, device="tpu"), "expected one of cpu, cuda"),
        (lambda p: Predictor.load(TINY / "nothing"), "no such folder"),
    ],
)
def test_errors_are_one_line(predictor: Predictor, call: object, sentence: str) -> None:
    with pytest.raises(WordgruError, match=sentence) as caught:
        call(predictor)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_a_gpu_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(WordgruError, match="onnxruntime-gpu"):
        Predictor.load(TINY, device="cuda")


@pytest.mark.extras
def test_prediction_imports_nothing_that_trains() -> None:
    program = (
        "import sys; from wordgru import Predictor; "
        f"Predictor.load({str(TINY)!r}).suggest('the cat'); "
        "trains = ('torch', 'datasets', 'onnx', 'matplotlib', 'pandas', 'huggingface_hub'); "
        "print([m for m in trains if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("batch", [1, 2, 3, 64])
@pytest.mark.parametrize("text", ["", "the ca", "xq", "the q"])
def test_rows_asked_for_one_by_one_or_many_at_once_give_the_same_words(
    predictor: Predictor, text: str, batch: int
) -> None:
    found, expected = (predictor.complete(text, k=10, batch=each, max_rows=2000, tolerance=1e-4) for each in (batch, 8))
    assert found.exact
    assert len(found) == 10
    for one, other in zip(found, expected, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=2e-4)

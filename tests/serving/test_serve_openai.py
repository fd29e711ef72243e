"""The client of OpenAI's own package asks `wordgru serve`."""

import math

import pytest

from tests.runtime.fixtures import TINY
from tests.serving.service import service
from wordgru import Predictor

pytest.importorskip("prometheus_client", reason="needs the serve extra")
openai = pytest.importorskip("openai", reason="the client is not installed: pip install openai")


@pytest.fixture(scope="module")
def client():
    with service() as (_, port), openai.OpenAI(
        base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0
    ) as client:  # fmt: skip
        yield client


def test_the_model_is_listed(client):
    (model,) = client.models.list().data
    assert model.id == "tiny"
    assert client.models.retrieve("tiny").owned_by == "wordgru"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4")


def test_the_same_seed_writes_the_same_text(client):
    asked = {"model": "tiny", "prompt": "the cat", "max_tokens": 12, "seed": 5}
    first, second = (client.completions.create(**asked) for _ in range(2))
    assert first.choices[0].text == second.choices[0].text
    assert first.choices[0].finish_reason in ("stop", "length")
    assert first.usage.total_tokens == first.usage.prompt_tokens + first.usage.completion_tokens


def test_pieces_of_a_stream_are_the_text(client):
    asked = {"model": "tiny", "prompt": "the cat", "max_tokens": 12, "seed": 5}
    whole = client.completions.create(**asked)
    stream = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(part.choices[0].text for part in stream if part.choices) == whole.choices[0].text
    assert [part.choices[0].finish_reason for part in stream if part.choices][-1] == whole.choices[0].finish_reason
    assert stream[-1].usage == whole.usage


def test_the_most_probable_text_is_that_of_the_package(client):
    predictor = Predictor.load(TINY)
    for prompt in ("the cat", "the c", "I ", "", "see www.c", "THE CAT SAT ON TH"):
        text = client.completions.create(model="tiny", prompt=prompt, max_tokens=6, temperature=0).choices[0].text
        assert predictor.generate(prompt, max_words=20, temperature=0).startswith(text)


def test_an_echoed_prompt_has_the_probability_of_its_score(client):
    text = "the cat sat on the dog."
    answer = client.completions.create(model="tiny", prompt=text, max_tokens=0, echo=True, logprobs=2)
    found = answer.choices[0]
    assert found.text == text
    scores = Predictor.load(TINY).score(text)
    expected = sum(score.log_probability for score in scores[:-1])
    assert math.isclose(sum(found.logprobs.token_logprobs), expected, rel_tol=1e-3)
    assert all(len(top) in (2, 3) for top in found.logprobs.top_logprobs)
    for token, offset in zip(found.logprobs.tokens, found.logprobs.text_offset, strict=True):
        assert text[offset:].startswith(token)


def test_a_stop_ends_the_text_and_is_no_part_of_it(client):
    asked = {"model": "tiny", "prompt": "the cat", "max_tokens": 40, "seed": 5}
    whole = client.completions.create(**asked).choices[0].text
    stop = whole[7:10]
    cut = client.completions.create(**asked, stop=[stop, "never written"]).choices[0]
    assert cut.text == whole[: whole.index(stop)]
    assert cut.finish_reason == "stop"
    stream = client.completions.create(**asked, stop=stop, stream=True)
    assert "".join(part.choices[0].text for part in stream) == cut.text


def test_several_prompts_and_texts_are_numbered(client):
    choices = client.completions.create(model="tiny", prompt=["the", "a"], n=2, max_tokens=3, seed=1).choices
    assert [choice.index for choice in choices] == [0, 1, 2, 3]


def test_what_is_not_supported_is_said_by_name(client):
    for field, value in {"best_of": 4, "logit_bias": {"1": 2}, "frequency_penalty": 1.0, "suffix": "x"}.items():
        with pytest.raises(openai.BadRequestError, match=field):
            client.completions.create(model="tiny", prompt="a", **{field: value})

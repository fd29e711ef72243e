"""`wordgru serve`: asked over HTTP by a client that is in no hurry, and by one that sends what is no request."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

pytest.importorskip("prometheus_client", reason="needs the serve extra")


@pytest.fixture(scope="module")
def place():
    command = [sys.executable, "-m", "wordgru", "serve", "--port", "0", "--model", "tests/runtime/tiny"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        yield service.stderr.readline().split("/openapi.json")[0]
        service.terminate()
        assert service.wait(timeout=30) in (0, -15)


def ask(url, body=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
    except (ConnectionError, urllib.error.URLError):  # a body that is too long is cut off while it is sent
        return 413, {"error": {"message": "closed"}}


def test_it_answers_as_the_package_does(place):
    from wordgru import Predictor

    predictor = Predictor.load("tests/runtime/tiny")
    for text in ("the ca", "the ", "the cat", ""):
        status, answer = ask(f"{place}/v1/complete", {"text": text, "k": 3})
        found = predictor.complete(text, k=3)
        assert status == 200
        assert [item["word"] for item in answer["suggestions"]] == found.words
        assert answer["suggestions"][0]["probability"] == pytest.approx(found[0].probability, abs=3e-3)
    assert ask(f"{place}/v1/score", {"text": "the cat"})[1]["scores"][-1]["text"] == ""
    assert ask(f"{place}/healthz")[1]["status"] == "ok"
    assert "/v1/suggest" in ask(f"{place}/openapi.json")[1]["paths"]


def test_clients_of_openai_are_answered(place):
    (model,) = ask(f"{place}/v1/models")[1]["data"]
    status, answer = ask(f"{place}/v1/completions", {"model": model["id"], "prompt": "the", "max_tokens": 3})
    assert status == 200
    assert answer["usage"]["completion_tokens"] <= 3


@pytest.mark.parametrize(
    "body",
    [b"{bad", b"[]", b"\xff", {"text": 7}, {"text": "a", "k": "x"}, {"text": "a", "k": 10**400}, {"other": 1}, {},
     {"text": "a" * 1_000_000}, b'{"text": "\\ud800"}', b'{"text": "a", "tolerance": NaN}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_request_is_refused_in_a_line(place, body):
    status, answer = ask(f"{place}/v1/suggest", body)
    assert 400 <= status < 500
    assert "\n" not in answer["error"]["message"]
    assert ask(f"{place}/v1/suggest", {"text": "the"})[0] == 200

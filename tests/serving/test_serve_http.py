"""`wordgru serve` over HTTP: whom it answers, what it refuses, what it tells, how it ends."""

import asyncio
import concurrent.futures
import contextlib
import json
import logging
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="needs the serve extra")

from websockets.sync.client import connect

from tests.runtime.fixtures import TINY
from tests.serving.service import ask, raw, service
from wordgru import Predictor, TypingModel, TypistOptions
from wordgru.serving.answers import KINDS, Correct, Source
from wordgru.serving.completions import Completion, Writing
from wordgru.serving.fields import Fields, RequestError
from wordgru.serving.guard import Rates
from wordgru.serving.logs import JsonLines
from wordgru.serving.memory import SessionMemory
from wordgru.serving.openai import _OpenAI, _Stream
from wordgru.serving.openapi import EXAMPLES
from wordgru.serving.service import Service
from wordgru.serving.settings import ServeSettings
from wordgru.typing.correct import corrections

REQUEST = b'POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{"text": "the"}'
SECRET = "Krakenhaus"


@pytest.fixture(scope="module")
def port():
    with service("--rate", "0", "--patience", "1.5") as (_, port):
        yield port


# -- answers -----------------------------------------------------------------------------------------------------


def test_every_example_of_the_description_is_answered(port):
    document = ask(port, "/openapi.json")[1]
    posts = {path for path, methods in document["paths"].items() if "post" in methods}
    assert posts == set(EXAMPLES) == {f"/v1/{name}" for name in KINDS} | {"/v1/completions"}
    for path, example in EXAMPLES.items():
        assert document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"] == example
        assert ask(port, path, example)[0] == 200
    assert "$ref" in json.dumps(document)
    for name in {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"]


def test_a_text_that_goes_on_letter_by_letter_is_answered_as_at_once(port):
    predictor, text = Predictor.load(TINY), "the cat sat. I don’t know, said the "
    for end in range(len(text)):
        answer = ask(port, "/v1/complete", {"text": text[:end]})[1]
        assert [item["word"] for item in answer["suggestions"]] == predictor.complete(text[:end]).words


def test_options_and_glossaries_are_heeded(tmp_path):
    (tmp_path / "field.txt").write_text("Krakenhaus\n", encoding="utf-8")
    source = Source.load(ServeSettings(model=str(TINY), glossaries=(tmp_path / "field.txt",)))

    def words(**fields):
        request = KINDS["complete"].read(Fields(json.dumps(fields)), source.settings)
        return [item["word"] for item in request.answer(source, "")["suggestions"]]

    assert "Krakenhaus" in words(text="the Krak")
    assert "Krakenhaus" in words(text="the krak", ignore_case=True)
    assert "Krakenhaus" not in words(text="the krak")
    marks = Predictor.load(TINY).session("the cat").suggest(k=5, punctuation=True).words
    assert words(text="the cat", k=5, punctuation=True) == marks


def test_the_next_character_is_that_of_the_package(port):
    predictor = Predictor.load(TINY)
    for text in ("", "the", "the c", "I don’", "日"):
        answer = ask(port, "/v1/characters", {"text": text})[1]
        expected = predictor.session(text).characters()
        assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
        assert sum(answer["probabilities"].values()) + answer["end"] == pytest.approx(1)
        assert answer["exact"] == expected.exact


def test_a_text_is_corrected_as_the_package_corrects_it(port):
    predictor, text = Predictor.load(TINY), "I dont know teh cat. Thhe dog, said teh cat."
    expected = list(corrections(text, predictor.session(typing=TypingModel()), threshold=0.5))
    assert expected
    answer = ask(port, "/v1/correct", {"text": text, "threshold": 0.5})[1]
    assert answer["read"] == len(text)
    found = [(each["start"], each["end"], each["word"]) for each in answer["corrections"]]
    assert found == [(each.start, each.end, each.word) for each in expected]
    assert answer["corrections"][0]["probability"] == pytest.approx(expected[0].probability, abs=0.01)
    rest = ask(port, "/v1/correct", {"text": text, "threshold": 0.5, "start": expected[0].end})[1]["corrections"]
    assert rest
    assert all(each["start"] >= expected[0].end for each in rest)


def test_correction_stops_when_its_time_is_up_and_says_where():
    source, text = Source.load(ServeSettings(model=str(TINY), max_writing=1e-9)), "teh cat sat on teh dog"
    first = Correct.read(Fields(json.dumps({"text": text, "threshold": 0.5})), source.settings)
    read = 0
    for _ in text.split():
        (*_, answer) = replace(first, start=read).answer(source, "")
        assert answer["read"] > read
        read = answer["read"]
    assert read == len(text)


def test_with_a_layout_the_words_meant_are_offered(port):
    predictor, text = Predictor.load(TINY), "I dont"
    expected = predictor.session(text, typing=TypingModel()).suggest()
    assert expected.autocorrect == "don't"
    for _ in range(2):  # the second time it is remembered
        answer = ask(port, "/v1/complete", {"text": text, "layout": "qwerty"})[1]
        assert [item["word"] for item in answer["suggestions"]] == expected.words
        assert answer["autocorrect"] == expected.autocorrect
    plain = ask(port, "/v1/complete", {"text": text})[1]
    assert [item["word"] for item in plain["suggestions"]] == predictor.complete(text).words
    assert plain["autocorrect"] is None


HABITS = ({}, {"capitals": False}, {"addresses": True, "lone_i": False}, {"min_probability": 0.1})


def test_offers_follow_the_habits_that_a_request_names(port):
    predictor, seen = Predictor.load(TINY), set()
    for typist in (*HABITS, *reversed(HABITS)):  # one session answers them all
        for text in ("THE CA", "write to anna@ca", "the ca"):
            expected = predictor.session(text, typist=TypistOptions(**typist)).suggest()
            answer = ask(port, "/v1/complete", {"text": text, "typist": typist})[1]
            assert [item["word"] for item in answer["suggestions"]] == expected.words
            assert answer["exact"] == expected.exact
            seen.add((text, *expected.words))
        found = ask(port, "/v1/suggest", {"text": "THE CAT SAT", "typist": typist})[1]["suggestions"]
        expected = predictor.session("THE CAT SAT", typist=TypistOptions(**typist)).suggest(prefix="")
        assert [item["word"] for item in found] == expected.words
    assert len(seen) > 5
    schema = ask(port, "/openapi.json")[1]["components"]["schemas"]["CompleteRequest"]["properties"]["typist"]
    assert {name: each["default"] for name, each in schema["properties"].items()} == asdict(TypistOptions())
    for example in schema["examples"]:
        assert ask(port, "/v1/complete", {"text": "a", "typist": example})[0] == 200


@pytest.mark.parametrize(
    ("typist", "param", "says"),
    [
        (7, "typist", "typist is a number; expected an object."),
        ({"capitals": 1}, "capitals", "capitals is a number; expected true or false."),
        ({"min_probability": 2}, "min_probability", "expected a number of at least 0 and at most 1."),
        ({"loneI": True}, "loneI", "'loneI' is no field of this request; expected capitals, lone_i,"),
    ],
)
def test_habits_that_are_none_are_told(port, typist, param, says):
    status, answer = ask(port, "/v1/complete", {"text": "a", "typist": typist})
    assert (status, answer["error"]["param"]) == (400, param)
    assert says in answer["error"]["message"]


def test_phrases_are_those_of_the_package(port):
    predictor = Predictor.load(TINY)
    for text, options in (("the cat ", {}), ("the", {"k": 5, "max_words": 2, "threshold": 0.07}), ("", {"k": 1})):
        status, answer = ask(port, "/v1/phrases", {"text": text, **options})
        assert status == 200
        assert answer["finished"]
        expected = predictor.phrases(text, **options)
        assert [item["text"] for item in answer["phrases"]] == [phrase.text for phrase in expected]
        assert expected
        for item, phrase in zip(answer["phrases"], expected, strict=True):
            assert item["probability"] == pytest.approx(phrase.probability, abs=0.006)


@pytest.fixture(scope="module")
def mixed():
    with service("--model", "en,de", "--rate", "0", "--max-seconds", "30") as (_, port):
        yield port


def test_several_models_answer_as_one(mixed):
    predictor = Predictor.load(["en", "de"])
    assert ask(mixed, "/healthz")[1]["model"] == "en,de"
    for text in ("Thank you for your h", "Vielen Dank für Ihre H", "Ich komme morgen. I will be "):
        expected = predictor.complete(text)
        for end in (len(text) - 3, len(text)):  # the second goes on from what the first read
            status, answer = ask(mixed, "/v1/complete", {"text": text[:end]})
            assert status == 200
        assert [item["word"] for item in answer["suggestions"]] == expected.words
        for item, offer in zip(answer["suggestions"], expected, strict=True):
            assert item["probability"] == pytest.approx(offer.probability, abs=0.006)
            assert item["sources"] == list(offer.sources)
        languages = predictor.session(text).languages()
        assert answer["languages"] == {name: pytest.approx(share, abs=0.006) for name, share in languages.items()}
    expected = predictor.phrases("I will be there in a")
    answer = ask(mixed, "/v1/phrases", {"text": "I will be there in a"})[1]
    assert [item["text"] for item in answer["phrases"]] == [phrase.text for phrase in expected]
    assert " " in expected[0].text


def test_phrases_are_looked_for_as_long_as_the_client_says(mixed):
    body = {"text": "Vielen Dank für ", "k": 10, "max_words": 8, "threshold": 0.02}
    answer = ask(mixed, "/v1/phrases", body | {"max_seconds": 0.001})[1]
    assert not answer["finished"]
    assert ask(mixed, "/v1/phrases", body)[1]["finished"]


def test_one_model_names_no_languages(port):
    assert "languages" not in ask(port, "/v1/complete", {"text": "the c"})[1]


def test_several_models_answer_over_a_socket(mixed):
    predictor = Predictor.load(["en", "de"])
    with connect(f"ws://127.0.0.1:{mixed}/v1/session") as socket_:
        socket_.send(json.dumps({"set": "Vielen Dank für Ihre H"}))
        answer = json.loads(socket_.recv(timeout=30))
        assert [item["word"] for item in answer["suggestions"]] == predictor.complete("Vielen Dank für Ihre H").words
        assert answer["languages"]["de"] > 0.9
        assert answer["suggestions"][0]["sources"] == ["de"]
        socket_.send(json.dumps({"append": "i", "layout": "qwertz"}))
        assert json.loads(socket_.recv(timeout=30))["suggestions"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("score", {"text": "a"}), ("characters", {"text": "a"}), ("correct", {"text": "a"}),
        ("completions", {"prompt": "a"}), ("complete", {"text": "a", "typist": {"capitals": False}}),
    ],
)  # fmt: skip
def test_what_one_model_is_asked_several_refuse(mixed, path, body):
    status, answer = ask(mixed, f"/v1/{path}", body)
    assert status == 400
    assert "several models" in answer["error"]["message"]


def test_several_models_keep_the_texts_of_many_clients_apart(mixed):
    predictor = Predictor.load(["en", "de"])
    starts = ["Thank you ", "Vielen Dank ", "I will be there ", "Ich komme ", "See you. Wir sehen uns ", ""]
    texts = [start + more for start in starts for more in ("t", "f", "m")]
    with concurrent.futures.ThreadPoolExecutor(len(texts)) as pool:
        answers = list(pool.map(lambda text: ask(mixed, "/v1/complete", {"text": text})[1], texts))
    for text, answer in zip(texts, answers, strict=True):
        for item, offer in zip(answer["suggestions"], predictor.complete(text), strict=True):
            assert item["probability"] == pytest.approx(offer.probability, abs=0.006), text


def test_many_clients_at_once_get_their_own_answers(port):
    predictor = Predictor.load(TINY)
    texts = [" ".join(random.Random(seed).choices(["the", "cat", "a", "of", "I"], k=5)) for seed in range(40)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda text: ask(port, "/v1/suggest", {"text": text})[1], texts))
    for text, answer in zip(texts, answers, strict=True):
        assert [item["word"] for item in answer["suggestions"]] == predictor.suggest(text).words


def test_memory_is_bounded_and_never_changes_an_answer():
    predictor, draw = Predictor.load(TINY), random.Random(3)
    memory = SessionMemory(predictor, most=5)
    texts = dict.fromkeys("abcdefgh", "")
    for _ in range(300):
        client = draw.choice(list(texts))
        text = texts[client][: draw.choice([None, None, -3, 0])] + draw.choice(["the ", "c", "at", "\n", "I "])
        texts[client] = text
        layout = draw.choice([None, None, "qwerty"])
        with memory.session(client, text, layout) as session:
            typing = TypingModel() if layout else None
            found, expected = session.suggest(), predictor.session(text, typing=typing).suggest()
            if layout is None or (found.exact and expected.exact):  # else rows read before may have found more
                assert found.words == expected.words
        assert len(memory) <= 5
    assert 0 < memory.size < 5 * 100_000


def test_what_one_client_typed_is_not_remembered_for_another():
    memory = SessionMemory(Predictor.load(TINY), most=5)
    with memory.session("a", "the cat sat on "):
        pass
    assert memory.unread("a", "the cat sat on a") == 1
    assert memory.unread("b", "the cat sat on a") == 16


# -- whom it answers ---------------------------------------------------------------------------------------------


def test_other_host_names_and_origins_are_refused_unless_allowed(port):
    assert ask(port, "/v1/suggest", {"text": "a"}, Host="evil.example")[0] == 400
    assert ask(port, "/v1/suggest", {"text": "a"}, Host="localhost:80")[0] == 200
    assert ask(port, "/v1/suggest", {"text": "a"}, Origin="https://evil.example")[0] == 403
    assert b"access-control" not in raw(
        port,
        b"OPTIONS /v1/suggest HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\nConnection: close\r\n\r\n",
    )
    with service("--allow-host", "words.example", "--allow-origin", "https://a.example") as (_, other):
        answer = raw(
            other,
            b"OPTIONS /v1/suggest HTTP/1.1\r\nHost: words.example:443\r\nOrigin: https://a.example\r\n"
            b"Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n",
        )
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"access-control-allow-origin: https://a.example" in answer
        assert ask(other, "/v1/suggest", {"text": "a"}, Origin="https://b.example")[0] == 403


def test_a_token_is_asked_for_where_one_is_set():
    with service(WORDGRU_TOKEN="s3cret") as (process, port):
        assert ask(port, "/v1/suggest", {"text": "a"})[0] == 401
        assert ask(port, "/v1/suggest", {"text": "a"}, Authorization="Bearer s3cre")[0] == 401
        assert ask(port, "/v1/suggest", {"text": "a"}, Authorization="Bearer s3cret")[0] == 200
        assert ask(port, "/metrics")[0] == 401
        assert ask(port, "/healthz")[0] == 200
    assert "s3cret" not in process.log


def test_a_client_that_asks_too_often_is_told_to_wait():
    with service("--rate", "5") as (_, port):
        statuses = [ask(port, "/v1/suggest", {"text": "a"})[0] for _ in range(30)]
    assert set(statuses) == {200, 429}
    assert statuses[:10] == [200] * 10


def test_an_address_is_believed_of_a_proxy_alone():
    def statuses(port, count):
        return {
            ask(port, "/v1/suggest", {"text": "a"}, **{"X-Forwarded-For": f"192.0.2.{number}"})[0]
            for number in range(count)
        }

    with service("--rate", "5") as (_, port):
        assert statuses(port, 30) == {200, 429}
    with service("--rate", "5", "--proxy", "127.0.0.1") as (_, port):
        assert statuses(port, 30) == {200}


def test_rates_fill_up_again_and_are_kept_for_so_many_clients():
    rates = Rates(1000)
    assert not any(rates.spend("a") for _ in range(2000))
    time.sleep(0.02)
    assert rates.spend("a") == 0
    for client in range(20_000):
        rates.spend(str(client))
    assert len(rates._clients) <= 10_000


# -- what it refuses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/complete", {"text": "x" * 2000}),
        ("/v1/complete", {"text": "a" * 19_999}),
        ("/v1/suggest", {"text": "the", "prefix": "a b"}),
        ("/v1/suggest", {"text": "the", "k": True}),
        ("/v1/suggest", {"text": "the", "k": 1e30}),
        ("/v1/suggest", {"text": "the", "max_rows": 100_000}),
        ("/v1/suggest", {"text": "the", "max_seconds": 3600}),
        ("/v1/suggest", b'{"text": "the", "tolerance": -Infinity}'),
        ("/v1/suggest", b'{"text": "the", "k": ' + b"9" * 5000 + b"}"),
        ("/v1/suggest", {"text": "the", "layout": "/etc/passwd"}),
        ("/v1/suggest", {"text": "the", "layout": ["qwerty"]}),
        ("/v1/characters", {"text": "x" * 2000}),
        ("/v1/characters", {"text": "x", "k": 3}),
        ("/v1/correct", {"text": "the", "threshold": 1.5}),
        ("/v1/correct", {"text": "the", "start": -1}),
        ("/v1/correct", {"text": "a " * 10_001}),
        ("/v1/score", {"text": None}),
        ("/v1/score", {"text": "a", "k": 1}),
        ("/v1/completions", {"prompt": [1, 2]}),
        ("/v1/completions", {"prompt": "a", "model": "gpt-4"}),
        ("/v1/completions", {"prompt": "a", "best_of": 3}),
        ("/v1/completions", {"prompt": "a", "stop": ["a"] * 5}),
        ("/v1/completions", {"prompt": ["a"] * 60, "n": 16, "max_tokens": 1024}),
        ("/v1/completions", {"prompt": "a", "stream_options": []}),
        ("/v1/nothing", {}),
        ("/v1/suggest", None),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_a_line(port, path, body):
    status, answer = ask(port, path, body)
    assert 400 <= status < 500
    assert answer["error"]["message"].strip()
    assert "\n" not in answer["error"]["message"]


@pytest.mark.parametrize("seed", range(5))
def test_requests_with_bytes_changed_are_answered_or_refused(port, seed):
    draw = random.Random(seed)
    for _ in range(60):
        data = bytearray(REQUEST)
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        assert not answer or (answer.startswith(b"HTTP/1.1 ") and answer[9:10] in b"24"), answer
    assert ask(port, "/v1/suggest", {"text": "the"})[0] == 200


def test_slow_senders_are_let_go(port):
    began = time.monotonic()
    assert raw(port, b"POST /v1/suggest HT") == b""
    assert raw(port, REQUEST[:-1]).startswith(b"HTTP/1.1 408")
    assert raw(port, b"") == b""
    assert time.monotonic() - began < 10


def test_headers_and_bodies_without_end_are_cut(port):
    assert raw(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000)[:12] in (b"HTTP/1.1 400", b"")
    head = b"POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    assert raw(port, head + chunk * 40 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert ask(port, "/healthz")[0] == 200


def test_a_client_that_asks_on_without_reading_is_cut(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, pytest.raises(ConnectionError):
        connection.sendall(REQUEST * 1_000_000)
    answers = raw(port, REQUEST * 20 + REQUEST.replace(b"Host", b"Connection: close\r\nHost"))
    assert answers.count(b"HTTP/1.1 200") == 21


def test_a_stream_that_nobody_reads_and_one_client_leave_room_for_others():
    settings = ServeSettings(model=str(TINY), max_writing=0.3, patience=0.3)
    service, sent = Service.start(settings), []
    asked = Completion.read(Fields('{"prompt": "the", "max_tokens": 9, "stream": true}'), settings)

    async def never_read(message):
        sent.append(message["type"])
        await asyncio.sleep(3600 if len(sent) > 2 else 0)

    async def many():
        writing = Writing(service.source.predictor, asked, "the", 0, 1.0)
        events = _OpenAI(service)._stream(asked, [writing], {})
        with contextlib.ExitStack() as stack:
            for _ in range(15):
                stack.enter_context(service.work.long("a"))
            began = time.monotonic()
            await _Stream(events, service, "a")({"type": "http", "asgi": {"spec_version": "2.4"}}, None, never_read)
            assert 0.5 < time.monotonic() - began < 10
            stack.enter_context(service.work.long("a"))  # its room is free again
            with pytest.raises(RequestError, match="try again"), service.work.long("a"):
                pass
            with service.work.long("b"):
                assert await service.work.turn(lambda: 7) == 7

    asyncio.run(many())
    assert len(sent) > 2


def test_a_client_that_goes_before_its_answer_harms_nobody(port):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(REQUEST)
    assert ask(port, "/v1/suggest", {"text": "the"})[0] == 200


def test_fields_are_asked_for_by_kind():
    with pytest.raises(RequestError, match="is no field"):
        Fields('{"a": 1}').end()
    fields = Fields('{"a": null, "b": {"c": true}}')
    assert fields.text("a", "x", most=3) == "x"
    assert fields.object("b").flag("c")


# -- what it tells, and how it ends -------------------------------------------------------------------------------


def test_logs_and_metrics_hold_no_word_of_what_was_typed():
    with service() as (process, port):
        ask(port, "/v1/suggest", {"text": f"the {SECRET}"})
        ask(port, "/v1/suggest", {"text": "the", "prefix": f"{SECRET} a"})
        ask(port, f"/v1/{SECRET}?q={SECRET}", {SECRET: SECRET})
        raw(port, f"GET /{SECRET} {SECRET}\r\n\r\n".encode(), wait=2)
        figures = raw(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").decode()
    lines = [json.loads(line) for line in process.log.splitlines()]
    assert SECRET not in process.log
    assert SECRET not in figures
    assert 'wordgru_requests_total{path="/v1/suggest",status="200"} 1.0' in figures
    assert {line["event"] for line in lines} >= {"started", "answered", "stopped"}


def test_a_fault_is_logged_by_its_place_alone():
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert line["error"] == "ValueError"
    assert SECRET not in json.dumps(line)


@pytest.mark.slow
def test_several_processes_answer_and_end_together():
    with service("--workers", "2") as (process, port):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                assert ask(port, "/healthz")[0] == 200
                break
            except OSError:
                time.sleep(0.2)
        for _ in range(20):
            assert ask(port, "/v1/suggest", {"text": "the"})[0] == 200
        figures, deadline = "", time.monotonic() + 10
        while 'wordgru_requests_total{path="/v1/suggest",status="200"} 20.0' not in figures:
            assert time.monotonic() < deadline, figures  # a request is counted after its answer was sent
            figures = raw(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").decode()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    deadline = time.monotonic() + 10
    while alive := [child for child in children if Path(f"/proc/{child}").exists()]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.1)


def test_what_is_under_way_is_finished_when_it_ends():
    with service() as (process, port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            body = json.dumps({"prompt": "the", "max_tokens": 500, "stream": True, "seed": 1}).encode()
            connection.sendall(
                b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + str(len(body)).encode() + b"\r\n\r\n" + body
            )  # fmt: skip
            first = connection.recv(1000)
            process.send_signal(signal.SIGTERM)
            rest = b"".join(iter(lambda: connection.recv(65536), b""))
        assert first.startswith(b"HTTP/1.1 200")
        assert b"[DONE]" in rest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "99999"], "port 99999"),
        (["--model", "nowhere"], "nowhere"),
        (["--model", "nowhere", "--workers", "2"], "nowhere"),
        (["--max-text", "0"], "max_text"),
        (["--rate", "nan"], "rate"),
        (["--token-file", "nowhere"], "nowhere"),
        (["--host", "256.0.0.1"], "256.0.0.1"),
    ],
)
def test_what_it_cannot_start_with_is_one_line(options, words):
    command = [sys.executable, "-m", "wordgru", "serve", "--port", "0", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert words in errors[0]
    assert "Traceback" not in result.stderr

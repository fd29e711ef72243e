"""`/v1/session`: edits in, offers out; one that breaks a rule is told so and closed, and nobody else suffers."""

import contextlib
import json
import random
import time

import pytest

pytest.importorskip("prometheus_client", reason="needs the serve extra")

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.runtime.fixtures import TINY
from tests.serving.service import ask, service
from wordgru import Predictor, TypingModel, TypistOptions


@pytest.fixture(scope="module")
def port():
    with service("--rate", "0", "--max-text", "5000", "--client-sockets", "20") as (_, port):
        yield port


@pytest.fixture(scope="module")
def predictor():
    return Predictor.load(TINY)


def open_session(port, **options):
    return connect(f"ws://127.0.0.1:{port}/v1/session", compression=None, **options)


def told(socket, edit):
    socket.send(json.dumps(edit))
    return json.loads(socket.recv(timeout=10))


def test_edits_are_answered_as_the_package_answers_their_text(port, predictor):
    with open_session(port) as socket:
        for edit, text in (
            ({"id": 1, "set": "the ca"}, "the ca"),
            ({"id": 2, "append": "t"}, "the cat"),
            ({"id": 3, "delete": 3, "append": "do"}, "the do"),
            ({"id": 4, "delete": 100}, ""),
            ({"id": 5, "set": "Ich weiß 🙂 th", "k": 5}, "Ich weiß 🙂 th"),
            ({"id": 6, "set": "I dont", "layout": "qwerty"}, "I dont"),
            ({"id": 7}, "I dont"),
            ({"id": 8, "set": "the cat", "punctuation": True, "k": 5}, "the cat"),
            ({"id": 9, "set": "the CA", "ignore_case": True}, "the CA"),
            ({"id": 10, "set": "THE CA"}, "THE CA"),
            ({"id": 11, "typist": {"capitals": False}}, "THE CA"),
            ({"id": 12, "set": "to anna@ca"}, "to anna@ca"),
            ({"id": 13, "typist": {"addresses": True, "min_probability": 0.01}}, "to anna@ca"),
        ):
            answer = told(socket, edit)
            assert answer["id"] == edit["id"]
            typing = TypingModel(edit["layout"]) if "layout" in edit else None
            typist = TypistOptions(**edit.get("typist", {}))
            options = {name: edit.get(name, False) for name in ("punctuation", "ignore_case")}
            found = predictor.session(text, typing=typing, typist=typist).suggest(k=edit.get("k", 3), **options)
            assert [item["word"] for item in answer["suggestions"]] == found.words
            assert answer["autocorrect"] == found.autocorrect


def test_random_edits_give_what_one_shot_gives(port, predictor):
    draw, text = random.Random(0), ""
    with open_session(port) as socket:
        for number in range(150):
            edit = draw.choice([{"append": draw.choice(["the ", "ca", "\n", "é", "dog. ", "'"])}, {"delete": 2}])
            text = text[: max(len(text) - edit.get("delete", 0), 0)] + edit.get("append", "")
            answer = told(socket, {"id": number} | edit)
            assert [item["word"] for item in answer["suggestions"]] == predictor.complete(text).words


def test_phrases_come_with_the_words_where_they_are_asked_for(port, predictor):
    with connect(f"ws://127.0.0.1:{port}/v1/session") as socket_:
        socket_.send(json.dumps({"set": "the cat ", "phrases": {"max_words": 3, "threshold": 0.02}}))
        answer = json.loads(socket_.recv(timeout=30))
        expected = predictor.phrases("the cat ", max_words=3, threshold=0.02)
        assert [item["text"] for item in answer["phrases"]] == [phrase.text for phrase in expected]
        assert answer["suggestions"]
        socket_.send(json.dumps({"append": "s"}))
        assert "phrases" not in json.loads(socket_.recv(timeout=30))
        socket_.send(json.dumps({"append": "a", "phrases": {"most": 3}}))
        assert "'most' is no field" in json.loads(socket_.recv(timeout=30))["error"]["message"]


def test_the_newest_edit_wins_and_is_never_lost(port, predictor):
    with open_session(port) as socket:
        for number in range(300):
            socket.send(json.dumps({"id": number, "append": "a" if number % 7 else " "}))
        seen = []
        while not seen or seen[-1] != 299:
            seen.append(json.loads(socket.recv(timeout=10))["id"])
    assert seen == sorted(seen)
    assert len(seen) < 300, "answers were queued"


def test_a_word_too_long_is_told_and_the_session_goes_on(port):
    with open_session(port) as socket:
        assert "letters" in told(socket, {"set": "x" * 2000})["error"]["message"]
        assert told(socket, {"set": "the "})["suggestions"]


def type_without_pause(socket):
    for number in range(100):
        socket.send(json.dumps({"id": number, "append": "a"}))
    while socket.recv(timeout=10):
        pass


def assert_answers(port):
    """Sessions that have gone are not counted any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with open_session(port) as socket:
                assert told(socket, {"set": "the "})["suggestions"]
            return
        except InvalidStatus:
            time.sleep(0.05)
    pytest.fail("sessions that have gone are still counted")


@pytest.mark.parametrize(
    "frame",
    ["{bad", "[]", "7", '{"id": -1}', '{"id": 1e400}', '{"set": 7}', '{"set": "\\ud800"}', '{"append": ["a"]}',
     '{"delete": -1}', '{"delete": NaN}', '{"delete": 1e99}', '{"set": "a", "k": 0}', '{"set": "a", "other": 1}',
     '{"set": "a", "typist": {"capitals": "no"}}',
     '{"set": "a", "max_seconds": 1e9}', json.dumps({"set": "a" * 5001}), b"\x00\xff", "[" * 50_000],
)  # fmt: skip
def test_a_frame_that_is_no_edit_is_told_in_a_line_and_closes(port, frame):
    with open_session(port) as socket:
        socket.send(frame)
        message = json.loads(socket.recv(timeout=10))["error"]["message"]
        assert "\n" not in message
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd.code == 1008
    assert ask(port, "/healthz")[0] == 200


@pytest.mark.parametrize(
    ("edit", "id_", "param"),
    [
        ({"id": 7, "set": "a", "other": 1}, 7, "other"),
        ({"id": 7, "set": "a", "phrases": {"most": 3}}, 7, "most"),
        ({"id": 7, "set": "a", "k": 0}, 7, "k"),
        ({"set": "a", "other": 1}, 1, "other"),  # the one after the first frame's
        ({"id": -1, "set": "a"}, None, "id"),
    ],
)
def test_a_refusal_says_which_edit_and_which_field(port, edit, id_, param):
    with open_session(port) as socket:
        told(socket, {"id": 0, "set": "the "})
        answer = told(socket, edit)
    assert answer.get("id") == id_
    assert answer["error"]["param"] == param


def test_a_frame_that_is_too_large_closes(port):
    with open_session(port) as socket:
        with pytest.raises(ConnectionClosed):
            told(socket, {"set": " " * 1_000_000})
        assert socket.close_code == 1009


def test_frames_of_garbage_close(port):
    with open_session(port) as socket:
        socket.socket.sendall(bytes(random.Random(1).randrange(256) for _ in range(1000)))
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


def test_more_sessions_than_a_client_may_have_are_refused(port):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(open_session(port))
        with pytest.raises(InvalidStatus) as refused:
            open_session(port).__enter__()
        assert refused.value.response.status_code == 503
    assert_answers(port)  # they are free again


def test_more_edits_than_a_session_may_send_close_it():
    with service("--rate", "5") as (_, port), open_session(port) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            type_without_pause(socket)
        assert "5 requests a second" in closed.value.rcvd.reason


def test_others_go_on_beside_a_hostile_client(port):
    waits = []
    with open_session(port) as hostile, open_session(port) as typist:
        for number in range(40):
            hostile.send(json.dumps({"set": f"{number} " + "漢字" * 2400}))
            began = time.perf_counter()
            assert told(typist, {"append": "a" if number % 5 else " "})["suggestions"] is not None
            waits.append(time.perf_counter() - began)
    assert sorted(waits)[len(waits) // 2] < 0.5  # a machine of tests is slow and shared


def test_a_connection_that_is_cut_leaves_nothing(port):
    for _ in range(30):
        with contextlib.suppress(InvalidStatus), open_session(port) as socket:
            socket.send(json.dumps({"set": "the "}))
            socket.socket.shutdown(2)
    assert_answers(port)

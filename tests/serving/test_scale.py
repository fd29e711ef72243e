"""Past one process: several behind a balancer, and the functions with which Ray Data works through a corpus."""

import contextlib
import importlib.util
import itertools
import json
import os
import socket
import threading
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="needs the serve extra")

from websockets.sync.client import connect

from tests.runtime.fixtures import TINY
from tests.serving.service import ask, service
from wordgru import Predictor, TypingModel
from wordgru.typing.correct import corrections

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextlib.contextmanager
def balancer(*ports):
    """A port whose connections go to each of some others in turn, past those that do not answer."""
    turn = itertools.cycle(ports)

    def pass_on(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve(client):
        for _ in ports:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", next(turn))) as server, client:
                back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
                back.start()
                pass_on(client, server)
                back.join()
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def test_any_process_answers_any_request_and_the_others_go_on_when_one_ends():
    predictor, text = Predictor.load(TINY), "the cat sat. I don’t know the dog "
    with service() as (_, first), service() as (_, second), contextlib.ExitStack() as stack:
        third, third_port = stack.enter_context(service())
        with balancer(first, second, third_port) as port:
            for end in range(len(text)):
                if end == len(text) // 2:
                    stack.close()
                    assert third.returncode == 0
                answer = ask(port, "/v1/complete", {"text": text[:end]})[1]
                assert [item["word"] for item in answer["suggestions"]] == predictor.complete(text[:end]).words
            with connect(f"ws://127.0.0.1:{port}/v1/session", compression=None) as field:
                field.send(json.dumps({"set": text}))  # which is all that a client does after it was cut off
                answer = json.loads(field.recv(timeout=10))
                assert [item["word"] for item in answer["suggestions"]] == predictor.complete(text).words
        answered = [_requests(each) for each in (first, second)]
        assert min(answered) > len(text) // 4


def _requests(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        page = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    line = next(line for line in page.splitlines() if 'path="/v1/complete",status="200"' in line)
    return float(line.rpartition(" ")[2])


@pytest.fixture(scope="module")
def corpus():
    spec = importlib.util.spec_from_file_location("corpus", EXAMPLES / "ray" / "corpus.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_corpus_is_scored_and_corrected_as_the_package_does(corpus):
    predictor, texts = Predictor.load(TINY), ["the cat sat\n", "I dont know teh cat.", ""]
    scored = corpus.Score("text", str(TINY))({"text": texts, "id": [1, 2, 3]})
    assert scored["id"] == [1, 2, 3]
    for text, scores in zip(texts, scored["scores"], strict=True):
        expected = predictor.score(text.rstrip())
        assert [(each["text"], each["bits"]) for each in scores] == [(each.text, each.bits) for each in expected]
    corrected = corpus.Correct("text", str(TINY), threshold=0.5)({"text": texts})["corrected"]
    assert corrected[0] == texts[0]
    expected = list(corrections(texts[1], predictor.session(typing=TypingModel()), threshold=0.5))
    assert expected
    for each in reversed(expected):
        texts[1] = texts[1][: each.start] + each.word + texts[1][each.end :]
    assert corrected[1] == texts[1]


@pytest.mark.slow
def test_ray_data_writes_the_rows_in_their_order(corpus, tmp_path):
    ray = pytest.importorskip("ray", reason="pip install 'ray[data]'")
    import pyarrow.parquet

    texts = [f"the cat sat on {number} dogs" for number in range(40)]
    rows = [json.dumps({"id": number, "text": text}) for number, text in enumerate(texts)]
    (tmp_path / "corpus.jsonl").write_text("\n".join(rows), encoding="utf-8")
    path = os.pathsep.join([str(EXAMPLES / "ray"), os.environ.get("PYTHONPATH", "")])
    ray.init(num_cpus=2, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": path}})
    try:
        corpus.run(
            "score", str(tmp_path / "corpus.jsonl"), str(tmp_path / "out"), column="text", model=str(TINY),
            threshold=0.9, actors=2,
        )  # fmt: skip
    finally:
        ray.shutdown()
    files = sorted((tmp_path / "out").glob("*.parquet"))
    found = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
    predictor = Predictor.load(TINY)
    assert [row["id"] for row in found] == list(range(40))
    for row in found:
        assert row["text"] == texts[row["id"]]
        assert row["bits"] == pytest.approx(sum(each.bits for each in predictor.score(row["text"])))

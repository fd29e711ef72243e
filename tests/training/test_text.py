"""Text comes in whole, one document a row, from anywhere; what is wrong with it is said in one line."""

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import datasets
import huggingface_hub
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict
from huggingface_hub import constants

from tests.training.texts import loaded, refused
from wordgru.errors import TextError
from wordgru.training.data import documentation, hub, local_files
from wordgru.training.data.text import TextConfig, documents, from_dataset, hold_out, load_text

TWO = "A first line,\nand a second.\n \n\nAnother paragraph: naïve café, 日本語 👍.\n"
PARAGRAPHS = ["A first line,\nand a second.", "Another paragraph: naïve café, 日本語 👍."]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        ("line", ["A first line,", "and a second.", PARAGRAPHS[1]]),
        ("paragraph", PARAGRAPHS),
        ("file", ["\n".join([PARAGRAPHS[0], " ", "", PARAGRAPHS[1]])]),
    ],
)
def test_text_files_are_cut_as_asked(tmp_path, cut, expected, streaming):
    (tmp_path / "a.txt").write_text(TWO, encoding="utf-8")
    assert loaded(tmp_path / "a.txt", documents=cut, streaming=streaming) == expected


def test_line_ends_of_windows_and_a_byte_order_mark_are_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + TWO.replace("\n", "\r\n").encode())
    assert loaded(tmp_path / "a.txt") == PARAGRAPHS


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_of_every_kind_is_one_text(tmp_path, packed, streaming):
    rows = {"txt": "from text", "jsonl": "from json lines", "json": "from json", "csv": 'from, "csv"'}
    quoted = rows["csv"].replace('"', '""')
    files = {
        "txt": rows["txt"],
        "jsonl": json.dumps({"id": 1, "text": rows["jsonl"]}) + "\n",
        "json": json.dumps([{"id": 1, "text": rows["json"]}]),
        "csv": f'id,text\n7,"{quoted}"\n8,NA\n9,2020\n',
    }
    folder = tmp_path / "some [odd] folder" / "inner"
    folder.mkdir(parents=True)
    for kind, content in files.items():
        data = content.encode()
        (folder / f"a.{kind}{'.gz' * packed}").write_bytes(gzip.compress(data) if packed else data)
    pq.write_table(pa.table({"text": pa.array(["from parquet"], pa.large_string()), "n": [1]}), folder / "a.parquet")
    (folder / "notes.md").write_text("passed over")
    (folder / ".hidden.txt").write_text("passed over")
    expected = {*rows.values(), "from parquet", "NA", "2020"}
    assert set(loaded(folder.parent, streaming=streaming)) == expected


def test_files_with_other_columns_beside_the_text_are_read_together(tmp_path):
    pq.write_table(pa.table({"body": ["one"], "id": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"url": ["x"], "body": ["two"]}), tmp_path / "b.parquet")
    assert loaded(str(tmp_path / "*.parquet"), column="body") == ["one", "two"]


def test_a_changed_file_is_read_again(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    assert loaded(file) == ["old"]
    file.write_text("new and longer")
    assert loaded(file) == ["new and longer"]


def test_a_data_set_in_memory_is_narrowed_to_its_text():
    dataset = Dataset.from_dict({"id": [1, 2, 3], "body": [" one ", None, "two"]})
    text = from_dataset(dataset, "body")
    assert text.column_names == ["text"]
    assert list(documents(text)) == ["one", "two"]
    assert list(documents(from_dataset(dataset.to_iterable_dataset(), "body"))) == ["one", "two"]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_missing_or_wrong_column_names_those_that_exist(tmp_path, streaming):
    (tmp_path / "a.jsonl").write_text('{"title": "x", "body": "y", "id": 3}\n')
    (tmp_path / "a.csv").write_text("title,body\nx,y\n")
    pq.write_table(pa.table({"title": ["x"], "body": ["y"], "id": [3]}), tmp_path / "a.parquet")
    for file in ("a.jsonl", "a.csv", "a.parquet"):
        message = refused(tmp_path / file, streaming=streaming)
        assert "no column 'text'" in message
        assert "title, body" in message
    for file in ("a.jsonl", "a.parquet"):
        assert "not text; " in refused(tmp_path / file, column="id", streaming=streaming)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl", "txt.gz"])
def test_what_is_not_utf8_is_told_with_file_and_byte(tmp_path, kind, streaming):
    file = tmp_path / f"bad.{kind}"
    head = {"csv": b'text\n"', "jsonl": b'{"text": "'}.get(kind, b"good line\n")
    content = head + b"caf\xe9" + {"csv": b'"\n', "jsonl": b'"}\n'}.get(kind, b"\n")
    file.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    message = refused(file, streaming=streaming)
    if kind in ("csv", "jsonl") and streaming:
        assert "utf" in message.lower()
    else:
        assert f"{file}: byte {len(head) + 3} (0xe9) is not UTF-8" in message


def test_files_that_are_not_there_or_not_text_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG")
    (tmp_path / "latin.md").write_bytes(b"caf\xe9 noir")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "broken.jsonl").write_text('{"text": "a"}\n{"text": \n')
    (tmp_path / "broken.txt.gz").write_bytes(b"\x1f\x8b not gzip")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "empty").mkdir()
    assert "no file matches" in refused("*.jsonl.gz")
    assert "no such file" in refused("missing.txt")
    assert "latin.md: is no text in UTF-8; expected one of" in refused("latin.md")
    assert "picture.txt: is a PNG picture; expected text in UTF-8. Name another file." in refused("picture.txt")
    assert "picture.png: is a PNG picture; expected one of" in refused("picture.png")
    assert "holds no text" in refused("empty")
    assert "several sources must all be local" in refused("broken.jsonl", "owner/name")
    assert "cannot be read as parquet" in refused("broken.parquet")
    assert "cannot be read as json" in refused("broken.jsonl")
    assert "cannot be read as text" in refused("broken.txt.gz")
    assert "empty" in refused("empty.txt")


@pytest.mark.parametrize("mistyped", ["mytexts/", "mytexts", "./mytexts", "mytexts.txt", "my  texts"])
def test_a_mistyped_folder_is_told_as_one_and_the_nearest_name_is_shown(tmp_path, monkeypatch, mistyped):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    (tmp_path / "my-texts").mkdir()
    message = refused(mistyped)
    assert f"{mistyped}: there is no such file or folder" in message
    assert message.endswith("Did you mean my-texts?")


@pytest.mark.parametrize("streaming", [False, True])
def test_a_comma_without_quotes_does_not_cut_a_text_in_silence(tmp_path, streaming):
    file = tmp_path / "a.csv"
    file.write_text('text\n"one, two\nthree"\nHello, how are you?\n', encoding="utf-8")
    message = refused(file, streaming=streaming)
    assert f"{file}: line 4 has 2 cells; expected 1" in message
    file.write_text('text\n"one, two\nthree"\n"Hello, how are you?"\n', encoding="utf-8")
    assert loaded(file, streaming=streaming) == ["one, two\nthree", "Hello, how are you?"]


@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv"])
def test_an_empty_file_is_named_and_passed_over_in_a_folder(tmp_path, kind):
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / f"empty.{kind}").touch()
    assert f"{tmp_path / f'empty.{kind}'}: the file is empty" in refused(tmp_path / "a.txt", tmp_path / f"empty.{kind}")
    assert loaded(tmp_path) == loaded(tmp_path / "*") == ["one"]


def test_too_little_text_names_the_flag_that_cuts_it():
    with pytest.raises(TextError, match="--documents line"):
        hold_out(Dataset.from_dict({"text": ["one"]}))


def test_configurations_that_cannot_be_meant_are_refused():
    with pytest.raises(TextError, match="documents is 'page'"):
        TextConfig(documents="page")
    with pytest.raises(TextError, match="expected a tuple"):
        TextConfig(sources="a.txt")
    with pytest.raises(TextError, match="train, test"):
        from_dataset(DatasetDict(train=Dataset.from_dict({"text": ["a"]}), test=Dataset.from_dict({"text": ["b"]})))
    with pytest.raises(TextError, match="got a list"):
        from_dataset(["a"])
    assert TextConfig.from_dict(json.loads(json.dumps(TextConfig(("a",)).to_dict())), "here") == TextConfig(("a",))


def test_an_unreachable_hub_is_told_within_seconds(tmp_path):
    program = (
        "import time, datasets\n"
        "from wordgru.training.data.text import *\n"
        "start = time.monotonic()\n"
        "try:\n    load_text(TextConfig(sources=('owner/name',)))\n"
        "finally:\n    print(time.monotonic() - start)"
    )
    own = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"} | own
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert float(done.stdout) < 15  # after the imports, which take long on a busy machine; retries would take 23 s
    last = done.stderr.strip().splitlines()[-1]
    assert "TextError: owner/name: there is no such file or folder here" in last
    assert "the Hub at http://127.0.0.1:9 cannot be reached (it refuses the connection)" in last


class _Hub(BaseHTTPRequestHandler):
    """Answers every request with the status and error code that the server was given."""

    def do_GET(self):
        if self.server.delay:
            time.sleep(self.server.delay)
        self.send_response(self.server.status)
        self.send_header("X-Error-Code", self.server.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("status", "code", "delay", "expected"),
    [
        (401, "RepoNotFound", 0, "no such data set on the Hub"),
        (404, "RevisionNotFound", 0, "has no revision 'v9'"),
        (403, "GatedRepo", 0, "is gated"),
        (503, "", 0, "cannot be reached"),
        (200, "", 2, "cannot be reached"),
    ],
)
def test_what_a_hub_answers_is_told(monkeypatch, status, code, delay, expected):
    monkeypatch.setattr(hub, "_PATIENCE", 0.5)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hub) as server:
        server.status, server.code, server.delay = status, code, delay
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(datasets.config, "HF_ENDPOINT", address)
        start = time.monotonic()
        message = refused("owner/name", revision="v9")
        assert time.monotonic() - start < 5
        server.shutdown()
    assert message.startswith("owner/name: ")
    assert expected in message


def test_what_the_hub_says_becomes_one_line(monkeypatch):
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda *_, **__: None)
    said = {
        "Config name is missing.\nPlease pick one among the available configs: ['a', 'b']": "['a', 'b']. Choose one",
        "Unknown split \"x\". Should be one of ['train'].": "one of ['train']. Choose one of its splits",
        "Dataset scripts are no longer supported, but found x.py": "refs/convert/parquet",
    }
    for message, expected in said.items():

        def fail(*_, message=message, **__):
            raise ValueError(message)

        monkeypatch.setattr("wordgru.training.data.hub.load_dataset", fail)
        assert expected in refused("owner/name")


def test_offline_without_a_cached_copy_says_so(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refused("owner/name")
    assert constants.HF_HUB_OFFLINE


def texts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [f"document {number}" for number in rng.integers(0, count, count)]  # with repetitions


def test_held_out_documents_are_never_trained_on_and_none_is_lost():
    rows = texts(3000)
    train, held = hold_out(Dataset.from_dict({"text": rows}), 0.05)
    sides = list(documents(train)), list(documents(held))
    assert not set(sides[0]) & set(sides[1])
    assert sorted(sides[0] + sides[1]) == sorted(rows)
    assert 0.03 < len(sides[1]) / len(rows) < 0.07


def test_a_text_stays_on_its_side_whatever_is_around_it():
    rows = texts(3000)
    one = set(documents(hold_out(Dataset.from_dict({"text": rows}), 0.05)[1]))
    other = set(documents(hold_out(Dataset.from_dict({"text": [" x ", *rows[::-1]]}), 0.05)[1]))
    assert one == other - {"x"}
    streamed = hold_out(Dataset.from_dict({"text": rows}).to_iterable_dataset(), 0.05)
    assert set(documents(streamed[1])) == one
    assert not one & set(documents(streamed[0]))


@pytest.mark.parametrize(("count", "held"), [(2, 1), (30, 3), (500, 20)])
def test_little_text_still_gives_documents_to_validate_on(count, held):
    rows = [f"document {number}" for number in range(count)]
    train, validation = hold_out(Dataset.from_dict({"text": rows}), 0.001)
    assert (len(train), len(validation)) == (count - held, held)


@pytest.mark.parametrize("rows", [["a", " a", "a\n"], ["", None]])
def test_too_little_text_to_hold_out_is_refused(rows):
    with pytest.raises(TextError, match="too little text"):
        hold_out(Dataset.from_dict({"text": rows}))


def test_a_fraction_outside_its_range_is_refused():
    with pytest.raises(TextError, match="between 0 and 1"):
        hold_out(Dataset.from_dict({"text": ["a", "b"]}), 1.5)


def test_loading_leaves_the_bars_and_logs_of_datasets_as_they_were(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    level = datasets.logging.get_verbosity()
    datasets.enable_progress_bars()
    loaded(tmp_path / "a.txt")
    assert datasets.logging.get_verbosity() == level
    assert not datasets.utils.are_progress_bars_disabled()


def test_documentation_becomes_prose():
    text = """foo(x) -> y

    Return the ``value`` of *this* :class:`~a.b.Thing`, hard-
    wrapped over lines::

        >>> code()
        1

    * The first item of a list, which
      goes on.
    * And the second.

    ======  =====
    a       b
    """
    assert documentation.prose(text) == [
        "Return the value of this a.b.Thing, hard-wrapped over lines:",
        "The first item of a list, which goes on.",
        "And the second.",
    ]


def test_the_default_text_is_python_s_documentation_in_a_fixed_order(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "ast.py").write_text('"""The tale of a syntax tree."""\ndef f():\n    "It grows in the garden."\n')
    (tmp_path / "json.py").write_text("not python at all (")
    (tmp_path / "test" / "test_ast.py").write_text('"""No test is documentation."""')
    rows = [row["text"] for row in documentation._rows(str(tmp_path), "any", 0)]
    assert rows[-2:] == ["The tale of a syntax tree.", "It grows in the garden."]
    assert rows == [row["text"] for row in documentation._rows(str(tmp_path), "any", 0)]
    words = sum(len(row.split()) for row in rows)
    assert words > 40_000  # the topics and what is built in
    assert not any(mark in row for row in rows for mark in (">>>", "::=", "``"))


@pytest.mark.slow
def test_the_default_text_is_large_enough_to_train_on():
    words = sum(len(document.split()) for document in documents(load_text(TextConfig())))
    assert 150_000 < words < 500_000


def test_a_python_without_its_sources_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(documentation.sysconfig, "get_path", lambda _: str(tmp_path))
    assert "comes without the sources" in refused()


@pytest.mark.parametrize(
    ("source", "local"),
    [
        ("owner/name", False),
        ("wikitext", False),
        ("a/b/c", True),
        ("./name", True),
        ("name.txt", True),
        ("name.csv.gz", True),
        ("data/*", True),
        ("~/text", True),
    ],
)
def test_a_source_is_local_or_of_the_hub_by_its_form(source, local, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert local_files.is_local(source) is local

"""Packed files and chat-shaped data are text as well; what is broken or hostile in them is one line."""

import bz2
import gzip
import json
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from tests.training.texts import loaded, refused
from wordgru.errors import TextError
from wordgru.training.data import chat
from wordgru.training.data.cache import cache_root
from wordgru.training.data.text import TextConfig, documents, from_dataset

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
CONTENTS = {
    "txt": "naïve café",
    "jsonl": '{"id": 1, "text": "naïve café"}\n',
    "json": '[{"text": "naïve café"}]',
    "csv": "id,text\n1,naïve café\n",
    "tsv": "id\ttext\n1\tnaïve café\n",
}


def stream(kind: str, data: bytes, path) -> None:
    if kind == "zst":
        with pa.output_stream(str(path), compression="zstd") as packed:
            packed.write(data)
    else:
        path.write_bytes(PACKERS[kind](data))


@pytest.mark.parametrize("packer", [*PACKERS, "zst"])
@pytest.mark.parametrize("kind", CONTENTS)
def test_every_kind_is_read_packed_in_every_way(tmp_path, kind, packer):
    stream(packer, CONTENTS[kind].encode(), tmp_path / f"a.{kind}.{packer}")
    assert loaded(tmp_path) == loaded(tmp_path / f"a.{kind}.{packer}") == ["naïve café"]


def test_a_zip_is_read_as_the_folder_that_it_holds(tmp_path):
    pq.write_table(pa.table({"text": ["from parquet"]}), tmp_path / "p.parquet")
    with zipfile.ZipFile(tmp_path / "talk.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/one.txt", "from text")
        archive.writestr("two.jsonl", '{"text": "from json"}\n')
        archive.write(tmp_path / "p.parquet", "p.parquet")
        archive.writestr("picture.png", b"\x89PNG")
        archive.writestr("__MACOSX/a/._one.txt", "passed over")
        archive.writestr(".hidden.txt", "passed over")
        archive.writestr("empty.txt", "")
    assert sorted(loaded(tmp_path / "talk.zip")) == ["from json", "from parquet", "from text"]


def test_what_a_zip_names_outside_of_itself_stays_inside(tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name in ("../../../out.txt", "/out2.txt", "..\\..\\out3.txt", "ok.txt"):
            archive.writestr(name, name)
    assert len(loaded(tmp_path / "bad.zip")) == 4
    written = {path.relative_to(cache_root() / "unpacked").parts[1] for path in cache_root().rglob("out*.txt")}
    assert written == {"out.txt", "out2.txt", "out3.txt"}
    assert not list(tmp_path.glob("out*"))
    assert not list(tmp_path.parent.glob("out*"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt.xz", b"\xfd7zXZ\x00 not really", "cannot be unpacked"),
        ("a.txt.bz2", b"not bz2", "cannot be unpacked"),
        ("a.txt.zst", b"not zstd", "cannot be unpacked"),
        ("a.txt.xz", lzma.compress(b"text" * 1000)[:-20], "cannot be unpacked"),
        ("a.zip", b"PK\x03\x04 not really", "cannot be unpacked"),
        ("a.md.xz", lzma.compress(b"text"), "unknown kind of file"),
    ],
)
def test_a_broken_packed_file_is_one_line_that_names_it(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path / name)
    assert message.startswith(f"{tmp_path / name}: ")
    assert sentence in message
    assert not list(cache_root().rglob("a*"))  # half a file is never taken for a whole one


def test_a_zip_without_text_and_a_fault_within_one_are_told_by_the_names_in_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "no.zip", "w") as archive:
        archive.writestr("picture.png", b"\x89PNG")
    assert "no.zip: holds no file of text" in refused(tmp_path / "no.zip")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("in/a.csv", "text\nHello, you\n")
    assert f"{tmp_path / 'bad.zip'}/in/a.csv: line 2 has 2 cells" in refused(tmp_path / "bad.zip")
    (tmp_path / "b.csv.xz").write_bytes(lzma.compress(b"text\nHello, you\n"))
    assert f"{tmp_path / 'b.csv.xz'}: line 2 has 2 cells" in refused(tmp_path / "b.csv.xz")


def test_a_packed_file_that_changed_is_unpacked_again(tmp_path):
    for text in ("old", "new and longer"):
        (tmp_path / "a.txt.xz").write_bytes(lzma.compress(text.encode()))
        assert loaded(tmp_path / "a.txt.xz") == [text]


@pytest.mark.parametrize(("delimiter", "cells"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("|", "|")])
@pytest.mark.parametrize("streaming", [False, True])
def test_cells_are_parted_as_asked(tmp_path, delimiter, cells, streaming):
    (tmp_path / "a.csv").write_text(f"id{cells}text\n1{cells}Hello, you\n")
    assert loaded(tmp_path / "a.csv", delimiter=delimiter, streaming=streaming) == ["Hello, you"]
    flag = "tab" if cells == "\t" else f"'{cells}'"
    assert refused(tmp_path / "a.csv").endswith(f"give --delimiter {flag}.")
    (tmp_path / "a.csv").write_text(f"id{cells}text\n1{cells}Hello{cells} you\n")
    assert "line 2 has 3 cells; expected 2" in refused(tmp_path / "a.csv", delimiter=delimiter)


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_that_can_be_none_is_refused(delimiter):
    with pytest.raises(TextError, match="expected one character"):
        TextConfig(delimiter=delimiter)
    saved = TextConfig(delimiter="tab").to_dict()
    assert TextConfig.from_dict(saved, "here") == TextConfig(delimiter="\t")


CHAT = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "Hello!"},
    {"role": "assistant", "content": "Hi there.\n"},
]
SHARED = [{"from": "human", "value": "Hello!"}, {"from": "gpt", "value": "Hi there."}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "image", "url": "x"}]}]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("kind", ["jsonl", "jsonl.xz", "parquet"])
@pytest.mark.parametrize(("column", "messages"), [("messages", CHAT), ("conversations", SHARED), ("talk", SHARED)])
def test_lists_of_messages_are_text(tmp_path, column, messages, kind, streaming):
    rows = [{column: messages, "id": 1}, {column: messages[-1:], "id": 2}]
    file = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), file)
    else:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        file.write_bytes(lzma.compress(data) if kind.endswith("xz") else data)
    named = {"column": "talk"} if column == "talk" else {}
    assert loaded(file, streaming=streaming, **named) == ["Hello!\nHi there.", "Hi there."]


def test_a_column_of_text_goes_before_one_of_messages():
    dataset = Dataset.from_dict({"messages": [CHAT], "text": ["plain"]})
    assert list(documents(from_dataset(dataset))) == ["plain"]
    assert list(documents(from_dataset(dataset, "messages"))) == ["Hello!\nHi there."]


def test_a_list_of_something_else_is_no_conversation():
    with pytest.raises(TextError, match="not text"):
        from_dataset(Dataset.from_dict({"text": [[1, 2], [3]]}))


def test_parts_of_a_message_that_are_no_text_are_left_out():
    assert chat.is_conversation(PARTS)
    assert chat.conversation(PARTS) == "Look:"
    assert chat.conversation(None) == chat.conversation([]) == ""
    assert not chat.is_conversation([{"a": 1}])
    assert not chat.is_conversation("text")


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_of_a_csv_file_end_in_any_way(tmp_path, end):
    (tmp_path / "a.csv").write_bytes(end.join(["id,text", "1,Hello", "2,you", ""]).encode())
    assert loaded(tmp_path / "a.csv") == ["Hello", "you"]

"""Files of text that a person names: read, or told in a line why not, by the same sentence in every verb."""

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile

import pytest
from click.testing import CliRunner

from tests.runtime.fixtures import TINY
from wordgru.cli import cli
from wordgru.errors import TextError
from wordgru.sources.word_list import WordList
from wordgru.text.files import read_text


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "one")
    return packed.getvalue()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
NO_TEXT = {
    "a.png": (PNG, "a PNG picture", "Name another file"),
    "a.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture", "Name another file"),
    "a.pdf": (b"%PDF-1.7\n%\xe2\xe3\n", "a PDF document", "Save its text first"),
    "a.docx": (zipped() + b"\xff", "a ZIP archive, as .docx and .epub are", "Unpack it, or save its text, first"),
    "a.txt.gz": (gzip.compress(b"one"), "packed by gzip", "Unpack it first"),
    "a.txt.bz2": (bz2.compress(b"one"), "packed by bzip2", "Unpack it first"),
    "a.txt.xz": (lzma.compress(b"one"), "packed by xz", "Unpack it first"),
    "a.txt.zst": (b"\x28\xb5\x2f\xfd\x20\x03\x19\0\0one", "packed by Zstandard", "Unpack it first"),
    "a.parquet": (b"PAR1\x15\x04\x15\x80\x80", "a Parquet table", "Save its text first"),
    "utf16.txt": ("one\n".encode("utf-16"), "text in UTF-16", "Convert it to UTF-8 first"),
    "model.onnx": ((TINY / "model.onnx").read_bytes(), "no text", "Name another file"),
}


@pytest.mark.parametrize("name", NO_TEXT)
def test_a_file_that_is_no_text_is_told_by_its_kind(name, tmp_path):
    content, what, remedy = NO_TEXT[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TextError) as caught:
        read_text(tmp_path / name, "words")
    assert str(caught.value) == f"{tmp_path / name}: is {what}; expected words. {remedy}."


def test_a_store_of_personal_words_is_told_from_text(tmp_path):
    with sqlite3.connect(tmp_path / "my.words") as store:
        store.execute("CREATE TABLE counts (word TEXT)")
    (tmp_path / "my.words").write_bytes((tmp_path / "my.words").read_bytes() + b"\xff")
    with pytest.raises(TextError, match="is an SQLite database, as a store of personal words is; expected words"):
        WordList().read(tmp_path / "my.words")


@pytest.mark.parametrize(
    "verb",
    [
        ["score", "FILE", "-m", str(TINY)],
        ["correct", "FILE", "-m", str(TINY)],
        ["words", "learn", "FILE", "--personal", "my.words"],
        ["words", "import", "FILE", "--personal", "my.words"],
        ["evaluate", "FILE", "-m", str(TINY)],
    ],
)
@pytest.mark.parametrize("source", ["a.txt", "-"])
def test_every_verb_says_the_same_of_a_file_that_is_no_text(verb, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(PNG)
    given = [source if part == "FILE" else part for part in verb]
    result = CliRunner().invoke(cli, given, input=PNG)
    name = "standard input" if source == "-" else source
    assert str(result.exception) == f"{name}: is a PNG picture; expected text in UTF-8. Name another file."


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", r"cannot be read \(No such file or directory\); expected words"),
        ("bad", "byte 1 is not UTF-8; convert it to UTF-8 first"),
        ("a\0b", r"'a\\x00b' is no name of a file; expected words"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_line(name, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_bytes(b"a\xff")
    with pytest.raises(TextError, match=says):
        read_text(name, "words")


def test_a_file_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone")
    assert read_text(tmp_path / "a.txt", "words") == "one"

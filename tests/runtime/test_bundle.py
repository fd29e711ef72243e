import json
import os
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from wordgru import bundle as bundle_module
from wordgru.bundle import (
    FORMAT_VERSION,
    GRAPH_INPUTS,
    GRAPH_OUTPUTS,
    check_destination,
    open_bundle,
    read_blocked,
    write_bundle,
)
from wordgru.config import ModelConfig
from wordgru.errors import BundleError, WordgruError
from wordgru.text.tokenizer import Tokenizer

TINY = Path(__file__).parent / "tiny"
TINY_INT8 = Path(__file__).parent / "tiny-int8"
SIZES = ModelConfig(300, 4, 4)


@pytest.fixture
def tiny(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "bundle"))


def change(folder, **values):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | values
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not ...}), encoding="utf-8")


def refused(path, *parts):
    """`path` is refused in one line that holds `parts`."""
    with pytest.raises(BundleError) as caught:
        open_bundle(path)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message
    return message


def write(folder, model=b"graph", **options):
    facts = {"sizes": SIZES, "precision": "fp32", "card": "# é\n"} | options
    return write_bundle(folder, model=model, tokenizer_json="{}", **facts)


@pytest.mark.parametrize(("folder", "precision"), [(TINY, "fp32"), (TINY_INT8, "int8")])
def test_the_committed_bundles_open_and_fit_their_config(folder, precision):
    bundle = open_bundle(folder)
    sizes = bundle.config.model
    assert bundle.config.precision == precision
    assert bundle.size < 150_000
    assert Tokenizer.load(bundle.tokenizer_path).vocab_size == sizes.vocab_size
    session = onnxruntime.InferenceSession(bundle.model_path)
    assert tuple(value.name for value in session.get_inputs()) == GRAPH_INPUTS
    assert tuple(value.name for value in session.get_outputs()) == GRAPH_OUTPUTS
    state = np.zeros((sizes.layers, 2, sizes.hidden_size), np.float32)
    inputs = dict(zip(GRAPH_INPUTS, (np.zeros((2, 3), np.int64), state, np.array([-1])), strict=True))
    probabilities, after = session.run(GRAPH_OUTPUTS, inputs)
    assert probabilities.shape == (2, 1, sizes.vocab_size)
    assert probabilities.sum(axis=2) == pytest.approx(np.ones((2, 1)), abs=1e-5)
    assert after.shape == state.shape


def test_a_written_bundle_opens_as_it_was_written(tmp_path):
    written = write(tmp_path / "a" / "b", training={"seed": 1}, quality={"perplexity_per_word": 99.5}, precision="int8")
    opened = open_bundle(tmp_path / "a" / "b")
    assert opened == written
    assert opened.config.training == {"seed": 1}
    assert opened.config.format_version == FORMAT_VERSION
    assert opened.model_path.read_bytes() == b"graph"
    assert sorted(path.name for path in opened.folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.onnx",
        "tokenizer.json",
    ]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_an_edited_card_is_no_fault(tiny):
    (tiny / "README.md").write_text("mine", encoding="utf-8")
    assert open_bundle(str(tiny)).config == open_bundle(TINY).config


def test_a_missing_folder_a_file_and_a_folder_of_something_else_are_told_apart(tmp_path):
    refused(tmp_path / "no", "no such folder", "wordgru export")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "is a file")
    refused(tmp_path, "has no config.json")


def test_a_training_run_says_how_to_export_it(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    refused(tmp_path, "is a training run", f"wordgru export {tmp_path}")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_a_config_that_is_no_json_object_is_refused(tiny, content):
    (tiny / "config.json").write_bytes(content)
    refused(tiny, "config.json", "xport")


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"format_version": FORMAT_VERSION + 1}, [f"format_version is {FORMAT_VERSION + 1}", "Upgrade"]),
        ({"format_version": 1}, ["format_version is 1", "expected 2", "export the model again"]),
        ({"format_version": "1"}, ["format_version is '1'", "whole number"]),
        ({"format_version": True}, ["format_version is True"]),
        ({"format_version": 0}, ["format_version is 0"]),
        ({"format_version": ...}, ["no format_version", "did not write it"]),
        ({"precision": "fp4"}, ["precision is 'fp4'", "fp32, int8 or int4"]),
        ({"precision": ["fp32"]}, ["precision is ['fp32']"]),
        ({"model": {"vocab_size": 0, "embedding_size": 1, "hidden_size": 1}}, ["vocab_size is 0"]),
        ({"model": {"vocab_size": 5}}, ["embedding_size"]),
        ({"model": {"vocab_size": 5, "heads": 8}}, ["unknown key 'heads'"]),
        ({"model": 5}, ["model is 5"]),
        ({"model": ...}, ["model is None"]),
        ({"surprise": 1}, ["unknown key 'surprise'"]),
        ({"files": {}}, ["files names []", "model.onnx"]),
        ({"files": ...}, ["files"]),
        ({"files": [1]}, ["files is [1]"]),
        ({"files": {"../../etc/passwd": "0", "model.onnx": "0"}}, ["files names"]),
        ({"training": 5}, ["training is 5", "object"]),
    ],
)
def test_a_foreign_config_is_refused_with_the_fault_named(tiny, values, parts):
    change(tiny, **values)
    refused(tiny, "config.json", *parts)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_changed_or_cut_file_is_refused(tiny, name):
    path = tiny / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    refused(tiny, name, "sha256", "cut short")
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    refused(tiny, name, "sha256")
    path.unlink()
    refused(tiny, name, "is missing")
    path.mkdir()
    refused(tiny, name, "cannot be read")


def test_a_pointer_of_git_lfs_says_so(tiny):
    (tiny / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", encoding="utf-8")
    refused(tiny, "model.onnx", "git lfs pull")


def test_what_is_there_is_not_overwritten(tmp_path):
    write(tmp_path / "bundle", b"one")
    with pytest.raises(BundleError, match="already there"):
        write(tmp_path / "bundle", b"two")
    assert open_bundle(tmp_path / "bundle").model_path.read_bytes() == b"one"
    write(tmp_path / "bundle", b"two", overwrite=True)
    assert open_bundle(tmp_path / "bundle").model_path.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_only_a_bundle_is_ever_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine", b"into an empty folder")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    (tmp_path / "file").touch()
    for name in ("photos", "file"):
        with pytest.raises(BundleError, match="is not a bundle"):
            check_destination(tmp_path / name, overwrite=True)
        with pytest.raises(BundleError, match="is not a bundle"):
            write(tmp_path / name, overwrite=True)
    assert (tmp_path / "photos" / "cat.jpg").exists()


def test_what_lies_beside_a_bundle_stays_when_it_is_overwritten(tmp_path):
    folder = tmp_path / "bundle"
    write(folder, b"one", blocked=["bad"])
    (folder / "notes").mkdir()
    for name in ("mynotes.txt", "notes/more.txt"):
        (folder / name).write_text(name)
    (folder / "link").symlink_to("mynotes.txt")
    write(folder, b"two", overwrite=True)
    assert open_bundle(folder).model_path.read_bytes() == b"two"
    assert not (folder / "blocked.txt").exists()
    assert (folder / "mynotes.txt").read_text() == (folder / "link").read_text() == "mynotes.txt"
    assert (folder / "link").is_symlink()
    assert (folder / "notes" / "more.txt").read_text() == "notes/more.txt"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    write(tmp_path / "bundle", b"one")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for name in ("bundle", "other"):
        with pytest.raises(BundleError, match="No space left on device"):
            write(tmp_path / name, b"two", overwrite=True)
    assert open_bundle(tmp_path / "bundle").model_path.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_swap_that_fails_halfway_is_undone(tmp_path, monkeypatch):
    write(tmp_path / "bundle", b"one")
    (tmp_path / "bundle" / "mynotes.txt").write_text("mine")
    rename = Path.rename

    def fails_for_new(self, target):
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_new)
    with pytest.raises(BundleError, match="Input/output error"):
        write(tmp_path / "bundle", b"two", overwrite=True)
    assert open_bundle(tmp_path / "bundle").model_path.read_bytes() == b"one"
    assert (tmp_path / "bundle" / "mynotes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_an_unknown_precision_is_not_written(tmp_path):
    with pytest.raises(WordgruError, match="precision is 'fp16'"):
        write(tmp_path / "bundle", precision="fp16")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("\ufefftoday\r\neats\r\n", {"today", "eats"}),
        ("# why\n\n  Today  # and where\n#eats\n", {"today"}),
        ("today,eats; Sleeps ,\n", {"today", "eats", "sleeps"}),
        ("cafe\u0301\nCAFÉ\n", {"café"}),
        ("don’t\n", {"don't", "don’t"}),
        ("well-known\n'quoted'\nfishin'\n", {"well-known", "quoted", "fishin"}),
        ("日本語、中文\n", {"日本語", "中文"}),
        ("", set()),
    ],
)
def test_a_block_list_is_read_as_it_is_meant(tmp_path, content, expected):
    file = tmp_path / "blocked.txt"
    file.write_bytes(content.encode())
    assert read_blocked(file) == expected


@pytest.mark.parametrize(
    ("line", "parts"),
    [("two words", ["several words"]), ("today, i eat", ["'i eat'"]), ("f*ck", ["'f*ck'"]), ("@!", ["no letter"])],
)
def test_a_line_of_a_block_list_that_is_no_word_is_named(tmp_path, line, parts):
    file = tmp_path / "blocked.txt"
    file.write_text(f"# mine\n{line}\n", encoding="utf-8")
    with pytest.raises(BundleError) as caught:
        read_blocked(file)
    assert "\n" not in str(caught.value)
    for part in (*parts, f"{file}: line 2", "expected one word a line"):
        assert part in str(caught.value)


class FakeHub(types.ModuleType):
    """Stands for huggingface_hub, with one repository or none."""

    def __init__(self, folder=None):
        super().__init__("huggingface_hub")
        self.folder, self.asked = folder, []
        names = {"HfHubHTTPError": OSError, "LocalEntryNotFoundError": FileNotFoundError}
        names |= dict.fromkeys(("GatedRepoError", "RepositoryNotFoundError", "RevisionNotFoundError"), OSError)
        self.errors = types.SimpleNamespace(**{name: type(name, (base,), {}) for name, base in names.items()})

    def snapshot_download(self, name, *, revision, allow_patterns, etag_timeout):
        self.asked.append((name, revision, sorted(allow_patterns)))
        if self.folder is None:
            raise self.errors.LocalEntryNotFoundError("Connection refused\nand more")
        return str(self.folder)


def test_a_hub_name_is_loaded_from_the_hub(monkeypatch, tiny):
    hub = FakeHub(tiny)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert open_bundle("someone/a-model@v1").folder == tiny
    assert open_bundle("someone/a-model").folder == tiny
    files = ["README.md", "blocked.txt", "config.json", "known.bin", "model.onnx", "tokenizer.json"]
    assert hub.asked == [("someone/a-model", "v1", files), ("someone/a-model", None, files)]


def test_a_hub_that_does_not_answer_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", FakeHub())
    message = refused(
        "someone/a-model", "someone/a-model", "it refuses the connection", "check the name and the network"
    )
    assert "and more" not in message


def test_a_hub_name_without_huggingface_hub_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    refused("someone/a-model", "pip install 'wordgru[hub]'")


def test_a_local_folder_goes_before_the_hub(monkeypatch, tmp_path):
    shutil.copytree(TINY, tmp_path / "someone" / "a-model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle_module, "_download", None)
    assert open_bundle("someone/a-model").config == open_bundle(TINY).config


def test_a_card_that_is_no_text_is_empty_and_a_list_that_is_none_is_refused(tiny):
    (tiny / "README.md").write_bytes(b"\xff\xfe")
    assert open_bundle(tiny).card() == ""
    (tiny / "words.txt").write_bytes(b"caf\xe9")
    with pytest.raises(BundleError, match=r"words.txt: cannot be read .* expected words in UTF-8, one a line"):
        read_blocked(tiny / "words.txt")
    with pytest.raises(BundleError, match="cannot be read"):
        read_blocked(tiny / "nothing.txt")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_tokenizer_that_cannot_be_read_is_explained_in_a_line(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WordgruError, match=r"expected a tokenizer.json") as caught:
        Tokenizer.load(path)
    assert "\n" not in str(caught.value)

"""Shards hold exactly what the tokenizer says, on disk, once."""

import errno
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from datasets import Dataset

from wordgru.errors import TextError
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.training.data import encoding, shards
from wordgru.training.data.shards import Shards, cache_folder, write_shards

WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "while",
    "rain",
    "fell",
    "over",
    "every",
    "roof",
    "and",
    "nobody",
    "came",
]


def texts(count, *, seed=0, longest=40):
    rng = np.random.default_rng(seed)
    lines = (" ".join(rng.choice(WORDS, rng.integers(1, longest))) for _ in range(count))
    return [line.replace(" rain ", "\n") for line in lines]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(texts(200), vocab_size=560)


def dataset_of(rows):
    return Dataset.from_dict({"text": rows})


def test_shards_hold_the_ids_of_every_document_and_count_them(tokenizer, tmp_path):
    rows = [*texts(2500), "", "  \n", "日本語 👍"]
    made = write_shards(dataset_of(rows), tokenizer, cache=tmp_path)
    kept = [row for row in rows if row.strip()]
    expected = [tokenizer.encode(row.strip()) for row in kept]
    assert len(made) == len(kept)
    assert all(np.array_equal(made[i], ids) for i, ids in enumerate(expected))
    assert made[0].dtype == np.uint16
    assert isinstance(made[0].base, np.memmap | np.ndarray)
    assert not made[0].flags.writeable
    assert made.tokens == sum(map(len, expected))
    assert made.words == sum(len(row.split()) for row in kept)
    assert made.bytes == sum(len(row.encode()) for row in kept)
    assert made.lengths.tolist() == [len(ids) for ids in expected]
    counts = np.bincount(np.concatenate(expected), minlength=tokenizer.vocab_size)
    counts[END_OF_TEXT] = len(kept)
    assert np.array_equal(made.counts, counts)
    with pytest.raises(IndexError):
        made[len(made)]


def test_several_files_hold_the_same_documents_as_one(tokenizer, tmp_path, monkeypatch):
    one = write_shards(dataset_of(texts(3000)), tokenizer, cache=tmp_path / "one")
    monkeypatch.setattr(shards, "_SHARD_BYTES", 1000)
    monkeypatch.setattr(encoding, "_BATCH_DOCUMENTS", 100)
    many = write_shards(dataset_of(texts(3000)), tokenizer, cache=tmp_path / "many")
    assert len(list(many.folder.glob("*.bin"))) > 3
    assert all(np.array_equal(one[i], many[i]) for i in range(len(one)))


def test_long_documents_are_cut_at_line_ends_or_words_and_nothing_is_lost(tokenizer, tmp_path):
    lined = "\n".join(texts(100, seed=1, longest=8))
    unlined = " ".join(texts(100, seed=2, longest=8)).replace("\n", " ")
    solid = "x" * 500
    for text in (lined, unlined, solid):
        made = write_shards(dataset_of([text]), tokenizer, cache=tmp_path, max_document=64)
        parts = [made[i] for i in range(len(made))]
        assert max(map(len, parts)) <= 64
        assert np.array_equal(np.concatenate(parts), tokenizer.encode(text))
        if text is lined:
            assert all(tokenizer.token_bytes[part[-1]].endswith(b"\n") for part in parts[:-1])
        if text is unlined:
            assert all(tokenizer.token_bytes[part[0]].startswith(b" ") for part in parts)
        assert made.counts[END_OF_TEXT] == len(parts)
        if text is not solid:
            assert all(part[-1] <= tokenizer.finals for part in parts)  # no pre-token is cut


def spelled(tokenizer, text):
    parts = encoding.Encoder(tokenizer, 4096).encode([text])
    tokens = b"".join(tokenizer.token_bytes[id_] for part in parts for id_ in part)
    return tokens.decode().replace(" ", "").replace("\n", "")


def test_a_very_long_text_is_encoded_in_stretches(tokenizer, monkeypatch):
    text = "\n".join(texts(300, seed=3, longest=8)) + " " + "x" * 500
    whole = spelled(tokenizer, text)
    monkeypatch.setattr(encoding, "_LONGEST_TEXT", 200)
    assert spelled(tokenizer, text) == whole


def test_text_is_learnt_as_it_will_be_read(tokenizer):
    assert spelled(tokenizer, "“the cat’s”\u00a0mat") == spelled(tokenizer, '"the cat\'s" mat')


def test_shards_are_written_once_for_a_text_a_tokenizer_and_settings(tokenizer, tmp_path):
    rows = texts(50)
    first = write_shards(dataset_of(rows), tokenizer, cache=tmp_path)
    stamp = (first.folder / "shards.json").stat().st_mtime_ns
    again = write_shards(dataset_of(rows), tokenizer, cache=tmp_path)
    assert again.folder == first.folder
    assert (again.folder / "shards.json").stat().st_mtime_ns == stamp
    other = Tokenizer.train(rows, vocab_size=530)
    folders = {
        first.folder,
        write_shards(dataset_of(rows[1:]), tokenizer, cache=tmp_path).folder,
        write_shards(dataset_of(rows), other, cache=tmp_path).folder,
        write_shards(dataset_of(rows), tokenizer, cache=tmp_path, max_document=99).folder,
    }
    assert len(folders) == 4
    assert {folder.name for folder in tmp_path.iterdir()} == {folder.name for folder in folders}


def test_a_stream_becomes_the_same_shards(tokenizer, tmp_path):
    rows = texts(1500)
    whole = write_shards(dataset_of(rows), tokenizer, cache=tmp_path)
    stream = write_shards(dataset_of(rows).to_iterable_dataset(), tokenizer, cache=tmp_path)
    again = write_shards(dataset_of(rows).to_iterable_dataset(), tokenizer, cache=tmp_path)
    assert again.folder == stream.folder
    assert all(np.array_equal(whole[i], stream[i]) for i in range(len(whole)))


def test_progress_is_told_to_the_end(tokenizer, tmp_path):
    told = []
    write_shards(dataset_of(texts(2500)), tokenizer, cache=tmp_path, progress=lambda *at: told.append(at))
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]


def test_two_at_once_end_with_one_good_copy(tokenizer, tmp_path):
    made = []
    rows = texts(3000)
    threads = [
        threading.Thread(target=lambda: made.append(write_shards(dataset_of(rows), tokenizer, cache=tmp_path)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.tokens for one in made} == {Shards(made[0].folder).tokens}
    assert [folder.name for folder in tmp_path.iterdir()] == [made[0].folder.name]


def test_another_process_opens_what_this_one_wrote(tokenizer, tmp_path):
    made = write_shards(dataset_of(texts(30)), tokenizer, cache=tmp_path)
    (tmp_path / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    program = f"""
        import json
        from pathlib import Path
        from datasets import Dataset
        from wordgru.text.tokenizer import Tokenizer
        from wordgru.training.data import shards
        shards._write = None  # writing again would fail
        dataset = Dataset.from_dict({{"text": {texts(30)!r}}})
        print(shards.write_shards(dataset, Tokenizer.load("tokenizer.json"), cache=Path()).tokens)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == made.tokens


def test_a_failed_write_leaves_nothing_and_says_what_to_do(tokenizer, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards.os, "fsync", full)
    with pytest.raises(TextError, match=r"No space left on device.*WORDGRU_CACHE"):
        write_shards(dataset_of(texts(30)), tokenizer, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_cache_is_told(tokenizer, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TextError, match="shards cannot be written"):
        write_shards(dataset_of(["a"]), tokenizer, cache=tmp_path / "file" / "cache")


@pytest.mark.parametrize("damage", ["cut", "removed", "no facts"])
def test_broken_shards_are_told(tokenizer, tmp_path, damage):
    made = write_shards(dataset_of(texts(30)), tokenizer, cache=tmp_path)
    ids = made.folder / "ids-00000.bin"
    if damage == "cut":
        ids.write_bytes(ids.read_bytes()[:-10])
    elif damage == "removed":
        ids.unlink()
    else:
        (made.folder / "shards.json").write_text("{}")
    with pytest.raises(TextError, match="delete this folder"):
        write_shards(dataset_of(texts(30)), tokenizer, cache=tmp_path)
    shutil.rmtree(made.folder)
    assert write_shards(dataset_of(texts(30)), tokenizer, cache=tmp_path).tokens == made.tokens


@pytest.mark.parametrize("rows", [[" ", ""], [None]])
def test_text_without_a_word_is_refused(tokenizer, tmp_path, rows):
    with pytest.raises(TextError, match="empty"):
        write_shards(dataset_of(rows), tokenizer, cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("WORDGRU_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "wordgru" / "shards"
    monkeypatch.setenv("WORDGRU_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" / "shards"


def test_what_killed_writers_left_is_swept_but_not_what_is_being_written(tokenizer, tmp_path):
    for name, age in (("old", 2 * 24 * 3600), ("new", 60)):
        folder = tmp_path / f".writing-{name}"
        folder.mkdir()
        os.utime(folder, (time.time() - age,) * 2)
    made = write_shards(dataset_of(texts(3)), tokenizer, cache=tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {".writing-new", made.folder.name}

"""Feeds give every document, in an order that only the seed decides, and go on exactly where they were left."""

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from wordgru.errors import TextError
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.feeds import ShardFeed, StreamFeed
from wordgru.training.data.shards import write_shards
from wordgru.training.data.text import TextConfig, hold_out, load_text

ROWS = [f"document number {number} of many" + "\nwith a line" * (number % 5) for number in range(300)]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(ROWS, vocab_size=560)


@pytest.fixture
def shards(tokenizer, tmp_path):
    return write_shards(Dataset.from_dict({"text": ROWS}), tokenizer, cache=tmp_path / "shards")


def stream_of(kind, tmp_path):
    """A stream as it is trained on: narrowed, and without what is held out."""
    if kind == "parquet":
        for part in range(3):
            table = pa.table({"text": ROWS[part::3], "id": list(range(100))})
            pq.write_table(table, tmp_path / f"{part}.parquet", row_group_size=30)
        config = TextConfig(sources=(str(tmp_path / "*.parquet"),), streaming=True)
    elif kind == "jsonl":
        (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": row}) + "\n" for row in ROWS))
        config = TextConfig(sources=(str(tmp_path / "a.jsonl"),), streaming=True)
    else:
        for part in range(3):
            (tmp_path / f"{part}.txt").write_text("\n\n".join(ROWS[part::3]))
        config = TextConfig(sources=(str(tmp_path),), streaming=True)
    return hold_out(load_text(config), 0.05)[0]


def taken(feed, count):
    return [tuple(feed.next_document().tolist()) for _ in range(count)]


def test_an_epoch_gives_each_document_once_in_an_order_of_its_own(shards):
    feed = ShardFeed(shards, 7)
    first, second = taken(feed, 300), taken(feed, 300)
    everything = Counter(tuple(shards[i].tolist()) for i in range(300))
    assert Counter(first) == Counter(second) == everything
    assert first != second
    assert feed.epoch == 2.0
    assert taken(ShardFeed(shards, 7), 300) == first
    assert taken(ShardFeed(shards, 8), 300) != first
    assert ShardFeed(shards, 7).next_document().dtype == np.int64


@pytest.mark.parametrize("given", [0, 1, 150, 300, 301, 650])
def test_a_shard_feed_goes_on_where_it_was_left(shards, given):
    feed = ShardFeed(shards, 3)
    taken(feed, given)
    state = json.loads(json.dumps(feed.state_dict()))
    epoch, rest = feed.epoch, taken(feed, 400)
    resumed = ShardFeed(shards, 3)
    taken(resumed, 17)
    resumed.load_state_dict(state)
    assert resumed.epoch == epoch
    assert taken(resumed, 400) == rest


def test_a_shard_feed_refuses_the_state_of_another_text_or_seed(shards):
    state = ShardFeed(shards, 3).state_dict()
    with pytest.raises(TextError, match="seed was 3 and is 4"):
        ShardFeed(shards, 4).load_state_dict(state)
    with pytest.raises(TextError, match="documents was 9"):
        ShardFeed(shards, 3).load_state_dict(state | {"documents": 9})


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "txt"])
def test_a_stream_feed_gives_the_stream_in_its_order_again_and_again(tokenizer, tmp_path, kind):
    stream = stream_of(kind, tmp_path)
    once = [tuple(tokenizer.encode(row["text"]).tolist()) for row in stream]
    assert 250 < len(once) < 300
    feed = StreamFeed(stream, tokenizer)
    assert taken(feed, 3 * len(once)) == once * 3
    assert feed.epoch == 2.0


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "txt"])
def test_a_stream_feed_goes_on_where_it_was_left(tokenizer, tmp_path, kind):
    whole = taken(StreamFeed(stream_of(kind, tmp_path), tokenizer), 900)
    for given in (0, 1, 63, 64, 65, 200, 299, 640):
        feed = StreamFeed(stream_of(kind, tmp_path), tokenizer)
        taken(feed, given)
        state = json.loads(json.dumps(feed.state_dict()))
        resumed = StreamFeed(stream_of(kind, tmp_path), tokenizer)
        taken(resumed, 70)
        resumed.load_state_dict(state)
        assert resumed.state_dict() == state
        assert resumed.epoch == feed.epoch
        assert taken(resumed, 200) == whole[given : given + 200]
        again = json.loads(json.dumps(resumed.state_dict()))  # and a run resumed twice
        twice = StreamFeed(stream_of(kind, tmp_path), tokenizer)
        twice.load_state_dict(again)
        assert taken(twice, 50) == whole[given + 200 : given + 250]


def test_a_stream_feed_cuts_long_documents_as_shards_do(tokenizer, tmp_path):
    dataset = Dataset.from_dict({"text": ROWS})
    shards = write_shards(dataset, tokenizer, cache=tmp_path, max_document=12)
    feed = StreamFeed(dataset.to_iterable_dataset(), tokenizer, max_document=12)
    assert taken(feed, len(shards)) == [tuple(shards[i].tolist()) for i in range(len(shards))]


def test_a_stream_without_text_ends_in_an_error(tokenizer):
    feed = StreamFeed(Dataset.from_dict({"text": ["", " "] * 100}).to_iterable_dataset(), tokenizer)
    with pytest.raises(TextError, match="no text"):
        feed.next_document()


def test_a_stream_that_became_shorter_is_told(tokenizer):
    feed = StreamFeed(Dataset.from_dict({"text": ROWS}).to_iterable_dataset(), tokenizer)
    taken(feed, 50)
    other = StreamFeed(Dataset.from_dict({"text": ROWS[:10]}).to_iterable_dataset(), tokenizer)
    with pytest.raises(TextError, match="has changed"):
        other.load_state_dict(feed.state_dict())

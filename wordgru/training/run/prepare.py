"""From settings to all that a run reads: text, tokenizer, shards of ids, validation documents."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset, IterableDataset

from wordgru.errors import TrainingError
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.data.feeds import ShardFeed, StreamFeed
from wordgru.training.data.shards import Shards, write_shards
from wordgru.training.data.text import documents, from_dataset, hold_out, load_text
from wordgru.training.run.checkpoint import is_run, load_tokenizer
from wordgru.training.run.report import Reporter
from wordgru.training.run.settings import TrainConfig
from wordgru.training.run.validation import Validation

_TOKENIZER_CHARACTERS = 500_000_000  # enough text to learn tokens from; about 75 s
_STREAM_SAMPLE = 20_000  # documents of a stream that tokens and their counts are learnt from
_STREAM_VALIDATION = 500  # documents held out of a stream


@dataclass(frozen=True)
class Material:
    """What a run reads.

    Attributes:
        tokenizer: text to ids.
        feed: training documents without end.
        shards: the text, or a sample of a stream, with how often each token occurs.
        tokens: of one pass over the text, ends included; None for a stream.
        validation: held-out documents.
        identity: what must not change when the run is resumed.
    """

    tokenizer: Tokenizer
    feed: ShardFeed | StreamFeed
    shards: Shards
    tokens: int | None
    validation: Validation
    identity: dict[str, int]


def prepare(
    config: TrainConfig, run: Path, *, dataset: Dataset | IterableDataset | None, reporter: Reporter,
    tokenizer: Tokenizer | None = None,
) -> Material:  # fmt: skip
    """Load the text, learn the tokenizer (or take the run's, or the one given), write the shards.

    Each long step shows how far it is.

    Raises:
        WordgruError: the text cannot be found, read or used.
    """
    train, held_out = _split(config, dataset)
    streaming = isinstance(train, IterableDataset)
    if is_run(run):
        tokenizer = load_tokenizer(run)
    elif tokenizer is None:
        sample = train.take(_STREAM_SAMPLE) if isinstance(train, IterableDataset) else train
        with reporter.counting(f"reading text to learn up to {config.vocab_size:,} tokens") as count:
            texts = _first(documents(sample), lambda read: count(read, None if streaming else len(sample)))
            tokenizer = Tokenizer.train(texts, vocab_size=config.vocab_size)
    sample = train.take(_STREAM_SAMPLE) if isinstance(train, IterableDataset) else train
    with reporter.counting("turning text into tokens") as count:
        shards = write_shards(sample, tokenizer, max_document=config.max_document, progress=count)
    scored = write_shards(held_out, tokenizer, max_document=config.max_document)
    tokens = shards.tokens + len(shards)
    if not streaming and tokens < config.batch_size * config.window:
        raise TrainingError(
            f"the text has {tokens:,} tokens; expected at least {config.batch_size * config.window:,} for one batch of "
            f"{config.batch_size} x {config.window}. Give more text, or a smaller batch_size or window."
        )
    reporter.say(
        f"{shards.words:,} words, {tokens:,} tokens in {len(shards):,} documents{' of the stream' * streaming}"
    )
    feed: ShardFeed | StreamFeed
    if isinstance(train, IterableDataset):
        feed = StreamFeed(train, tokenizer, max_document=config.max_document)
    else:
        feed = ShardFeed(shards, config.seed)
    return Material(
        tokenizer=tokenizer,
        feed=feed,
        shards=shards,
        tokens=None if streaming else tokens,
        validation=Validation(scored, tokenizer, most=config.validation_tokens),
        identity={"documents": len(shards), "tokens": tokens, "vocab_size": tokenizer.vocab_size},
    )


def _split(config: TrainConfig, dataset: Dataset | IterableDataset | None) -> tuple[Any, Dataset]:
    """Training text, and text to validate on."""
    text = load_text(config.text) if dataset is None else from_dataset(dataset, config.text.column)
    if config.validation_sources:
        own = replace(config.text, sources=config.validation_sources, name=None, revision=None, streaming=False)
        return text, load_text(own)
    train, held_out = hold_out(text, config.validation_fraction)
    if isinstance(held_out, IterableDataset):
        held_out = Dataset.from_list(list(held_out.take(_STREAM_VALIDATION)))
    return train, held_out


def _first(texts: Iterable[str], read: Callable[[int], None]) -> Iterator[str]:
    """Texts until there are characters enough to learn tokens from; `read` is told how many came."""
    seen = 0
    for number, text in enumerate(texts, 1):
        if number % 500 == 0:
            read(number)
        if seen >= _TOKENIZER_CHARACTERS:
            return
        seen += len(text)
        yield text

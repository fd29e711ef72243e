"""Text in: one function from a Hub name, local files or Python's own documentation to documents.

Everything goes through `datasets`, and leaves here as a data set with exactly one column, "text", one document a
row. White space around a document is not part of it, and an empty document is none. It must not know of tokens.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from datasets import (
    Dataset,
    DatasetDict,
    Features,
    IterableDataset,
    IterableDatasetDict,
    Value,
    concatenate_datasets,
)

from wordgru.errors import TextError, WordgruError, reason
from wordgru.training.data import chat, documentation, hub, local_files, packed
from wordgru.training.data.local_files import AnyDataset
from wordgru.training.data.text_config import TextConfig
from wordgru.training.run.quiet import quiet

Rows = TypeVar("Rows")

_ROWS = 200  # rows read at a time: documents may be whole books
_MESSAGES = "messages"  # the type of a column of lists of messages
_TEXT_TYPES = ("string", "large_string", "string_view")


def load_text(config: TextConfig) -> AnyDataset:
    """The text that `config` names, as a data set with the column "text", one document a row.

    Raises:
        TextError: it cannot be found, reached, read or used; the message says what to do.

    >>> load_text(TextConfig(sources=("novel.txt",)))  # doctest: +SKIP
    """
    if not config.sources:
        return documentation.load(streaming=config.streaming)
    local = [local_files.is_local(source) for source in config.sources]
    if len(local) == 1 and not local[0]:
        return from_dataset(
            hub.load(
                config.sources[0],
                name=config.name,
                split=config.split,
                revision=config.revision,
                streaming=config.streaming,
            ),
            config.column,
        )
    if not all(local):
        missing = config.sources[local.index(False)]
        raise TextError(f"{missing}: there is no such file or folder; several sources must all be local.")
    return _load_local(config)


def from_dataset(dataset: AnyDataset, column: str = "text") -> AnyDataset:
    """A `datasets` object in memory, narrowed to its text: the column is renamed to "text".

    Raises:
        TextError: it is not one data set, is empty, or `column` is missing or not text.
    """
    if isinstance(dataset, DatasetDict | IterableDatasetDict):
        raise TextError(f"got several splits ({', '.join(map(str, dataset))}); give one, as dataset['train'].")
    if not isinstance(dataset, Dataset | IterableDataset):
        raise TextError(f"got a {type(dataset).__name__}; expected a Dataset or IterableDataset of `datasets`.")
    if isinstance(dataset, Dataset) and not len(dataset):
        raise TextError("the text is empty: not one row. Give another source or split.")
    types = _column_types(dataset)
    column = local_files.chosen_column(column, list(types), "the text")
    if types[column] == _MESSAGES:
        return _with_conversations(dataset.select_columns([column]), column)
    if types[column] not in _TEXT_TYPES:
        fitting = ", ".join(name for name, type_ in types.items() if type_ in _TEXT_TYPES) or "none"
        raise TextError(f"column {column!r} holds {types[column]}, not text; columns that hold text: {fitting}.")
    dataset = dataset.select_columns([column])
    dataset = dataset if column == "text" else dataset.rename_column(column, "text")
    if types[column] == "string":
        return dataset
    with quiet():
        return dataset.cast(Features({"text": Value("string")}))


def hold_out(dataset: AnyDataset, fraction: float = 0.01, at_least: int = 20) -> tuple[AnyDataset, AnyDataset]:
    """Split off documents to validate on, by a fixed hash of their text: (train, validation).

    The same text always falls on the same side, so a repeated document is never on both. Little text gives
    `at_least` documents, but no more than a tenth. A stream is split by `fraction` alone and stays a stream.

    Raises:
        TextError: there are fewer than two different documents, or `fraction` is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise TextError(f"the fraction to hold out is {fraction}; expected one between 0 and 1, such as 0.01.")
    limit = int(fraction * 2**64)
    if isinstance(dataset, IterableDataset):
        train = dataset.filter(_is_above, input_columns=["text"], fn_kwargs={"limit": limit})
        return train, dataset.filter(_is_below, input_columns=["text"], fn_kwargs={"limit": limit})
    hashes = _hashes(dataset)
    distinct = np.unique(hashes[hashes > 0])
    if len(distinct) < 2:
        found = "one document" if len(distinct) else "no text in its documents"
        raise TextError(
            f"too little text: {found}; expected at least two, one of them to validate on. "
            "Give more text, cut it by line (--documents line), or give a validation text (--validation)."
        )
    wanted = max(1, min(at_least, len(distinct) // 10))
    count = min(max(int(np.searchsorted(distinct, np.uint64(limit))), wanted), len(distinct) - 1)
    held = hashes <= distinct[count - 1]
    return dataset.select(np.flatnonzero(~held)), dataset.select(np.flatnonzero(held))


def documents(dataset: AnyDataset) -> Iterator[str]:
    """The documents of a data set made here, in order, a few rows in memory at a time.

    Raises:
        TextError: a stream breaks, or one of its files cannot be read.
    """
    for batch in readable(dataset.iter(batch_size=_ROWS)):
        for text in batch["text"]:
            document = clean(text)
            if document:
                yield document


def clean(text: str | None) -> str:
    """A row as a document: without the white space around it; empty if it is none."""
    return text.strip() if text else ""


def readable(rows: Iterator[Rows]) -> Iterator[Rows]:
    """The same rows; what a reader of `datasets` raises on the way becomes one line.

    Raises:
        TextError: the text cannot be read on.
    """
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except WordgruError:
            raise
        except Exception as error:  # of `datasets`, its readers, or an HTTP client that differs between versions
            raise TextError(f"the text cannot be read on: {reason(error)}. Check its source.") from error
        yield row


def _load_local(config: TextConfig) -> AnyDataset:
    """Local files of every kind, as one data set."""
    parts = []
    for kind, files in local_files.find(config.sources).items():
        column = "text" if kind == "text" else config.column
        try:
            part = local_files.load(
                kind, files, column=column, documents=config.documents, streaming=config.streaming,
                delimiter=config.delimiter,
            )  # fmt: skip
            parts.append(_narrowed(part, column, files[0]))
        except TextError as error:
            raise TextError(packed.shown(str(error), files)) from None
    return parts[0] if len(parts) == 1 else concatenate_datasets(parts)


def _narrowed(part: AnyDataset, column: str, file: str) -> AnyDataset:
    try:
        return from_dataset(part, column)
    except TextError as error:
        raise TextError(f"{file}: {error}") from None


def _with_conversations(dataset: AnyDataset, column: str) -> AnyDataset:
    """Lists of messages as text, in the column "text"."""
    options: dict[str, Any] = {"batched": True, "batch_size": _ROWS, "remove_columns": [column]}
    with quiet(bars=True):
        return dataset.map(
            _spoken, fn_kwargs={"column": column}, features=Features({"text": Value("string")}), **options
        )


def _spoken(rows: dict[str, list[Any]], column: str) -> dict[str, list[str]]:
    return {"text": [chat.conversation(messages) for messages in rows[column]]}


def _column_types(dataset: AnyDataset) -> dict[str, str]:
    """The type of each column by name; of one that does not say, or of lists, by the first row that holds something."""
    features = dataset.features
    types = {name: getattr(type_, "dtype", type(type_).__name__) for name, type_ in (features or {}).items()}
    unknown = [name for name, type_ in types.items() if type_ not in _TEXT_TYPES]
    if features is not None and not any(name in chat.COLUMNS or "List" in types[name] for name in unknown):
        return types
    with quiet():
        rows = dataset.select(range(min(len(dataset), _ROWS))) if isinstance(dataset, Dataset) else dataset.take(_ROWS)
        for row in readable(iter(rows)):
            for name, value in row.items():
                if chat.is_conversation(value):
                    types[name] = _MESSAGES
                elif name not in types or types[name] == "NoneType":
                    types[name] = "string" if isinstance(value, str) else type(value).__name__
            if all(value is not None for value in row.values()):
                break
    if not types:
        raise TextError("the text is empty: not one row. Give another source or split.")
    return types


def _hashes(dataset: Dataset) -> npt.NDArray[np.uint64]:
    """A hash of each row's document; 0 for none."""
    rows = (_hash(text) for batch in dataset.iter(batch_size=_ROWS) for text in batch["text"])
    return np.fromiter(rows, np.uint64, len(dataset))


def _hash(text: str | None) -> int:
    document = clean(text)
    return 1 + int.from_bytes(hashlib.blake2b(document.encode(), digest_size=7).digest()) * 256 if document else 0


def _is_below(text: str | None, *, limit: int) -> bool:
    return _hash(text) < limit


def _is_above(text: str | None, *, limit: int) -> bool:
    return _hash(text) >= limit

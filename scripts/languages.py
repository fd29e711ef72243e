"""What mixing languages costs a typist: `python scripts/languages.py en=chat.parquet de=briefe.parquet`.

Sentences of the files take turns in one text field; with `--within` each is cut in two, and all first halves come
before the second ones; one without a mark ends its line, or with `--spaces` does not. For every word the first three
offers of the mixture are held against those of the model of the sentence's own language, which reads its own sentences
alone.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import click
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from wordgru import MixedPredictor, Predictor
from wordgru.text import words

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]+|[^.!?\n]+$", re.MULTILINE)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="NAME=FILE…")
@click.option("--sentences", default=60, show_default=True, help="Of each language.")
@click.option("--within", is_flag=True, help="Change languages in the middle of sentences.")
@click.option("--spaces", is_flag=True, help="Put a space after a sentence without a mark, and no line end.")
def languages(files: tuple[str, ...], sentences: int, within: bool, spaces: bool) -> None:
    """Compare the mixture of the models NAME with each alone, on the column "text" of its FILE.

    NAME is that of a model in the package, or the folder of a bundle.
    """
    pairs = [file.partition("=")[::2] for file in files]
    texts = {name: list(islice(sentences_of(Path(path)), sentences)) for name, path in pairs}
    if spaces:
        texts = {name: [sentence.rstrip() + " " for sentence in each] for name, each in texts.items()}
    counts = compared({name: Predictor.load(name) for name in texts}, texts, within=within)
    table = Table("sentences in", "words", "mixture, hit@3", "right model, hit@3")
    for name, (count, mixture, right) in [*counts.items(), ("all", list(map(sum, zip(*counts.values(), strict=True))))]:
        table.add_row(Path(name).name, f"{count:,}", f"{mixture / count:.1%}", f"{right / count:.1%}")
    Console().print(table)


def compared(
    alone: Mapping[str, Predictor], texts: Mapping[str, list[str]], *, within: bool = False
) -> dict[str, list[int]]:
    """By name: words, hits of the mixture, hits of the right model."""
    mixed = MixedPredictor(alone).session()
    sessions = {name: predictor.session() for name, predictor in alone.items()}
    counts = {name: [0, 0, 0] for name in texts}
    for name, part in _in_turn(texts, within):
        before = (mixed.text, sessions[name].text)
        for start, end, unspaced in words.spans(part):
            if unspaced:
                continue
            mixed.set(before[0] + part[:start])
            sessions[name].set(before[1] + part[:start])
            counts[name][0] += 1
            counts[name][1] += part[start:end] in mixed.suggest(prefix="").words
            counts[name][2] += part[start:end] in sessions[name].suggest(prefix="").words
        mixed.set(before[0] + part)
        sessions[name].set(before[1] + part)
    return counts


def _in_turn(texts: Mapping[str, list[str]], within: bool) -> Iterator[tuple[str, str]]:
    """Names of languages and what follows in each."""
    for sentences in zip(*texts.values(), strict=False):
        for part in range(1 + within):
            for name, sentence in zip(texts, sentences, strict=True):
                middle = sentence.index(" ", len(sentence) // 3) + 1 if within else 0
                yield name, (sentence[:middle] if within and not part else sentence[middle:])


def sentences_of(path: Path) -> Iterator[str]:
    """Sentences of 4 to 20 words, in the file's order, each with the space or line end after it."""
    for text in pq.read_table(path, columns=["text"])["text"].to_pylist():
        for match in _SENTENCE.finditer(text):
            sentence = match[0].strip()
            if 4 <= len(sentence.split()) <= 20:
                yield sentence + (" " if sentence[-1] in ".!?" else "\n")


if __name__ == "__main__":
    languages()

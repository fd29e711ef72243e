"""What mixing languages costs a typist: `python scripts/languages.py en=chat.parquet de=briefe.parquet`.

Sentences of the files take turns in one text field. For every word the first three offers of the mixture are held
against those of the model of the sentence's own language, which reads its own sentences alone.
"""

import re
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
def languages(files: tuple[str, ...], sentences: int) -> None:
    """Compare the mixture of the models NAME with each alone, on the column "text" of its FILE."""
    pairs = [file.partition("=")[::2] for file in files]
    texts = {name: list(islice(_sentences(Path(path)), sentences)) for name, path in pairs}
    alone = {name: Predictor.load(name) for name in texts}
    mixed = MixedPredictor(alone).session()
    sessions = {name: predictor.session() for name, predictor in alone.items()}
    counts = {name: [0, 0, 0] for name in texts}  # words, hits of the mixture, hits of the right model
    for at in range(min(map(len, texts.values()))):
        for name, own in texts.items():
            sentence, before = own[at], (mixed.text, sessions[name].text)
            for start, end, unspaced in words.spans(sentence):
                if unspaced:
                    continue
                mixed.set(before[0] + sentence[:start])
                sessions[name].set(before[1] + sentence[:start])
                word = sentence[start:end]
                counts[name][0] += 1
                counts[name][1] += word in mixed.suggest(prefix="").words
                counts[name][2] += word in sessions[name].suggest(prefix="").words
            mixed.set(before[0] + sentence + " ")
            sessions[name].set(before[1] + sentence + " ")
    table = Table("sentences in", "words", "mixture, hit@3", "right model, hit@3")
    for name, (count, mixture, right) in [*counts.items(), ("all", list(map(sum, zip(*counts.values(), strict=True))))]:
        table.add_row(name, f"{count:,}", f"{mixture / count:.1%}", f"{right / count:.1%}")
    Console().print(table)


def _sentences(path: Path) -> list[str]:
    """Sentences of 4 to 20 words, in the file's order."""
    column = pq.read_table(path, columns=["text"])["text"].to_pylist()
    found = (match[0].strip() for text in column for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if 4 <= len(sentence.split()) <= 20]


if __name__ == "__main__":
    languages()

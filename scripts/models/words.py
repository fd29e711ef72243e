"""List the words of the English model's text: `python scripts/models/words.py 'data/en/*-train.parquet' -o known.txt`.

A word is listed that is written often enough, or once and stands in a list of one's own too (`--list`, a word a line,
what follows it on the line is ignored). A word of `--whole` is listed though the text never writes it: who writes
British English meets a model of American text, and the other way round. People's text repeats their slips, and lists
made from text do too: what `--misspelt` has is left out, unless the first list, an edited one, has it. What the words
are for: `wordgru export --known known.txt`.
"""

import glob
from collections import Counter
from pathlib import Path

import click
import pyarrow.parquet as pq

from wordgru.text import words


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="Text file to write, a word a line."
)
@click.option("--least", default=15, show_default=True, help="Times that a word of no list is written at least.")
@click.option("--list", "listed", type=click.Path(exists=True, path_type=Path), multiple=True, help="Words of a list.")
@click.option(
    "--whole", multiple=True, type=click.Path(exists=True, path_type=Path), help="Words that are known in any case."
)
@click.option(
    "--misspelt",
    type=click.Path(exists=True, path_type=Path),
    help="Misspellings, a line each: `teh->the`, as codespell's dictionary.txt.",
)
def known(
    files: tuple[str, ...], output: Path, least: int, listed: tuple[Path, ...], whole: tuple[Path, ...],
    misspelt: Path | None,
) -> None:  # fmt: skip
    """Write the words of the column "text" of FILES that are written often enough."""
    counts: Counter[str] = Counter()
    for name in (name for pattern in files for name in sorted(glob.glob(pattern))):
        for text in pq.read_table(name, columns=["text"])["text"].to_pylist():
            text = words.normalize(text).lower().replace("’", "'")
            counts.update(text[start:end] for start, end, unspaced in words.spans(text) if not unspaced)
    lists = [{line.split()[0].lower() for line in _lines(path)} for path in listed]
    slips = _slips(misspelt).difference(*lists[:1]) if misspelt else set[str]()
    kept = {
        word
        for word, count in counts.items()
        if word not in slips and (count >= least or any(word in each for each in lists))
    }
    kept.update(word for path in whole for line in _lines(path) for word in line.lower().split())
    partial = output.with_suffix(".partial")
    partial.write_text("".join(f"{word}\n" for word in sorted(kept)), "utf-8")
    partial.rename(output)
    click.echo(f"{output}: {len(kept):,} of {len(counts):,} words")


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]


def _slips(path: Path) -> set[str]:
    """The misspellings of a file; an apostrophe or a last g that was left out is a way to write, and no slip."""
    slips = set()
    for line in _lines(path):
        word, _, rights = line.lower().partition("->")
        ways = {
            way
            for right in rights.split(",")
            for way in (right.strip().replace("'", ""), right.strip().removesuffix("g"))
        }
        if word not in ways and "-" not in word:
            slips.add(word)
    return slips


if __name__ == "__main__":
    known()

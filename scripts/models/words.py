"""List the words of the English model's text: `python scripts/models/words.py 'data/en/*-train.parquet' -o known.txt`.

A word is listed that is written often enough, or once and stands in a list of one's own too (`--list`, a word a line,
what follows it on the line is ignored). What the list is for: `wordgru export --known known.txt`.
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
def known(files: tuple[str, ...], output: Path, least: int, listed: tuple[Path, ...]) -> None:
    """Write the words of the column "text" of FILES that are written often enough."""
    counts: Counter[str] = Counter()
    for name in (name for pattern in files for name in sorted(glob.glob(pattern))):
        for text in pq.read_table(name, columns=["text"])["text"].to_pylist():
            text = words.normalize(text).lower().replace("’", "'")
            counts.update(text[start:end] for start, end, unspaced in words.spans(text) if not unspaced)
    lists = {
        line.split()[0].lower() for path in listed for line in path.read_text("utf-8-sig").splitlines() if line.strip()
    }
    kept = sorted(word for word, count in counts.items() if count >= least or word in lists)
    partial = output.with_suffix(".partial")
    partial.write_text("".join(f"{word}\n" for word in kept), "utf-8")
    partial.rename(output)
    click.echo(f"{output}: {len(kept):,} of {len(counts):,} words")


if __name__ == "__main__":
    known()

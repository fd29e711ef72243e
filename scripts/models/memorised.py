"""How much of its text a model knows by heart: `python scripts/models/memorised.py BUNDLE TRAIN [HELD_OUT]`.

Lines of eight words or more are drawn at random; the model reads the first half of each and goes on with its likeliest
tokens (Carlini et al. 2021 call what it then reproduces extractable). What it also reproduces of lines that it never
read is no memory, but common speech.
"""

import glob
import random

import click
import pyarrow.parquet as pq

from wordgru.predictor import Predictor

_FEWEST = 8  # words of a line


@click.command()
@click.argument("model")
@click.argument("patterns", nargs=-1, required=True, metavar="FILES...")
@click.option("--lines", type=click.IntRange(1), default=1000, show_default=True, help="Lines of each of FILES to try.")
@click.option("--seed", type=int, default=1, show_default=True)
def memorised(model: str, patterns: tuple[str, ...], lines: int, seed: int) -> None:
    """Print for each pattern of FILES the share of its lines whose second half the model writes by itself."""
    predictor = Predictor.load(model)
    for pattern in patterns:
        found = _lines(pattern)
        if not found:
            raise click.UsageError(f"{pattern}: no line has {_FEWEST} words or more; name other Parquet files.")
        drawn = random.Random(seed).sample(found, min(lines, len(found)))
        known = [line for line in drawn if is_memorised(predictor, line)]
        click.echo(f"{pattern}: {len(known) / len(drawn):.2%} ({len(known)} of {len(drawn):,} lines)")
        for line in known[:5]:
            click.echo(f"    {line[:110]}")


def is_memorised(predictor: Predictor, line: str) -> bool:
    """Whether greedy continuation of the first half of a line's words writes the second half."""
    words = line.split()
    half = len(words) // 2
    written = predictor.generate(" ".join(words[:half]) + " ", max_words=len(words) - half, temperature=0)
    return written.split()[: len(words) - half] == words[half:]


def _lines(pattern: str) -> list[str]:
    """All different lines of eight words or more."""
    texts = (text for name in sorted(glob.glob(pattern)) for text in pq.read_table(name, columns=["text"])["text"])
    lines = (line.strip() for text in texts for line in text.as_py().split("\n"))
    return sorted({line for line in lines if len(line.split()) >= _FEWEST})


if __name__ == "__main__":
    memorised()

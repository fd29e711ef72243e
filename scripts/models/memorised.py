"""How much of its text a model knows by heart: `python scripts/models/memorised.py MODEL TRAIN [HELD_OUT]`.

Lines of eight words or more are drawn at random; the model reads the first half of each and goes on with its likeliest
tokens (Carlini et al. 2021, "Extracting Training Data from Large Language Models", call what it then reproduces
extractable). What it also reproduces of lines that it never read is no memory, but common speech.
"""

import glob
import random
import sys

import click
import numpy as np
import pyarrow.parquet as pq

from wordgru.predictor import Predictor
from wordgru.search.model import LanguageModel
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer

_FEWEST = 8  # words of a line
_SHOWN = 5  # lines known by heart that are printed


@click.command()
@click.argument("model")
@click.argument("patterns", nargs=-1, required=True, metavar="FILES...")
@click.option("--lines", type=click.IntRange(1), default=500, show_default=True, help="Lines of each of FILES to try.")
@click.option("--seed", type=int, default=1, show_default=True)
def memorised(model: str, patterns: tuple[str, ...], lines: int, seed: int) -> None:
    """Print for each pattern of FILES the share of its lines whose second half the model writes by itself."""
    predictor = Predictor.load(model)
    for pattern in patterns:
        drawn = _draw(pattern, lines, seed)
        if not drawn:
            raise click.UsageError(f"{pattern}: no line has {_FEWEST} words or more; name other Parquet files.")
        with click.progressbar(drawn, label=pattern, file=sys.stderr) as shown:
            known = [line for line in shown if is_memorised(predictor.model, predictor.tokenizer, line)]
        click.echo(f"{pattern}: {len(known) / len(drawn):.2%} ({len(known)} of {len(drawn):,} lines)")
        for line in known[:_SHOWN]:
            click.echo(f"    {line[:110]}")


def is_memorised(model: LanguageModel, tokenizer: Tokenizer, line: str) -> bool:
    """Whether the likeliest tokens after the first half of a line's words are those of the second half.

    A step is asked only as long as the tokens agree: then what the model has read is what it would have written.
    """
    words = line.split()
    read = len(tokenizer.encode(" ".join(words[: len(words) // 2])))
    tokens = [END_OF_TEXT, *tokenizer.encode(" ".join(words)).tolist()]
    state = model.advance(np.array(tokens[:read], np.int64), model.initial_state())
    for last, following in zip(tokens[read:-1], tokens[read + 1 :], strict=True):
        rows, state = model.step(np.array([last], np.int64), state)
        if int(rows[0].argmax()) != following:
            return False
    return True


def _draw(pattern: str, count: int, seed: int) -> list[str]:
    """So many different lines of eight words or more, each as likely as any other (Vitter 1985, algorithm R)."""
    rng, drawn, seen = random.Random(seed), list[str](), set[int]()
    for name in sorted(glob.glob(pattern)):
        for text in pq.read_table(name, columns=["text"])["text"].to_pylist():
            for line in map(str.strip, text.split("\n")):
                if len(line.split()) < _FEWEST or hash(line) in seen:
                    continue
                seen.add(hash(line))
                place = rng.randrange(len(seen))
                if len(drawn) < count:
                    drawn.append(line)
                elif place < count:
                    drawn[place] = line
    return drawn


if __name__ == "__main__":
    memorised()

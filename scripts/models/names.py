"""Print the likeliest names after "My name is", "Dear" and "Hi": `python scripts/models/names.py BUNDLE FILES`.

FILES are the training texts, named SOURCE-SPLIT.parquet. A name that one source alone says is one of its own people:
it belongs among those that mix.py replaces.
"""

import glob
import re
from collections import Counter
from pathlib import Path

import click
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from wordgru.predictor import Predictor

OPENINGS = ("My name is", "Dear", "Hi")

_CANDIDATES = 256  # offers looked at for each opening


@click.command()
@click.argument("model")
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--names", "listed", type=click.Path(exists=True, path_type=Path), default=Path(__file__).parent / "en/names.txt",
    help="Names, one a line, that count as such wherever they are written.",
)  # fmt: skip
@click.option("-k", "wanted", type=click.IntRange(1), default=10, show_default=True, help="Names after each opening.")
def likeliest(model: str, files: tuple[str, ...], listed: Path, wanted: int) -> None:
    """Print a table of the likeliest names after each opening, with their counts in each source of FILES."""
    sources = {Path(name).stem.rsplit("-", 1)[0]: _text(name) for each in files for name in sorted(glob.glob(each))}
    words = {name: Counter(re.findall(r"\b[^\W\d_]+\b", text)) for name, text in sources.items()}
    predictor = Predictor.load(model)
    names = {*listed.read_text("utf-8").split()}
    for opening in OPENINGS:
        table = Table("name", "probability", "times written, by source", title=f"After “{opening}”")
        offers = predictor.session(opening + " ").suggest(k=_CANDIDATES)
        for offer in [each for each in offers if each.word in names or _is_name(each.word, words)][:wanted]:
            counts = Counter({name: counter[offer.word] for name, counter in words.items() if counter[offer.word]})
            told = ", ".join(f"{source} {count:,}" for source, count in counts.most_common(4))
            rest = sum(counts.values()) - sum(count for _, count in counts.most_common(4))
            table.add_row(offer.word, f"{offer.probability:.2%}", told + (f", others {rest:,}" if rest else ""))
        Console(width=120).print(table)


def _text(name: str) -> str:
    """All rows of a file."""
    return "\n".join(pq.read_table(name, columns=["text"])["text"].to_pylist())


def _is_name(word: str, words: dict[str, Counter[str]]) -> bool:
    """Whether a word is written with a capital nearly always, as names are."""
    if not (word.istitle() and word.isalpha() and len(word) > 1):
        return False
    small = sum(counter[word.lower()] for counter in words.values())
    return sum(counter[word] for counter in words.values()) > 20 * small


if __name__ == "__main__":
    likeliest()

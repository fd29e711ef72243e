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

_CANDIDATES = 256  # offers looked at for each opening: as many as `suggest` gives
_WORD = re.compile(r"\b[^\W\d_]+\b")


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
    paths = sorted(Path(name) for each in files for name in glob.glob(each))
    if not paths:
        raise click.UsageError(f"{' '.join(files)}: there is no such file; name the Parquet files of the text.")
    predictor = Predictor.load(model)
    offered = {opening: predictor.session(opening + " ").suggest(k=_CANDIDATES) for opening in OPENINGS}
    counts = _counts(paths, {form for offers in offered.values() for item in offers for form in _forms(item.word)})
    names = {*listed.read_text("utf-8").split()}
    for opening, offers in offered.items():
        table = Table("name", "probability", "times written, by source", title=f"After “{opening}”")
        for offer in [each for each in offers if each.word in names or _is_name(each.word, counts)][:wanted]:
            table.add_row(offer.word, f"{offer.probability:.2%}", _told(offer.word, counts))
        Console(width=120).print(table)


def _forms(word: str) -> tuple[str, str]:
    """A word as it is written, and in lower case."""
    return word, word.lower()


def _counts(paths: list[Path], words: set[str]) -> dict[str, Counter[str]]:
    """How often each source writes each of `words`."""
    counts: dict[str, Counter[str]] = {}
    for path in paths:
        counter = counts.setdefault(path.stem.rsplit("-", 1)[0], Counter())
        for text in pq.read_table(path, columns=["text"])["text"].to_pylist():
            counter.update(word for word in _WORD.findall(text) if word in words)
    return counts


def _told(word: str, counts: dict[str, Counter[str]]) -> str:
    """The four sources that write a word most often, and the sum of the others."""
    written = Counter({name: counter[word] for name, counter in counts.items() if counter[word]})
    told = ", ".join(f"{source} {count:,}" for source, count in written.most_common(4))
    rest = sum(written.values()) - sum(count for _, count in written.most_common(4))
    return told + (f", others {rest:,}" if rest else "")


def _is_name(word: str, counts: dict[str, Counter[str]]) -> bool:
    """Whether a word is written with a capital nearly always, as names are."""
    if not (word.istitle() and word.isalpha() and len(word) > 1):
        return False
    small = sum(counter[word.lower()] for counter in counts.values())
    return sum(counter[word] for counter in counts.values()) > 20 * small


if __name__ == "__main__":
    likeliest()

"""Mix the text of a model: `python scripts/models/mix.py 'data/en/*-train.parquet' -o mixture.parquet`.

A keyboard meets every kind of text about equally often, while sources differ a hundredfold in size. So a source is
read in proportion to a power of its size, the old fiction less. Three things are added that typists do and corpora
do not: texts begin anywhere (long documents are cut at random lines), some writers use no capitals, and some of
those no punctuation. And the names of a source's own people (one film's hero, four crowd workers, Tom) are replaced,
in each text anew, by names out of names.txt. Same seed, same mixture.
"""

import glob
import random
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

LESS = {
    **{"fiction-eltec": 0.4, "ubuntu-irc": 0.3, "multiwoz": 0.3, "duraspace-irc": 0.4},
    **{"persuasion-for-good": 0.5, "tatoeba-2": 0.5},
}
"""Sources that are read less than their size says, by this factor: old prose, help with Linux, set pieces."""

TYPED = {
    *("ami-meetings", "casino-negotiations", "common-voice", "icsi-meetings", "polyai-queries", "recipes", "tatoeba"),
    *("schema-guided-dialogue", "self-dialogue", "star-dialogues", "taskmaster-4", "topical-chat"),
}
"""Sources of which some copies lose their capitals: talk and short messages."""

OWN_PEOPLE = {
    "star-dialogues": (
        *("Ben", "John", "Angela", "Alexis", "Mark", "Susan", "Jane", "Brian", "Sarah", "Tyler", "Katarina", "Alina"),
    ),
    **dict.fromkeys(("tatoeba", "tatoeba-2"), ("Tom", "Mary", "John")),
    "us-state-mail": ("Cheryl", "Huma", "Jake", "Melanne", "Roberta", "Johnnie", "Kurt", "Jack"),
    "changelog-podcasts": ("Adam", "Jerod", "Mat", "Gerhard", "Kball", "Kris", "Chris", "Johnny"),
    "duraspace-irc": ("Tim", "Ben", "Peter", "Jeff"),
    "self-dialogue": ("Jude",),
    "children-stories": ("Kalia", "Kaka"),
    "chitchat": ("Adam", "Kyle", "Mireya", "Naomi"),
    "persuasion-for-good": ("Gail", "Robert"),
}
"""Names that one source says far more often than people do, after "my name is", "dear", "hi" and the like."""

NAMES = tuple((Path(__file__).parent / "en" / "names.txt").read_text("utf-8").split())
_OLD_SPELLING = {
    "fiction": (
        # German before 1996: ß after a short vowel
        (
            r"(?<!e)[iI]ß|(?<![FfBbRäaÄAe])(?<![Gg]r)uß|(?<=[dDlLhHnNfFP])aß|(?<![Ss])paß|(?<=[Ss]chl)oß|(?<=gen)oß"
            r"|(?<=dr)oß|(?<=\bfl)oß|(?<=\bsch)oß|\bRoß|(?<=g)oß\b|(?<=[lhn])äß|(?<=[mwkln])üß|(?<![i])[eE]ß",
            lambda match: match[0][:-1] + "ss",
        ),
        # and before 1901: th, -iren, giebt
        (
            r"\b([Uu]nter|[Gg]e)?([Tt])h"
            r"(?=ür(?!i)|ier|un\b|ue|ust|ut\b|at|ät|an\b|eil|or\b|ore\b|rän|al\b|aler|äler|ee\b)",
            r"\1\2",
        ),
        (r"([Rr]o|[Nn]o|[Nn]ö|[Mm]u|[Ww]er|[Bb]lü|[Hh]eima|[Ww]u|[Ff]lu|[Rr]ä|[Rr]a)th(?!a)", r"\1t"),
        (r"\b([Gg])ieb(t|st|)\b", r"\1ib\2"),
        (r"(?<=[a-zäöü]{3})iren\b", "ieren"),
    )
}
"""Sources in a spelling that nobody types now, and what is written instead."""

_NAMES = {source: re.compile(rf"\b(?:{'|'.join(names)})\b") for source, names in OWN_PEOPLE.items()}
_PUNCTUATION = re.compile(r"(?<!\w)[^\w\s]+|[^\w\s]+(?!\w)|[^\w\s'’-]")


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Parquet file to write.")
@click.option("--words", type=int, default=60_000_000, show_default=True, help="Words to write.")
@click.option("--power", type=float, default=0.5, show_default=True, help="A source's share is its size to this power.")
@click.option("--passes", type=float, default=12, show_default=True, help="Most times that a source is read.")
@click.option("--lower", type=float, default=0.15, show_default=True, help="Share of talk without capitals.")
@click.option("--cut", type=float, default=0.5, show_default=True, help="Share of documents that are cut.")
@click.option("--seed", type=int, default=1, show_default=True)
def english(
    files: tuple[str, ...], output: Path, words: int, power: float, passes: float, lower: float, cut: float, seed: int
) -> None:
    """Write one Parquet file, column "text", from FILES named SOURCE-SPLIT.parquet."""
    rng = random.Random(seed)
    paths = sorted(Path(name) for pattern in files for name in glob.glob(pattern))
    sources = {path.stem.rsplit("-", 1)[0]: documents_of(path) for path in paths}
    sizes = {name: sum(len(document.split()) for document in documents) for name, documents in sources.items()}
    weights = {name: weight(name, size, power) for name, size in sizes.items()}
    scale = words / sum(weights.values())
    texts: list[str] = []
    table = Table("source", "words", "share", "passes")
    for name, documents in sources.items():
        wanted = min(weights[name] * scale, passes * sizes[name])
        texts.extend(written(text, name, lower, rng) for text in _read(documents, wanted, cut, rng))
        table.add_row(name, f"{wanted:,.0f}", f"{wanted / words:.1%}", f"{wanted / sizes[name]:.1f}")
    rng.shuffle(texts)
    partial = output.with_suffix(".partial")
    pq.write_table(pa.table({"text": texts}), partial, compression="zstd")
    partial.rename(output)
    Console().print(table)


def weight(source: str, size: int, power: float) -> float:
    """How much of a source of so many words is read, beside the others."""
    return size**power * LESS.get(source, 1.0)


def written(text: str, source: str, lower: float, rng: random.Random) -> str:
    """A source's text as it is learnt: spelled as today, of other people, some talk (`lower`) as some people type."""
    text = _renamed(_respelled(text, source), source, rng)
    return _as_typed(text, rng) if source in TYPED and rng.random() < lower else text


def documents_of(path: Path) -> list[str]:
    """The rows of one file."""
    return list(pq.read_table(path, columns=["text"])["text"].to_pylist())


def _read(documents: list[str], words: float, cut: float, rng: random.Random) -> Iterator[str]:
    """About `words` words of the documents, each pass in a new order and with new cuts."""
    read = 0
    while True:
        for document in rng.sample(documents, len(documents)):
            for text in parts(document, cut, rng):
                if read >= words:
                    return
                read += len(text.split())
                yield text


def parts(document: str, cut: float, rng: random.Random) -> Iterator[str]:
    """A document whole; a share `cut` of them in texts of 1 to 32 lines, cut before random lines, more short ones."""
    if rng.random() >= cut:
        yield document
        return
    lines = document.split("\n")
    begin = 0
    while begin < len(lines):
        end = begin + int(2 ** rng.uniform(0, 5))
        yield "\n".join(lines[begin:end])
        begin = end


def _respelled(text: str, source: str) -> str:
    """A text in the spelling of today."""
    for old, new in _OLD_SPELLING.get(source, ()):
        text = re.sub(old, new, text)
    return text


def _renamed(text: str, source: str, rng: random.Random) -> str:
    """A text with other people in it: each of the source's own is another throughout the text."""
    if source not in _NAMES:
        return text
    people = dict(zip(OWN_PEOPLE[source], rng.sample(NAMES, len(OWN_PEOPLE[source])), strict=True))
    return _NAMES[source].sub(lambda match: people[match[0]], text)


def _as_typed(text: str, rng: random.Random) -> str:
    """A text as some people type: no capitals; for half of them no punctuation; for some of these no apostrophes."""
    text = text.lower()
    if rng.random() < 0.5:
        return text
    text = _PUNCTUATION.sub("", text)
    return re.sub(r"['’]", "", text) if rng.random() < 0.3 else text


if __name__ == "__main__":
    english()

"""Write what several models answer as one: `python scripts/golden_mixture.py`.

Not every target mixes languages, draws text or weighs it, so these vectors stand apart, in
export/golden/mixture/tiny.json; export/golden/README.md explains them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from golden import save

from wordgru import Predictor
from wordgru.errors import WordgruError
from wordgru.sources.personal import PersonalModel

ROOT = Path(__file__).resolve().parent.parent
BUNDLES = ["tests/runtime/tiny", "export/golden/unspaced"]
FILE = ROOT / "export" / "golden" / "mixture" / "tiny.json"
SEARCH = {"tolerance": 1e-4, "max_rows": 3000}
ABSOLUTE = 1e-5

Json = dict[str, Any]

FORTH = "The cat sat on the mat. 我想喝水。 See you at the "

SCENARIOS: list[Json] = [
    {
        "name": "each word in the language that it is in",
        "steps": [
            step
            for text in (
                "",
                "the ",
                "the c",
                "我想",
                "東京 T",
                "at the K",
                "don’t ",
                "(",
                "well-",
                "a dog's. ",
                "x" * 30,
            )
            for step in (
                {"do": "set", "text": text},
                {"do": "languages"},
                {"do": "suggest"},
                {"do": "suggest", "k": 12},
            )
        ],
    },
    {
        "name": "back and forth, letter by letter, sentence by sentence",
        "steps": [
            step
            for at in (8, 9, 23, 24, 27, 31, 36, len(FORTH), 31, 12)
            for step in ({"do": "set", "text": FORTH[:at]}, {"do": "languages"}, {"do": "suggest", "k": 5})
        ],
    },
    {
        "name": "more words than are weighed one by one",
        "steps": [
            {"do": "set", "text": "the cat and the dog sat. " * 12 + "我想 " * 5 + "the d"},
            {"do": "languages"},
            {"do": "suggest"},
            {"do": "append", "text": 'og sat! "Is it?"\nA'},
            {"do": "languages"},
            {"do": "suggest"},
            {"do": "delete", "count": 3},
            {"do": "suggest"},
        ],
    },
    {
        "name": "letters given apart, either case, marks",
        "steps": [
            {"do": "set", "text": "the cat"},
            {"do": "suggest", "prefix": "s"},
            {"do": "suggest", "prefix": "T"},
            {"do": "suggest", "prefix": "", "punctuation": True, "k": 8},
            {"do": "set", "text": "the CA"},
            {"do": "suggest", "ignore_case": True, "k": 5},
        ],
    },
    {
        "name": "words that are listed, blocked and learnt in all",
        "steps": [
            {"do": "list", "word": "Eyjafjallajökull", "weight": 2500},
            {"do": "list", "word": "cat", "weight": 30},
            {"do": "set", "text": "the "},
            {"do": "suggest", "k": 6},
            {"do": "set", "text": "我想 E"},
            {"do": "suggest"},
            {"do": "block", "word": "CAT"},
            {"do": "set", "text": "the c"},
            {"do": "suggest", "k": 4},
            {"do": "allow", "word": "cat"},
            {"do": "suggest", "k": 4},
            {"do": "reset"},
            {"do": "append", "text": "See you at the Krakenhose"},
            {"do": "commit"},
            {"do": "set", "text": "See you at the Krakenhaus."},
            {"do": "commit"},
            {"do": "reset"},
            {"do": "append", "text": "at the K"},
            {"do": "suggest"},
            {"do": "reset", "before": "我想去看医生。"},
            {"do": "languages"},
            {"do": "append", "text": "我"},
            {"do": "suggest"},
            {"do": "reset", "before": ""},
            {"do": "languages"},
        ],
    },
]

PHRASES = [{"context": "the cat", "k": 3, "max_words": 3, "threshold": 0.01}, {"context": "我", "k": 2, "max_words": 2}]

NATS = [
    ("", "the cat sat"),
    ("the cat", " sat on the mat."),
    ("the cat ", "sat"),
    ("the cat sat.", "\nAnd"),
    ("the cat sat.\n", "And a dog"),
    ("don’t", " go (the dog"),
    ("(", "the"),
    ("the cat and the dog sat at the door " * 9, "of the house"),
    ("the c", "at"),
    ("Ruairí's", " ♥ 😀"),
    ("the cat", ""),
]

CONTEXTS = ["", "the", "the cat ", "See you at th", "a dog (", "don’t", "It is what it is.", "x" * 30, "The dog\n"]


def main(path: Path = FILE) -> None:
    """Write the vectors."""
    save(path, make())


def make() -> Json:
    """All vectors."""
    both = Predictor.load([ROOT / each for each in BUNDLES])
    tiny = Predictor.load(ROOT / BUNDLES[0])
    session = tiny.session()
    return {
        "bundles": BUNDLES,
        "search": SEARCH,
        "compare": {"absolute": ABSOLUTE},
        "scenarios": [{"name": each["name"], "steps": _taken(each["steps"])} for each in SCENARIOS],
        "phrases": [
            {**case, "phrases": [{"text": each.text, "probability": each.probability} for each in both.phrases(**case)]}
            for case in PHRASES
        ],
        "nats": [
            {"before": before, "following": following, "nats": session.nats(before, following)}
            for before, following in NATS
        ],
        "generated": [
            {"context": each, "max_words": 6, "text": tiny.generate(each, max_words=6, temperature=0)}
            for each in CONTEXTS
        ],
    }


def _taken(steps: list[Json]) -> list[Json]:
    """The steps, each with what came of it, in one field of a predictor of its own."""
    predictor = Predictor.load([ROOT / each for each in BUNDLES], personal=PersonalModel())
    session = predictor.session()

    def suggest(**options: object) -> Json:
        found = session.suggest(**SEARCH, **options)  # type: ignore[arg-type]
        if not found.exact:
            raise WordgruError(f"{session.text!r} is not proved; choose another.")
        return {
            "space": found.space,
            "words": [{"word": item.word, "probability": item.probability, "sources": item.sources} for item in found],
        }

    does: dict[str, Callable[..., object]] = {
        "languages": lambda: {"shares": session.languages()},
        "list": predictor.words.add,
        "block": predictor.words.block,
        "allow": predictor.words.allow,
        "append": session.append,
        "delete": session.delete,
        "set": session.set,
        "reset": session.reset,
        "commit": lambda: {"count": session.commit()},
        "suggest": suggest,
    }

    def take(step: Json) -> Json:
        made = does[step["do"]](**{key: value for key, value in step.items() if key != "do"})
        return step | made if isinstance(made, dict) else step

    return [take(step) for step in steps]


if __name__ == "__main__":
    click.command(help=__doc__)(main)()

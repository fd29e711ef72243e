"""Write what was typed, and what Python says was meant: `python scripts/golden_typing.py`.

Not every target has a typing model, so these vectors stand apart, in export/golden/typing/tiny.json;
export/golden/README.md explains them.
"""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
from golden import save

from wordgru import Layout, Predictor, Suggestions, TypingModel
from wordgru.typing.channel import Typed
from wordgru.typing.correct import corrections
from wordgru.typing.model import Touch

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = "tests/runtime/tiny"
FILE = ROOT / "export" / "golden" / "typing" / "tiny.json"
SEARCH = {"tolerance": 3e-3, "max_rows": 3000}
APART = 2e-3  # words whose probabilities are nearer to each other than this may change places

Json = dict[str, Any]

MODELS: list[Json] = [
    {},
    {"layout": "phone", "spread": 0.34},
    {"layout": "qwertz", "spread": 0.0, "anywhere": 0.02, "apostrophe": 0.1, "accent": 0.6},
    {"first": 0.8, "mute": 0.15, "careless": 0.3},
    {"layout": "dvorak", "spread": 0.5, "swapped": 0.1, "omitted": 0.05, "doubled": 0.05, "undoubled": 0.3}
    | {"careless": 0.0},
]
FINGERS: list[Json] = [MODELS[1], {"layout": "phone", "spread": 0.12}]  # densities below 1, and above
TYPED = [
    "a",
    "teh",
    "tehre",
    "dont",
    "ctas",
    "naive",
    "mmat",
    "DOG",
    "é",
    "xq",
    "don’t",
    "well-kown",
    "日本",
    "lodz",
    "th e",
    "wel l-known",
]
WORDS = ["a", "the", "there", "don't", "cats", "naïve", "mat", "dog", "e", "x", "well-known", "日本", "O’Brien", "Łódź"]
TEXTS = [
    "the cta",
    "The cat sat on teh",
    "a dgo",
    "see you ta",
    "i",
    "dont",
    "the mta",
    "Krakenhaus",
    "the 12",
    "x@teh",
    "on .teh",
    "on ...teh",
    "thecat",
    "see youthere",
    "on themat",
    "the c at",
    "see you th ere",
    "d og",
    "on the mat",
]
TOUCHED = ["the", "cat", "mat", "there", "dog", "and"]
LETTERS = TEXTS[1] + " mta, and the dgo sta at teh door."


def main() -> None:
    """Write the file."""
    save(FILE, make())
    click.echo(FILE)


def make() -> Json:
    """The vectors."""
    predictor = Predictor.load(ROOT / BUNDLE)
    return {
        "bundle": BUNDLE,
        "search": SEARCH,
        "compare": {"absolute": 1e-5, "relative": 1e-9},
        "layouts": {name: {key: list(at) for key, at in Layout.load(name).keys.items()} for name in Layout.names()},
        "likelihoods": [
            {"typing": model, "typed": typed, "complete": complete, "words": _likelihoods(model, typed, complete)}
            for model in MODELS
            for typed in TYPED
            for complete in (False, True)
        ],
        "fields": [_field(predictor, model, text, []) for model in MODELS for text in TEXTS]
        + [
            _field(predictor, model, "the ", _touches(word, at)) for model in FINGERS for at, word in enumerate(TOUCHED)
        ],
        "texts": [_corrected(predictor, model, LETTERS) for model in MODELS],
    }


def _likelihoods(model: Json, typed: str, complete: bool) -> Json:
    touches = [Touch(char) for char in typed]
    return {word: Typed(TypingModel(**model), touches, complete=complete).of(word) for word in WORDS}


def _touches(word: str, seed: int) -> list[list[float]]:
    """Points around the keys of a word."""
    rng, keys = random.Random(seed), Layout.load("phone").keys
    return [[round(at + rng.gauss(0, 0.34), 3) for at in keys[char]] for char in word]


def _field(predictor: Predictor, model: Json, text: str, points: list[list[float]]) -> Json:
    session = predictor.session(text, typing=TypingModel(**model))
    for x, y in points:
        session.touch(x, y)
    found = session.suggest(k=4, **SEARCH)  # type: ignore[arg-type]
    meant, two = (session.corrections(k=4, count=count, **SEARCH) for count in (1, 2))  # type: ignore[arg-type]
    return {
        "typing": model,
        "text": text,
        "points": points,
        "seen": session.text,
        "exact": found.exact,
        "autocorrect": found.autocorrect,
        "suggest": _apart(found),
        "corrections": _apart(meant),
        "two": _apart(two),
    }


def _apart(found: Suggestions) -> list[Json]:
    """The words up to the first that may change places with the next."""
    items = [{"word": item.word, "probability": item.probability} for item in found]
    shares = [item.probability for item in found]
    near = [at for at, (one, other) in enumerate(pairwise(shares)) if one - other < APART]
    return items[: near[0]] if near else items[:-1]


def _corrected(predictor: Predictor, model: Json, text: str) -> Json:
    found = corrections(text, predictor.session(typing=TypingModel(**model)), threshold=0.5)
    names = ("start", "end", "typed", "word", "probability")
    return {
        "typing": model,
        "text": text,
        "corrections": [{name: getattr(each, name) for name in names} for each in found],
    }


if __name__ == "__main__":
    click.command(help=__doc__)(main)()

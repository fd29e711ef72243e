"""Write what the Python predictor answers with words of other sources: `python scripts/golden_sources.py`.

Personal words, word lists, attention and the next character are not in every target, so their vectors stand apart, in
export/golden/sources/tiny.json; export/golden/README.md explains them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from golden import save

from wordgru import Predictor
from wordgru.errors import WordgruError
from wordgru.sources.grams import Gram
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = "tests/runtime/tiny"
FILE = ROOT / "export" / "golden" / "sources" / "tiny.json"
SEARCH = {"tolerance": 1e-7, "max_rows": 10_000}
ABSOLUTE = 1e-6
UNSPACED = "export/golden/unspaced"
LETTERS_SHOWN = 6  # of the next characters, the most probable

Json = dict[str, Any]

CHAT = "The cat sat at the Krakenhaus.\nthe cat and a dog (the dog of Ruairí) slept at the Krakenhaus 😀 😀"
LETTERS = [chr(ord("a") + at) for at in range(26)]
MANY = " ".join(one + other for one in LETTERS for other in LETTERS)

SCENARIOS: list[Json] = [
    {
        "name": "personal words after two, one and no units of history",
        "steps": [
            {"do": "learn", "text": CHAT},
            *({"do": "suggest", "text": text, "k": 8} for text in ("at the ", "the ", "", "see you", "a (the ", "x.")),
            {"do": "suggest", "text": "at the K"},
            {"do": "suggest", "text": "at the Kr"},
            {"do": "suggest", "text": "at the kr", "ignore_case": True},
            {"do": "suggest", "text": "a dog", "punctuation": True, "k": 8},
            {"do": "suggest", "text": "well-", "k": 2},
            {"do": "after", "text": "at the "},
            {"do": "grams"},
        ],
    },
    {
        "name": "counts fade, are taken back and forgotten",
        "steps": [
            {"do": "learn", "text": "dinner at the Krakenhaus"},
            {"do": "learn", "text": "word after word " * 200},
            {"do": "suggest", "text": "at the ", "k": 4},
            {"do": "grams"},
            {"do": "unlearn", "text": "word after word " * 200},
            {"do": "grams"},
            {"do": "forget", "word": "KRAKENHAUS"},
            {"do": "suggest", "text": "at the ", "k": 4},
            {"do": "grams"},
            {"do": "add", "grams": [{"history": "at the", "word": "Zoo", "count": 2.5}]},
            {"do": "suggest", "text": "at the Z", "k": 1},
            {"do": "forget", "word": None},
            {"do": "grams"},
            {"do": "suggest", "text": "at the ", "k": 4},
        ],
    },
    {
        "name": "a field that is corrected takes back what it taught",
        "steps": [
            {"do": "append", "text": "See you at the krakenhose"},
            {"do": "commit"},
            {"do": "commit"},
            {"do": "learn", "text": "and so on and so on"},
            {"do": "set", "text": "See you at the Krakenhaus, Ruairí’s"},
            {"do": "commit"},
            {"do": "grams"},
            {"do": "reset"},
            {"do": "append", "text": "be at the "},
            {"do": "suggest", "text": None},
            {"do": "commit"},
            {"do": "grams"},
        ],
    },
    {
        "name": "a text is read after those that were committed before it",
        "steps": [
            {"do": "append", "text": "The cat sat at the Krakenhaus.\nSo did a dog"},
            {"do": "reset"},
            {"do": "suggest", "text": "the ", "k": 4},
            {"do": "set", "text": "The cat sat at the Krakenhaus.\nSo did a dog "},
            {"do": "commit"},
            {"do": "reset"},
            {"do": "suggest", "text": "the ", "k": 4},
            {"do": "suggest", "text": "", "k": 4},
            {"do": "set", "text": "the end’s near"},
            {"do": "commit"},
            {"do": "reset"},
            {"do": "suggest", "text": "a ", "k": 4},
            {"do": "reset", "before": ""},
            {"do": "suggest", "text": "a ", "k": 4},
            {"do": "reset", "before": "äöü and so on " * 100},
            {"do": "suggest", "text": "a ", "k": 4},
            {"do": "reset", "before": "first\n" + "and so on " * 115 + "\nlast of all\t "},
            {"do": "suggest", "text": "a ", "k": 4},
        ],
    },
    {
        "name": "who repeats is believed sooner, and who does not, less",
        "steps": [
            *({"do": "learn", "text": "see you at the Krakenhaus"} for _ in range(6)),
            {"do": "suggest", "text": "see you at the ", "k": 4},
            {"do": "suggest", "text": "be at the ", "k": 4},
            {"do": "learn", "text": MANY[:600]},
            {"do": "suggest", "text": "be at the ", "k": 4},
            {"do": "unlearn", "text": MANY[:600]},
            {"do": "after", "text": "at the "},
            {"do": "forget", "word": None},
            {"do": "learn", "text": "see you at the Krakenhaus"},
            {"do": "after", "text": "at the "},
        ],
    },
    {
        "name": "a word list, beside personal words",
        "steps": [
            {"do": "list", "word": "Eyjafjallajökull", "weight": 2500},
            {"do": "list", "word": "NaCl", "weight": 100},
            {"do": "list", "word": "cat", "weight": 30},
            {"do": "suggest", "text": "the ", "k": 5},
            {"do": "suggest", "text": "the na", "ignore_case": True, "k": 2},
            {"do": "learn", "text": "the cat is a NaCl cat"},
            {"do": "suggest", "text": "the c", "k": 4},
            {"do": "suggest", "text": "a ", "k": 6},
            {"do": "block", "word": "CAT"},
            {"do": "suggest", "text": "the c", "k": 4},
            {"do": "allow", "word": "Cat"},
            {"do": "list", "word": "NaCl", "weight": 0},
            {"do": "suggest", "text": "a ", "k": 6},
        ],
    },
    {
        "name": "more words than are looked at one by one",
        "steps": [
            {"do": "learn", "text": MANY},
            {"do": "learn", "text": MANY.upper()},
            *({"do": "suggest", "text": text, "k": 12} for text in ("", "the ", "the k", "ab ")),
            {"do": "suggest", "text": "the Q", "k": 12, "ignore_case": True},
        ],
    },
    {
        "name": "words passed over",
        "steps": [
            {"do": "learn", "text": CHAT},
            {"do": "suggest", "text": "the ", "attention": 0.7},
            {"do": "suggest", "text": "the c", "attention": 0.7},
            {"do": "suggest", "text": "the ca", "attention": 0.7},
            {"do": "suggest", "text": "the c", "attention": 0.7},
            {"do": "suggest", "text": "the ca"},
            {"do": "suggest", "text": "a ca", "attention": 0.7},
        ],
    },
]

TEXTS = [
    "",
    "The cat, the\nCAT and\r\n\r\nRuairí's iPhone 😀",
    "mail ann@example.org now",
    "see www.example.org/x or https://example.org now",
    "pin 4821, card 4929 1234 1234, 3-4-5-6 and 123 is",
    "key sk1ABCDEFGHIJ is",
    "½teaspoonful m²ofcarpeting x٣abcdefghijk",
    "a " + "x" * 49 + " " + "y" * 48,
    "東京 Tokyo 東京 ไทย",
    "cafe\u0301 don’t rock-'n'-roll the boys' room",
    "İstanbul ΣΟΦΟΣ straße",
    "a\u2028b\u0085c\u000bd\u3000e \u200bf",
]

GLOSSARIES = [
    "\ufeff# the ward's words\r\nO\u0308dem\t3\r\n\r\n  Pneumothorax  # lung\r\nCrohn’s\t0.5\r\nL-DOPA#1\t2 # x",
    "\ufeff# the ward's words\r\nO\u0308dem\t3\r\n\r\n  Pneumothorax  # lung\r\nCrohn’s\t0.5\r\nL-DOPA",
    "good\ntwo words",
    "good\nword\tmuch",
    "good\n\nword\t-1",
    "one\rtwo\u2028three\ttwo",
    "",
]


CHARACTERS: list[Json] = [
    *(
        {"bundle": BUNDLE, "text": text, "tolerance": 1e-5}
        for text in ("", "the ", "the c", "the caf", "the café", "see you", "don’t", "(a.", "x" * 30, "at the K", "a\n")
    ),
    {"bundle": BUNDLE, "text": "the E", "tolerance": 1e-5, "words": {"Eyjafjallajökull": 5000, "E": 900}},
    {"bundle": BUNDLE, "text": "at the", "tolerance": 1e-5, "learn": CHAT},
    {"bundle": BUNDLE, "text": "a Rua", "tolerance": 1e-5, "learn": CHAT, "words": {"Ruairí": 10, "Ruatiti": 3}},
    *({"bundle": UNSPACED, "text": text, "tolerance": 1e-3} for text in ("我想", "東京 T", "ที่", "the c", "a。")),
    {"bundle": BUNDLE, "text": "well-", "tolerance": 1e-9, "max_rows": 20},
]


def main(path: Path = FILE) -> None:
    """Write the vectors."""
    save(path, make())


def make() -> Json:
    """All vectors."""
    loaded = Predictor.load(ROOT / BUNDLE)
    of = (loaded.model, loaded.tokenizer)
    return {
        "bundle": {"name": "tiny", "path": BUNDLE},
        "search": SEARCH,
        "compare": {"absolute": ABSOLUTE},
        "scenarios": [
            {"name": each["name"], "steps": list(map(_taker(Predictor(*of, personal=PersonalModel())), each["steps"]))}
            for each in SCENARIOS
        ],
        "learnt": [_learnt(text) for text in TEXTS],
        "glossaries": [_read(text) for text in GLOSSARIES],
        "characters": [case | _next_characters(**case) for case in CHARACTERS],
    }


def _taker(predictor: Predictor) -> Callable[[Json], Json]:
    """Does steps, one after another, and answers each with what came of it."""
    session, personal = predictor.session(), predictor.personal
    assert personal

    def suggest(text: str | None, k: int = 3, attention: float = 0.0, **options: object) -> Json:
        if text is not None:
            session.set(text)
        found = session.suggest(k=k, attention=attention, **SEARCH, **options)
        if not found.exact:
            raise WordgruError(f"{text!r} is not proved; choose another.")
        return {
            "words": [{"word": item.word, "probability": item.probability, "sources": item.sources} for item in found]
        }

    does: dict[str, Callable[..., object]] = {
        "learn": lambda text: {"count": personal.learn(text)},
        "unlearn": personal.unlearn,
        "forget": lambda word: {"count": personal.forget(word)},
        "add": lambda grams: {"count": personal.add(Gram(**gram) for gram in grams)},
        "grams": lambda: {"grams": _grams(personal)},
        "after": lambda text: {"shares": dict(sorted(personal.after(text).items()))},
        "list": predictor.words.add,
        "block": predictor.words.block,
        "allow": predictor.words.allow,
        "append": session.append,
        "set": session.set,
        "reset": session.reset,
        "commit": lambda: {"count": session.commit()},
        "suggest": suggest,
    }

    def take(step: Json) -> Json:
        given = {key: value for key, value in step.items() if key != "do"}
        made = does[step["do"]](**given)
        return step | made if isinstance(made, dict) else step

    return take


def _next_characters(
    bundle: str, text: str, tolerance: float, words: dict[str, float] | None = None, learn: str = "",
    max_rows: int = 3000,
) -> Json:  # fmt: skip
    """The most probable next characters; where a budget ends the search, only that it is not exact."""
    predictor = Predictor.load(ROOT / bundle, personal=PersonalModel())
    for word, weight in (words or {}).items():
        predictor.words.add(word, weight)
    if predictor.personal:
        predictor.personal.learn(learn)
    found = predictor.session(text).characters(tolerance=tolerance, max_rows=max_rows)
    if not found.exact:
        return {"exact": False}
    return {"exact": True, "end": found.end, "probabilities": dict(list(found.probabilities.items())[:LETTERS_SHOWN])}


def _learnt(text: str) -> Json:
    with PersonalModel() as store:
        return {"text": text, "count": store.learn(text), "grams": _grams(store)}


def _grams(store: PersonalModel) -> list[Json]:
    return [{"history": gram.history, "word": gram.word, "count": gram.count} for gram in store.grams()]


def _read(text: str) -> Json:
    """The weights of a glossary, or where its fault is."""
    words, file = WordList(), FILE.with_suffix(".glossary")
    file.write_bytes(text.encode())
    try:
        return {"text": text, "count": words.read(file), "weights": words.weights}
    except WordgruError as error:
        return {"text": text, "error": str(error).removeprefix(f"{file}, ").split(":")[0]}
    finally:
        file.unlink()


if __name__ == "__main__":
    click.command(help=__doc__)(main)()

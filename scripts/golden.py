"""Write the golden vectors of a bundle: `python scripts/golden.py BUNDLE NAME`; export/golden/README.md explains them.

Every target (browser, Node, C++, plain Python) is tested against these files. They are made by the Python predictor;
what goes into them is in `golden_cases.py`.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import golden_cases as cases
import numpy as np

from wordgru import Predictor, words
from wordgru.bundle import open_bundle
from wordgru.lexicon import Ints
from wordgru.session import Session
from wordgru.suggestions import SearchOptions, Suggestion, Suggestions
from wordgru.tokenizer import END_OF_TEXT

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = 1
TOLERANCE = 5e-5  # of the search: half of what a target may differ by
MAX_EXPANDED = 2000
ABSOLUTE = 1e-4
LEAST = 2 * ABSOLUTE  # less probable words are not compared
RELATIVE = {"fp32": 0.0, "int8": 2e-2}

Json = dict[str, Any]


class _Unproved(Exception):
    """The budget ended a search: its answer is no vector."""


class Maker:
    """Makes the vectors of one bundle."""

    def __init__(self, folder: Path, name: str, path: str, *, unspaced: bool) -> None:
        self.predictor = Predictor.load(folder)
        self.config = open_bundle(folder).config
        self.unspaced = unspaced
        self.relative = RELATIVE[self.config.precision]
        self.head: Json = {
            "schema": SCHEMA,
            "bundle": {
                "name": name,
                "path": path,
                "precision": self.config.precision,
                "model": self.config.model.to_dict(),
                "files": self.config.files,
            },
            "search": {"tolerance": TOLERANCE, "max_expanded": MAX_EXPANDED},
            "cases": "unspaced" if unspaced else "all",
            "compare": {"absolute": ABSOLUTE, "relative": self.relative},
        }

    def make(self) -> Json:
        """All vectors."""
        return self.head | {
            "kinds": [{"character": char, "kind": words.kind(char)} for char in cases.CHARACTERS],
            "texts": [self.text(text) for text in cases.TEXTS],
            "suggest": _proved(self.suggest, self.chosen(cases.SUGGEST)),
            "complete": _proved(self.complete, self.chosen(cases.COMPLETE)),
            "sessions": [self.session(case) for case in self.chosen(cases.SESSIONS)],
            "blocked": _proved(self.blocked, self.chosen(cases.BLOCKED)),
            "broken_bundles": cases.broken_bundles(self.config),
            "broken_calls": cases.BROKEN_CALLS,
        }

    def chosen(self, every: list[Json]) -> list[Json]:
        """All cases, or those in scripts without spaces."""
        return [case for case in every if not self.unspaced or any(map(_is_unspaced, str(case)))]

    def text(self, text: str) -> Json:
        """How a text becomes pieces, and where its last word begins."""
        before, unfinished = words.split_last(text)
        return {
            "text": text,
            "ids": self.predictor.tokenizer.encode(text).tolist(),
            "before": before,
            "unfinished": unfinished,
            "wants_space": words.wants_space(text),
        }

    def suggest(self, case: Json) -> Json:
        """`Predictor.suggest`."""
        options: Json = {"prefix": "", "k": 5, "ignore_case": False} | case
        context = str(options.pop("context"))
        session = self.predictor.session(context)
        head = context + (" " if words.wants_space(context) else "")
        return {"context": context} | options | self.read(head) | self.found(session, **options)

    def complete(self, case: Json) -> Json:
        """`Predictor.complete`."""
        options: Json = {"k": 5, "ignore_case": False} | case
        text = str(options.pop("text"))
        session = self.predictor.session(text)
        before = self.read(words.split_last(text)[0])
        return {"text": text} | options | before | self.found(session, prefix=None, **options)

    def session(self, case: Json) -> Json:
        """A text field that is edited, and asked after the edits."""
        session = self.predictor.session()

        def take(step: Json) -> Json:
            options: Json = {key: value for key, value in step.items() if key != "do"}
            if step["do"] != "suggest":
                getattr(session, step["do"])(**options)
                return step
            asked: Json = {"prefix": None, "k": 3, "ignore_case": False} | options
            return {"do": "suggest"} | asked | {"text": session.text} | self.found(session, **asked)

        return {"name": case["name"], "steps": _proved(take, case["steps"])}

    def blocked(self, case: Json) -> Json:
        """`Predictor.suggest` with a `blocked.txt` in the bundle: the best of all other words."""
        refused = {line.partition("#")[0].strip().lower() for line in case["blocked_txt"].splitlines()}
        options: Json = {"prefix": "", "k": 5} | case
        session = self.predictor.session(options["context"])
        count = options["k"] + len(refused) * 4
        every = self.ask(session, count, MAX_EXPANDED, prefix=options["prefix"], ignore_case=False)
        if not every.exact:
            raise _Unproved(session.text)
        kept = [item for item in every if item.word.lower() not in refused]
        return options | {"exact": True} | self.expected(kept[: options["k"]], kept)

    def read(self, head: str) -> Json:
        """The ids that the model reads before the word, the bytes held back, and the likeliest next pieces."""
        tokenizer = self.predictor.tokenizer
        ids, gap = tokenizer.encode_context(tokenizer.familiar(head))
        ids = np.concatenate([[END_OF_TEXT], ids])
        return {"ids": ids.tolist(), "gap": gap.decode(), "next_pieces": self.next_pieces(ids)}

    def next_pieces(self, ids: Ints) -> list[Json]:
        """The three likeliest pieces after `ids`, straight from the model."""
        model, state = self.predictor.model, self.predictor.model.initial_state()
        state = model.advance(ids[:-1], state) if len(ids) > 1 else state
        probabilities = model.step(ids[-1:], state)[0][0]
        best = np.argsort(-probabilities, kind="stable")[:3]
        return [{"id": int(id_), "probability": _round(float(probabilities[id_]))} for id_ in best]

    def found(self, session: Session, *, k: int, max_expanded: int | None = None, **options: Any) -> Json:  # noqa: ANN401
        """What a search answers, and what stands right behind."""
        if max_expanded is not None:
            return {"k": k, "max_expanded": max_expanded, "exact": self.ask(session, k, max_expanded, **options).exact}
        found = self.ask(session, k, MAX_EXPANDED, **options)
        if not found.exact:
            raise _Unproved(session.text)
        more = self.ask(session, k + 3, MAX_EXPANDED, **options)
        return {"k": k, "exact": True} | self.expected(found, more)

    def ask(self, session: Session, k: int, max_expanded: int, *, prefix: str | None, ignore_case: bool) -> Suggestions:
        """One search, deeper than most callers need."""
        options = SearchOptions(tolerance=TOLERANCE, max_expanded=max_expanded, ignore_case=ignore_case)
        return session.suggest(prefix=prefix, k=k, options=options)

    def expected(self, found: Iterable[Suggestion], more: Iterable[Suggestion]) -> Json:
        """The words found, and those of `more` that could stand in the last one's place by a rounding error."""
        items = [item for item in found if item.probability >= LEAST]
        least = items[-1].probability if items else 1.0
        slack = 2 * (ABSOLUTE + self.relative * least)
        chosen = {item.word for item in items}
        near = [item for item in more if item.word not in chosen and item.probability >= max(least - slack, LEAST)]
        return {"words": _plain(items), "near": _plain(near)}


def dump(vectors: Json) -> str:
    """JSON with one case a line, so that a change shows as the lines of its cases."""
    parts = []
    for key, value in vectors.items():
        if isinstance(value, list):
            lines = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            parts.append(f"  {json.dumps(key)}: [\n{lines}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _proved(make: Callable[[Json], Json], asked: Iterable[Json]) -> list[Json]:
    """What `make` makes of each case; those that this bundle cannot prove are left out, and said."""
    made = []
    for case in asked:
        try:
            made.append(make(case))
        except _Unproved as error:
            print(f"left out, for it is not proved with {MAX_EXPANDED} expanded: {case} at {str(error)!r}")
    return made


def _is_unspaced(char: str) -> bool:
    return words.kind(char) == "unspaced"


def _plain(items: Iterable[Suggestion]) -> list[Json]:
    return [{"word": item.word, "probability": _round(item.probability)} for item in items]


def _round(probability: float) -> float:
    return float(f"{probability:.6g}")


@click.command(help=__doc__)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write; else export/golden/NAME.json.")
@click.option("--unspaced", is_flag=True, help="Only the cases in scripts without spaces.")
def main(bundle: Path, name: str, output: Path | None, unspaced: bool) -> None:
    """Write the vectors of one bundle."""
    inside = bundle.resolve().is_relative_to(ROOT)
    path = bundle.resolve().relative_to(ROOT).as_posix() if inside else name
    target = output or ROOT / "export" / "golden" / f"{name}.json"
    beside = target.with_suffix(".new")
    beside.write_text(dump(Maker(bundle, name, path, unspaced=unspaced).make()), encoding="utf-8")
    os.replace(beside, target)
    print(target)


if __name__ == "__main__":
    main()

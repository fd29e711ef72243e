"""Write the golden vectors of a bundle: `python scripts/golden.py BUNDLE NAME`; export/golden/README.md explains them.

Every target (browser, Node, C++, plain Python) is tested against these files. They are made by the Python predictor;
what goes into them is in `golden_cases.py`.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import golden_cases as cases
import numpy as np

from wordgru import Predictor
from wordgru.bundle import open_bundle, read_blocked
from wordgru.search.model import Ints
from wordgru.search.suggestions import SearchOptions, Suggestion, Suggestions
from wordgru.session import Session
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT
from wordgru.typist import AS_READ

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = 2
TOLERANCE = 5e-5  # of the search: half of what a target may differ by
MAX_ROWS = 4000
ABSOLUTE = 1e-4
LEAST = 2 * ABSOLUTE  # less probable words are not compared
RELATIVE = {"fp32": 0.0, "int8": 6e-2, "int4": 6e-2}  # one sentence 15 times over moves a probability by 5.5% in wasm
NATS = {"fp32": 1e-3, "int8": 0.2, "int4": 0.2}
OPTIONS: "Json" = {"ignore_case": False, "punctuation": False}

Json = dict[str, Any]


class _Unproved(Exception):
    """The budget ended a search: its answer is no vector."""


class Maker:
    """Makes the vectors of one bundle."""

    def __init__(self, folder: Path, name: str, path: str, *, scripts: str) -> None:
        self.folder = folder
        self.predictor = Predictor.load(folder)
        self.predictor.typist = AS_READ  # the vectors are of the search
        self.config = open_bundle(folder).config
        self.scripts = scripts
        self.relative = RELATIVE[self.config.precision]
        self.head: Json = {
            "schema": SCHEMA,
            "bundle": {
                "name": name,
                "path": path,
                "precision": self.config.precision,
                "model": self.config.model.to_dict(),
                "finals": self.predictor.tokenizer.finals,
                "files": self.config.files,
            },
            "search": {"tolerance": TOLERANCE, "max_rows": MAX_ROWS},
            "cases": scripts,
            "compare": {"absolute": ABSOLUTE, "relative": self.relative, "nats": NATS[self.config.precision]},
        }

    def make(self) -> Json:
        """All vectors."""
        return self.head | {
            "texts": [self.text(text) for text in cases.TEXTS],
            "decode": [self.decoded(ids) for ids in cases.decode(self.predictor.tokenizer)],
            "suggest": _proved(self.suggest, self.chosen(cases.SUGGEST)),
            "complete": _proved(self.complete, self.chosen(cases.COMPLETE)),
            "sessions": [self.session(case) for case in self.chosen(cases.SESSIONS)],
            "phrases": _proved(self.phrases, self.chosen(cases.PHRASES)),
            "score": [self.score(text) for text in cases.SCORE],
            "blocked": _proved(self.blocked, self.chosen(cases.BLOCKED)),
            "broken_bundles": cases.broken_bundles(self.config),
            "broken_calls": cases.BROKEN_CALLS,
        }

    def chosen(self, every: list[Json]) -> list[Json]:
        """All cases, or those in scripts with or without spaces."""
        unspaced = [any(map(_is_unspaced, str(case))) for case in every]
        wanted = {"all": (False, True), "spaced": (False,), "unspaced": (True,)}[self.scripts]
        return [case for case, is_unspaced in zip(every, unspaced, strict=True) if is_unspaced in wanted]

    def text(self, text: str) -> Json:
        """How a text is read and becomes tokens, and where its last word begins."""
        tokenizer = self.predictor.tokenizer
        normal = tokenizer.normalize(text)
        before, unfinished = words.split_last(normal)
        cut = words.pre_tokens(" " + normal.replace("\n", "\n ")) if text else []
        return {
            "text": text,
            "normal": normal,
            "pre_tokens": [[pre_token, words.kind(pre_token)] for pre_token, _ in cut],
            "ids": tokenizer.encode(text).tolist(),
            "before": before,
            "unfinished": unfinished,
            "wants_space": words.wants_space(normal),
        }

    def decoded(self, ids: list[int]) -> Json:
        """What tokens spell, whole characters or not."""
        return {"ids": ids, "text": self.predictor.tokenizer.decode(ids)}

    def suggest(self, case: Json) -> Json:
        """`Predictor.suggest`."""
        options: Json = {"prefix": "", "k": 5} | OPTIONS | case
        context = str(options.pop("context"))
        session = self.predictor.session(context)
        head = context + (" " if words.wants_space(context) else "")
        read = {} if options["punctuation"] else self.read(head)
        return {"context": context} | options | read | self.found(session, **options)

    def complete(self, case: Json) -> Json:
        """`Predictor.complete`."""
        options: Json = {"k": 5} | OPTIONS | case
        text = str(options.pop("text"))
        session = self.predictor.session(text)
        before, unfinished = words.split_last(text)
        if not unfinished and words.wants_space(before):
            before += " "
        read = {} if options["punctuation"] else self.read(before)
        return {"text": text} | options | read | self.found(session, prefix=None, **options)

    def session(self, case: Json) -> Json:
        """A text field that is edited, and asked after the edits."""
        session = self.predictor.session()

        def take(step: Json) -> Json:
            options: Json = {key: value for key, value in step.items() if key != "do"}
            if step["do"] != "suggest":
                getattr(session, step["do"])(**options)
                return step
            asked: Json = {"prefix": None, "k": 3} | OPTIONS | options
            text = session.text if len(session.text) < 1000 else None
            return {"do": "suggest"} | asked | {"text": text} | self.found(session, **asked)

        return {"name": case["name"], "steps": _proved(take, case["steps"])}

    def phrases(self, case: Json) -> Json:
        """`Predictor.phrases`, where no phrase is so near to the threshold that rounding decides."""
        asked: Json = {"k": 3, "max_words": 3, "threshold": 0.05} | case
        threshold = asked["threshold"]
        options = SearchOptions(tolerance=TOLERANCE, max_rows=MAX_ROWS)
        slack = self.slack(threshold)
        limits = [threshold, max(threshold - slack, 0.0), min(threshold + slack, 1.0)]
        found, *others = (self.predictor.phrases(**asked | {"threshold": limit}, options=options) for limit in limits)
        if any([phrase.text for phrase in other] != [phrase.text for phrase in found] for other in others):
            raise _Unproved(asked["context"])
        plain = [{"text": phrase.text, "probability": _round(phrase.probability)} for phrase in found]
        return asked | {"phrases": plain}

    def score(self, text: str) -> Json:
        """`Predictor.score`."""
        units = [
            {"text": unit.text, "start": unit.start, "log_probability": _round(unit.log_probability)}
            for unit in self.predictor.score(text)
        ]
        return {"text": text, "units": units}

    def blocked(self, case: Json) -> Json:
        """`Predictor.suggest` with a `blocked.txt` in the bundle: the best of all other words."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "blocked.txt"
            path.write_bytes(case["blocked_txt"].encode())
            refused = read_blocked(path)
        options: Json = {"prefix": "", "k": 5} | case
        known = open_bundle(self.folder).known()
        predictor = Predictor(
            self.predictor.model, self.predictor.tokenizer, blocked=refused, known=known, typist=AS_READ
        )
        asked = {"prefix": options["prefix"]} | OPTIONS
        return options | self.found(predictor.session(options["context"]), k=options["k"], **asked)

    def read(self, head: str) -> Json:
        """The ids that the model reads before the word, the bytes held back, and the likeliest next tokens."""
        ids, gap = self.predictor.tokenizer.encode_context(head)
        ids = np.concatenate([[END_OF_TEXT], ids])
        return {"ids": ids.tolist(), "gap": gap.decode(), "next_tokens": self.next_tokens(ids)}

    def next_tokens(self, ids: Ints) -> list[Json]:
        """The three likeliest tokens after `ids`, straight from the model."""
        model, state = self.predictor.model, self.predictor.model.initial_state()
        state = model.advance(ids[:-1], state) if len(ids) > 1 else state
        probabilities = model.step(ids[-1:], state)[0][0]
        best = np.argsort(-probabilities, kind="stable")[:3]
        return [{"id": int(id_), "probability": _round(float(probabilities[id_]))} for id_ in best]

    def found(self, session: Session, *, k: int, **options: Any) -> Json:  # noqa: ANN401
        """What a search answers, and what stands right behind; of one that a budget ends, only how much it answers."""
        if "max_rows" in options:
            blocked = open_bundle(self.folder).blocked()
            # one that remembers no rows
            fresh = Predictor(self.predictor.model, self.predictor.tokenizer, blocked=blocked, typist=AS_READ)
            found = self.ask(fresh.session(session.text), k, **options)
            if found.exact:
                raise ValueError(f"{session.text!r} is proved within {options['max_rows']} rows; allow it fewer.")
            return {"k": k, "space": found.space, "exact": False, "count": len(found)}
        tolerance = options.pop("tolerance", 0.0)
        found = self.ask(session, k, **options)
        if not found.exact:
            raise _Unproved(session.text)
        more = self.ask(session, k + 3 if not tolerance else k + 12, **options)
        return {"k": k, "space": found.space, "exact": True} | self.expected(found, more, tolerance)

    def ask(
        self, session: Session, k: int, *, prefix: str | None, tolerance: float = TOLERANCE, max_rows: int = MAX_ROWS,
        **options: Any,  # noqa: ANN401
    ) -> Suggestions:  # fmt: skip
        """One search, deeper than most callers need."""
        options = {"tolerance": tolerance, "max_rows": max_rows} | options
        return session.suggest(prefix=prefix, k=k, options=SearchOptions(**options))

    def slack(self, probability: float) -> float:
        """By how much a target's probability may differ."""
        return ABSOLUTE + self.relative * probability

    def expected(self, found: Iterable[Suggestion], more: Iterable[Suggestion], tolerance: float) -> Json:
        """The words found, and those of `more` that could stand in the last one's place."""
        items = [item for item in found if item.probability >= max(LEAST, 2 * tolerance)]
        least = items[-1].probability if items else 1.0
        slack = 2 * (self.slack(least) + tolerance)
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


def save(path: Path, vectors: Json) -> None:
    """Write vectors beside a file, and then in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(dump(vectors), encoding="utf-8")
    os.replace(beside, path)


def _proved(make: Callable[[Json], Json], asked: Iterable[Json]) -> list[Json]:
    """What `make` makes of each case; those that this bundle cannot prove are left out, and said."""
    made = []
    for case in asked:
        try:
            made.append(make(case))
        except _Unproved as error:
            print(f"left out, for it is not proved with {MAX_ROWS} rows: {case} at {str(error)!r}")
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
@click.option(
    "--scripts", type=click.Choice(["all", "spaced", "unspaced"]), default="all",
    help="All cases, or only those in scripts that part words by spaces, or in the others.",
)  # fmt: skip
def main(bundle: Path, name: str, output: Path | None, scripts: str) -> None:
    """Write the vectors of one bundle."""
    inside = bundle.resolve().is_relative_to(ROOT)
    path = bundle.resolve().relative_to(ROOT).as_posix() if inside else name
    target = output or ROOT / "export" / "golden" / f"{name}.json"
    save(target, Maker(bundle, name, path, scripts=scripts).make())
    print(target)


if __name__ == "__main__":
    main()

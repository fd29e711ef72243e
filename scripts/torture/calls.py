"""Every public method and every verb of the command line, with any text and any number."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import texts
from click.testing import CliRunner
from tally import Tally

from wordgru import Layout, PersonalModel, Predictor, SearchOptions, Session, TypingModel, WordList
from wordgru.bundle import read_blocked
from wordgru.cli import cli
from wordgru.evaluation.corrections import read_slips
from wordgru.sources.grams import Gram
from wordgru.text import words
from wordgru.text.known import KnownWords
from wordgru.typing.correct import corrections

_STEP = 12  # calls in one step


class Calls:
    """Methods in this process.

    Args:
        predictor: that is called.
        folder: for files.
    """

    def __init__(self, predictor: Predictor, folder: Path) -> None:
        self._predictor, self._folder = predictor, folder
        folder.mkdir(parents=True, exist_ok=True)

    def step(self, rng: Random, tally: Tally) -> None:
        """Some calls."""
        personal = PersonalModel()
        predictor = Predictor(self._predictor.model, self._predictor.tokenizer, personal=personal)
        session = predictor.session(texts.text(rng, half=0), typing=TypingModel())
        for _ in range(_STEP):
            one, other, number = texts.text(rng), texts.text(rng, 3), texts.number(rng)
            (self._folder / "file").write_bytes(rng.choice((texts.data(rng), _layout(rng), _slips(rng))))
            options = self._options(rng)
            calls = self._calls(rng, predictor, session, one, other, number, options)
            which = rng.randrange(len(calls))
            what = f"call {which} with {one!r}, {other!r}, {number!r}, {options}"
            tally.call(what, calls[which])
            if _is_half(session.text):
                session.reset()
        encoded = texts.text(rng, half=0)
        seen = predictor.tokenizer.normalize(encoded)
        back = predictor.tokenizer.decode(predictor.tokenizer.encode(encoded))
        tally.check(back == seen, f"{encoded!r} is read as {seen!r} and decoded as {back!r}")

    def _calls(
        self, rng: Random, predictor: Predictor, session: Session, one: str, other: str, number: Any,  # noqa: ANN401
        options: dict[str, Any],
    ) -> list[Callable[[], Any]]:  # fmt: skip
        """Everything that can be called."""
        personal, file = predictor.personal or PersonalModel(), self._folder / "file"
        return [
            lambda: predictor.suggest(one, prefix=other, k=number, **options),
            lambda: predictor.complete(one, k=number, **options),
            lambda: predictor.phrases(one, k=2, max_words=2, threshold=number),
            lambda: predictor.generate(one, max_words=3, temperature=number, seed=1),
            lambda: predictor.generate(one, max_words=3, top_p=number, seed=1),
            lambda: predictor.score(one),
            lambda: predictor.restore(texts.broken(session.save(), rng)),
            lambda: predictor.restore(rng.randbytes(50)),
            lambda: session.suggest(prefix=other, k=number, **options),
            lambda: session.suggest(attention=number, threshold=number),
            lambda: session.corrections(k=number, **options),
            lambda: session.characters(**options),
            lambda: session.autocorrect(threshold=number),
            lambda: session.delete(number),
            lambda: session.touch(number, rng.uniform(-2, 12)),
            lambda: session.append(one),
            lambda: session.nats_after([other, one], other),
            lambda: list(corrections(one, predictor.session(typing=TypingModel()), threshold=number)),
            lambda: personal.learn(one),
            lambda: personal.unlearn(one, since=rng.choice((None, 0.0, 1e300))),
            lambda: personal.forget(other),
            lambda: personal.after(one),
            lambda: personal.add([Gram(other, one, rng.choice((1.0, 0.0, 1e300, float("nan"))))]),
            lambda: list(personal.grams()),
            lambda: predictor.words.add(other, number),
            lambda: predictor.words.block(one),
            lambda: predictor.words.allow(one),
            lambda: predictor.words.read(file),
            lambda: WordList().add(one, number),
            lambda: read_blocked(file),
            lambda: read_slips(file),
            lambda: Layout.load(file),
            lambda: Layout.load("qwerty").nearest(number, number),
            lambda: TypingModel(**{rng.choice(("spread", "extra", "unknown")): number}),
            lambda: TypingModel(layout="".join(other.split())),
            lambda: KnownWords.from_bytes(texts.broken(KnownWords.of([one, other]).to_bytes(), rng), "here"),
            lambda: one in KnownWords.of(["cat"]),
            lambda: predictor.tokenizer.decode(predictor.tokenizer.encode(one)),
            lambda: words.split_last(one),
            lambda: words.spans(words.normalize(one)),
        ]  # fmt: skip

    def _options(self, rng: Random) -> dict[str, Any]:
        if rng.random() < 0.6:
            return {}
        name = rng.choice(list(SearchOptions.__dataclass_fields__))
        return {name: rng.choice((True, texts.number(rng)))}


class Verbs:
    """The command line, in this process.

    Args:
        bundle: the model.
        folder: for files; it becomes the working directory.
    """

    def __init__(self, bundle: Path, folder: Path) -> None:
        self._bundle, self._folder = bundle, folder
        folder.mkdir(parents=True, exist_ok=True)

    def step(self, rng: Random, tally: Tally) -> None:
        """One command."""
        names = ["a.txt", "b.jsonl", "c.csv", "d.json"]
        for name in names:
            content = {".jsonl": _slips, ".json": _layout}.get(Path(name).suffix, texts.data)(rng)
            (self._folder / name).write_bytes(content)
        with contextlib.chdir(self._folder):
            arguments = self._arguments(rng, names)
            result = tally.call(
                f"wordgru {arguments}",
                CliRunner().invoke,
                cli,
                arguments,
                input=texts.data(rng),
                catch_exceptions=False,
            )
        if result is not None:
            good = result.exit_code in (0, 1, 2) and "Traceback" not in result.output
            tally.check(good, f"wordgru {arguments}: exit code {result.exit_code}: {result.output[-300:]!r}")
            if result.exit_code == 0 and "--json" in arguments:
                self._is_json(tally, result.stdout, arguments)

    def _arguments(self, rng: Random, names: list[str]) -> list[str]:
        text, file = texts.text(rng).replace("\0", ""), rng.choice(names)
        model = ["-m", str(self._bundle)]
        number = str(texts.number(rng))
        store = ["--personal", "my.words"]
        verbs = [
            ["suggest", text, *model, "-k", number],
            ["suggest", text, *model, "--complete", "--json", "--glossary", file],
            ["suggest", text, *model, "--prefix", texts.word(rng).replace("\0", ""), "--punctuation", "--ignore-case"],
            ["suggest", "-", *model, *store],
            ["phrases", text, *model, "--threshold", number, "--json"],
            ["generate", text, *model, "--max-words", "3", "--temperature", number, "--seed", number],
            ["score", file, *model],
            ["score", "-", *model, "--json"],
            ["correct", file, *model, "--json"],
            ["correct", file, *model, "--apply", "--threshold", number],
            ["correct", "a.txt", *model, "--layout", file],
            ["words", *store, "learn", file],
            ["words", *store, "import", file],
            ["words", *store, "forget", text],
            ["words", *store, "list", "-n", number],
            ["words", *store, "export"],
            ["evaluate", file, *model, "--words", "3", "--json", "-"],
            ["evaluate", file, *model, "--words", "3", "--by", "person", "-k", number],
            ["evaluate", "-", *model, "--words", "3", "--perplexity", "--json", "-"],
            ["evaluate", file, *model, "--words", "2", "--learn", "--json", "-"],
            ["evaluate", file, *model, "--words", "2", "--corrections", "--json", "-"],
            ["evaluate", "b.jsonl", *model, "--words", "2", "--touch", number, "--layout", file],
        ]  # fmt: skip
        chosen = rng.choice(verbs)
        return [
            each if not each.startswith("-") or each[:2] in ("--", "-m", "-k", "-n", "-") else f" {each}"
            for each in chosen
        ]

    def _is_json(self, tally: Tally, output: str, arguments: list[str]) -> None:
        whole = [output] if "-" in arguments and arguments[0] == "evaluate" else output.splitlines()
        try:
            for each in whole:
                json.load(io.StringIO(each), parse_constant=_refused)
        except ValueError as error:
            tally.fault("wrong", f"wordgru {arguments} prints no JSON: {error}")


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _layout(rng: Random) -> bytes:
    rows = [
        {"x": rng.uniform(-3, 3), "y": row, "keys": "".join(set(texts.word(rng)))} for row in range(rng.randint(0, 3))
    ]
    content = json.dumps({"rows": rows}, ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")
    return texts.broken(content, rng) if rng.random() < 0.5 else content


def _slips(rng: Random) -> bytes:
    lines = []
    for _ in range(rng.randint(0, 3)):
        row: dict[str, Any] = {name: texts.text(rng, 3) for name in ("text", "typed", "intended", "context", "person")}
        row |= {"history": texts.word(rng), "word": texts.word(rng), "count": texts.number(rng)}
        if rng.random() < 0.3:
            row.pop(rng.choice(list(row)))
        lines.append(json.dumps(row, ensure_ascii=True))
    content = "\n".join(lines).encode()
    return texts.broken(content, rng) if rng.random() < 0.3 else content


def _is_half(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)

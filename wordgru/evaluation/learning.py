"""What learning a typist's words is worth: people's messages in order, each person with a store that begins empty."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from wordgru.evaluation.bench import Document, Evaluation, evaluate
from wordgru.evaluation.figures import ALL, Counts, Difference, Row, difference, rows
from wordgru.evaluation.predictor import PredictorSubject, SessionField
from wordgru.predictor import Predictor
from wordgru.sources.personal import PersonalModel

STRETCHES = (0, 100, 200, 400, 800, 1600, 3200, 6400)
"""Words that a person has written before: where the stretches of the learning curve begin."""


_OFF, _ON = "without learning", "with learning"

DEFINITIONS = {
    _OFF: "the model alone, as it is",
    _ON: "each person's store begins empty; a message is typed, then learnt, and read before the next one; the next "
    "person begins anew",
    "group": "a person; messages are read in the order of the file",
    "learning curve": "figures without → with learning, by how many words the person had written before",
}
"""What the headings mean, beside those of every bench. Perplexity is the model's alone: learning does not change it."""


@dataclass(frozen=True)
class Stretch:
    """A part of the learning curve: the words of all people who had written so much.

    Attributes:
        start: words that each had written at least.
        words: how many words it holds.
        people: how many people wrote them.
        hits: share of hits for each k, (without learning, with it).
        savings: share of keystrokes saved for each k, likewise.
    """

    start: int
    words: int
    people: int
    hits: dict[int, tuple[float, float]]
    savings: dict[int, tuple[float, float]]


@dataclass(frozen=True)
class Worth:
    """The bench without and with something: what it is worth.

    Attributes:
        off: without.
        on: with.
        gain: on less off; intervals by resampling people, or documents.
        curve: of learning, by how much a person had written.
        languages: the model's name, and those of the models that were mixed in.
    """

    off: Evaluation
    on: Evaluation
    gain: Difference
    curve: tuple[Stretch, ...] = ()
    languages: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """`off` and `on`, each with its figures in percent, for all and by person (any group)."""
        off, on = _percent(self.off), _percent(self.on)
        if self.languages:
            off, on = {"languages": [self.languages[0]], **off}, {"languages": list(self.languages), **on}
        return {"off": off, "on": on}


def evaluate_learning(
    documents: Sequence[Document], predictor: Predictor, *, ks: Sequence[int],
    attention: float = 0.0, progress: Callable[[int], None] | None = None,
) -> Worth:  # fmt: skip
    """Judge `documents`, the messages of each person (their group) in order, without and with learning.

    A message is learnt when it is finished; nothing is carried from one person to the next.
    """
    ordered = [each for group in dict.fromkeys(d.group for d in documents) for each in documents if each.group == group]
    off = evaluate(ordered, PredictorSubject(predictor, name=_OFF, attention=attention), ks=ks, progress=progress)
    subject = _Learning(predictor, attention)
    on = evaluate(ordered, subject, ks=ks, progress=progress, before=subject.turn_to)
    gain = difference((_ON, _OFF), _by_person(on.counts), _by_person(off.counts), sorted(ks))
    return Worth(off, on, gain, _curve(off.counts, on.counts, sorted(ks)))


class _Learning(PredictorSubject):
    """A predictor whose user commits each text before the next, in one session; another person begins anew."""

    def __init__(self, predictor: Predictor, attention: float) -> None:
        super().__init__(predictor, name=_ON, attention=attention)
        self.personal = self.predictor.personal = PersonalModel()
        self._session = self.predictor.session()
        self._before: Document | None = None

    def field(self) -> SessionField:
        """The session where the text begins, to go its own way."""
        return SessionField(self._session.copy(), self.model, self.attention)

    def turn_to(self, document: Document) -> None:
        """Call before each document."""
        before, self._before = self._before, document
        if before is not None and before.group == document.group:
            self._session.set(before.text)
            self._session.commit()
            self._session.reset()
        elif before is not None:
            self.personal.forget()
            self._session = self.predictor.session()


def _by_person(counts: Sequence[Counts]) -> list[Counts]:
    """The sums of each person's documents."""
    return [_sum(list(group)) for _, group in groupby(counts, key=lambda each: each.group)]


def _sum(counts: Sequence[Counts]) -> Counts:
    def total(name: str) -> Any:  # noqa: ANN401
        return sum(getattr(each, name) for each in counts)

    def totals(name: str) -> tuple[int, ...]:
        return tuple(np.sum([getattr(each, name) for each in counts], axis=0).tolist())

    names = ("words", "characters", "bytes", "spaced_words", "ranks", "nats", "asked", "exact")
    return replace(
        counts[0], hits=totals("hits"), keystrokes=totals("keystrokes"), **{name: total(name) for name in names}
    )


def _curve(off: Sequence[Counts], on: Sequence[Counts], ks: Sequence[int]) -> tuple[Stretch, ...]:
    written: dict[str, int] = {}
    stretches: dict[int, list[tuple[Counts, Counts]]] = {}
    for without, learning in zip(off, on, strict=True):
        before = written.get(without.group, 0)
        stretches.setdefault(max(s for s in STRETCHES if s <= before), []).append((without, learning))
        written[without.group] = before + without.words
    found = []
    for start, pairs in sorted(stretches.items()):
        both = [_sum([pair[side] for pair in pairs]) for side in (0, 1)]
        if both[0].words:
            found.append(
                Stretch(
                    start, both[0].words, len({without.group for without, _ in pairs}),
                    hits={k: _pair(each.hits[at] / each.words for each in both) for at, k in enumerate(ks)},
                    savings={k: _pair(1 - each.keystrokes[at] / each.characters for each in both)
                             for at, k in enumerate(ks)},
                )
            )  # fmt: skip
    return tuple(found)


def _pair(values: Any) -> tuple[float, float]:  # noqa: ANN401
    one, other = values
    return one, other


def _percent(evaluation: Evaluation) -> dict[str, Any]:
    ks = list(evaluation.all.hits)
    people = rows(evaluation.counts, ks, resamples=1, seed=0)
    return {
        **_figures(evaluation.all),
        "exact": 100 * evaluation.exact,
        "people": {row.name: _figures(row) for row in people if row.name != ALL or len(people) == 1},
    }


def _figures(row: Row) -> dict[str, float]:
    hits = {f"hit@{k}": 100 * figure.value for k, figure in row.hits.items()}
    return {**hits, **{f"savings@{k}": 100 * figure.value for k, figure in row.savings.items()}}

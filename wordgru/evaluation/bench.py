"""The bench: what a typist gains from a model, and how well it predicts text. One code for every subject.

Numpy alone; it reads no files and prints nothing.
"""

import itertools
import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from wordgru.errors import TextError, WordgruError
from wordgru.evaluation.figures import Counts, Row, rows
from wordgru.evaluation.predictor import Field, Subject
from wordgru.text import words
from wordgru.text.words import normalize

KS = (1, 3, 5)
"""How many words are offered."""

TIMED_K = 3
"""How many words are offered where time is measured."""

DEFINITIONS = {
    "word": "a maximal run of letters or digits with inner ' ’ or -; in scripts without spaces, what a token spells",
    "hit@k": "the word is among the k offered before its first letter, case-sensitive, context verbatim",
    "MRR": "mean of 1 / the word's rank among the most words offered, 0 where it is not among them",
    "savings@k": "1 - keystrokes / characters. Keystrokes: one per character; choosing an offered word costs one and "
    "types a following space where the text has one; the k offers are renewed at every character",
    "perplexity": "exp of the nats of a text, its end included, per word between white space (ppl)",
    "bits per byte": "the same nats in bits, per byte of UTF-8 (bpb)",
    "ms": f"a text is typed character by character; the top {TIMED_K} words after each, all work included",
    "intervals": "95%, bootstrap over documents, where there are enough of them",
}
"""What the figures mean; printed with them."""


@dataclass(frozen=True)
class Document:
    """One text, and the group whose figures it counts in."""

    text: str
    group: str = ""


@dataclass(frozen=True)
class Latency:
    """The time from a keystroke to new offers.

    Attributes:
        k: how many words were offered.
        milliseconds: of each keystroke, in order.
        calls: runs of the model per keystroke.
    """

    k: int
    milliseconds: tuple[float, ...]
    calls: float

    def percentile(self, share: float) -> float:
        """The milliseconds within which `share` percent of the keystrokes are answered."""
        return float(np.percentile(self.milliseconds, share))

    def to_dict(self) -> dict[str, float]:
        """The mean, some percentiles, and what was measured."""
        return {
            "k": self.k,
            "keystrokes": len(self.milliseconds),
            "mean": float(np.mean(self.milliseconds)),
            **{f"p{share}": self.percentile(share) for share in (50, 90, 99)},
            "max": max(self.milliseconds),
            "model_calls": self.calls,
        }


@dataclass(frozen=True)
class Evaluation:
    """The figures of one subject.

    Attributes:
        name: of the subject.
        size: bytes of its files, if it has any.
        rows: the figures of each group, if there are several, and last those of all documents.
        exact: share of the offers that are proved to be the most probable words.
        latency: time per keystroke.
        seconds: that the evaluation took.
        counts: what was counted in each document, in order.
    """

    name: str
    size: int | None
    rows: tuple[Row, ...]
    exact: float
    latency: Latency
    seconds: float
    counts: tuple[Counts, ...]

    @property
    def all(self) -> Row:
        """The figures of all documents."""
        return self.rows[-1]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; shares out of 1, milliseconds per keystroke."""
        return {
            "name": self.name,
            "bytes": self.size,
            "rows": [asdict(row) for row in self.rows],
            "exact": self.exact,
            "milliseconds": self.latency.to_dict(),
            "seconds": self.seconds,
        }


def evaluate(
    documents: Iterable[Document],
    subject: Subject,
    *,
    ks: Sequence[int] = KS,
    timed_keystrokes: int = 3000,
    resamples: int = 1000,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    before: Callable[[Document], None] | None = None,
) -> Evaluation:
    """Let `subject` offer words along `documents`, and count.

    Args:
        documents: the texts; white space around one is no part of it, and an empty one is none.
        subject: what offers the words.
        ks: numbers of words offered.
        timed_keystrokes: keystrokes to measure the time of, at least 1.
        resamples: of the documents, for the intervals.
        seed: the same seed gives the same intervals, and times the same keystrokes.
        progress: called with the number of characters done since the last call.
        before: called with each document before its words are counted.

    Raises:
        TextError: the documents hold no word.
        WordgruError: a number is out of its range, or a text holds a lone surrogate.
    """
    if not ks or min(ks) < 1 or timed_keystrokes < 1 or resamples < 1:
        raise WordgruError(
            f"ks is {tuple(ks)}, timed_keystrokes {timed_keystrokes}, resamples {resamples}; expected numbers of at "
            "least 1."
        )
    ks = sorted(set(ks))
    started = time.perf_counter()
    prepared = _prepared(documents)
    latency = _latency(prepared, subject, timed_keystrokes, seed)
    counts: list[Counts] = []
    for document in prepared:
        if before:
            before(document)
        counts.append(_count(document, subject, ks, progress or (lambda count: None)))
    asked = sum(count.asked for count in counts)
    return Evaluation(
        name=subject.name,
        size=subject.size,
        rows=rows(counts, ks, resamples=resamples, seed=seed),
        exact=sum(count.exact for count in counts) / asked,
        latency=latency,
        seconds=time.perf_counter() - started,
        counts=tuple(counts),
    )


def _prepared(documents: Iterable[Document]) -> list[Document]:
    """The documents in the form that is typed, without the empty ones."""
    cleaned = (Document(normalize(document.text).strip(), document.group) for document in documents)
    prepared = [document for document in cleaned if document.text]
    if not any(words.spans(document.text) for document in prepared):
        raise TextError(
            f"the text holds no word (documents that are not empty: {len(prepared)}); expected letters or digits. "
            "Check the source and its column."
        )
    return prepared


def _latency(documents: Sequence[Document], subject: Subject, keystrokes: int, seed: int) -> Latency:
    """Type whole documents, in a random order, and measure the time of each keystroke."""
    milliseconds: list[float] = []
    calls = 0
    for at in np.random.default_rng(seed).permutation(len(documents)):
        text, field = documents[at].text, subject.field()
        for end in range(1, min(len(text), keystrokes - len(milliseconds)) + 1):
            typed = text[:end]
            started = time.perf_counter()
            offers = field.offers(typed, TIMED_K)
            milliseconds.append(1000 * (time.perf_counter() - started))
            calls += offers.calls
    return Latency(TIMED_K, tuple(milliseconds), calls / len(milliseconds))


def _count(document: Document, subject: Subject, ks: Sequence[int], progress: Callable[[int], None]) -> Counts:
    """Walk through one document."""
    text = document.text
    fields = [subject.field() for _ in ks] if subject.remembers else [subject.field()]
    hits, saved = np.zeros(len(ks), np.int64), np.zeros(len(ks), np.int64)
    ranks = 0.0
    total = asked = exact = done = 0
    for start, end, unspaced in _words(text, subject):
        if len(fields) == 1:
            first, chosen, answers = _type_word(fields[0], text, start, end, ks, unspaced=unspaced)
        else:
            walks = [
                _type_word(each, text, start, end, [k], unspaced=unspaced) for each, k in zip(fields, ks, strict=True)
            ]
            first = walks[-1][0]  # before the first letter nothing was passed over
            chosen = [at for _, walk, _ in walks for at in walk]
            answers = [exact for *_, walk in walks for exact in walk]
        width = end - start + (text[end : end + 1] == " ")
        hits += [0 < first <= k for k in ks]
        saved += [0 if at is None else max(width - at - 1, 0) for at in chosen]
        ranks += 1 / first if first else 0.0
        total += 1
        asked += len(answers)
        exact += sum(answers)
        progress(end - done)
        done = end
    progress(len(text) - done)
    nats = subject.nats(text)
    return Counts(
        group=document.group, words=total, characters=len(text), bytes=len(text.encode()),
        spaced_words=len(text.split()),
        hits=tuple(hits.tolist()), keystrokes=tuple((len(text) - saved).tolist()), ranks=ranks,
        nats=math.nan if nats is None else nats, asked=asked, exact=exact,
    )  # fmt: skip


def _words(text: str, subject: Subject) -> Iterator[tuple[int, int, bool]]:
    """The words of `text`; of a script without spaces, the subject's units."""
    found = words.spans(text)
    cuts = sorted(subject.cuts(text)) if any(unspaced for *_, unspaced in found) else []
    for start, end, unspaced in found:
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)] if unspaced else []
        for low, high in itertools.pairwise([start, *inner, end]):
            yield low, high, unspaced


def _type_word(
    field: Field, text: str, start: int, end: int, ks: Sequence[int], *, unspaced: bool
) -> tuple[int, list[int | None], list[bool]]:
    """Type a word until it is offered within the smallest k, or typed out.

    What is offered does not depend on what was chosen, so one walk serves every k, unless the subject remembers what it
    offered.

    Returns:
        The word's rank before its first letter (0: not offered), the letters typed before it can be chosen for each
        k (None: never), and of each answer whether it was exact.
    """
    first, answers = 0, []
    chosen: list[int | None] = [None] * len(ks)
    for typed in range(end - start):
        wanted = max((k for k, at in zip(ks, chosen, strict=True) if at is None), default=0)  # fewer are found faster
        if not wanted:
            break
        offers = field.offers(text[: start + typed], wanted, start=start if unspaced else None)
        answers.append(offers.exact)
        rank = offers.words.index(text[start:end]) + 1 if text[start:end] in offers.words else 0
        if not typed:
            first = rank
        chosen = [typed if at is None and 0 < rank <= k else at for at, k in zip(chosen, ks, strict=True)]
    return first, chosen, answers

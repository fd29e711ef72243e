"""From what was counted in each document to figures, their intervals, and the difference between two subjects."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ALL = "all"
"""Name of the row that sums up all groups."""

FEWEST_DOCUMENTS = 5
"""Documents below which no interval is told: resampling so few says little."""

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A figure and its 95% interval, if there are enough documents for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Counts:
    """What was counted in one document.

    Attributes:
        group: the document's.
        words: words, each of which was offered or not.
        characters: of the text.
        bytes: of the text in UTF-8.
        spaced_words: words between white space, for perplexity.
        hits: words offered before their first letter, for each k.
        keystrokes: that the text costs, for each k.
        ranks: sum of the reciprocal ranks of the words.
        nats: minus the log-probability of the text and its end; NaN if it is not known.
        asked: times that offers were asked for.
        exact: times that they were proved to be the best.
    """

    group: str
    words: int
    characters: int
    bytes: int
    spaced_words: int
    hits: tuple[int, ...]
    keystrokes: tuple[int, ...]
    ranks: float
    nats: float
    asked: int
    exact: int


@dataclass(frozen=True)
class Row:
    """The figures of one group of documents.

    Attributes:
        name: of the group.
        documents: how many there are.
        words: how many they hold.
        characters: how many they hold.
        hits: for each k, the share of words among the k offered before their first letter.
        reciprocal_rank: mean over words.
        savings: for each k, the share of keystrokes saved.
        perplexity: per word between white space; None if it is not known.
        bits_per_byte: None if it is not known.
    """

    name: str
    documents: int
    words: int
    characters: int
    hits: dict[int, Figure]
    reciprocal_rank: Figure
    savings: dict[int, Figure]
    perplexity: Figure | None
    bits_per_byte: Figure | None


@dataclass(frozen=True)
class Difference:
    """How much better a subject is than another on the same documents; the intervals are of the differences.

    Attributes:
        name: the subject.
        baseline: the other.
        hits: difference in the share of hits for each k.
        savings: difference in the share of keystrokes saved for each k.
    """

    name: str
    baseline: str
    hits: dict[int, Figure]
    savings: dict[int, Figure]


def rows(counts: Sequence[Counts], ks: Sequence[int], *, resamples: int, seed: int) -> tuple[Row, ...]:
    """The figures of each group that holds words, if there are several, in order of appearance, and of all."""
    groups = list(dict.fromkeys(count.group for count in counts))
    found = []
    for group in groups if len(groups) > 1 else ():
        members = [count for count in counts if count.group == group]
        if sum(count.words for count in members):
            found.append(_row(group, members, ks, resamples, seed))
    return (*found, _row(ALL, counts, ks, resamples, seed))


def difference(
    names: tuple[str, str], counts: Sequence[Counts], baseline: Sequence[Counts], ks: Sequence[int], *,
    resamples: int = 1000, seed: int = 0,
) -> Difference:  # fmt: skip
    """Compare two subjects, document by document: a common hard document then says nothing against either."""
    weights = _weights(len(counts), resamples, seed)

    def against(share: Callable[[Sequence[Counts], int], tuple[_Array, _Array]], at: int) -> Figure:
        (over, under), (other_over, other_under) = share(counts, at), share(baseline, at)
        samples = _ratios(weights, over, under) - _ratios(weights, other_over, other_under)
        return _figure(over.sum() / under.sum() - other_over.sum() / other_under.sum(), samples, len(counts))

    return Difference(
        *names,
        hits={k: against(_hits, at) for at, k in enumerate(ks)},
        savings={k: against(_saved, at) for at, k in enumerate(ks)},
    )


def _row(name: str, counts: Sequence[Counts], ks: Sequence[int], resamples: int, seed: int) -> Row:
    weights = _weights(len(counts), resamples, seed)

    def figure(over: _Array, under: _Array, then: Callable[[_Array], _Array] = lambda ratio: ratio) -> Figure:
        value = float(then(np.array(over.sum() / under.sum())))
        return _figure(value, then(_ratios(weights, over, under)), len(counts))

    nats, known = _column(count.nats for count in counts), not any(math.isnan(count.nats) for count in counts)
    words, spaced = _column(count.words for count in counts), _column(count.spaced_words for count in counts)
    bits = nats / math.log(2)
    return Row(
        name=name,
        documents=len(counts),
        words=sum(count.words for count in counts),
        characters=sum(count.characters for count in counts),
        hits={k: figure(*_hits(counts, at)) for at, k in enumerate(ks)},
        reciprocal_rank=figure(_column(count.ranks for count in counts), words),
        savings={k: figure(*_saved(counts, at)) for at, k in enumerate(ks)},
        perplexity=figure(nats, spaced, _exp) if known else None,
        bits_per_byte=figure(bits, _column(count.bytes for count in counts)) if known else None,
    )


def _hits(counts: Sequence[Counts], at: int) -> tuple[_Array, _Array]:
    """Hits and words of each document.  # (D,), (D,)"""
    return _column(count.hits[at] for count in counts), _column(count.words for count in counts)


def _saved(counts: Sequence[Counts], at: int) -> tuple[_Array, _Array]:
    """Keystrokes saved and characters of each document.  # (D,), (D,)"""
    characters = _column(count.characters for count in counts)
    return characters - _column(count.keystrokes[at] for count in counts), characters


def _column(values: Iterable[float]) -> _Array:
    return np.array(list(values), np.float64)


def _weights(documents: int, resamples: int, seed: int) -> _Array:
    """How often each document is drawn in each resample.  # (R, D)"""
    random = np.random.default_rng(seed)
    return random.multinomial(documents, np.full(documents, 1 / documents), size=resamples).astype(np.float64)


def _ratios(weights: _Array, over: _Array, under: _Array) -> _Array:
    """The ratio of sums in each resample; those that hold nothing to divide by are left out.  # (R,)"""
    under_sums = weights @ under
    ratios: _Array = np.divide(weights @ over, under_sums, out=np.full(len(weights), np.nan), where=under_sums > 0)
    return ratios


def _figure(value: float, samples: _Array, documents: int) -> Figure:
    if documents < FEWEST_DOCUMENTS:
        return Figure(value)
    low, high = np.nanquantile(samples, (0.025, 0.975))
    return Figure(float(value), float(low), float(high))


def _exp(values: _Array) -> _Array:
    """exp, at most what a float holds: a text of marks with hardly a word has nats without measure."""
    return np.exp(np.minimum(values, np.log(np.finfo(np.float64).max)))

"""A rival of the benchmark: KenLM, which lists its vocabulary to find the next words.

The n-gram model is counted from the benchmark's text: trigrams with absolute discounting (Ney, Essen and Kneser
1994), every count kept. It is there for its speed; how well one predicts is `wordgru evaluate`'s matter.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from wordgru.evaluation.baselines import KenLMSubject, tokens

_DISCOUNT = 0.75
_UNKNOWN, _BEGIN, _END = "<unk>", "<s>", "</s>"

Gram = tuple[str, ...]


def write_arpa(file: Path, texts: Iterable[str], *, words: int, most_tokens: int = 500_000) -> int:
    """Write an ARPA file of trigrams over the `words` most frequent tokens of `texts`; return how many n-grams."""
    lines: list[list[str]] = []
    left = most_tokens
    for text in texts:
        for line in text.splitlines():
            if (found := tokens(line)) and left > 0:
                lines.append(found)
                left -= len(found)
    known = {word for word, _ in Counter(word for line in lines for word in line).most_common(words)}
    counts: list[Counter[Gram]] = [Counter() for _ in range(3)]
    for line in lines:
        padded = [_BEGIN, *(word if word in known else _UNKNOWN for word in line), _END]
        for order, counter in enumerate(counts, start=1):
            counter.update(zip(*(padded[at:] for at in range(order)), strict=False))
    counts[0] += Counter(dict.fromkeys([(word,) for word in (_UNKNOWN, _BEGIN, _END)], 1))
    file.write_text("\n".join(_arpa(counts)) + "\n", encoding="utf-8")
    return sum(map(len, counts))


def type_ngrams(
    model: KenLMSubject, texts: Iterable[str], *, keystrokes: int, clock: Callable[[], float]
) -> list[float]:
    """Seconds of the top 3 after each keystroke of `texts`, as `measure.type_text` types them."""
    seconds: list[float] = []
    for text in texts:
        field = model.field()
        for end in range(1, min(len(text), keystrokes - len(seconds)) + 1):
            started = clock()
            field.offers(text[:end], 3)
            seconds.append(clock() - started)
    return seconds


def _arpa(counts: Sequence[Counter[Gram]]) -> Iterable[str]:
    """The lines of the file."""
    yield "\\data\\"
    yield from (f"ngram {order}={len(counter)}" for order, counter in enumerate(counts, start=1))
    for order, counter in enumerate(counts, start=1):
        yield f"\n\\{order}-grams:"
        totals, _ = _contexts(counter)
        longer = _contexts(counts[order]) if order < len(counts) else ({}, {})
        for gram, count in counter.items():
            share = (count - _DISCOUNT) / totals[gram[:-1]] + (_DISCOUNT / totals[()] if order == 1 else 0)
            backoff = _DISCOUNT * longer[1][gram] / longer[0][gram] if gram in longer[0] else 1.0
            weight = "" if order == len(counts) else f"\t{math.log10(backoff):.5f}"
            yield f"{math.log10(share):.5f}\t{' '.join(gram)}{weight}"
    yield "\n\\end\\"


def _contexts(counter: Mapping[Gram, int]) -> tuple[Counter[Gram], Counter[Gram]]:
    """For each context: how often anything followed it, and how many kinds of things did."""
    totals: Counter[Gram] = Counter()
    kinds: Counter[Gram] = Counter()
    for gram, count in counter.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    return totals, kinds

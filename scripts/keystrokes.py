"""What a typist waits for: the shipped model (or another) types real text, and hostile beginnings of words.

    python scripts/keystrokes.py --text messages.jsonl --keystrokes 20000 --hostile 2000

Each keystroke asks for three words, in one thread; `--clock cpu` is fair on a machine that is busy otherwise. Run it
three times and take the median, on a machine that does nothing else. docs/benchmark.md has the figures. With `--learn`
and `--glossary` each keystroke is typed twice, without and with personal words and word lists, and compared.
"""

import json
import platform
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import numpy as np

from wordgru import PersonalModel, Predictor, Suggestions

_CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
_SCRIPTS = ("שלוםאהיכת", "नमसतेकया", "안녕하세요", "дщэлфпривет", "مرحباكيف", "ＨｅｌｌＯ", "日本語入力", "สวัสดี")
_BEFORE = ("I saw ", "", "The file is called ", "ok. ")

Clock = Callable[[], float]
Asked = tuple[float, str, int, bool, int]
"""Seconds that a keystroke took, the end of the text, rows, whether it was proved, words: numbers alone, since 20,000
answers that are kept make Python's garbage collector stop for 100 ms."""


def hostile(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Texts and beginnings of words that hardly any text holds, a quarter of them each of four kinds."""
    draw = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number in range(count):
        kind, size = number % 4, draw.randint(2, 60)
        if kind == 0:  # a letter again and again, after a few others
            word = "".join(draw.choices(letters, k=draw.randint(0, 4))) + draw.choice(letters) * size
        elif kind == 1:  # a hash
            word = f"{draw.getrandbits(4 * size):x}"
        elif kind == 2:  # another script
            word = "".join(draw.choices(draw.choice(_SCRIPTS), k=min(size, 12)))
        else:  # a long word that nobody wrote
            word = "".join(draw.choice("bcdfghlmnprst") + draw.choice("aeiou") for _ in range(size // 2 + 1))
        yield draw.choice(_BEFORE), word


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("-m", "--model", default="en", help="Bundle to type with.")
@click.option("--text", type=click.Path(exists=True, path_type=Path), help="JSON lines with `text` to type.")
@click.option("--keystrokes", default=20_000, help="Typed at most, the lines drawn by a seed.")
@click.option("--hostile", "hostiles", default=2_000, help="Beginnings of words that hardly any text holds.")
@click.option("--clock", type=click.Choice(list(_CLOCKS)), default="wall")
@click.option("--slowest", default=0, help="Print so many of the slowest.")
@click.option("--learn", is_flag=True, help="Also type with a store that learns each line after it was typed.")
@click.option("--glossary", multiple=True, type=click.Path(exists=True, path_type=Path), help="And with these words.")
def main(
    model: str, text: Path | None, keystrokes: int, hostiles: int, clock: str, slowest: int, *, learn: bool,
    glossary: tuple[Path, ...],
) -> None:  # fmt: skip
    """Print milliseconds of keystrokes, the rows that they took, and how many answers were proved."""
    predictor, now = Predictor.load(model), _CLOCKS[clock]
    predictor.suggest("the")
    print(f"{platform.processor() or platform.machine()}, {clock} time, one thread")
    if text and (learn or glossary):
        own = Predictor.load(model, personal=PersonalModel() if learn else None)
        for each in glossary:
            own.words.read(each)
        typed = list(_typed([predictor, own], text, keystrokes, now))
        for name, asked in (("without", typed[::2]), ("with", typed[1::2])):
            _report(name, asked, slowest)
        _compare(typed[::2], typed[1::2])
    elif text:
        _report("typed", list(_typed([predictor], text, keystrokes, now)), slowest)
    _report("hostile", list(_pasted(predictor, hostiles, now)), slowest)


def _typed(predictors: Sequence[Predictor], file: Path, most: int, now: Clock) -> Iterator[Asked]:
    """Each keystroke with each predictor in turn; those that learn do so at the end of a line."""
    lines = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(lines)
    for text in lines:
        sessions = [predictor.session() for predictor in predictors]
        for letter in text[: max(most, 0)]:
            for session in sessions:
                started = now()
                session.append(letter)
                words = session.suggest(k=3)
                yield _asked(now() - started, session.text, words)
        for session, predictor in zip(sessions, predictors, strict=True):
            if predictor.personal is not None and most > 0:
                session.commit()
        most -= len(text)


def _asked(seconds: float, text: str, words: Suggestions) -> Asked:
    return seconds, text[-70:], words.rows, words.exact, len(words)


def _pasted(predictor: Predictor, count: int, now: Clock) -> Iterator[Asked]:
    for before, word in hostile(count):
        session = predictor.session(before)
        session.suggest(k=3)
        started = now()
        session.append(word)
        words = session.suggest(k=3)
        yield _asked(now() - started, session.text, words)


def _compare(without: list[Asked], with_: list[Asked]) -> None:
    one, other = (np.array([seconds for seconds, *_ in asked]) for asked in (without, with_))
    p50, p99 = np.percentile(other, [50, 99]) / np.percentile(one, [50, 99])
    print(f"with against without: p50 {p50:.2f}, mean {other.mean() / one.mean():.2f}, p99 {p99:.2f}")


def _report(name: str, asked: list[Asked], slowest: int) -> None:
    if not asked:
        return
    seconds, _, row_counts, exact, counts = zip(*asked, strict=True)
    milliseconds, rows = 1e3 * np.array(seconds), np.array(row_counts)
    p50, p90, p99 = np.percentile(milliseconds, [50, 90, 99])
    proved = np.mean([each for each, *numbers in zip(exact, row_counts, counts, strict=True) if any(numbers)])
    full = np.mean(np.array(counts) == 3)
    print(
        f"{name}: {len(asked):,}; ms p50 {p50:.2f}, p90 {p90:.2f}, p99 {p99:.2f}, slowest {milliseconds.max():.1f}; "
        f"rows median {np.median(rows):.0f}, mean {rows.mean():.1f}, p99 {np.percentile(rows, 99):.0f}; "
        f"proved {proved:.2%}, three words {full:.2%}"
    )
    for took, text, read, *_ in sorted(asked, reverse=True)[:slowest]:
        print(f"  {1e3 * took:6.1f} ms  {read:3} rows  {text!r}")


if __name__ == "__main__":
    main()

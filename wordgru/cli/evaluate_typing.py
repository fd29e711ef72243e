"""`wordgru evaluate --touch` and `--corrections`: what a typing model is worth."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from wordgru.cli import read_text
from wordgru.cli.documents import STANDARD_INPUT
from wordgru.cli.usage import FileName, belongs
from wordgru.evaluation.bench import Document
from wordgru.evaluation.clean import evaluate_clean
from wordgru.evaluation.corrections import Slip, evaluate_corrections, parse_slips, read_slips
from wordgru.evaluation.output import console, progress_bar, write_json
from wordgru.evaluation.touch import Reliability, evaluate_slips, evaluate_touch
from wordgru.predictor import Predictor
from wordgru.sources.word_list import WordList
from wordgru.text import words
from wordgru.typing.model import TypingModel

_FLAGS = (
    click.option(
        "--touch", metavar="SPREAD", type=click.FloatRange(0, 5, min_open=True),
        help="Type with a finger that misses by so many key widths (standard deviation), and correct.",
    ),
    click.option(
        "--offset", metavar="WIDTHS", default=0.0, type=click.FloatRange(-1, 1),
        help="That finger lands so many key widths right of where it aims (--touch); then it is learnt, too.",
    ),
    click.option(
        "--slips", metavar="RATE", type=click.FloatRange(0, 1),
        help="Mistype this share of the words, by the typing model's own slips, and correct.",
    ),
    click.option(
        "--corrections", is_flag=True,
        help="SOURCES are JSON lines with typed, intended and perhaps context: how often the word meant is found.",
    ),
    click.option(
        "--frequencies", metavar="FILE", type=FileName(),
        help="Words, one a line, with a tab and how often each is written in a million: judged beside the model "
        "(--corrections).",
    ),
    click.option(
        "--clean", is_flag=True,
        help="SOURCES are texts without slips: how many of their words, typed exactly, are changed.",
    ),
    click.option("--unknown", is_flag=True, help="Of these, only the words that the language does not know (--clean)."),
    click.option(
        "--layout", type=FileName(path_type=str), default="qwerty", show_default=True,
        help="Keyboard of these: a name, or a JSON file.",
    ),
)  # fmt: skip
_RATES = {
    "typed": "as typed", "letters": "corrected, from letters", "points": "corrected, from touch points",
    "learnt": "the same, the finger being learnt",
    "symspell": "SymSpell, its own words", "frequency": "word frequency × true Gaussian, length known",
}  # fmt: skip


def typing_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags of these judgements."""
    for option, to in (("--offset", "--touch"), ("--frequencies", "--corrections"), ("--unknown", "--clean")):
        command = belongs(option, to=to)(command)
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def judge_touch(
    text: Sequence[Document], predictor: Predictor, spread: float | None, offset: float, slips: float | None,
    layout: str, json_file: str | None,
) -> None:  # fmt: skip
    """Print or write the word error rates of a finger that misses, or of somebody who slips."""
    with progress_bar() as bar:
        total = sum(len(words.spans(document.text)) for document in text)
        task = bar.add_task("words", total=total)

        def progress(count: int) -> None:
            bar.advance(task, count)

        if spread is None:
            found = evaluate_slips(text, predictor, slips or 0.0, layout=layout, progress=progress)
        else:
            found = evaluate_touch(text, predictor, spread, offset=offset, layout=layout, progress=progress)
    how = f"a slip in {slips or 0:.0%} of them" if spread is None else f"spread {spread:g} key widths"
    values = found.to_dict()
    if json_file:
        write_json(json_file, values)
    if json_file != "-":
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"{found.words:,} words, {how}")
        table.add_column("word error rate, %")
        table.add_column("", justify="right")
        for name, what in _RATES.items():
            if name in values:
                table.add_row(what, f"{values[name]:.1f}")
        console().print(table)
        for name, groups in found.reliability.items():
            _print_reliability(_RATES[name], groups)
        if not found.rivals:
            console().print(Text("For SymSpell and word frequency: pip install 'wordgru[symspell]'.", style="dim"))


def _print_reliability(title: str, groups: Sequence[Reliability]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    for at, name in enumerate(("made with a probability of, %", "corrections", "mean, %", "right, %")):
        table.add_column(name, justify="right" if at else "left")
    for group in groups:
        least = round(100 * group.least)
        figures = (f"{100 * share:.1f}" for share in (group.mean, group.right))
        table.add_row(f"{least} to {least + 10}", f"{group.corrections:,}", *figures)
    console().print(table)


def judge_clean(
    text: Sequence[Document], predictor: Predictor, layout: str, unknown: bool, json_file: str | None
) -> None:
    """Print or write how many words of a text without slips are changed."""
    with progress_bar() as bar:
        task = bar.add_task("words", total=sum(len(words.spans(document.text)) for document in text))
        found = evaluate_clean(
            text, predictor, TypingModel(layout=layout), unknown=unknown,
            progress=lambda count: bar.advance(task, count),
        )  # fmt: skip
    values = found.to_dict()
    if json_file:
        write_json(json_file, values)
    if json_file != "-":
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="changed, %")
        for at, title in enumerate(("words that the language", "", "from the left", "from the whole")):
            table.add_column(title, justify="right" if at else "left")
        for name, title in (("known", "knows"), ("unknown", "does not know")):
            each = values[name]
            table.add_row(title, f"{each['words']:,}", f"{each['left']:.2f}", f"{each['whole']:.2f}")
        console().print(table)


def judge_corrections(
    sources: Sequence[str], predictor: Predictor, layout: str, limit: int | None, frequencies: Path | None,
    json_file: str | None,
) -> None:  # fmt: skip
    """Print or write how often the word meant is found."""
    slips = [slip for source in sources for slip in _slips(source)[:limit]]
    counts = WordList()
    if frequencies:
        counts.read(frequencies)
    with progress_bar() as bar:
        task = bar.add_task("slips", total=len(slips))
        found = evaluate_corrections(
            slips, predictor, TypingModel(layout=layout), frequencies=counts.weights,
            progress=lambda count: bar.advance(task, count),
        )  # fmt: skip
    if json_file:
        write_json(json_file, _values([(each.group, each.to_dict()) for each in found]))
    if json_file != "-":
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        titles = ("slips", "", "left: first", "among 3", "whole: first", "among 3")
        for at, title in enumerate((*titles, *(("frequency: first", "among 3") if counts.weights else ()))):
            table.add_column(title, justify="right" if at else "left")
        for each in found:
            figures = (f"{100 * share:.1f}" for share in (*each.left, *each.whole, *(each.frequency or ())))
            table.add_row(Text(each.group), f"{each.count:,}", *figures)
        console().print(table)


def _slips(source: str) -> list[Slip]:
    if source == STANDARD_INPUT:
        return parse_slips(read_text(Path(source)), "standard input")
    return read_slips(source)


def _values(groups: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """One object: the figures of all from the left, `left`, `whole`, and those of each group."""
    whole = groups[-1][1]
    return {**whole, **whole["left"], "groups": dict(groups[:-1])}

"""The bench's figures as tables for a terminal."""

import statistics
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wordgru.errors import counted
from wordgru.evaluation.bench import Evaluation
from wordgru.evaluation.figures import Difference, Figure, Row
from wordgru.evaluation.learning import Stretch

_HUGE = 1e6  # a perplexity that says no more than that the text is foreign to the model


def print_tables(
    console: Console, found: Sequence[Evaluation], differences: Sequence[Difference], definitions: Mapping[str, str],
    curve: Sequence[Stretch] = (),
) -> None:  # fmt: skip
    """Print each subject's groups, all side by side, their differences, a learning curve, and what the figures mean."""
    for evaluation in found:
        if len(evaluation.rows) > 1:
            console.print(_groups(evaluation))
    console.print(_summary(found))
    if differences:
        console.print(_differences(differences))
    if curve:
        _print_curve(console, curve)
    meanings = Table.grid(padding=(0, 2))
    meanings.add_column(no_wrap=True)
    for term, meaning in definitions.items():
        meanings.add_row(Text(term), Text(meaning), style="dim")
    console.print(meanings)


def _print_curve(console: Console, curve: Sequence[Stretch]) -> None:
    """Figures without → with learning, by how much a person had written: hits, then savings."""
    for name, key in (("hit", "hits"), ("savings", "savings")):
        columns = ["words written before", "words", "people", *(f"{name}@{k}, %" for k in getattr(curve[0], key))]
        table = _table(f"Learning curve, {name}: without → with learning", columns)
        for each in curve:
            cells = [f"{100 * off:.1f} → {100 * on:.1f}" for off, on in getattr(each, key).values()]
            table.add_row(f"{each.start:,} …", f"{each.words:,}", f"{each.people}", *cells)
        console.print(table)


def _groups(evaluation: Evaluation) -> Table:
    """A row for each group; percent."""
    ks = " / ".join(str(k) for k in evaluation.all.hits)
    columns = ["group", "words", f"hit@{ks}", "MRR", f"savings@{ks}", "ppl", "bpb"]
    table = _table(evaluation.name, columns)
    for row in evaluation.rows:
        table.add_row(
            Text(row.name),
            f"{row.words}",
            " ".join(f"{100 * figure.value:4.1f}" for figure in row.hits.values()),
            f"{100 * row.reciprocal_rank.value:.1f}",
            " ".join(f"{100 * figure.value:4.1f}" for figure in row.savings.values()),
            _cell(row.perplexity and Figure(row.perplexity.value), 1, 0),
            _cell(row.bits_per_byte and Figure(row.bits_per_byte.value), 1, 2),
            style="bold" if row is evaluation.all else "",
        )
    return table


def _summary(found: Sequence[Evaluation]) -> Table:
    """A column for each subject."""
    row = found[0].all
    title = f"{counted(row.words, 'word')}, {row.characters:,} characters, {counted(row.documents, 'document')}"
    table = _table(title, ["", *(evaluation.name for evaluation in found)])
    columns = [_quality(evaluation.all) + _speed(evaluation) for evaluation in found]
    for cells in zip_longest(*columns):
        table.add_row(cells[0][0], *(cell for _, cell in cells))
    return table


def _quality(row: Row) -> list[tuple[str, str]]:
    """(name, figure and its interval) of everything that does not depend on the machine."""
    return [
        *((f"hit@{k}, %", _cell(figure, 100, 1)) for k, figure in row.hits.items()),
        ("mean reciprocal rank, %", _cell(row.reciprocal_rank, 100, 1)),
        *((f"savings@{k}, %", _cell(figure, 100, 1)) for k, figure in row.savings.items()),
        ("perplexity per word", _cell(row.perplexity, 1, 1)),
        ("bits per byte", _cell(row.bits_per_byte, 1, 3)),
    ]


def _speed(evaluation: Evaluation) -> list[tuple[str, str]]:
    """(name, figure) of the time and size that it takes."""
    latency = evaluation.latency
    return [
        ("mean, ms per keystroke", f"{statistics.fmean(latency.milliseconds):.2f}"),
        ("p50, ms per keystroke", f"{latency.percentile(50):.2f}"),
        ("p99, ms per keystroke", f"{latency.percentile(99):.2f}"),
        ("model calls per keystroke", f"{latency.calls:.2f}"),
        ("exact answers, %", f"{100 * evaluation.exact:.2f}"),
        ("size, MB", "–" if evaluation.size is None else f"{evaluation.size / 1e6:.2f}"),
        ("evaluated in, s", f"{evaluation.seconds:.0f}"),
    ]


def _differences(differences: Sequence[Difference]) -> Table:
    """How much more than the first subject, in points."""
    title = f"Gain over {differences[0].baseline}, in points"
    table = _table(title, ["", *(each.name for each in differences)])
    for k in differences[0].hits:
        table.add_row(f"hit@{k}", *(_cell(each.hits[k], 100, 1, sign="+") for each in differences))
    for k in differences[0].savings:
        table.add_row(f"savings@{k}", *(_cell(each.savings[k], 100, 1, sign="+") for each in differences))
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.collapse_padding = True
    for at, name in enumerate(columns):
        table.add_column(Text(name), justify="right" if at else "left", overflow="fold")
    return table


def _cell(figure: Figure | None, scale: float, digits: int, sign: str = "") -> str:
    if figure is None:
        return "–"
    if figure.value >= _HUGE:
        return f"{scale * figure.value:.1e}"
    value = f"{scale * figure.value:{sign}.{digits}f}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value}  ({scale * figure.low:{sign}.{digits}f} … {scale * figure.high:{sign}.{digits}f})"

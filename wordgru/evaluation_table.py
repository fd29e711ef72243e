"""The bench's figures as tables for a terminal."""

from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wordgru.evaluation import Evaluation, Latency
from wordgru.figures import Difference, Figure, Row


def latency_table(latency: Latency) -> dict[str, float]:
    """Milliseconds per keystroke: the mean, some percentiles, and what was measured."""
    return {
        "k": latency.k,
        "keystrokes": len(latency.milliseconds),
        "mean": float(np.mean(latency.milliseconds)),
        **{f"p{share}": latency.percentile(share) for share in (50, 90, 99)},
        "max": max(latency.milliseconds),
    }


def print_tables(
    console: Console, found: Sequence[Evaluation], differences: Sequence[Difference], definitions: Sequence[str]
) -> None:
    """Print quality, differences, speed, and the definitions."""
    if any(len(evaluation.rows) > 1 for evaluation in found):
        for evaluation in found:
            console.print(_quality(evaluation.name, [(row.name, row) for row in evaluation.rows], intervals=False))
    console.print(_quality("All texts", [(evaluation.name, evaluation.all) for evaluation in found], intervals=True))
    if differences:
        console.print(_differences(differences))
    console.print(_speed(found))
    for line in definitions:
        console.print(Text(line, style="dim"), soft_wrap=False)


def _quality(title: str, named: Sequence[tuple[str, Row]], *, intervals: bool) -> Table:
    ks = list(named[0][1].hits)
    offered = [*(f"hit@{k}" for k in ks), "MRR", *(f"saved@{k}" for k in ks)]
    table = _table(title, ["", "words", *offered, "perplexity", "bits/byte"])
    for name, row in named:
        shares = [*row.hits.values(), row.reciprocal_rank, *row.savings.values()]
        cells = [_share(figure) for figure in shares]
        cells += [f"{figure.value:.{digits}f}" if figure else "–" for figure, digits in _likelihoods(row)]
        style = "" if intervals or row is not named[-1][1] else "bold"  # the last sums up
        table.add_row(Text(name), f"{row.words:,}", *cells, style=style)
        if intervals:
            spread = [_interval(figure, 100, 1) for figure in shares]
            spread += [_interval(figure, 1, digits) for figure, digits in _likelihoods(row)]
            table.add_row("", "", *spread, style="dim")
    return table


def _likelihoods(row: Row) -> list[tuple[Figure | None, int]]:
    return [(row.perplexity, 1), (row.bits_per_byte, 3)]


def _differences(differences: Sequence[Difference]) -> Table:
    ks = list(differences[0].hits)
    table = _table(
        f"Against {differences[0].baseline}, in points", ["", *(f"hit@{k}" for k in ks), *(f"saved@{k}" for k in ks)]
    )
    for each in differences:
        figures = [*each.hits.values(), *each.savings.values()]
        table.add_row(Text(each.name), *(f"{100 * figure.value:+.1f}" for figure in figures))
        table.add_row("", *(_interval(figure, 100, 1, sign="+") for figure in figures), style="dim")
    return table


def _speed(found: Sequence[Evaluation]) -> Table:
    k = found[0].latency.k
    table = _table(f"Top {k} per keystroke", ["", "p50 ms", "p99 ms", "model calls", "exact", "size MB", "took s"])
    for evaluation in found:
        latency = evaluation.latency
        table.add_row(
            Text(evaluation.name),
            f"{latency.percentile(50):.2f}",
            f"{latency.percentile(99):.2f}",
            f"{latency.calls:.2f}",
            f"{evaluation.exact:.2%}",
            "–" if evaluation.size is None else f"{evaluation.size / 1e6:.2f}",
            f"{evaluation.seconds:.0f}",
        )
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for at, name in enumerate(columns):
        table.add_column(name, justify="right" if at else "left", no_wrap=True)
    return table


def _share(figure: Figure) -> str:
    return f"{100 * figure.value:.1f}"


def _interval(figure: Figure | None, scale: float, digits: int, sign: str = "") -> str:
    if figure is None or figure.low is None or figure.high is None:
        return ""
    return f"{scale * figure.low:{sign}.{digits}f} … {scale * figure.high:{sign}.{digits}f}"

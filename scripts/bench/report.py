"""The benchmark's figures as a table, as JSON and as a picture."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

from wordgru.errors import WordgruError

_PICTURES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Row:
    """One thing measured of several subjects.

    Attributes:
        name: what was measured.
        unit: "ms", "MB", …
        values: by subject; medians where it was measured often.
        p99: by subject, where it was measured often.
        compared: whether less is better, so that ratios say something.
        drawn: whether it is in the picture.
    """

    name: str
    unit: str
    values: dict[str, float]
    p99: dict[str, float] = field(default_factory=dict)
    compared: bool = True
    drawn: bool = False

    def ratio(self, subject: str, to: str) -> float | None:
        """How many times more `to` takes than `subject`."""
        if not self.compared or subject not in self.values or to not in self.values:
            return None
        return self.values[to] / self.values[subject]


def of_seconds(name: str, seconds: Mapping[str, Sequence[float]], *, drawn: bool = True) -> Row:
    """Medians and 99th percentiles in milliseconds."""
    values = {subject: 1e3 * float(np.median(found)) for subject, found in seconds.items()}
    p99 = {subject: 1e3 * float(np.percentile(found, 99)) for subject, found in seconds.items()}
    return Row(name, "ms", values, p99, drawn=drawn)


@dataclass(frozen=True)
class Report:
    """A table: rows of subjects, and the first subject's ratios to some others.

    Attributes:
        title: what stands above.
        subjects: the columns.
        rivals: subjects that the first is compared with.
        rows: what was measured.
        notes: lines that stand below.
    """

    title: str
    subjects: tuple[str, ...]
    rivals: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rows = [
            {
                "name": row.name,
                "unit": row.unit,
                "values": row.values,
                "p99": row.p99,
                "ratios": {to: ratio for to in self.rivals if (ratio := row.ratio(self.subjects[0], to)) is not None},
            }
            for row in self.rows
        ]
        return {"title": self.title, "subjects": self.subjects, "rows": rows, "notes": self.notes}

    def print(self) -> None:
        """A rich table on a terminal, aligned columns elsewhere."""
        first = self.subjects[0]
        head = ["median (p99)", *self.subjects, *(f"{to} / {first}" for to in self.rivals)]
        cells = [self._cells(row) for row in self.rows]
        if sys.stdout.isatty():
            _print_rich(self.title, head, cells)
        else:
            _print_plain(self.title, head, cells)
        for note in self.notes:
            click.echo(note)
        click.echo()

    def _cells(self, row: Row) -> list[str]:
        first = self.subjects[0]
        ratios = [row.ratio(first, to) for to in self.rivals]
        return [
            f"{row.name}, {row.unit}" if row.unit else row.name,
            *(_cell(row, subject) for subject in self.subjects),
            *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        ]


def check_picture(path: Path) -> None:
    """Refuse before the work a picture that could not be drawn.

    Raises:
        WordgruError: its kind is unknown, or its folder is missing.
    """
    if path.suffix.lower() not in _PICTURES:
        raise WordgruError(f"{path}: unknown kind of picture; expected a name that ends in {', '.join(_PICTURES)}.")
    check_folder(path)


def check_folder(path: Path) -> None:
    """Refuse before the work a file whose folder is missing.

    Raises:
        WordgruError: it is missing.
    """
    if not path.parent.is_dir():
        raise WordgruError(f"{path}: there is no folder {path.parent}; make it, or choose another place.")


def write_json(name: str, values: Mapping[str, Any]) -> None:
    """Write to a file, or to standard output for "-"."""
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    if name == "-":
        click.echo(text, nl=False)
    else:
        _write(Path(name), lambda path: path.write_text(text, encoding="utf-8"))


def draw(reports: Sequence[Report], path: Path) -> None:
    """Bars of the rows to be drawn that compare something, a plot each, in the file `path`."""
    from matplotlib.figure import Figure

    plots = [(report, row) for report in reports for row in report.rows if row.drawn and len(row.values) > 1]
    across = min(4, len(plots))
    down = -(-len(plots) // across)
    figure = Figure(figsize=(4 * across, 2.4 * down), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for each in axes[len(plots) :]:
        each.set_axis_off()
    for each, (report, row) in zip(axes, plots, strict=False):
        names = [name for name in report.subjects if name in row.values][::-1]
        bars = each.barh(names, [row.values[name] for name in names])
        colours = {name: f"C{at}" for at, name in enumerate(report.subjects)}
        for bar, name in zip(bars, names, strict=True):
            bar.set_color(colours[name])
        each.bar_label(bars, [_number(row.values[name]) for name in names], padding=3)
        each.set_title(f"{row.name}, {row.unit}", fontsize="medium")
        each.margins(x=0.2)
        each.spines[["top", "right"]].set_visible(False)
    _write(path, lambda beside: figure.savefig(beside, dpi=120))


def _cell(row: Row, subject: str) -> str:
    if subject not in row.values:
        return "–"
    spread = f" ({_number(row.p99[subject])})" if subject in row.p99 else ""
    return _number(row.values[subject]) + spread


def _number(value: float) -> str:
    """Three figures that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _print_rich(title: str, head: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for at, name in enumerate(head):
        table.add_column(Text(name), justify="right" if at else "left")
    for row in cells:
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(title: str, head: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    lines = [list(head), *map(list, cells)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    click.echo(title)
    for name, *others in lines:
        right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        click.echo("  ".join([name.ljust(widths[0]), *right]).rstrip())


def _write(path: Path, save: Callable[[Path], object]) -> None:
    """Write beside, then rename."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            save(Path(beside) / path.name)
            os.replace(Path(beside) / path.name, path)
    except OSError as error:
        raise WordgruError(f"{path}: cannot be written ({error.strerror}); choose another place.") from None

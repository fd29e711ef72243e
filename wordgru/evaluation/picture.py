"""The bench as a picture: hits and savings against k, and how the time per keystroke is spread. Needs matplotlib."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wordgru.errors import WordgruError
from wordgru.evaluation.bench import Evaluation
from wordgru.evaluation.figures import Figure
from wordgru.evaluation.learning import Stretch

_KINDS = (".png", ".svg", ".pdf")


def check(path: Path) -> None:
    """Say before the work whether a picture can be drawn at `path`.

    Raises:
        WordgruError: it is of an unknown kind, its folder is missing, or matplotlib is not installed.
    """
    if path.suffix.lower() not in _KINDS:
        raise WordgruError(f"{path}: unknown kind of picture; expected a name that ends in {', '.join(_KINDS)}.")
    if not path.parent.is_dir():
        raise WordgruError(f"{path}: there is no folder {path.parent}; make it, or choose another place.")
    _matplotlib()


def draw(found: Sequence[Evaluation], path: Path) -> None:
    """Draw the figures of all subjects into the file `path`.

    Raises:
        WordgruError: as `check` says, or the file cannot be written.
    """
    check(path)
    figure = _matplotlib()(figsize=(13, 4), layout="constrained")
    hits, savings, times = figure.subplots(1, 3)
    for evaluation in found:
        _curve(hits, evaluation.name, evaluation.all.hits)
        _curve(savings, evaluation.name, evaluation.all.savings)
    hits.set(title="Word offered before its first letter", xlabel="words offered", ylabel="hits, %")
    savings.set(title="Keystrokes saved", xlabel="words offered", ylabel="savings, %")
    _times(times, found)
    for axes in (hits, savings, times):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    hits.legend(frameon=False)
    _save(figure, path)


def draw_curve(curve: Sequence[Stretch], path: Path) -> None:
    """Draw the learning curve, hits and savings against the words written before, into the file `path`.

    Raises:
        WordgruError: as `check` says, or the file cannot be written.
    """
    check(path)
    figure = _matplotlib()(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, 2)
    names = [f"{stretch.start:,} …" for stretch in curve]
    for axes, title, kind in zip(
        panels, ("Word offered before its first letter", "Keystrokes saved"), ("hits", "savings"), strict=True
    ):
        for at, k in enumerate(curve[0].hits):
            off, on = zip(*(getattr(stretch, kind)[k] for stretch in curve), strict=True)
            axes.plot(names, 100 * np.array(off), color=f"C{at}", linestyle=":", marker=".")
            axes.plot(names, 100 * np.array(on), color=f"C{at}", marker="o", label=f"{k} offered")
        axes.set(title=title, xlabel="words that the person had written", ylabel=f"{kind}, %")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, title="dotted: without learning")
    _save(figure, path)


def _curve(axes: Any, name: str, figures: dict[int, Figure]) -> None:  # noqa: ANN401  (matplotlib has no types)
    """A line over k, with its intervals."""
    ks = list(figures)
    values = [100 * figure.value for figure in figures.values()]
    (line,) = axes.plot(ks, values, marker="o", label=name)
    if all(figure.low is not None for figure in figures.values()):
        spread = np.array([(figure.low, figure.high) for figure in figures.values()])
        axes.fill_between(ks, *(100 * spread.T), color=line.get_color(), alpha=0.15, linewidth=0)
    axes.set_xticks(ks)
    axes.set_ylim(bottom=0)


def _times(axes: Any, found: Sequence[Evaluation]) -> None:  # noqa: ANN401
    """How many keystrokes took how long, on a logarithmic axis, and the percentiles."""
    longest = max(max(evaluation.latency.milliseconds) for evaluation in found)
    shortest = max(min(min(evaluation.latency.milliseconds) for evaluation in found), 1e-3)
    edges = np.geomspace(shortest, max(longest, 2 * shortest), 50)
    for evaluation in found:
        latency = evaluation.latency
        weights = np.full(len(latency.milliseconds), 100 / len(latency.milliseconds))
        label = f"{evaluation.name}: p50 {latency.percentile(50):.1f}, p99 {latency.percentile(99):.1f}"
        times = np.maximum(latency.milliseconds, shortest)
        axes.hist(times, edges, weights=weights, histtype="stepfilled", alpha=0.5, label=label)
    axes.set(title=f"Time for the top {found[0].latency.k}", xlabel="ms per keystroke", ylabel="keystrokes, %")
    axes.set_xscale("log")
    axes.legend(frameon=False)


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401
    """Write beside, then rename."""
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            figure.savefig(Path(beside) / path.name, dpi=150)
            os.replace(Path(beside) / path.name, path)
    except OSError as error:
        raise WordgruError(f"{path}: cannot be written ({error.strerror}); choose another place.") from None


def _matplotlib() -> Any:  # noqa: ANN401
    """The class of figures, which needs no screen."""
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError:
        raise WordgruError("a picture needs matplotlib; pip install 'wordgru[train]', or go without one.") from None
    return Canvas

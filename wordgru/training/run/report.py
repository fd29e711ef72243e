"""What a run says while it goes on, and what it leaves to look at: metrics.jsonl, TensorBoard, a picture."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from torch.utils.tensorboard import SummaryWriter

from wordgru.training.run.checkpoint import CURVES, METRICS, TENSORBOARD, write_file

_LINES_EVERY = 15.0  # seconds between two lines where there is no terminal


class Reporter:
    """Metrics to files, progress to a person; nothing at all on ranks that are not the first.

    Args:
        run: the run folder.
        speaks: whether this process writes and prints.
        console: where to; standard error if not given.
    """

    def __init__(self, run: Path, *, speaks: bool, console: Console | None = None) -> None:
        self.run = run
        self.speaks = speaks
        self.console = console or Console(stderr=True, highlight=False, soft_wrap=True, quiet=not speaks)
        self._metrics: TextIO | None = None
        self._board: SummaryWriter | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._last_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        if self._progress is not None:
            self._progress.stop()
        if self._board is not None:
            self._board.close()
        if self._metrics is not None:
            self._metrics.close()

    def open(self, step: int) -> None:
        """Begin to write after `step`; what an earlier try wrote beyond it is cut off."""
        if not self.speaks:
            return
        path = self.run / METRICS
        kept = [line for line in read_metrics(self.run) if line["step"] <= step]
        write_file(path, "".join(json.dumps(line) + "\n" for line in kept).encode())
        self._metrics = path.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(self.run / TENSORBOARD), purge_step=step + 1)
        if self.console.is_terminal:
            columns = (BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.description}"))
            self._progress = Progress(*columns, console=self.console)
            self._task = self._progress.add_task("", total=1.0)
            self._progress.start()

    def say(self, line: str) -> None:
        """Print a line."""
        self.console.print(line, markup=False)

    @contextmanager
    def counting(self, what: str) -> Iterator[Callable[[int, int | None], None]]:
        """Tell how far a long step is: what is yielded wants (documents so far, in all or None), as often as it likes.

        A bar on a terminal, a line now and then elsewhere; both with the rate and the time left.
        """
        began = self._last_line = time.monotonic()
        columns = (BarColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            task = bar.add_task(what, total=None)

            def count(done: int, total: int | None) -> None:
                rate = done / max(time.monotonic() - began, 1e-9)
                left = f", {duration((total - done) / max(rate, 1e-9))} left" if total else ""
                line = f"{what}: {done:,}{f' of {total:,}' if total else ''} documents, {rate:,.0f} a second{left}"
                bar.update(task, completed=done, total=total, description=line)
                if not self.console.is_terminal and time.monotonic() - self._last_line >= _LINES_EVERY:
                    self._last_line = time.monotonic()
                    self.say(line)

            yield count

    def metrics(self, step: int, kind: str, values: Mapping[str, Any]) -> None:
        """Write figures of a step; `kind` is "train" or "validation"."""
        if self._metrics is None or self._board is None:
            return
        self._metrics.write(json.dumps({"step": step, "kind": kind, **values}) + "\n")
        self._metrics.flush()
        for name, value in values.items():
            if isinstance(value, int | float):
                self._board.add_scalar(f"{kind}/{name}", value, step)

    def progress(self, fraction: float, line: str) -> None:
        """Show how far the run is: a bar on a terminal, a line now and then elsewhere."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=fraction, description=line)
        elif time.monotonic() - self._last_line >= _LINES_EVERY:
            self._last_line = time.monotonic()
            self.say(line)


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl; a last line that a crash cut short is left out."""
    path = run / METRICS
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def draw_curves(run: Path) -> Path | None:
    """Draw loss and validation over the steps to `curves.png`; nothing if there is nothing to draw."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    lines = read_metrics(run)
    train = [line for line in lines if line["kind"] == "train"]
    validation = [line for line in lines if line["kind"] == "validation"]
    if not train:
        return None
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set(title="Loss", xlabel="step", ylabel="nats per token")
    for loss, colour in (("sampled", "tab:gray"), ("full", "tab:blue")):
        points = [(line["step"], line["loss"]) for line in train if line["scored"] == loss]
        if points:
            left.plot(*zip(*points, strict=True), color=colour, linewidth=0.8, label=f"train, {loss}")
    right.set(title="Validation", xlabel="step", ylabel="perplexity per word", yscale="log")
    if validation:
        steps = [line["step"] for line in validation]
        left.plot(steps, [line["nats_per_token"] for line in validation], "o-", color="tab:orange", label="validation")
        right.plot(steps, [line["perplexity"] for line in validation], "o-", color="tab:orange")
        best = min(validation, key=lambda line: line["perplexity"])
        place = (best["step"], best["perplexity"])
        right.annotate(f"{best['perplexity']:.1f}", place, (0, 8), textcoords="offset points", ha="right")
    left.legend()
    for axis in (right.yaxis.set_major_formatter, right.yaxis.set_minor_formatter):
        axis(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    for axes in (left, right):
        axes.grid(True, which="both", alpha=0.25)
    path = run / CURVES
    unfinished = path.with_name("curves.tmp")
    figure.savefig(unfinished, format="png", dpi=150)
    unfinished.replace(path)
    return path


class Pace:
    """How fast a run is, and how long it will take.

    Args:
        step: steps that were taken when this process began.
        fraction: part of the schedule that was done then.
        tokens: learnt in one step.
    """

    def __init__(self, step: int, fraction: float, tokens: int) -> None:
        self._began, self._first_fraction = time.monotonic(), fraction
        self._last = (step, self._began)
        self._tokens = tokens

    def at(self, step: int, fraction: float) -> tuple[float, str]:
        """Tokens per second since the last call, and the time left in words."""
        now = time.monotonic()
        before, since = self._last
        speed = (step - before) * self._tokens / max(now - since, 1e-9)
        self._last = (step, now)
        done = fraction - self._first_fraction
        return speed, duration((now - self._began) / max(done, 1e-9) * (1 - fraction))


def duration(seconds: float) -> str:
    """`42 s`, `7 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"

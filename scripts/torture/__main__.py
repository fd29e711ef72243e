"""Break what can be broken, for some minutes: `make torture`, or `python scripts/torture --minutes 10`.

Parts take turns, a step each; every step has a seed of its own, which `--replay PART:SEED` runs again.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Protocol

import click
import texts
from calls import Calls, Verbs
from files import Bundles, Runs, Stores
from hostile import Hostile
from kills import Exports, Killed, Learning, Trainings
from places import Places
from processes import Processes
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sessions import Sessions
from tally import KINDS, Tally

from wordgru import Predictor

ROOT = Path(__file__).parents[2]
_TINY, _INT8, _SHIPPED = ROOT / "tests/runtime/tiny", ROOT / "tests/runtime/tiny-int8", ROOT / "wordgru/models/en"
_SHORT = ("sessions", "calls", "verbs", "bundles", "stores", "hostile", "learning", "killed", "places", "processes")
_SHOWN = 40  # faults printed


class Part(Protocol):
    """A way to break things."""

    def step(self, rng: Random, tally: Tally) -> None:
        """A little of it."""


def parts(folder: Path, names: Iterable[str]) -> dict[str, Part]:
    """The parts of these names, each made when it is needed."""
    tiny = Predictor.load(_TINY)
    makers = {
        "sessions": lambda: Sessions([tiny, tiny, Predictor.load(_INT8), Predictor.load(_SHIPPED)]),
        "calls": lambda: Calls(tiny, folder / "calls"),
        "verbs": lambda: Verbs(_TINY, folder / "verbs"),
        "bundles": lambda: Bundles([_TINY, _INT8], folder / "bundles"),
        "stores": lambda: Stores(folder / "stores"),
        "hostile": lambda: Hostile(_TINY, folder / "hostile"),
        "learning": lambda: Learning(folder / "learning"),
        "killed": lambda: Killed(_TINY, folder / "killed"),
        "places": lambda: Places(_TINY, folder / "places"),
        "processes": lambda: Processes(tiny, _TINY),
        "runs": lambda: Runs(folder / "runs"),
        "exports": lambda: Exports(folder / "exports"),
        "trainings": lambda: Trainings(folder / "trainings"),
    }
    return {name: makers[name]() for name in makers if name in names}


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="How long.")
@click.option("--short", is_flag=True, help="Leave out the parts that train a model.")
@click.option("--only", metavar="PART", multiple=True, help="These parts alone.")
@click.option("--seed", default=0, show_default=True, help="The same seed takes the same steps.")
@click.option("--replay", metavar="PART:SEED", help="One step again.")
def torture(minutes: float, short: bool, only: tuple[str, ...], seed: int, replay: str | None) -> None:
    """Break what can be broken, count it, and end with 1 where something broke."""
    with tempfile.TemporaryDirectory() as folder:
        if replay:
            name, _, of = replay.partition(":")
            tallies = {name: Tally()}
            tallies[name].seed = replay
            parts(Path(folder), [name])[name].step(texts.seeded(of), tallies[name])
        else:
            every = parts(Path(folder), only or (_SHORT if short else (*_SHORT, "runs", "exports", "trainings")))
            tallies = run(every, 60 * minutes, seed)
    show(tallies)
    sys.exit(any(tally.failed for tally in tallies.values()))


def run(every: dict[str, Part], seconds: float, seed: int) -> dict[str, Tally]:
    """Let the part go on that has had the least time, until the time is over; each has one step at least."""
    tallies = {name: Tally() for name in every}
    spent, steps = dict.fromkeys(every, 0.0), dict.fromkeys(every, 0)
    end = time.monotonic() + seconds
    while time.monotonic() < end or not all(steps.values()):  # Ctrl-C ends it earlier
        name = min(spent, key=lambda each: (steps[each] > 0, spent[each]))
        started = time.monotonic()
        tallies[name].seed = f"{name}:{seed}.{steps[name]}"
        try:
            every[name].step(texts.seeded(f"{seed}.{steps[name]}"), tallies[name])
        except KeyboardInterrupt:
            break
        except subprocess.TimeoutExpired as error:
            tallies[name].fault("abort", f"{error.cmd} hung")
        spent[name] += time.monotonic() - started
        steps[name] += 1
    for name, tally in tallies.items():
        tally.counts["steps"], tally.counts["seconds"] = steps[name], round(spent[name])
    return tallies


def show(tallies: dict[str, Tally]) -> None:
    """Print what was counted, and what broke."""
    columns = ("steps", "seconds", "calls", "refused", "kills", "files", "known", *KINDS)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("part", *columns):
        table.add_column(title, justify="left" if title == "part" else "right")
    for name, tally in tallies.items():
        table.add_row(name, *(f"{tally.counts[column]:,}" for column in columns))
    sums = [sum(tally.counts[column] for tally in tallies.values()) for column in columns]
    table.add_section()
    table.add_row("all", *(f"{total:,}" for total in sums))
    console = Console(width=max(Console().width, 110))
    console.print(table)
    faults = [fault for tally in tallies.values() for fault in tally.faults]
    for kind, what, of in faults[:_SHOWN]:
        console.print(Text(f"{kind}  {what:.700}  (--replay {of})"))
    if len(faults) > _SHOWN:
        console.print(f"… and {len(faults) - _SHOWN:,} more")


if __name__ == "__main__":
    os.environ.pop("WORDGRU_MODEL", None)
    torture()

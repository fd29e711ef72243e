"""What is counted: calls, and what must not come of them."""

import json
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click

from wordgru import WordgruError

KINDS = ("traceback", "wrong", "abort", "lost")
"""Kinds of fault: an exception that is no answer; a wrong answer; a process that ended or hung; lost data."""

KNOWN: dict[str, str] = {}
"""Faults known and not mended yet, by file, function and exception; tests/runtime/test_breakage.py has each."""

_SECONDS = 120  # of the processor, after which a child process hangs
_IDLE = 10  # times as long may it take by the clock


class Tally:
    """Counts of one part.

    Attributes:
        counts: calls, refused (answered by one line), known, and the kinds of fault.
        faults: (kind, what, seed) of each.
        seed: of the step that runs.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[tuple[str, str, str]] = []
        self.seed = ""

    def call(self, what: str, function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401
        """Call a function, which may answer or raise a `WordgruError` of one line; return the answer, else None."""
        self.counts["calls"] += 1
        try:
            return function(*arguments, **settings)
        except (WordgruError, click.ClickException) as error:
            self.counts["refused"] += 1
            if not str(error) or "\n" in str(error).strip():
                self.fault("wrong", f"{what}: its error is not one line: {str(error)!r:.200}")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.name}:{type(error).__name__}"
            if any(fnmatch(place, known) for known in KNOWN):
                self.counts["known"] += 1
            else:
                self.fault("traceback", f"{what}: {place}: {error!s:.200}")
        return None

    def check(self, holds: bool, what: str) -> None:
        """Count a wrong answer unless something holds."""
        if not holds:
            self.fault("wrong", what)

    def fault(self, kind: str, what: str) -> None:
        """Count a fault."""
        self.counts[kind] += 1
        self.faults.append((kind, what.encode("utf-8", "backslashreplace").decode(), self.seed))

    @property
    def failed(self) -> int:
        """How many faults."""
        return sum(self.counts[kind] for kind in KINDS)

    @contextmanager
    def child(self, what: str = "a process", seconds: int = _SECONDS) -> Iterator[bool]:
        """Run the body in a process of its own, which may end or hang; True in the child, False in the parent.

        The counts of the child are added to those of the parent; where it ended by a signal, that is a fault.
        """
        reading, writing = os.pipe()
        process = os.fork()
        if process:
            os.close(writing)
            yield False
            self._add(what, process, reading)
            return
        os.close(reading)
        mine = (dict(self.counts), len(self.faults))
        signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor, for the machine may be busy
        signal.alarm(_IDLE * seconds)
        try:
            yield True
        except BaseException:
            self.fault("traceback", f"in a child: {traceback.format_exc(limit=-3)!r}")
        finally:
            counts = {name: count - mine[0].get(name, 0) for name, count in self.counts.items()}
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(json.dumps([counts, self.faults[mine[1] :]]).encode())
            os._exit(0)

    def _add(self, what: str, process: int, reading: int) -> None:
        with os.fdopen(reading, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            how = (
                "hung" if number in (signal.SIGALRM, signal.SIGPROF) else f"was ended by {signal.Signals(number).name}"
            )
            self.fault("abort", f"{what} {how}")
        elif data:
            counts, faults = json.loads(data)
            self.counts.update(counts)
            self.faults += [(kind, what, seed) for kind, what, seed in faults]

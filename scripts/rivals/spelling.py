"""hunspell and aspell, which correct a word by its letters alone. Each needs its program and an English dictionary."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wordgru.errors import WordgruError

_PROGRAMS = {
    "hunspell": ("hunspell", "-a", "-d", "en_US", "-i", "utf-8"),
    "aspell": ("aspell", "-a", "--lang=en", "--encoding=utf-8"),
}

Corrector = Callable[[str], str]
"""What was typed → the first suggestion; what is right, or without a suggestion, stays."""


@contextmanager
def programs() -> Iterator[dict[str, Corrector]]:
    """Name → corrector; the processes end with the block.

    Raises:
        WordgruError: a program, or its dictionary, is not installed.
    """
    started: list[subprocess.Popen[str]] = []
    try:
        for name, command in _PROGRAMS.items():
            if not shutil.which(name):
                raise WordgruError(f"{name} is not installed; apt install hunspell hunspell-en-us aspell aspell-en.")
            pipe = subprocess.PIPE
            started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"))
            if not started[-1].stdout.readline():  # its greeting
                raise WordgruError(f"{name}: {started[-1].stderr.readline().strip()}; install its English dictionary.")
        yield {name: _corrector(process) for name, process in zip(_PROGRAMS, started, strict=True)}
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _corrector(process: "subprocess.Popen[str]") -> Corrector:
    """The protocol of ispell's pipe: a line for each part that it takes for a word, then an empty one."""

    def correct(typed: str) -> str:
        process.stdin.write(f"^{typed}\n")
        process.stdin.flush()
        found = list(iter(process.stdout.readline, "\n"))
        if len(found) != 1 or not found[0].startswith("&"):
            return typed
        return found[0].partition(": ")[2].split(", ")[0].strip()

    return correct

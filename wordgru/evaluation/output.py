"""Where `wordgru evaluate` writes: a console, a bar while it works, JSON."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from wordgru.errors import WordgruError

_WIDTH = 100  # characters, where the tables go into a file or a pipe


def console() -> Console:
    """Standard output."""
    found = Console()
    found.width = found.width if found.is_terminal else _WIDTH
    return found


def progress_bar() -> Progress:
    """A bar on standard error while that is a terminal, gone afterwards."""
    share = TextColumn("{task.percentage:.0f}%")
    columns = (TextColumn("{task.description}"), BarColumn(), share, TimeRemainingColumn())
    terminal = Console(stderr=True)
    return Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)


def write_json(name: str, values: dict[str, Any]) -> None:
    """Write a file, beside its place and renamed; "-" is standard output."""
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    if name == "-":
        click.echo(text, nl=False)
        return
    path = Path(name)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
            (Path(beside) / path.name).write_text(text, encoding="utf-8")
            os.replace(Path(beside) / path.name, path)
    except OSError as error:
        raise WordgruError(f"{path}: cannot be written ({error.strerror}); choose another place for --json.") from None

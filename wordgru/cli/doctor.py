"""`wordgru doctor`: what one pastes into a report of a fault."""

import sys
from typing import Any

import click

from wordgru.cli import MODEL, print_json
from wordgru.diagnosis import diagnose


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--paths", is_flag=True, help="Say where files lie too; they may hold your name.")
@click.option("--threads", default=1, show_default=True, help="Cores that one step may use.")
@MODEL
def doctor_command(as_json: bool, paths: bool, threads: int, model: str | None) -> None:
    """Say which versions are installed, which model answers, and whether it answers well and how fast.

    It holds no word that was typed, no folder and no name of a user, so that it can be pasted into a report. The exit
    code is 1 where something is wrong.
    """
    found = diagnose(model, threads=threads, paths=paths)
    if as_json:
        print_json(found)
    else:
        for line in lines(found):
            click.echo(line)
    if found["problems"]:
        sys.exit(1)


def lines(found: dict[str, Any]) -> list[str]:
    """The report for a person; a heading, and under it a name and a value in each line."""
    told = []
    for heading, values in found.items():
        if heading == "problems":
            continue
        told.append(heading.replace("_", " "))
        pairs = values.items() if values else [("(none)", "")]
        told += [f"  {name.replace('_', ' '):<30} {_shown(value)}".rstrip() for name, value in pairs]
    return [*told, "problems", *(f"  {line}" for line in found["problems"] or ["none"])]


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

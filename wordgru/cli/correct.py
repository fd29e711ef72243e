"""`wordgru correct`: what was probably meant by the words of a text."""

import bisect
import json
from collections.abc import Sequence
from pathlib import Path

import click

from wordgru.cli import model_options, read_text
from wordgru.cli.usage import FileName, alternatives
from wordgru.errors import counted, one_line
from wordgru.predictor import Predictor
from wordgru.typing.correct import Correction, corrections
from wordgru.typing.model import TypingModel


@click.command("correct")
@click.argument("file", type=FileName(allow_dash=True))
@click.option("--threshold", default=0.9, show_default=True, help="How probable a correction must be, 0 to 1.")
@click.option(
    "--layout", type=FileName(path_type=str), default="qwerty", show_default=True,
    help="Keyboard it was typed on: a name, or a JSON file.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each correction.")
@click.option("--apply", is_flag=True, help="Print the text with the corrections in it.")
@model_options
@alternatives("--apply", "--json")
def correct_command(
    file: Path, threshold: float, layout: str, as_json: bool, apply: bool, model: str | None, device: str, threads: int
) -> None:
    """Print the words of FILE that were probably meant otherwise, line by line ("-" reads standard input).

    Numbers, code, addresses and names are left alone; so are line ends, whatever they are. Places in JSON are counted
    in characters, without a byte order mark.
    """
    text = read_text(file, keep_ends=True)
    session = Predictor.load(model, device=device, threads=threads).session(typing=TypingModel(layout=layout))
    found = list(corrections(text, session, threshold=threshold))
    if apply:
        click.echo(_applied(text, found), nl=False, color=True)  # escape sequences are text here
    elif as_json:
        for each in found:
            _print(each)
    else:
        _show(text, found)


def _print(each: Correction) -> None:
    values = {
        "start": each.start, "end": each.end, "typed": each.typed, "word": each.word, "probability": each.probability,
        "candidates": [{"word": one.word, "probability": one.probability} for one in each.candidates],
    }  # fmt: skip
    click.echo(json.dumps(values, ensure_ascii=False))


def _applied(text: str, found: Sequence[Correction], *, marked: bool = False) -> str:
    """The text with the corrections; `marked` shows what was there before, and escapes control characters but tabs."""
    parts, done, shown = [], 0, _escaped if marked else str
    for each in found:
        new = each.word
        if marked:
            new = click.style(f"[-{each.typed}-]", fg="red") + click.style(f"{{+{each.word}+}}", fg="green")
        parts += [shown(text[done : each.start]), new]
        done = each.end
    return "".join([*parts, shown(text[done:])])


def _escaped(text: str) -> str:
    return "\t".join(map(one_line, text.split("\t")))


def _show(text: str, found: Sequence[Correction]) -> None:
    """Each line that has a correction, with its number, as `git diff --word-diff` shows it."""
    starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    by_line: dict[int, list[Correction]] = {}
    for each in found:
        by_line.setdefault(bisect.bisect_right(starts, each.start) - 1, []).append(each)
    for line, changes in by_line.items():
        begin = starts[line]
        moved = [
            Correction(each.start - begin, each.end - begin, each.typed, each.word, each.probability, each.candidates)
            for each in changes
        ]
        end = starts[line + 1] - 1 if line + 1 < len(starts) else len(text)
        shown = _applied(text[begin:end].removesuffix("\r"), moved, marked=True)
        click.echo(f"{line + 1}: {shown}")
    click.echo(f"{counted(len(found), 'correction')}; --apply prints the text with them", err=True)

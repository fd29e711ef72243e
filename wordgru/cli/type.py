"""`wordgru type`: lines typed in the terminal, with offers; in a pipe lines in, offers out. Needs the type extra."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wordgru.asking import Asking
from wordgru.cli import load_mixed, model_options
from wordgru.cli.usage import FileName
from wordgru.cli.words import PERSONAL_VARIABLE
from wordgru.errors import WordgruError
from wordgru.text import words
from wordgru.text.kinds import not_utf8

_LONGEST_WORD = 60  # letters; what is longer is no word, and takes long
_HINT = "Tab or → takes the first, Alt-1 to Alt-{} the others; Ctrl-D ends"


def piped_lines(predictor: Asking, k: int) -> Iterator[str]:
    """For each line of standard input the words that complete it, with tabs between them."""
    for number, data in enumerate(sys.stdin.buffer, 1):
        try:
            line = data.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise not_utf8(f"standard input, line {number}", data, "text in UTF-8", f"byte {error.start}") from None
        long = len(words.split_last(line[-2 * _LONGEST_WORD :])[1]) > _LONGEST_WORD
        yield "" if long else "\t".join(predictor.complete(line, k=k).words)


@click.command("type")
@click.option("-k", default=3, show_default=True, type=click.IntRange(1, 9), help="Words to offer.")
@click.option(
    "--personal", type=FileName(dir_okay=False), envvar=PERSONAL_VARIABLE,
    help=f"File of your own words; lines that are entered are learnt (else {PERSONAL_VARIABLE}).",
)  # fmt: skip
@click.option("--block/--no-block", default=True, show_default=True, help="Heed the bundle's block list.")
@model_options
def type_command(k: int, personal: Path | None, block: bool, model: str | None, device: str, threads: int) -> None:
    """Type lines with words offered as you type, and see at the end how many keystrokes that saved.

    In a pipe, read lines and print for each the words that complete it.
    """
    from wordgru.cli.line import Count, typed_lines

    if sys.stdin is None:
        raise WordgruError("standard input is closed; expected a terminal or lines of text.")
    predictor = load_mixed(model, device, threads, block=block, personal=personal)
    if not sys.stdin.isatty():
        for line in piped_lines(predictor, k):
            click.echo(line)
        return
    click.echo(_HINT.format(k), err=True)
    count, on_terminal = Count(), sys.stdout.isatty()
    for line in typed_lines(predictor, k, count):
        if not on_terminal:  # there the line stands already
            click.echo(line)
    click.echo(str(count), err=True)

"""`wordgru words`: what a store of personal words holds, and how to change it. Needs no model."""

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import wraps
from pathlib import Path

import click

from wordgru.cli.usage import FileName, Group
from wordgru.errors import WordgruError, counted, one_line
from wordgru.sources.grams import Gram
from wordgru.sources.personal import PersonalModel

PERSONAL_VARIABLE = "WORDGRU_PERSONAL"
"""Environment variable that names the store where none is given."""

_PERSONAL = click.option(
    "--personal", type=FileName(dir_okay=False), envvar=PERSONAL_VARIABLE,
    help=f"File of the personal words (else {PERSONAL_VARIABLE}); learn and import make it where there is none.",
)  # fmt: skip

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("words", cls=Group)
@_PERSONAL
@click.pass_context
def words_command(context: click.Context, personal: Path | None) -> None:
    """List, learn, forget, export and import the words of one person. Nothing leaves the file."""
    context.obj = personal


def with_store(*, made: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the store that `--personal` names, before or after the verb; is it `made` where there is none?"""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @_PERSONAL
        @wraps(command)
        def opened(*, personal: Path | None, **arguments: object) -> None:
            path = personal or click.get_current_context().obj
            if path is None:
                raise WordgruError(f"no store is named; name a file by --personal FILE or {PERSONAL_VARIABLE}.")
            if not made:
                check_store(path)
            with PersonalModel(path) as store:
                command(store, **arguments)

        return opened

    return decorate


def check_store(path: Path) -> None:
    """Refuse a store that is not there, where opening it would make an empty one under a name that was mistyped.

    Raises:
        WordgruError: there is no such file.
    """
    if not path.exists():
        raise WordgruError(
            f"{path}: there is no such file; expected a store of personal words, which `wordgru words learn` makes. "
            "Check its name."
        )


@words_command.command("list")
@click.option("-n", "most", default=50, show_default=True, type=click.IntRange(min=1), help="Words to print at most.")
@with_store(made=False)
def list_command(store: PersonalModel, most: int) -> None:
    """Print the words and their decayed counts, the most frequent first."""
    alone = itertools.takewhile(lambda gram: not gram.history, store.grams())
    words = itertools.groupby(alone, key=lambda gram: gram.word)
    for word, days in itertools.islice(words, min(most, sys.maxsize)):
        click.echo(f"{one_line(word)}\t{sum(gram.count for gram in days):.2f}")


@words_command.command("learn")
@click.argument("file", type=FileName(allow_dash=True))
@with_store(made=True)
def learn_command(store: PersonalModel, file: Path) -> None:
    """Learn the words of FILE ("-" reads standard input), as if its writer had just committed it."""
    from wordgru.cli import read_text

    click.echo(f"{counted(store.learn(read_text(file)), 'word')} learnt", err=True)


@words_command.command("forget")
@click.argument("words", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget everything.")
@click.option("--since", type=_DAY, help="Forget what was learnt on this day or later.")
@click.option("--until", type=_DAY, help="Forget what was learnt on this day or before.")
@with_store(made=False)
def forget_command(
    store: PersonalModel, words: tuple[str, ...], everything: bool, since: datetime | None, until: datetime | None
) -> None:
    """Forget WORDS, in every case and wherever they stand before another word, or what was learnt on some days.

    With both, WORDS are forgotten as far as they were learnt then. No byte of what is forgotten stays in the file.
    """
    days = {"since": since and since.date(), "until": until and until.date()}
    if everything == bool(words or since or until):
        raise WordgruError("expected words to forget, days (--since, --until), or --all.")
    gone = sum(store.forget(word, **days) for word in words or (None,))
    click.echo(f"{counted(gone, 'count')} forgotten", err=True)


@words_command.command("export")
@with_store(made=False)
def export_command(store: PersonalModel) -> None:
    """Print all counts as JSON lines."""
    for gram in store.grams():
        click.echo(json.dumps(vars(gram), ensure_ascii=False, default=str))


@words_command.command("import")
@click.argument("file", type=FileName(allow_dash=True))
@with_store(made=True)
def import_command(store: PersonalModel, file: Path) -> None:
    """Add the counts of FILE, JSON lines that `export` printed ("-" reads standard input)."""
    from wordgru.cli import read_text

    click.echo(f"{counted(store.add(_grams(read_text(file), str(file))), 'count')} added", err=True)


def _grams(text: str, name: str) -> Iterator[Gram]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            day = date.fromisoformat(fields["day"]) if fields.get("day") else None
            yield Gram(str(fields["history"]), str(fields["word"]), float(fields["count"]), day)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise WordgruError(
                f'{name}, line {number}: expected {{"history": …, "word": …, "count": …, "day": …}} as '
                "`wordgru words export` prints it. Nothing was added."
            ) from None

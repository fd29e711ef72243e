"""The command line: verbs, printing and exit codes. What they do is in the package.

Exit code 0: done; 1: an error, in one line; 2: the command was not understood.
"""

import errno
import importlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from click.shell_completion import CompletionItem

from wordgru import __version__
from wordgru.cli.usage import FileName, Group, alternatives, asks_for_help, usage_line
from wordgru.errors import WordgruError, one_line
from wordgru.text.kinds import not_utf8

if TYPE_CHECKING:
    from wordgru.mixture import MixedPredictor
    from wordgru.predictor import Predictor, Score

_ELSEWHERE = {
    "train": ("wordgru.cli.train", "train_command", "train", "Train a model on text."),
    "export": ("wordgru.cli.export", "export_command", "train", "Turn a training run into a bundle."),
    "push": ("wordgru.cli.push", "push_command", "hub", "Put a bundle on the Hugging Face Hub."),
    "evaluate": ("wordgru.cli.evaluate", "evaluate_command", "train", "Measure what a typist gains on a text."),
    "words": ("wordgru.cli.words", "words_command", None, "List, learn, forget, export, import a person's words."),
    "correct": ("wordgru.cli.correct", "correct_command", None, "Correct slips and misspellings of a text."),
    "serve": ("wordgru.cli.serve", "serve_command", "serve", "Serve next words over HTTP and WebSocket."),
    "lsp": ("wordgru.cli.lsp", "lsp_command", "lsp", "Offer words to an editor, as a language server."),
    "type": ("wordgru.cli.type", "type_command", "type", "Type a line with offers, in the terminal."),
    "demo": ("wordgru.cli.demo", "demo_command", "demo", "Serve a page that suggests words as you type."),
    "models": ("wordgru.cli.models", "models_command", None, "List the models in the package."),
    "doctor": ("wordgru.cli.doctor", "doctor_command", None, "Say what is installed, and whether it works."),
    "completion": ("wordgru.cli.completion", "completion_command", None, "Print what completes commands in a shell."),
}
"""Verbs whose modules are imported only when asked for: (module, command, extra that it needs if any, help).

They import what the extra brings only when they run, so that the base install can print their help.
"""

_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG)
"""What an output says that takes nothing more."""


class Verbs(Group):
    """A group that knows some of its commands by name alone, so that the others start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the work."""
        return [*_ELSEWHERE, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, imported if need be."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, name, _, _ = _ELSEWHERE[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (as click has it)
        """Run a verb; one that lacks what its extra brings names the extra. Its help needs none."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            extra = _ELSEWHERE[ctx.invoked_subcommand][2] if ctx.invoked_subcommand in _ELSEWHERE else None
            if extra is None or not error.name or error.name.startswith("wordgru"):
                raise
            raise WordgruError(
                f"`wordgru {ctx.invoked_subcommand}` needs {error.name}, which is not installed; "
                f"pip install 'wordgru[{extra}]'."
            ) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The verbs that begin so, without importing any."""
        helps = {name: text for name, (*_, text) in _ELSEWHERE.items()}
        helps |= {name: command.get_short_help_str(limit=100) for name, command in self.commands.items()}
        found = [CompletionItem(name, help=text) for name, text in helps.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing any."""
        rows = [(name, text) for name, (*_, text) in _ELSEWHERE.items()]
        rows += [(name, self.commands[name].get_short_help_str(limit=100)) for name in super().list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wordgru")
def cli() -> None:
    """Next words from a small GRU: private, exact, fast."""


def _models(ctx: click.Context, option: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What a shell completes after --model: the models in the package, and folders."""
    from wordgru.shipped import shipped_models

    names = [CompletionItem(name) for name in shipped_models() if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="dir")]


MODEL = click.option(
    "-m", "--model", metavar="DIR", shell_complete=_models,
    help="Bundle: a folder, a name on the Hub, or one of `wordgru models` (en); else WORDGRU_MODEL, else en. Several "
    "languages with commas (en,de) where words are offered.",
)  # fmt: skip
"""The flag that says which bundle to load."""

_BLOCK = click.option("--block/--no-block", default=True, show_default=True, help="Heed the bundle's block list.")


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that say which bundle to load, and where to run it."""
    for option in (
        click.option("--threads", default=1, show_default=True, help="Cores that one step may use."),
        click.option("--device", default="cpu", show_default=True, help="cpu or cuda."),
        MODEL,
    ):
        command = option(command)
    return command


def _shown(tokens: Sequence[bytes]) -> list[str]:
    """Tokens as text; bytes that are no whole character as backslash escapes, so that none is lost."""
    return [token.decode("utf-8", "backslashreplace") for token in tokens]


def _follow(predictor: "Predictor | MixedPredictor", *, as_read: bool, min_probability: float) -> None:
    from wordgru.predictor import Predictor
    from wordgru.typist import AS_READ, TypistOptions

    if not isinstance(predictor, Predictor):
        raise WordgruError("--min-probability and --as-read are of one model; name one with --model.")
    predictor.typist = replace(AS_READ if as_read else TypistOptions(), min_probability=min_probability)


@cli.command()
@click.argument("text")
@click.option("-k", default=3, show_default=True, help="How many words, 1 to 256.")
@click.option("--complete", is_flag=True, help="The last word of TEXT is unfinished: complete it.")
@click.option("--prefix", default="", help="Letters of the next word that are already typed.")
@click.option("--ignore-case", is_flag=True, help="Letters typed match letters of either case.")
@click.option("--punctuation", is_flag=True, help="Offer punctuation marks too.")
@click.option("--min-probability", default=0.0, help="Offer no word that is less probable.")
@click.option("--as-read", is_flag=True, help="Follow no habits of form: capitals, the word I, quiet in addresses.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--personal", type=FileName(dir_okay=False), envvar="WORDGRU_PERSONAL",
    help="File of your own words, as `wordgru words` keeps them (else WORDGRU_PERSONAL).",
)  # fmt: skip
@click.option(
    "--glossary", type=FileName(dir_okay=False), multiple=True,
    help="File of words to offer more, one a line, if you wish with a tab and a weight.",
)  # fmt: skip
@_BLOCK
@model_options
@alternatives("--complete", "--prefix")
def suggest(
    text: str, k: int, complete: bool, prefix: str, ignore_case: bool, punctuation: bool, min_probability: float,
    as_read: bool, as_json: bool, personal: Path | None, glossary: tuple[Path, ...], block: bool, model: str | None,
    device: str, threads: int,
) -> None:  # fmt: skip
    """Print the most probable next words after TEXT.

    "-" reads TEXT from standard input, but for its last line end.
    """
    text = read_text(Path("-")).removesuffix("\n") if text == "-" else text
    predictor = load_mixed(model, device, threads, block=block, personal=_existing(personal))
    if as_read or min_probability:
        _follow(predictor, as_read=as_read, min_probability=min_probability)
    for file in glossary:
        predictor.words.read(file)
    if complete:
        found = predictor.complete(text, k=k, ignore_case=ignore_case, punctuation=punctuation)
    else:
        found = predictor.suggest(text, prefix=prefix, k=k, ignore_case=ignore_case, punctuation=punctuation)
    if as_json:
        items = [
            {
                "word": item.word,
                "probability": item.probability,
                "tokens": _shown(item.tokens),
                "sources": item.sources,
            }
            for item in found
        ]
        print_json({"suggestions": items, "exact": found.exact, "unexplored": found.unexplored})
        return
    print_table(
        [("word", "left"), ("probability", "right"), ("", "left")],
        [(item.word, f"{item.probability:.1%}", _bar(item.probability)) for item in found],
        plain=[(item.word,) for item in found],
    )
    if not found:
        click.echo("no word was found", err=True)


@cli.command()
@click.argument("file", type=FileName(allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each word.")
@model_options
def score(file: Path, as_json: bool, model: str | None, device: str, threads: int) -> None:
    """Print how expected each word and mark of FILE is.

    "-" reads standard input. White space at its end, such as the line end of a file, is no part of the text.
    """
    scores = _load(model, device, threads).score(read_text(file).rstrip())
    if as_json:
        for item in scores:
            print_json(
                {"text": item.text, "start": item.start, "log_probability": item.log_probability, "bits": item.bits}
            )
        return
    print_table(
        [("word", "left"), ("log-probability", "right"), ("bits", "right"), ("", "left")],
        [
            (item.text or "(end)", f"{item.log_probability:.3f}", f"{item.bits:.2f}", _bar(item.bits / 24))
            for item in scores
        ],
        plain=[(item.text or "(end)", f"{item.log_probability:.4f}", f"{item.bits:.3f}") for item in scores],
    )
    click.echo(_total(scores), err=True)


@cli.command()
@click.argument("text")
@click.option("-k", default=3, show_default=True, help="How many phrases, 1 to 256.")
@click.option("--max-words", default=4, show_default=True, help="Words in a phrase at most.")
@click.option("--threshold", default=0.05, show_default=True, help="A phrase grows while it is at least this probable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_BLOCK
@model_options
def phrases(
    text: str, k: int, max_words: int, threshold: float, as_json: bool, block: bool,
    model: str | None, device: str, threads: int,
) -> None:  # fmt: skip
    """Print the most probable next words after TEXT, several ahead."""
    found = load_mixed(model, device, threads, block=block).phrases(text, k=k, max_words=max_words, threshold=threshold)
    if as_json:
        print_json({"phrases": [{"text": item.text, "probability": item.probability} for item in found]})
        return
    print_table(
        [("words", "left"), ("probability", "right"), ("", "left")],
        [(item.text, f"{item.probability:.1%}", _bar(item.probability)) for item in found],
        plain=[(item.text,) for item in found],
    )
    if not found:
        click.echo(f"no phrase is as probable as {threshold}; lower --threshold", err=True)


@cli.command()
@click.argument("text", default="")
@click.option("--max-words", default=50, show_default=True, help="Words at most.")
@click.option(
    "--temperature", default=1.0, show_default=True, help="Below 1: more probable words; 0: the most probable."
)
@click.option("--top-p", default=1.0, show_default=True, help="Draw from the most probable tokens that reach this sum.")
@click.option("--seed", type=int, help="The same seed gives the same text.")
@model_options
def generate(
    text: str, max_words: int, temperature: float, top_p: float, seed: int | None,
    model: str | None, device: str, threads: int,
) -> None:  # fmt: skip
    """Print text that goes on from TEXT, drawn from the model."""
    predictor = _load(model, device, threads)
    drawn = predictor.generate(text, max_words=max_words, temperature=temperature, top_p=top_p, seed=seed)
    click.echo(text + drawn)


def main() -> None:
    """Run the command line; an error that the user can mend is one line."""
    sys.exit(run(cli))


def run(command: click.Command) -> int:
    """Run `command` on the program's arguments; return the exit code. The scripts use it too."""
    try:
        if sys.stdout is None:
            raise WordgruError("standard output is closed; expected a place for the answer: a terminal, file or pipe.")
        command.main(standalone_mode=False)
        if not sys.stdout.closed:  # a language server closes it when its editor ends
            sys.stdout.flush()
    except WordgruError as error:
        click.echo(f"error: {error}", err=True)
        return 1
    except click.UsageError as error:
        click.echo(error.message if asks_for_help(error) else f"error: {usage_line(error)}", err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        return 1
    except click.Abort:
        return 130
    except BrokenPipeError:  # whoever read us has gone
        sys.stderr.close()
        return 1
    except UnicodeEncodeError as error:
        click.echo(f"error: {_unprintable(error)}", err=True)
        return 1
    except OSError as error:
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise  # of something else
        _drop(sys.stdout)
        click.echo(
            f"error: standard output cannot be written ({error.strerror}); make room or choose another.", err=True
        )
        return 1
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _unprintable(error: UnicodeEncodeError) -> str:
    """Why standard output cannot hold a character, in a line."""
    return (
        f"standard output is in {sys.stdout.encoding}, which has no {error.object[error.start]!a}; expected UTF-8. Set "
        "PYTHONIOENCODING=utf-8."
    )


def _drop(stream: TextIO) -> None:
    """Drop what waits in a stream that cannot be written, for Python tries again at its end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _load(
    model: str | None, device: str, threads: int, *, block: bool = True, personal: Path | None = None
) -> "Predictor":
    from wordgru.predictor import Predictor

    return Predictor.load(model, device=device, threads=threads, block=block, personal=personal)


def load_mixed(
    model: str | None, device: str, threads: int, *, block: bool = True, personal: Path | None = None
) -> "Predictor | MixedPredictor":
    """The model that an option names, or several with commas between them as one."""
    from wordgru.mixture import load_named

    return load_named(model, device=device, threads=threads, block=block, personal=personal)


def _existing(personal: Path | None) -> Path | None:
    """A store that is only read: one that the environment names may not be there yet; one that the user names must."""
    from wordgru.cli.words import check_store

    source = click.get_current_context().get_parameter_source("personal")
    if personal is None or (source is click.core.ParameterSource.ENVIRONMENT and not personal.exists()):
        return None
    check_store(personal)
    return personal


def read_text(file: Path, *, keep_ends: bool = False) -> str:
    r"""The text of a file or of standard input, as training reads it: no byte order mark, lines that end with \n.

    With `keep_ends` they end as they do in the file.
    """
    name = "standard input" if str(file) == "-" else str(file)
    try:
        data = _standard_input() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise WordgruError(
            f"{name}: cannot be read ({error.strerror}); expected a text file, or - for standard input."
        ) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(name, data, "text in UTF-8", f"byte {error.start}") from None
    text = text.removeprefix("\ufeff")
    return text if keep_ends else text.replace("\r\n", "\n")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise WordgruError("standard input is closed; expected text there, or give the text itself.")
    return sys.stdin.buffer.read()


def print_json(value: object) -> None:
    """A line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_table(
    columns: list[tuple[str, str]], rows: Sequence[tuple[str, ...]], *, plain: Sequence[tuple[str, ...]]
) -> None:
    """A table on a terminal; `plain` rows, with tabs, in a pipe and on a terminal that cannot show the table.

    Control characters are escaped in both.
    """
    if not sys.stdout.isatty() or not _shows("─█▏", *itertools.chain(*rows)):
        for row in plain:
            click.echo("\t".join(map(one_line, row)))
        return
    from rich.cells import cell_len  # rich.table would draw the same, in a tenth of a second more

    cells = [tuple(name for name, _ in columns), *(tuple(map(one_line, row)) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for at, row in enumerate(cells):
        padded = [
            " " * (width - cell_len(cell)) + cell if side == "right" else cell + " " * (width - cell_len(cell))
            for cell, width, (_, side) in zip(row, widths, columns, strict=True)
        ]
        line = (" " + "   ".join(padded)).rstrip()
        click.echo(click.style(line, bold=True) if not at and os.environ.get("TERM") != "dumb" else line)
        if not at:
            click.echo(" " + "─" * (sum(widths) + 3 * len(widths) - 3))


def _shows(*texts: str) -> bool:
    """Whether the encoding of standard output has all characters of `texts`."""
    try:
        "".join(texts).encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _bar(share: float) -> str:
    """A bar of up to 30 characters."""
    eighths = round(max(min(share, 1.0), 0.0) * 240)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _total(scores: "list[Score]") -> str:
    """The sum of a score, in a line."""
    bits = sum(item.bits for item in scores)
    count = max(len(scores) - 1, 1)
    units = "1 word or mark" if len(scores) == 2 else f"{len(scores) - 1:,} words and marks"
    return f"{units}, {bits:.1f} bits in all, {bits / count:.2f} bits each"

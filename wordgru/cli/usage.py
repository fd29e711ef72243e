"""What a command line that is not understood is told: one line, with the name that was probably meant."""

import difflib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from wordgru.errors import one_line

_LONGEST = 300  # characters of what click says; an argument may be a whole text


class FileName(click.Path):
    """A path whose name is not empty, as that of a shell's unset variable is."""

    def __init__(
        self, *, dir_okay: bool = True, allow_dash: bool = False, path_type: type[str] | type[Path] = Path
    ) -> None:
        """As click has it; `path_type` is str where the name may be of something else too."""
        super().__init__(dir_okay=dir_okay, allow_dash=allow_dash, path_type=path_type)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """The path."""
        if value == "":
            self.fail("the name is empty; expected one of a file or folder", param, ctx)
        return super().convert(value, param, ctx)


class Group(click.Group):
    """A group that knows what verb a mistyped one was meant to be."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the arguments begin with.

        Raises:
            click.UsageError: there is no such verb.
        """
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            asked = _meant(name.lower(), self.list_commands(ctx))
            raise click.UsageError(f"{ctx.command_path} has no verb {_shortened(name)!r}{asked}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  (as click has it)
        """Run a verb; an error of its options says whose they are, which click leaves out of some."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if error.ctx is None and ctx.invoked_subcommand:
                verb = self.get_command(ctx, ctx.invoked_subcommand)
                error.ctx = click.Context(verb, ctx, ctx.invoked_subcommand) if verb else None
            raise


def asks_for_help(error: click.UsageError) -> bool:
    """Whether a group stands there without a verb: the message is its help, an error since click 8.2."""
    return isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ()))


def usage_line(error: click.UsageError) -> str:
    """What was wrong, what was expected and what to do, in one line."""
    wrong, ctx = _shortened(error.format_message().strip().rstrip(".")), error.ctx
    if ctx is None:
        return one_line(f"{wrong}.")
    takes_text = any(isinstance(each, click.Argument) for each in ctx.command.params)
    if isinstance(error, click.NoSuchOption):
        wrong = f"{ctx.command_path} has no option {_shortened(error.option_name)!r}"
        wrong += _meant(error.option_name, [name for each in ctx.command.params for name in _names(each)])
        if isinstance(ctx.command, click.Group):
            wrong += "; options stand after their verb"
        elif takes_text and not wrong.endswith("?"):
            wrong += "; -- stands before a text that begins with a dash"
    elif isinstance(error, click.MissingParameter) or "unexpected extra argument" in error.message:
        wrong += f"; expected `{' '.join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])}`"
        if "unexpected extra argument" in error.message and takes_text:
            wrong += ", with quotes around a text of several words"
    return one_line(f"{wrong}{'' if wrong.endswith('?') else '.'} See `{ctx.command_path} --help`.")


def alternatives(*groups: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options of which one excludes the others; those in one group ("--cache --dynamic") go together."""

    def refuse(given: set[str]) -> str | None:
        first = [named[0] for group in groups if (named := [name for name in group.split() if name in given])]
        return f"give one of {', '.join(first[:-1])} and {first[-1]}" if len(first) > 1 else None

    return _checked(refuse)


def belongs(options: str, *, to: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command options that mean nothing without one of others."""

    def refuse(given: set[str]) -> str | None:
        alone = [name for name in options.split() if name in given and not given.intersection(to.split())]
        return f"{alone[0]} is only for {' or '.join(to.split())}; give that too, or leave it out" if alone else None

    return _checked(refuse)


def _checked(refuse: Callable[[set[str]], str | None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that tells what `refuse` says of the options on its command line."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def checked(**arguments: Any) -> None:  # noqa: ANN401  (as click gives them)
            ctx = click.get_current_context()
            given = [
                each for each in ctx.command.params
                if each.name and ctx.get_parameter_source(each.name) is ParameterSource.COMMANDLINE
            ]  # fmt: skip
            if wrong := refuse({name for each in given for name in _names(each)}):
                raise click.UsageError(wrong, ctx)
            command(**arguments)

        return checked

    return decorate


def _names(parameter: click.Parameter) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts] if isinstance(parameter, click.Option) else []


def _meant(name: str, known: list[str]) -> str:
    """The known name that is near, as a question."""
    if name[:2] == "--" and name[1:] in known:
        near = [name[1:]]
    else:
        begun = [each for each in known if len(name) > 3 and each.startswith(name)]
        near = begun or difflib.get_close_matches(name, [each for each in known if len(each) > 2], n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

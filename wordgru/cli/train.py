"""`wordgru train`: every setting as a flag, made from the fields of the configurations."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import Field
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import click

from wordgru.cli.usage import FileName
from wordgru.errors import TrainingError
from wordgru.training.data.text_config import TextConfig
from wordgru.training.run.settings import MACHINE, PRESETS, TrainConfig

_LENGTHS = ("steps", "epochs", "minutes")
_TEXT_HELP = {
    "name": "Configuration of a Hub data set.",
    "split": "Split of a Hub data set.",
    "revision": "Branch, tag or commit of a Hub data set.",
    "column": "Column of the text, or of lists of messages, in all but .txt files.",
    "delimiter": "Character that parts the cells of .csv files; tab for a tab.",
    "documents": "How .txt files are cut into documents: line, paragraph or file.",
    "streaming": "Read while training, for text larger than the disk.",
}


def _flags(command: Callable[..., None]) -> Callable[..., None]:
    """Add a flag for every setting; one that is not given is None, and the preset decides."""
    settings = [field for field in dataclasses.fields(TrainConfig) if "help" in field.metadata]
    for field in reversed(settings):
        if field.name == "validation_sources":
            option = click.option("--validation", "validation_sources", multiple=True, help=field.metadata["help"])
        else:
            option = _flag(field, field.metadata["help"])
        command = option(command)
    for field in reversed([field for field in dataclasses.fields(TextConfig) if field.name in _TEXT_HELP]):
        command = _flag(field, _TEXT_HELP[field.name])(command)
    return command


def _flag(field: "Field[Any]", text: str) -> Callable[..., Any]:
    """The flag of a field, with its default in the help."""
    flag = f"--{field.name.replace('_', '-')}"
    type_: Any = field.type
    if type_ is bool:
        return click.option(flag, field.name, is_flag=True, default=None, help=text)
    if isinstance(type_, UnionType):
        type_ = next(part for part in get_args(type_) if part is not type(None))
    if get_origin(type_) is Literal:
        type_ = click.Choice(get_args(type_))
    shown = "" if field.default is None else f"  [default: {field.default}]"
    return click.option(flag, field.name, type=type_, help=text + shown)


@click.command("train")
@click.argument("sources", nargs=-1, type=FileName(path_type=str))
@click.option("-o", "--output", "run", type=FileName(), required=True, help="Folder of the run.")
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Settings to begin with.  [default: small]")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder, with its settings.")
@_flags
def train_command(sources: tuple[str, ...], run: Path, preset: str | None, resume: bool, **flags: Any) -> None:  # noqa: ANN401
    """Train a model on text.

    SOURCES are local files, folders and globs (txt, jsonl, csv, tsv, parquet; also in gz, bz2, xz, zst or zip), or one
    name on the Hugging Face Hub. Without any, the documentation that comes with Python is the text. The preset's
    settings hold where no flag says otherwise.

    Ctrl-C saves; --resume goes on. On several GPUs: torchrun --nproc-per-node=N scripts/train.py …
    """
    from wordgru.training.run.loop import train

    given = {name: value for name, value in flags.items() if value not in (None, ())}
    config = _resumed(run, sources, preset, given) if resume else _begun(sources, preset, given)
    result = train(config, run, resume=resume)
    if result.signal is not None:
        sys.exit(128 + result.signal)


def _begun(sources: Sequence[str], preset: str | None, given: dict[str, Any]) -> TrainConfig:
    """Settings of a new run: the preset's, then the flags'."""
    from wordgru.training.run.initial_weights import open_origin

    text = TextConfig(sources=tuple(sources), **{name: given.pop(name) for name in _TEXT_HELP if name in given})
    chosen = dict(PRESETS[preset or "small"])
    if "init_from" in given:
        chosen |= open_origin(given["init_from"]).sizes.to_dict()
    if any(name in given for name in _LENGTHS):
        chosen = {name: value for name, value in chosen.items() if name not in _LENGTHS}
    return TrainConfig(text=text, **(chosen | given))


def _resumed(run: Path, sources: Sequence[str], preset: str | None, given: dict[str, Any]) -> TrainConfig:
    """Settings of the run in the folder; only those of the machine may be given anew.

    Whatever else is given must be what the run has, so that the command that began it can be repeated with --resume.
    """
    from wordgru.training.run.checkpoint import load_run

    saved = load_run(run)
    machine = {name: given.pop(name) for name in MACHINE if name in given}
    if given or sources or preset:
        asked = _begun(sources or saved.text.sources, preset, dict(given))
        for name in dict.fromkeys([*(["sources"] if sources else []), *given, *(PRESETS[preset] if preset else ())]):
            where = (saved.text, asked.text) if name == "sources" or name in _TEXT_HELP else (saved, asked)
            if getattr(where[0], name) != getattr(where[1], name):
                raise TrainingError(
                    f"{run}: {name} is {getattr(where[0], name)!r} in this run, not {getattr(where[1], name)!r}; "
                    "a resumed run keeps its settings. Leave the flag out, or begin another run."
                )
    return dataclasses.replace(saved, **machine)

"""`wordgru lsp`: next words in any editor that speaks the Language Server Protocol. Needs the lsp extra."""

import logging
from pathlib import Path

import click

from wordgru.cli import model_options
from wordgru.cli.usage import FileName
from wordgru.cli.words import PERSONAL_VARIABLE
from wordgru.config import Range
from wordgru.lsp.offers import LspSettings, NeverOffered
from wordgru.predictor import Predictor

_FILE = FileName(dir_okay=False)
_DEFAULT = LspSettings()


@click.command("lsp")
@click.option("-k", default=_DEFAULT.k, show_default=True, help="Words in a list, 1 to 20.")
@click.option("--code", is_flag=True, help="Offer in comments and strings of code too.")
@click.option("--phrases/--no-phrases", default=True, show_default=True, help="Offer several words at once.")
@click.option("--corrections/--no-corrections", default=True, show_default=True, help="Mark words that are slips.")
@click.option(
    "--layout", type=FileName(path_type=str), default=_DEFAULT.layout, show_default=True,
    help="Keyboard you type on: a name, or a JSON file.",
)  # fmt: skip
@click.option(
    "--personal", type=_FILE, envvar=PERSONAL_VARIABLE,
    help=f"File of your own words, which “learn” adds to (else {PERSONAL_VARIABLE}).",
)  # fmt: skip
@click.option("--never", type=_FILE, help="File of words never to offer, which “never offer” adds to.")
@click.option("--glossary", type=_FILE, multiple=True, help="File of words to offer more.")
@click.option("--block/--no-block", default=True, show_default=True, help="Heed the bundle's block list.")
@model_options
def lsp_command(
    k: int, code: bool, phrases: bool, corrections: bool, layout: str, personal: Path | None, never: Path | None,
    glossary: tuple[Path, ...], block: bool, model: str | None, device: str, threads: int,
) -> None:  # fmt: skip
    """Offer words to an editor, which starts this program and speaks with it over standard input and output."""
    from wordgru.lsp.server import make_server

    Range(1, 20, whole=True).check("k", k)
    logging.basicConfig(level=logging.ERROR)
    predictor = Predictor.load(model, device=device, threads=threads, block=block, personal=personal)
    for file in glossary:
        predictor.words.read(file)
    predictor.suggest("The", k=1)  # so that the first letter does not wait
    settings = LspSettings(k=k, code=code, phrases=phrases, corrections=corrections, layout=layout)
    make_server(predictor, settings, NeverOffered(predictor, never)).start_io()

"""What others offer, and how they correct, on the same text: `python scripts/rivals TEXT [--touch SPREAD]`.

Beside `wordgru evaluate`, which judges bundles, KenLM and SymSpell: presage, or with `--touch` hunspell and aspell,
programs that this package never starts.
"""

from pathlib import Path

import click
from presage import PresageSubject
from spelling import programs

from wordgru.cli import print_json, run
from wordgru.cli.documents import TextOptions, read_documents
from wordgru.evaluation.bench import evaluate
from wordgru.evaluation.touch import evaluate_touch
from wordgru.predictor import Predictor


@click.command("rivals", context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("sources", nargs=-1, required=True)
@click.option("--words", type=click.IntRange(min=1), help="Words of each source at most.")
@click.option("--column", default="text", help="That holds the text.")
@click.option("--database", type=click.Path(path_type=Path), help="presage's n-grams.  [default: its package's]")
@click.option("--as-installed", is_flag=True, help="Leave presage's settings as they are.")
@click.option("--touch", metavar="SPREAD", type=float, help="As `wordgru evaluate --touch`, with hunspell and aspell.")
@click.option("-m", "--model", default="en", help="Corrects beside them.")
def rivals(
    sources: tuple[str, ...], words: int | None, column: str, database: Path | None, as_installed: bool,
    touch: float | None, model: str,
) -> None:  # fmt: skip
    """Print the figures as JSON."""
    text = read_documents(sources, TextOptions(column=column, words=words))
    if touch:
        with programs() as others:
            print_json(evaluate_touch(text, Predictor.load(model), touch, others=others).to_dict())
    else:
        print_json(evaluate(text, PresageSubject(database, as_installed=as_installed)).to_dict())


if __name__ == "__main__":
    raise SystemExit(run(rivals))

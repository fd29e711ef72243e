"""`wordgru models`: the models in the package."""

import click

from wordgru.cli import print_json, print_table
from wordgru.shipped import ModelFacts, shipped_facts


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each model.")
def models_command(as_json: bool) -> None:
    """List the models in the package: name, language, size, licence, and figures from their cards.

    hit@3: percent of words that are among three offers before their first letter; savings@3: percent of keystrokes that
    three offers save, both on the test text of the card; perplexity: per word of held-out text. A name goes to
    --model, or Predictor.load.
    """
    found = shipped_facts()
    if as_json:
        for model in found:
            print_json(model.to_dict())
        return
    rows = [_row(model) for model in found]
    columns = [("name", "left"), ("language", "left"), ("size", "right"), ("licence", "left")]
    columns += [("hit@3, %", "right"), ("savings@3, %", "right"), ("perplexity", "right")]
    print_table(columns, rows, plain=[tuple(name for name, _ in columns), *rows])


def _row(model: ModelFacts) -> tuple[str, ...]:
    figures = (model.hit_3, model.savings_3, model.perplexity)
    told = [f"{value:.1f}" if value is not None else "–" for value in figures]
    return (model.name, model.language or "–", f"{model.bytes / 1e6:.1f} MB", model.licence or "–", *told)

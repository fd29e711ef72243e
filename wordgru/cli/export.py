"""`wordgru export`: the flags of `export_run`, and what it found in lines for a person."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from wordgru.bundle import PRECISIONS, Precision, read_blocked
from wordgru.cli.usage import FileName
from wordgru.text.files import read_text

if TYPE_CHECKING:
    from wordgru.exporting.export import ExportReport


@click.command("export")
@click.argument("run", type=FileName())
@click.option("-o", "--output", "bundle", type=FileName(), required=True, help="Folder to write.")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="int8",
    show_default=True,
    help="int8 is smaller and faster; int4 half as large, with nearly the same answers.",
)
@click.option("--overwrite", is_flag=True, help="Replace the files of a bundle that is already there.")
@click.option("--license", "license_", default="other", show_default=True, help="Licence of the model, for its card.")
@click.option("--language", "languages", multiple=True, metavar="CODE", help="Language, for the card (en).")
@click.option(
    "--about", type=FileName(),
    help="Markdown for the card: data, owners, licences; front matter that it begins with goes into the card's.",
)  # fmt: skip
@click.option(
    "--blocked",
    type=FileName(),
    help="Words that are never offered, one a line.  [default: those of the model that the run began with]",
)
@click.option(
    "--known", type=FileName(),
    help="Words that the language knows, one a line; a typing model takes others for slips sooner.",
)  # fmt: skip
def export_command(
    run: Path, bundle: Path, precision: str, overwrite: bool, license_: str, languages: tuple[str, ...],
    about: Path | None, blocked: Path | None, known: Path | None,
) -> None:  # fmt: skip
    """Turn the training run RUN into a bundle: a folder with an ONNX graph that an app can ship.

    The graph is compared with the trained model first; if a check fails, nothing is written.
    """
    from wordgru.exporting.export import export_run

    report = export_run(
        run,
        bundle,
        precision=cast("Precision", precision),
        overwrite=overwrite,
        license=license_,
        languages=languages,
        about=read_text(about, "Markdown in UTF-8") if about else "",
        blocked=read_blocked(blocked) if blocked else None,
        known=[line.strip() for line in read_text(known, "words in UTF-8, one a line").splitlines() if line.strip()]
        if known
        else None,
        say=lambda line: click.echo(line, err=True),
    )
    for line in summary(report):
        click.echo(line)


def summary(report: "ExportReport") -> list[str]:
    """The checks and what came of them, a line each."""
    from wordgru.exporting.export import PARITY, PERPLEXITY_CHANGE

    bundle, quality = report.bundle, report.quality
    lines = [
        f"fp32 graph against torch: largest difference {report.parity:.1e} (at most {PARITY:.0e})",
        f"perplexity per {quality.per}: {quality.perplexity:.2f} on {quality.words:,} words of validation text",
    ]
    if bundle.config.precision != "fp32":
        most = PERPLEXITY_CHANGE[bundle.config.precision]
        lines[1] += f"; fp32 {quality.fp32_perplexity:.2f}, {quality.change:+.2%} (at most {most:+.1%})"
        lines.append(f"five likeliest tokens in common with fp32: {quality.top5_overlap:.1%}")
    return [*lines, f"{bundle.folder}: {bundle.config.precision} bundle, {bundle.size / 1e6:.1f} MB"]

"""`wordgru push`: a bundle to the Hugging Face Hub, in one commit."""

from pathlib import Path

import click

from wordgru.cli.usage import FileName
from wordgru.hub import push_bundle


@click.command("push")
@click.argument("bundle", type=FileName())
@click.argument("name", metavar="OWNER/NAME")
@click.option("--private", is_flag=True, help="Make the repository private, where it is new.")
@click.option("--revision", help="Branch to write to; made where there is none.  [default: main]")
@click.option("--message", default="wordgru push", show_default=True, help="What the commit says.")
@click.option("--dry-run", is_flag=True, help="Check the bundle and print what would go, without asking the Hub.")
def push_command(bundle: Path, name: str, private: bool, revision: str | None, message: str, dry_run: bool) -> None:
    """Put BUNDLE on the Hugging Face Hub as OWNER/NAME, with its card; `wordgru suggest -m OWNER/NAME` then loads it.

    The bundle's own files go, in one commit, and nothing else that lies in the folder. Log in first with `hf auth
    login`, or set HF_TOKEN.
    """
    done = push_bundle(bundle, name, private=private, revision=revision, message=message, dry_run=dry_run)
    for file, size in done.files.items():
        click.echo(f"{file}\t{size:,} bytes")
    for line in done.remarks:
        click.echo(f"note: {line}", err=True)
    click.echo("nothing was sent" if dry_run else done.url, err=dry_run)

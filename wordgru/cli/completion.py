"""`wordgru completion`: click's own scripts that complete commands, options and names of models in a shell."""

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
def completion_command(shell: str) -> None:
    r"""Print the script that completes wordgru's commands in SHELL.

    \b
    bash, in ~/.bashrc:  eval "$(wordgru completion bash)"
    zsh, in ~/.zshrc:    eval "$(wordgru completion zsh)"
    fish:                wordgru completion fish >~/.config/fish/completions/wordgru.fish
    """
    from wordgru.cli import cli

    completer = get_completion_class(shell)
    assert completer is not None  # click has those three
    click.echo(completer(cli, {}, "wordgru", "_WORDGRU_COMPLETE").source())

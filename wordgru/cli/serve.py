"""`wordgru serve`: next words over HTTP and WebSocket. Needs the serve extra."""

import os
from pathlib import Path

import click

from wordgru.cli import model_options
from wordgru.cli.usage import FileName
from wordgru.errors import WordgruError
from wordgru.serving.settings import LOOPBACK, ServeSettings
from wordgru.text.files import read_text

TOKEN_VARIABLE = "WORDGRU_TOKEN"
"""Environment variable that holds the token where no file is named."""

_LOCAL = ("127.0.0.1", "::1", "localhost")
_DEFAULT = ServeSettings()


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is all of them.")
@click.option("--port", default=8000, show_default=True, help="0 takes any that is free.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--allow-host", "hosts", multiple=True, help='Name by which clients ask (header Host); "*" for any.')
@click.option("--allow-origin", "origins", multiple=True, help='Origin of pages that may ask; "*" for any.')
@click.option(
    "--proxy", "proxies", multiple=True, help="Address (or network) of a proxy whose X-Forwarded-For is believed."
)
@click.option(
    "--token-file", type=FileName(dir_okay=False),
    help=f"File of the token that clients must send (else {TOKEN_VARIABLE}; else none).",
)  # fmt: skip
@click.option("--max-text", default=_DEFAULT.max_text, show_default=True, help="Characters of a text.")
@click.option("--max-seconds", default=_DEFAULT.max_seconds, show_default=True, help="Seconds of a search.")
@click.option("--rate", default=_DEFAULT.rate, show_default=True, help="Requests a second of a client; 0: any.")
@click.option("--sockets", default=_DEFAULT.sockets, show_default=True, help="WebSockets open at once.")
@click.option(
    "--client-sockets", default=_DEFAULT.client_sockets, show_default=True, help="WebSockets of one client address."
)
@click.option("--remembered", default=_DEFAULT.remembered, show_default=True, help="Texts remembered; 0: none.")
@click.option("--patience", default=_DEFAULT.patience, show_default=True, help="Seconds for a client to send.")
@click.option("--glossary", type=FileName(dir_okay=False), multiple=True, help="File of words to offer more.")
@click.option("--log-level", default="info", show_default=True, type=click.Choice(["info", "warning", "error"]))
@click.option("--block/--no-block", default=True, show_default=True, help="Heed the bundle's block list.")
@model_options
def serve_command(
    host: str, port: int, workers: int, hosts: tuple[str, ...], origins: tuple[str, ...], proxies: tuple[str, ...],
    token_file: Path | None,
    max_text: int, max_seconds: float, rate: float, sockets: int, client_sockets: int, remembered: int,
    patience: float, glossary: tuple[Path, ...], log_level: str, block: bool, model: str | None, device: str,
    threads: int,
) -> None:  # fmt: skip
    """Serve next words over HTTP and WebSocket, on this machine alone unless --host says otherwise."""
    from wordgru.serving.run import listen, run_service

    settings = ServeSettings(
        model=model, device=device, threads=threads, block=block, glossaries=glossary, max_text=max_text,
        max_seconds=max_seconds, rate=rate, sockets=sockets, client_sockets=client_sockets, remembered=remembered,
        patience=patience, hosts=(*LOOPBACK, *(name.lower() for name in hosts)), origins=origins,
        proxies=proxies, token=_token(token_file),
    )  # fmt: skip
    with listen(host, port) as listener:
        place = f"http://{'localhost' if host in _LOCAL else host}:{listener.getsockname()[1]}"
        click.echo(f"{place}/openapi.json  (Ctrl+C ends it)", err=True)
        if host not in _LOCAL and settings.token is None:
            warning = f"anybody who reaches {host} is answered; --token-file or {TOKEN_VARIABLE} sets a token"
            click.echo(warning, err=True)
        run_service(settings, listener, workers=workers, log_level=log_level)


def _token(file: Path | None) -> str | None:
    """The token that clients must send.

    Raises:
        WordgruError: it cannot be read, or is none.
    """
    if file is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    token = read_text(file, "one line that holds the token").strip()
    if not token or any(char.isspace() for char in token) or not token.isascii():
        raise WordgruError(f"{file}: holds no token; expected one line of ASCII without white space.")
    return token

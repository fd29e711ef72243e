"""`wordgru demo`: the page of export/web, with bundles, on this machine alone. Needs the demo extra."""

import errno
import socket

import click

from wordgru.bundle import open_bundle
from wordgru.cli import MODEL
from wordgru.errors import WordgruError
from wordgru.predictor import find_model, names_of

_HOST = "127.0.0.1"


@click.command("demo")
@MODEL
@click.option("--port", default=8000, show_default=True, help="0 takes any that is free.")
def demo_command(model: str | None, port: int) -> None:
    """Serve a page that suggests words as you type, on this machine alone; the model runs in the browser."""
    import uvicorn

    from wordgru.cli.page import demo_app

    app = demo_app([open_bundle(find_model(name)) for name in names_of(model)])
    try:
        listener = socket.create_server((_HOST, port))
    except OverflowError:
        raise WordgruError(f"port {port} is no port; expected 0 to 65535.") from None
    except OSError as error:
        reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise WordgruError(f"port {port} cannot be had: {reason}; choose another with --port, or 0 for any.") from None
    with listener:
        click.echo(f"http://localhost:{listener.getsockname()[1]}/  (Ctrl+C ends it)")
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])

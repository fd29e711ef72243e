"""`wordgru demo`: the page of export/web, with a bundle, on this machine alone. Needs the demo extra."""

import errno
import os
import socket
from pathlib import Path

import click
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from wordgru.bundle import Bundle, open_bundle
from wordgru.errors import WordgruError
from wordgru.predictor import find_model

PAGE = Path(__file__).parent.parent / "web"
"""What `make web` builds; it is part of the wheel, not of the repository."""

_HOST = "127.0.0.1"


class _Fresh(StaticFiles):
    """Files that a browser keeps, and asks each time whether they are still the newest."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope,
        status_code: int = 200,
    ) -> Response:  # fmt: skip
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def demo_app(bundle: Bundle, page: Path = PAGE) -> Starlette:
    """The page at `/` and the bundle below `/model/`.

    Raises:
        WordgruError: the page was not built.
    """
    if not (page / "index.html").is_file():
        raise WordgruError(
            f"{page}: the page is not there; in a clone of the repository run `make web`, then `pip install '.[demo]'`."
        )
    return Starlette(
        routes=[
            Mount("/model", _Fresh(directory=bundle.folder)),
            Mount("/", _Fresh(directory=page, html=True)),
        ]
    )


@click.command("demo")
@click.option(
    "-m",
    "--model",
    metavar="DIR",
    help="Bundle: a folder, a name on the Hub, or en for English; else WORDGRU_MODEL, else en.",
)
@click.option("--port", default=8000, show_default=True, help="0 takes any that is free.")
def demo_command(model: str | None, port: int) -> None:
    """Serve a page that suggests words as you type, on this machine alone; the model runs in the browser."""
    app = demo_app(open_bundle(find_model(model)))
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

"""The page of export/web and a bundle, as an application. Needs the demo extra."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from wordgru.bundle import Bundle
from wordgru.errors import WordgruError

PAGE = Path(__file__).parent.parent / "web"
"""What `make web` builds; it is part of the wheel, not of the repository."""


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

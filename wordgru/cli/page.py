"""The page of export/web and bundles, as an application. Needs the demo extra."""

import os
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
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


def demo_app(bundles: Sequence[Bundle], page: Path = PAGE) -> Starlette:
    """The page at `/` and the bundle below `/model/`; several each in a folder of its name there.

    `/models.json` tells the page where they are.

    Raises:
        WordgruError: the page was not built, or two bundles have the same name.
    """
    if not (page / "index.html").is_file():
        raise WordgruError(
            f"{page}: the page is not there; in a clone of the repository run `make web`, then `pip install '.[demo]'`."
        )
    folders = {f"model/{each.folder.name}": each.folder for each in bundles}
    if len(bundles) == 1:
        folders = {"model": bundles[0].folder}
    if len(folders) < len(bundles):
        raise WordgruError("two bundles have the same name; expected folders of different names.")

    def models(_: Request) -> Response:
        return JSONResponse([f"{path}/" for path in folders], headers={"Cache-Control": "no-cache"})

    return Starlette(
        routes=[
            Route("/models.json", models),
            *(Mount(f"/{path}", _Fresh(directory=folder)) for path, folder in folders.items()),
            Mount("/", _Fresh(directory=page, html=True)),
        ]
    )

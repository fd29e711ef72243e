"""The application: endpoints behind the guard."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from wordgru import __version__
from wordgru.errors import WordgruError
from wordgru.serving.answers import KINDS, Kind
from wordgru.serving.fields import Fields, RequestError, error_body
from wordgru.serving.guard import Guard, client_of
from wordgru.serving.logs import log
from wordgru.serving.openai import openai_routes
from wordgru.serving.openapi import openapi
from wordgru.serving.reading import body
from wordgru.serving.service import Service
from wordgru.serving.settings import ServeSettings
from wordgru.serving.sockets import Sockets


def serve_app(settings: ServeSettings) -> ASGIApp:
    """The service as an ASGI application, its model loaded.

    Raises:
        WordgruError: the model or a glossary cannot be read.
    """
    service = Service.start(settings)
    document = openapi(settings)

    async def describe(request: Request) -> Response:
        return JSONResponse(document)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "model": service.source.name, "version": __version__})

    async def metrics(request: Request) -> Response:
        service.metrics.remembered.set(service.source.memory.size)
        return Response(service.metrics.page(), media_type="text/plain; version=0.0.4")

    routes = [
        *(Route(f"/v1/{name}", _answering(kind, service), methods=["POST"]) for name, kind in KINDS.items()),
        *openai_routes(service),
        Route("/healthz", health, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
        Route("/openapi.json", describe, methods=["GET"]),
        WebSocketRoute("/v1/session", Sockets(service).serve),
    ]
    app = Starlette(routes=routes, lifespan=_lifespan(service), exception_handlers=_HANDLERS)
    return Guard(app, settings, service.metrics, frozenset(str(getattr(route, "path", "")) for route in routes))


def _answering(kind: type[Kind], service: Service):  # type: ignore[no-untyped-def]  # noqa: ANN202  (an endpoint)
    async def endpoint(request: Request) -> Response:
        asked = kind.read(Fields(await body(request, service.settings)), service.settings)
        source, client = service.source, client_of(request.scope)
        if not asked.is_long(source, client):
            return JSONResponse(await service.work.letter(lambda: asked.answer(source, client)))
        with service.work.long(client):
            answer = await service.work.turn(lambda: asked.answer(source, client))
            return JSONResponse(answer if isinstance(answer, dict) else await _last(answer, service, request))

    return endpoint


async def _last(answers: Iterator[dict[str, Any]], service: Service, request: Request) -> dict[str, Any]:
    """The last of them, each made in a turn of its own, so that others have theirs between."""
    answer: dict[str, Any] = {}
    while (more := await service.work.turn(lambda: next(answers, None))) is not None:
        answer = more
        if await request.is_disconnected():
            break
    return answer


def _lifespan(service: Service):  # type: ignore[no-untyped-def]  # noqa: ANN202  (as Starlette takes it)
    @contextlib.asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        log("started", model=service.source.name, version=__version__)
        yield
        service.work.close()
        log("stopped")

    return running


async def _wrong(request: Request, error: Exception) -> Response:
    """The answer to what the predictor, or a check before it, refuses."""
    known = error if isinstance(error, RequestError) else RequestError(str(error))
    headers = known.headers | ({"connection": "close"} if known.status in (408, 413) else {})
    return JSONResponse(
        error_body(str(known), status=known.status, param=known.param), status_code=known.status, headers=headers
    )


async def _no_route(request: Request, error: Exception) -> Response:
    """The answer to a path or method that is not there."""
    assert isinstance(error, HTTPException)
    what = "this method is not served here" if error.status_code == 405 else "there is nothing at this path"
    message = f"{what}; GET /openapi.json lists what is."
    return JSONResponse(
        error_body(message, status=error.status_code), status_code=error.status_code, headers=error.headers
    )


async def _failed(request: Request, error: Exception) -> Response:
    return JSONResponse(error_body("the service failed; its log says where.", status=500), status_code=500)


_HANDLERS = {WordgruError: _wrong, HTTPException: _no_route, Exception: _failed}

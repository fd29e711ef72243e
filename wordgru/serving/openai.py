"""The endpoints that OpenAI's clients know: `/v1/completions` and `/v1/models`."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wordgru.serving.completions import Completion, Piece, Writing, logprobs
from wordgru.serving.fields import Fields, RequestError, error_body
from wordgru.serving.guard import client_of
from wordgru.serving.reading import body
from wordgru.serving.service import Service


def openai_routes(service: Service) -> list[Route]:
    """The routes."""
    endpoints = _OpenAI(service)
    return [
        Route("/v1/completions", endpoints.completions, methods=["POST"]),
        Route("/v1/models", endpoints.models, methods=["GET"]),
        Route("/v1/models/{model}", endpoints.model, methods=["GET"]),
    ]


class _OpenAI:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._model()]})

    async def model(self, request: Request) -> Response:
        self._check_model(request.path_params["model"])
        return JSONResponse(self._model())

    async def completions(self, request: Request) -> Response:
        settings = self._service.settings
        asked = Completion.read(Fields(await body(request, settings)), settings)
        self._check_model(asked.model or self._service.source.name)
        writings = [
            Writing(self._service.source.one, asked, prompt, number, settings.max_writing)
            for prompt in asked.prompts
            for number in range(asked.n)
        ]
        answer = {
            "id": f"cmpl-{uuid.uuid4().hex}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": self._service.source.name,
        }
        client = client_of(request.scope)
        if asked.stream:
            return _Stream(self._stream(asked, writings, answer), self._service, client)
        choices, written = [], 0
        with self._service.work.long(client):
            for index, writing in enumerate(writings):
                pieces = [piece async for piece in self._pieces(writing)]
                choices.append(_choice(asked, index, pieces, 0, writing.finish_reason))
                written += len(pieces)
        return JSONResponse(answer | {"choices": choices, "usage": self._usage(asked, written)})

    async def _stream(self, asked: Completion, writings: list[Writing], answer: dict[str, Any]) -> AsyncIterator[str]:
        written = 0
        try:
            for index, writing in enumerate(writings):
                start = 0
                async for piece in self._pieces(writing):
                    yield _event(answer | {"choices": [_choice(asked, index, [piece], start, None)]})
                    start += len(piece.text)
                    written += 1
                yield _event(answer | {"choices": [_choice(asked, index, [], start, writing.finish_reason)]})
        except RequestError as error:
            yield _event(error_body(str(error), status=error.status))
            return
        if asked.include_usage:
            yield _event(answer | {"choices": [], "usage": self._usage(asked, written)})
        yield "data: [DONE]\n\n"

    async def _pieces(self, writing: Writing) -> AsyncIterator[Piece]:
        """Each in a turn of its own, so that others have theirs between."""
        pieces = iter(writing)
        while (piece := await self._service.work.turn(lambda: next(pieces, None))) is not None:
            yield piece

    def _usage(self, asked: Completion, written: int) -> dict[str, int]:
        read = sum(len(self._service.source.one.tokenizer.encode(prompt)) for prompt in asked.prompts)
        written -= read * asked.n if asked.echo and asked.logprobs is not None else 0
        return {"prompt_tokens": read, "completion_tokens": max(written, 0), "total_tokens": read + max(written, 0)}

    def _model(self) -> dict[str, Any]:
        name = self._service.source.name
        return {"id": name, "object": "model", "created": self._service.began, "owned_by": "wordgru"}

    def _check_model(self, name: str) -> None:
        if name != self._service.source.name:
            raise RequestError(
                f"there is no such model here; expected {self._service.source.name!r}, as GET /v1/models lists.",
                status=404, param="model",
            )  # fmt: skip


class _Stream(StreamingResponse):
    """Server-sent events to a client that reads them: one that does not is let go, as slow senders are."""

    def __init__(self, events: AsyncIterator[str], service: Service, client: str) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._service, self._of = service, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        settings = self._service.settings
        with self._service.work.long(self._of), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.max_writing + settings.patience):
                await super().__call__(scope, receive, send)


def _choice(asked: Completion, index: int, pieces: list[Piece], start: int, finish: str | None) -> dict[str, Any]:
    return {
        "index": index,
        "text": "".join(piece.text for piece in pieces),
        "logprobs": None if asked.logprobs is None else logprobs(pieces, start),
        "finish_reason": finish,
    }


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"

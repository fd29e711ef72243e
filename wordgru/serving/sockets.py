"""`/v1/session`: a text field over WebSocket. Edits in, offers out; only the newest edit is answered."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket

from wordgru.config import Range
from wordgru.errors import WordgruError
from wordgru.serving.answers import Asked, AskedPhrases, check_last_word, found, is_long_edit
from wordgru.serving.fields import Fields, RequestError, error_body
from wordgru.serving.guard import REFUSED, Rates, client_of
from wordgru.serving.service import Service
from wordgru.serving.settings import ServeSettings

_ID = Range(0, 2**53, whole=True)
_DELETED = Range(0, 10_000_000, whole=True)
_REASON = 120  # bytes of the reason with which a WebSocket closes


@dataclass(frozen=True)
class Edit:
    """The text after an edit, and what is asked of it."""

    id: int
    text: str
    asked: Asked
    phrases: AskedPhrases | None = None

    @property
    def is_long(self) -> bool:
        """Whether more is asked than a letter may take."""
        return self.asked.is_long or self.phrases is not None

    @classmethod
    def read(cls, data: str, before: "Edit | None", service: Service) -> "Edit":
        """`set` makes the text; or `delete` takes so many characters off its end, and `append` adds to it.

        Raises:
            RequestError: the frame is no edit.
        """
        fields = Fields(data)
        number = fields.number("id", _ID, before.id + 1 if before else 0)
        try:
            return cls._of(number, fields, before.text if before else "", service.settings)
        except RequestError as error:
            error.id = number
            raise

    @classmethod
    def _of(cls, number: int, fields: Fields, text: str, settings: ServeSettings) -> "Edit":
        if "set" in fields:
            text = fields.text("set", most=settings.max_text)
        else:
            deleted = fields.number("delete", _DELETED, 0)
            text = text[: max(len(text) - deleted, 0)] + fields.text("append", "", most=settings.max_text)
            if len(text) > settings.max_text:
                raise RequestError(f"the text has more than {settings.max_text:,} characters; set its end.")
        ahead = fields.object("phrases")
        phrases = None if ahead is None else AskedPhrases.read(ahead, settings)
        edit = cls(number, text, Asked.read(fields, settings), phrases)
        for each in (fields, ahead):
            if each is not None:
                each.end()
        return edit


class Sockets:
    """All WebSockets of a process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._open: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one until it closes.

        Raises:
            RequestError: too many are open.
        """
        client, settings = client_of(websocket.scope), self._service.settings
        if self._open.total() >= settings.sockets or self._open[client] >= settings.client_sockets:
            raise RequestError("too many sessions are open; close one, or try again later.", status=503)
        self._open[client] += 1
        self._service.metrics.sockets.inc()
        try:
            await websocket.accept()
            await _Field(websocket, self._service).run()
        finally:
            self._service.metrics.sockets.dec()
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


class _Field:
    """One WebSocket: its newest edit, and at most one answer under way."""

    def __init__(self, websocket: WebSocket, service: Service) -> None:
        self._websocket, self._service = websocket, service
        self._layout: str | None = None
        self._session = service.source.new_session(None)
        self._rates = Rates(service.settings.rate)
        self._newest: Edit | None = None
        self._answering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                try:
                    self._take(message.get("text"))
                except RequestError as error:
                    self._count("refused")
                    await self._refuse(error)
                    return
        finally:
            if self._answering is not None:
                self._answering.cancel()

    def _take(self, data: str | None) -> None:
        if data is None:
            raise RequestError("expected frames of text that hold JSON.")
        self._rates.check("")
        if self._newest is not None and self._answering is not None and not self._answering.done():
            self._count("dropped")  # the edit before this one is not answered any more
        self._newest = Edit.read(data, self._newest, self._service)
        if self._answering is None or self._answering.done():
            self._answering = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        """Answer the newest edit, and again while newer ones came."""
        answered: Edit | None = None
        while answered is not self._newest:
            assert self._newest
            long = self._newest.is_long or is_long_edit(self._session.text, self._newest.text, self._service.source)
            try:
                answered, answer = await self._found(long=long)
            except RequestError as error:  # the queue is full
                answered, answer = self._newest, error_body(str(error), status=error.status)
            if answered is self._newest:
                with contextlib.suppress(Exception):  # whoever asked has gone
                    await self._send({"id": answered.id} | answer)
                    self._count("answered")

    async def _found(self, *, long: bool) -> tuple[Edit, dict[str, Any]]:
        work = self._service.work
        if not long:
            return await work.letter(self._find)
        with work.long(client_of(self._websocket.scope)):
            return await work.turn(self._find)

    def _find(self) -> tuple[Edit, dict[str, Any]]:
        edit = self._newest
        assert edit
        try:
            check_last_word(edit.text)
            if edit.asked.layout != self._layout:
                self._layout = edit.asked.layout
                self._session = self._service.source.new_session(self._layout)
            self._session.set(edit.text)
            answer = found(self._session, edit.asked, prefix=None)
            if edit.phrases:
                *_, ahead = edit.phrases.found(self._session)
                answer |= ahead
            return edit, answer
        except WordgruError as error:
            return edit, error_body(str(error), status=400)

    async def _refuse(self, error: RequestError) -> None:
        """Say what is wrong and close: after an edit that was not taken, the texts would differ."""
        number = {} if error.id is None else {"id": error.id}
        with contextlib.suppress(Exception):  # whoever sent it has gone
            await self._send(number | error_body(str(error), status=error.status, param=error.param))
            reason = str(error).encode()[:_REASON].decode("utf-8", "ignore")
            await self._websocket.close(REFUSED, reason)

    async def _send(self, value: dict[str, Any]) -> None:
        await self._websocket.send_text(json.dumps(value, ensure_ascii=False))

    def _count(self, fate: str) -> None:
        self._service.metrics.edits.labels(fate).inc()

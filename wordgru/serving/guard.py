"""What every request passes first: whom the service answers, how often, and what is told of it afterwards."""

import hmac
import time
from collections import OrderedDict
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wordgru.serving.fields import RequestError, error_body
from wordgru.serving.logs import LOGGER, log
from wordgru.serving.metrics import Metrics
from wordgru.serving.settings import ServeSettings

_OPEN = ("/healthz",)  # answered without a token
_CLIENTS = 10_000  # whose rates are remembered
_METHODS = "GET, POST, OPTIONS"
REFUSED = 1008
"""Code with which a WebSocket closes whose client broke a rule."""


class _GoneError(Exception):
    """The client has gone before its answer was sent."""


class Rates:
    """How often each client may ask: so many times a second, and twice as many at once after a pause."""

    def __init__(self, rate: float) -> None:
        self._rate, self._burst = rate, max(2 * rate, 1.0)
        self._clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, client: str) -> float:
        """Take one; return the seconds to wait where none is left, else 0."""
        if not self._rate:
            return 0.0
        now = time.monotonic()
        left, seen = self._clients.pop(client, (self._burst, now))
        left = min(left + (now - seen) * self._rate, self._burst)
        allowed = left >= 1
        self._clients[client] = (left - allowed, now)
        if len(self._clients) > _CLIENTS:
            self._clients.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate

    def check(self, client: str) -> None:
        """Take one.

        Raises:
            RequestError: none is left.
        """
        if (seconds := self.spend(client)) > 0:
            raise RequestError(
                f"more than {self._rate:g} requests a second; wait {seconds:.2f} s.", status=429,
                headers={"retry-after": str(int(seconds) + 1)},
            )  # fmt: skip


class Guard:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._settings, self._metrics, self._paths = app, settings, metrics, paths
        self._rates = Rates(settings.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers, began = Headers(scope=scope), time.perf_counter()
        origin, allowed, status = headers.get("origin"), False, 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_shared(origin if allowed else None)]
            elif message["type"] == "websocket.accept":
                status = 101
            try:
                await send(message)
            except RuntimeError as error:  # uvloop writes to nobody who was cut, and uvicorn does not look first
                raise _GoneError from error

        path = scope["path"] if scope["path"] in self._paths else "other"
        try:
            self._check(scope, headers, origin)
            allowed = True
            if scope["type"] == "http" and scope["method"] == "OPTIONS" and origin:
                await _preflight()(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
        except _GoneError:
            pass
        except RequestError as error:
            await refusal(error)(scope, receive, answer)
        except Exception:
            self._metrics.failures.inc()
            LOGGER.exception("failed", extra={"fields": {"path": path}})
            if not status:
                fault = RequestError("the service failed; its log says where.", status=500)
                await refusal(fault)(scope, receive, answer)
        finally:
            self._tell(scope, path, status, time.perf_counter() - began)

    def _check(self, scope: Scope, headers: Headers, origin: str | None) -> None:
        """Refuse a request of a host, origin or client that is not answered.

        Raises:
            RequestError: it is one.
        """
        settings = self._settings
        host = _without_port(headers.get("host", ""))
        if "*" not in settings.hosts and host not in settings.hosts:
            raise RequestError("this host name is not served here; the service allows it with --allow-host NAME.")
        if origin and "*" not in settings.origins and origin not in settings.origins:
            raise RequestError(
                "pages of this origin are not served here; the service allows them with --allow-origin ORIGIN.",
                status=403,
            )
        preflight = scope["type"] == "http" and scope["method"] == "OPTIONS"
        if settings.token and scope["path"] not in _OPEN and not preflight:
            given = headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {settings.token}".encode()):
                raise RequestError(
                    "no valid token; expected the header Authorization: Bearer TOKEN.", status=401,
                    headers={"www-authenticate": "Bearer"},
                )  # fmt: skip
        if scope["path"] not in _OPEN:
            self._rates.check(client_of(scope))

    def _tell(self, scope: Scope, path: str, status: int, seconds: float) -> None:
        self._metrics.requests.labels(path, status).inc()
        if scope["type"] == "http":
            self._metrics.seconds.labels(path).observe(seconds)
        if path not in _OPEN:
            log(
                "answered", method=scope.get("method", "WEBSOCKET"), path=path, status=status,
                milliseconds=round(1000 * seconds, 2),
            )  # fmt: skip


def client_of(scope: Scope) -> str:
    """The address of who asks."""
    return scope["client"][0] if scope.get("client") else ""


def refusal(error: RequestError) -> Any:  # noqa: ANN401  (an ASGI application)
    """An answer that says what is wrong; a WebSocket that was not accepted is answered over HTTP."""
    headers = dict(error.headers)
    if error.status in (408, 413):
        headers["connection"] = "close"  # what is left of the body is not read
    response = JSONResponse(
        error_body(str(error), status=error.status, param=error.param), status_code=error.status, headers=headers
    )

    async def send_it(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": REFUSED, "reason": str(error)})
        else:
            await response(scope, receive, send)

    return send_it


def _shared(origin: str | None) -> list[tuple[bytes, bytes]]:
    """What lets a page of an allowed origin read the answer."""
    if origin is None:
        return []
    return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]


def _preflight() -> JSONResponse:
    allowed = {
        "access-control-allow-methods": _METHODS,
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
    }
    return JSONResponse({}, headers=allowed)


def _without_port(host: str) -> str:
    name, _, port = host.lower().rpartition(":")
    return name if port.isdigit() else host.lower()

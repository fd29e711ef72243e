"""How the service runs: sockets, processes, signals."""

import asyncio
import functools
import os
import signal
import socket
import tempfile
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from wordgru.bundle import open_bundle
from wordgru.errors import WordgruError
from wordgru.predictor import find_model, names_of
from wordgru.serving.app import serve_app
from wordgru.serving.fields import RequestError
from wordgru.serving.logs import log_config
from wordgru.serving.metrics import SHARED_VARIABLE
from wordgru.serving.settings import ServeSettings

_GRACE = 5  # seconds for answers under way when the service ends
_HEADERS = 65_536  # bytes of headers
_PIPELINED = 32  # requests that may wait on one connection for the answer to the one before them


class PatientProtocol(HttpToolsProtocol):
    """HTTP whose sender has only so much time, and so many bytes, for its headers, and waits for its answers.

    uvicorn waits for the rest of a request as long as it takes; a client could hold all connections that way. And it
    reads requests on while answers wait; a client that reads none took 350 MB in 8 seconds.
    """

    patience = 10.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client came."""
        super().connection_made(transport)
        self._slow: asyncio.TimerHandle | None = None
        self._size = 0
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        if self._slow is not None:
            self._size += len(data)
        super().data_received(data)
        if self._slow is not None and self._size > _HEADERS:
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._slow is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Its headers are here."""
        self._stop_waiting()
        if len(self.pipeline) >= _PIPELINED:
            raise RequestError("too many requests at once.")  # the parser stops, the client gets a 400
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._slow = self.loop.call_later(self.patience, self._close)

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
        self._slow, self._size = None, 0

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def run_service(settings: ServeSettings, listener: socket.socket, *, workers: int, log_level: str) -> None:
    """Serve until a signal says to end; then finish what is under way and return.

    Raises:
        WordgruError: the model cannot be loaded.
    """
    PatientProtocol.patience = settings.patience
    options: dict[str, Any] = {
        "http": PatientProtocol,
        "ws": "websockets-sansio",
        "ws_max_size": settings.max_body,
        "ws_per_message_deflate": False,  # it would keep 100 kB for each client
        "log_config": log_config(log_level),
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(settings.proxies),  # else whoever asks could name an address of its own choice
        "forwarded_allow_ips": list(settings.proxies),
        "timeout_graceful_shutdown": _GRACE,
        "workers": workers,
    }
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)  # uvicorn raises the signal again once it has ended
    if workers == 1:
        uvicorn.Server(uvicorn.Config(serve_app(settings), **options)).run(sockets=[listener])
        return
    for name in names_of(settings.model):
        open_bundle(find_model(name))  # what is wrong with it is said once
    with tempfile.TemporaryDirectory() as shared:
        os.environ[SHARED_VARIABLE] = shared
        config = uvicorn.Config(functools.partial(_process_app, settings), factory=True, **options)
        Multiprocess(config, sockets=[listener]).run()


def _process_app(settings: ServeSettings) -> Any:  # noqa: ANN401  (an ASGI application)
    """The application in a process of its own."""
    PatientProtocol.patience = settings.patience
    return serve_app(settings)


def _end(number: int, frame: object) -> None:
    """The service has ended by now."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        WordgruError: the address cannot be had.
    """
    import errno

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OverflowError:
        raise WordgruError(f"port {port} is no port; expected 0 to 65535.") from None
    except OSError as error:
        reason = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise WordgruError(
            f"{host}, port {port} cannot be had: {reason}; choose another with --host and --port, port 0 for any."
        ) from None

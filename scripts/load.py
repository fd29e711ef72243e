"""Measure `wordgru serve`: typists over WebSocket, one request over HTTP, idle connections; and beside hostile clients.

Each typist types text at five keystrokes a second, letter by letter, and waits for no answer. An answer that takes
longer than 50 ms comes too late; one that a newer letter made stale is lost. Load and service share this machine, so
the processor time of both is told.

    python scripts/load.py --typists 50 150 300
    python scripts/load.py --typists 50 --beside garbage
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import uvloop
from hostile import UPGRADE, garbage, long_texts, memory
from websockets.asyncio.client import connect

from wordgru import Predictor

RATE = 5.0  # keystrokes a second
_ID = re.compile(rb'\{"id": ?(\d+)')
TEXT = (
    "Thank you for your letter. I have been thinking about what you said, and I will write to you again when I know "
    "more about the house. We went to the market and bought some bread, and then it began to rain. Could you send me "
    "the address of your sister, please? I would like to see her before the end of the month. "
)


@contextmanager
def service(*options: str) -> Iterator[tuple[int, int]]:
    """A service of its own: port and process id."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "wordgru", "serve", "--port", str(port), "--log-level", "warning", *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                _get(port, "/healthz")
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _get(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


class Typist(asyncio.Protocol):
    """Types on in a draft of its own over WebSocket, and notes how long each answer took.

    Frames are written and read by hand: a client's library takes more of the cores than the service may.
    """

    def __init__(self, letters: int, waits: list[float], seed: int) -> None:
        random_ = random.Random(seed)
        parts = [part.strip() + " " for part in TEXT.replace(",", ".").split(".") if part.strip()]
        begun, text = (" ".join("".join(random_.sample(parts, len(parts))).split()) for _ in range(2))
        self._draft, self._text = begun[: random_.randrange(40, 160)], (text + " ") * 10
        self._letters, self._waits, self._pause = letters, waits, 2 * random_.random()  # not all begin at once
        self._sent: dict[int, float] = {}
        self._data = bytearray()
        self._open = False
        self.done = asyncio.get_running_loop().create_future()

    @property
    def lost(self) -> int:
        """Letters that were not answered."""
        return len(self._sent)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a WebSocket."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(UPGRADE)

    def data_received(self, data: bytes) -> None:
        """Read what frames are whole."""
        self._data += data
        if not self._open:
            _, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            self._open, self._data = True, rest
            self._write(0, "set", self._draft)
            asyncio.get_running_loop().call_later(self._pause, self._begin)
        while len(self._data) >= 4:
            start = 4 if self._data[1] == 126 else 2
            end = start + (int.from_bytes(self._data[2:4], "big") if start == 4 else self._data[1])
            if len(self._data) < end:
                return
            self._answered(bytes(self._data[start:end]))
            del self._data[:end]

    def connection_lost(self, exc: Exception | None) -> None:
        """The service closed it."""
        if not self.done.done():
            self.done.set_result(None)

    def _begin(self) -> None:
        self._began = time.perf_counter()
        self._type(1)

    def _type(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        if number > self._letters:
            loop.call_later(1.0, self._transport.close)
            return
        self._sent[number] = time.perf_counter()
        self._write(number, "append", self._text[number - 1])
        loop.call_later(max(self._began + number / RATE - time.perf_counter(), 0), self._type, number + 1)

    def _write(self, number: int, name: str, text: str) -> None:
        data = json.dumps({"id": number, name: text}).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + bytes(4) + data)  # with a mask of zeros

    def _answered(self, data: bytes) -> None:
        """An answer begins with its id."""
        found = _ID.match(data)
        if found and int(found[1]) and b'"error"' not in data:
            self._waits.append(time.perf_counter() - self._sent.pop(int(found[1])))


async def typists(port: int, count: int, seconds: float) -> tuple[list[float], int]:
    """So many at once: how long answers took, and how many were lost."""
    waits, loop = list[float](), asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda seed=seed: Typist(int(seconds * RATE), waits, seed), "127.0.0.1", port)
        for seed in range(count)
    ]
    await asyncio.gather(*(typist.done for _, typist in pairs))
    return waits, sum(typist.lost for _, typist in pairs)


async def idle(port: int, pid: int, count: int) -> None:
    """Memory of connections that do nothing."""
    before = memory(pid)
    open_ = [await connect(f"ws://127.0.0.1:{port}/v1/session", compression=None) for _ in range(count)]
    await asyncio.sleep(1)
    print(f"{count:,} idle connections: {(memory(pid) - before) / 1e6:.1f} MB above {before / 1e6:.0f} MB")
    for each in open_:
        each.transport.close()


def request(port: int, times: int) -> None:
    """One request after another on one connection, beside the same call in Python."""
    predictor, texts = Predictor.load(), [TEXT[:end] for end in range(1, times + 1)]
    predictor.complete("the ")
    session, here = predictor.session(), []
    for text in texts:
        began = time.perf_counter()
        session.set(text)
        session.suggest()
        here.append(time.perf_counter() - began)
    there = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for text in texts:
            body = json.dumps({"text": text}).encode()
            head = f"POST /v1/complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            began = time.perf_counter()
            connection.sendall(head + body)
            answer = b""
            while answer[-1:] != b"}":
                answer += connection.recv(65536)
            there.append(time.perf_counter() - began)
    python, http = np.percentile(here, 50) * 1e3, np.percentile(there, 50) * 1e3
    print(f"one request alone: HTTP p50 {http:.2f} ms, Python p50 {python:.2f} ms, {http - python:+.2f} ms")


@contextmanager
def beside(kind: str | None, port: int) -> Iterator[None]:
    """Hostile clients in a process of their own; what became of what they sent is printed."""
    if kind is None:
        yield
        return
    context = multiprocessing.get_context("spawn")
    stop, told = context.Event(), context.Queue()
    process = context.Process(target=_hostile, args=(kind, port, stop, told))
    process.start()
    try:
        yield
    finally:
        stop.set()
        print(f"     beside {kind}: {told.get(timeout=60)}")
        process.join(20)


def _hostile(kind: str, port: int, stop: Any, told: Any) -> None:  # noqa: ANN401  (of multiprocessing)
    fates, text = Counter[str](), TEXT * 10
    for fates in garbage(port, 10_000) if kind == "garbage" else long_texts(port, kind, text):  # noqa: B007
        if stop.is_set():
            break
    told.put(", ".join(f"{times} {fate}" for fate, times in sorted(fates.items())))


def _cpu(pid: int) -> float:
    """Seconds of a core that a process and its children have used."""
    seconds = 0.0
    for each in [pid, *_children(pid)]:
        with open(f"/proc/{each}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--typists", type=int, nargs="*", default=[50, 100, 150, 200, 300, 400])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--beside", choices=["garbage", "correct", "score", "suggest"])
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
    limits = ("--rate", "0", "--sockets", "10000", "--client-sockets", "10000", "--workers", str(arguments.workers))
    with service(*limits) as (port, pid):
        request(port, 250)
        if arguments.workers == 1 and arguments.idle:
            asyncio.run(idle(port, pid, arguments.idle))
        for count in arguments.typists:
            before, own = _cpu(pid), time.process_time()
            with beside(arguments.beside, port):
                waits, lost = uvloop.run(typists(port, count, arguments.seconds))
            cost = (_cpu(pid) - before) / max(len(waits), 1) * 1e3
            load = (time.process_time() - own) / max(len(waits), 1) * 1e3
            p50, p90, p99 = np.percentile(np.array(waits or [np.inf]) * 1e3, [50, 90, 99])
            verdict = "served" if p99 <= 50 and not lost else "too slow"
            print(
                f"{count:4} typists: p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms, {lost} of "
                f"{lost + len(waits)} lost, {cost:.2f} ms of a core each (and {load:.2f} to type it): {verdict}",
                flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()

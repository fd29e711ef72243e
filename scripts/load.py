"""Measure `wordgru serve`: typists over WebSocket, one request over HTTP, idle connections; and beside hostile clients.

Each typist types text at five keystrokes a second, letter by letter, and waits for no answer. An answer that takes
longer than 50 ms comes too late; one that a newer letter made stale is lost. Load and service share this machine.

    python scripts/load.py --typists 50 150 300
    python scripts/load.py --typists 50 --beside garbage
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from hostile import garbage, long_texts, memory
from websockets.asyncio.client import connect

from wordgru import Predictor

RATE = 5.0  # keystrokes a second
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


async def typist(port: int, seconds: float, waits: list[float], lost: list[int], seed: int) -> None:
    """Type for so many seconds; note how long each answer took."""
    random_ = random.Random(seed)
    start = random_.choice([at + 1 for at, char in enumerate(TEXT[:-1]) if char == " "])
    text, sent = TEXT[start:] + TEXT * 10, dict[int, float]()
    async with connect(f"ws://127.0.0.1:{port}/v1/session", compression=None, max_queue=None) as socket_:

        async def read() -> None:
            async for frame in socket_:
                answer = json.loads(frame)
                if "error" not in answer:
                    waits.append(time.perf_counter() - sent.pop(answer["id"]))

        reader = asyncio.create_task(read())
        await asyncio.sleep(2 * random_.random())  # they do not all begin at once
        began = time.perf_counter()
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(max(began + number / RATE - time.perf_counter(), 0))
            sent[number] = time.perf_counter()
            await socket_.send(json.dumps({"id": number, "append": text[number]}))
        await asyncio.sleep(0.5)
        reader.cancel()
        lost.append(len(sent))


async def typists(port: int, count: int, seconds: float) -> tuple[list[float], int]:
    """So many at once: how long answers took, and how many were lost."""
    waits, lost = list[float](), list[int]()
    await asyncio.gather(*(typist(port, seconds, waits, lost, seed) for seed in range(count)))
    return waits, sum(lost)


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
            before = _cpu(pid)
            with beside(arguments.beside, port):
                waits, lost = asyncio.run(typists(port, count, arguments.seconds))
            cost = (_cpu(pid) - before) / max(len(waits), 1) * 1e3
            p50, p90, p99 = np.percentile(np.array(waits or [np.inf]) * 1e3, [50, 90, 99])
            verdict = "served" if p99 <= 50 and not lost else "too slow"
            print(
                f"{count:4} typists: p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms, {lost} of "
                f"{lost + len(waits)} lost, {cost:.2f} ms of a core each: {verdict}", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()

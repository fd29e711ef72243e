"""Clients of `wordgru serve` that do it no good: garbage, slow senders, cut connections, long texts; and a soak.

`scripts/load.py --beside` runs them beside typists. Alone:

    python scripts/hostile.py PORT --count 10000
    python scripts/hostile.py PORT --soak 600
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count as numbers

from websockets.sync.client import ClientConnection, connect

from wordgru import Predictor

_REQUEST = b'POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{"text": "the"}'
UPGRADE = (
    b"GET /v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_FRAMES = ("{bad", "[]", '{"id": -1}', '{"set": 7}', '{"append": ["a"]}', '{"delete": NaN}', "[" * 9000, '{"x": 1}')
_BODIES = (b"{", b"[1]", b'{"text": 7}', b'{"text": "a", "k": 1e99}', b"\xff" * 50, b'{"text": "' + b"x" * 30_000)
_PATHS = ("suggest", "complete", "score", "characters", "correct", "completions", "nothing")
_WORDS = ("the", "of", "and", "a", "I", "you", "was", "that", "don't", "日本", "🙂", "Krakenhaus", "é")
_PARTS = 10  # of the time of a soak, after each of which memory is looked at
_K = 3  # words of an answer
_SLOW = 100  # connections that a slow sender holds at once


def garbage(port: int, most: int, seed: int = 0) -> Iterator[Counter[str]]:
    """Send so many malformed requests and frames; what became of them, by kind, after each hundred."""
    draw, fates, slow = random.Random(seed), Counter[str](), list[socket.socket]()
    kinds: dict[str, Callable[[], bytes]] = {
        "noise": lambda: draw.randbytes(draw.randrange(1, 2000)),
        "changed": lambda: _changed(_REQUEST, draw),
        "body": lambda: _post(draw.choice(_PATHS), draw.choice(_BODIES)),
        "large": lambda: _post(draw.choice(_PATHS), b'{"text": "' + b"y" * 1_000_000 + b'"}'),
        "frames": lambda: UPGRADE + draw.randbytes(draw.randrange(1, 2000)),
        "frame": lambda: UPGRADE + _frame(draw.choice(_FRAMES).encode(), draw),
        "cut": lambda: _REQUEST[: draw.randrange(1, len(_REQUEST))],
    }
    for number in range(most):
        kind = draw.choices([*kinds, "slow"], [20, 20, 20, 1, 15, 15, 8, 1])[0]
        if kind == "slow":
            slow.append(socket.create_connection(("127.0.0.1", port), timeout=30))
            slow[-1].sendall(_REQUEST[: draw.randrange(1, len(_REQUEST))])
            if len(slow) > _SLOW:
                slow.pop(0).close()
        else:
            fates[f"{kind}: {_fate(port, kinds[kind](), cut=kind == 'cut')}"] += 1
        if number % 100 == 99:
            yield fates
    for each in slow:
        with each, contextlib.suppress(ConnectionError):
            answer = each.recv(100)  # a time-out is a fault of the service: it waits for ever
            fates[f"slow: {answer[9:12].decode() or 'closed'}"] += 1
    yield fates


def _fate(port: int, data: bytes, *, cut: bool) -> str:
    """What a connection comes to that sends some bytes and then no more: a status, or it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
            if cut:
                return "cut"
            with contextlib.suppress(OSError):  # it is closed already
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
    return answer[9:12].decode("latin-1") or "closed"


def _changed(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 6)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _post(path: str, body: bytes) -> bytes:
    head = f"POST /v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _frame(data: bytes, draw: random.Random) -> bytes:
    """A text frame of a client."""
    mask = draw.randbytes(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return b"\x81" + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def long_texts(port: int, path: str, text: str) -> Iterator[Counter[str]]:
    """Ask for the same long text again and again."""
    fates, body = Counter[str](), json.dumps({"text": text})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        connection.request("POST", f"/v1/{path}", body)
        with connection.getresponse() as answer:
            answer.read()
            fates[f"{path}: {answer.status}"] += 1
        yield fates


def soak(port: int, pid: int, seconds: float, sessions: int = 100, seed: int = 0) -> str:
    """Random edits of many sessions, one in ten of whose answers is compared with those of a text read at once.

    What a service remembers is full only after some thousand edits, so memory is told along the time.
    """
    draw, predictor, asked, wrong = random.Random(seed), Predictor.load(), 0, 0
    texts = [""] * sessions
    with contextlib.ExitStack() as stack:
        open_: list[ClientConnection] = [
            stack.enter_context(connect(f"ws://127.0.0.1:{port}/v1/session", compression=None)) for _ in range(sessions)
        ]
        begins, sizes = time.monotonic(), list[tuple[int, int]]()  # edits, and bytes after them
        for number in numbers():
            gone = time.monotonic() - begins
            if gone > len(sizes) * seconds / _PARTS:
                sizes.append((asked, memory(pid)))
            if gone > seconds:
                break
            at = draw.randrange(sessions)
            text = texts[at][:-1] if draw.random() < 0.1 else texts[at] + draw.choice([draw.choice(_WORDS) + " ", "a"])
            text = draw.choice(["", text[:200]]) if len(text) > 1500 else text
            open_[at].send(json.dumps({"id": number, "set": text, "k": _K}))
            answer = json.loads(open_[at].recv(timeout=60))
            texts[at], asked = text, asked + 1
            if number % 10 == 0 and "error" not in answer:
                found = predictor.complete(text, k=_K)
                items = {item["word"]: item["probability"] for item in answer["suggestions"]}
                others = {item.word: item.probability for item in found}
                if answer["exact"] and found.exact and _differ(items, others):
                    wrong += 1
                    print(f"wrong: {text[-60:]!r}: {items}, read at once {others}", flush=True)
    told = ", ".join(f"{size / 1e6:.0f} MB after {edits:,}" for edits, size in sizes)
    grown = sizes[-1][1] / sizes[_PARTS // 2][1] - 1
    return f"{asked:,} edits of {sessions} sessions, {wrong} wrong; memory {told}: {grown:+.1%} in the second half"


def _differ(ones: dict[str, float], others: dict[str, float]) -> bool:
    """Whether two proved answers differ by more than twice the tolerance.

    Where there are not k known words, one of less than four times the tolerance may be in one answer alone.
    """
    if any(abs(ones[word] - others[word]) > 0.006 for word in ones.keys() & others.keys()):
        return True
    least = max(min(each.values()) if len(each) == _K else 0.0 for each in (ones, others))
    alone = [(ones | others)[word] for word in ones.keys() ^ others.keys()]
    return max(alone, default=0.0) > max(least + 0.006, 0.015)


def memory(pid: int) -> int:
    """Bytes that a process has for itself, its share of what several use included."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def main() -> None:
    """Attack a service that runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--soak", type=float, help="Seconds; the service must be this machine's, its process --pid.")
    parser.add_argument("--pid", type=int, default=os.getpid())
    arguments = parser.parse_args()
    if arguments.soak:
        print(soak(arguments.port, arguments.pid, arguments.soak))
        return
    fates = Counter[str]()
    for fates in garbage(arguments.port, arguments.count):  # noqa: B007  (the last is printed)
        pass
    for fate, times in sorted(fates.items()):
        print(f"{times:6} {fate}")


if __name__ == "__main__":
    main()

"""A service in a process of its own, for the tests."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tests.runtime.fixtures import TINY


@contextlib.contextmanager
def service(*options, ends_with=(0,), **environment):
    """Its process and port; standard error goes into `process.log` once it has ended."""
    command = [sys.executable, "-m", "wordgru", "serve", "--port", "0", "--model", str(TINY), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environment)
    with ThreadPoolExecutor(1) as reading:  # a pipe that nobody reads holds the service up once it is full
        try:
            line = process.stderr.readline()
            rest = reading.submit(process.stderr.read)
            found = re.search(r":(\d+)/openapi.json", line)
            assert found, line
            yield process, int(found[1])
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            process.log = rest.result(timeout=30)
            assert process.returncode in ends_with, process.log


def ask(port, path, body=None, **headers):
    """Status and JSON of an answer."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def raw(port, data, *, wait=10.0):
    """What comes back for bytes on a connection, up to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        parts = []
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)

"""What went wrong is said in plain words, never by the name of a Python class."""

import socket

import pytest

from wordgru.errors import reason


class LocalEntryNotFoundError(FileNotFoundError):
    pass


class ConnectError(Exception):
    pass


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its address is not known here"),
        (ConnectionRefusedError(111, "Connection refused"), "it refuses the connection"),
        (LocalEntryNotFoundError("Got: ConnectError: [Errno 111] Connection refused"), "it refuses the connection"),
        (
            raised(
                LocalEntryNotFoundError("many lines\nof advice"), ConnectError("[Errno -2] Name or service not known")
            ),
            "its address is not known here",
        ),
        (TimeoutError("The read operation timed out"), "it did not answer in time"),
        (LocalEntryNotFoundError("Got: ReadTimeout: timed out"), "it did not answer in time"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (ValueError("Got: OddError: something odd.\nMore."), "something odd"),
        (ConnectError(), "it does not say why (connect error)"),
    ],
)
def test_a_cause_is_told_in_plain_words(error: Exception, words: str) -> None:
    assert reason(error).startswith(words)
    assert "\n" not in reason(error)
    assert "Error" not in reason(error)

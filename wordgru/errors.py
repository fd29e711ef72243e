"""The errors a user can cause, each a line: what was wrong, what was expected, what to do. What other lines share."""

import re
import socket
import ssl


class WordgruError(Exception):
    r"""Base of every error that wordgru raises on purpose; the command line prints it as one line.

    >>> print(WordgruError("a\nb.txt: there is no such file."))
    a\nb.txt: there is no such file.
    """

    def __str__(self) -> str:
        """One line, also where it names a file whose name has several: what ends a line is escaped."""
        return one_line(super().__str__())


def one_line(text: str) -> str:
    r"""`text` with what ends a line or steers a terminal escaped.

    >>> print(one_line("a\nb\x1b[31m"))
    a\nb\x1b[31m
    """
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda found: repr(found[0])[1:-1], text)


class BundleError(WordgruError):
    """A bundle is missing, broken, foreign, or newer than this version of wordgru."""


class TextError(WordgruError):
    """Text cannot be found, read or used."""


class TrainingError(WordgruError):
    """A training run cannot start, go on, or be resumed."""


class ExportError(WordgruError):
    """An exported graph does not answer as the trained model does."""


_OF_THE_NETWORK = {
    socket.gaierror: "its address is not known here: is there a network?",
    ConnectionRefusedError: "it refuses the connection",
    ConnectionResetError: "it broke the connection off",
    TimeoutError: "it did not answer in time",
    ssl.SSLError: "its certificate is not trusted",
}
"""What is wrong with a server, by what Python raises."""

_IN_A_MESSAGE = {
    r"Name or service not known|nodename nor servname|getaddrinfo|name resolution": _OF_THE_NETWORK[socket.gaierror],
    r"Connection refused|actively refused": _OF_THE_NETWORK[ConnectionRefusedError],
    r"timed? ?out": _OF_THE_NETWORK[TimeoutError],
    r"CERTIFICATE_VERIFY_FAILED": _OF_THE_NETWORK[ssl.SSLError],
    r"disconnected without|reset by peer": _OF_THE_NETWORK[ConnectionResetError],
    r"offline mode|HF_HUB_OFFLINE": "it was not asked, for HF_HUB_OFFLINE is set",
}
"""The same, for a client of HTTP that tells the cause in its message alone."""


def counted(count: int, noun: str) -> str:
    """A number with its noun, as a line says it.

    >>> counted(1, "word"), counted(2000, "word")
    ('1 word', '2,000 words')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def reason(error: BaseException) -> str:
    """What lies under `error`, in plain words: the first line of the deepest cause, without names of Python's classes.

    >>> reason(ConnectionRefusedError(111, "Connection refused"))
    'it refuses the connection'
    """
    while (below := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        error = below
    for kind, words in _OF_THE_NETWORK.items():
        if isinstance(error, kind):
            return words
    said = str(error).strip()
    for pattern, words in _IN_A_MESSAGE.items():
        if re.search(pattern, said, re.IGNORECASE):
            return words
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = said.splitlines()[0].rstrip(".") if said else ""
    name = type(error).__name__
    return re.sub(r"^(Got: )?(\w+(Error|Exception|Timeout)): ", "", first) or (
        "it does not say why (" + re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower() + ")"
    )

"""What texts were answered last, so that a text which goes on from one of them costs its new letters alone."""

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from wordgru.mixture import MixedPredictor, MixedSession
from wordgru.predictor import Predictor
from wordgru.session import Session
from wordgru.typing.model import TypingModel

AnySession = Session | MixedSession

_SPACES = " \n\r\t"
_LOOKED_BACK = 6  # words that may have come since a text was answered
_ENTRY = 1000  # bytes of an entry beside what the session holds


class SessionMemory:
    """A bounded number of sessions by the text before their unfinished last word. Threads may share it.

    A key is a hash of the client and that text. That two texts may have the same one does no harm: a session that is
    given another text reads what differs. The client is part of the key, so that nobody can tell by the time an
    answer takes what others typed.
    """

    def __init__(self, predictor: Predictor | MixedPredictor, *, most: int, max_bytes: int = 64_000_000) -> None:
        self._predictor, self._most, self._max_bytes = predictor, most, max_bytes
        self._kept: OrderedDict[int, tuple[AnySession, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """Bytes of the sessions kept; states that copies share are counted for each."""
        return self._bytes

    @contextlib.contextmanager
    def session(self, client: str, text: str, layout: str | None = None) -> Iterator[AnySession]:
        """A session whose text is `text`, for one user at a time; afterwards it is remembered.

        Args:
            client: whose text it is.
            text: what stands before the cursor.
            layout: the keyboard of its typing model; None: it has none.
        """
        session = self._take(client, text, layout)
        try:
            yield session
        finally:
            self._keep(client, layout, session)

    def _take(self, client: str, text: str, layout: str | None) -> AnySession:
        for looked, cut in enumerate(_word_starts(text)):
            if (session := self._found(hash((client, layout, text[:cut])), copied=looked > 0)) is not None:
                session.set(text)
                return session
        return self._predictor.session(text, typing=TypingModel(layout=layout) if layout else None)

    def _keep(self, client: str, layout: str | None, session: AnySession) -> None:
        """The sessions used longest ago make room."""
        key = hash((client, layout, session.text[: next(_word_starts(session.text))]))
        with self._lock:
            self._drop(key)
            size = session.size + _ENTRY
            self._kept[key] = (session, size)
            self._bytes += size
            while len(self._kept) > self._most or self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def unread(self, client: str, text: str) -> int:
        """How many characters of `text` a session without a typing model has not read yet, at most."""
        for cut in _word_starts(text):
            if hash((client, None, text[:cut])) in self._kept:
                return len(text) - cut
        return len(text)

    def _found(self, key: int, *, copied: bool) -> AnySession | None:
        with self._lock:
            if key not in self._kept:
                return None
            if copied:
                self._kept.move_to_end(key)
                return self._kept[key][0].copy()
            session = self._kept[key][0]
            self._drop(key)
            return session

    def _drop(self, key: int) -> None:
        if entry := self._kept.pop(key, None):
            self._bytes -= entry[1]


def _word_starts(text: str) -> Iterator[int]:
    """Where the last words of `text` begin, the last one first: after white space, or at its beginning."""
    end = len(text)
    for _ in range(_LOOKED_BACK):
        cut = max(text.rfind(mark, 0, end) for mark in _SPACES) + 1
        yield cut
        if not cut:
            return
        end = cut - 1

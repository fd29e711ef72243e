"""presage as a subject of the bench, through the C interface of its library (`apt install libpresage1v5`)."""

import ctypes
import ctypes.util
import re
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from wordgru.errors import WordgruError
from wordgru.evaluation.predictor import Offers

_SETTINGS = Path("/etc/presage.xml")
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
_KIND = {
    "ContextTracker.LOWERCASE_MODE": "no",  # words come in their case
    "ContextTracker.ONLINE_LEARNING": "no",  # as all others on this bench
    "ContextTracker.SLIDING_WINDOW_SIZE": "80",
    "Selector.REPEAT_SUGGESTIONS": "yes",  # else an offer is made once only
}


class PresageSubject:
    """presage with the settings that suit the bench best, or `as_installed`.

    Args:
        database: n-grams that its `text2ngram` counted; by default the package's own.
        as_installed: change nothing but the number of offers: lower case, learning as it goes, no repeats.
        k: offers at each place.

    Raises:
        WordgruError: the library, or the database, is not there.
    """

    remembers = True

    def __init__(self, database: Path | None = None, *, as_installed: bool = False, k: int = 5) -> None:
        found = ctypes.util.find_library("presage")
        if found is None or not _SETTINGS.is_file():
            raise WordgruError("presage is not installed; apt install presage.")
        settings = _SETTINGS.read_text(encoding="utf-8")
        own = re.search(r"<DefaultSmoothedNgramPredictor>.*?<DBFILENAME>(.*?)</DBFILENAME>", settings, re.S)[1]
        self.database = database or Path(own)
        if not self.database.is_file():
            raise WordgruError(f"{self.database}: there is no such file; expected n-grams that text2ngram counted.")
        self.name = "presage, as installed" if as_installed else "presage"
        self.size: int | None = self.database.stat().st_size
        self.library = ctypes.CDLL(found)
        self.settings = {"Selector.SUGGESTIONS": str(k)} | ({} if as_installed else _KIND)
        self.folder = Path(tempfile.mkdtemp(prefix="wordgru-presage-"))
        places = {own: str(self.database), "${HOME}/.presage/lm.db": str(self.folder / "learnt.db")}
        for place, wanted in places.items():
            settings = settings.replace(f"<DBFILENAME>{place}<", f"<DBFILENAME>{escape(wanted)}<")
        (self.folder / "presage.xml").write_text(settings, encoding="utf-8")

    def field(self) -> "_Field":
        """A presage of its own."""
        return _Field(self)

    def cuts(self, text: str) -> set[int]:
        """Between any two characters."""
        return set(range(len(text) + 1))

    def nats(self, text: str) -> None:
        """Not told by presage."""


class _Field:
    """It asks for the text before the cursor when words are asked for."""

    def __init__(self, subject: PresageSubject) -> None:
        self._library, self._text = subject.library, ctypes.create_string_buffer(b"")
        nothing = ctypes.create_string_buffer(b"")
        self._callbacks = (
            _CALLBACK(lambda _: ctypes.addressof(self._text)), _CALLBACK(lambda _: ctypes.addressof(nothing)),
        )  # fmt: skip
        self._handle = ctypes.c_void_p()
        past, future = self._callbacks
        made = self._library.presage_new_with_config(
            past, None, future, None, str(subject.folder / "presage.xml").encode(), ctypes.byref(self._handle)
        )
        self._check(made, "start")
        for name, value in subject.settings.items():
            set_to = f"Presage.{name}".encode()
            self._check(self._library.presage_config_set(self._handle, set_to, value.encode()), name)

    def _check(self, code: int, what: str) -> None:
        if code:
            raise WordgruError(f"presage: {what} failed with code {code}.")

    def offers(self, text: str, k: int, *, start: int | None = None) -> Offers:
        """As `Field.offers`."""
        self._text = ctypes.create_string_buffer(text.encode())
        words = ctypes.POINTER(ctypes.c_char_p)()
        self._check(self._library.presage_predict(self._handle, ctypes.byref(words)), "predict")
        found: list[str] = []
        while words[len(found)] is not None:
            found.append(words[len(found)].decode())
        self._library.presage_free_string_array(words)
        return Offers(tuple(found[:k]), calls=1)

    def __del__(self) -> None:
        """Its memory and its files."""
        self._library.presage_free(self._handle)

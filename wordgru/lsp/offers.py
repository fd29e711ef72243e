"""What is offered in a document: a session for each, the words at the cursor, and what probably follows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wordgru.errors import WordgruError
from wordgru.predictor import Predictor
from wordgru.search.suggestions import SearchOptions
from wordgru.session import Session
from wordgru.text import words
from wordgru.text.files import read_text
from wordgru.typing.model import TypingModel
from wordgru.typist import TypistOptions

_MOST_WORDS = 5  # ahead
_LONGEST_WORD = 60  # letters; what is longer is no word, and takes long
_SEEN = 20_000  # characters before the cursor that are looked at; the model reads 2,048


@dataclass(frozen=True)
class LspSettings:
    """How it offers.

    Attributes:
        k: words in a list.
        code: offer in comments and strings of code too.
        phrases: offer several words at once.
        phrase_threshold: how probable they must be in a list.
        inline_threshold: how probable what is shown at the cursor must be.
        corrections: mark words of prose that were probably meant otherwise.
        layout: the keyboard they were typed on.
        correction_threshold: how probable a correction must be.
    """

    k: int = 5
    code: bool = False
    phrases: bool = True
    phrase_threshold: float = 0.1
    inline_threshold: float = 0.25
    corrections: bool = True
    layout: str = TypingModel.layout
    correction_threshold: float = 0.9


def typist_of(options: object) -> TypistOptions | None:
    """The habits in an editor's initialization options; None where it names none.

    Raises:
        WordgruError: they are none.
    """
    typist = options.get("typist") if isinstance(options, Mapping) else None
    if typist is None:
        return None
    if not isinstance(typist, Mapping):
        raise WordgruError('the initialization option typist is no object; expected one such as {"capitals": false}.')
    return TypistOptions.from_dict(typist, "the initialization option typist")


@dataclass(frozen=True)
class Offer:
    """What may be put in place of the last characters before the cursor.

    Attributes:
        text: with the space before it, if one is missing.
        probability: of all of it, given what is typed.
    """

    text: str
    probability: float


@dataclass(frozen=True)
class Offers:
    """What is offered at a place.

    Attributes:
        typed: the unfinished word that every offer replaces.
        words: most probable first.
        ahead: several words, if they are probable enough.
    """

    typed: str
    words: tuple[Offer, ...]
    ahead: Offer | None = None


class Documents:
    """The open documents and their sessions.

    Args:
        predictor: what knows the words.
        max_seconds: for one search.
    """

    def __init__(self, predictor: Predictor, *, max_seconds: float = 0.1) -> None:
        self.predictor = predictor
        self._options = SearchOptions(max_seconds=max_seconds)
        self._sessions: dict[str, Session] = {}

    def close(self, name: str) -> None:
        """Forget a document."""
        self._sessions.pop(name, None)

    def offers(self, name: str, before: str, *, k: int, threshold: float | None) -> Offers:
        """What is offered after `before` in a document.

        Args:
            name: the document's.
            before: the prose before the cursor.
            k: how many words.
            threshold: how probable several words must be to be offered; None: they are not.
        """
        before = before[-_SEEN:].encode("utf-8", "replace").decode()  # an editor may cut a pair of surrogates
        typed = words.split_last(before[-2 * _LONGEST_WORD :])[1]
        if len(typed) > _LONGEST_WORD:
            return Offers(typed, ())
        session = self._sessions.setdefault(name, self.predictor.session())
        session.set(before)
        found = session.suggest(k=k, options=self._options)
        space = " " * found.space
        ahead = None if threshold is None else self._ahead(session, typed, threshold)
        return Offers(typed, tuple(Offer(space + item.word, item.probability) for item in found), ahead)

    def _ahead(self, session: Session, typed: str, threshold: float) -> Offer | None:
        """The most probable word, and those after it while all of them together are probable enough."""
        before = session.text[: len(session.text) - len(typed)]
        text, probability, here = "", 1.0, session
        for _ in range(_MOST_WORDS):
            found = here.suggest(k=1, options=self._options)
            if not found or probability * found[0].probability < threshold:
                break
            text, probability = text + " " * found.space + found[0].word, probability * found[0].probability
            here = session.copy() if here is session else here
            here.set(before + text + " ")
            text += " "
        return Offer(text.rstrip(" "), probability) if text.strip() else None


class NeverOffered:
    """Words that are never offered, in a file with one a line, or for as long as the program runs.

    Args:
        predictor: what offers them.
        path: of the file; made when the first word comes.

    Raises:
        WordgruError: the file cannot be read, or a line is no word.
    """

    def __init__(self, predictor: Predictor, path: Path | None) -> None:
        self._words, self._path = predictor.words, path
        if path is not None and path.exists():
            for line in read_text(path, "words in UTF-8, one a line").splitlines():
                if line.strip():
                    self._words.block(line.strip())

    def add(self, word: str) -> None:
        """Never offer `word` from now on.

        Raises:
            WordgruError: it is no word, or the file cannot be written.
        """
        self._words.block(word)
        if self._path is not None:
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(word + "\n")
            except OSError as error:
                raise WordgruError(
                    f"{self._path}: cannot be written ({error.strerror}); {word!r} comes back when the editor restarts."
                ) from None


def learn(predictor: Predictor, text: str) -> int:
    """Learn a word or a text: into the personal words, or else a word for as long as the program runs.

    Returns:
        How many words.

    Raises:
        WordgruError: it is not learnt.
    """
    if predictor.personal is not None:
        return predictor.personal.learn(text)
    spans = words.spans(text)
    for start, end, _ in spans:
        predictor.words.add(text[start:end])
    return len(spans)

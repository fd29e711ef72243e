"""Requests, and the answers of the predictor to them: text in, plain values out. Nothing here knows of HTTP.

To add a kind of request: a class here with `read`, `is_long` and `answer`, and a line in `KINDS`; the route, the limits
and the metrics follow from it. Its fields and an example go into `openapi.py`.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol, Self

from wordgru.asking import phrase_by_phrase
from wordgru.config import Range
from wordgru.mixture import MixedPredictor, MixedSession, load_named
from wordgru.predictor import Predictor
from wordgru.reading import common
from wordgru.search.suggestions import SearchOptions, Suggestions
from wordgru.serving.fields import Fields, RequestError
from wordgru.serving.memory import SessionMemory
from wordgru.serving.settings import ServeSettings
from wordgru.serving.together import StepsTogether
from wordgru.session import Session
from wordgru.text import words
from wordgru.typing.correct import word_by_word
from wordgru.typing.layout import Layout
from wordgru.typing.model import TypingModel
from wordgru.typist import TypistOptions

_K = Range(1, 100, whole=True)
_MAX_ROWS = Range(1, 256, whole=True)
_TOLERANCE = Range(0, 1, below=True)
_SHARE = Range(0, 1)
_FEW_PHRASES, _PHRASE = Range(1, 10, whole=True), Range(1, 8, whole=True)
_PROBABLE = Range(0.02, 1)  # so few words are so probable that a request ends: 50 of them at each place at most
_START = Range(0, 10_000_000, whole=True)
_PLACES = 500  # where somebody types: a letter costs 2 rows instead of 5 while its place is remembered
_NODES = 3072  # rows that are remembered there, of 70 kB each: some 6 for each place
_LONGEST_WORD = 100  # letters: the time that a search takes grows with them, 0.1 s with 1,000
_FEW = 10  # words of a list; 100 take 0.1 s
_AT_ONCE = 256  # characters read among the typists' letters; a longer text is read beside them
_AT_ONCE_MIXED = 32  # and by several models, each of which weighs every word: 25 ms


@dataclass
class Source:
    """What answers come from."""

    predictor: Predictor | MixedPredictor
    memory: SessionMemory
    settings: ServeSettings

    @classmethod
    def load(cls, settings: ServeSettings) -> Self:
        """Load the model, the glossaries, and find the first word, so that the first typist does not wait."""
        predictor = load_named(settings.model, device=settings.device, threads=settings.threads, block=settings.block)
        for file in settings.glossaries:
            predictor.words.read(file)
        for each in predictor.predictors.values() if isinstance(predictor, MixedPredictor) else [predictor]:
            each.search.places.most, each.search.places.most_nodes = _PLACES, _NODES
            each.search.model = StepsTogether(each.search.model)
        predictor.suggest("The", k=1)
        return cls(predictor, SessionMemory(predictor, most=settings.remembered), settings)

    @property
    def one(self) -> Predictor:
        """The model, for what only one can answer.

        Raises:
            RequestError: there are several.
        """
        if isinstance(self.predictor, MixedPredictor):
            raise RequestError(
                f"this service has several models ({self.name}), and only one can answer this; ask a service that was "
                f"started with one."
            )
        return self.predictor

    @property
    def at_once(self) -> int:
        """How many characters are read among the typists' letters."""
        return _AT_ONCE_MIXED if isinstance(self.predictor, MixedPredictor) else _AT_ONCE

    def new_session(self, layout: str | None) -> Session | MixedSession:
        """An empty session; with a typing model where a keyboard is named."""
        return self.predictor.session(typing=TypingModel(layout=layout) if layout else None)

    @property
    def name(self) -> str:
        """The model's; of several, with commas between them."""
        if isinstance(self.predictor, MixedPredictor):
            return ",".join(self.predictor.predictors)
        return self.predictor.bundle.folder.name if self.predictor.bundle else "model"


class Kind(Protocol):
    """A kind of request: its name is the last part of its path."""

    summary: ClassVar[str]

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """The request in the fields that a client sent."""

    def is_long(self, source: Source, client: str) -> bool:
        """Whether it takes longer than a typist's letter may wait for."""

    def answer(self, source: Source, client: str) -> dict[str, Any] | Iterator[dict[str, Any]]:
        """The answer, ready for JSON; of what takes seconds, the answer so far, and others have their turns between."""


@dataclass(frozen=True)
class Asked:
    """What every search is asked: how many words, how to look for them, on which keyboard was typed, and by whom."""

    k: int
    options: SearchOptions
    layout: str | None
    typist: TypistOptions

    @property
    def is_long(self) -> bool:
        """Whether so much is asked that others should not wait for it; a letter with a typing model takes 13 ms."""
        return self.k > _FEW or self.options.max_rows > SearchOptions.max_rows or self.layout is not None

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> "Asked":
        """From the fields of a request; most say nothing."""
        usual, names = _usual(settings)
        fields.ignore(*names)
        return cls._read(fields, settings) if any(name in fields for name in names) else usual

    @classmethod
    def _read(cls, fields: Fields, settings: ServeSettings) -> "Asked":
        return cls(
            fields.number("k", _K, 3),
            SearchOptions(
                tolerance=fields.number("tolerance", _TOLERANCE, SearchOptions.tolerance),
                max_rows=fields.number("max_rows", _MAX_ROWS, SearchOptions.max_rows),
                max_seconds=fields.number(
                    "max_seconds", Range(0, settings.max_seconds, above=True), settings.max_seconds
                ),
                ignore_case=fields.flag("ignore_case"),
                punctuation=fields.flag("punctuation"),
            ),
            fields.choice("layout", Layout.names(), None),
            _typist(fields.object("typist")),
        )


@lru_cache(maxsize=8)
def _usual(settings: ServeSettings) -> tuple[Asked, Sequence[str]]:
    """What is asked where a request says nothing, and the fields that it might have said it in."""
    fields = Fields("{}")
    return Asked._read(fields, settings), fields.known


def _typist(fields: Fields | None) -> TypistOptions:
    """The habits in the fields of a request."""
    options = TypistOptions()
    if fields is None:
        return options
    options = TypistOptions(
        fields.flag("capitals", options.capitals),
        fields.flag("lone_i", options.lone_i),
        fields.flag("addresses", options.addresses),
        fields.number("min_probability", _SHARE, options.min_probability),
    )
    fields.end()
    return options


@dataclass(frozen=True)
class Suggest:
    """The words after a text."""

    summary: ClassVar[str] = "The most probable words after a text."
    text: str
    prefix: str | None
    asked: Asked

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text, and letters of the next word."""
        text = fields.text("text", most=settings.max_text)
        prefix = fields.text("prefix", "", most=_LONGEST_WORD)
        request = cls(text, prefix, Asked.read(fields, settings))
        fields.end()
        return request

    def is_long(self, source: Source, client: str) -> bool:
        """Whether much of the text was not read yet."""
        return self.asked.is_long or source.memory.unread(client, self.text) > source.at_once

    def answer(self, source: Source, client: str) -> dict[str, Any]:
        """The words."""
        with source.memory.session(client, self.text, self.asked.layout) as session:
            return found(session, self.asked, prefix=self.prefix)


@dataclass(frozen=True)
class Complete(Suggest):
    """What the unfinished last word of a text may become."""

    summary: ClassVar[str] = "What the unfinished last word of a text may become, or the words after it."

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text."""
        text = fields.text("text", most=settings.max_text)
        check_last_word(text)
        request = cls(text, None, Asked.read(fields, settings))
        fields.end()
        return request


@dataclass(frozen=True)
class Score:
    """How expected each word of a text is."""

    summary: ClassVar[str] = "How expected each word and mark of a text is, and its end."
    text: str

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text."""
        request = cls(fields.text("text", most=settings.max_text))
        fields.end()
        return request

    def is_long(self, source: Source, client: str) -> bool:
        """All of it is read."""
        return len(self.text) > _AT_ONCE

    def answer(self, source: Source, client: str) -> dict[str, Any]:
        """Each word with its log-probability, and the bits of the whole."""
        scores = source.one.score(self.text)
        return {
            "scores": [
                {"text": item.text, "start": item.start, "log_probability": item.log_probability, "bits": item.bits}
                for item in scores
            ],
            "bits": sum(item.bits for item in scores),
        }


@dataclass(frozen=True)
class NextCharacter:
    """What the next character of a text is."""

    summary: ClassVar[str] = "The distribution of the next character, and of the end of the word."
    text: str
    options: SearchOptions

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text."""
        text = fields.text("text", most=settings.max_text)
        check_last_word(text)
        options = SearchOptions(
            tolerance=fields.number("tolerance", _TOLERANCE, SearchOptions.tolerance),
            max_rows=fields.number("max_rows", _MAX_ROWS, SearchOptions.max_rows),
        )
        request = cls(text, options)
        fields.end()
        return request

    def is_long(self, source: Source, client: str) -> bool:
        """Whether much of the text was not read yet."""
        return (
            self.options.max_rows > SearchOptions.max_rows or source.memory.unread(client, self.text) > source.at_once
        )

    def answer(self, source: Source, client: str) -> dict[str, Any]:
        """Each character with its probability."""
        source.one  # noqa: B018  (it may refuse)
        with source.memory.session(client, self.text, None) as session:
            assert isinstance(session, Session)
            return asdict(session.characters(options=self.options))


@dataclass(frozen=True)
class Correct:
    """What was meant by the words of a text."""

    summary: ClassVar[str] = "The words of a text that were probably meant otherwise."
    text: str
    start: int
    threshold: float
    layout: str
    max_seconds: float

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text, and where in it to begin."""
        request = cls(
            fields.text("text", most=settings.max_text),
            fields.number("start", _START, 0),
            fields.number("threshold", _SHARE, 0.9),
            fields.choice("layout", Layout.names(), TypingModel.layout),
            settings.max_writing,
        )
        fields.end()
        return request

    def is_long(self, source: Source, client: str) -> bool:
        """A word takes 13 ms."""
        return True

    def answer(self, source: Source, client: str) -> Iterator[dict[str, Any]]:
        """The corrections, and how much of the text was looked at: after each word, until the time is up."""
        latest = time.perf_counter() + self.max_seconds
        answer: dict[str, Any] = {"corrections": [], "read": min(self.start, len(self.text))}
        session = source.one.session(typing=TypingModel(layout=self.layout))
        for end, correction in word_by_word(self.text, session, threshold=self.threshold, start=self.start):
            answer["read"] = end
            if correction:
                answer["corrections"].append(asdict(correction))
            yield answer
            if time.perf_counter() > latest:
                return
        answer["read"] = len(self.text)
        yield answer


@dataclass(frozen=True)
class Phrases:
    """Several words ahead."""

    summary: ClassVar[str] = "The most probable words after a text, several at once where they are probable."
    text: str
    asked: "AskedPhrases"

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """A text."""
        request = cls(fields.text("text", most=settings.max_text), AskedPhrases.read(fields, settings))
        fields.end()
        return request

    def is_long(self, source: Source, client: str) -> bool:
        """Each word of a phrase is a search."""
        return True

    def answer(self, source: Source, client: str) -> Iterator[dict[str, Any]]:
        """The phrases found so far, after each search."""
        with source.memory.session(client, self.text) as session:
            yield from self.asked.found(session)


@dataclass(frozen=True)
class AskedPhrases:
    """How many phrases, how long, how probable, and how long to look for them."""

    k: int
    max_words: int
    threshold: float
    max_seconds: float

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """From the fields of a request."""
        return cls(
            fields.number("k", _FEW_PHRASES, 3), fields.number("max_words", _PHRASE, 4),
            fields.number("threshold", _PROBABLE, 0.05),
            fields.number("max_seconds", Range(0, settings.max_seconds, above=True), settings.max_seconds),
        )  # fmt: skip

    def found(self, session: Session | MixedSession) -> Iterator[dict[str, Any]]:
        """What follows the text of a session, ready for JSON: after each search, until the time is up."""
        latest = time.perf_counter() + self.max_seconds
        answer: dict[str, Any] = {"phrases": [], "finished": False}
        for phrases in phrase_by_phrase(
            session, k=self.k, max_words=self.max_words, threshold=self.threshold,
            options=SearchOptions(max_seconds=self.max_seconds),
        ):  # fmt: skip
            answer["phrases"] = [asdict(phrase) for phrase in phrases]
            yield answer
            if time.perf_counter() > latest:
                return
        answer["finished"] = True
        yield answer


KINDS: dict[str, type[Kind]] = {
    "suggest": Suggest, "complete": Complete, "score": Score, "characters": NextCharacter, "correct": Correct,
    "phrases": Phrases,
}  # fmt: skip
"""Each kind of request, by the last part of its path."""


def found(session: Session | MixedSession, asked: Asked, *, prefix: str | None) -> dict[str, Any]:
    """What a session offers, ready for JSON.

    Raises:
        RequestError: habits are named, and several models answer.
    """
    if isinstance(session, Session):
        session.typist = asked.typist
    elif asked.typist != TypistOptions():
        raise RequestError(
            "several models answer here, and typist says what one of them offers; leave it out.", param="typist"
        )
    answer = offers(session.suggest(prefix=prefix, k=asked.k, options=asked.options))
    return answer | {"languages": session.languages()} if isinstance(session, MixedSession) else answer


def offers(answer: Suggestions) -> dict[str, Any]:
    """Words found, ready for JSON."""
    return {
        "suggestions": [
            {"word": item.word, "probability": item.probability, "sources": item.sources} for item in answer
        ],
        "exact": answer.exact,
        "unexplored": answer.unexplored,
        "rows": answer.rows,
        "space": answer.space,
        "autocorrect": answer.autocorrect,
    }


def check_last_word(text: str) -> None:
    """Refuse a text whose unfinished last word is longer than any word.

    Raises:
        RequestError: it is.
    """
    tail = text[-2 * _LONGEST_WORD :]
    if len(tail) > _LONGEST_WORD and len(words.split_last(tail)[1]) > _LONGEST_WORD:
        raise RequestError(
            f"the last word of text has more than {_LONGEST_WORD} letters; expected a word.", param="text"
        )


def is_long_edit(before: str, text: str, source: Source) -> bool:
    """Whether an edit takes longer than another typist's letter may wait for: a paste, or a change far back."""
    return len(text) - common(before, text) > source.at_once

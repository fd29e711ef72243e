"""Text that goes on from a prompt, as OpenAI's clients ask for it (`POST /v1/completions`).

A token is one of the model's, but for the first piece: a prompt may be cut anywhere, so the first piece is the rest of
its unfinished last word, or the next word, drawn among the words that are most probable there.
"""

import codecs
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from wordgru.config import Range
from wordgru.predictor import Predictor, draw
from wordgru.search.model import Floats
from wordgru.search.suggestions import Suggestions
from wordgru.serving.answers import check_last_word
from wordgru.serving.fields import Fields, RequestError
from wordgru.serving.settings import ServeSettings
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT
from wordgru.typist import AS_READ

_FIRST = 50  # words among which the first is drawn
_CHUNK = 128  # tokens of a prompt whose probabilities are held at once
_MOST_TOKENS = 4096  # of all texts of a request together
_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Completion:
    """What is asked for; the names are OpenAI's."""

    model: str
    prompts: tuple[str, ...]
    max_tokens: int
    temperature: float
    top_p: float
    n: int
    logprobs: int | None
    echo: bool
    stop: tuple[str, ...]
    seed: int | None
    stream: bool
    include_usage: bool

    @classmethod
    def read(cls, fields: Fields, settings: ServeSettings) -> Self:
        """From the fields of a request.

        Raises:
            RequestError: a field is wrong, or not supported.
        """
        request = cls(
            model=fields.text("model", "", most=200),
            prompts=fields.texts("prompt", ("",), count=64, most=settings.max_text),
            max_tokens=fields.number("max_tokens", Range(0, 1024, whole=True), 16),
            temperature=fields.number("temperature", Range(0, 2), 1.0),
            top_p=fields.number("top_p", Range(0, 1, above=True), 1.0),
            n=fields.number("n", Range(1, 16, whole=True), 1),
            logprobs=fields.number("logprobs", Range(0, 5, whole=True), None),
            echo=fields.flag("echo"),
            stop=fields.texts("stop", (), count=4, most=200),
            seed=fields.number("seed", Range(0, 2**63 - 1, whole=True), None),
            stream=fields.flag("stream"),
            include_usage=_include_usage(fields),
        )
        fields.refuse("best_of", "every text is drawn once", but=(1, request.n))
        fields.refuse("frequency_penalty", "nothing is penalized", but=(0,))
        fields.refuse("presence_penalty", "nothing is penalized", but=(0,))
        fields.refuse("logit_bias", "tokens have no bias", but=({},))
        fields.refuse("suffix", "text is written at the end alone", but=("",))
        fields.ignore("user")
        fields.end()
        if len(request.prompts) * request.n * request.max_tokens > _MOST_TOKENS:
            message = f"prompts, n and max_tokens ask for more than {_MOST_TOKENS} tokens."
            raise RequestError(message, param="max_tokens")
        for prompt in request.prompts:
            check_last_word(prompt)
        return request


def _include_usage(fields: Fields) -> bool:
    options = fields.object("stream_options")
    if options is None:
        return False
    asked = options.flag("include_usage")
    options.ignore("include_obfuscation")
    options.end()
    return asked


@dataclass(frozen=True)
class Piece:
    """A part of a text.

    Attributes:
        text: as it stands there; empty while a character is not whole.
        log_probability: nats, after all before it.
        top: the most probable parts in its place, and their nats.
    """

    text: str
    log_probability: float
    top: dict[str, float] = field(default_factory=dict)


class Writing:
    """One text being written: iterate over its pieces.

    Attributes:
        finish_reason: why it ended, once it did.
    """

    def __init__(self, predictor: Predictor, request: Completion, prompt: str, number: int, seconds: float) -> None:
        self._predictor, self._request, self._prompt = predictor, request, prompt
        seed = None if request.seed is None else [request.seed, number]
        self._random = np.random.default_rng(seed)
        self._latest = time.perf_counter() + seconds
        self.finish_reason = "length"

    def __iter__(self) -> Iterator[Piece]:
        """The prompt if it is to be repeated, then what follows it up to a stop."""
        if self._request.echo:
            yield from self._prompt_pieces()
        yield from self._until_stop(self._drawn())

    def _drawn(self) -> Iterator[Piece]:
        """What follows the prompt, at most so many pieces."""
        written, left = "", self._request.max_tokens
        if left and self._prompt:
            first = self._first()
            if first is None:
                self.finish_reason = "stop"
                return
            yield first
            written, left = first.text, left - 1
        if not left:
            return
        model, speller = self._predictor.model, _Speller(self._predictor)
        tokens = self._predictor.tokenizer.encode(self._prompt + written)
        for token in tokens:
            speller(int(token))
        inputs, state = np.concatenate([[END_OF_TEXT], tokens]), model.initial_state()
        if len(inputs) > 1:
            state = model.advance(inputs[:-1], state)
        last = int(inputs[-1])
        while left and time.perf_counter() < self._latest:
            rows, state = model.step(np.array([last], np.int64), state)
            last = draw(rows[0], self._random, self._request.temperature, self._request.top_p)
            if last == END_OF_TEXT:
                self.finish_reason = "stop"
                return
            yield self._piece(speller(last), last, np.log(np.maximum(rows[0], _TINY)))
            left -= 1

    def _first(self) -> Piece | None:
        """The rest of the prompt's last word, or the word after it."""
        offers = self._predictor.session(self._prompt, typist=AS_READ).suggest(k=_FIRST)
        if not offers:
            return None
        chances = np.array([item.probability for item in offers], np.float32)
        at = draw(chances, self._random, self._request.temperature, self._request.top_p)
        texts = _rests(offers, self._prompt)
        nats = [float(np.log(max(item.probability, _TINY))) for item in offers]
        count = self._request.logprobs or 0
        return Piece(texts[at], nats[at], dict(zip(texts[:count], nats[:count], strict=True)) | {texts[at]: nats[at]})

    def _piece(self, text: str, token: int, nats: Floats) -> Piece:
        top = {}
        if self._request.logprobs is not None:
            best = np.argsort(-nats, kind="stable")[: self._request.logprobs]
            top = {self._shown(int(id_)): float(nats[id_]) for id_ in best}
            top[self._shown(token)] = float(nats[token])
        return Piece(text, float(nats[token]), top)

    def _shown(self, token: int) -> str:
        return self._predictor.tokenizer.token_bytes[token].decode("utf-8", "backslashreplace")

    def _prompt_pieces(self) -> Iterator[Piece]:
        """The tokens of the prompt."""
        if self._request.logprobs is None:
            yield Piece(self._prompt, 0.0)
            return
        tokens, speller = self._predictor.tokenizer.encode(self._prompt), _Speller(self._predictor)
        inputs, state = np.concatenate([[END_OF_TEXT], tokens[:-1]]), self._predictor.model.initial_state()
        for start in range(0, len(tokens), _CHUNK):
            rows, state = self._predictor.model.score(inputs[start : start + _CHUNK], state)
            for nats, token in zip(rows, tokens[start : start + _CHUNK].tolist(), strict=True):
                yield self._piece(speller(token), token, nats)

    def _until_stop(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The pieces before the first stop; those that may begin one are held back."""
        held: list[Piece] = []
        stops = [stop for stop in self._request.stop if stop]
        for piece in pieces:
            held.append(piece)
            text = "".join(each.text for each in held)
            if places := [at for at in (text.find(stop) for stop in stops) if at >= 0]:
                self.finish_reason = "stop"
                yield from _cut(held, min(places))
                return
            begun = (size for stop in stops for size in range(1, len(stop)) if text.endswith(stop[:size]))
            kept = max(begun, default=0)
            while held and len(text) - len(held[0].text) >= kept:
                text = text[len(held[0].text) :]
                yield held.pop(0)
        yield from held


def _cut(pieces: Sequence[Piece], size: int) -> Iterator[Piece]:
    """Pieces with the first `size` characters."""
    for piece in pieces:
        if size <= 0:
            return
        yield Piece(piece.text[:size], piece.log_probability, piece.top)
        size -= len(piece.text)


def _rests(offers: Suggestions, prompt: str) -> list[str]:
    """What is typed for each offer after the prompt."""
    unfinished = "" if offers.space else words.split_last(prompt)[1]
    return [" " * offers.space + item.word[len(unfinished) :] for item in offers]


class _Speller:
    """Tokens to text, one by one; the space that begins a line is none of the text."""

    def __init__(self, predictor: Predictor) -> None:
        self._token_bytes = predictor.tokenizer.token_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line_begins = True

    def __call__(self, token: int) -> str:
        text = self._decoder.decode(self._token_bytes[token])
        if not text:
            return ""
        if self._line_begins:
            text = text.removeprefix(" ")
        self._line_begins = text.endswith("\n")
        return text.replace("\n ", "\n")


def logprobs(pieces: Sequence[Piece], start: int) -> dict[str, Any]:
    """The probabilities of pieces that begin at character `start`, as OpenAI's clients read them."""
    offsets = np.cumsum([start, *(len(piece.text) for piece in pieces)])[:-1]
    return {
        "tokens": [piece.text for piece in pieces],
        "token_logprobs": [piece.log_probability for piece in pieces],
        "top_logprobs": [piece.top for piece in pieces],
        "text_offset": offsets.tolist(),
    }

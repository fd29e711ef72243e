"""The predictor: a bundle, loaded once and shared by threads, that answers what word comes next."""

import heapq
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from wordgru import words
from wordgru.bundle import Bundle, open_bundle
from wordgru.config import Range
from wordgru.decoding import WordSearch
from wordgru.errors import BundleError
from wordgru.language_model import LanguageModel, OnnxLanguageModel
from wordgru.lexicon import Doubles, Floats, Ints
from wordgru.session import Session
from wordgru.suggestions import TOLERANCE, K, SearchOptions, Suggestion, Suggestions
from wordgru.tokenizer import END_OF_TEXT, Tokenizer

MODEL_VARIABLE = "WORDGRU_MODEL"
"""Environment variable that names the bundle to load where none is given."""

THREADS = Range(1, 256, whole=True)
"""Cores that one call may use; onnxruntime starts any number of threads, and too many stop the machine."""

_CHUNK = 256  # pieces whose logits are held at once

SHIPPED = Path(__file__).parent / "models" / "en"
"""The bundle in the package; its folder's name is the model's."""


@dataclass(frozen=True)
class Phrase:
    """Several words ahead.

    Attributes:
        text: the words, with the spaces between them.
        probability: P(all of them, in this order | context).
    """

    text: str
    probability: float


@dataclass(frozen=True)
class Score:
    """How expected one word or mark of a text was.

    Attributes:
        text: the word or mark; empty for the end of the text.
        start: where it begins in the text, in characters.
        log_probability: nats, of its pieces given all before them.
    """

    text: str
    start: int
    log_probability: float

    @property
    def bits(self) -> float:
        """Surprisal in bits."""
        return -self.log_probability / math.log(2)


class Predictor:
    """Next words from a bundle.

    >>> predictor = Predictor.load("bundles/demo")  # doctest: +SKIP
    >>> [s.word for s in predictor.suggest("the cat", k=3)]  # doctest: +SKIP
    """

    def __init__(
        self, model: LanguageModel, tokenizer: Tokenizer, *, bundle: Bundle | None = None,
        blocked: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Use any language model over the pieces of `tokenizer`; `load` makes both from a bundle.

        `blocked` are words in lower case that are never offered; they score as ever.
        """
        self.model = model
        self.tokenizer = tokenizer
        self.bundle = bundle
        self.search = WordSearch(model, tokenizer.pieces, blocked=blocked)
        self._identity = " ".join(sorted(bundle.config.files.values())) if bundle else ""  # for saved sessions

    @classmethod
    def load(cls, path: str | Path | None = None, *, device: str = "cpu", threads: int = 1, block: bool = True) -> Self:
        """Load a bundle: a folder, a name on the Hugging Face Hub, or "en", the model in the package.

        Args:
            path: as `find_model` takes it; without one, what the environment variable WORDGRU_MODEL names, else the
                model in the package.
            device: `"cpu"` or `"cuda"`.
            threads: cores that one call may use.
            block: never offer the words of the bundle's block list, if it has one.

        Raises:
            BundleError: there is no bundle, or it is broken, foreign or too new.
            WordgruError: the device is not there, or `threads` is out of its range.
        """
        THREADS.check("threads", threads)
        bundle = open_bundle(find_model(path))
        tokenizer = Tokenizer.load(bundle.tokenizer_path)
        if tokenizer.vocab_size != bundle.config.model.vocab_size:
            raise BundleError(
                f"{bundle.folder}: the tokenizer has {tokenizer.vocab_size} pieces; expected "
                f"{bundle.config.model.vocab_size} as config.json says. Export the model again with `wordgru export`."
            )
        model = OnnxLanguageModel(bundle.model_path, bundle.config.model, device=device, threads=threads)
        return cls(model, tokenizer, bundle=bundle, blocked=bundle.blocked() if block else frozenset())

    def suggest(
        self,
        context: str,
        *,
        prefix: str = "",
        k: int = 5,
        ignore_case: bool = False,
        punctuation: bool = False,
        tolerance: float = TOLERANCE,
        max_expanded: int = SearchOptions.max_expanded,
        max_seconds: float | None = None,
    ) -> Suggestions:
        """The `k` most probable words after `context`, with proof.

        Args:
            context: the text so far; a space that is missing after it is implied.
            prefix: letters of the next word that are already typed.
            k: how many words; fewer come where all others are less probable than the tolerance.
            ignore_case: letters typed match letters of either case.
            punctuation: marks that may follow the context directly are offered too, each as one piece spells it;
                probabilities are then out of all that may follow, not only words after a space.
            tolerance: how much a probability may be short of the truth.
            max_expanded: spellings to look into at most; then the result says that it is not exact.
            max_seconds: time to take at most.

        Raises:
            WordgruError: the text holds a lone surrogate, the prefix is no part of a word, or a number is out of its
                range.
        """
        options = _options(k, ignore_case, tolerance, max_expanded, max_seconds)
        session = self.session(context)
        return session.search(words.wants_space(context), prefix, k, options, punctuation=punctuation)

    def complete(
        self, text: str, *, k: int = 5, ignore_case: bool = False, tolerance: float = TOLERANCE
    ) -> Suggestions:
        """What the unfinished last word of `text` may become: `complete("the ca")` offers words that begin with "ca".

        The text is taken as it stands: no space is implied.
        """
        options = _options(k, ignore_case, tolerance, SearchOptions.max_expanded, None)
        return self.session(text).suggest(k=k, options=options)

    def session(self, text: str = "") -> Session:
        """A text field of its own: what is typed into it is read once."""
        session = Session(self.model, self.tokenizer, self.search, identity=self._identity)
        session.append(text)
        return session

    def restore(self, data: bytes) -> Session:
        """A session from what `Session.save` returned.

        Raises:
            WordgruError: the data is broken, or of another model.
        """
        return Session.load(data, self.model, self.tokenizer, self.search, identity=self._identity)

    def phrases(
        self, context: str, *, k: int = 3, max_words: int = 4, threshold: float = 0.05, tolerance: float = TOLERANCE
    ) -> list[Phrase]:
        """Several words ahead, best first, longer ones only while their probability stays above `threshold`.

        A phrase is returned when no continuation of it is probable enough, or it has `max_words` words; at most `k`.

        Raises:
            WordgruError: the text holds a lone surrogate, or a number is out of its range.
        """
        Range(1, whole=True).check("max_words", max_words)
        Range(0, 1).check("threshold", threshold)
        options = _options(k, False, tolerance, SearchOptions.max_expanded, None)
        found: list[Phrase] = []
        order = itertools.count()  # so that sessions are never compared
        waiting = [(-1.0, next(order), 0, self.session(context))]
        while waiting and len(found) < k:
            negative, _, length, session = heapq.heappop(waiting)
            space = " " if words.wants_space(session.text) else ""
            likely = [
                (item.word, -negative * item.probability)
                for item in (session.search(bool(space), "", k, options) if length < max_words else ())
                if -negative * item.probability >= threshold
            ]
            for word, probability in likely:
                longer = session.copy()
                longer.append(space + word)
                heapq.heappush(waiting, (-probability, next(order), length + 1, longer))
            if length and not likely:
                found.append(Phrase(session.text[len(context) :].strip(), -negative))
        return found

    def score(self, text: str) -> list[Score]:
        """Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's.

        The text is scored exactly as it stands: marks that the model never learnt are improbable.

        Raises:
            WordgruError: the text holds a lone surrogate.
        """
        pieces = self.tokenizer.encode(text)
        nats = self.log_probabilities(pieces)
        units = [
            Score(text[start:end].strip(), start, float(nats[low:high].sum()))
            for start, end, low, high in self.tokenizer.units(text)
        ]
        return [*units, Score("", len(text), float(nats[-1]))]

    def log_probabilities(self, pieces: Ints) -> Floats:
        """Nats of each of `pieces` given those before it from the text's start, and of its end.  # (T,) → (T + 1,)"""
        inputs, targets = np.concatenate([[END_OF_TEXT], pieces]), np.concatenate([pieces, [END_OF_TEXT]])
        state, rows = self.model.initial_state(), []
        for start in range(0, len(inputs), _CHUNK):
            logits, state = self.model.score(inputs[start : start + _CHUNK], state)
            logits -= logits.max(axis=-1, keepdims=True)
            chosen = logits[np.arange(len(logits)), targets[start : start + _CHUNK]]
            rows.append(chosen - np.log(np.exp(logits).sum(axis=-1)))
        return np.concatenate(rows)

    def generate(
        self,
        context: str = "",
        *,
        max_words: int = 50,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> str:
        """Text that goes on from `context`, drawn from the model.

        Args:
            context: what stands before; the answer does not repeat it.
            max_words: words to draw at most; the text may end earlier.
            temperature: below 1 more probable pieces, above 1 less; 0 always the most probable.
            top_p: only the most probable pieces whose probabilities reach this sum.
            seed: the same seed gives the same text.

        Raises:
            WordgruError: a number is out of its range.
        """
        Range(0, whole=True).check("max_words", max_words)
        Range(0).check("temperature", temperature)
        Range(0, 1, above=True).check("top_p", top_p)
        if seed is not None:
            Range(0, whole=True).check("seed", seed)
        pieces = [END_OF_TEXT, *self.tokenizer.encode(self.tokenizer.familiar(context)).tolist()]
        drawn = list(self._draw(pieces, np.random.default_rng(seed), max_words, temperature, top_p))
        whole = self.tokenizer.decode([*pieces[1:], *drawn])
        return whole[len(self.tokenizer.decode(pieces[1:])) :]

    def _draw(
        self, pieces: list[int], random: "np.random.Generator", max_words: int, temperature: float, top_p: float
    ) -> Iterator[int]:
        state = self.model.initial_state()
        if len(pieces) > 1:
            state = self.model.advance(np.array(pieces[:-1], np.int64), state)
        last, count = pieces[-1], 0
        while True:
            rows, state = self.model.step(np.array([last], np.int64), state)
            probabilities = _tempered(rows[0], temperature)
            order = np.argsort(-probabilities, kind="stable")
            kept = order[: int(np.searchsorted(np.cumsum(probabilities[order]), top_p)) + 1]
            last = int(random.choice(kept, p=probabilities[kept] / probabilities[kept].sum()))
            if last == END_OF_TEXT:
                return
            count += self.tokenizer.pieces[last][:1].isspace()
            if count > max_words:
                return
            yield last


def _tempered(probabilities: Floats, temperature: float) -> Doubles:
    """The distribution at a temperature: each probability to the power of 1 / temperature, normalized."""
    shares: Doubles = (probabilities / probabilities.max()).astype(np.float64) ** (1 / max(temperature, 1e-4))
    shares /= shares.sum()
    return shares


def _options(
    k: int, ignore_case: bool, tolerance: float, max_expanded: int, max_seconds: float | None
) -> SearchOptions:
    K.check("k", k)
    options = SearchOptions(tolerance, max_expanded, max_seconds, ignore_case)
    return replace(options, tolerance=max(tolerance, 1e-9))


def find_model(name: str | Path | None = None) -> str | Path:
    """The folder, or the name on the Hub, that a model's name means.

    Args:
        name: a folder, a name on the Hub, or "en" for the model in the package, unless a folder is called so; without
            one, what the environment names, else the model in the package.

    Raises:
        BundleError: nothing is named, and the package holds no model.
    """
    name = name or os.environ.get(MODEL_VARIABLE)
    if name:
        return SHIPPED if str(name) == SHIPPED.name and not Path(name).is_dir() else name
    if SHIPPED.is_dir():
        return SHIPPED
    raise BundleError(
        f"no model is given; expected a bundle: name one (--model, Predictor.load), set {MODEL_VARIABLE}, or make one "
        "with `wordgru train` and `wordgru export`."
    )


__all__ = ["Phrase", "Predictor", "Score", "Session", "Suggestion", "Suggestions"]

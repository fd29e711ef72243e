"""What the bench can judge: anything that offers words in a text field. A predictor is one.

So an int8 bundle, a rival (`baselines.py`) and a toy of the tests all go through the same code. It must not know what
is counted.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from wordgru.errors import WordgruError
from wordgru.mixture import MixedPredictor, MixedSession
from wordgru.predictor import Predictor
from wordgru.search.model import Floats, Ints, LanguageModel
from wordgru.session import Session
from wordgru.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Offers:
    """What a subject offers at one place.

    Attributes:
        words: best first.
        exact: whether it is proved that they are the most probable.
        calls: how often the model was run for them.
    """

    words: tuple[str, ...]
    exact: bool = True
    calls: int = 0


class Field(Protocol):
    """A text field of its own."""

    def offers(self, text: str, k: int, *, start: int | None = None) -> Offers:
        """The `k` words offered when `text`, as it stands, is before the cursor.

        `start` is where the unfinished word begins; without it, where `words.split_last` says.
        """


class Subject(Protocol):
    """What can be evaluated."""

    name: str
    size: int | None
    remembers: bool

    def field(self) -> Field:
        """A new, empty text field."""

    def cuts(self, text: str) -> set[int]:
        """Where, in characters of `text`, the subject cuts runs of a script without spaces into units."""

    def nats(self, text: str) -> float | None:
        """Minus the log-probability of `text` and of its end; None if the subject has no such thing."""


class PredictorSubject:
    """A predictor, and so any `LanguageModel`, as a subject.

    Attributes:
        remembers: whether a field's offers depend on what it offered before.

    Args:
        predictor: it answers, with its word lists; what it remembers is not touched.
        name: what to call it; else the bundle's folder.
        attention: of its sessions; see `Session.suggest`.
    """

    def __init__(self, predictor: Predictor, *, name: str | None = None, attention: float = 0.0) -> None:
        bundle = predictor.bundle
        self.name = name or (Path(bundle.folder).resolve().name if bundle else "model")
        self.size = bundle.size if bundle else None
        self.attention, self.remembers = attention, attention > 0
        self.model = CountedModel(predictor.model)
        self.predictor = Predictor(self.model, predictor.tokenizer)
        self.predictor.words = predictor.words  # known, blocked and added ones

    def field(self) -> "Field":
        """A session of its own."""
        return SessionField(self.predictor.session(), self.model, self.attention)

    def cuts(self, text: str) -> set[int]:
        """Where tokens end, merged until characters are whole."""
        return token_ends(self.predictor.tokenizer, text)

    def nats(self, text: str) -> float:
        """Minus the log-probability of the tokens of `text` and of its end."""
        tokens = self.predictor.tokenizer.encode(text)
        return -float(self.predictor.log_probabilities(tokens).sum(dtype=np.float64))


class MixedSubject:
    """Several predictors mixed, each as `PredictorSubject` takes it. The words of runs are cut as by the first one."""

    def __init__(self, predictors: Sequence[Predictor], *, name: str, attention: float = 0.0) -> None:
        self.name, self.attention, self.remembers = name, attention, attention > 0
        self._subjects = [PredictorSubject(each) for each in predictors]
        names = [each.name for each in self._subjects]
        if len(set(names)) < len(names):
            raise WordgruError(
                f"these are to be mixed: {', '.join(names)}; expected models of different names. Name each once."
            )
        sizes = [each.size for each in self._subjects if each.size is not None]
        self.size = sum(sizes) if len(sizes) == len(self._subjects) else None
        self.predictor = MixedPredictor({each.name: each.predictor for each in self._subjects})

    @property
    def calls(self) -> int:
        """Runs of all models so far."""
        return sum(each.model.calls for each in self._subjects)

    def field(self) -> "Field":
        """A session of its own."""
        return SessionField(self.predictor.session(), self, self.attention)

    def cuts(self, text: str) -> set[int]:
        """As `PredictorSubject.cuts`."""
        return self._subjects[0].cuts(text)

    def nats(self, text: str) -> None:
        """A mixture has no probability of a whole text."""


def token_ends(tokenizer: Tokenizer, text: str) -> set[int]:
    """Where, in characters of `text` (in NFC), a token ends with a whole character."""
    spelled = {char: len(tokenizer.normalize(char).encode()) for char in set(text)}
    at_byte, low = {}, 1  # in what the tokenizer spells, a space begins every line
    for at, char in enumerate(text):
        at_byte[low] = at
        low += spelled[char] + (char == "\n")
    at_byte[low] = len(text)
    ends = itertools.accumulate(len(tokenizer.token_bytes[id_]) for id_ in tokenizer.encode(text))
    return {at_byte[end] for end in ends if end in at_byte}


class SessionField:
    """A session, fed verbatim."""

    def __init__(self, session: Session | MixedSession, model: "CountedModel | MixedSubject", attention: float) -> None:
        self._session, self._model, self._attention = session, model, attention

    def offers(self, text: str, k: int, *, start: int | None = None) -> Offers:
        """As `Field.offers`."""
        before = self._model.calls
        if start is None:
            self._session.set(text)
            found = self._session.suggest(k=k, attention=self._attention)
        else:
            self._session.set(text[:start])
            found = self._session.suggest(prefix=text[start:], k=k, attention=self._attention)
        return Offers(tuple(found.words), found.exact, self._model.calls - before)


class CountedModel:
    """A language model that counts how often it is run.

    Attributes:
        calls: runs so far.
    """

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.calls = 0

    def initial_state(self) -> Floats:
        """As the model's."""
        return self._model.initial_state()

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """The model's, counted."""
        self.calls += 1
        return self._model.step(tokens, states)

    def advance(self, tokens: Ints, state: Floats) -> Floats:
        """The model's, counted."""
        self.calls += 1
        return self._model.advance(tokens, state)

    def score(self, tokens: Ints, state: Floats) -> tuple[Floats, Floats]:
        """The model's, counted."""
        self.calls += 1
        return self._model.score(tokens, state)

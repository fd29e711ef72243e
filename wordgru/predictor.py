"""The predictor: a bundle, loaded once and shared by threads, that answers what word comes next."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self, overload

import numpy as np

from wordgru.asking import Asking, Phrase
from wordgru.bundle import Bundle, open_bundle
from wordgru.config import Range, check_path, check_text
from wordgru.errors import BundleError, WordgruError
from wordgru.search.model import Doubles, Floats, Ints, LanguageModel, OnnxLanguageModel
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import Suggestion, Suggestions
from wordgru.session import Session
from wordgru.shipped import DEFAULT, MODELS, shipped_models
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList
from wordgru.text import words
from wordgru.text.known import KnownWords
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer
from wordgru.typing.model import TypingModel
from wordgru.typist import AS_READ, TypistOptions

if TYPE_CHECKING:
    from wordgru.mixture import MixedPredictor

MODEL_VARIABLE = "WORDGRU_MODEL"
"""Environment variable that names the bundle to load where none is given."""

THREADS = Range(1, 256, whole=True)
"""Cores that one call may use; onnxruntime starts any number of threads, and too many stop the machine."""

_CHUNK = 256  # tokens whose log-probabilities are held at once
_DRAWN = 50  # words that a word cut by the end of a text may become, where one is drawn

SHIPPED: Path = MODELS / DEFAULT
"""The bundle in the package that answers where none is named; its folder's name is the model's."""


@dataclass(frozen=True)
class Score:
    """How expected one word or mark of a text was.

    Attributes:
        text: the word or mark; empty for the end of the text.
        start: where it begins in the text, in characters.
        log_probability: nats, of its tokens given all before them.
    """

    text: str
    start: int
    log_probability: float

    @property
    def bits(self) -> float:
        """Surprisal in bits."""
        return -self.log_probability / math.log(2)


class Predictor(Asking):
    """Next words from a bundle.

    >>> predictor = Predictor.load("bundles/demo")  # doctest: +SKIP
    >>> [s.word for s in predictor.suggest("the cat", k=3)]  # doctest: +SKIP
    """

    def __init__(
        self, model: LanguageModel, tokenizer: Tokenizer, *, bundle: Bundle | None = None,
        blocked: frozenset[str] = frozenset(), personal: PersonalModel | None = None,
        known: KnownWords | None = None, typist: TypistOptions | None = None,
    ) -> None:  # fmt: skip
        """Use any language model over the tokens of `tokenizer`; `load` makes both from a bundle.

        `blocked` are words in lower case that are never offered; they score as ever. `personal` are the words
        of the person who types; sessions learn into it (`Session.commit`). `known` are the words of the language.
        `typist` says how offers follow that person; the attribute may be set. Words are added, blocked and allowed
        again by `words`.
        """
        self.model = model
        self.tokenizer = tokenizer
        self.bundle = bundle
        self.search = WordSearch(model, tokenizer.token_bytes, tokenizer.finals, spell=tokenizer.spell)
        self.personal, self.typist = personal, typist or TypistOptions()
        self.words = WordList(tokenizer.normalize, blocked, known)
        self._identity = " ".join(sorted(bundle.config.files.values())) if bundle else ""  # for saved sessions

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a model in memory cannot be sent to another process."""
        raise WordgruError("a predictor cannot be pickled; load it in each process with Predictor.load.")

    @overload
    @classmethod
    def load(
        cls, path: str | Path | None = None, *, device: str = "cpu", threads: int = 1, block: bool = True,
        personal: PersonalModel | str | Path | None = None,
    ) -> Self: ...  # fmt: skip
    @overload
    @classmethod
    def load(
        cls, path: list[str] | list[Path] | tuple[str | Path, ...], *, device: str = "cpu", threads: int = 1,
        block: bool = True, personal: PersonalModel | str | Path | None = None,
    ) -> "MixedPredictor": ...  # fmt: skip
    @classmethod
    def load(
        cls, path: str | Path | list[str] | list[Path] | tuple[str | Path, ...] | None = None, *, device: str = "cpu",
        threads: int = 1, block: bool = True, personal: PersonalModel | str | Path | None = None,
    ) -> "Self | MixedPredictor":  # fmt: skip
        """Load a bundle: a folder, a name on the Hugging Face Hub, or of a model in the package ("en").

        Args:
            path: as `find_model` takes it; without one, what the environment variable WORDGRU_MODEL names, else the
                model in the package. A list, of one name too: a `MixedPredictor`, which follows its user between the
                languages of all.
            device: `"cpu"` or `"cuda"`.
            threads: cores that one call may use.
            block: never offer the words of the bundle's block list, if it has one.
            personal: words of the person who types, or the file that keeps them; made where there is none.

        Raises:
            BundleError: there is no bundle, or it is broken, foreign or too new.
            WordgruError: the device is not there, or `threads` is out of its range.
        """
        THREADS.check("threads", threads)
        if personal is not None and not isinstance(personal, PersonalModel):
            personal = PersonalModel(personal)
        if isinstance(path, list | tuple):
            from wordgru.mixture import MixedPredictor  # which is made of predictors

            return MixedPredictor.load(path, device=device, threads=threads, block=block, personal=personal)
        bundle = open_bundle(find_model(path))
        tokenizer = Tokenizer.load(bundle.tokenizer_path)
        if tokenizer.vocab_size != bundle.config.model.vocab_size:
            raise BundleError(
                f"{bundle.folder}: the tokenizer has {tokenizer.vocab_size} tokens; expected "
                f"{bundle.config.model.vocab_size} as config.json says. Export the model again with `wordgru export`."
            )
        model = OnnxLanguageModel(bundle.model_path, bundle.config.model, device=device, threads=threads)
        return cls(
            model, tokenizer, bundle=bundle, blocked=bundle.blocked() if block else frozenset(), personal=personal,
            known=bundle.known(),
        )  # fmt: skip

    def session(
        self, text: str = "", *, typing: TypingModel | None = None, typist: TypistOptions | None = None,
        before: str = "",
    ) -> Session:  # fmt: skip
        """A text field of its own: what is typed into it is read once.

        Args:
            text: what stands in it.
            typing: how its user types, slips of the finger included; without it, letters are taken as they are.
            typist: how offers follow its user; `Predictor.typist` without it.
            before: what was written before and is no part of the field, the last messages for instance, one a line.
        """
        session = Session(
            self.model, self.tokenizer, self.search, word_list=self.words, identity=self._identity,
            personal=self.personal, typing=typing, typist=typist or self.typist,
        )  # fmt: skip
        if before:
            session.reset(before=before)
        session.append(text)
        return session

    def restore(
        self, data: bytes, *, typing: TypingModel | None = None, typist: TypistOptions | None = None
    ) -> Session:
        """A session from what `Session.save` returned; `typing` and `typist`, which are not kept, as for `session`.

        Raises:
            WordgruError: the data is broken, or of another model.
        """
        return Session.load(
            data, self.model, self.tokenizer, self.search, word_list=self.words, identity=self._identity,
            personal=self.personal, typing=typing, typist=typist or self.typist,
        )  # fmt: skip

    def score(self, text: str) -> list[Score]:
        """Log-probability of each word and mark of `text`, and of the text's end; they sum to the text's.

        The text is read as in training: CR LF, invisible marks and variants of marks as `Tokenizer.normalize` says.

        Raises:
            WordgruError: the text holds a lone surrogate.
        """
        check_text("the text", text)
        tokens = self.tokenizer.encode(text)
        nats = self.log_probabilities(tokens)
        units = [
            Score(unit.strip(), end - len(unit.lstrip()), float(nats[low:high].sum()))
            for start, end, low, high in self.tokenizer.units(text)
            for unit in (text[start:end],)
        ]
        return [*units, Score("", len(text), float(nats[-1]))]

    def log_probabilities(self, tokens: Ints) -> Floats:
        """Nats of each of `tokens` (ids) given those before it, and of the end.  # (T,) → (T + 1,)"""
        inputs, targets = np.concatenate([[END_OF_TEXT], tokens]), np.concatenate([tokens, [END_OF_TEXT]])
        state, nats = self.model.initial_state(), []
        for start in range(0, len(inputs), _CHUNK):
            rows, state = self.model.score(inputs[start : start + _CHUNK], state)
            nats.append(rows[np.arange(len(rows)), targets[start : start + _CHUNK]])
        return np.concatenate(nats)

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

        The text may be cut anywhere: its last word is taken as unfinished, and drawn among those that it may become.

        Args:
            context: what stands before; the answer does not repeat it.
            max_words: words to draw at most; the text may end earlier.
            temperature: below 1 more probable tokens, above 1 less; 0 always the most probable.
            top_p: only the most probable tokens whose probabilities reach this sum.
            seed: the same seed gives the same text.

        Raises:
            WordgruError: a number is out of its range.
        """
        Range(0, whole=True).check("max_words", max_words)
        Range(0).check("temperature", temperature)
        Range(0, 1, above=True).check("top_p", top_p)
        if seed is not None:
            Range(0, whole=True).check("seed", seed)
        random = np.random.default_rng(seed)
        session, written = self.session(context, typist=AS_READ), ""
        if max_words and context:
            offers = session.suggest(k=_DRAWN)
            if not offers:
                return ""
            at = draw(np.array([item.probability for item in offers], np.float32), random, temperature, top_p)
            written = " " * offers.space + offers[at].word.removeprefix(words.split_last(context)[1])
            max_words -= 1
        tokens = [END_OF_TEXT, *self.tokenizer.encode(context + written).tolist()]
        drawn = list(self._drawn(tokens, random, max_words, temperature, top_p))
        whole = self.tokenizer.decode([*tokens[1:], *drawn])
        return written + whole[len(self.tokenizer.decode(tokens[1:])) :]

    def _drawn(
        self, tokens: list[int], random: "np.random.Generator", max_words: int, temperature: float, top_p: float
    ) -> Iterator[int]:
        state = self.model.initial_state()
        if len(tokens) > 1:
            state = self.model.advance(np.array(tokens[:-1], np.int64), state)
        last, count = tokens[-1], 0
        while True:
            rows, state = self.model.step(np.array([last], np.int64), state)
            last = draw(rows[0], random, temperature, top_p)
            if last == END_OF_TEXT:
                return
            count += self.tokenizer.token_bytes[last][:1].isspace()
            if count > max_words:
                return
            yield last


def draw(probabilities: Floats, random: "np.random.Generator", temperature: float, top_p: float) -> int:
    """Draw one of the most probable that reach `top_p` together: its place."""
    tempered = _tempered(probabilities, temperature)
    order = np.argsort(-tempered, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(tempered[order]), top_p)) + 1]
    return int(random.choice(kept, p=tempered[kept] / tempered[kept].sum()))


def _tempered(probabilities: Floats, temperature: float) -> Doubles:
    """The distribution at a temperature: each probability to the power of 1 / temperature, normalized."""
    shares: Doubles = (probabilities / probabilities.max()).astype(np.float64) ** (1 / max(temperature, 1e-4))
    shares /= shares.sum()
    return shares


_A_NAME = "the folder of a bundle, owner/name of the Hub, or a name that `wordgru models` lists"


def find_model(name: str | Path | None = None) -> str | Path:
    """The folder, or the name on the Hub, that a model's name means.

    Args:
        name: a folder, a name on the Hub, or that of a model in the package ("en"), unless a folder is called so;
            without one, what the environment names, else the default model in the package.

    Raises:
        BundleError: nothing is named, and the package holds no model; or a name that is empty, or a single word that is
            neither a folder nor a model in the package.
    """
    if name is not None:
        check_path("the model", name)
    else:
        name = os.environ.get(MODEL_VARIABLE) or None
    if isinstance(name, str) and len(names := names_of(name)) == 1:
        name = names[0]
    if isinstance(name, str) and not name.strip(", ") and not (name and Path(name).exists()):
        raise BundleError(f"the name of the model is {name!r}, which names none; expected {_A_NAME}.")
    shipped = shipped_models()
    if not name and DEFAULT in shipped:
        return shipped[DEFAULT]
    if not name:
        raise BundleError(
            f"no model is given; expected a bundle: name one (--model, Predictor.load), set {MODEL_VARIABLE}, or make "
            "one with `wordgru train` and `wordgru export`."
        )
    if str(name) in shipped and not Path(name).is_dir():
        return shipped[str(name)]
    if Path(name).name == str(name) and not Path(name).exists():
        if len(names_of(str(name))) > 1:
            raise BundleError(
                f"{name}: this takes one model; expected one name. Several go together where words are offered (in "
                "Python, as a list)."
            )
        raise BundleError(
            f"{name}: no such folder, nor a model in the package ({', '.join(shipped) or 'it has none'}); expected "
            f"{_A_NAME}."
        )
    return name


def names_of(model: str | None) -> list[str | None]:
    """The models that a setting names, with commas between them; where it names none, None."""
    if model is None or Path(model).exists():
        return [model]
    return [name.strip() for name in model.split(",") if name.strip()] or [model]


__all__ = ["Phrase", "Predictor", "Score", "Session", "Suggestion", "Suggestions"]

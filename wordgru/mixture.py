"""Several models at once, each of a language: P(word) = Σ π_m P_m(word | text), with the proof of each search intact.

π_m is the posterior of a language given the words before (languages.py). Each model searches its own candidates; what
a candidate of one has in another is asked for by name. A word that no model offers has at most Σ π_m times what the
last candidate of each has, so more candidates are asked for until the best words are proved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, NoReturn, Self

import numpy as np

from wordgru.asking import Asking
from wordgru.config import check_text, check_type
from wordgru.errors import WordgruError
from wordgru.languages import Languages
from wordgru.predictor import Predictor, names_of
from wordgru.search.model import Doubles
from wordgru.search.suggestions import K, SearchOptions, Suggestion, Suggestions, with_settings
from wordgru.session import COUNT, Session
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList
from wordgru.text import words
from wordgru.text.cursor import as_before
from wordgru.text.vocabulary import folded
from wordgru.typing.model import TypingModel
from wordgru.typist import TypistOptions, offers_nothing

_MOST = 64  # candidates of one model
_LOOSEST = 0.05  # tolerance of the search in an unlikely language
_ASKED = 5  # words, beside those wanted, that are asked for by name


class _One:
    """What one model alone can do is told so."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if any(hasattr(each, name) for each in (Predictor, Session)):
                raise AttributeError(f"several models together have no {name}; load one alone, Predictor.load('en').")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class MixedPredictor(_One, Asking):
    """Several predictors as one: `Predictor.load(["en", "de"])`. A mixture of one offers what that model does.

    Attributes:
        predictors: by the name of their language.
        personal: words of the person who types, shared by all.
    """

    def __init__(self, predictors: Mapping[str, Predictor]) -> None:
        """Use these; a name is what `Suggestion.sources` says.

        Raises:
            WordgruError: there is none.
        """
        if not predictors:
            raise WordgruError("no model is named; expected one or more.")
        self.predictors = dict(predictors)
        self.personal = next(iter(predictors.values())).personal
        self.words = MixedWords([each.words for each in predictors.values()])

    @classmethod
    def load(
        cls, names: Sequence[str | Path], *, device: str = "cpu", threads: int = 1, block: bool = True,
        personal: PersonalModel | str | Path | None = None,
    ) -> Self:  # fmt: skip
        """Load several bundles; arguments are as for `Predictor.load`."""
        check_type("names", names, (list, tuple), "a list of names")
        if personal is not None and not isinstance(personal, PersonalModel):
            personal = PersonalModel(personal)
        found: dict[str, Predictor] = {}
        for name in names:
            predictor = Predictor.load(name, device=device, threads=threads, block=block, personal=personal)
            label = predictor.bundle.folder.name if predictor.bundle else str(name)
            if label in found:
                raise WordgruError(f"two models are called {label!r}; expected different ones.")
            found[label] = predictor
        return cls(found)

    def session(self, text: str = "", *, typing: TypingModel | None = None, before: str = "") -> "MixedSession":
        """A text field of its own, as `Predictor.session`."""
        one_form = TypistOptions(capitals=False, lone_i=False)  # a word has one form in all models
        typist = one_form if len(self.predictors) > 1 else None
        fields = {name: each.session(typing=typing, typist=typist) for name, each in self.predictors.items()}
        session = MixedSession(fields, self)
        session.reset(before=before)
        session.append(text)
        return session

    def factor(self, word: str) -> float:
        """What a word counts: as much as in the language that knows it best; nothing if it is blocked in one."""
        factors = [each.words.factor(word) for each in self.predictors.values()]
        return max(factors) if all(factors) else 0.0


def load_named(
    model: str | None, *, device: str = "cpu", threads: int = 1, block: bool = True,
    personal: PersonalModel | str | Path | None = None,
) -> Predictor | MixedPredictor:  # fmt: skip
    """The model that a setting names, or several with commas between them as one."""
    first, *more = names_of(model)
    if more:
        names = [name for name in (first, *more) if name]
        return MixedPredictor.load(names, device=device, threads=threads, block=block, personal=personal)
    return Predictor.load(first, device=device, threads=threads, block=block, personal=personal)


class MixedWords:
    """The word lists of several models, changed together."""

    def __init__(self, lists: Sequence[WordList]) -> None:
        self._lists = lists

    @property
    def weights(self) -> Mapping[str, float]:
        """The words that were added, and their weights."""
        return self._lists[0].weights

    @property
    def blocked(self) -> Mapping[str, str]:
        """The words that are never offered, of all models."""
        return {word: reason for each in self._lists for word, reason in each.blocked.items()}

    def add(self, word: str, weight: float = 1.0) -> None:
        """As `WordList.add`."""
        for each in self._lists:
            each.add(word, weight)

    def block(self, word: str, reason: str = "") -> None:
        """As `WordList.block`."""
        for each in self._lists:
            each.block(word, reason)

    def allow(self, word: str) -> None:
        """As `WordList.allow`."""
        for each in self._lists:
            each.allow(word)

    def read(self, path: str | Path) -> int:
        """As `WordList.read`."""
        return max(each.read(path) for each in self._lists)


class MixedSession(_One):
    """One text field, read by several models. Not to be shared by threads."""

    def __init__(self, sessions: Mapping[str, Session], predictor: MixedPredictor) -> None:
        """Use empty sessions, by the name of their language."""
        self._sessions, self._predictor = dict(sessions), predictor
        self._text = self._before = ""  # what stands in the field, and what is read before it
        self._committed = ""  # what the person's words have learnt of the field
        self._languages = Languages(list(sessions.values()))
        self._committing: Session | None = None

    @property
    def text(self) -> str:
        """The text of the field up to the cursor."""
        return self._text

    @property
    def size(self) -> int:
        """Bytes that the session keeps, as `Session.size`."""
        own = words.bytes_of(self._text + self._before) + self._languages.size
        return own + sum(session.size for session in self._sessions.values())

    def append(self, text: str) -> None:
        """Type `text` at the end."""
        check_text("the text", text)
        self._text += text

    def delete(self, count: int = 1) -> None:
        """Delete the last `count` characters."""
        COUNT.check("count", count)
        self._text = self._text[: max(len(self._text) - count, 0)]

    def set(self, text: str) -> None:
        """Make `text` what stands before the cursor."""
        check_text("the text", text)
        self._text = text

    def reset(self, *, before: str | None = None) -> None:
        """Empty the field, for a new text, as `Session.reset`; each model reads what is of its language before it."""
        check_type("before", before, (str, NoneType), "a text (str)")
        self._before = as_before(words.normalize(self._before + self._committed if before is None else before))
        self._text, self._languages, self._committing = "", Languages(list(self._sessions.values())), None
        self._committed = ""
        for session in self._sessions.values():
            session.reset()

    def touch(self, x: float, y: float) -> str:
        """Touch the keyboard, as `Session.touch`."""
        self._sync(self._head()[0], self._text)
        letter = next(iter([session.touch(x, y) for session in self._sessions.values()]))
        self._text += letter
        return letter

    def commit(self) -> int:
        """Learn what stands in the field, as `Session.commit`."""
        if self._committing is None:
            self._committing = next(iter(self._predictor.predictors.values())).session()
        self._committing.set(self._text)
        learnt = self._committing.commit()
        self._committed = self._text if self._predictor.personal is not None else ""
        return learnt

    def copy(self) -> Self:
        """A session with the same text that goes its own way."""
        other = type(self)({name: session.copy() for name, session in self._sessions.items()}, self._predictor)
        other._text, other._before = self._text, self._before
        other._languages = self._languages.copy(list(other._sessions.values()))
        return other

    def languages(self) -> dict[str, float]:
        """The posterior of each language at the cursor, from the words before it."""
        shares = np.exp(self._languages.read(self._before + self._head()[0]).logs)
        return dict(zip(self._sessions, shares.tolist(), strict=True))

    def suggest(
        self, *, prefix: str | None = None, k: int = 3, attention: float = 0.0, threshold: float = 0.9,
        options: SearchOptions | None = None, **settings: object,
    ) -> Suggestions:  # fmt: skip
        """The `k` most probable words at the cursor, in whatever language; arguments as of `Session.suggest`.

        `Suggestion.sources` names the languages.
        """
        K.check("k", k)
        options = with_settings(options, settings)
        head, typed = self._head() if prefix is None else (self.text, prefix)
        prior = self._sync(head, self.text)
        if offers_nothing(next(iter(self._sessions.values())).typist, head, typed, prefix=prefix is not None):
            return Suggestions((), exact=False, unexplored=1.0)
        if len(self._sessions) == 1:
            return self._of_one(prefix, k, attention, threshold, options)
        wanted = dict.fromkeys(self._sessions, k)
        likely = np.exp(prior)  # an unlikely language need not be searched as closely
        tolerance = {
            name: min(options.tolerance / max(share, 1e-3), max(_LOOSEST, options.tolerance))
            for name, share in zip(self._sessions, likely.tolist(), strict=True)
        }
        asked, answers = list(self._sessions), dict[str, Suggestions]()
        while True:
            for name in asked:
                answers[name] = self._sessions[name].suggest(
                    prefix=prefix, k=wanted[name], attention=attention, threshold=threshold,
                    options=replace(options, tolerance=tolerance[name]),
                )  # fmt: skip
            shares = _shares(answers, prior)
            if asked := [name for name in answers if shares[name] * tolerance[name] > 1.5 * options.tolerance]:
                tolerance |= dict.fromkeys(asked, options.tolerance)  # the letters made it likely
                continue
            found, missing = self._mixed(answers, shares, typed, k, fold=options.ignore_case)
            proved = len(found) >= k and found[-1].probability + options.tolerance >= sum(missing.values())
            going = [name for name in wanted if len(answers[name]) >= wanted[name] and wanted[name] < _MOST]
            if proved or not going:
                break
            asked = [max(going, key=missing.__getitem__)]
            wanted[asked[0]] = min(2 * wanted[asked[0]], max(_MOST, k))
        exhausted = all(len(answers[name]) < wanted[name] for name in wanted)
        best = max(answers.values(), key=lambda answer: answer.log_evidence)
        reader = answers[list(answers)[int(prior.argmax())]]  # it read the last word, which another may not have done
        return replace(
            best, items=tuple(found), exact=(proved or exhausted) and all(each.exact for each in answers.values()),
            unexplored=max(answer.unexplored for answer in answers.values()),
            rows=sum(answer.rows for answer in answers.values()), space=reader.space,
        )  # fmt: skip

    def _of_one(
        self, prefix: str | None, k: int, attention: float, threshold: float, options: SearchOptions
    ) -> Suggestions:
        """What a model offers that stands alone, under its name."""
        [(name, session)] = self._sessions.items()
        found = session.suggest(prefix=prefix, k=k, attention=attention, threshold=threshold, options=options)
        one = {name: 1.0}
        return replace(found, items=tuple(replace(item, sources=_sources(item, one, one)) for item in found))

    # -- the mixture ---------------------------------------------------------------------------------------------

    def _head(self) -> tuple[str, str]:
        """The text before its unfinished last word, and that word."""
        cut = max(self.text.rfind(mark) for mark in " \n\r\t") + 1
        rest, unfinished = words.split_last(self.text[cut:])
        return self.text[:cut] + rest, unfinished

    def _mixed(
        self, answers: Mapping[str, Suggestions], shares: Mapping[str, float], typed: str, k: int, *, fold: bool
    ) -> tuple[list[Suggestion], dict[str, float]]:
        """The k best words of the mixture, and the most that one has from each model which did not offer it."""
        parts: dict[str, dict[str, float]] = {}
        best: dict[str, Suggestion] = {}
        for name, answer in answers.items():
            for item in answer:
                parts.setdefault(item.word, {})[name] = item.probability
                if item.word not in best or item.probability > best[item.word].probability:
                    best[item.word] = item
        last = {name: answer[-1].probability if len(answer) else 0.0 for name, answer in answers.items()}
        missing = {name: shares[name] * last[name] for name in answers}

        def total(word: str) -> float:
            return float(sum(shares[name] * probability for name, probability in parts[word].items()))

        def key(word: str) -> bytes:
            return folded(word.encode()) if fold else word.encode()

        order = _distinct(sorted(parts, key=total, reverse=True), fold)
        least = total(order[k - 1]) if len(order) >= k else 0.0
        for word in order[: 2 * k + _ASKED]:
            rest = sum(shares[name] * last[name] for name in answers if name not in parts[word])
            if total(word) + rest > least:
                for name in answers:
                    if name not in parts[word] and shares[name] * last[name] > 1e-5:
                        agrees = key(word).startswith(key(typed))
                        # meant by other letters: what its slips would make of it is small
                        parts[word][name] = self._named(name, answers[name], typed, word, last[name]) if agrees else 0.0
        factors = {word: 1.0 if set(best[word].sources) - {"model"} else self._predictor.factor(word) for word in order}
        order = [word for word in order if factors[word]]
        order = [word for word in order if factors[word] == 1.0] or order
        order = sorted(order, key=lambda word: (-total(word), word))[:k]
        return [
            replace(best[word], probability=min(total(word), 1.0), sources=_sources(best[word], parts[word], shares))
            for word in order
        ], missing

    def _named(self, name: str, answer: Suggestions, typed: str, word: str, most: float) -> float:
        """What a word has in a model that did not offer it, out of what agrees with the letters typed."""
        text = self._sessions[name].text
        before = text.removesuffix(typed) if typed and not answer.space else text
        nats = self._sessions[name].nats(before, " " * answer.space + word) - answer.log_evidence
        return min(float(np.exp(min(nats, 0.0))), most)

    def _sync(self, head: str, text: str) -> Doubles:
        """Give each model what it reads of `text`; return the log posterior of each language after `head`."""
        read = self._languages.read(self._before + head)
        rest = (self._before + text)[read.size :]
        for session, context in zip(self._sessions.values(), self._languages.contexts, strict=True):
            session.set(context + rest)
        return read.logs


def _shares(answers: Mapping[str, Suggestions], prior: Doubles) -> dict[str, float]:
    """The posterior of each language, now that the letters typed are known."""
    logs = np.array([answer.log_evidence for answer in answers.values()]) + prior
    return dict(zip(answers, np.exp(logs - np.logaddexp.reduce(logs)).tolist(), strict=True))


def _distinct(order: Sequence[str], fold: bool) -> list[str]:
    """The words; where `fold`, of those that differ in case alone the first."""
    found: dict[str, str] = {}
    for word in order:
        found.setdefault(word.lower() if fold else word, word)
    return list(found.values())


def _sources(item: Suggestion, parts: Mapping[str, float], shares: Mapping[str, float]) -> tuple[str, ...]:
    """The languages that give a tenth of a word or more, and the other sources."""
    total = sum(shares[name] * probability for name, probability in parts.items())
    names = tuple(name for name, probability in parts.items() if shares[name] * probability >= 0.1 * total)
    others = tuple(source for source in item.sources if source != "model")
    return (names if "model" in item.sources else ()) + others

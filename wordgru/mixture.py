"""Several models at once, each of a language: P(word) = Σ π_m P_m(word | text), with the proof of each search intact.

π_m is the posterior of a language given the words before, by the forward algorithm of a hidden Markov model (Rabiner
1989) whose state is the language and may change at every word, as often as it did so far (`SWITCHING`). A model reads
the words that are probably of its language, and no others: so it goes on in a sentence where it was left. Each model
searches its own candidates; what a candidate of one has in another is asked for by name. A word that no model offers
has at most Σ π_m times what the last candidate of each has, so more candidates are asked for until the best words are
proved.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import numpy as np

from wordgru.asking import Asking
from wordgru.errors import WordgruError
from wordgru.predictor import Predictor, names_of
from wordgru.search.model import Doubles
from wordgru.search.suggestions import K, SearchOptions, Suggestion, Suggestions, with_settings
from wordgru.session import COUNT, Session
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList
from wordgru.text import words
from wordgru.text.vocabulary import folded
from wordgru.typing.channel import TypingModel
from wordgru.typist import TypistOptions

SWITCHING = 0.05
"""Probability that a word is of another language than the one before it in the sentence, as long as nothing is known of
the text."""

SWITCHING_SENTENCES = 0.25
"""The same of a sentence."""

_MOST = 64  # candidates of one model
_LOOSEST = 0.05  # tolerance of the search in an unlikely language
_ASKED = 5  # words, beside those wanted, that are asked for by name
_WORDS = 40  # words before the cursor that say which language it is
_FADING = 0.99  # what a change of language counts one word, or one sentence, later
_KEPT = 256  # words of which the posterior is kept, each with the text before it
_OWN = 0.5  # share of the likeliest language's posterior from which on a word is read by a model
_ENDS, _CLOSING = (".", "!", "?", "…"), "\"'”’)]"
_PIECE = re.compile(r"\s*(\S+)")
_LINE_END = re.compile(r"[^\S\n]*\n")


class _One:
    """What one model alone can do is told so."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            if any(hasattr(each, name) for each in (Predictor, Session)):
                raise AttributeError(f"several models together have no {name}; load one alone, Predictor.load('en').")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class MixedPredictor(_One, Asking):
    """Several predictors as one: `Predictor.load(["en", "de"])`.

    Attributes:
        predictors: by the name of their language.
        personal: words of the person who types, shared by all.
    """

    def __init__(self, predictors: Mapping[str, Predictor]) -> None:
        """Use these; a name is what `Suggestion.sources` says.

        Raises:
            WordgruError: there are fewer than two.
        """
        if len(predictors) < 2:
            raise WordgruError(f"{len(predictors)} model is named; expected two or more to mix.")
        self.predictors = dict(predictors)
        self.personal = next(iter(predictors.values())).personal
        self.words = MixedWords([each.words for each in predictors.values()])

    @classmethod
    def load(
        cls, names: Sequence[str | Path], *, device: str = "cpu", threads: int = 1, block: bool = True,
        personal: PersonalModel | str | Path | None = None,
    ) -> Self:  # fmt: skip
        """Load several bundles; arguments are as for `Predictor.load`."""
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

    def session(self, text: str = "", *, typing: TypingModel | None = None) -> "MixedSession":
        """A text field of its own, as `Predictor.session`."""
        typist = TypistOptions(capitals=False, lone_i=False)  # a word has one form in all models
        fields = {name: each.session(typing=typing, typist=typist) for name, each in self.predictors.items()}
        session = MixedSession(fields, self)
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


@dataclass(frozen=True)
class _Changes:
    """How often the language changed between two words of a sentence, or between two sentences.

    Attributes:
        count: of changes, as far as they are certain; older ones count less.
        of: and of the places where it could.
    """

    count: float = 0.0
    of: float = 0.0

    def after(self, one: Doubles, other: Doubles) -> "_Changes":
        """With one place more, between two words of which these are the posteriors of the languages."""
        return _Changes(_FADING * self.count + 1.0 - float(one @ other), _FADING * self.of + 1.0)

    def rate(self, usual: float) -> float:
        """How probable a change is, which is `usual` before any place was seen."""
        return (1.0 + self.count) / (1.0 / usual + self.of)


@dataclass(frozen=True)
class _Read:
    """How far the words were weighed.

    Attributes:
        text: up to here.
        logs: log posterior of each language for the next word, (languages,).
        contexts: what each model reads of the text: the words that are probably of its language.
        shares: posterior of each language for the last word, (languages,); none before the first one.
        line: whether a line ends after it.
        ends: whether a sentence does.
        words: how often the language changed within sentences.
        sentences: and between them.
    """

    text: str
    logs: Doubles
    contexts: tuple[str, ...]
    shares: Doubles | None = None
    line: bool = False
    ends: bool = False
    words: _Changes = _Changes()
    sentences: _Changes = _Changes()

    def holds(self, head: str) -> bool:
        """Whether the words of `head` begin with those that were weighed, and none of them is another now."""
        at = len(self.text)
        return (
            head.startswith(self.text)
            and not head[at : at + 1].strip()
            and self.line == bool(_LINE_END.match(head, at))
        )

    def after(self, head: str, size: int, contexts: tuple[str, ...], shares: Doubles) -> "_Read":
        """With one word more, which ends after `size` characters of `head`."""
        text, line = head[:size], bool(_LINE_END.match(head, size))
        ends = line or text.rstrip(_CLOSING).endswith(_ENDS)
        words, sentences = self.words, self.sentences
        if self.shares is not None and self.ends:
            sentences = sentences.after(self.shares, shares)
        elif self.shares is not None:
            words = words.after(self.shares, shares)
        rate = sentences.rate(SWITCHING_SENTENCES) if ends else words.rate(SWITCHING)
        logs = np.log((1 - rate) * shares + rate * (1 - shares) / max(len(shares) - 1, 1))
        return _Read(text, logs, contexts, shares, line, ends, words, sentences)


class MixedSession(_One):
    """One text field, read by several models. Not to be shared by threads."""

    def __init__(self, sessions: Mapping[str, Session], predictor: MixedPredictor) -> None:
        """Use empty sessions, by the name of their language."""
        self._sessions, self._predictor = dict(sessions), predictor
        self._text = ""
        self._known: list[_Read] = []
        self._committing: Session | None = None

    @property
    def text(self) -> str:
        """The text of the field up to the cursor."""
        return self._text

    @property
    def size(self) -> int:
        """Bytes that the session keeps, as `Session.size`."""
        kept = sum(len(context) for read in self._known[-1:] for context in (read.text, *read.contexts))
        return sum(session.size for session in self._sessions.values()) + (len(self._known) + 1) * kept

    def append(self, text: str) -> None:
        """Type `text` at the end."""
        self._text += text

    def delete(self, count: int = 1) -> None:
        """Delete the last `count` characters."""
        COUNT.check("count", count)
        self._text = self._text[: max(len(self._text) - count, 0)]

    def set(self, text: str) -> None:
        """Make `text` what stands before the cursor."""
        self._text = text

    def reset(self) -> None:
        """Empty the field, for a new text."""
        self._text, self._known, self._committing = "", [], None
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
        return self._committing.commit()

    def copy(self) -> Self:
        """A session with the same text that goes its own way."""
        other = type(self)({name: session.copy() for name, session in self._sessions.items()}, self._predictor)
        other._text, other._known = self._text, list(self._known)
        return other

    def languages(self) -> dict[str, float]:
        """The posterior of each language at the cursor, from the words before it."""
        shares = np.exp(self._read(self._head()[0]).logs)
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
        read = self._read(head)
        for session, context in zip(self._sessions.values(), read.contexts, strict=True):
            session.set(context + text[len(read.text) :])
        return read.logs

    def _read(self, head: str) -> _Read:
        """Weigh the words of `head` that were not weighed yet."""
        count = len(self._sessions)
        while self._known and not self._known[-1].holds(head):
            self._known.pop()
        read = self._known[-1] if self._known else _Read("", np.full(count, -np.log(count)), ("",) * count)
        pieces = list(_PIECE.finditer(head, len(read.text)))
        skipped = head[len(read.text) : pieces[-_WORDS].start()] if len(pieces) > _WORDS else ""
        read = replace(read, contexts=tuple(context + skipped for context in read.contexts))
        for piece in pieces[-_WORDS:]:
            added = [piece[0] if context else piece[1] for context in read.contexts]  # a text begins without a space
            nats = map(Session.nats, self._sessions.values(), read.contexts, added)
            logs = read.logs + np.array(list(nats))
            shares = np.exp(logs - np.logaddexp.reduce(logs))
            contexts = tuple(
                context + each if share >= _OWN * shares.max() else context
                for context, each, share in zip(read.contexts, added, shares, strict=True)
            )
            read = read.after(head, piece.end(), contexts, shares)
            self._known.append(read)
        del self._known[:-_KEPT]
        return read


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

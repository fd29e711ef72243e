"""Which language a text is in, word by word: the forward algorithm of a hidden Markov model (Rabiner 1989).

Its state is the language, which may change at every word, as often as it did so far (`SWITCHING`). A model reads the
words that are probably of its language, and no others: so it goes on in a sentence where it was left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from wordgru.reading import common
from wordgru.search.model import Doubles
from wordgru.text import words

SWITCHING = 0.05
"""Probability that a word is of another language than the one before it in the sentence, as long as nothing is known of
the text."""

SWITCHING_SENTENCES = 0.25
"""The same of a sentence."""

_WORDS = 40  # words before the cursor that say which language it is
_FADING = 0.99  # what a change of language counts one word, or one sentence, later
_KEPT = 256  # words of which the posterior is kept
_KEPT_BYTES = 1000  # that one of them takes
_OWN = 0.5  # share of the likeliest language's posterior from which on a word is read by a model
_ENDS, _CLOSING = (".", "!", "?", "…"), "\"'”’)]"
_PIECE = re.compile(r"\s*(\S+)")
_LINE_END = re.compile(r"[^\S\n]*\n")


class Reader(Protocol):
    """What one model says of a text."""

    def nats(self, before: str, following: str) -> float:
        """Log P(following | before), natural."""


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
class Weighed:
    """How far the words were weighed.

    Attributes:
        size: characters of the text up to here.
        logs: log posterior of each language for the next word, (languages,).
        sizes: characters that each model reads of them: the words that are probably of its language.
        shares: posterior of each language for the last word, (languages,); none before the first one.
        line: whether a line ends after it.
        ends: whether a sentence does.
        words: how often the language changed within sentences.
        sentences: and between them.
    """

    size: int
    logs: Doubles
    sizes: tuple[int, ...]
    shares: Doubles | None = None
    line: bool = False
    ends: bool = False
    words: _Changes = _Changes()
    sentences: _Changes = _Changes()

    def holds(self, head: str, same: int) -> bool:
        """Whether `head` begins with the words weighed, as `same` of its characters do, and none is another now."""
        at = self.size
        return at <= same and not head[at : at + 1].strip() and self.line == bool(_LINE_END.match(head, at))

    def after(self, head: str, size: int, sizes: tuple[int, ...], shares: Doubles) -> "Weighed":
        """With one word more, which ends after `size` characters of `head`."""
        line = bool(_LINE_END.match(head, size))
        ends = line or head[:size].rstrip(_CLOSING).endswith(_ENDS)
        within, between = self.words, self.sentences
        if self.shares is not None and self.ends:
            between = between.after(self.shares, shares)
        elif self.shares is not None:
            within = within.after(self.shares, shares)
        rate = between.rate(SWITCHING_SENTENCES) if ends else within.rate(SWITCHING)
        others = len(shares) - 1
        logs = np.log((1 - rate) * shares + rate * (1 - shares) / others if others else shares)
        return Weighed(size, logs, sizes, shares, line, ends, within, between)


class Languages:
    """Weighs the words of a text that grows, and goes back where it was edited.

    Attributes:
        contexts: what each model reads of the text that was weighed last: the words that are probably of its language.
    """

    def __init__(self, readers: Sequence[Reader]) -> None:
        """Use these readers, of each language one."""
        self._readers = readers
        self._text, self._known = "", list[Weighed]()
        self.contexts = [""] * len(readers)

    def copy(self, readers: Sequence[Reader]) -> Self:
        """The same over other readers, which read the same text."""
        other = type(self)(readers)
        other._text, other._known, other.contexts = self._text, list(self._known), list(self.contexts)
        return other

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return sum(map(words.bytes_of, (self._text, *self.contexts))) + _KEPT_BYTES * len(self._known)

    def read(self, head: str) -> Weighed:
        """Weigh the words of `head` that were not weighed yet."""
        same, known = common(self._text, head), list(self._known)
        while known and not known[-1].holds(head, same):
            known.pop()
        count = len(self._readers)
        read = known[-1] if known else Weighed(0, np.full(count, -np.log(count)), (0,) * count)
        contexts = [context[:size] for context, size in zip(self.contexts, read.sizes, strict=True)]
        pieces = list(_PIECE.finditer(head, read.size))
        skipped = head[read.size : pieces[-_WORDS].start()] if len(pieces) > _WORDS else ""
        contexts = [context + skipped for context in contexts]
        for piece in pieces[-_WORDS:]:
            added = [piece[0] if context else piece[1] for context in contexts]  # a text begins without a space
            asked = zip(self._readers, contexts, added, strict=True)
            logs = read.logs + np.array([reader.nats(context, word) for reader, context, word in asked])
            shares = np.exp(logs - np.logaddexp.reduce(logs))
            for at in np.flatnonzero(shares >= _OWN * shares.max()):
                contexts[at] += added[at]
            read = read.after(head, piece.end(), tuple(map(len, contexts)), shares)
            known.append(read)
        self._text, self._known, self.contexts = head[: read.size], known[-_KEPT:], contexts
        return read

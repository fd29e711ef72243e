"""Corrections of a whole text: each word by what stands before it, then by what follows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wordgru.config import Range
from wordgru.search.model import Doubles
from wordgru.search.suggestions import Suggestions
from wordgru.session import Session
from wordgru.text import words
from wordgru.text.prose import code_in, is_prose

CANDIDATES = 8
"""Words that are weighed by what follows."""

FOLLOWING = 60
"""Characters after a word that are read to judge it."""

_SURE = 0.9999  # a word that is so probable by what stands before it is not judged by what follows
_THRESHOLD = Range(0, 1)


@dataclass(frozen=True)
class Candidate:
    """A word that may have been meant.

    Attributes:
        word: as it would be written.
        probability: given the text before and after it.
    """

    word: str
    probability: float


@dataclass(frozen=True)
class Correction:
    """A word of a text and what was probably meant by it.

    Attributes:
        start: where the word begins in the text, in characters.
        end: and where it ends.
        typed: the word.
        word: what stands in its place.
        probability: that this was meant.
        candidates: what may have been meant, most probable first; what was typed may be among them.
    """

    start: int
    end: int
    typed: str
    word: str
    probability: float
    candidates: tuple[Candidate, ...]


def corrections(text: str, session: Session, *, threshold: float = 0.9) -> Iterator[Correction]:
    """The words of `text` that were meant otherwise, in order.

    Numbers, code between backticks, addresses, case, words in capitals and what stands beside marks of code are left
    alone. A word that was corrected is read as corrected by those after it.

    Args:
        text: any text; lines are read one after the other.
        session: an empty session with a typing model; it is used up.
        threshold: how probable a correction must be.

    Raises:
        WordgruError: the session has no typing model, or the threshold is no probability.
    """
    return (found for _, found in word_by_word(text, session, threshold=threshold) if found)


def word_by_word(
    text: str, session: Session, *, threshold: float = 0.9, start: int = 0
) -> Iterator[tuple[int, Correction | None]]:
    """Each word of `text` in turn: where it ends, and its correction if it was meant otherwise.

    As `corrections`, for programs that do something else between two words, or stop early.

    Args:
        text: any text.
        session: an empty session with a typing model; it is used up.
        threshold: how probable a correction must be.
        start: words that end there or before are read as they stand.

    Raises:
        WordgruError: the session has no typing model, or the threshold is no probability.
    """
    _THRESHOLD.check("the threshold", threshold)
    before, done = "", 0
    code = iter([*code_in(text), (len(text), len(text))])
    code_begin, code_end = next(code)
    for begin, end, unspaced in words.spans(text):
        while code_end <= begin:
            code_begin, code_end = next(code)
        if begin < done:
            continue  # it was one with the word before
        before += text[done:begin]
        typed = text[begin:end]
        correction = None
        if end > start and not unspaced and begin < code_begin and is_prose(text, begin, end):
            correction = correction_at(begin, typed, before, text[end : end + FOLLOWING], session, threshold)
        before += correction.word if correction else typed
        done = correction.end if correction else end
        if end > start:
            yield done, correction


def correction_at(
    start: int, typed: str, before: str, after: str, session: Session, threshold: float
) -> Correction | None:
    """The correction of a word that begins at `start`, given the text before and after it, if there is one.

    Where the word and the next one may be one that was typed as two, it may be that of both.
    """
    second = _after_space(after)
    if second and session.may_be_one(before, typed, second):
        both = f"{typed} {second}"
        found = meant(before, both, after[len(second) + 1 :], session)
        if found and " " not in found[0].word and found[0].probability >= threshold:
            return Correction(start, start + len(both), both, found[0].word, found[0].probability, tuple(found))
    found = meant(before, typed, after, session)
    if not found or found[0].word.lower() == typed.lower() or found[0].probability < threshold:
        return None
    return Correction(start, start + len(typed), typed, found[0].word, found[0].probability, tuple(found))


def meant(before: str, typed: str, after: str, session: Session) -> list[Candidate]:
    """What may have been meant by a word, or two, given the text before and after; most probable first."""
    session.set(before + typed)
    count = 1 + (" " in typed)
    found = session.corrections(k=CANDIDATES, count=count)
    if not found:
        return []
    shares = np.array([item.probability for item in found]) * (1.0 - found.unexplored)
    following = after.split("\n")[0].rstrip()
    if following and len(found) > 1 and not (found[0].word == typed and shares[0] > _SURE):
        shares = _judged(found, following, session, shares, count)
    order = np.argsort(-shares, kind="stable")
    return [Candidate(found[int(at)].word, float(shares[at])) for at in order]


def _after_space(text: str) -> str:
    """The word that stands after the one space with which `text` begins; nothing where there is none."""
    begin, end, unspaced = next(iter(words.spans(text)), (0, 0, True)) if text[:1] == " " else (0, 0, True)
    return text[begin:end] if begin == 1 and not unspaced and is_prose(text, begin, end) else ""


def _judged(found: Suggestions, following: str, session: Session, shares: Doubles, count: int) -> Doubles:
    """Shares times P(what follows | before and word), with the same sum."""
    nats = session.nats_after([item.word for item in found], following, count=count)
    weighed = shares * np.exp(nats - nats.max())
    judged: Doubles = weighed * (shares.sum() / weighed.sum())
    return judged

"""Random edits in sessions, against a session that is given the text at once."""

from collections.abc import Callable
from random import Random
from typing import Any

import texts
from tally import Tally

from wordgru import PersonalModel, Predictor, SearchOptions, Session, Suggestions, TypingModel
from wordgru.text import words
from wordgru.text.vocabulary import folded

_SLACK = 1.2 * 2 * SearchOptions().tolerance
_LONGEST = 300  # letters of one word; see tally.KNOWN


class Sessions:
    """Edits of every kind; after each, answers are compared.

    Args:
        predictors: that answer.
    """

    def __init__(self, predictors: list[Predictor]) -> None:
        self._predictors = predictors
        self._typing = [None, None, TypingModel(), TypingModel(layout="azerty", spread=0.4)]

    def step(self, rng: Random, tally: Tally) -> None:
        """One session."""
        given = rng.choice(self._predictors)
        personal = PersonalModel() if rng.random() < 0.3 else None
        predictor = Predictor(given.model, given.tokenizer, personal=personal)
        if rng.random() < 0.3:
            tally.call("words.add", predictor.words.add, texts.word(rng), weight=rng.choice((1, 50, 0.01)))
            tally.call("words.block", predictor.words.block, texts.word(rng))
        typing = rng.choice(self._typing)
        session: Session = predictor.session(typing=typing)
        for _ in range(rng.randint(2, 10)):
            before = session.text
            what = self._edit(rng, session, typing is not None)
            if tally.call(what[0], *what[1:]) is None and _is_half(session.text):
                session.set(before)
            if len(words.split_last(session.text)[1]) > _LONGEST:
                session.reset()
            self._compare(rng, tally, predictor, session, typing)

    def _edit(self, rng: Random, session: Session, touches: bool) -> tuple[Any, ...]:
        edits: list[tuple[Any, ...]] = [
            ("append", session.append, texts.text(rng, 4)),
            ("append", session.append, rng.choice("abcdefghi tsn'e")),
            ("delete", session.delete, rng.randint(0, 6)),
            ("set", session.set, session.text[: rng.randint(0, 40)] + texts.text(rng, 3)),
            ("commit", session.commit),
            ("reset", lambda: session.reset(before="")),  # else it is read after what was committed, unlike a new one
        ]
        if touches:
            edits.append(("touch", session.touch, rng.uniform(-1, 10), rng.uniform(-1, 3)))
        return rng.choice(edits)

    def _compare(
        self, rng: Random, tally: Tally, predictor: Predictor, session: Session, typing: TypingModel | None
    ) -> None:
        text = session.text
        settings: dict[str, Any] = {"k": rng.choice((1, 3, 3, 5)), "max_rows": rng.choice((1, 8, 64))}
        settings |= rng.choice(({}, {"ignore_case": True}, {"punctuation": True}))
        found = tally.call(f"suggest after {text!r}", session.suggest, **settings)
        anew = predictor.session(text, typing=typing)
        expected = tally.call(f"suggest after {text!r}", anew.suggest, **settings)
        touched = bool(session._touched.points)
        if found is None or expected is None:
            return  # counted, or half a character
        self._hold(tally, text, found, settings["k"])
        if not touched:
            _alike(tally, f"{settings} after {text!r}, typing {typing is not None}", found, expected)
        if typing is None:
            prefix = words.split_last(predictor.tokenizer.normalize(text))[1]
            fold = (lambda word: folded(word.encode()).decode()) if settings.get("ignore_case") else (lambda word: word)
            marks = str.maketrans("’", "'")
            good = all(fold(word.translate(marks)).startswith(fold(prefix.translate(marks))) for word in found.words)
            tally.check(good or not prefix, f"{found.words} do not begin as {text!r} ends")
        if rng.random() < 0.2:
            self._others(tally, predictor, session, typing)

    def _hold(self, tally: Tally, text: str, found: Suggestions, k: int) -> None:
        sum_ = sum(item.probability for item in found)
        tally.check(sum_ <= 1 + 1e-6, f"probabilities after {text!r} sum to {sum_}")
        tally.check(len(found) <= k, f"{len(found)} words of {k} after {text!r}")
        tally.check(bool(found) or not found.exact, f"an empty answer is called exact after {text!r}")
        tally.check(0 <= found.unexplored <= 1, f"unexplored is {found.unexplored} after {text!r}")
        tally.check(len(set(found.words)) == len(found), f"a word comes twice after {text!r}: {found.words}")

    def _others(self, tally: Tally, predictor: Predictor, session: Session, typing: TypingModel | None) -> None:
        text = session.text
        shares = tally.call(f"characters after {text!r}", session.characters)
        if shares is not None:
            sum_ = shares.end + sum(shares.probabilities.values())
            tally.check(abs(sum_ - 1) < 1e-6 or sum_ == 0, f"characters after {text!r} sum to {sum_}")
        data = tally.call(f"save {text!r}", session.save)
        if data is not None:
            restored = tally.call(f"restore {text!r}", predictor.restore, data, typing=typing)
            tally.check(restored is not None and restored.text == text, f"{text!r} was saved, and restored otherwise")
        copy = session.copy()
        copy.append(" more")
        tally.check(session.text == text, f"a copy of {text!r} changed it")
        if typing is None:
            return
        whole = words.split_last(predictor.tokenizer.normalize(text))[1]
        corrected = tally.call(f"autocorrect {text!r}", session.autocorrect, threshold=0.5)
        if corrected is not None:
            if text.endswith(whole):  # else see tests/runtime/test_breakage.py
                left = text[: len(text) - len(whole)] + corrected
                tally.check(session.text == left, f"{text!r} was corrected to {session.text!r}, not {left!r}")
            tally.call("undo", session.undo)
            tally.check(session.text == text, f"{text!r} was corrected and put back as {session.text!r}")


def _alike(tally: Tally, what: str, found: Suggestions, expected: Suggestions) -> None:
    """Alike as far as both are proved."""
    tally.check(found.space == expected.space, f"{what}: space is {found.space}, not {expected.space}")
    if not (found.exact and expected.exact):
        return
    near: Callable[[float, float], bool] = lambda one, other: abs(one - other) <= _SLACK  # noqa: E731
    pairs = zip(found, expected, strict=False)
    good = len(found) == len(expected) and all(near(mine.probability, its.probability) for mine, its in pairs)
    shown = [[(item.word, round(item.probability, 4)) for item in each] for each in (found, expected)]
    tally.check(good, f"{what}: {shown[0]}, at once {shown[1]}")


def _is_half(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)

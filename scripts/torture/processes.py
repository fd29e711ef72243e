"""Threads, forks, new processes and pickled copies answer as one thread does."""

import multiprocessing
import pickle
import threading
from pathlib import Path
from random import Random

import texts
from tally import Tally

from wordgru import Predictor, TypingModel, WordgruError

_THREADS = 24


class Processes:
    """One predictor, asked from everywhere.

    Args:
        predictor: that is shared.
        bundle: what a new process loads.
    """

    def __init__(self, predictor: Predictor, bundle: Path) -> None:
        self._predictor, self._bundle = predictor, bundle

    def step(self, rng: Random, tally: Tally) -> None:
        """One way."""
        asked = [texts.text(rng, half=0) for _ in range(30)]
        expected = [answer(self._predictor, text) for text in asked]
        rng.choice((self._threads, self._threads, self._fork, self._spawn, self._pickle))(asked, expected, tally)

    def _threads(self, asked: list[str], expected: list[float], tally: Tally) -> None:
        found: list[list[float]] = []
        threads = [
            threading.Thread(target=lambda: found.append([answer(self._predictor, text) for text in asked]))
            for _ in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tally.counts["calls"] += len(found) * len(asked)
        tally.check(len(found) == _THREADS, f"{_THREADS - len(found)} threads of {_THREADS} ended early")
        tally.check(all(_alike(each, expected) for each in found), f"threads answer otherwise: {asked!r}")

    def _fork(self, asked: list[str], expected: list[float], tally: Tally) -> None:
        with tally.child("a fork of a predictor") as inside:
            if inside:
                tally.counts["calls"] += len(asked)
                found = [answer(self._predictor, text) for text in asked]
                tally.check(_alike(found, expected), f"a fork answers otherwise: {asked!r}")

    def _spawn(self, asked: list[str], expected: list[float], tally: Tally) -> None:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(loaded, (str(self._bundle), asked))
        tally.counts["calls"] += len(asked)
        tally.check(_alike(found, expected), f"a new process answers otherwise: {asked!r}")

    def _pickle(self, asked: list[str], expected: list[float], tally: Tally) -> None:
        found = self._predictor.suggest("the cat")
        for each in (found, TypingModel(), self._predictor.tokenizer, self._predictor.words, WordgruError("a line.")):
            tally.call(f"pickle a {type(each).__name__}", lambda each=each: pickle.loads(pickle.dumps(each)))
        tally.check(pickle.loads(pickle.dumps(found)) == found, "suggestions are pickled otherwise")


def answer(predictor: Predictor, text: str) -> float:
    """What a process says of a text, as a number: it does not depend on what was asked before."""
    return sum(item.log_probability for item in predictor.score(text)) + len(predictor.suggest(text, k=1))


def loaded(bundle: str, asked: list[str]) -> list[float]:
    """What a process says that loads the bundle itself."""
    predictor = Predictor.load(bundle)
    return [answer(predictor, text) for text in asked]


def _alike(found: list[float], expected: list[float]) -> bool:
    return all(abs(one - other) < 1e-3 + 1e-5 * abs(other) for one, other in zip(found, expected, strict=True))

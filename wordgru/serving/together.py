"""Jobs that run at the same time in one thread, whose steps of the model go into one call."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from greenlet import getcurrent, greenlet

from wordgru.search.model import Floats, Ints
from wordgru.search.rows import Steps

_ROWS = 32  # of one call: it takes 3.8 ms, and 1 row 1.1 ms, with the English model


@dataclass(frozen=True)
class _Ask:
    """A step that a job waits for."""

    job: Any  # a greenlet
    model: Steps
    tokens: Ints
    states: Floats


class StepsTogether:
    """A model whose steps wait for those of other jobs, where a job of `Together` asks for them."""

    def __init__(self, model: Steps) -> None:
        self._model = model

    def step(self, tokens: Ints, states: Floats) -> tuple[Floats, Floats]:
        """As the model's; no answer of it depends on the rest of a call."""
        job = getcurrent()
        if job.parent is None:  # no job
            return self._model.step(tokens, states)
        found: tuple[Floats, Floats] = job.parent.switch(_Ask(job, self._model, tokens, states))
        return found


class Together:
    """Jobs under way. For one thread; each job runs until it asks for a step, in the order in which they came."""

    def __init__(self) -> None:
        self._new: deque[Callable[[], None]] = deque()
        self._asks: deque[_Ask] = deque()

    def __len__(self) -> int:
        return len(self._new) + len(self._asks)

    def add(self, job: Callable[[], None]) -> None:
        """Begin a job in the next round. It must not raise."""
        self._new.append(job)

    def round(self) -> None:
        """Begin new jobs, then make one call of a model, and run those that asked for it on."""
        while self._new:
            self._keep(greenlet(self._new.popleft()).switch())
        if not self._asks:
            return
        asks = self._first()
        try:
            rows, states = asks[0].model.step(
                np.concatenate([ask.tokens for ask in asks]), np.concatenate([ask.states for ask in asks], axis=1)
            )
        except Exception as error:  # each job is told
            for ask in asks:
                self._keep(ask.job.throw(error))
            return
        at = 0
        for ask in asks:
            upto = at + len(ask.tokens)
            self._keep(ask.job.switch((rows[at:upto], states[:, at:upto])))
            at = upto

    def _first(self) -> list[_Ask]:
        """The steps of the next call: of one model, as many as fit."""
        model, rows, taken = self._asks[0].model, 0, list[_Ask]()
        later: deque[_Ask] = deque()
        for ask in self._asks:
            fits = ask.model is model and (not taken or rows + len(ask.tokens) <= _ROWS)
            (taken if fits else later).append(ask)
            rows += len(ask.tokens) * fits
        self._asks = later
        return taken

    def _keep(self, told: object) -> None:
        """What a job gave when it stopped: a step that it asks for, or nothing, since it ended."""
        if isinstance(told, _Ask):
            self._asks.append(told)

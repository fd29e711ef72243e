"""Where the model works: on letters in the event loop itself, on all that takes longer in a thread beside it."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from wordgru.serving.fields import RequestError
from wordgru.serving.together import Together

Answer = TypeVar("Answer")

_LONG = 32  # long requests at once: each takes up to seconds
_LONG_OF_ONE = _LONG // 2  # of one client, so that there is always room for others


class Work:
    """Two queues with an end: what does not fit, or waited too long, is told to come again.

    A letter takes 2 ms, half of it in Python, so threads for letters only pass Python's lock round: with one or two of
    them, a letter took 2.2 to 3.3 ms of a core, and 60 typists were served where 80 are without. Letters that wait at
    the same time run in turns in one thread instead (`Together`), and their steps go into one call of the model: a call
    of 8 rows takes 1.8 ms, eight calls 8.8. Long texts are read inside onnxruntime, which lets the lock go.

    Args:
        waiting: letters that may wait.
        patience: seconds after which nobody waits for an answer any more.
    """

    def __init__(self, *, waiting: int, patience: float) -> None:
        self._most, self._patience, self._letters = waiting, patience, 0
        self._together, self._going = Together(), False
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="long")
        self._long: Counter[str] = Counter()  # under way, by client

    @property
    def waiting(self) -> int:
        """Requests that wait or are being answered."""
        return self._letters + self._long.total()

    async def letter(self, job: Callable[[], Answer]) -> Answer:
        """The answer of a job that others may wait for.

        Raises:
            RequestError: too many are waiting, or it waited too long.
        """
        if self._letters >= self._most:
            raise _busy()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._letters += 1
        try:
            self._together.add(partial(_answer, answer, self._in_time(job)))
            if not self._going:
                self._going = True
                loop.call_soon(self._round, loop)  # what came meanwhile is read first, a newer edit for one
            return await answer
        finally:
            self._letters -= 1

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        """One call of the model, for all that wait for one; between two of them the loop reads what comes."""
        self._together.round()
        if len(self._together):
            loop.call_soon(self._round, loop)
        else:
            self._going = False

    @contextlib.contextmanager
    def long(self, client: str) -> Iterator[None]:
        """Room for a long request, whose turns are taken inside.

        Raises:
            RequestError: there is none, or this client has too much of it.
        """
        if self._long.total() >= min(_LONG, self._most) or self._long[client] >= _LONG_OF_ONE:
            raise _busy()
        self._long[client] += 1
        try:
            yield
        finally:
            self._long[client] -= 1
            if not self._long[client]:
                del self._long[client]

    async def turn(self, job: Callable[[], Answer]) -> Answer:
        """The answer of a job, or of a part of it, that takes longer; turns of several requests follow each other.

        Raises:
            RequestError: it waited too long.
        """
        return await asyncio.get_running_loop().run_in_executor(self._beside, self._in_time(job))

    def _in_time(self, job: Callable[[], Answer]) -> Callable[[], Answer]:
        latest = time.perf_counter() + self._patience

        def in_time() -> Answer:
            if time.perf_counter() > latest:
                raise _busy()
            return job()

        return in_time

    def close(self) -> None:
        """Answer nothing more."""
        self._beside.shutdown(wait=False, cancel_futures=True)


def _answer(answer: "asyncio.Future[Answer]", job: Callable[[], Answer]) -> None:
    """Do a job, unless nobody waits for it any more."""
    if answer.done():
        return
    try:
        found = job()
    except Exception as error:  # it is raised where the answer is awaited
        if not answer.done():
            answer.set_exception(error)
        return
    if not answer.done():
        answer.set_result(found)


def _busy() -> RequestError:
    message = "too many requests are waiting; try again in a second."
    return RequestError(message, status=503, headers={"retry-after": "1"})

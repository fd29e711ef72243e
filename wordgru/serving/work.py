"""Where the model works: on letters in the event loop itself, on all that takes longer in a thread beside it."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from wordgru.serving.fields import RequestError

Answer = TypeVar("Answer")

_LONG_WAITING = 32  # long requests that may wait: each takes up to seconds


class Work:
    """Two queues with an end: what does not fit, or waited too long, is told to come again.

    A letter takes 2 ms, most of it in Python, so threads for letters only pass Python's lock round: with one or two of
    them, a letter took 2.2 to 3.3 ms of a core, and 60 typists were served where 80 are without. Steps of several
    typists in one call of the model, with 4 to 16 threads that wait for each other, put up to 5 rows into a call and
    took 1.7 to 3.2 ms, against 1.9 to 2.2: waiting for each other costs what the calls save. Long texts are read inside
    onnxruntime, which lets the lock go.

    Args:
        waiting: letters that may wait.
        patience: seconds after which nobody waits for an answer any more.
    """

    def __init__(self, *, waiting: int, patience: float) -> None:
        self._most, self._patience = {False: waiting, True: min(_LONG_WAITING, waiting)}, patience
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="long")
        self._waiting = {False: 0, True: 0}

    @property
    def waiting(self) -> int:
        """Requests that wait or are being answered."""
        return sum(self._waiting.values())

    async def __call__(self, job: Callable[[], Answer], *, long: bool = False) -> Answer:
        """The answer of `job`.

        Raises:
            RequestError: too many are waiting, or it waited too long.
        """
        if self._waiting[long] >= self._most[long]:
            raise _busy()
        latest = time.perf_counter() + self._patience

        def in_time() -> Answer:
            if time.perf_counter() > latest:
                raise _busy()
            return job()

        self._waiting[long] += 1
        try:
            if long:
                return await asyncio.get_running_loop().run_in_executor(self._beside, in_time)
            await asyncio.sleep(0)  # what came meanwhile is read first: a newer edit, a socket that closed
            return in_time()
        finally:
            self._waiting[long] -= 1

    def close(self) -> None:
        """Answer nothing more."""
        self._beside.shutdown(wait=False, cancel_futures=True)


def _busy() -> RequestError:
    message = "too many requests are waiting; try again in a second."
    return RequestError(message, status=503, headers={"retry-after": "1"})

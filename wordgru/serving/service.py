"""What the endpoints of one process share."""

import gc
import time
from dataclasses import dataclass
from typing import Self

from wordgru.serving.answers import Source
from wordgru.serving.metrics import Metrics
from wordgru.serving.settings import ServeSettings
from wordgru.serving.work import Work


@dataclass
class Service:
    """The model and its queues.

    Attributes:
        source: what answers come from.
        work: the threads that the model works in.
        metrics: figures of this process.
        began: when it started, in seconds since 1970.
    """

    source: Source
    work: Work
    metrics: Metrics
    began: int

    @classmethod
    def start(cls, settings: ServeSettings) -> Self:
        """Load the model.

        Raises:
            WordgruError: the model or a glossary cannot be read.
        """
        work = Work(waiting=settings.waiting, patience=settings.patience)
        service = cls(Source.load(settings), work, Metrics(), int(time.time()))
        gc.freeze()  # what is there now stays: the collector need not look at it again
        service.metrics.waiting.set_function(lambda: work.waiting)
        return service

    @property
    def settings(self) -> ServeSettings:
        """What it was started with."""
        return self.source.settings

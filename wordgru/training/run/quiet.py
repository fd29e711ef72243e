"""Keeps the progress bars and log lines of `datasets` off a terminal for a while. Knows nothing of text."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import datasets
from datasets.utils import are_progress_bars_disabled


@contextmanager
def quiet(*, bars: bool = False) -> Iterator[None]:
    """Silence `datasets` inside the block and restore it after; with `bars`, a terminal still shows its progress."""
    level, had_bars = datasets.logging.get_verbosity(), not are_progress_bars_disabled()
    datasets.logging.set_verbosity(logging.CRITICAL)
    if not (bars and sys.stderr.isatty()):
        datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.logging.set_verbosity(level)
        if had_bars:
            datasets.enable_progress_bars()

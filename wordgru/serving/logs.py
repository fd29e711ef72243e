"""Logs as lines of JSON. None holds a word of what was typed, nor who typed it."""

import json
import logging
import time
import traceback
from typing import Any

LOGGER = logging.getLogger("wordgru.serving")


class JsonLines(logging.Formatter):
    """One object a line: time, level, event, and what belongs to it.

    Of an exception only its kind and places are told: its message may hold what was typed.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(record.exc_info[2])][-8:]
        return json.dumps(line, ensure_ascii=False)


def log(event: str, **fields: object) -> None:
    """Write a line."""
    LOGGER.info(event, extra={"fields": fields})


def log_config(level: str) -> dict[str, Any]:
    """For `logging.config`: this package's lines from `level` on, and uvicorn's warnings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {
            "wordgru.serving": {"handlers": ["err"], "level": level.upper(), "propagate": False},
            "uvicorn": {"handlers": ["err"], "level": "WARNING", "propagate": False},
            "uvicorn.error": {"level": "WARNING"},
        },
    }

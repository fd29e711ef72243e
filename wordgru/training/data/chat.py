"""Conversations as rows hold them for chat models: lists of messages, each made of who speaks and what is said.

A conversation becomes one document, a message a paragraph of it. What frames it is left out: system prompts, tools.
"""

from collections.abc import Iterable
from typing import Any

COLUMNS = ("messages", "conversations")
"""Where such lists lie, by common usage; looked at where there is no column of text."""

_SPEAKERS = ("role", "from")
_SAID = ("content", "value", "text")
_FRAME = ("system", "developer", "tool", "function", "tool_result", "ipython")


def is_conversation(value: object) -> bool:
    """Whether a value of a row is a list of messages."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and _said(each) for each in value)


def conversation(messages: Iterable[dict[str, Any]] | None) -> str:
    r"""The document of a list of messages.

    >>> conversation([{"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Hi there."}])
    'Hello!\nHi there.'
    """
    spoken = (each for each in messages or () if _speaker(each) not in _FRAME)
    return "\n".join(text for each in spoken if (text := _text(each).strip()))


def _speaker(message: dict[str, Any]) -> str:
    return str(next((message[name] for name in _SPEAKERS if message.get(name)), "")).lower()


def _said(message: dict[str, Any]) -> bool:
    return any(name in message for name in _SAID)


def _text(message: dict[str, Any]) -> str:
    """What is said; of a list of parts (text, pictures) the text."""
    value = next((message[name] for name in _SAID if message.get(name)), "")
    if isinstance(value, list):
        return " ".join(str(part["text"]) for part in value if isinstance(part, dict) and part.get("text"))
    return str(value)

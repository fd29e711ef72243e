"""The habits of who types: capitals, the word I, addresses; and how improbable a word may be that is offered."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from wordgru.config import Config, Range, check_ranges, ranged
from wordgru.errors import WordgruError
from wordgru.search.suggestions import Suggestion

_SEEN = 200  # characters of the text that say how its writer writes
_SHOUTED = 4  # letters of a first word that say that what follows is in capitals too; "OK" does not
_LONGEST_RUN = 2048  # characters without white space that are looked at; addresses of the web are seldom longer
_ADDRESS = re.compile(
    r".*@.*|[a-zA-Z][a-zA-Z0-9+.-]*://.*|[wW]{3}\..*|.+\.\w+/.*"  # of mail and of the web
    r"|(?:~|\.{1,2})?/.+|[a-zA-Z]:\\.*"  # paths
)
_DOTTED = "İ"  # who writes it has I as the capital of ı
_I = re.compile(r"i(?:['’](?:m|ll|ve|d|s))?\Z")
_LONE_I = re.compile(r"(?<![\w'’.])i(?=['’\s,;:!?])")


@dataclass(frozen=True)
class TypistOptions(Config):
    """How offers follow the one who types.

    Attributes:
        capitals: who writes in capitals, "HERE IS MY CA", is offered words in capitals.
        lone_i: in English the word "i" is offered as "I", unless the text writes it small, or the personal words do.
        addresses: whether words are offered inside e-mail addresses, web addresses and paths.
        min_probability: less probable words are not offered.
    """

    capitals: bool = True
    lone_i: bool = True
    addresses: bool = False
    min_probability: float = ranged(0.0, Range(0, 1))

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges, and what is neither true nor false."""
        check_ranges(self)
        for name in ("capitals", "lone_i", "addresses"):
            if not isinstance(value := getattr(self, name), bool):
                raise WordgruError(f"{name} is {value!r}; expected true or false.")


AS_READ = TypistOptions(capitals=False, lone_i=False, addresses=True)
"""Offers as the model gives them."""


def is_in_address(text: str) -> bool:
    """Whether `text` ends inside an e-mail or web address, a name with @, or a path."""
    return _ADDRESS.fullmatch(re.split(r"\s", text[-_LONGEST_RUN:])[-1]) is not None


def offers_nothing(typist: TypistOptions, head: str, letters: str, *, prefix: bool) -> bool:
    """Whether nothing is offered for `letters` after `head`, as inside an address.

    A `prefix` that is not in the text begins a word of its own where the text ends with one, after a missing space.
    """
    goes_on = not prefix or not head[-1:].isalnum()
    return goes_on and not typist.addresses and is_in_address(head + letters)


def is_in_capitals(head: str, prefix: str) -> bool:
    """Whether the word that begins with `prefix` after the text `head` is written in capitals, as those before it."""
    before = head[-_SEEN:]
    if any(char.islower() for char in before) or (prefix and not prefix.isupper()):
        return False
    count = sum(len(word) > 1 and word.isupper() for word in before.split())
    return count > 1 or (len(prefix) > 1 and (count == 1 or len(prefix) >= _SHOUTED))


def in_small(text: str, seen: str) -> str:
    """`text` in small letters, as one writes who wrote `seen`."""
    return (text.replace(_DOTTED, "i").replace("I", "ı") if _DOTTED in seen[-_SEEN:] else text).lower()


def in_capitals(word: str, seen: str) -> str:
    """`word` in capitals, as one writes who wrote `seen`."""
    return (word.replace("i", _DOTTED) if _DOTTED in seen[-_SEEN:] else word).upper()


def with_capital_i(word: str, text: str) -> str:
    """`word` with a capital if it is "i" or a contraction of it, unless `text` writes it small."""
    return "I" + word[1:] if _I.match(word) and not _writes_small_i(text[-_SEEN:]) else word


@lru_cache(maxsize=64)
def _writes_small_i(text: str) -> bool:
    return bool(_LONE_I.search(text))


def as_one(offers: Iterable[Suggestion], *, fold: bool = False) -> list[Suggestion]:
    """Offers of the same word as one, most probable first; with `fold` in any case, in that of the likeliest."""
    one: dict[str, Suggestion] = {}
    for item in offers:
        key = item.word.lower() if fold else item.word
        same = one.get(key)
        one[key] = replace(same, probability=same.probability + item.probability) if same else item
    return sorted(one.values(), key=lambda item: -item.probability)

"""What is offered, and who gave it; words that were passed over: whoever types on probably means another one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Self

from wordgru.search.suggestions import Found, Suggestion
from wordgru.text import words


class Offered:
    """What was offered for the word that is typed."""

    def __init__(self) -> None:
        self._offers: list[tuple[str, str, tuple[str, ...]]] = []  # text before the word, its letters, words offered

    def copy(self) -> Self:
        """The same, to go its own way."""
        other = type(self)()
        other._offers = list(self._offers)
        return other

    def add(self, head: str, prefix: str, shown: Sequence[str]) -> None:
        """These words were offered after `head` and the letters `prefix`."""
        self._offers.append((head, prefix, tuple(shown)))

    def passed_over(self, head: str, prefix: str) -> dict[str, int]:
        """The words that were offered for this word before its last letters came, and how often."""
        self._offers = [
            offer
            for offer in self._offers
            if offer[0] == head and prefix.startswith(offer[1]) and len(offer[1]) < len(prefix)
        ]
        return Counter(word for _, _, offered in self._offers for word in offered)


def less_those(offers: tuple[Suggestion, ...], passed: Mapping[str, int], attention: float) -> tuple[Suggestion, ...]:
    """`offers` given that some words were passed over, best first.

    Only words that were passed over lose, so the best k are among the best k + those before.
    """
    kept = {offer.word: (1.0 - attention) ** passed.get(offer.word, 0) for offer in offers}
    whole = 1.0 - sum((1.0 - kept[offer.word]) * offer.probability for offer in offers)
    weighed = (
        replace(offer, probability=min(kept[offer.word] * offer.probability / max(whole, 1e-9), 1.0))
        for offer in offers
    )
    return tuple(sorted(weighed, key=lambda offer: -offer.probability))


@lru_cache(maxsize=65536)  # of some µs each, and the same words come at every letter
def as_offered(spelled: bytes, punctuation: bool, spaced: bool, wanted: bool | None) -> str | None:
    """A pre-token as it is offered; None if it is no word, or if asked a mark, that may stand here.

    A space may begin it if `spaced`. Where what follows directly and what follows a space are ranked in one, `wanted`
    says whether a word has its space: each is offered in one form, " word" and ".", not "word" and " .".
    """
    try:
        text = spelled.decode()
    except UnicodeDecodeError:
        return None
    if not text or (text[0] == " " and not spaced) or not words.is_one(text):
        return None
    kind = words.kind(text)
    if kind == "space" or (kind in ("marks", "emoji") and not punctuation):
        return None
    if wanted is not None and (text[0] == " ") != (wanted and words.takes_space(text)):
        return None
    return text.removeprefix(" ")


def sources_of(found: Found) -> tuple[str, ...]:
    """Who gives a tenth of a word's probability or more."""
    shares = {"model": found.probability - sum(found.named.values()), **found.named}
    return tuple(name for name, share in shares.items() if share >= 0.1 * found.probability)

"""What was typed as it stands: how probable a word is that no model knows, by its case and what was written before."""

from dataclasses import dataclass

from wordgru.typing.model import TypingModel

UNKNOWN_LETTER = 1 / 27
"""Probability of a letter in a word that nobody knows."""

_SEEN = 20_000  # characters before a word in which it is looked for
_CERTAIN = 0.5  # the most that a word has which was written before


@dataclass(frozen=True)
class Standing:
    """What was typed, as a word of its own.

    Attributes:
        prior: P(the next word is what was typed, and no model knows it).
        share: P(it was meant so | the model expects it, and the language does not know it); None if it is known.
    """

    prior: float
    share: float | None = None


def standing(model: TypingModel, head: str, typed: str) -> Standing:
    """What a word typed in full after `head` has as it stands, if the language does not know it."""
    prior = stranger(model, typed)
    if count := _written(head[-_SEEN:], typed):
        prior = min(model.again * count, _CERTAIN)
    return Standing(prior, model.name if typed[:1].isupper() else model.coined)


def stranger(model: TypingModel, typed: str) -> float:
    """P(the next word is one that no model knows and nobody wrote before, of these letters)."""
    return model.unknown * UNKNOWN_LETTER ** len(typed)


def _written(text: str, word: str) -> int:
    """How often a word stands in a text, as it is typed or with the other case of its first letter."""
    count = 0
    for form in {word, word[:1].swapcase() + word[1:]}:
        at = text.find(form)
        while at >= 0:
            end = at + len(form)
            count += not text[max(at - 1, 0) : at].isalnum() and not text[end : end + 1].isalnum()
            at = text.find(form, end)
    return count

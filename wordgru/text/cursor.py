"""The text before a cursor, cut where the word begins that is being typed."""

from wordgru.errors import WordgruError
from wordgru.text import words
from wordgru.text.tokenizer import Tokenizer

_BEFORE = 600  # characters of what was sent before that a new text is read after; they grow to twice as many


def last_line_part(text: str) -> tuple[str, str]:
    """`text` cut after its last white space."""
    start = max(text.rfind(mark) for mark in " \n\r\t") + 1
    return text[:start], text[start:]


def parted(text: str, tokenizer: Tokenizer, *, count: int = 1) -> tuple[str, str]:
    """The text before its unfinished last word, and that word; or the last two, if one space is between them."""
    before, tail = last_line_part(text)
    rest, unfinished = words.split_last(tokenizer.normalize(tail))
    if count == 2 and unfinished and not rest and before[-1:] == " ":
        head, first = parted(before[:-1], tokenizer)
        return (head, f"{first} {unfinished}") if first else (before, unfinished)
    return before + rest, unfinished


def word_start(text: str, unfinished: str, tokenizer: Tokenizer) -> int:
    """Where the unfinished last word, or two, begins in a text as it was typed, which normalising may change."""
    start = at = len(text)
    first = max(at - 4 * len(unfinished) - 64, 0)  # marks that normalising drops may stand there without end
    while at > first and len(seen := tokenizer.normalize(text[at - 1 :])) <= len(unfinished):
        at -= 1
        start = at if seen == unfinished else start
    return start


def as_before(text: str) -> str:
    """What was written before a text, normalised, as whole lines, or the end of it."""
    text = text.strip(" \n\t")
    if len(text) > 2 * _BEFORE:
        text = text[-_BEFORE:]
        text = text.partition("\n" if "\n" in text else " ")[2] or text
    return text + "\n" if text else ""


def as_prefix(prefix: str, tokenizer: Tokenizer) -> str:
    """The letters with which a word begins, as the model sees them.

    Raises:
        WordgruError: they are no part of a word.
    """
    seen = tokenizer.normalize(prefix)
    unspaced = seen[:1] != " " and words.is_one(seen) and words.kind(seen) == "unspaced"
    if seen and not unspaced and words.split_last(seen) != ("", seen):
        raise WordgruError(
            f"the prefix {prefix!r} is no beginning of a word; expected letters or digits, with single ' ’ or - "
            "between them. Put what stands before the word into the context."
        )
    return seen

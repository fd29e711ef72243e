"""Text without slips, typed exactly: how many of its words a typing model changes, and so changes wrongly.

Counted are the words that may be corrected at all (`wordgru.text.prose`), those that the language knows and the others,
names above all, apart. A difference of case alone is no change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wordgru.errors import TextError
from wordgru.evaluation.bench import Document
from wordgru.predictor import Predictor
from wordgru.text import words
from wordgru.text.prose import is_prose
from wordgru.typing.correct import FOLLOWING, correction_at
from wordgru.typing.model import TypingModel

Change = tuple[str, str]
"""A word of the text, and what would stand there."""


@dataclass(frozen=True)
class Changed:
    """The words of a text that were changed.

    Attributes:
        known: how many words the language knows.
        unknown: and how many it does not; none where nobody says which it knows.
        left: changes made from the text on the left, while typing: of known words, and of unknown ones.
        whole: and by what reads the text on both sides.
    """

    known: int
    unknown: int
    left: tuple[tuple[Change, ...], tuple[Change, ...]]
    whole: tuple[tuple[Change, ...], tuple[Change, ...]]

    def to_dict(self) -> dict[str, Any]:
        """Percentages, the number of words, and the changes."""
        counts, ways = {"known": self.known, "unknown": self.unknown}, {"left": self.left, "whole": self.whole}
        return {
            name: {
                "words": count,
                **{way: 100 * len(changes[at]) / count if count else 0.0 for way, changes in ways.items()},
                "changes": {way: [list(change) for change in changes[at]] for way, changes in ways.items()},
            }
            for at, (name, count) in enumerate(counts.items())
        }


def evaluate_clean(
    documents: Sequence[Document], predictor: Predictor, typing: TypingModel, *, threshold: float = 0.9,
    unknown: bool = False, progress: Callable[[int], None] | None = None,
) -> Changed:  # fmt: skip
    """Type the documents as they are; each word is judged by its document as it stands, one line after the other.

    Args:
        documents: texts without slips.
        predictor: corrects them.
        typing: how their writer is taken to type.
        threshold: how probable a correction must be.
        unknown: judge only the words that the language does not know, which are few.
        progress: called with the number of words done since the last call.
    """
    counts = [0, 0]
    changes: dict[str, tuple[list[Change], list[Change]]] = {"left": ([], []), "whole": ([], [])}
    for text in (words.normalize(document.text) for document in documents):
        session = predictor.session(typing=typing)
        for start, end, unspaced in words.spans(text):
            if progress:
                progress(1)
            if unspaced or not is_prose(text, start, end):
                continue
            typed = text[start:end]
            kind = int(predictor.words.is_strange(typed))
            if unknown and not kind:
                continue
            counts[kind] += 1
            session.set(text[:end])
            if (word := session.autocorrect(threshold=threshold)) is not None:
                changes["left"][kind].append((typed, word))
            after = text[end : end + FOLLOWING]
            if correction := correction_at(start, typed, text[:start], after, session, threshold):
                changes["whole"][kind].append((typed, correction.word))
    if not sum(counts):
        raise TextError("the text holds no word that may be corrected; expected prose. Check the source.")
    left, both = ((tuple(known), tuple(unknown)) for known, unknown in changes.values())
    return Changed(counts[0], counts[1], left, both)

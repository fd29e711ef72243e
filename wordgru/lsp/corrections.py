"""What was probably meant otherwise in a document, line by line; what was looked at once is remembered."""

from collections.abc import Iterator
from dataclasses import dataclass

from wordgru.lsp.prose import prose_lines
from wordgru.predictor import Predictor
from wordgru.typing.correct import Correction, word_by_word
from wordgru.typing.model import TypingModel

_BEFORE = 1000  # characters before a line that are read, from the beginning of a line on
_SAME = 100  # and those that must be the same for a line to be remembered
_LOOKED_AT = 20_000  # characters of a document: a word takes about 13 ms


@dataclass(frozen=True)
class Slip:
    """A word of a document that was meant otherwise.

    Attributes:
        line: its number, from 0.
        text: of the line.
        correction: of the word; its places are those in the line, in characters.
    """

    line: int
    text: str
    correction: Correction


class Corrections:
    """The slips of the open documents.

    Args:
        predictor: what knows the words.
        typing: how they were typed.
        threshold: how probable a correction must be.

    Attributes:
        left_alone: words that are no slips, whatever they look like.
    """

    def __init__(self, predictor: Predictor, typing: TypingModel, *, threshold: float) -> None:
        self._predictor, self._typing, self._threshold = predictor, typing, threshold
        self._lines: dict[str, dict[tuple[str, str], list[Correction]]] = {}  # of each document
        self.left_alone = set[str]()

    def close(self, name: str) -> None:
        """Forget a document."""
        self._lines.pop(name, None)

    def check(self, name: str, text: str, language: str, *, cursor: int | None = None) -> Iterator[list[Slip]]:
        """The slips found so far, after each word: so that something else may be done between two words.

        Args:
            name: the document's.
            text: all of it; the first 20,000 characters are looked at.
            language: as the editor names it; only prose is looked at.
            cursor: where somebody types, in characters: a word that ends there is not looked at, for it is unfinished.
        """
        known, used = self._lines.get(name, {}), dict[tuple[str, str], list[Correction]]()
        slips: list[Slip] = []
        for number, start, line in prose_lines(text[:_LOOKED_AT], language):
            key = (text[max(start - _SAME, 0) : start], line)
            found = known.get(key)
            if found is None:
                found = []
                for correction in self._corrections(text, start, line, cursor):
                    found += [correction] if correction else []
                    yield slips
            if cursor is None or cursor != start + len(line.rstrip()):  # an unfinished line is looked at again
                used[key] = found
            slips += [Slip(number, line, each) for each in found if each.typed not in self.left_alone]
        self._lines[name] = used
        yield slips

    def _corrections(self, text: str, start: int, line: str, cursor: int | None) -> Iterator[Correction | None]:
        """Each word of a line: its correction, if it was meant otherwise."""
        first = max(start - _BEFORE, 0)
        before = text[text.find("\n", first, start) + 1 : start] if first else text[:start]
        session = self._predictor.session(typing=self._typing)
        words = word_by_word(before + line, session, threshold=self._threshold, start=len(before))
        for end, found in words:
            if found is None or start + end - len(before) == cursor:
                yield None
            else:
                shift = -len(before)
                yield Correction(
                    found.start + shift, found.end + shift, found.typed, found.word, found.probability,
                    found.candidates,
                )  # fmt: skip

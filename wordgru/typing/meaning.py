"""What was meant at the cursor of a field: the part of a session that needs a typing model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wordgru.search.model import Floats
from wordgru.search.named import Named
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import Answer, SearchOptions, Suggestions
from wordgru.sources.finger import Finger
from wordgru.sources.word_list import STRANGE, WordList
from wordgru.text.prose import is_prose
from wordgru.typing.channel import Typed
from wordgru.typing.field import Touched
from wordgru.typing.layout import Layout
from wordgru.typing.model import TypingModel
from wordgru.typing.search import TypingSearch
from wordgru.typing.standing import Standing, standing, stranger

_LONGEST = 40  # letters of a word that a typing model looks at; longer ones are taken as they are
_CORRECTION_ROWS = 24  # budget of a search for a word typed in full
_CORRECTION_BATCH = 4  # rows of one call there: what was read says what to read next
_TYPED_ROWS = 16  # budget of one for a word that goes on: its rows cost more, and it seldom finds better after them
_ASKED = 3  # words among which a correction is looked for

Factor = Callable[[bytes], float]
"""What a pre-token counts, from 0 for what may not be offered to 1."""


@dataclass(frozen=True)
class WordStart:
    """Where a word begins.

    Attributes:
        state: (layers, hidden) before the last token.
        last: that token.
        gap: the space before the word, or nothing.
        named: words that other sources than the model name.
    """

    state: Floats
    last: int
    gap: bytes
    named: Sequence[Named]


class Meaning:
    """Finds what was meant by letters."""

    def __init__(self, typing: TypingModel, search: WordSearch, word_list: WordList) -> None:
        """Use how somebody types, a search, and the words that are known."""
        self._typing, self._search, self._word_list = typing, TypingSearch(search), word_list

    def typed(self, letters: str, text: str, touched: Touched, finger: Finger, *, complete: bool) -> Typed | None:
        """Letters as the typing model sees them; None of what it does not look at.

        Args:
            letters: of the word.
            text: of the field, which ends with them where they are in it.
            touched: where they were touched.
            finger: where it lands beside the keys.
            complete: whether the word ends with them.
        """
        if not 0 < len(letters) <= _LONGEST:
            return None
        begin = len(text) - len(letters) if text.endswith(letters) else None
        return touched.typed(letters, begin, self._typing, finger, complete=complete)

    def going_on(self, start: WordStart, typed: Typed, k: int, options: SearchOptions, factor: Factor) -> Answer:
        """The words most probably meant by letters after which others may come."""
        fewer = replace(options, max_rows=min(options.max_rows, _TYPED_ROWS))
        return self._search(
            start.state, start.last, start.gap, typed, k, fewer, factor=factor,
            prior=stranger(self._typing, typed.letters), named=start.named,
        )  # fmt: skip

    def in_full(
        self, head: str, start: WordStart, typed: Typed, k: int, options: SearchOptions, factor: Factor, doubt: float
    ) -> Answer:
        """The words most probably meant by letters after `head` with which the word ends.

        What was typed is always allowed; other words are not looked for where its share is above `doubt`.
        """
        letters = typed.letters
        own, is_name = start.gap + letters.encode(), False
        stands = Standing(stranger(self._typing, letters))
        if " " not in letters and self._word_list.factor(letters) == STRANGE:
            stands, is_name = standing(self._typing, head, letters), letters[:1].isupper()
        share, small = stands.share, own.decode().lower()

        def standing_factor(word: bytes) -> float:
            usual = factor(word)
            if share is not None and usual and word.decode().lower() == small:
                return share if word == own else min(usual, share)
            return usual or float(word == own)

        fewer = replace(
            options, max_rows=min(options.max_rows, _CORRECTION_ROWS), batch=min(options.batch, _CORRECTION_BATCH)
        )
        return self._search(
            start.state, start.last, start.gap, typed, k, fewer, factor=standing_factor, prior=stands.prior,
            named=start.named, near=[*self._near(letters), *[letters] * is_name], doubt=doubt,
        )  # fmt: skip

    def _near(self, typed: str) -> list[str]:
        """Known words near a word that is none, as they are and with a capital."""
        if " " in typed or self._word_list.knows(typed):
            return []
        found = self._word_list.near(typed, Layout.load(self._typing.layout).letters)
        return [form for word in found for form in (word, word[:1].upper() + word[1:])]

    def correction(
        self, head: str, typed: str, threshold: float, as_typed: str, ask: Callable[[int, float], Suggestions]
    ) -> str | None:
        """The word that was meant by a word typed in full, or by two, if it is another and probable enough.

        Args:
            head: the text before it.
            typed: the word, or two with a space between them, of which one is made.
            threshold: how probable a correction must be.
            as_typed: the word with the apostrophes of its text.
            ask: the words meant; given how many, and the share above which what was typed is right.
        """
        first, _, second = typed.partition(" ")
        may_be = may_be_one(self._word_list, head, first, second) if second else _is_prose(head, typed)
        meant = ask(_ASKED, 1.0 - threshold) if may_be else ()
        if not meant or meant[0].probability * (1.0 - meant.unexplored) < threshold:
            return None
        word = meant[0].word
        is_other = " " not in word if second else word.lower() != as_typed.lower()
        return word if is_other else None


def may_be_one(word_list: WordList, before: str, first: str, second: str) -> bool:
    """Whether two words typed after `before` may be one that the language knows, with a space too many."""
    return (
        word_list.knows(first + second)
        and second == second.lower()
        and _is_prose(before, first)
        and _is_prose("", second)
    )


def _is_prose(before: str, word: str) -> bool:
    """Whether a word with which a text ends may be corrected."""
    return is_prose(before + word, len(before), len(before) + len(word))

"""A session: one text field, whose text is read once however it is edited."""

from collections.abc import Sequence
from dataclasses import replace
from types import NoneType
from typing import Self

import numpy as np
import numpy.typing as npt

from wordgru.config import Range, check_text, check_type
from wordgru.errors import WordgruError
from wordgru.offered import Offered, as_offered, less_those, sources_of
from wordgru.reading import Reading, common
from wordgru.saved import Saved
from wordgru.search.characters import Characters
from wordgru.search.model import LanguageModel
from wordgru.search.named import Named
from wordgru.search.search import WordSearch
from wordgru.search.suggestions import Answer, K, SearchOptions, Suggestion, Suggestions, with_settings
from wordgru.sources.finger import Finger
from wordgru.sources.personal import PersonalModel
from wordgru.sources.word_list import WordList
from wordgru.text import words
from wordgru.text.cursor import as_before, as_prefix, last_line_part, parted, word_start
from wordgru.text.tokenizer import Tokenizer
from wordgru.typing.channel import Typed
from wordgru.typing.field import Corrected, Point, Touched
from wordgru.typing.layout import Layout, check_point
from wordgru.typing.meaning import Meaning, WordStart, may_be_one
from wordgru.typing.model import TypingModel
from wordgru.typist import (
    TypistOptions,
    as_one,
    in_capitals,
    in_small,
    is_in_capitals,
    offers_nothing,
    with_capital_i,
)

_ATTENTION = Range(0, 1, below=True)
COUNT = Range(0, whole=True)
"""How many characters may be deleted."""

_THRESHOLD = Range(0, 1)
_COUNT_TYPED = Range(1, 2, whole=True)
_TAIL = 256  # characters before a word that say which of the person's own words follow


class Session:
    """What is typed into one text field, and the model's states along it. Not to be shared by threads.

    >>> session = predictor.session("the ")  # doctest: +SKIP
    >>> session.append("ca")  # doctest: +SKIP
    >>> session.suggest(k=3).words  # doctest: +SKIP

    Variants of a mark that the model never learnt are read as the one that it did (`Tokenizer.variants`), and words are
    offered with the apostrophe that the text used last: `don’t` to whom types `’`.
    """

    def __init__(
        self, model: LanguageModel, tokenizer: Tokenizer, search: WordSearch, *, word_list: WordList | None = None,
        identity: str = "", personal: PersonalModel | None = None, typing: TypingModel | None = None,
        typist: TypistOptions | None = None,
    ) -> None:  # fmt: skip
        """Use what a predictor shares.

        Args:
            model: the language model.
            tokenizer: its tokens.
            search: over the same model.
            word_list: words to offer and not to offer.
            identity: the hash by which a saved session knows its model again.
            personal: words of the person who types.
            typing: how that person types; without it, letters are taken as they are.
            typist: how offers follow that person, an attribute that may be set; `TypistOptions()` without it.
        """
        self.typist = typist or TypistOptions()
        check_type("typing", typing, (TypingModel, NoneType), "a TypingModel: TypingModel() for its defaults")
        check_type("typist", typist, (TypistOptions, NoneType), "TypistOptions")
        self._word_list, self._identity, self._personal = word_list or WordList(), identity, personal
        self._typing = typing
        self._meaning = Meaning(typing, search, self._word_list) if typing else None
        self._touched = Touched()
        self._kept: set[str] = set()  # words that were corrected, and put back
        self._corrected: Corrected | None = None  # the last correction
        self._model, self._tokenizer, self._search = model, tokenizer, search
        self._committed = ("", 0.0)  # what the person's words have learnt of this field, and their clock before
        self._offered = Offered()
        self._named: tuple[object, Named] | None = None  # for which place, and what
        self._text = ""
        self._reading = Reading(model, tokenizer, search.places)

    @property
    def size(self) -> int:
        """Bytes that the session keeps: text, tokens and states."""
        return words.bytes_of(self._text) + self._reading.size

    @property
    def text(self) -> str:
        """The text of the field up to the cursor."""
        return self._text

    def append(self, text: str) -> None:
        """Type `text` at the end."""
        check_text("the text", text)
        self.set(self._text + text)

    def delete(self, count: int = 1) -> None:
        """Delete the last `count` characters."""
        COUNT.check("count", count)
        self.set(self._text[: max(len(self._text) - count, 0)])

    def set(self, text: str) -> None:
        """Make `text` what stands before the cursor: any edit, paste or move of the cursor.

        Only what differs from the text before, from its last word boundary on, is read again, and not before
        something is asked.
        """
        check_text("the text", text)
        self._touched.edit(self._text, text, common(self._text, text))
        self._text = text

    def reset(self, *, before: str | None = None) -> None:
        """Empty the field, for a new text. The model reads it after the texts that were committed in this field.

        Args:
            before: what the model reads before the new text, in place of that; empty where it has to do with nothing.
        """
        committed = self._tokenizer.normalize(self._committed[0])
        seen = self._reading.before + committed if before is None else self._tokenizer.normalize(before)
        self._reading.before = as_before(seen)
        self.set("")
        self._committed = ("", 0.0)
        self._offered, self._kept, self._corrected = Offered(), set(), None

    def touch(self, x: float, y: float, is_upper: bool = False) -> str:
        """Touch the keyboard: the letter of the nearest key is typed, and which others it may be is remembered.

        Args:
            x: key widths to the right of the first key's centre.
            y: key widths below it; rows lie one apart.
            is_upper: whether its capital is typed.

        Returns:
            The letter.

        Raises:
            WordgruError: the session has no typing model, or the point is none.
        """
        if self._typing is None:
            raise WordgruError("this session has no keyboard; make it with predictor.session(typing=TypingModel()).")
        check_point(x, y)
        right, below = self._personal.finger.offset if self._personal else (0.0, 0.0)
        char, place = Layout.load(self._typing.layout).nearest(x - right, y - below), len(self._text)
        if is_upper and len(char.upper()) == 1:
            char = char.upper()
        self.append(char)
        self._touched.add(place, (float(x), float(y)))
        return char

    def landed(self) -> list[Point]:
        """Where the finger landed beside the keys of the letters in the field, in key widths; each touch is told once.

        A word that was put in place of letters, one for each, says which were meant. `commit` learns it.
        """
        return self._touched.landed(self._text, Layout.load(self._typing.layout)) if self._typing else []

    def autocorrect(self, *, threshold: float = 0.9) -> str | None:
        """Put the word that was meant in place of the letters typed, if its probability reaches `threshold`; return it.

        Where the last two words are one that was typed with a space too many, it stands in place of both, as they were
        typed: "th" may have been corrected before. `undo` takes it back.

        Raises:
            WordgruError: the threshold is no probability.
        """
        _THRESHOLD.check("threshold", threshold)
        head, prefix = self._unfinished()
        if offers_nothing(self.typist, head, prefix, prefix=False):
            return None
        typed = self._as_two()
        before, letters = parted(typed, self._tokenizer, count=2)
        word = self._correction(before, letters, SearchOptions(), threshold) if " " in letters else None
        if word is None:
            typed, letters = self._text, prefix
            word = self._correction(head, prefix, SearchOptions(), threshold)
        if word is not None:
            points = self._touched.points
            points = self._corrected.taken_back(points) if self._corrected and typed != self._text else points
            self.set(typed[: word_start(typed, letters, self._tokenizer)] + word)
            self._corrected = Corrected(letters, typed, self._text, points)
        return word

    def corrections(
        self, *, k: int = 3, count: int = 1, options: SearchOptions | None = None, **settings: object
    ) -> Suggestions:
        """What was meant by the unfinished last word if it ends here, most probable first; what was typed included.

        Args:
            k: how many words, at least 1.
            count: of how many last words it is asked, 1 or 2; of 2, one word that was typed as two is among what may
                have been meant.
            options: budgets and tolerance.
            settings: fields of `SearchOptions`, in place of those of `options`.

        Raises:
            WordgruError: the session has no typing model, or a number is out of its range.
        """
        K.check("k", k)
        if self._typing is None:
            raise WordgruError(
                "this session has no typing model; make it with predictor.session(typing=TypingModel())."
            )
        _COUNT_TYPED.check("count", count)
        head, prefix = self._unfinished(count=count)
        return self._meant(head, prefix, k, with_settings(options, settings))

    def characters(self, *, options: SearchOptions | None = None, **settings: object) -> Characters:
        """What the next character is, and whether the word ends, given the text and its unfinished last word.

        Where a space is missing before the next word, it is what follows that space.

        Args:
            options: tolerance and budgets.
            settings: fields of `SearchOptions`, in place of those of `options`.
        """
        head, unfinished = self._unfinished()
        space = not unfinished and words.wants_space(head[-2:])
        start = self._begin(head + " " * space)
        found = self._search.characters(
            start.state, start.last, start.gap + unfinished.encode(), with_settings(options, settings),
            named=start.named,
        )  # fmt: skip
        return found.of(lambda char: words.split_last(unfinished + char)[0] == "" if unfinished else char > " ")

    def may_be_one(self, before: str, first: str, second: str) -> bool:
        """Whether two words typed after `before` may be one that the language knows, with a space too many."""
        return may_be_one(self._word_list, before, first, second)

    def nats_after(self, choices: Sequence[str], following: str, *, count: int = 1) -> npt.NDArray[np.float64]:
        """Log P(following | the text before the unfinished last word, and each of some words in its place).

        Args:
            choices: the words, (B,).
            following: what stands after the word, any text.
            count: how many last words they stand in place of, 1 or 2.

        Returns:
            Natural logarithms, (B,).
        """
        return self._reading.nats_after(self._unfinished(count=count)[0], choices, following)

    def nats(self, before: str, following: str) -> float:
        """Log P(following | before), natural; read as what the field holds.

        Args:
            before: any text that ends where a word does, or before one; the field's own is read fastest.
            following: what stands after it, whole words.
        """
        return self._reading.nats(before, following)

    def undo(self) -> None:
        """Take the last correction back; the word typed is not corrected again in this field.

        What was typed since stays. Where there was no correction, or the text before it has changed, nothing happens.
        """
        if (corrected := self._corrected) and self._text.startswith(corrected.after):
            points = corrected.taken_back(self._touched.points)
            self.set(corrected.before + self._text[len(corrected.after) :])
            self._touched.points = points
            self._kept.add(corrected.letters)
        self._corrected = None

    def commit(self) -> int:
        """Learn what stands in the field: call it when the text is sent, or the field left. Return how many words.

        Called again after a correction, what was learnt of the field before is taken back. Without a `PersonalModel`
        nothing happens.

        Raises:
            WordgruError: the store cannot be written.
        """
        if self._personal is not None and (landed := self.landed()):
            self._personal.learn_touches(landed)
        learnt, since = self._committed
        if self._personal is None or self._text == learnt:
            return 0
        if learnt:
            self._personal.unlearn(self._tokenizer.normalize(learnt), since=since)
            self._committed = ("", 0.0)
        since = self._personal.clock
        count = self._personal.learn(self._tokenizer.normalize(self._text))
        self._committed = (self._text, since)
        return count

    def copy(self) -> Self:
        """A session with the same text that goes its own way; of what it commits, nothing was learnt yet."""
        other = type(self)(
            self._model, self._tokenizer, self._search, word_list=self._word_list, identity=self._identity,
            personal=self._personal, typing=self._typing, typist=self.typist,
        )  # fmt: skip
        other._touched, other._kept, other._corrected = self._touched.copy(), set(self._kept), self._corrected
        other._text, other._reading = self._text, self._reading.copy()
        other._named, other._offered = self._named, self._offered.copy()
        return other

    def suggest(
        self, *, prefix: str | None = None, k: int = 3, attention: float = 0.0, threshold: float = 0.9,
        options: SearchOptions | None = None, **settings: object,
    ) -> Suggestions:  # fmt: skip
        """The `k` most probable words at the cursor.

        With a typing model they are those that were most probably meant by the letters typed, and
        `Suggestions.autocorrect` says what stands there if the word ends here. Words follow the habits of the one who
        types, as `TypistOptions` says; where that is to offer nothing, the answer is empty and not exact.

        Args:
            prefix: letters typed that are not in the text; without it the unfinished last word of the text is the
                prefix. A space that is missing between the text and a new word is implied (`Suggestions.space`).
            k: how many words, at least 1.
            attention: how surely a typist takes the word meant when it is offered. Words that this session offered
                with fewer letters, and that were passed over, are less probable then:
                P(types on | word meant and offered) = 1 - attention. 0: they are not.
            threshold: how probable a correction must be.
            options: budgets, tolerance and what matches.
            settings: fields of `SearchOptions`, in place of those of `options`.

        Raises:
            WordgruError: the prefix is no part of a word, or a number is out of its range.
        """
        K.check("k", k)
        _THRESHOLD.check("threshold", threshold)
        _ATTENTION.check("attention", attention)
        options = with_settings(options, settings)
        if prefix is None:
            head, unfinished = self._unfinished()
        else:
            before, tail = last_line_part(self._text)
            head, unfinished = before + self._tokenizer.normalize(tail), as_prefix(prefix, self._tokenizer)
        typed_as = self._text + (prefix or "")
        if offers_nothing(self.typist, head, unfinished, prefix=prefix is not None):
            return Suggestions((), exact=False, unexplored=1.0)
        if head and not unfinished and options.punctuation and not head[-1:].isspace():
            return self._follow(head, "", k, options, attention, typed_as=typed_as, space=False, ends=True)
        space = not (prefix is None and unfinished) and words.wants_space(head[-2:])
        found = self._follow(head + " " * space, unfinished, k, options, attention, typed_as=typed_as, space=space)
        meant = self._correction(head + " " * space, unfinished, options, threshold)
        return replace(found, autocorrect=meant) if meant else found

    def _follow(
        self, head: str, prefix: str, k: int, options: SearchOptions, attention: float, *, typed_as: str, space: bool,
        ends: bool = False,
    ) -> Suggestions:  # fmt: skip
        """What may stand after `head`, in the form in which the one who types writes."""
        seen = head + prefix
        if shouted := self.typist.capitals and is_in_capitals(head, prefix):
            head, prefix = in_small(head, seen), in_small(prefix, seen)
            options = replace(options, ignore_case=True)
        has_i = self.typist.lone_i and self._word_list.knows("i'm")  # as English does, and no other language

        def form(item: Suggestion) -> Suggestion:
            word = with_capital_i(item.word, head) if has_i and not self._is_small_i() else item.word
            return replace(item, word=in_capitals(word, seen) if shouted else word)

        for more in (0, 1):  # two that were one word leave a place
            found = self._find(head, prefix, k + more, options, attention, typed_as=typed_as, space=space, ends=ends)
            formed = as_one(form(item) for item in found)
            if len(formed) in (k, len(found)):
                break
        likely = tuple(item for item in formed[:k] if item.probability >= self.typist.min_probability)
        if attention:
            shown = {item.word for item in likely}
            self._offered.add(head, prefix, [item.word for item in found if form(item).word in shown])
        return replace(found, items=likely)

    def _is_small_i(self) -> bool:
        """Whether the person's own words have "i" more often than "I"."""
        usual = self._named[1].common.shares if self._named else {}
        return usual.get(b"i", 0.0) > usual.get(b"I", 0.0)

    def _unfinished(self, *, count: int = 1) -> tuple[str, str]:
        """The text before its unfinished last word, and that word; or the last two, if one space is between them."""
        return parted(self._text, self._tokenizer, count=count)

    def _as_two(self) -> str:
        """The text; where the word before the last one was corrected just now, as it was typed."""
        before, after = (self._corrected.before, self._corrected.after) if self._corrected else ("", "")
        rest = self._text[len(after) :]
        is_next = after and self._text.startswith(after) and rest[:1] == " " and rest[1:].isalpha()
        return before + rest if is_next else self._text

    def save(self) -> bytes:
        """The session as a few kilobytes, for `Predictor.restore`."""
        self._reading.read(self._unfinished()[0])
        saved = Saved(self._text, self._reading.before, self._committed, *self._reading.saved())
        return saved.to_bytes(self._tokenizer, self._identity)

    @classmethod
    def load(
        cls, data: bytes, model: LanguageModel, tokenizer: Tokenizer, search: WordSearch, *,
        word_list: WordList | None = None, identity: str = "", personal: PersonalModel | None = None,
        typing: TypingModel | None = None, typist: TypistOptions | None = None,
    ) -> Self:  # fmt: skip
        """The session that `save` made into `data`; see `Predictor.restore`."""
        session = cls(
            model, tokenizer, search, word_list=word_list, identity=identity, personal=personal, typing=typing,
            typist=typist,
        )  # fmt: skip
        saved = Saved.from_bytes(data, model, tokenizer, identity)
        session._text, session._committed, session._reading.before = saved.text, saved.committed, saved.before
        session._reading.load(session._unfinished()[0], saved.tokens, saved.mark, saved.state)
        return session

    # -- reading -----------------------------------------------------------------------------------------------

    def _find(
        self, head: str, prefix: str, k: int, options: SearchOptions, attention: float, *, typed_as: str, space: bool,
        ends: bool = False,
    ) -> Suggestions:  # fmt: skip
        gap = self._reading.read(head, ends=ends)
        typed = gap + prefix.encode()
        passed = self._offered.passed_over(head, prefix) if attention else {}
        wanted = words.wants_space(head[-2:]) if ends else None
        named = self._named_words(head, b" " * bool(wanted) if ends else gap)
        start = WordStart(*self._reading.place, gap, named)

        def factor(word: bytes) -> float:
            return self._factor(word, options, spaced=ends or typed.startswith(b" "), wanted=wanted)

        letters = self._typed(prefix, complete=False)
        if letters and self._meaning:
            answer = self._meaning.going_on(start, letters, k + len(passed), options, factor)
        else:
            answer = self._search(start.state, start.last, typed, k + len(passed), options, factor=factor, named=named)
        offers = self._offers(answer, typed_as)
        if passed:
            offers = less_those(offers, passed, attention)[:k]
        return Suggestions(
            offers, answer.exact, answer.unexplored, answer.rows, space, log_evidence=answer.log_agreeing
        )

    def _offers(self, answer: Answer, typed_as: str) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(
                self._as_typed(found.spelled.decode().removeprefix(" "), typed_as),
                found.probability,
                tuple(self._tokenizer.token_bytes[id_] for id_ in found.tokens),
                sources_of(found),
            )
            for found in answer.words
        )

    def _typed(self, prefix: str, *, complete: bool) -> Typed | None:
        """The letters typed as a typing model sees them; None without one, or of what it does not look at."""
        if self._meaning is None:
            return None
        finger = self._personal.finger if self._personal and self._touched.points else Finger()
        return self._meaning.typed(prefix, self._text, self._touched, finger, complete=complete)

    def _meant(self, head: str, prefix: str, k: int, options: SearchOptions, *, doubt: float = 1.0) -> Suggestions:
        """What was meant by letters after `head` with which the word ends; what was typed is always allowed."""
        letters = self._typed(prefix, complete=True)
        if letters is None or self._meaning is None:
            return Suggestions(())
        start = self._begin(head)

        def factor(word: bytes) -> float:
            return self._factor(word, options, spaced=bool(start.gap), wanted=None)

        answer = self._meaning.in_full(head, start, letters, k, options, factor, doubt)
        offers = tuple(as_one(self._offers(answer, self._text), fold=True))
        return Suggestions(offers, answer.exact, answer.unexplored, answer.rows)

    def _correction(self, head: str, typed: str, options: SearchOptions, threshold: float) -> str | None:
        """The word that was meant by a word typed in full, or by two, if it is another and probable enough."""
        if self._meaning is None or not typed or not self._kept.isdisjoint((typed, typed.partition(" ")[0])):
            return None

        def ask(k: int, doubt: float) -> Suggestions:
            return self._meant(head, typed, k, options, doubt=doubt)

        return self._meaning.correction(head, typed, threshold, self._as_typed(typed, self._text), ask)

    def _begin(self, head: str) -> WordStart:
        """Where the word after `head` begins."""
        gap = self._reading.read(head)
        return WordStart(*self._reading.place, gap, self._named_words(head, gap))

    def _named_words(self, head: str, start: bytes) -> list[Named]:
        """What other sources than the model name where a word begins after `head`, with `start` held back."""
        found = [self._word_list.named(start)]
        if self._personal is not None:
            place = (head, start, self._personal.edition)
            if self._named is None or self._named[0] != place:
                text = self._tokenizer.normalize(head[-_TAIL:])
                self._named = (place, self._personal.named(text, start))
            found.append(self._named[1])
        return [each for each in found if each]

    def _factor(self, spelled: bytes, options: SearchOptions, *, spaced: bool, wanted: bool | None) -> float:
        """What a pre-token counts: nothing if it may not stand here."""
        text = as_offered(spelled, options.punctuation, spaced, wanted)
        return self._word_list.factor(text) if text else 0.0

    def _as_typed(self, word: str, text: str) -> str:
        """`word` with the apostrophe that `text` used last."""
        mark = max(words.APOSTROPHES, key=text.rfind)
        learnt = self._tokenizer.variants.get(mark)
        return word.replace(learnt, mark) if learnt and mark in text else word

"""A line of the terminal with offers as one types. Needs the type extra."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.output import create_output

from wordgru.asking import Asking
from wordgru.errors import counted
from wordgru.search.suggestions import SearchOptions, Suggestions
from wordgru.text import words

_OPTIONS = SearchOptions(max_seconds=0.1)
_LONGEST_WORD = 60  # letters; what is longer is no word, and takes long
_CLOSING = ".,;:!?)"  # take the place of the space that was put after an accepted word


@dataclass
class Count:
    """What a typist did, and what it wrote.

    Attributes:
        keys: pressed, but for Enter.
        characters: of the lines.
        taken: offers.
    """

    keys: int = 0
    characters: int = 0
    taken: int = 0

    def __str__(self) -> str:
        """In a line."""
        saved = 1 - self.keys / self.characters if self.characters else 0.0
        done = f"{counted(self.keys, 'keystroke')} for {counted(self.characters, 'character')}"
        return f"{done}, {counted(self.taken, 'offer')} taken: {saved:.1%} saved"


class Typing(AutoSuggest):
    """Lines of one text, and the offers at the cursor."""

    def __init__(self, predictor: Asking, k: int) -> None:
        self._predictor, self._session, self._k = predictor, predictor.session(), k
        self._before, self._length = "", 0
        self._answered: tuple[str, Suggestions] | None = None
        self._spaced = False  # the space before the cursor was put there after an accepted word
        self.count = Count()

    def offers(self, text: str) -> Suggestions:
        """The words after a line that is typed so far."""
        if self._answered is None or self._answered[0] != text:
            whole = (self._before + text).encode("utf-8", "replace").decode()
            self._session.set(whole)
            long = len(words.split_last(whole[-2 * _LONGEST_WORD :])[1]) > _LONGEST_WORD
            found = Suggestions(()) if long else self._session.suggest(k=self._k, options=_OPTIONS)
            self._answered = (text, found)
        return self._answered[1]

    def rest(self, text: str, at: int) -> str:
        """What the offer `at` adds to a line; nothing if there is none."""
        found = self.offers(text)
        if at >= len(found):
            return ""
        typed = "" if found.space else words.split_last(text)[1]
        return " " * found.space + found[at].word[len(typed) :]

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """What is shown at the cursor."""
        rest = self.rest(document.text, 0) if document.text and document.is_cursor_at_the_end else ""
        return Suggestion(rest) if rest else None

    def toolbar(self) -> FormattedText:
        """The offers, under the line."""
        buffer = get_app().current_buffer
        if not buffer.document.is_cursor_at_the_end:
            return FormattedText([("", " ")])
        parts: list[tuple[str, str]] = []
        for number, item in enumerate(self.offers(buffer.text), 1):
            parts += [("bold", f" {number} "), ("", f"{item.word}  ")]
        return FormattedText(parts or [("", " ")])

    def take(self, buffer: Buffer, at: int) -> None:
        """Put an offer into the line, and a space after it."""
        rest = self.rest(buffer.text, at)
        if buffer.document.is_cursor_at_the_end and at < len(self.offers(buffer.text)):
            self._length += len(rest) + 1
            buffer.insert_text(rest + " ")
            self._spaced = True
            self.count.keys += 1
            self.count.taken += 1

    def close(self, buffer: Buffer, mark: str) -> None:
        """Type a mark that follows a word without a space."""
        if self._spaced and buffer.document.is_cursor_at_the_end:
            self._length -= 1
            buffer.delete_before_cursor()
        buffer.insert_text(mark)

    def changed(self, buffer: Buffer) -> None:
        """Count what was typed or deleted."""
        grown = len(buffer.text) - self._length
        self.count.keys += grown if grown > 0 else grown < 0
        self._length, self._spaced = len(buffer.text), False

    def enter(self, line: str) -> str:
        """A line is whole: what it reads without the spaces at its end."""
        line = line.rstrip()
        self.count.characters += len(line)
        self._before += line + "\n"
        self._length, self._spaced, self._answered = 0, False, None
        if self._predictor.personal is not None:
            self._predictor.personal.learn(line)
        return line


def _keys(typing: Typing, k: int) -> KeyBindings:
    keys = KeyBindings()

    @Condition
    def offered() -> bool:
        buffer = get_app().current_buffer
        return buffer.document.is_cursor_at_the_end and bool(typing.offers(buffer.text))

    @keys.add("tab", filter=offered)
    @keys.add("right", filter=offered)
    def _(event: KeyPressEvent) -> None:
        typing.take(event.current_buffer, 0)

    for number in range(min(k, 9)):

        @keys.add("escape", str(number + 1))
        def _(event: KeyPressEvent, number: int = number) -> None:
            typing.take(event.current_buffer, number)

    for mark in _CLOSING:

        @keys.add(mark)
        def _(event: KeyPressEvent, mark: str = mark) -> None:
            typing.close(event.current_buffer, mark)

    return keys


def typed_lines(predictor: Asking, k: int, count: Count) -> Iterator[str]:
    """Each line that is typed in the terminal, until the typist ends; what it took goes into `count`."""
    typing = Typing(predictor, k)
    typing.count = count
    prompt: PromptSession[str] = PromptSession(
        "> ", auto_suggest=typing, bottom_toolbar=typing.toolbar, key_bindings=_keys(typing, k),
        output=None if sys.stdout.isatty() else create_output(stdout=sys.stderr),
    )  # fmt: skip
    prompt.default_buffer.on_text_changed += typing.changed
    while True:
        try:
            yield typing.enter(prompt.prompt())
        except (EOFError, KeyboardInterrupt):
            return

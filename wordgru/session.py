"""A session: one text field, whose text is read once however it is edited."""

import hashlib
import io
from dataclasses import replace
from typing import Self

import numpy as np
import numpy.typing as npt

from wordgru import words
from wordgru.config import Range
from wordgru.decoding import WordSearch
from wordgru.errors import WordgruError
from wordgru.language_model import LanguageModel
from wordgru.lexicon import Floats
from wordgru.suggestions import K, SearchOptions, Suggestion, Suggestions
from wordgru.tokenizer import END_OF_TEXT, Tokenizer, normalize

_STRIDE = 64  # pieces between the snapshots that a long text leaves
_SNAPSHOTS = 10  # of which the last half are kept as they are, older ones thinned out
_COUNT = Range(0, whole=True)  # characters to delete
_WINDOW = 96  # characters after the last mark before a new one is set


class Session:
    """What is typed into one text field, and the model's states along it. Not to be shared by threads.

    >>> session = predictor.session("the ")  # doctest: +SKIP
    >>> session.append("ca")  # doctest: +SKIP
    >>> session.suggest(k=3).words  # doctest: +SKIP

    Marks that the model never learnt are read as their twins (`Tokenizer.twins`), and words are offered with the
    apostrophe that the text used last: `don’t` to whom types `’`.

    A snapshot is (pieces read, state before the last of them). A mark is (characters, pieces): a place where the
    text can be cut without changing its pieces, so that only what follows it is encoded again.
    """

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, search: WordSearch, *, identity: str = "") -> None:
        """Use what a predictor shares; `identity` is the hash by which a saved session knows its model again."""
        self._model, self._tokenizer, self._search, self._identity = model, tokenizer, search, identity
        self._text = ""
        self._pieces: npt.NDArray[np.int32] = np.array([END_OF_TEXT], np.int32)
        self._snapshots: list[tuple[int, Floats]] = [(1, model.initial_state())]
        self._marks: list[tuple[int, int]] = [(0, 1)]
        self._head: tuple[str, bytes] | None = None  # what was read last, and the bytes held back

    @property
    def size(self) -> int:
        """Bytes that the session keeps: text, pieces and states."""
        states = sum(state.nbytes for _, state in self._snapshots)
        return len(self._text.encode()) + self._pieces.nbytes + states + 16 * len(self._marks)

    @property
    def text(self) -> str:
        """The text of the field up to the cursor."""
        return self._text

    def append(self, text: str) -> None:
        """Type `text` at the end."""
        self.set(self._text + text)

    def delete(self, count: int = 1) -> None:
        """Delete the last `count` characters."""
        _COUNT.check("count", count)
        self.set(self._text[: max(len(self._text) - count, 0)])

    def set(self, text: str) -> None:
        """Make `text` what stands before the cursor: any edit, paste or move of the cursor.

        Only what differs from the text before, from its last word boundary on, is read again, and not before
        something is asked.
        """
        same = len(text) if self._text.startswith(text) else _common(self._text, text)
        self._marks = [mark for mark in self._marks if not mark[0] or mark[0] < same]  # the letter after it decides
        self._text = text

    def reset(self) -> None:
        """Empty the field."""
        self.set("")

    def copy(self) -> Self:
        """A session with the same text that goes its own way."""
        other = type(self)(self._model, self._tokenizer, self._search, identity=self._identity)
        other._text, other._pieces = self._text, self._pieces
        other._snapshots, other._marks, other._head = list(self._snapshots), list(self._marks), self._head
        return other

    def suggest(
        self, *, prefix: str | None = None, k: int = 3, ignore_case: bool = False, options: SearchOptions | None = None
    ) -> Suggestions:
        """The `k` most probable words at the cursor.

        Args:
            prefix: letters typed that are not in the text; without it the unfinished last word of the text is the
                prefix, and no space is implied: the text is taken as it stands.
            k: how many words, at least 1.
            ignore_case: letters typed match letters of either case.
            options: budgets and tolerance; `ignore_case` is then taken from there.
        """
        options = options or SearchOptions(ignore_case=ignore_case)
        K.check("k", k)
        if prefix is None:
            head, unfinished = words.split_last(self._text)
            return self._find(head, unfinished, k, options, given=True)
        return self.search(words.wants_space(self._text), prefix, k, options)

    def search(
        self, space: bool, prefix: str, k: int, options: SearchOptions, *, punctuation: bool = False
    ) -> Suggestions:
        """As `suggest`, after the whole text and an implied space if `space`; `Predictor.suggest` explains the rest."""
        if prefix and words.split_last(prefix) != ("", prefix) and not _unspaced(prefix):
            raise WordgruError(
                f"the prefix {prefix!r} is no beginning of a word; expected letters or digits, with single ' ’ or - "
                "between them. Put what stands before the word into the context."
            )
        marks = punctuation and not prefix and (space or not self._text[-1:].isspace())
        found = self._find(self._text + (" " if space else ""), prefix, k, options, given=not marks)
        return _merge(found, self._punctuation(k), k) if marks else found

    def save(self) -> bytes:
        """The session as a few kilobytes, for `Predictor.restore`."""
        self._read(words.split_last(self._text)[0])
        count, state = self._snapshots[-1]
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            text=np.frombuffer(self._text.encode(), np.uint8),
            pieces=self._pieces[:count],
            state=state,
            model=np.frombuffer(_digest(self._tokenizer, state, self._identity), np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def load(
        cls, data: bytes, model: LanguageModel, tokenizer: Tokenizer, search: WordSearch, *, identity: str = ""
    ) -> Self:
        """The session that `save` made into `data`; see `Predictor.restore`."""
        import zipfile  # these take 4 ms of every start that restores no session
        import zlib

        session = cls(model, tokenizer, search, identity=identity)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as saved:
                text = saved["text"].tobytes().decode()
                pieces, state, digest = saved["pieces"].astype(np.int32), saved["state"], saved["model"].tobytes()
        except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError) as error:
            raise WordgruError(f"the saved session cannot be read ({error}); start a new one.") from None
        if digest != _digest(tokenizer, state, identity) or state.shape != session._snapshots[0][1].shape:
            raise WordgruError("the saved session is of another model; load that model, or start a new session.")
        session._text, session._pieces = text, pieces
        session._snapshots.append((len(pieces), state))
        return session

    # -- reading -----------------------------------------------------------------------------------------------

    def _find(self, head: str, prefix: str, k: int, options: SearchOptions, *, given: bool) -> Suggestions:
        gap = self._read(head)
        count, state = self._snapshots[-1]
        last, letters = int(self._pieces[count - 1]), normalize(self._tokenizer.familiar(prefix))
        found = self._search(state[:, 0], last, gap=gap, prefix=letters, k=k, options=options, given=given)
        return self._as_typed(found, head + prefix)

    def _as_typed(self, found: Suggestions, text: str) -> Suggestions:
        """The same words, with the apostrophe that `text` used last."""
        mark = max(words.APOSTROPHES, key=text.rfind)
        twin = self._tokenizer.twins.get(mark)
        if twin is None or mark not in text:
            return found
        return replace(found, items=tuple(replace(item, word=item.word.replace(twin, mark)) for item in found.items))

    def _punctuation(self, k: int) -> list[Suggestion]:
        """Marks that may follow the text directly, each as one piece spells it."""
        self._read(self._text, ends=True)
        count, state = self._snapshots[-1]
        (expansion,) = self._search.expand([state[:, 0]], [int(self._pieces[count - 1])])
        marks = self._tokenizer.punctuation
        best = marks[np.argsort(-expansion.probabilities[marks], kind="stable")[:k]]
        spelled = [self._tokenizer.pieces[id_].decode() for id_ in best]
        return [
            Suggestion(mark, float(expansion.probabilities[id_]), (mark,))
            for mark, id_ in zip(spelled, best, strict=True)
        ]

    def _read(self, head: str, *, ends: bool = False) -> bytes:
        """Read `head` up to the piece before the next word; return the bytes held back for that word.

        With `ends`, nothing is held back.
        """
        head = self._tokenizer.familiar(head)
        if not ends and self._head and self._head[0] == head:
            return self._head[1]  # only letters of the next word have come since
        chars, count = self._mark(head)
        rest = head[chars:]
        if ends:
            pieces, gap = self._tokenizer.encode(rest), b""
        else:
            pieces, gap = self._tokenizer.encode_context(rest)
        self._go_to(np.concatenate([self._pieces[:count], pieces], dtype=np.int32))
        self._head = None if ends else (head, gap)
        return gap

    def _mark(self, head: str) -> tuple[int, int]:
        """The last mark in `head`; a new one is set when much text has come since."""
        while self._marks[-1][0] > len(head):
            self._marks.pop()
        chars, count = self._marks[-1]
        if len(head) - chars > _WINDOW:
            cut = _cut(head, chars)
            if cut > chars:
                pieces = self._tokenizer.encode(head[chars:cut])
                self._go_to(np.concatenate([self._pieces[:count], pieces], dtype=np.int32))
                self._marks.append((cut + 1, count + len(pieces)))
        return self._marks[-1]

    def _go_to(self, pieces: npt.NDArray[np.int32]) -> None:
        """Make the last snapshot the one of `pieces`, from the latest that agrees with them."""
        shorter = min(len(pieces), len(self._pieces))
        differs = np.flatnonzero(pieces[:shorter] != self._pieces[:shorter])
        self._forget(int(differs[0]) if len(differs) else shorter)
        self._pieces = pieces
        count, state = self._snapshots[-1]
        while count < len(pieces):
            upto = min(count + _STRIDE, len(pieces))
            known = self._search.expand.known(state[:, 0], int(pieces[count - 1])) if upto == count + 1 else None
            if known is not None:  # a search has read the same piece
                state = known[:, None]
            else:
                state = self._model.advance(pieces[count - 1 : upto - 1].astype(np.int64), state)
            count = upto
            self._snapshots.append((count, state))
            if len(self._snapshots) > _SNAPSHOTS:
                self._thin()

    def _forget(self, agreed: int) -> None:
        """Drop the snapshots beyond the first `agreed` pieces."""
        while self._snapshots[-1][0] > agreed:
            self._snapshots.pop()

    def _thin(self) -> None:
        """Drop the old snapshot whose neighbours are nearest to each other, for its distance from the end."""
        end = self._snapshots[-1][0]
        counts = [count for count, _ in self._snapshots]
        middle = range(1, len(counts) - _SNAPSHOTS // 2)
        del self._snapshots[min(middle, key=lambda at: (counts[at + 1] - counts[at - 1]) / (end - counts[at] + 1))]


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(head: str, start: int) -> int:
    """The last space after `start` at which the pieces before and after do not depend on each other, or `start`."""
    at = len(head)
    while (at := head.rfind(" ", start + 1, at)) > start:
        if at + 1 < len(head) and not head[at - 1].isspace() and words.kind(head[at + 1]) == "letter":
            return at
    return start


def _merge(words_found: Suggestions, marks: list[Suggestion], k: int) -> Suggestions:
    """Words and punctuation in one ranking."""
    items = sorted([*words_found.items, *marks], key=lambda item: -item.probability)[:k]
    return Suggestions(tuple(items), words_found.exact, words_found.unexplored, words_found.expanded)


def _unspaced(text: str) -> bool:
    return all(words.kind(char) == "unspaced" for char in text)


def _digest(tokenizer: Tokenizer, state: Floats, identity: str) -> bytes:
    """What a saved session and a model must share."""
    return hashlib.sha256(b"\0".join(tokenizer.pieces) + f"{state.shape} {identity}".encode()).digest()

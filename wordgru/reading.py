"""The model's states along a text: what was read once is not read again, however the text is edited."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from wordgru.search.model import Doubles, Floats, LanguageModel
from wordgru.search.rows import Places
from wordgru.text import words
from wordgru.text.tokenizer import END_OF_TEXT, Tokenizer

_STRIDE = 64  # tokens between the snapshots that a long text leaves
_SNAPSHOTS = 10  # of which the last half are kept as they are, older ones thinned out
_CONTEXT = 2048  # characters of a long paste that are read, some 500 tokens; the English model learnt from 1,024
# What stands before changes a probability by 0.004 (median; 0.018 at most) after 9,000 characters, and 4,096 characters
# change it as much: a state that read more than the training ever did drifts.
_TINY = 1e-30  # in place of a probability of 0
_WINDOW = 96  # characters after the last mark before a new one is set


class Reading:
    """A text as the model read it. Not to be shared by threads.

    A snapshot is (tokens read, state before the last of them). A mark is (characters, tokens): a place where the text
    can be cut without changing its tokens, so that only what follows it is encoded again. It is a place in what was
    read last, whose end is normalised, and not in the text of the field. Reading begins at the first mark: of a long
    paste only the last part is read (`_CONTEXT`).

    Attributes:
        before: what is read before each text, in whole lines: what its writer sent last. It may change at any time.
    """

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, places: Places) -> None:
        """Use what a predictor shares; a search has mostly read the word that was typed, in one of its `places`."""
        self._model, self._tokenizer, self._places = model, tokenizer, places
        self._tokens: npt.NDArray[np.int32] = np.array([END_OF_TEXT], np.int32)
        self._snapshots: list[tuple[int, Floats]] = [(1, model.initial_state())]
        self._marks: list[tuple[int, int]] = [(0, 1)]
        self.before = ""
        self._head = ""  # what was read last, `before` included
        self._gap: bytes | None = None  # the bytes held back then

    @property
    def size(self) -> int:
        """Bytes of tokens and states."""
        states = sum(state.nbytes for _, state in self._snapshots)
        return self._tokens.nbytes + states + 16 * len(self._marks) + words.bytes_of(self.before)

    @property
    def snapshots(self) -> int:
        """How many states are kept."""
        return len(self._snapshots)

    @property
    def place(self) -> tuple[Floats, int]:
        """Where the next word begins: the state before the last token, (layers, hidden), and that token."""
        count, state = self._snapshots[-1]
        return state[:, 0], int(self._tokens[count - 1])

    def copy(self) -> Self:
        """The same, to go its own way."""
        other = type(self)(self._model, self._tokenizer, self._places)
        other.before = self.before
        other._tokens, other._snapshots = self._tokens, list(self._snapshots)
        other._marks, other._head, other._gap = list(self._marks), self._head, self._gap
        return other

    def saved(self) -> tuple[npt.NDArray[np.int32], tuple[int, int], Floats]:
        """The tokens up to the last snapshot, the last mark, and that snapshot's state."""
        count, state = self._snapshots[-1]
        return self._tokens[:count], self._marks[-1], state

    def load(self, head: str, tokens: npt.NDArray[np.int32], mark: tuple[int, int], state: Floats) -> None:
        """Go on from what `saved` gave when `head` was read."""
        self._head, self._tokens, self._marks = self.before + head, tokens, [mark]
        self._snapshots.append((len(tokens), state))

    def nats_after(self, head: str, choices: Sequence[str], following: str) -> Doubles:
        """Log P(following | head and each of some words), natural; see `Session.nats_after`."""
        words.check("".join(choices))
        gap = self.read(head)
        state, last = self.place
        tail = self._after_word(following)
        begun = [[last, *self._tokenizer.spell(gap + word.encode())] for word in choices]
        sequences = [[*tokens, *tail] for tokens in begun]
        states = np.repeat(state[:, None], len(choices), axis=1)
        nats = np.zeros(len(choices))
        steps = max(map(len, sequences), default=1) - 1
        for at in range(steps):  # all in step; those with shorter words wait at the end
            (going,) = np.nonzero([at < len(sequence) - 1 for sequence in sequences])
            rows, states[:, going] = self._model.step(
                np.array([sequences[row][at] for row in going], np.int64), states[:, going]
            )
            for place, row in enumerate(going):
                if at + 1 >= len(begun[row]):
                    nats[row] += np.log(max(float(rows[place, sequences[row][at + 1]]), _TINY))
        return nats

    def _after_word(self, following: str) -> list[int]:
        """The tokens of what stands right after a word: of itself, a text would begin with a space more."""
        word, tokens = self._tokenizer.encode("x"), self._tokenizer.encode("x" + following)
        after = tokens[len(word) :]
        if not np.array_equal(tokens[: len(word)], word):  # it is no text after a word, but the rest of one
            after = self._tokenizer.encode(following)
        return [int(token) for token in after]

    def nats(self, head: str, following: str) -> float:
        """Log P(following | head), natural; 0 where the two are not cut between words."""
        # nothing is held back: a word that `head` ends with is no part of what follows
        self.read(head, ends=not head[-1:].isspace())
        chars, count = self._marks[-1]
        read = len(self._tokens)
        tokens = self._tokenizer.encode((self.before + head)[chars:] + following)
        if len(tokens) <= read - count or not np.array_equal(tokens[: read - count], self._tokens[count:]):
            return 0.0
        after = tokens[read - count :]
        begun = np.concatenate([self._tokens[-1:], after[:-1]], dtype=np.int64)
        rows, _ = self._model.score(begun, self._snapshots[-1][1])
        return float(rows[np.arange(len(after)), after].sum(dtype=np.float64))

    def read(self, head: str, *, ends: bool = False) -> bytes:
        """Read `head` up to the token before the next word; return the bytes held back for that word.

        With `ends`, nothing is held back.
        """
        head = self.before + head
        if not ends and self._gap is not None and self._head == head:
            return self._gap  # only letters of the next word have come since
        same = common(self._head, head)
        self._marks = [mark for mark in self._marks if not mark[0] or mark[0] < same]  # the letter after it decides
        self._head, self._gap = head, None
        chars, count = self._mark(head)
        rest = head[chars:]
        if ends:
            tokens, gap = self._tokenizer.encode(rest), b""
        else:
            tokens, gap = self._tokenizer.encode_context(rest)
        self._go_to(np.concatenate([self._tokens[:count], tokens], dtype=np.int32))
        self._gap = None if ends else gap
        return gap

    def _mark(self, head: str) -> tuple[int, int]:
        """The last mark in `head`; a new one is set when much text has come since."""
        if not self._marks or len(head) - self._marks[-1][0] > 2 * _CONTEXT:
            self._begin_near_end(head)
        chars, count = self._marks[-1]
        if len(head) - chars > _WINDOW:
            cut = _cut(head, chars)
            if cut > chars:
                tokens = self._tokenizer.encode(head[chars:cut])
                self._go_to(np.concatenate([self._tokens[:count], tokens], dtype=np.int32))
                self._marks.append((cut + 1, count + len(tokens)))
        return self._marks[-1]

    def _begin_near_end(self, head: str) -> None:
        """Forget all that was read, and begin with the last `_CONTEXT` characters, at a word."""
        start = len(head) - _CONTEXT
        if start > 0:
            place = head.find(" ", start, len(head) - _CONTEXT // 2)
            start = place + 1 if place >= 0 else start
        self._marks = [(max(start, 0), 1)]
        self._tokens = np.array([END_OF_TEXT], np.int32)
        self._snapshots = [(1, self._model.initial_state())]

    def _go_to(self, tokens: npt.NDArray[np.int32]) -> None:
        """Make the last snapshot the one of `tokens`, from the latest that agrees with them."""
        shorter = min(len(tokens), len(self._tokens))
        differs = np.flatnonzero(tokens[:shorter] != self._tokens[:shorter])
        self._forget(int(differs[0]) if len(differs) else shorter)
        self._tokens = tokens
        count, state = self._snapshots[-1]
        while count < len(tokens):
            upto = min(count + _STRIDE, len(tokens))
            unread = tokens[count - 1 : upto - 1].astype(np.int64)
            known, state = self._places.known(state, unread)
            if known < len(unread):
                state = self._model.advance(unread[known:], state)
            count = upto
            self._snapshots.append((count, state))
            if len(self._snapshots) > _SNAPSHOTS:
                self._thin()

    def _forget(self, agreed: int) -> None:
        """Drop the snapshots beyond the first `agreed` tokens."""
        while self._snapshots[-1][0] > agreed:
            self._snapshots.pop()

    def _thin(self) -> None:
        """Drop the old snapshot whose neighbours are nearest to each other, for its distance from the end."""
        end = self._snapshots[-1][0]
        counts = [count for count, _ in self._snapshots]
        middle = range(1, len(counts) - _SNAPSHOTS // 2)
        del self._snapshots[min(middle, key=lambda at: (counts[at + 1] - counts[at - 1]) / (end - counts[at] + 1))]


def common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    if one.startswith(other) or other.startswith(one):
        return min(len(one), len(other))
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(head: str, start: int) -> int:
    """The last space after `start` at which the tokens before and after do not depend on each other, or `start`."""
    at = len(head)
    while (at := head.rfind(" ", start + 1, at)) > start:
        if at + 1 < len(head) and not head[at - 1].isspace() and head[at + 1].isalnum():
            return at
    return start

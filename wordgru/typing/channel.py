"""P(typed | word): how likely letters and touch points are, given the word that was meant.

A noisy channel (Kernighan, Church and Gale 1990; Fowler et al. 2015 for touch points): the word's characters are typed
one after the other, and at each one of these happens:

- it is typed, as itself or as another key: by a Gaussian of the finger around the key's centre, cut into keys, or for a
  touch point its density there; and with a small probability as any key at all;
- it is left out: any character, the second of two equal ones, an apostrophe, an accent, the rest of a Hangul syllable;
- it changes places with the one after it.

A touch point counts with its density, per key, in each of these: as typed by the character's key, as a letter too many
anywhere, and in two that changed places around the keys that are nearest.

After each character, a letter too many may be typed; the one before once more is likelier than any other. After a word,
the space may be left out, and another word is typed; inside a word, a space too many may be. Written as a forward pass:
row[i] = P(the first i letters were typed, the characters so far are done), for each habit of spelling: with care, and
carelessly, of words typed in full. For a word that is still being typed, `done` adds up what has typed all the letters,
whatever follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wordgru.text.trie import Trie
from wordgru.text.words import APOSTROPHES
from wordgru.typing.layout import Layout
from wordgru.typing.model import (
    Doubles,
    Touch,
    TypingModel,
    density,
    habits,
    is_half,
    least,
    left_out,
    letter_likelihoods,
)

Places = npt.NDArray[np.int64]

_RATHER = 0.07  # what a letter still to come is worth, of the most that it may have; says what is read first
_WIDEST = 100  # nodes of one level that are followed, the most promising ones
_OPEN, _PROMISE = 0, 1  # columns of what is ahead


@dataclass
class Alignments:
    """Where some strings stand in the letters typed: of each a row for each habit, columns by letters typed so far.

    Attributes:
        rows: P(the habit, the first i letters typed, the characters so far done), (F, H, I + 1).
        done: P(all letters typed before the word's last characters), (F,); 0 where the word is complete.
        before: `rows` one character ago, (F, H, I + 1).
        last: code point of the last character, (F,); -1 where there is none.
    """

    rows: Doubles
    done: Doubles
    before: Doubles
    last: Places

    def at(self, places: npt.NDArray[Any]) -> "Alignments":
        """Some of them."""
        return Alignments(self.rows[places], self.done[places], self.before[places], self.last[places])

    @classmethod
    def joined(cls, parts: "Sequence[Alignments]") -> "Alignments":
        """Several as one."""
        columns = ("rows", "done", "before", "last")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


@dataclass
class Reached:
    """Trie nodes that one walk reached on one level.

    Attributes:
        source: of each, the string that the walk began with, (F,).
        nodes: their numbers, (F,).
        closed: whether all that begins with it has the same likelihood, so that the walk ends here, (F,).
        alignments: where each stands.
        open: the most that what follows may add to `done`, or to the likelihood of a complete word, (F,).
        promise: what it may rather add, for letters that are still to come are not certain in the word either, (F,).
        second: the most that a second word after the one that ends here may have, the space being left out, (F,).
        second_promise: and what it may rather have, (F,).
    """

    source: Places
    nodes: Places
    closed: npt.NDArray[np.bool_]
    alignments: Alignments
    open: Doubles
    promise: Doubles
    second: Doubles
    second_promise: Doubles


class Typed:
    """Letters typed, and what a typing model says of them.

    Args:
        model: how they were typed.
        touches: the letters, at least one.
        complete: whether the word is typed in full; else more letters may follow.
    """

    def __init__(self, model: TypingModel, touches: Sequence[Touch], *, complete: bool) -> None:
        self.model, self.touches, self.complete = model, tuple(touches), complete
        self.letters = "".join(touch.char for touch in touches)
        self._layout = Layout.load(model.layout)
        self._points = np.array([ord(char) for char in self.letters])
        self._tables: dict[int, tuple[Trie, Doubles, Doubles]] = {}
        self._habits = habits(model, complete)
        repeated = np.array(
            [False, *(one == other for one, other in zip(self.letters, self.letters[1:], strict=False))]
        )
        at_all = np.array([char.lower() in self._layout.keys for char in self.letters])
        around = np.array([self._around(touch) for touch in self.touches])
        self._space = np.array(
            [letter_likelihoods(model, (" ",), touch)[0] if touch.char == " " else 0.0 for touch in self.touches]
        )
        self._share, self._undoubled, extra, doubled, swapped = np.array(
            [(share, each.undoubled, each.extra, each.doubled, each.swapped) for share, each in self._habits]
        ).T[..., None]
        self._rarer = np.where(np.arange(len(self.touches) + 1) == 0, model.first, 1.0)
        self._extra = extra * at_all / len(self._layout.keys) + doubled * repeated * around
        self._extra = (self._extra + model.split * (self._space > 0)) * self._rarer[:-1]
        self._swapped = swapped * (around[:-1] * around[1:] * self._rarer[:-2])
        self._lead = self._most()

    def start(self) -> Alignments:
        """Before the first character."""
        rows = np.zeros((1, len(self._habits), len(self.touches) + 1))
        rows[0, :, :1] = self._share
        rows[0, :, 1:2] = self._share * self._extra[:, :1]
        done = np.zeros(1)
        if not self.complete and len(self.touches) == 1:
            done[0], rows[0, :, 1] = rows[0, :, 1].sum(), 0.0
        return Alignments(rows, done, np.zeros_like(rows), np.full(1, -1))

    def second(self, at: Alignments) -> Alignments:
        """Before the first character of another word after words that end here, the space typed or left out."""
        rows = at.rows * self.model.joined
        rows[..., [0, -1]] = 0.0  # of each word a letter was typed
        rows[..., 1:] += at.rows[..., :-1] * self._space
        return Alignments(rows, np.zeros_like(at.done), np.zeros_like(rows), np.full_like(at.last, -1))

    def likelihood(self, alignments: Alignments) -> Doubles:
        """P(typed | the words that end here)."""
        return alignments.rows[..., -1].sum(axis=1) if self.complete else alignments.done

    def of(self, word: str) -> float:
        """P(typed | one word); 0 of what is less probable than any number."""
        starts, masses = np.zeros(1, np.int64), np.array([[0.0, 1.0]])
        trie = Trie([word.encode("utf-8", "surrogateescape")])
        levels, _ = self.walk(trie, starts, self.start(), masses, np.zeros(1))
        ended = len(levels) == len(word) + 1 or levels[-1].closed.any()  # else nothing of it was probable
        return float(self.likelihood(levels[-1].alignments)[-1]) if ended and len(levels[-1].nodes) else 0.0

    def each(self, words: Sequence[str]) -> Doubles:
        """P(typed | each of some words), (N,); where they are more than a hundred, the least probable may have 0."""
        found = np.zeros(len(words))
        if not words:
            return found
        trie = Trie([word.encode("utf-8", "surrogateescape") for word in words])
        masses = np.arange(len(words) + 1.0)[None]
        levels, _ = self.walk(trie, np.zeros(1, np.int64), self.start(), masses, np.zeros(1))
        for level in levels:
            high = np.where(level.closed, trie.high[level.nodes], trie.own[level.nodes])
            likelihoods = self.likelihood(level.alignments)
            for at in np.flatnonzero(high > trie.low[level.nodes]).tolist():
                found[trie.order[trie.low[level.nodes[at]] : high[at]]] = likelihoods[at]
        return found

    @property
    def most(self) -> float:
        """The most that P(typed | word) may be, of whatever word; of touch points a density, which may be above 1."""
        return float(max(self._lead[0].max(), 1.0))

    def walk(
        self, trie: Trie, roots: Places, starts: Alignments, masses: Doubles, floors: Doubles
    ) -> tuple[list[Reached], Doubles]:
        """Follow a trie from some strings on, level by level, where it may matter.

        Args:
            trie: what may follow.
            roots: of each string, the node of the trie to begin after, (B,).
            starts: where each string stands.
            masses: of each string, the mass of the trie's strings in their order, added up from 0 on, (B, N + 1).
            floors: of each string, the mass of a node, times the likelihood that it may reach, below which it is left
                out, (B,).

        Returns:
            The levels, and of each string what was left out may have at each place, (B,): more than its floor where a
            level had more than `_WIDEST` nodes, of which the most promising were followed.
        """
        lost = floors.copy()
        source, nodes, at, ahead = np.arange(len(roots)), roots, starts, self._ahead(starts)
        found = [Reached(source, nodes, np.zeros(len(roots), bool), at, *ahead.T)]
        while len(nodes):
            counts = trie.count[nodes]
            parents = np.repeat(np.arange(len(nodes)), counts)
            if not len(parents):
                break
            begins = np.cumsum(counts) - counts
            children = trie.first[nodes][parents] + np.arange(len(parents)) - begins[parents]
            mass = masses[source[parents], trie.high[children]] - masses[source[parents], trie.low[children]]
            kept = (at.done + ahead[:, _OPEN])[parents] * mass > floors[source[parents]]
            parents, children, mass = parents[kept], children[kept], mass[kept]
            after = self._after(at.at(parents), trie, children)
            ahead = self._ahead(after)
            most = mass * (after.done + ahead[:, _OPEN])
            kept = most > floors[source[parents]]
            if kept.sum() > _WIDEST:
                rather = np.where(kept, mass * (after.done + ahead[:, _PROMISE]), -1.0)
                order = np.argpartition(rather, -_WIDEST)
                kept = np.zeros(len(rather), bool)
                kept[order[-_WIDEST:]] = True
                lost[:] = np.maximum(lost, most[order[:-_WIDEST]].max())
            source, nodes, at, ahead = source[parents[kept]], children[kept], after.at(kept), ahead[kept]
            closed = (mass[kept] * ahead[:, _OPEN] <= floors[source]) & (not self.complete)
            found.append(Reached(source, nodes, closed, at, *ahead.T))
            source, nodes, at, ahead = source[~closed], nodes[~closed], at.at(~closed), ahead[~closed]
        return found, lost

    @cached_property
    def _weights(self) -> tuple[Doubles, Doubles]:
        """What a share in each column may still have, (H · (I + 1), 4), and a pair that swaps, (H · (I - 1), 4).

        The columns are those of `Reached`: at most, rather, and both of a second word whose first letter comes next.
        """
        lead, pairs = self._lead
        rather = _RATHER ** np.arange(lead.shape[1])[::-1]
        both = np.stack([lead, lead * rather], axis=2)
        second = both * self.model.joined
        second[:, [0, -1]] = 0.0  # of each word a letter was typed
        second[:, :-1] += both[:, 1:] * self._space[:, None]
        swapped = np.stack([pairs, pairs * rather[2:]], axis=2)
        of_rows = np.concatenate([both, second], axis=2).reshape(-1, 4)
        return of_rows, np.concatenate([swapped, np.zeros_like(swapped)], axis=2).reshape(-1, 4)

    def _ahead(self, at: Alignments) -> Doubles:
        """What strings may still have, (F, 4): in their rows, and by the next character before their last one."""
        rows, pairs = self._weights
        count = len(at.rows)
        ahead: Doubles = at.rows.reshape(count, len(rows)) @ rows
        if len(self._points) > 1:
            comes = (self._points[1:] == at.last[:, None])[:, None]
            ahead += (at.before[..., :-2] * comes).reshape(count, len(pairs)) @ pairs
        return ahead

    def _after(self, at: Alignments, trie: Trie, nodes: Places) -> Alignments:
        """One character on, that of each node."""
        hits, omits = self._table(trie)
        chars, points = trie.char[nodes], trie.points[nodes]
        omitted = omits[chars][..., None]
        omitted = np.where((points == at.last)[:, None, None], np.maximum(self._undoubled, omitted), omitted)
        rows = np.zeros_like(at.rows)
        rows[..., 1:] = at.rows[..., :-1] * hits[chars] * (1.0 - omitted)
        if len(self._points) > 1:
            swapped = (self._points[:-1] == points[:, None]) & (self._points[1:] == at.last[:, None])
            rows[..., 2:] += at.before[..., :-2] * swapped[:, None] * self._swapped
        omitted = omitted * self._rarer
        done = at.done.copy()
        if self.complete:
            rows += at.rows * omitted
            rows[..., 1:] += rows[..., :-1] * self._extra
        else:
            done += rows[..., -1].sum(axis=1)
            rows[..., :-1] += at.rows[..., :-1] * omitted[..., :-1]
            extra = rows[..., :-1] * self._extra
            done += extra[..., -1].sum(axis=1)
            rows[..., 1:-1] += extra[..., :-1]
            rows[..., -1] = 0.0
        transparent = omits[chars][:, 0] >= 1.0  # half a character, which the rest of it decides
        if transparent.any():
            rows[transparent], done[transparent] = at.rows[transparent], at.done[transparent]
        return Alignments(rows, done, at.rows, points)

    def _around(self, touch: Touch) -> float:
        """What a letter has of the key that it is: 1, and of a point the density around the nearest key."""
        if touch.point is None:
            return 1.0
        return max(density(self.model, centre, touch.point) for centre in self._layout.keys.values())

    def _most(self) -> tuple[Doubles, Doubles]:
        """The most that the letters from each on may still have, whatever the word goes on with.

        From the last letter back. With a share 1 before letter i, a character has that letter typed with
        (1 - omitted) · hit, is left out with `omitted`, so that the share stands where it stood, or is the second of
        two that change places; and an extra letter may follow. The bound is the largest solution of that over the
        characters, so no character can raise what a row may have. Densities of points may be above 1, and are taken as
        they are.

        Returns:
            By column of a row, (H, I + 1); and of each pair of letters, if it changes places, (H, I - 1).
        """
        found = [self._most_of(at) for at in range(len(self._habits))]
        lead, pairs = zip(*found, strict=True)
        return np.stack(lead), np.stack(pairs)

    def _most_of(self, which: int) -> tuple[Doubles, Doubles]:
        """Of one habit: (I + 1,) and (I - 1,)."""
        habit, extra, swapped = self._habits[which][1], self._extra[which], self._swapped[which]
        keys = (*self._layout.keys, *self.letters)
        chars = {char for key in keys for char in (key.lower(), key.upper(), key) if len(char) == 1}
        alphabet = tuple(sorted(char for char in chars | {*APOSTROPHES, "-"} if not is_half(char)))
        points = np.array([ord(char) for char in alphabet])
        omits = np.maximum(left_out(habit, alphabet), habit.undoubled)
        count = len(self.touches)
        lead, begun, pairs = np.ones(count + 1), np.ones(count + 1), np.zeros(count - 1)
        for at in range(count - 1, -1, -1):
            hits = np.maximum(letter_likelihoods(habit, alphabet, self.touches[at], at == 0), least(self.model))
            most = hits * begun[at + 1] + omits / (1.0 - omits) * extra[at] * lead[at + 1]
            if at < count - 1:
                pairs[at] = swapped[at] * begun[at + 2]
                most += pairs[at] * (points == self._points[at + 1]) / (1.0 - omits)
            lead[at] = most.max()
            begun[at] = lead[at] + extra[at] * lead[at + 1]
        return lead, pairs

    def _table(self, trie: Trie) -> tuple[Doubles, Doubles]:
        """For the C characters of a trie: P(letter i | character, which is not left out), P(left out).

        Returns:
            By habit, (C, H, I) and (C, H).
        """
        if id(trie) not in self._tables:
            alphabet = tuple(trie.alphabet)
            hits = [
                [letter_likelihoods(habit, alphabet, touch, at == 0) for at, touch in enumerate(self.touches)]
                for _, habit in self._habits
            ]
            omits = [left_out(habit, alphabet) for _, habit in self._habits]
            # the trie too, so that no other gets its id
            self._tables[id(trie)] = (trie, np.moveaxis(np.array(hits), 2, 0).copy(), np.array(omits).T)
        return self._tables[id(trie)][1:]

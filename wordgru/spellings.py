"""What was expanded of one word so far: its spellings, with all that is open after each. Kept from letter to letter.

A spelling is a row of pieces that was given to the model. The pieces that may follow it are *open* until they are
expanded in turn; the mass of an open piece may reach any word that begins with what it spells. A letter typed takes
away what does not agree with it and leaves the rest as it is. Knows pieces and probabilities, not what is searched.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wordgru.expander import Expander, Expansion
from wordgru.lexicon import CLOSES, DEFERS, GAP, START, Doubles, Floats, Ints, Lexicon, Stage, Step, Table, folded, read

Pick = tuple["Spelling", int]

_FEW = 256  # pieces that are all looked at
_LIGHT = 0.02  # of what a path must weigh to matter: what the light pieces on it may weigh unseen


@dataclass(slots=True)
class Paths:
    """The open masses summed along the paths of the trie. All places are from a spelling's `low` on.

    Attributes:
        masses: (N + 1,) of each piece; of pieces that may end in the same new word, their sum. The last is 0.
        heavy: (M,) places of the pieces above the floor, rising.
        sums: (M,) the mass on the path to each of them.
        floor: what a heavy piece weighs at least.
        light: the most that all other pieces on one path weigh.
        most: the mass on the heaviest path to a heavy piece.
    """

    masses: Floats
    heavy: Ints
    sums: Doubles
    floor: float
    light: float
    most: float = field(init=False)

    def __post_init__(self) -> None:
        """Look once for the heaviest path."""
        self.most = float(self.sums.max(initial=0.0))

    def take(self, place: int, mass: float, over: Ints) -> None:
        """Take the mass of one piece away; `over` are the places of the first piece that it begins, and of the next."""
        low, high = np.searchsorted(self.heavy, over)
        self.sums[low:high] -= mass
        self.masses[place] = 0
        self.most = float(self.sums.max(initial=0.0))


@dataclass(eq=False, slots=True)
class Spelling:
    """A spelling that was expanded, and the masses of its next pieces that are still open.

    Attributes:
        ids: its pieces.
        spelled: their bytes.
        matched: the same, in lower case if the case of letters typed is ignored.
        word: what surely belongs to the word.
        tail: the undecided bytes after that.
        stage: how far the word is.
        left: what must still be spelled of the gap and the letters typed.
        mass: P(these pieces | context).
        state: (layers, hidden) after them.
        row: (N,) P(next piece) of the pieces from `low` on: those that spell all of `left`, and maybe more.
        inside: the masses of the open pieces that spell a part of `left`.
        held: the mass of all of these.
        agreeing: the mass of all pieces that spell all of `left`, open or not; of no use without `left`.
        total: the mass of all open pieces.
    """

    ids: tuple[int, ...]
    spelled: bytes
    matched: bytes
    word: bytes
    tail: bytes
    stage: Stage
    left: bytes
    mass: float
    state: Floats
    table: Table
    row: Floats
    low: int = 0
    inside: dict[int, float] = field(default_factory=dict)
    held: float = 0.0
    agreeing: float = 0.0
    total: float = 0.0
    _open: Floats | None = None
    _paths: Paths | None = None
    _missing: dict[bytes, float] = field(default_factory=dict)

    @property
    def open(self) -> Floats:
        """The masses of the open pieces from `low` on; made when first looked at, for most are not.  # (N,)"""
        if self._open is None:
            self._open = self.row * self.table.spelling[self.low : self.low + len(self.row)]
            self._open *= self.mass
        return self._open

    def weigh(self, id_: int) -> float:
        """The mass of an open piece; 0 of any other."""
        at = id_ - self.low
        if id_ in self.inside:
            return self.inside[id_]
        if not 0 <= at < len(self.row):
            return 0.0
        if self._open is not None:
            return float(self._open[at])
        return self.mass * float(self.row[at]) * float(self.table.spelling[id_])

    def close(self, id_: int, lexicon: Lexicon) -> float:
        """Take a piece out of what is open; return its mass."""
        mass = self.weigh(id_)
        self.total -= mass
        self._missing.clear()
        if self.inside.pop(id_, None) is not None:
            self.held = sum(self.inside.values())
            return mass
        self.open[id_ - self.low] = 0
        if self._paths is not None:
            if self.table.effects.item(id_) == DEFERS:  # the sums of its stem are no longer true
                self._paths = None
            else:
                self._paths.take(id_ - self.low, mass, np.array(lexicon.extending(lexicon.pieces[id_])) - self.low)
        return mass

    def narrow(self, left: bytes, lexicon: Lexicon, *, fold: bool) -> None:
        """Keep only what agrees with `left`, which goes on from the former one."""
        passing, inside = lexicon.agreeing(left, fold=fold)
        for id_ in inside:
            if id_ not in self.inside and (mass := self.weigh(id_)) > 0:
                self.inside[id_] = mass
        if isinstance(passing, slice):
            at = slice(passing.start - self.low, passing.stop - self.low)
            self.row, self.low = self.row[at].copy(), passing.start
            self._open = None if self._open is None else self._open[at].copy()
        else:
            agrees = np.zeros(len(self.row), np.float32)
            agrees[passing - self.low] = 1
            self._open, self.row = self.open * agrees, self.row * agrees
        self._paths = None
        self._missing.clear()
        self.left = left
        self.held = sum(self.inside.values())
        self.agreeing = self.mass * float(self.row.sum())
        self.total = self.held + float(self.open.sum())

    # -- paths of the trie: all open pieces that begin one string ----------------------------------------------

    def paths(self, lexicon: Lexicon, least: float) -> Paths:
        """The masses on all paths, so exact that it does not matter beside `least`."""
        floor = _LIGHT * least / lexicon.depth if len(self.row) > _FEW else 0.0
        if self._paths is None or self._paths.floor > floor:
            masses = np.zeros(len(self.row) + 1, np.float32)
            masses[:-1] = self.table.grouped(self.open, self.low)
            heavy = np.flatnonzero(masses > floor)
            sums = lexicon.paths(masses, self.low, heavy)
            self._paths = Paths(masses, heavy, sums, floor, floor * lexicon.depth)
        return self._paths

    def heaviest_path(self, lexicon: Lexicon, least: float) -> float:
        """The open mass on the heaviest path of all, or a little more."""
        paths = self.paths(lexicon, least)
        return self.held + paths.light + paths.most

    def along(self, rest: bytes, lexicon: Lexicon, least: float) -> tuple[float, int]:
        """The open mass on the heaviest path that agrees with `rest`, or a little more; the piece at its end, or 0."""
        paths = self.paths(lexicon, least)
        mass, end = 0.0, 0
        for id_ in lexicon.beginning(rest):
            if 0 <= id_ - self.low < len(self.row):
                mass, end = mass + paths.masses.item(id_ - self.low), id_
        low, high = np.searchsorted(paths.heavy, np.array(lexicon.extending(rest)) - self.low)
        if low < high and (heaviest := float(paths.sums[low:high].max())) > mass:
            mass, end = heaviest, int(paths.heavy[low + paths.sums[low:high].argmax()]) + self.low
        return self.held + paths.light + mass, end

    def on_path(self, end: int, lexicon: Lexicon) -> int:
        """The heaviest open piece on the path to the piece `end`, or where `end` is 0 inside; 0 if there is none."""
        best, heaviest = 0, 0.0
        for id_ in (*self.inside, *(lexicon.beginning(lexicon.pieces[end]) if end else ())):
            if (mass := self.weigh(id_)) > heaviest:
                best, heaviest = id_, mass
        return best

    def missing(self, word: bytes, lexicon: Lexicon) -> float:
        """The mass of the open pieces that may still end in `word`, which begins with `self.word`, or a little more."""
        mass = self._missing.get(word)
        if mass is None:
            path, deferring = self._reaching(word, lexicon)
            mass = sum([self.weigh(id_) for id_ in path])
            if deferring is not None:
                at_end = self.row[deferring].sum() * self.mass if self._open is None else self._open[deferring].sum()
                mass += float(at_end)
            self._missing[word] = mass
        return mass

    def missing_pieces(self, word: bytes, lexicon: Lexicon) -> list[int]:
        """These pieces."""
        path, deferring = self._reaching(word, lexicon)
        ids = path if deferring is None else (*path, *(deferring + self.low).tolist())
        return [id_ for id_ in ids if self.weigh(id_) > 0]

    def _reaching(self, word: bytes, lexicon: Lexicon) -> tuple[Sequence[int], Ints | None]:
        """Ids of the pieces on the path to the rest of `word`, and places in `row` of those that defer at its end."""
        rest = word[len(self.word) :]
        deferring = self.table.deferring.get(rest)
        if deferring is not None and (self.low or len(self.row) < len(lexicon.pieces)):
            deferring = deferring[(deferring >= self.low) & (deferring < self.low + len(self.row))] - self.low
        target = b" " + rest if self.stage is GAP else rest
        return lexicon.beginning(target[len(self.tail) :]) if target.startswith(self.tail) else (), deferring


class Spellings:
    """All spellings expanded of the word after one context, and the words found.

    Args:
        lexicon: the pieces.
        expand: the model.
        state: (layers, hidden) before the context's last piece.
        last: the context's last piece.
        gap: a space if one stands between the context and the word, else nothing.
        fold: letters typed match letters of either case.
    """

    def __init__(self, lexicon: Lexicon, expand: Expander, state: Floats, last: int, gap: bytes, *, fold: bool) -> None:
        self._lexicon, self._expand, self._fold = lexicon, expand, fold
        self._gap = gap = folded(gap) if fold else gap
        self._begun = gap.removeprefix(b" ")  # of the word, before the letters typed
        self.typed = b""
        self.found: defaultdict[bytes, float] = defaultdict(float)
        self.best: dict[bytes, tuple[float, tuple[int, ...]]] = {}
        (expansion,) = expand([state], [last])
        stage = GAP if gap else START
        self.root = Spelling(
            (), b"", b"", b"", b"", stage, gap, 1.0, expansion.state, lexicon.table(stage, b""), expansion.probabilities
        )
        self.root.narrow(gap, lexicon, fold=fold)
        self.all = [self.root]

    @property
    def agreeing(self) -> float:
        """Probability that what follows the context agrees with the gap and the letters typed."""
        if not self._gap and not self.typed:
            return 1.0
        return sum(spelling.agreeing for spelling in self.all if spelling.left)

    @property
    def size(self) -> int:
        """How many probabilities are kept."""
        return sum([len(spelling.row) for spelling in self.all])

    def narrow(self, typed: bytes) -> None:
        """Keep only what agrees with `typed`, which goes on from the letters typed before."""
        if typed == self.typed:
            return
        self.typed = typed
        text, kept = self._gap + typed, []
        for spelling in self.all:
            left = text[len(spelling.matched) :]
            if not left:
                if spelling.matched.startswith(text):
                    kept.append(spelling)
            elif text.startswith(spelling.matched):
                spelling.narrow(left, self._lexicon, fold=self._fold)
                if spelling.total or spelling.agreeing or spelling is self.root:
                    kept.append(spelling)
        self.all = kept
        self.found = defaultdict(float, {word: mass for word, mass in self.found.items() if self._agrees(word)})

    def expand(self, picks: Sequence[Pick]) -> None:
        """Expand the open pieces picked, with one call of the model, and credit the words that they end."""
        begun = []
        for spelling, id_ in picks:
            mass, piece = spelling.close(id_, self._lexicon), self._lexicon.pieces[id_]
            step = read(spelling.stage, spelling.tail + piece)
            matched = folded(piece) if self._fold else piece
            left, word, ids = spelling.left[len(matched) :], spelling.word + step.word, (*spelling.ids, id_)
            if step.effect is not CLOSES:
                begun.append((spelling, id_, mass, step, matched, left))
            elif not left:
                self._credit(word, mass, ids)
        if begun:
            expansions = self._expand([spelling.state for spelling, *_ in begun], [id_ for _, id_, *_ in begun])
            for each, expansion in zip(begun, expansions, strict=True):
                self._add(*each, expansion)

    def _add(
        self, before: Spelling, id_: int, mass: float, step: Step, matched: bytes, left: bytes, expansion: Expansion
    ) -> None:
        """Make an expanded spelling a source of open pieces, and credit its word with what ends it."""
        spelling = Spelling(
            (*before.ids, id_), before.spelled + self._lexicon.pieces[id_], before.matched + matched,
            before.word + step.word, step.tail, step.stage, left, mass,
            expansion.state, self._lexicon.table(step.stage, step.tail), expansion.probabilities,
        )  # fmt: skip
        if left:
            spelling.narrow(left, self._lexicon, fold=self._fold)
        else:
            spelling.total = mass * float(spelling.row @ spelling.table.spelling)
            if spelling.word:
                self._credit(spelling.word, mass - spelling.total, spelling.ids)
        self.all.append(spelling)

    def _credit(self, word: bytes, mass: float, ids: tuple[int, ...]) -> None:
        if not self._agrees(word):
            return  # the word ended before the mark that was typed last
        self.found[word] += mass
        if mass > self.best.get(word, (0.0, ()))[0]:
            self.best[word] = (mass, ids)

    def _agrees(self, word: bytes) -> bool:
        return (folded(word) if self._fold else word).startswith(self._begun + self.typed)

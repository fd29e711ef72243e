"""Personal words: decaying counts of what one person wrote, mixed with the model into one distribution.

Method: hierarchical Dirichlet back-off (MacKay and Bauman Peto 1995, "A hierarchical Dirichlet language model"), with
several strengths at once, weighed by how well each foretold what the person wrote. With c(h, w) the decayed count of
word w after history h of k units, c(h) their sum, s the strengths of that size and v their weights, which sum to 1,

    P_k(w) = sum over s of v(s) · (c(h, w) + s · P_k-1(w)) / (c(h) + s)        P_-1 = P_model

so a history without evidence has no weight. Written out, P(w) = A · P_model(w) + B(w): what the search is given is
B(w) / A for each word that was ever written here, in units of the model's own probabilities.

The weights follow what is written, word by word, as in a Bayesian mixture that may change (fixed share, Herbster and
Warmuth 1998): v(s) is multiplied by (c(h, w) + s · q) / (c(h) + s), all are divided by their sum, and `SHARE` of them
is dealt out evenly. There q is `USUAL` in place of the model's probability of the word, which a store does not know,
and above it the mixture of the size below. So they follow a text before it is learnt, with the counts before it. At a
place in a field they follow the words before it too, so that one who repeats a letter of last week is soon believed.

A count halves each `HALF_LIFE` words. Stored is its logarithm plus the clock, which does not change while nobody uses
the word: log2 c(now) = score - now / HALF_LIFE. Each day has scores of its own, so that a day can be forgotten.
"""

import math
import os
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from threading import RLock
from types import NoneType
from typing import Self

from wordgru.config import Range, check_type
from wordgru.errors import WordgruError
from wordgru.search.named import Named, NamedWords
from wordgru.sources.finger import Finger
from wordgru.sources.grams import BEGIN, Gram, grams_of, units_of
from wordgru.text import words

HALF_LIFE = 800
"""Words after which a count is worth half."""

STRENGTHS = ((500.0, 3000.0, 20_000.0), (8.0, 40.0, 400.0), (2.0, 10.0, 100.0))
"""How many words the shorter history may be worth, at a history of 0, 1 and 2 units."""

USUAL = 0.1
"""The model's probability of a word that was written, where strengths are judged."""

SHARE = 0.01
"""Of the weights of strengths, dealt out evenly at each word, so that none is lost for ever."""

SCHEMA = 2
"""Edition of the store; an older program refuses a newer one."""

_LEAST = 0.02  # a count below is forgotten
_CONTEXTS = 512  # histories kept in memory
_SIZE = Range(100_000, whole=True)
_UNCHANGED = "Nothing in it was changed."

_TABLES = """
CREATE TABLE IF NOT EXISTS grams (history TEXT, word TEXT, day INTEGER, score REAL NOT NULL,
PRIMARY KEY (history, word, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock (words REAL NOT NULL);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);
"""
_DAYS = f"""
ALTER TABLE grams RENAME TO dayless;
{_TABLES}
INSERT INTO grams SELECT history, word, {date.min.toordinal()}, score FROM dayless;
DROP TABLE dayless;
"""  # to edition 2: what was learnt without a day was learnt before every other
_STRENGTHS_TABLE = """
CREATE TABLE IF NOT EXISTS strengths (units INTEGER, strength REAL, weight REAL NOT NULL,
PRIMARY KEY (units, strength)) WITHOUT ROWID
"""  # stores that were made before have none until they learn
_FINGER_TABLE = """
CREATE TABLE IF NOT EXISTS finger (count REAL NOT NULL, x REAL NOT NULL, y REAL NOT NULL, squares REAL NOT NULL)
"""  # nor of touches


class PersonalModel:
    """Counts of one person's words, in one file or in memory alone.

    Threads may share it, and processes the file: a fork or a pickled copy opens it again.

    Args:
        path: sqlite file, made where there is none; without one nothing is kept.
        max_bytes: size of the file beyond which the oldest and least used words go, at least 100,000.

    Raises:
        WordgruError: the file cannot be opened, is of another kind, or of a newer edition.
    """

    def __init__(self, path: str | Path | None = None, *, max_bytes: int = 2_000_000) -> None:
        _SIZE.check("max_bytes", max_bytes)
        check_type("the file of personal words", path, (str, Path, NoneType), "a name (str or Path), or None for none")
        if path == "":
            raise WordgruError("the name of the file of personal words is empty; name a file, or give None for none.")
        self.path, self._max_bytes = path, max_bytes
        self._counts: dict[str, tuple[dict[bytes, float], float]] = {}  # after histories, and their sums
        self._words: NamedWords | None = None
        self._weights: list[list[float]] = []  # of the strengths of each size
        self._seen = (-1, -1)  # state of the file that the counts were read from
        self._finger: tuple[tuple[int, int], Finger] | None = None  # for which state
        self._left: list[sqlite3.Connection] = []  # of the process that this one was forked from: not ours to close
        self._begin()

    def __reduce__(self) -> tuple[Callable[..., "PersonalModel"], tuple[str | Path]]:
        """The file, opened again."""
        if self.path is None:
            raise WordgruError("personal words in memory cannot be pickled or copied; keep them in a file.")
        return partial(type(self), max_bytes=self._max_bytes), (self.path,)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._store.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    # -- learning ----------------------------------------------------------------------------------------------

    def learn(self, text: str, *, day: date | None = None) -> int:
        """Count the words of `text`, which its writer has committed; return how many there were.

        Addresses of mail and the web, numbers of four digits or more and what looks like a key are left out.

        Args:
            text: as it was written.
            day: when; today without it.
        """
        return self._count(text, 1.0, day=day)

    def unlearn(self, text: str, *, since: float | None = None) -> None:
        """Take back what `learn` counted of `text`.

        Args:
            text: as it was learnt.
            since: what `clock`, a count of words, said before it was learnt; without it, it is the last text that was
                learnt.
        """
        self._count(text, -1.0, since=since)

    def learn_touches(self, touches: Iterable[tuple[float, float]]) -> None:
        """Follow where the finger lands: (x, y) of each of `touches`, in key widths beside the key that was meant."""
        with self._writing() as store:
            store.execute(_FINGER_TABLE)
            after = self._kept_finger().after(touches)
            store.execute("DELETE FROM finger")
            store.execute("INSERT INTO finger VALUES (?, ?, ?, ?)", (after.count, after.x, after.y, after.squares))

    @property
    def finger(self) -> Finger:
        """Where the person's finger lands, as far as that was learnt."""
        edition = self.edition
        if self._finger is None or self._finger[0] != edition:
            with self._failures("read"):
                self._finger = (edition, self._kept_finger())
        return self._finger[1]

    @property
    def clock(self) -> float:
        """How many words were learnt so far."""
        with self._failures("read"):
            return self._now()

    def forget(self, word: str | None = None, *, since: date | None = None, until: date | None = None) -> int:
        """Forget `word`, in every case and wherever it is history; without one everything. Return how many counts.

        No byte of what was forgotten stays in the file.

        Args:
            word: which; of one that is empty there is nothing.
            since: only what was learnt on this day or later.
            until: only what was learnt on this day or before.

        Raises:
            WordgruError: the first day is after the last, or the store cannot be written.
        """
        days = (since or date.min).toordinal(), (until or date.max).toordinal()
        if days[0] > days[1]:
            raise WordgruError(f"the days {since} to {until} are none; expected the first one first.")
        with self._writing() as store:
            if word is not None:
                wanted = words.normalize(word).strip().lower()
                gone = store.executemany(
                    "DELETE FROM grams WHERE history = ? AND word = ? AND day = ?",
                    [
                        (history, other, day)
                        for history, other, day, _ in self._kept("WHERE day BETWEEN ? AND ?", *days)
                        if wanted and (other.lower() == wanted or wanted in history.split(" "))
                    ],
                ).rowcount
            elif since or until:
                gone = store.execute("DELETE FROM grams WHERE day BETWEEN ? AND ?", days).rowcount
            else:
                gone = store.execute("DELETE FROM grams").rowcount
                store.execute("DROP TABLE IF EXISTS strengths")
                store.execute("DROP TABLE IF EXISTS finger")
                store.execute("UPDATE clock SET words = 0")
        with self._failures("made smaller", so="What was asked for is forgotten; do it once more when there is room."):
            self._store.execute("VACUUM")
        return max(gone, 0)

    def grams(self) -> Iterator[Gram]:
        """All that is kept, the words alone first, the most frequent first, each by its days."""
        with self._failures("read"):
            now = self._now()
            rows = self._kept("")
        totals: dict[tuple[str, str], float] = defaultdict(float)
        for history, word, _, score in rows:
            totals[history, word] += _decayed(score, now)
        rows.sort(key=lambda row: (row[0] != "", -totals[row[0], row[1]], *row))
        for history, word, day, score in rows:
            yield Gram(history, word, _decayed(score, now), date.fromordinal(day))

    def add(self, grams: Iterable[Gram]) -> int:
        """Add counts, of another device for instance; return how many."""
        added = 0
        with self._writing():
            now = self._now()
            for gram in grams:
                if not gram.word or not math.isfinite(gram.count) or gram.count <= 0:
                    raise WordgruError(f"{gram}: expected a word and a count above 0.")
                self._add(gram.history, gram.word, gram.count, now, gram.day)
                added += 1
            self._prune()
        return added

    # -- the mixture -------------------------------------------------------------------------------------------

    @property
    def edition(self) -> tuple[int, int]:
        """Two counts of changes: another pair after whatever was learnt or forgotten, by other processes too."""
        with self._failures("read"):
            return int(self._store.execute("PRAGMA data_version").fetchone()[0]), self._store.total_changes

    def after(self, text: str) -> Mapping[str, float]:
        """What the words written before have beside the model, where a word begins after `text`.

        Returns:
            word → B / A (see the module): what to add to the model's probability before all is divided by its sum.
        """
        shares, _, _ = self.named(text, b"").agreeing(b"", sys.maxsize, fold=False)
        return {word.decode(): share for word, share in shares.items()}

    def named(self, text: str, start: bytes) -> Named:
        """The same for a search, in which each word begins with `start`: with a space, or with nothing."""
        with self._failures("read"):
            return self._named(list(units_of(text)), start)

    def _named(self, written: list[str], start: bytes) -> Named:
        self._refresh()
        weights = self._judged(grams_of(written))
        units = [BEGIN, *(unit.lower() for unit in written)]
        counts, total = self._after("")
        self._words = self._words or NamedWords(counts)
        everywhere, left = _shares(0, weights[0], total)
        gained: dict[bytes, float] = {}
        for size in range(1, min(len(STRENGTHS) - 1, len(units)) + 1):
            counts, total = self._after(" ".join(units[len(units) - size :]))
            if counts:
                each, rest = _shares(size, weights[size], total)
                gained = {word: rest * mass for word, mass in gained.items()}
                for word, count in counts.items():
                    gained[word] = gained.get(word, 0.0) + each * count
                everywhere, left = rest * everywhere, rest * left
        return Named(start, {word: mass / left for word, mass in gained.items()}, self._words, everywhere / left)

    def _judged(self, grams: Iterable[tuple[int, str, str]]) -> list[list[float]]:
        """The weights of the strengths, after they followed how well each foretells `grams`, which are not learnt."""
        weights = [list(each) for each in self._weights]
        usual, last = USUAL, 0
        for number, history, word in grams:
            if number != last:
                usual, last = USUAL, number
            counts, total = self._after(history)
            if counts:
                size = len(history.split(" ")) if history else 0
                usual = _follow(weights[size], STRENGTHS[size], counts.get(word.encode(), 0.0), total, usual)
        return weights

    def _after(self, history: str) -> tuple[dict[bytes, float], float]:
        """The counts of the words after a history, and their sum."""
        if history not in self._counts:
            if len(self._counts) >= _CONTEXTS:
                self._counts.clear()
            now = self._now()
            rows = self._kept("WHERE history = ?", history)
            counts: dict[bytes, float] = defaultdict(float)
            for _, word, _, score in rows:
                counts[word.encode()] += _decayed(score, now)
            counts = {word: count for word, count in counts.items() if count >= _LEAST}
            self._counts[history] = counts, sum(counts.values())
        return self._counts[history]

    def _refresh(self) -> None:
        if self._seen != (edition := self.edition):
            self._counts.clear()
            self._words = None
            self._weights = self._kept_weights()
            self._seen = edition

    # -- the store ---------------------------------------------------------------------------------------------

    def _count(self, text: str, sign: float, *, since: float | None = None, day: date | None = None) -> int:
        grams = list(grams_of(units_of(words.normalize(text))))
        learnt = max((number for number, _, _ in grams), default=0)
        with self._writing() as store:
            now = self._now()
            self._refresh()
            if sign > 0:
                self._keep_weights(self._judged(grams))
                since, now = now, now + learnt
                store.execute("UPDATE clock SET words = ?", (now,))
            elif since is None:
                since = now - learnt
            elif since + learnt > now:
                return learnt  # all was forgotten since: what is there is of another text
            for number, history, word in grams:
                count = _decayed((since + number) / HALF_LIFE, now)
                if sign > 0:
                    self._add(history, word, count, now, day)
                else:
                    self._take(history, word, count, now)
            self._prune()
        return learnt

    def _keep_weights(self, weights: list[list[float]]) -> None:
        self._store.execute(_STRENGTHS_TABLE)
        self._store.executemany(
            "REPLACE INTO strengths VALUES (?, ?, ?)",
            [(size, *pair) for size, each in enumerate(weights) for pair in zip(STRENGTHS[size], each, strict=True)],
        )

    def _kept_weights(self) -> list[list[float]]:
        """The weights of the strengths of each size; even ones where none are kept."""
        kept: dict[tuple[int, float], float] = {}
        if self._store.execute("SELECT 1 FROM sqlite_master WHERE name = 'strengths'").fetchone():
            for size, strength, weight in self._store.execute("SELECT units, strength, weight FROM strengths"):
                if not (_is_finite(weight) and 0 <= weight <= 1):
                    raise sqlite3.DatabaseError(f"the weight of a strength is {weight!r}, no number between 0 and 1")
                kept[size, strength] = weight
        found = [[kept.get((size, each), 0.0) for each in strengths] for size, strengths in enumerate(STRENGTHS)]
        return [
            [weight / sum(weights) for weight in weights] if sum(weights) > 0 else [1 / len(weights)] * len(weights)
            for weights in found
        ]

    def _add(self, history: str, word: str, count: float, now: float, day: date | None) -> None:
        key = (history, word, (day or date.today()).toordinal())
        rows = self._kept("WHERE history = ? AND word = ? AND day = ?", *key)
        count += sum(_decayed(score, now) for *_, score in rows)
        if count >= _LEAST:
            self._store.execute("REPLACE INTO grams VALUES (?, ?, ?, ?)", (*key, math.log2(count) + now / HALF_LIFE))

    def _take(self, history: str, word: str, count: float, now: float) -> None:
        """Take a count back, from the last day that has it first."""
        for *key, score in self._kept("WHERE history = ? AND word = ? ORDER BY day DESC", history, word):
            left = _decayed(score, now) - count
            if left >= _LEAST:
                self._store.execute("REPLACE INTO grams VALUES (?, ?, ?, ?)", (*key, math.log2(left) + now / HALF_LIFE))
                return
            self._store.execute("DELETE FROM grams WHERE history = ? AND word = ? AND day = ?", key)
            if (count := -left) < _LEAST:
                return

    def _kept_finger(self) -> Finger:
        if not self._store.execute("SELECT 1 FROM sqlite_master WHERE name = 'finger'").fetchone():
            return Finger()
        row = self._store.execute("SELECT count, x, y, squares FROM finger").fetchone() or (0.0,) * 4
        if not all(map(_is_finite, row)) or min(row[0], row[3]) < 0:
            raise sqlite3.DatabaseError(f"what it knows of touches is {row}, no sums of numbers")
        return Finger(*map(float, row))

    def _prune(self) -> None:
        """Drop a tenth of the grams, the oldest and least used, while the file is too large."""
        page = self._pragma("page_size")
        while (self._pragma("page_count") - self._pragma("freelist_count")) * page > self._max_bytes:
            count = self._store.execute("SELECT count(*) FROM grams").fetchone()[0]
            dropped = self._store.execute(
                "DELETE FROM grams WHERE (history, word, day) IN "
                "(SELECT history, word, day FROM grams ORDER BY score LIMIT ?)",
                (count // 10 + 1,),
            ).rowcount
            if not dropped:  # a damaged file: pages that hold nothing, entries that are not found again
                raise sqlite3.DatabaseError("it is too large, and nothing in it can be dropped")

    def _kept(self, which: str, *values: str | int) -> list[tuple[str, str, int, float]]:
        """The grams that a clause of SQL picks, checked: another program may have written there."""
        rows = self._store.execute(f"SELECT history, word, day, score FROM grams {which}", values).fetchall()
        for history, word, day, score in rows:
            if not (isinstance(history, str) and isinstance(word, str) and word and _is_finite(score) and _is_day(day)):
                raise sqlite3.DatabaseError(
                    f"the entry {(history, word, day, score)} is no word with a day and a finite score"
                )
        return rows

    def _now(self) -> float:
        row = self._store.execute("SELECT words FROM clock").fetchone()
        if not row or not _is_finite(row[0]):
            raise sqlite3.DatabaseError(f"its clock is {row and row[0]!r}, no finite number")
        return float(row[0])

    def _pragma(self, name: str) -> int:
        return int(self._store.execute(f"PRAGMA {name}").fetchone()[0])

    def _begin(self) -> None:
        """Open the file, in the process that runs."""
        self._lock, self._process = RLock(), os.getpid()
        self._seen = (-1, -1)
        self._store = self._open()

    def _open(self) -> sqlite3.Connection:
        with self._failures("opened"):
            store = sqlite3.connect(self.path or ":memory:", timeout=5, isolation_level=None, check_same_thread=False)
            store.execute("PRAGMA secure_delete = ON")
            edition = int(store.execute("PRAGMA user_version").fetchone()[0])
            tables = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
            if edition > SCHEMA or (tables and "grams" not in tables):
                what = f"of edition {edition}" if edition > SCHEMA else "of another program"
                raise WordgruError(f"{self.path}: is a store {what}; expected personal words, edition {SCHEMA}.")
            if not tables:
                store.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
            elif edition < SCHEMA:
                store.execute("SELECT history, word, score, words FROM grams, clock LIMIT 1").fetchone()
                _give_days(store)
            store.execute("SELECT history, word, day, score, words FROM grams, clock LIMIT 1").fetchone()
        return store

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._failures("written"):
            self._store.execute("BEGIN IMMEDIATE")
            try:
                yield self._store
                self._store.execute("COMMIT")  # may fail too, while another process reads
            except BaseException:
                if self._store.in_transaction:  # sqlite itself ended it when the disk was full
                    self._store.execute("ROLLBACK")
                raise

    @contextmanager
    def _failures(self, done: str, *, so: str = _UNCHANGED) -> Iterator[None]:
        """The store for this thread alone; what goes wrong with it in a line."""
        if self._process != os.getpid() and self.path is not None:
            self._left.append(self._store)
            self._begin()
        try:
            with self._lock:
                yield
        except (sqlite3.Error, ValueError) as error:  # ValueError: text or a name that sqlite cannot hold
            raise WordgruError(
                f"{self.path or 'the store in memory'}: personal words cannot be {done} ({error}); expected a file of "
                f"`wordgru words` that this user may write. {so}"
            ) from None


def _give_days(store: sqlite3.Connection) -> None:
    """Make a store of edition 1 one of edition 2, unless another process just did."""
    store.execute("BEGIN IMMEDIATE")
    try:
        if int(store.execute("PRAGMA user_version").fetchone()[0]) < SCHEMA:
            for statement in _DAYS.split(";"):
                store.execute(statement)
            store.execute(f"PRAGMA user_version = {SCHEMA}")
        store.execute("COMMIT")
    except BaseException:
        store.execute("ROLLBACK")
        raise
    store.execute("VACUUM")


def _shares(size: int, weights: list[float], total: float) -> tuple[float, float]:
    """What a count of one is worth after a history of `size` units with counts of `total`, and what is left."""
    pairs = list(zip(STRENGTHS[size], weights, strict=True))
    each = sum(weight / (total + strength) for strength, weight in pairs)
    return each, sum(weight * strength / (total + strength) for strength, weight in pairs)


def _follow(weights: list[float], strengths: tuple[float, ...], count: float, total: float, usual: float) -> float:
    """Change weights by how probable each strength made a word; return how probable the mixture made it."""
    each = [
        weight * (count + strength * usual) / (total + strength)
        for weight, strength in zip(weights, strengths, strict=True)
    ]
    probability = sum(each)
    weights[:] = [(1 - SHARE) * part / probability + SHARE / len(weights) for part in each]
    return probability


def _is_finite(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


def _is_day(value: object) -> bool:
    return isinstance(value, int) and date.min.toordinal() <= value <= date.max.toordinal()


def _decayed(score: float, now: float) -> float:
    return float(2.0 ** min(score - now / HALF_LIFE, 60.0))

"""Personal words: decaying counts of what one person wrote, mixed with the model into one distribution.

Method: hierarchical Dirichlet back-off (MacKay and Bauman Peto 1995, "A hierarchical Dirichlet language model"). With
c(h, w) the decayed count of word w after history h, c(h) their sum, and a strength s for each order,

    P2(w) = (c(h2, w) + s2 · P1(w)) / (c(h2) + s2)        two units of history
    P1(w) = (c(h1, w) + s1 · P0(w)) / (c(h1) + s1)        one
    P0(w) = (c(w) + s0 · P_model(w)) / (c + s0)           none

so a history without evidence has no weight. Written out, P(w) = A · P_model(w) + B(w): what the search is given is
B(w) / A for each word that was ever written here, in units of the model's own probabilities.

A count halves each `HALF_LIFE` words. Stored is its logarithm plus the clock, which does not change while nobody uses
the word: log2 c(now) = score - now / HALF_LIFE.
"""

import math
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Self

from wordgru.config import Range
from wordgru.errors import WordgruError
from wordgru.search.named import Named, NamedWords
from wordgru.text import words

HALF_LIFE = 800
"""Words after which a count is worth half."""

STRENGTHS = (3000.0, 40.0, 10.0)
"""How many words the shorter history is worth, at a history of 0, 1 and 2 units: chosen on 10 of the 19 people of
docs/personal.md, so that none of them loses by learning."""

SCHEMA = 1
"""Edition of the store; an older program refuses a newer one."""

_BEGIN = "\n"  # history where a message or line begins
_GAP = "\0"  # history in place of what is not learnt
_LEAST = 0.02  # a count below is forgotten
_CONTEXTS = 512  # histories kept in memory
_LONGEST = 48  # characters of a word that is learnt
_ADDRESS = re.compile(r"@\S|://|www\.")  # inside a run without white space
_DIGITS = re.compile(r"\d(?:\D?\d){3,}")  # four or more, with single characters between them
_KEY = 12  # characters of a run with a digit in it that looks like a key
_SIZE = Range(100_000, whole=True)
_UNCHANGED = "Nothing in it was changed."

_TABLES = """
CREATE TABLE IF NOT EXISTS grams (history TEXT, word TEXT, score REAL NOT NULL, PRIMARY KEY (history, word))
WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock (words REAL NOT NULL);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);
"""


@dataclass(frozen=True)
class Gram:
    """One word after a history.

    Attributes:
        history: the units before it, in lower case, joined by a space: none, one or two; a line's begin is a line end.
        word: as it was written.
        count: how often, decayed.
    """

    history: str
    word: str
    count: float


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
        if path == "":
            raise WordgruError("the name of the file of personal words is empty; name a file, or give None for none.")
        self.path, self._max_bytes = path, max_bytes
        self._rows: dict[str, dict[bytes, float]] = {}
        self._words: tuple[NamedWords, float] | None = None
        self._seen = (-1, -1)  # state of the file that `_rows` was read from
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

    def learn(self, text: str) -> int:
        """Count the words of `text`, which its writer has committed; return how many there were.

        Addresses of mail and the web, numbers of four digits or more and what looks like a key are left out.
        """
        return self._count(text, 1.0)

    def unlearn(self, text: str, *, since: float | None = None) -> None:
        """Take back what `learn` counted of `text`.

        Args:
            text: as it was learnt.
            since: what `clock` said before it was learnt; without it, it is the last text that was learnt.
        """
        self._count(text, -1.0, since)

    @property
    def clock(self) -> float:
        """How many words were learnt so far."""
        with self._failures("read"):
            return self._now()

    def forget(self, word: str | None = None) -> int:
        """Forget `word`, in every case and wherever it is history; without one everything. Return how many grams.

        No byte of what was forgotten stays in the file.
        """
        with self._writing() as store:
            if word is None:
                gone = store.execute("DELETE FROM grams").rowcount
                store.execute("UPDATE clock SET words = 0")
            else:
                wanted = words.normalize(word).strip().lower()
                gone = store.executemany(
                    "DELETE FROM grams WHERE history = ? AND word = ?",
                    [
                        (history, other)
                        for history, other, _ in self._kept("")
                        if wanted and (other.lower() == wanted or wanted in history.split(" "))
                    ],
                ).rowcount
        with self._failures("made smaller", so="What was asked for is forgotten; do it once more when there is room."):
            self._store.execute("VACUUM")
        return max(gone, 0)

    def grams(self) -> Iterator[Gram]:
        """All that is kept, the words alone first, the most frequent first."""
        with self._failures("read"):
            now = self._now()
            rows = self._kept("ORDER BY length(history) > 0, score DESC, history, word")
        for history, word, score in rows:
            yield Gram(history, word, _decayed(score, now))

    def add(self, grams: Iterable[Gram]) -> int:
        """Add counts, of another device for instance; return how many."""
        added = 0
        with self._writing():
            now = self._now()
            for gram in grams:
                if not gram.word or not math.isfinite(gram.count) or gram.count <= 0:
                    raise WordgruError(f"{gram}: expected a word and a count above 0.")
                self._change(gram.history, gram.word, gram.count, now)
                added += 1
            self._prune()
        return added

    # -- the mixture -------------------------------------------------------------------------------------------

    @property
    def edition(self) -> tuple[int, int]:
        """Changes with whatever is learnt or forgotten, by other processes too."""
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
        """The same for a search, in which each word begins with `start`."""
        units = [_BEGIN, *(unit.lower() for unit in _units(text))]
        with self._failures("read"):
            return self._named(units, start)

    def _named(self, units: list[str], start: bytes) -> Named:
        self._refresh()
        now = self._now()
        common, share = self._common(now)
        scale, gained = 1.0, {}  # type: float, dict[bytes, float]
        for size in range(1, min(len(STRENGTHS) - 1, len(units)) + 1):
            counts = self._after(" ".join(units[len(units) - size :]), now)
            if counts:
                kept, left = _weighed(counts, STRENGTHS[size])
                gained = {word: left * mass for word, mass in gained.items()}
                for word, mass in kept.items():
                    gained[word] = gained.get(word, 0.0) + mass
                scale *= left
        share *= scale
        return Named(start, {word: mass / share for word, mass in gained.items()}, common, scale / share)

    def _common(self, now: float) -> tuple[NamedWords, float]:
        """The words alone, and what they leave to the model."""
        if self._words is None:
            counts = self._after("", now)
            kept, left = _weighed(counts, STRENGTHS[0])
            self._words = NamedWords(kept), left
        return self._words

    def _after(self, history: str, now: float) -> dict[bytes, float]:
        if history not in self._rows:
            if len(self._rows) >= _CONTEXTS:
                self._rows.clear()
            self._rows[history] = {word.encode(): score for _, word, score in self._kept("WHERE history = ?", history)}
        counts = ((word, _decayed(score, now)) for word, score in self._rows[history].items())
        return {word: count for word, count in counts if count >= _LEAST}

    def _refresh(self) -> None:
        if self._seen != (edition := self.edition):
            self._rows.clear()
            self._words = None
            self._seen = edition

    # -- the store ---------------------------------------------------------------------------------------------

    def _count(self, text: str, sign: float, since: float | None = None) -> int:
        grams = list(_grams(words.normalize(text)))
        learnt = max((number for number, _, _ in grams), default=0)
        with self._writing() as store:
            now = self._now()
            if sign > 0:
                since, now = now, now + learnt
                store.execute("UPDATE clock SET words = ?", (now,))
            elif since is None:
                since = now - learnt
            for number, history, word in grams:
                self._change(history, word, sign * _decayed((since + number) / HALF_LIFE, now), now)
            self._prune()
        return learnt

    def _change(self, history: str, word: str, weight: float, now: float) -> None:
        key = (history, word)
        count = weight + sum(_decayed(score, now) for _, _, score in self._kept("WHERE history = ? AND word = ?", *key))
        if count < _LEAST:
            self._store.execute("DELETE FROM grams WHERE history = ? AND word = ?", key)
        else:
            self._store.execute("REPLACE INTO grams VALUES (?, ?, ?)", (*key, math.log2(count) + now / HALF_LIFE))

    def _prune(self) -> None:
        """Drop a tenth of the grams, the oldest and least used, while the file is too large."""
        page = self._pragma("page_size")
        while (self._pragma("page_count") - self._pragma("freelist_count")) * page > self._max_bytes:
            count = self._store.execute("SELECT count(*) FROM grams").fetchone()[0]
            dropped = self._store.execute(
                "DELETE FROM grams WHERE (history, word) IN (SELECT history, word FROM grams ORDER BY score LIMIT ?)",
                (count // 10 + 1,),
            ).rowcount
            if not dropped:  # a damaged file: pages that hold nothing, entries that are not found again
                raise sqlite3.DatabaseError("it is too large, and nothing in it can be dropped")

    def _kept(self, which: str, *values: str) -> list[tuple[str, str, float]]:
        """The grams that a clause of SQL picks, checked: another program may have written there."""
        rows = self._store.execute(f"SELECT history, word, score FROM grams {which}", values).fetchall()
        for history, word, score in rows:
            if not (isinstance(history, str) and isinstance(word, str) and word and _is_finite(score)):
                raise sqlite3.DatabaseError(f"the entry {(history, word, score)} is no word with a finite score")
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
            store.execute("SELECT history, word, score, words FROM grams, clock LIMIT 1").fetchone()
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


def _weighed(counts: Mapping[bytes, float], strength: float) -> tuple[dict[bytes, float], float]:
    """The probabilities that counts give words, and what is left to the shorter history."""
    total = sum(counts.values()) + strength
    return {word: count / total for word, count in counts.items()}, strength / total


def _is_finite(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)


def _decayed(score: float, now: float) -> float:
    return float(2.0 ** min(score - now / HALF_LIFE, 60.0))


def _grams(text: str) -> Iterator[tuple[int, str, str]]:
    """(number of the word, history, word) of each gram of normalised text."""
    number, history = 0, [_BEGIN]
    for unit in _units(text):
        if unit not in (_BEGIN, _GAP) and words.kind(unit) == "word":
            number += 1
            for size in range(len(history) + 1):
                before = history[len(history) - size :]
                if _GAP not in before:
                    yield number, " ".join(before), unit
        history = [*history, unit.lower()][-2:]


def _units(text: str) -> Iterator[str]:
    """Words, marks and emoji of normalised text; line ends; a gap for what is not learnt."""
    hidden = bytearray(len(text))
    for run in re.finditer(r"\S+", text):
        has_digit = any(char.isdecimal() for char in run[0])
        if (has_digit and len(run[0]) >= _KEY) or _ADDRESS.search(run[0]):
            hidden[run.start() : run.end()] = b"x" * len(run[0])
    for digits in _DIGITS.finditer(text):
        hidden[digits.start() : digits.end()] = b"x" * len(digits[0])
    for pre_token, start in words.pre_tokens(text):
        unit = pre_token.strip(" ")
        if "\n" in unit:
            yield _BEGIN
        elif unit and not unit.isspace():
            at = start + pre_token.index(unit[0])
            yield _GAP if len(unit) > _LONGEST or any(hidden[at : at + len(unit)]) else unit

"""Next words from a bundle with numpy, onnxruntime and tokenizers alone: `python suggest.py BUNDLE TEXT [PREFIX]`.

A reference to read and to copy; the package `wordgru` gives the same words faster. The search is the simplest exact
one. A final token ends a word, so a row of the model holds whole words; an open token may go on. All open tokens by
which one word may still gain are beginnings of that word, so the heaviest sum along one path bounds every word that was
not seen. When the bound is low enough, the k best words are found; until then the heaviest open tokens on the paths
that stand in the way are read.

Two things that the package has are left out: it remembers nothing from call to call, and its masses are no logarithms,
so after some hundred improbable letters they are 0 and nothing is offered.
"""

import json
import os
import sys
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before onnxruntime is imported, which else tells its maker

import numpy as np
import onnxruntime
import tokenizers
from rules import BundleError, WordgruError, kind, read_blocked, read_config, split_last, takes_space, wants_space

SUFFIX = "</w>"  # ends the name of a final token
READ = 2048  # characters of a text twice as long that are read


@dataclass(frozen=True)
class Options:
    """What a search may take and what matches; `../README.md` says more."""

    k: int = 3
    tolerance: float = 3e-3
    max_rows: int = 64
    max_seconds: float | None = None
    ignore_case: bool = False
    punctuation: bool = False
    batch: int = 8

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges."""
        for name in ("k", "max_rows", "batch"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise WordgruError(f"{name} is {getattr(self, name)!r}; expected a whole number of at least 1.")
        if not 0 <= self.tolerance < 1:
            raise WordgruError(f"tolerance is {self.tolerance!r}; expected a number of at least 0 and below 1.")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise WordgruError(f"max_seconds is {self.max_seconds!r}; expected a number above 0.")


@dataclass(frozen=True)
class Suggestions:
    """An answer: (word, probability), the most probable first; whether it is proved; whether a space comes first."""

    words: list[tuple[str, float]]
    exact: bool
    unexplored: float
    rows: int
    space: bool


@dataclass(frozen=True)
class Node:
    """Tokens read after the context."""

    text: bytes  # what they spell
    mass: float  # P(these tokens | context)
    row: np.ndarray  # (V,) P(next token)
    state: np.ndarray  # (layers, hidden)


Token = tuple[float, int, int, Node]
"""An open token to be read: -mass, when it was noted, its id, and the node before it."""


class Predictor:
    """A bundle, loaded."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        config = read_config(folder)
        try:
            self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
            shapes = {value.name: value.shape for value in (*self.session.get_inputs(), *self.session.get_outputs())}
            self.layers, _, self.hidden = shapes["state"]
            vocab_size = shapes["probabilities"][2]
        except Exception as error:  # both libraries raise bare ones
            raise BundleError(f"{folder}: cannot be loaded ({str(error).splitlines()[0]}).") from None
        names = [self.tokenizer.id_to_token(id_) or "" for id_ in range(1, self.tokenizer.get_vocab_size())]
        sizes = {"layers": 1} | config["model"]
        found = {"vocab_size": len(names) + 1, "hidden_size": self.hidden, "layers": self.layers}
        if sizes | found != sizes or vocab_size != len(names) + 1:
            raise BundleError(f"{folder}: the files are of different models; export the bundle again.")
        shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # bytes that stand for themselves
        order = [*shown, *(byte for byte in range(256) if byte not in shown)]
        byte_of = {chr(byte if byte in shown else 256 + at - len(shown)): byte for at, byte in enumerate(order)}
        self.tokens = [b"", *(bytes(byte_of[char] for char in name.removesuffix(SUFFIX)) for name in names)]
        self.final = np.array([False, *(name.endswith(SUFFIX) for name in names)])
        ranks = [(not final, token) for final, token in zip(self.final[1:], self.tokens[1:], strict=True)]
        if not all(low < high for low, high in pairwise(ranks)):
            raise BundleError(f"{folder}: the tokens are not in the order of format 2; export the bundle again.")
        self.open_ids = {token: id_ for id_, token in enumerate(self.tokens) if id_ and not self.final[id_]}
        replaced = json.loads(self.tokenizer.to_str())["normalizer"]["normalizers"]
        replaced = [each for each in replaced if "String" in each.get("pattern", {})]
        self.variants = {each["pattern"]["String"]: each["content"] for each in replaced}
        self.blocked = read_blocked(folder / "blocked.txt") if "blocked.txt" in config["files"] else set()
        self.beginning = lru_cache(maxsize=1000)(self._beginning)
        self.ending = lru_cache(maxsize=1000)(self._ending)

    def suggest(self, context: str, prefix: str = "", **options: object) -> Suggestions:
        """The most probable words after `context`, and a space where one is missing, that begin with `prefix`."""
        before, tail = self._parts(context)
        letters = self._normal(prefix)
        unspaced = kind(letters) == "unspaced" and letters[0] != " " if letters else True
        if not unspaced and split_last(letters) != ("", letters):
            raise WordgruError(f"{prefix!r} is no beginning of a word; put what stands before it into the context.")
        return self._find(before + tail, letters, context + prefix, Options(**options), spaced=True)

    def complete(self, text: str, **options: object) -> Suggestions:
        """What the unfinished last word of `text` may become; the next word where none is unfinished."""
        before, tail = self._parts(text)
        rest, letters = split_last(tail)
        return self._find(before + rest, letters, text, Options(**options), spaced=not letters)

    def read(self, before: str) -> tuple[list[int], bytes]:
        """The ids to read before a word that directly follows `before`, and the bytes held back for that word."""
        found = self._encode(before + "x")
        count = found.word_ids.index(found.word_ids[-1])
        return [0, *found.ids[:count]], b"".join(self.tokens[id_] for id_ in found.ids[count:])[:-1]

    def run(self, ids: list[list[int]], state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(next token) after the ids in each row, and the states after them.  # (B, V), (layers, B, hidden)"""
        feeds = {"input_ids": np.array(ids, np.int64), "state": state, "positions": np.array([-1], np.int64)}
        probabilities, after = self.session.run(["probabilities", "next_state"], feeds)
        return probabilities[:, 0].astype(np.float64), after

    def _find(self, before: str, letters: str, text: str, options: Options, *, spaced: bool) -> Suggestions:
        ended = (
            bool(before) and options.punctuation and not letters and not before[-1:].isspace()
        )  # then a mark may come first
        space = spaced and not ended and wants_space(before[-2:])
        before += " " * space
        if len(before) > 2 * READ:
            start = len(before) - READ
            before = before[max(before.find(" ", start, len(before) - READ // 2) + 1, start) :]
        ids, gap = ([0, *self._encode(before).ids], b"") if ended else self.read(before)
        typed = gap + letters.encode()
        rows, states = self.run([ids], np.zeros((self.layers, 1, self.hidden), np.float32))
        root = Node(b"", 1.0, rows[0], states[:, 0])
        wanted = wants_space(before[-2:]) if ended else None
        offers = self._offers(options.punctuation, spaced=ended or typed.startswith(b" "), wanted=wanted)
        search = _Search(self, typed, options, offers)
        found, exact = search.run(root)
        mark = max("'’", key=text.rfind)  # words are offered with the apostrophe that was typed last
        learnt = self.variants.get(mark) if mark in text else None
        words = [(spelled.decode().removeprefix(" "), probability) for spelled, probability in found]
        words = [(word.replace(learnt, mark) if learnt else word, probability) for word, probability in words]
        return Suggestions(words, exact, search.unexplored(), search.rows, space)

    def _offers(self, punctuation: bool, *, spaced: bool, wanted: bool | None) -> Callable[[bytes], bool]:
        """Which pre-tokens may be offered; `spaced`: a space may begin them; `wanted`: a word has one."""

        def offers(text: bytes) -> bool:
            try:
                decoded = text.decode()
            except UnicodeDecodeError:
                return False
            begins = decoded.startswith(" ")
            if (begins and not spaced) or decoded.removeprefix(" ").lower() in self.blocked:
                return False
            what = kind(decoded)
            if wanted is not None and begins != (wanted and takes_space(decoded)):
                return False
            return what in ("word", "unspaced") or (punctuation and what in ("marks", "emoji"))

        return offers

    def _encode(self, text: str) -> tokenizers.Encoding:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _normal(self, text: str) -> str:
        """`text` as the model reads it, without the spaces that begin its lines."""
        return self.tokenizer.normalizer.normalize_str(text).removeprefix(" ").replace("\n ", "\n")

    def _parts(self, text: str) -> tuple[str, str]:
        """`text` before and after its last white space; the latter normalised."""
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise WordgruError("the text holds a lone surrogate, which is not Unicode text.")
        start = max(map(text.rfind, " \n\r\t")) + 1
        return text[:start], self._normal(text[start:])

    def _beginning(self, rest: bytes, fold: bool) -> np.ndarray:
        """Ids of the tokens that begin with bytes."""
        keys = self.keys(fold)
        return np.array([id_ for id_ in range(1, len(keys)) if keys[id_].startswith(rest)], np.int64)

    def _ending(self, half: bytes) -> np.ndarray:
        """Which tokens end a word: final ones, and after half a character those that end a unit without spaces."""
        ends = self.final.copy()
        for token, id_ in self.open_ids.items():
            try:
                ends[id_] = token[-1] >= 0x80 and kind((half + token).decode()[-1]) == "unspaced"
            except UnicodeDecodeError:
                continue
        return ends

    def inner(self, rest: bytes, fold: bool) -> list[int]:
        """Ids of the open tokens that spell a part, not all, of the letters still to be typed."""
        keys, parts = self.keys(fold), {rest[:size] for size in range(1, len(rest))}
        return [id_ for id_ in self.open_ids.values() if keys[id_] in parts] if parts else []

    @lru_cache(maxsize=2)  # noqa: B019  (there is one predictor)
    def keys(self, fold: bool) -> list[bytes]:
        """The tokens' bytes, in lower case if case is ignored."""
        return [folded(token) for token in self.tokens] if fold else self.tokens


class _Search:
    """The search for the words at one place."""

    def __init__(self, model: Predictor, typed: bytes, options: Options, offers: Callable[[bytes], bool]) -> None:
        self.model, self.options = model, options
        self.key = folded if options.ignore_case else bytes
        self.typed = self.key(typed)
        self.offers = lru_cache(maxsize=None)(offers)
        self.found: defaultdict[bytes, float] = defaultdict(float)  # word → mass of the spellings seen
        self.open: defaultdict[bytes, float] = defaultdict(float)  # key → mass that words which begin so may gain
        self.waiting: defaultdict[bytes, list[Token]] = defaultdict(list)  # key → open tokens, the heaviest first
        self.agreeing = self.inner = 0.0  # mass of what agrees with the letters; of what does so only in part
        self.rows = self.spent = 0
        self.all_listed = True

    def run(self, root: Node) -> tuple[list[tuple[bytes, float]], bool]:
        """Read open tokens until the answer is proved or a budget is spent."""
        deadline = time.perf_counter() + (self.options.max_seconds or np.inf)
        self._add(root)
        self.spent = 1
        while True:
            ranking = self._ranking()
            proved, picks = self._in_question(ranking)
            count = min(self.options.batch, self.options.max_rows - self.spent)
            if proved or not picks or count <= 0 or time.perf_counter() > deadline:
                words = [(word, min(mass / (self.agreeing or 1.0), 1.0)) for word, mass in ranking]
                return words, proved and self.agreeing > 0
            # a call counts as half a batch of rows at least
            self.spent += max(count := min(count, len(picks)), self.options.batch // 2)
            self._read(sorted(picks)[:count])

    def unexplored(self) -> float:
        """Share of what agrees that lies in open tokens."""
        left = -sum(mass for tokens in self.waiting.values() for mass, *_ in tokens)
        return min(left / (self.agreeing + self.inner), 1.0) if self.agreeing + self.inner else 1.0

    def _read(self, picks: list[Token]) -> None:
        """Run the model after open tokens, in one call."""
        states = np.stack([node.state for _, _, _, node in picks], axis=1)
        rows, after = self.model.run([[id_] for _, _, id_, _ in picks], states)
        for at, pick in enumerate(picks):
            mass, _, id_, node = pick
            text = node.text + self.model.tokens[id_]
            key = self.key(text)
            self.waiting[key].remove(pick)
            if len(key) < len(self.typed):
                self.inner += mass  # which is negative
            else:
                self.open[key] += mass
            self._add(Node(text, -mass, rows[at], after[:, at]))

    def _add(self, node: Node) -> None:
        """Take in what follows tokens that were read."""
        self.rows += 1
        rest = self.typed[len(node.text) :]
        ids = self.model.beginning(rest, self.options.ignore_case)
        ends = self.model.ending(half_character(node.text))[ids]
        if not node.text or rest:  # what follows is counted here, and not with an open token before it
            self.agreeing += node.mass * float(node.row[ids].sum())
        self._list(node, ids[ends])
        for id_ in ids[~ends]:
            self.open[self._wait(node, int(id_))] += node.mass * float(node.row[id_])
        for id_ in self.model.inner(rest, self.options.ignore_case):
            self._wait(node, id_)
            self.inner += node.mass * float(node.row[id_])

    def _wait(self, node: Node, id_: int) -> bytes:
        """Note an open token; return its key."""
        key = self.key(node.text + self.model.tokens[id_])
        if node.row[id_] * node.mass > 0:
            insort(self.waiting[key], (-node.mass * float(node.row[id_]), self.rows, id_, node))
        return key

    def _list(self, node: Node, ids: np.ndarray) -> None:
        """Note the heaviest words that end here; one that is left out may still gain what the next one has."""
        order = ids[np.argsort(-node.row[ids], kind="stable")]
        listed = int(3 / max(self.options.tolerance, 1e-9))  # no more can have above a third of the tolerance
        for id_ in order[:listed]:
            self.found[node.text + self.model.tokens[id_]] += node.mass * float(node.row[id_])
        if len(order) > listed:
            self.all_listed = False
            self.open[self.key(node.text)] += node.mass * float(node.row[order[listed]])

    def _ranking(self) -> list[tuple[bytes, float]]:
        """The k best words and their masses; of those that differ in case alone, if it is ignored, the best."""
        best: dict[bytes, tuple[bytes, float]] = {}
        for word, mass in sorted(self.found.items(), key=lambda item: (-item[1], item[0])):
            if mass > 0 and self.key(word) not in best and self.offers(word):
                best[self.key(word)] = word, mass
                if len(best) == self.options.k:
                    break
        return list(best.values())

    # -- the proof ---------------------------------------------------------------------------------------------------

    def _in_question(self, ranking: list[tuple[bytes, float]]) -> tuple[bool, list[Token]]:
        """Whether the answer is proved; if not, the heaviest open tokens on the paths that break a rule."""
        allowed = max(self.options.tolerance, 1e-9) * self.agreeing
        if self.inner > allowed / 2 or len(ranking) < self.options.k:
            heaviest = [tokens[0] for tokens in self.waiting.values() if tokens]
            return not heaviest and self.all_listed, heaviest
        allowed -= self.inner
        limit = ranking[-1][1] + allowed
        best = {self.key(word) for word, _ in ranking}
        paths = list(self._paths())  # by which a word that was not seen may gain
        most = max((mass for mass, _ in paths), default=0.0)
        questions = [key for mass, key in paths if mass > limit]
        questions += [self.key(word) for word, _ in ranking if self._missing(word) > allowed]
        rivals = [word for word, mass in self.found.items() if mass + most > limit and self.key(word) not in best]
        rivals = [word for word in rivals if self.found[word] + self._missing(word) > limit and self.offers(word)]
        questions += [self.key(word) for word in rivals]
        heaviest = [min((self.waiting[each][0] for each in self._along(key)), default=None) for key in questions]
        return not questions, list({pick[:3]: pick for pick in heaviest if pick}.values())

    def _along(self, key: bytes) -> list[bytes]:
        """Where open tokens wait along the bytes of a word."""
        return [key[:size] for size in range(len(key) + 1) if self.waiting.get(key[:size])]

    def _missing(self, word: bytes) -> float:
        """By how much a word may still gain: what is open along its bytes."""
        key = self.key(word)
        return sum(self.open.get(key[:size], 0.0) for size in range(len(key) + 1))

    def _paths(self) -> Iterator[tuple[float, bytes]]:
        """What is open along each path of bytes, and where the path ends."""
        above: list[tuple[float, bytes]] = []
        for key in sorted(self.open):
            while above and not key.startswith(above[-1][1]):
                above.pop()
            above.append((self.open[key] + (above[-1][0] if above else 0.0), key))
            yield above[-1]


def folded(text: bytes) -> bytes:
    """In lower case, as long as before: a character that is not whole, or would become longer or shorter, stays."""
    chars = text.decode("utf-8", "surrogateescape")
    pairs = [[each.encode("utf-8", "surrogateescape") for each in (char, char.lower())] for char in chars]
    return b"".join(low if len(low) == len(char) else char for char, low in pairs)


def half_character(text: bytes) -> bytes:
    """The bytes at the end that are not yet a whole character of UTF-8."""
    for size in range(1, min(3, len(text)) + 1):
        byte = text[-size]
        if byte >= 0xC0 and size < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4):
            return text[-size:]
        if byte < 0x80:
            break
    return b""


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        hint = "; put the text in quotes" if len(sys.argv) > 4 else ""
        sys.exit(f"usage: python suggest.py BUNDLE TEXT [PREFIX]{hint}")
    try:
        for word, probability in Predictor(sys.argv[1]).suggest(*sys.argv[2:4]).words:
            print(f"{probability:7.2%}  {word}")
    except WordgruError as error:
        sys.exit(f"error: {error}")

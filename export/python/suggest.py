"""Next words from a bundle with numpy, onnxruntime and tokenizers alone: `python suggest.py BUNDLE TEXT [PREFIX]`.

A reference to read and to copy; the package `wordgru` gives the same answers faster. Its search is the simplest exact
one: it goes byte by byte. How probable it is that the text goes on with given bytes can be summed up exactly from the
pieces, and no word is more probable than any of its beginnings. So the most probable beginning is looked at first, and
when none is left that beats the k-th word, the k best words are found.
"""

import codecs
import heapq
import sys
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers
from rules import BundleError, WordgruError, kind, read_config, split_last, unlearnt, wants_space, word_end

Found = tuple[list[tuple[str, float]], bool]
"""Words and their probabilities; and whether these are proved to be the most probable words."""

DUST = 1e-4, 1e-9
"""Spellings of less than this share of the tolerance are not looked into; if they come to too much, of the next."""


@dataclass(frozen=True)
class Spelling:
    """Pieces read after the context."""

    text: bytes  # what they spell
    mass: float  # P(these pieces | context)
    below: np.ndarray  # (V + 1,) P(the next piece has an id below this one)
    state: np.ndarray  # (layers, hidden)


class Predictor:
    """A bundle, loaded."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        config = read_config(folder)
        try:
            self.tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise bare ones
            raise BundleError(f"{folder}: cannot be loaded ({str(error).splitlines()[0]}).") from None
        vocabulary = self.tokenizer.get_vocab()
        names = sorted(vocabulary, key=vocabulary.__getitem__)
        shapes = {value.name: value.shape for value in (*self.session.get_inputs(), *self.session.get_outputs())}
        sizes, self.layers, self.hidden = {"layers": 1} | config["model"], shapes["state"][0], shapes["state"][2]
        found = {"vocab_size": len(names), "hidden_size": self.hidden, "layers": self.layers}
        if sizes | found != sizes or shapes["logits"][2] != len(names):
            raise BundleError(f"{folder}: the files are of different models; export the bundle again.")
        self.blocked = set()
        if "blocked.txt" in config["files"]:
            lines = (folder / "blocked.txt").read_text(encoding="utf-8").splitlines()
            self.blocked = {line.partition("#")[0].strip().lower() for line in lines}
        shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # bytes that stand for themselves
        order = [*shown, *(byte for byte in range(256) if byte not in shown)]
        byte_of = {chr(byte if byte in shown else 256 + at - len(shown)): byte for at, byte in enumerate(order)}
        self.pieces = [b"", *(bytes(byte_of[char] for char in name) for name in names[1:])]
        self.twins = str.maketrans(unlearnt(self.pieces))
        self.ids = {piece: id_ for id_, piece in enumerate(self.pieces) if piece}
        self.ranges: dict[bytes, list[int]] = {}  # first and last + 1 of the ids whose pieces begin with these bytes
        self.next_bytes: defaultdict[bytes, set[int]] = defaultdict(set)
        for id_, piece in enumerate(self.pieces[1:], start=1):
            for size in range(len(piece) + 1):
                self.ranges.setdefault(piece[:size], [id_, id_])[1] = id_ + 1
                self.next_bytes[piece[:size]].update(piece[size : size + 1])

    def suggest(
        self, context: str, prefix: str = "", *, k: int = 5, ignore_case: bool = False, tolerance: float = 3e-3,
        max_expanded: int = 10_000,
    ) -> Found:  # fmt: skip
        """The `k` most probable words after `context`, and a space where one is missing, that begin with `prefix`."""
        unspaced = all(kind(char) == "unspaced" for char in prefix)
        if not unspaced and split_last(prefix) != ("", prefix):
            raise WordgruError(f"{prefix!r} is no beginning of a word; put what stands before it into the context.")
        return self._find(context + " " * wants_space(context), prefix, k, ignore_case, tolerance, max_expanded)

    def complete(
        self, text: str, *, k: int = 5, ignore_case: bool = False, tolerance: float = 3e-3, max_expanded: int = 10_000
    ) -> Found:
        """What the unfinished last word of `text` may become."""
        return self._find(*split_last(text), k, ignore_case, tolerance, max_expanded)

    def read(self, before: str) -> tuple[list[int], bytes]:
        """The ids to read before a word that directly follows `before`, and the bytes held back for that word."""
        try:
            found = self.tokenizer.encode(before.translate(self.twins) + "x", add_special_tokens=False)
        except TypeError:
            raise WordgruError("the text holds a lone surrogate, which is not Unicode text.") from None
        count = found.word_ids.index(found.word_ids[-1])
        return [0, *found.ids[:count]], b"".join(self.pieces[id_] for id_ in found.ids[count:])[:-1]

    def _find(self, before: str, prefix: str, k: int, ignore_case: bool, tolerance: float, max_expanded: int) -> Found:
        if k < 1 or not 0 <= tolerance < 1:
            raise WordgruError(f"k is {k} and tolerance {tolerance}; expected at least 1, and a probability below 1.")
        ids, gap = self.read(before)
        wanted = unicodedata.normalize("NFC", prefix.translate(self.twins))
        zeros = np.zeros((self.layers, 1, self.hidden), np.float32)
        (root,) = self.run([b""], [1.0], [ids], zeros)
        for dust in DUST:
            search = _Search(self, gap, wanted, ignore_case, max(tolerance, 1e-9), dust)
            found, exact = search.run(root, k, max_expanded)
            if exact:
                break
        mark = max("'’", key=(before + prefix).rfind)  # the apostrophe that was typed last, and words are offered with
        twin = self.twins.get(ord(mark)) if mark in before + prefix else None
        return [(word.replace(twin, mark) if twin else word, mass) for word, mass in found], exact

    def run(self, texts: list[bytes], masses: list[float], ids: list[list[int]], state: np.ndarray) -> list[Spelling]:
        """What the model says after the ids in each row."""
        feeds = {"input_ids": np.array(ids, np.int64), "state": state, "positions": np.array([-1], np.int64)}
        logits, after = self.session.run(["logits", "next_state"], feeds)
        shares = np.exp(logits[:, 0].astype(np.float64) - logits[:, 0].max(axis=-1, keepdims=True))
        below = np.cumsum(shares / shares.sum(axis=-1, keepdims=True), axis=-1)
        below = np.concatenate([np.zeros((len(ids), 1)), below], axis=-1)
        return [Spelling(*each) for each in zip(texts, masses, below, after.transpose(1, 0, 2), strict=True)]


class _Search:
    """The search for the words at one place."""

    def __init__(
        self, model: Predictor, gap: bytes, prefix: str, ignore_case: bool, tolerance: float, dust: float
    ) -> None:
        self.model, self.tolerance, self.dust = model, tolerance, dust
        self.start = 1 if gap else 0  # the space before the word
        self.ignore_case = ignore_case
        self.wanted = self._fold(gap.decode() + prefix)
        self.agreeing = 0.0 if self.wanted else 1.0  # P(what follows agrees with the gap and the prefix)
        self.found: defaultdict[str, float] = defaultdict(float)
        self.expanded, self.lost = 1, 0.0
        self.exact = True

    def run(self, root: Spelling, k: int, max_expanded: int) -> Found:
        """Look at the most probable beginning, until none can change the answer."""
        waiting: defaultdict[str, float] = defaultdict(float)  # what each word may still get
        beginnings = [(-1.0, b"", [root])]  # no two are the same, so spellings are never compared
        while beginnings:
            mass, text, spellings = -beginnings[0][0], *heapq.heappop(beginnings)[1:]
            ranking, slack = self._ranking(), self.tolerance * self.agreeing
            least = ranking[k - 1][1] if len(ranking) >= k else 0.0 if not ranking else slack
            word, _ = self._word(text)
            beaten = self.found.get(word, 0.0) + waiting[word] <= least
            if self._passes(text) and mass <= max(least, 1e-6 * slack) and (beaten or mass <= 0.01 * slack):
                continue  # no new word comes from here, and to this one it makes no difference
            if self.expanded >= max_expanded:
                self.exact = False
                break
            waiting[word] -= mass
            for child, child_mass, child_spellings in self._expand(text, spellings):
                waiting[self._word(child)[0]] += child_mass
                heapq.heappush(beginnings, (-child_mass, child, child_spellings))
        ranking = self._ranking()[:k]
        missing = self.lost + max([waiting[word] for word, _ in ranking], default=0.0)
        self.exact = self.exact and missing <= self.tolerance * self.agreeing
        return [(word, mass / (self.agreeing or 1.0)) for word, mass in ranking], self.exact

    def _expand(self, text: bytes, spellings: list[Spelling]) -> list[tuple[bytes, float, list[Spelling]]]:
        """Read one byte on after `text`; `spellings` are those of its beginnings. Words that end are credited."""
        if text:
            spellings = [*spellings, *self._spell(text, spellings)]
        masses: defaultdict[int, float] = defaultdict(float)
        reading: defaultdict[int, list[Spelling]] = defaultdict(list)
        for each in spellings:
            rest = text[len(each.text) :]
            for byte in self.model.next_bytes[rest]:
                low, high = self.model.ranges[rest + bytes([byte])]
                masses[byte] += each.mass * float(each.below[high] - each.below[low])
                reading[byte].append(each)
            if not rest:  # the text may end here
                self._credit(text, each.mass * float(each.below[1]))
        passed, least = self._passes(text), self._dust(sum(masses.values()))
        children = []
        for byte, mass in masses.items():
            child = text + bytes([byte])
            if not passed and self._passes(child):
                self.agreeing += mass
            if mass <= least and passed:
                self.lost += mass
            elif not self._word(child)[1]:
                self._credit(child, mass)
            elif passed or self._agrees(child):
                children.append((child, mass, reading[byte]))
        return children

    def _dust(self, mass: float) -> float:
        """What is not worth a look; `mass` stands for what agrees while that is not known."""
        return self.dust * self.tolerance * (self.agreeing or mass)

    def _spell(self, text: bytes, spellings: list[Spelling]) -> list[Spelling]:
        """Those that spell all of `text`: one piece more than one of `spellings`."""
        picks = [(each, id_) for each in spellings if (id_ := self.model.ids.get(text[len(each.text) :]))]
        masses = [each.mass * float(each.below[id_ + 1] - each.below[id_]) for each, id_ in picks]
        if self._is_unit(text):
            self._credit(text, sum(masses))
            return []
        least = self._dust(sum(masses))
        self.lost += sum(mass for mass in masses if mass <= least)
        kept = [(each, id_, mass) for (each, id_), mass in zip(picks, masses, strict=True) if mass > least]
        if not kept:
            return []
        self.expanded += len(kept)
        states = np.stack([each.state for each, _, _ in kept], axis=1)
        return self.model.run([text] * len(kept), [mass for _, _, mass in kept], [[id_] for _, id_, _ in kept], states)

    # -- what bytes mean -------------------------------------------------------------------------------------------

    def _credit(self, text: bytes, mass: float) -> None:
        """The word at the beginning of `text` has ended."""
        word = self._word(text)[0]
        if word and self._passes(text) and self._fold(word).startswith(self.wanted[self.start :]):
            self.found[word] += mass

    def _ranking(self) -> list[tuple[str, float]]:
        """The words found, most probable first."""
        found = [item for item in self.found.items() if item[0].lower() not in self.model.blocked]
        return sorted(found, key=lambda item: (-item[1], item[0].encode()))

    def _word(self, text: bytes) -> tuple[str, bool]:
        """The word that `text` begins with, and whether more bytes may belong to it."""
        word = _characters(text[self.start :])
        end, undecided = word_end(word)
        return word[:end], undecided

    def _fold(self, text: str) -> str:
        """`text` in lower case, if case does not matter."""
        return _lower(text) if self.ignore_case else text

    def _is_unit(self, text: bytes) -> bool:
        """Whether a piece that ends after `text` ends a word: whole characters of a script without spaces."""
        word = _characters(text[self.start :])
        return bool(word) and kind(word[0]) == "unspaced" and len(word.encode()) == len(text) - self.start

    def _passes(self, text: bytes) -> bool:
        """Whether `text` holds all of the gap and the prefix."""
        return self._fold(_characters(text)).startswith(self.wanted)

    def _agrees(self, text: bytes) -> bool:
        """Whether `text` may still pass, or does."""
        whole = _characters(text)
        if self._passes(text) or not self.wanted.startswith(self._fold(whole)):
            return self._passes(text)
        half, letter = text[len(whole.encode()) :], self.wanted[len(whole)]
        return any(each.encode().startswith(half) for each in (letter, letter.upper()))


def _lower(text: str) -> str:
    """In lower case, each character by itself: a Greek sigma stays the same one wherever the text is cut."""
    return "".join(map(str.lower, text))


def _characters(data: bytes) -> str:
    """The whole characters of `data`; the bytes of a last one that is not whole are left out."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        hint = "; put the text in quotes" if len(sys.argv) > 4 else ""
        sys.exit(f"usage: python suggest.py BUNDLE TEXT [PREFIX]{hint}")
    try:
        for word, probability in Predictor(sys.argv[1]).suggest(*sys.argv[2:4])[0]:
            print(f"{probability:7.2%}  {word}")
    except WordgruError as error:
        sys.exit(f"error: {error}")

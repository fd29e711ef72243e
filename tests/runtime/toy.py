"""Toy language models with random weights, and word probabilities by brute force over all piece sequences."""

from collections import defaultdict

import numpy as np

from wordgru import words


class ToyModel:
    """A random recurrent model over a handful of pieces, in float64 inside; `sharpness` makes it sure of itself."""

    def __init__(self, pieces: list[bytes], seed: int, sharpness: float = 2.0, ends: float = 2.0) -> None:
        random = np.random.default_rng(seed)
        self.pieces = pieces
        size, count = 6, len(pieces)
        self._recurrent = random.normal(size=(size, size))
        self._input = random.normal(size=(count, size))
        self._output = random.normal(size=(size, count)) * sharpness
        self._bias = np.array([ends if p[:1] in (b" ", b".", b"") else 0.0 for p in pieces])  # words stay short

    def initial_state(self) -> np.ndarray:
        return np.zeros((1, 1, 6), np.float32)

    def step(self, pieces: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, after = self._read(pieces, states)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True), after

    def advance(self, pieces: np.ndarray, state: np.ndarray) -> np.ndarray:
        for piece in pieces:
            _, state = self._read(np.array([piece]), state)
        return state

    def score(self, pieces: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = []
        for piece in pieces:
            logits, state = self._read(np.array([piece]), state)
            rows.append(logits[0])
        return np.array(rows), state

    def _read(self, pieces: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after = np.tanh(states[0].astype(np.float64) @ self._recurrent + self._input[pieces])
        return after @ self._output + self._bias, after[None].astype(np.float32)


def word_at_start(text: bytes, *, whole: bool) -> tuple[str, bool]:
    """The word that `text` begins with, and whether it is known to end there; by the definition of a word alone.

    `whole` says that nothing follows. Written apart from the search's own reading, from decoded text.
    """
    kept = 0
    if not whole:  # an unfinished character may still become anything
        for cut in range(1, min(3, len(text)) + 1):
            try:
                text[:-cut].decode("utf-8")
            except UnicodeDecodeError:
                continue
            if _may_grow(text[-cut:]):
                kept = cut
                break
    decoded = text[: len(text) - kept].decode("utf-8", errors="replace")
    found = words.spans(decoded)
    if not found or found[0][0] != 0:
        return "", bool(decoded)
    end = found[0][1]
    rest = decoded[end:]
    if rest and not (len(rest) == 1 and rest in words.INNER and not whole):
        return decoded[:end], True
    return decoded[:end], whole


def _decoded(data: bytes) -> str:
    """`data` as text, or nothing if it is not whole UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _may_grow(data: bytes) -> bool:
    for filler in ("80", "bf", "8080", "bfbf", "9080", "8f80", "808080", "bfbfbf", "908080", "8f8080"):
        try:
            data_more = data + bytes.fromhex(filler)
            if len(data_more.decode("utf-8")) == 1:
                return True
        except UnicodeDecodeError:
            continue
    return False


def brute_force(
    model: ToyModel, state: np.ndarray, last: int, gap: bytes, prefix: str, *, depth: int, floor: float = 0.0
) -> tuple[dict[str, float], float, float]:
    """(P(word) of every word, P(gap and prefix), probability of what was cut off) over all sequences up to `depth`."""
    need = gap + prefix.encode()
    found: dict[str, float] = defaultdict(float)
    agreeing = cut = 0.0
    stack = [(b"", state, last, 1.0, 0, not need)]
    if not need:
        agreeing = 1.0
    while stack:
        spelled, before, piece, mass, at, passed = stack.pop()
        shares, after = model.step(np.array([piece]), before)
        for id_, share in enumerate(shares[0]):
            text, more = spelled + model.pieces[id_], mass * share
            if not (text.startswith(need) or need.startswith(text)) or (id_ == 0 and not passed):
                continue
            now = passed
            if not passed and text.startswith(need):
                agreeing, now = agreeing + more, True
            word, ended = word_at_start(text[len(gap) :], whole=id_ == 0) if now else ("", False)
            unit = _decoded(text[len(gap) :])
            if unit and all(words.kind(char) == "unspaced" for char in unit):
                word, ended = unit, True  # in scripts without spaces a piece that ends a character ends the word
            ended = ended or id_ == 0
            if ended:
                if word and word.startswith(prefix):
                    found[word] += more
            elif at + 1 < depth and (more > floor or not now):
                stack.append((text, after, id_, more, at + 1, now))
            else:
                cut += more
    return found, agreeing, cut

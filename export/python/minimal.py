"""The k most probable next words in about 60 lines of code: `python minimal.py BUNDLE "the cat"`.

P(what follows begins with some bytes) is a sum over all ways to spell them in pieces, and no word is more probable than
any of its beginnings. So the most probable beginning is read on, byte by byte, until all that are left are less
probable than the k-th word and than `least`. Nothing is proved of what is smaller: words less probable than `least` may
be missing, and words of nearly the same probability may stand in either order. suggest.py proves its answers, and has
prefixes, letter case, block lists and errors.
"""

import heapq
import sys
from collections import defaultdict

import numpy as np
import onnxruntime
import tokenizers
from rules import word_end


class Model:
    """A bundle: the pieces' bytes by id, and what comes after a row of ids."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
        self.shape = self.session.get_inputs()[1].shape  # (layers, batch, hidden)
        names = sorted(self.tokenizer.get_vocab(), key=self.tokenizer.token_to_id)
        shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # bytes that stand for themselves
        rest = sorted({*range(256)} - {*shown})
        byte = {chr(b): b for b in shown} | dict(zip(map(chr, range(256, 324)), rest, strict=True))
        self.pieces = [b""] + [bytes(byte[c] for c in name) for name in names[1:]]  # id 0 is the end of a text
        self.spans: dict[bytes, list[int]] = {}  # ids are in byte order: those that begin alike are one range
        self.follow: dict[bytes, set[bytes]] = defaultdict(set)  # the bytes that go on with the beginning of a piece
        for id_, piece in enumerate(self.pieces[1:], 1):
            for size in range(len(piece) + 1):
                self.spans.setdefault(piece[:size], [id_, id_])[1] = id_ + 1
                self.follow[piece[:size]].update([piece[size : size + 1]] if size < len(piece) else [])

    def read(self, ids: list[int], state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(next id is below i) for every i (V + 1,), and the state after `ids`."""
        feeds = {"input_ids": np.array([ids]), "state": state, "positions": np.array([-1])}
        logits, state = self.session.run(["logits", "next_state"], feeds)
        shares = np.exp(logits[0, 0].astype(float) - logits.max())
        return np.concatenate([[0], np.cumsum(shares / shares.sum())]), state


def suggest(model: Model, context: str, k: int = 5, least: float = 1e-3) -> list[tuple[str, float]]:
    """The words after `context` and a space, with P(word | context, space), short of the truth by about `least`."""
    start = np.zeros((model.shape[0], 1, model.shape[2]), np.float32)
    below, state = model.read([0, *model.tokenizer.encode(context).ids], start)  # a text begins with id 0 and zeros
    low, high = model.spans[b" "]
    beginnings = [(-1.0, b" ", [(b"", 1 / (below[high] - below[low]), below, state)])]  # -P(text), text, its spellings
    found: dict[str, float] = defaultdict(float)
    while beginnings and -beginnings[0][0] > min([least, *sorted(found.values())[-k:]]):
        _, text, spellings = heapq.heappop(beginnings)
        for spelled, mass, below, state in spellings[:]:  # with one piece more it may spell all of the text
            low, high = model.spans.get(text[len(spelled) :], (0, 0))
            mass *= below[low + 1] - below[low]
            if low < high and model.pieces[low] == text[len(spelled) :] and mass > 0.01 * least:
                spellings = [*spellings, (text, mass, *model.read([low], state))]
        masses: dict[bytes, float] = defaultdict(float)
        for spelled, mass, below, _ in spellings:
            rest = text[len(spelled) :]
            masses[b""] += 0 if rest else mass * below[1]  # here the whole text ends
            for byte in model.follow[rest]:
                low, high = model.spans[rest + byte]
                masses[byte] += mass * (below[high] - below[low])
        for byte, mass in masses.items():
            word = (text + byte)[1:].decode(errors="ignore")
            end, goes_on = word_end(word)
            if mass and goes_on and byte:
                urgent = 100 if 0 < len(word[:end].encode()) < len(text) else 1  # "cat'" may yet be "cat"
                heapq.heappush(beginnings, (-urgent * mass, text + byte, spellings))
            elif mass and end:
                found[word[:end]] += mass
    return sorted(found.items(), key=lambda item: -item[1])[:k]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python minimal.py BUNDLE TEXT")
    for word, probability in suggest(Model(sys.argv[1]), sys.argv[2]):
        print(f"{probability:7.2%}  {word}")

"""The k most probable next words in about 40 lines of code: `python minimal.py BUNDLE "the cat"`.

Text is spelled in tokens. A *final* token ends a word; after an *open* one more of the word follows. So one row of the
model, P(next token), already holds whole words, and P(word) is the sum over all rows of tokens that spell it. The most
probable open tokens are read on until all that are left are less probable than `least`. Nothing is proved: a word may
be short of what those could still add. suggest.py proves its answers, and has prefixes, letter case, block lists and
errors.
"""

import os
import sys
from collections import defaultdict
from heapq import heappop, heappush

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before onnxruntime is imported, which else tells its maker

import numpy as np
import onnxruntime
import tokenizers
from rules import kind


class Model:
    """A bundle: what each token spells, by id; which are final; and what comes after tokens."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
        self.shape = self.session.get_inputs()[1].shape  # (layers, batch, hidden)
        names = [self.tokenizer.id_to_token(id_) for id_ in range(1, self.tokenizer.get_vocab_size())]
        shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]  # bytes that stand for themselves
        rest = sorted({*range(256)} - {*shown})
        byte = {chr(b): b for b in shown} | dict(zip(map(chr, range(256, 324)), rest, strict=True))
        self.tokens = [b"", *(bytes(byte[c] for c in name.removesuffix("</w>")) for name in names)]  # 0 ends a text
        self.finals = sum(name.endswith("</w>") for name in names)  # ids 1 to `finals`; the open tokens follow

    def read(self, ids: list[int], state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(next token) after `ids`, and the state.  # (V,), (layers, 1, hidden)"""
        feeds = {"input_ids": np.array([ids]), "state": state, "positions": np.array([-1])}
        probabilities, state = self.session.run(["probabilities", "next_state"], feeds)
        return probabilities[0, 0], state


def suggest(model: Model, context: str, k: int = 3, least: float = 1e-3) -> list[tuple[str, float]]:
    """The words after `context` and a space, with P(word | context, space), short of the truth by about `least`."""
    start = np.zeros((model.shape[0], 1, model.shape[2]), np.float32)
    ids = [0, *model.tokenizer.encode(context).ids]  # a text begins with id 0 and zeros
    waiting = [(-1.0, b"", ids, start)]  # open tokens: -P(tokens that spell a beginning), it, what to read, the state
    found: dict[bytes, float] = defaultdict(float)
    agreeing = 0.0
    while waiting and -waiting[0][0] > least * (agreeing or 1):
        mass, text, ids, state = heappop(waiting)
        row, state = model.read(ids, state)
        for id_ in map(int, np.flatnonzero(row * -mass > 1e-3 * least)):
            spelled = text + model.tokens[id_]
            if id_ and spelled.startswith(b" "):
                agreeing += 0 if text else float(row[id_])
                if id_ <= model.finals:
                    found[spelled] -= mass * row[id_]
                else:
                    heappush(waiting, (mass * float(row[id_]), spelled, [id_], state))
    ranking = sorted(found.items(), key=lambda item: -item[1])
    words = [(text.decode(errors="replace"), mass / agreeing) for text, mass in ranking]
    return [(text[1:], mass) for text, mass in words if kind(text) == "word"][:k]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python minimal.py BUNDLE TEXT")
    for word, probability in suggest(Model(sys.argv[1]), sys.argv[2]):
        print(f"{probability:7.2%}  {word}")

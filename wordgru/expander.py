"""The model's answers for one piece read at a state, many in one call, the latest remembered."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from wordgru.language_model import LanguageModel
from wordgru.lexicon import Floats


@dataclass(frozen=True, slots=True)
class Expansion:
    """What the model says after one piece.

    Attributes:
        probabilities: (V,) of the next piece.
        state: (layers, hidden) after the piece.
    """

    probabilities: Floats
    state: Floats


class Expander:
    """Expands (state, piece) with few calls of the model. Shared by threads.

    Args:
        model: the language model.
        remembered: answers kept; each takes about 4 bytes a piece of the vocabulary.
    """

    def __init__(self, model: LanguageModel, *, remembered: int = 128) -> None:
        self._model = model
        self._remembered = remembered
        self._memo: OrderedDict[tuple[bytes, int], Expansion] = OrderedDict()
        self._lock = Lock()

    def __call__(self, states: Sequence[Floats], pieces: Sequence[int]) -> list[Expansion]:
        """Expand each of `pieces` read at its state, (layers, hidden)."""
        keys = [(state.tobytes(), piece) for state, piece in zip(states, pieces, strict=True)]
        with self._lock:
            known = {key: self._memo[key] for key in keys if key in self._memo}
            for key in known:
                self._memo.move_to_end(key)
        missing = [at for at, key in enumerate(keys) if key not in known]
        if missing:
            ids = np.array([pieces[at] for at in missing], np.int64)
            probabilities, after = self._model.step(ids, np.stack([states[at] for at in missing], axis=1))
            for row, at in enumerate(missing):  # copies: a row must not keep the others alive
                known[keys[at]] = Expansion(probabilities[row].copy(), after[:, row].copy())
            with self._lock:
                for at in missing:
                    self._memo[keys[at]] = known[keys[at]]
                while len(self._memo) > self._remembered:
                    self._memo.popitem(last=False)
        return [known[key] for key in keys]

    def known(self, state: Floats, piece: int) -> Floats | None:
        """The state after `piece`, (layers, hidden), if the answer is remembered."""
        with self._lock:
            expansion = self._memo.get((state.tobytes(), piece))
        return expansion.state if expansion else None

"""Where a person's finger lands beside the keys that were meant: running moments of a Gaussian."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

HALF_LIFE = 1000
"""Touches after which one is worth half: whoever holds the phone otherwise is followed."""

FARTHEST = 1.5
"""Key widths beyond which a touch is a slip of the mind and not of the finger."""

_SURE_OFFSET, _SURE_SPREAD = 20, 100  # touches that "no offset", and the spread of the typing model, are worth
_LEAST, _MOST = 0.05, 1.0  # key widths of a spread


@dataclass(frozen=True)
class Finger:
    """What was learnt of a finger: sums over its touches, each less by half per `HALF_LIFE`; in key widths.

    Attributes:
        count: of touches.
        x: of what they lay right of the key that was meant.
        y: and of what they lay below it.
        squares: of their squared distances from it.
    """

    count: float = 0.0
    x: float = 0.0
    y: float = 0.0
    squares: float = 0.0

    def after(self, touches: Iterable[tuple[float, float]]) -> Self:
        """What is known after more touches, each as (x, y) beside the centre of the key that was meant."""
        count, right, below, squares = self.count, self.x, self.y, self.squares
        kept = 2 ** (-1 / HALF_LIFE)
        for x, y in touches:
            if math.hypot(x, y) <= FARTHEST:
                count, right, below = kept * count + 1, kept * right + x, kept * below + y
                squares = kept * squares + x * x + y * y
        return type(self)(count, right, below, squares)

    @property
    def offset(self) -> tuple[float, float]:
        """How far right of a key, and below it, the finger lands that means it."""
        return self.x / (self.count + _SURE_OFFSET), self.y / (self.count + _SURE_OFFSET)

    def spread(self, usual: float) -> float:
        """The standard deviation around that; `usual` is that of the typing model."""
        around = self.squares - (self.x**2 + self.y**2) / self.count if self.count else 0.0
        variance = (max(around, 0.0) / 2 + _SURE_SPREAD * usual**2) / (self.count + _SURE_SPREAD)
        return min(max(math.sqrt(variance), _LEAST), _MOST)

"""Facts of a model that every part agrees on, as frozen dataclasses that refuse unknown keys; ranges of numbers."""

import math
import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

from wordgru.errors import WordgruError


@dataclass(frozen=True)
class Config:
    """What every configuration can do: become a dict, and be made from one that is checked."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str) -> Self:
        """Make a configuration from the values read at `where` (a file's name, for the message).

        Raises:
            WordgruError: a key is unknown or missing, or a value is refused.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise WordgruError(
                f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}. "
                "Was it written by a newer wordgru? Then upgrade wordgru."
            )
        try:
            return cls(**values)
        except TypeError as error:
            raise WordgruError(f"{where}: {error}; expected the keys {', '.join(sorted(known))}.") from None


@dataclass(frozen=True)
class ModelConfig(Config):
    """Sizes of a word-level GRU language model over BPE tokens.

    Attributes:
        vocab_size: number of tokens, the end-of-text token (id 0) among them.
        embedding_size: values per token in the embedding, which is also the output matrix (tied).
        hidden_size: values of a layer's state.
        layers: stacked GRU layers.
    """

    vocab_size: int
    embedding_size: int
    hidden_size: int
    layers: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that no model can have."""
        for name in ("vocab_size", "embedding_size", "hidden_size", "layers"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise WordgruError(f"{name} is {value!r}; expected a whole number of at least 1.")


@dataclass(frozen=True)
class Range:
    """What a number may be.

    Attributes:
        least: the smallest.
        most: the largest.
        above: it must be more than `least`.
        below: it must be less than `most`.
        whole: it must be a whole number.
    """

    least: float
    most: float = math.inf
    above: bool = False
    below: bool = False
    whole: bool = False

    def check(self, name: str, value: object) -> None:
        """Refuse what is not in the range; NaN is in none.

        Raises:
            WordgruError: `value`, which is called `name`, is no such number.
        """
        if not self.holds(value):
            raise WordgruError(f"{name} is {value!r}; expected {self}.")

    def __str__(self) -> str:
        """In words: "a whole number of at least 1"."""
        least = f"{'above' if self.above else 'of at least'} {self.least:g}"
        most = f" and {'below' if self.below else 'at most'} {self.most:g}" if self.most < math.inf else ""
        return f"a {'whole ' * self.whole}number {least}{most}"

    def holds(self, value: object) -> bool:
        """Whether `value` is a number in the range."""
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False
        number: Any = value
        enough = number > self.least if self.above else number >= self.least
        return bool(enough and (number < self.most if self.below else number <= self.most))


def check_type(name: str, value: object, types: type | tuple[type, ...], expected: str) -> None:
    """Refuse a value that is of none of `types`.

    Raises:
        WordgruError: `value`, which is called `name`, is none that is `expected`.
    """
    if not isinstance(value, types):
        raise WordgruError(f"{name} is {reprlib.repr(value)}; expected {expected}.")


def check_text(name: str, value: object) -> None:
    """Refuse what is no text.

    Raises:
        WordgruError: `value`, which is called `name`, is none.
    """
    check_type(name, value, str, "a text (str)")


def check_path(name: str, value: object) -> None:
    """Refuse what names no file or folder.

    Raises:
        WordgruError: `value`, which is called `name`, is no name.
    """
    check_type(name, value, (str, Path), "a name (str or Path)")


def ranged(default: Any, range_: Range) -> Any:  # noqa: ANN401  (as `dataclasses.field` itself)
    """A field of a dataclass with its range, for `check_ranges`; where the default is None, so may the value be."""
    return field(default=default, metadata={"range": range_})


def check_ranges(settings: Any, whose: str = "") -> None:  # noqa: ANN401  (any dataclass)
    """Refuse a dataclass whose `ranged` fields are not all in their ranges; `whose` they are stands before the name.

    Raises:
        WordgruError: one is not; the message names it.
    """
    for each in fields(settings):
        value = getattr(settings, each.name)
        if "range" in each.metadata and not (value is None and each.default is None):
            each.metadata["range"].check(f"{whose} {each.name}".lstrip(), value)


@dataclass(frozen=True)
class DynamicOptions:
    """How a model learns from what it reads; dynamic evaluation, `wordgru.training.run.dynamic`.

    Attributes:
        block: tokens between two steps.
        rate: length of a step.
        decay: share of the way back to the trained weights, at each step.
    """

    block: int = ranged(20, Range(1, whole=True))
    rate: float = ranged(1e-3, Range(0))
    decay: float = ranged(0.005, Range(0, 1))

    def __post_init__(self) -> None:
        """Refuse numbers out of their ranges."""
        check_ranges(self, "the dynamic")

"""Facts of a model that every part agrees on, as frozen dataclasses that refuse unknown keys."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
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
    """Sizes of a word-level GRU language model over BPE pieces.

    Attributes:
        vocab_size: number of pieces, the end-of-text piece (id 0) among them.
        embedding_size: values per piece in the embedding, which is also the output matrix (tied).
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

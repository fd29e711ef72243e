"""Every setting of a training run, its default and its help, in one place. Flags are made from it (`command.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args

from wordgru.config import Config, ModelConfig
from wordgru.errors import TrainingError
from wordgru.training.data.text_config import TextConfig


def _setting(default: Any, help_: str) -> Any:  # noqa: ANN401  (as `dataclasses.field` itself)
    return field(default=default, metadata={"help": help_})


@dataclass(frozen=True)
class TrainConfig(Config):
    """All that a run needs to be repeated; saved with it as `config.json`.

    Exactly one of `steps`, `epochs` and `minutes` says how long it trains. A run by minutes cannot be repeated to the
    same bits, for its schedule follows the clock.
    """

    text: TextConfig = field(default_factory=TextConfig)
    validation_sources: tuple[str, ...] = _setting((), "Text to validate on; without it, a part is held out.")
    validation_fraction: float = _setting(0.01, "Part of the documents that is held out.")
    max_document: int = _setting(4096, "Longest document in tokens; longer ones are cut.")

    init_from: str | None = _setting(None, "Model to go on from: a run, a bundle, or en, the one in the package.")
    vocab_size: int = _setting(16000, "Tokens of the tokenizer.")
    embedding_size: int = _setting(384, "Values per token.")
    hidden_size: int = _setting(768, "Values of a GRU layer's state.")
    layers: int = _setting(1, "GRU layers.")
    embedding_start: Literal["neighbours", "random"] = _setting(
        "neighbours", "What the embedding begins with: the neighbours of each token in the text, or random numbers."
    )
    embedding_dropout: float = _setting(0.0, "Share of the tokens whose embedding is dropped for a step.")
    input_dropout: float = _setting(0.0, "Share of the embedding's values dropped, the same all along a text.")
    weight_dropout: float = _setting(0.0, "Share of the weights from state to gates dropped for a step.")
    dropout: float = _setting(0.1, "Share of values dropped between layers, the same all along a text.")
    output_dropout: float = _setting(0.1, "Share of the top layer's values dropped, the same all along a text.")
    activation_regularization: float = _setting(0.0, "Weight of the mean square of the top layer's values.")
    temporal_regularization: float = _setting(0.0, "Weight of the mean square of their change from token to token.")

    steps: int | None = _setting(None, "Train for this many steps.")
    epochs: float | None = _setting(None, "Train for this many passes over the text.")
    minutes: float | None = _setting(None, "Train for this many minutes.")
    batch_size: int = _setting(64, "Texts read side by side.")
    window: int = _setting(64, "Tokens of each that one step learns from.")
    window_variation: float = _setting(0.0, "Part of the window by which its length varies from step to step.")

    learning_rate: float = _setting(3e-3, "Highest learning rate.")
    final_rate: float = _setting(0.05, "Part of the learning rate that is left at the end.")
    warmup: int = _setting(200, "Steps until the highest learning rate is reached.")
    weight_decay: float = _setting(0.01, "Weight decay of the matrices (AdamW).")
    clip: float = _setting(1.0, "Longest gradient; longer ones are shortened to it.")
    ema: float = _setting(0.0, "Decay of the weights' moving average, which is validated and kept; 0 is none.")

    loss: Literal["auto", "full", "sampled"] = _setting(
        "auto", "Score all tokens, or a sample; auto samples on a CPU with a large vocabulary."
    )
    frequent: int = _setting(1500, "Most frequent tokens, which a sampled loss always scores.")
    sampled: int = _setting(1000, "Other tokens that a sampled loss scores in a step.")
    full_fraction: float = _setting(0.2, "Last part of the steps that scores all tokens in any case.")
    precision: Literal["auto", "fp32", "bf16"] = _setting("auto", "Arithmetic; auto is bf16 where it is faster.")

    validate_every: int = _setting(500, "Steps between two validations.")
    validation_tokens: int = _setting(50_000, "Most tokens that a validation reads.")
    checkpoint_every: int = _setting(500, "Steps between two checkpoints.")

    seed: int = _setting(1, "Seed of weights, order and dropout.")
    device: Literal["auto", "cpu", "cuda", "mps"] = _setting("auto", "Where to compute; auto is a GPU if there is one.")
    threads: int = _setting(0, "CPU threads; 0 leaves it to torch.")

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        if sum(length is not None for length in (self.steps, self.epochs, self.minutes)) != 1:
            raise TrainingError("how long to train is not clear; expected exactly one of steps, epochs and minutes.")
        for setting in fields(self):
            _check(setting.name, getattr(self, setting.name), setting.type)

    def model(self, vocab_size: int) -> ModelConfig:
        """Sizes of the model for a tokenizer that found `vocab_size` tokens."""
        return ModelConfig(vocab_size, self.embedding_size, self.hidden_size, self.layers)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str) -> Self:
        """As `Config.from_dict`, for the nested values of JSON."""
        values = dict(values)
        if "text" in values:
            values["text"] = TextConfig.from_dict(_with_tuples(values["text"]), f"{where}: text")
        return super().from_dict(_with_tuples(values), where)


PRESETS: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 6000,
        "embedding_size": 192,
        "hidden_size": 384,
        "epochs": 10.0,
        "batch_size": 32,
        "window": 48,
        "validate_every": 200,
        "checkpoint_every": 200,
        "warmup": 100,
        "embedding_dropout": 0.05,
        "input_dropout": 0.1,
        "weight_dropout": 0.15,
        "output_dropout": 0.15,
        "validation_fraction": 0.03,
    },
    "small": {
        "vocab_size": 16000,
        "embedding_size": 256,
        "hidden_size": 640,
        "epochs": 1.0,
        "batch_size": 16,
        "full_fraction": 0.05,
    },
    "base": {
        "vocab_size": 16000,
        "embedding_size": 512,
        "hidden_size": 1024,
        "layers": 2,
        "epochs": 5.0,
        "batch_size": 256,
        "window": 96,
    },
}
"""Settings that differ from the defaults: tiny learns a demo in minutes, small is for a CPU, base for a GPU.

What tiny drops is the best of docs/training.md for little text that is read many times. small reads few texts side by
side, for short steps learn most in the first minutes (same page).
"""

MACHINE = ("device", "threads", "precision")
"""Settings that a resumed run may change."""

_POSITIVE = {
    *("max_document", "vocab_size", "embedding_size", "hidden_size", "layers", "steps", "epochs", "minutes"),
    *("batch_size", "window", "learning_rate", "clip", "frequent", "sampled"),
    *("validate_every", "validation_tokens", "checkpoint_every"),
}
_NOT_NEGATIVE = {"warmup", "weight_decay", "activation_regularization", "temporal_regularization", "seed", "threads"}
_SHARES = {
    *("embedding_dropout", "input_dropout", "weight_dropout", "dropout", "output_dropout", "window_variation"),
    *("validation_fraction", "final_rate", "full_fraction", "ema"),
}


def _check(name: str, value: Any, type_: Any) -> None:  # noqa: ANN401
    """Refuse a value out of its range."""
    if name in _POSITIVE and value is not None and not value > 0:
        raise TrainingError(f"{name} is {value!r}; expected a number above 0.")
    if name in _NOT_NEGATIVE and not value >= 0:
        raise TrainingError(f"{name} is {value!r}; expected 0 or more.")
    if name in _SHARES and not 0 <= value <= 1:
        raise TrainingError(f"{name} is {value!r}; expected a share from 0 to 1.")
    choices = get_args(type_)
    if choices and all(isinstance(choice, str) for choice in choices) and value not in choices:
        raise TrainingError(f"{name} is {value!r}; expected one of {', '.join(choices)}.")


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """The lists of JSON as the tuples they were."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}

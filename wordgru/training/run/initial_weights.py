"""What a run may begin with: another run, or a bundle, the one in the package among them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx

from wordgru.bundle import is_bundle, open_bundle
from wordgru.config import ModelConfig
from wordgru.errors import BundleError
from wordgru.graph import Weights, read_weights
from wordgru.predictor import find_model
from wordgru.text.tokenizer import Tokenizer
from wordgru.training.run import checkpoint


@dataclass(frozen=True)
class Origin:
    """A model to go on from.

    Attributes:
        sizes: of the model.
        tokenizer: its tokens.
        weights: reads the weights, float32, named as in the state dict of `GRULanguageModel`.
        blocked: words that it never offers, in lower case.
    """

    sizes: ModelConfig
    tokenizer: Tokenizer
    weights: Callable[[], Weights]
    blocked: frozenset[str]


def open_origin(name: str) -> Origin:
    """The model that `init_from` means.

    Args:
        name: the folder of a run, whose best weights count; a bundle, in a folder or on the Hub; or "en", the model in
            the package.

    Raises:
        WordgruError: it is none of these, or cannot be read.
    """
    folder = Path(find_model(name))
    if checkpoint.is_run(folder) and not is_bundle(folder):
        sizes, tokenizer = checkpoint.load_model_config(folder), checkpoint.load_tokenizer(folder)
        blocked = checkpoint.load_blocked(folder)
        return Origin(sizes, tokenizer, lambda: checkpoint.load_model_weights(folder), blocked)
    try:
        bundle = open_bundle(folder if folder.exists() else name)
    except BundleError as error:
        raise BundleError(f"{error} To begin with a model, give a bundle, a run, or 'en'.") from None
    sizes = bundle.config.model
    tokenizer = Tokenizer.load(bundle.tokenizer_path)
    return Origin(sizes, tokenizer, lambda: read_weights(onnx.load(bundle.model_path), sizes), bundle.blocked())

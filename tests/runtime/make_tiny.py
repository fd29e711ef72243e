"""Make the tiny bundles that the tests of the runtime load: `python tests/runtime/make_tiny.py`.

Their tokenizer is a real one; their weights are random but for the output's bias, which holds the frequency of each
token, so that what they suggest looks like words. The same sizes and weights in fp32 and in int8. Making them needs
onnx; loading them does not.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from wordgru.bundle import PRECISIONS, Bundle, Precision, write_bundle
from wordgru.config import ModelConfig
from wordgru.exporting.card import model_card
from wordgru.graph import build_graph, weight_shapes
from wordgru.text.tokenizer import Tokenizer

HERE = Path(__file__).parent

TEXT = """\
The cat sat on the mat and looked at the dog. The dog sat by the door and looked at the rain. It was a cold morning,
and the old man had put the kettle on. He wasn't in a hurry. There was bread on the table, and butter, and a jar of
honey that his daughter had sent from the mountains.

"Is there anything to eat?" asked the girl when she came down the stairs. "There's bread," said the old man, "and
there's honey. The tea will be ready in a minute." She sat down at the table and the cat came over to see what she had.

The train to the city leaves at 7 in the morning and comes back at 6 in the evening. Most of the people on it work in
the city; some of them go to school there. They read, or sleep, or look out of the window at the fields and the river.
In winter it is still dark when they leave and dark again when they come home, and they don't see the river at all.

A good tool does one thing well. A good word says one thing well. When you write, say what you mean, and then stop.
When you don't know what you mean, think again, and write again. The first try is never the best one, and the second
is often worse; by the third you will know what you want to say.

The well-known recipe for pancakes is as follows. Take two eggs, a cup of flour and a cup of milk. Beat the eggs, add
the milk, then the flour, little by little, and a little salt. Let it rest for half an hour. Then melt some butter in
the pan, pour in the batter, and wait until the edges are brown. Turn it over. Eat it while it is hot.

Why do cats like boxes? Nobody knows, but the cat in the box doesn't care. What can the dog do about it? The dog can
wait. The dog can always wait.

Das Café ist am Sonntag geöffnet. L'été est beau. 今日は良い天気です。 I ♥ naïve words.
"""


def tiny_tokenizer() -> Tokenizer:
    """A tokenizer of a few hundred tokens."""
    return Tokenizer.train(TEXT.replace("\n\n", "\0").replace("\n", " ").split("\0"), vocab_size=700)


def tiny_config(tokenizer: Tokenizer) -> ModelConfig:
    """Two layers, and a projection."""
    return ModelConfig(tokenizer.vocab_size, embedding_size=20, hidden_size=28, layers=2)


def tiny_weights(config: ModelConfig, tokenizer: Tokenizer) -> dict[str, npt.NDArray[np.float32]]:
    """Random weights, large enough that the state matters; the bias is the log of each token's share of the text."""
    random = np.random.default_rng(20)
    weights = {
        name: (0.4 * random.standard_normal(shape)).astype(np.float32) for name, shape in weight_shapes(config).items()
    }
    counts = np.bincount(tokenizer.encode(TEXT), minlength=config.vocab_size)
    weights["output_bias"] = np.log((counts + 0.05) / counts.sum()).astype(np.float32)
    return weights


def make(folder: Path, precision: Precision) -> Bundle:
    """Write one of the bundles over whatever bundle is there."""
    tokenizer = tiny_tokenizer()
    config = tiny_config(tokenizer)
    graph = build_graph(config, tiny_weights(config, tokenizer), precision=precision)
    data, quality = "nothing: its weights are random, its tokens are of a page of text", {"note": "for tests only"}
    return write_bundle(
        folder,
        model=graph.SerializeToString(deterministic=True),
        tokenizer_json=tokenizer.to_json(),
        sizes=config,
        precision=precision,
        card=model_card(
            sizes=config,
            precision=precision,
            license="apache-2.0",
            data=data,
            datasets=(),
            settings={},
            quality=quality,
        ),
        quality=quality,
        overwrite=True,
    )


def tiny_folder(precision: Precision) -> Path:
    """Where the bundle of a precision lies."""
    return HERE / ("tiny" if precision == "fp32" else f"tiny-{precision}")


if __name__ == "__main__":
    for precision in PRECISIONS:
        bundle = make(tiny_folder(precision), precision)
        print(f"{bundle.folder}: {bundle.size:,} bytes")

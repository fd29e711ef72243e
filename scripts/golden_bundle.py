"""Make the bundle of the golden vectors for scripts without spaces: `python scripts/golden_bundle.py`.

The bundles for tests know such scripts by their bytes alone. This one has tokens of several characters, of one, and of
half a character, so that units end where they should. Random weights, one layer; the bias is how frequent a token is.
"""

from pathlib import Path

import numpy as np

from wordgru.bundle import write_bundle
from wordgru.config import ModelConfig
from wordgru.graph import build_graph, weight_shapes
from wordgru.text.tokenizer import Tokenizer

FOLDER = Path(__file__).resolve().parent.parent / "export" / "golden" / "unspaced"
TEXT = """\
今日は良い天気です。今日は雨です。明日も良い天気でしょう。私は学生です。私の友達も学生です。学生は学校に行きます。
明日は学校に行きません。日本の天気は良いです。日本語の本を読みます。友達と本を読みます。テレビを見ます。テレビは面白いです。
今天天气很好。今天下雨。明天天气也很好。我是学生。我的朋友也是学生。学生去学校。明天不去学校。中国的天气很好。我看中文书。
我和朋友看书。我们在学校看电视。他们不看电视。他说今天不下雨，我们去学校。
วันนี้อากาศดี วันนี้ฝนตก พรุ่งนี้อากาศดี ฉันเป็นนักเรียน เพื่อนของฉันเป็นนักเรียน นักเรียนไปโรงเรียน พรุ่งนี้ไม่ไปโรงเรียน
Tokyo 東京 and Bangkok กรุงเทพ are cities. In Tokyo 今日は 20 degrees, in Bangkok 32.
The 学生 read, and the students read.
"""


def main() -> None:
    """Write the bundle over whatever bundle is there."""
    tokenizer = Tokenizer.train(TEXT.splitlines(), vocab_size=720)
    config = ModelConfig(tokenizer.vocab_size, embedding_size=16, hidden_size=20)
    random = np.random.default_rng(7)
    weights = {
        name: (0.4 * random.standard_normal(shape)).astype(np.float32) for name, shape in weight_shapes(config).items()
    }
    counts = np.bincount(tokenizer.encode(TEXT), minlength=config.vocab_size)
    weights["output_bias"] = np.log((counts + 0.05) / counts.sum()).astype(np.float32)
    bundle = write_bundle(
        FOLDER,
        model=build_graph(config, weights, precision="fp32").SerializeToString(deterministic=True),
        tokenizer_json=tokenizer.to_json(),
        sizes=config,
        precision="fp32",
        card="# For tests only\n\nRandom weights, made by `scripts/golden_bundle.py`. Apache-2.0.\n",
        quality={"note": "for tests only"},
        overwrite=True,
    )
    print(f"{bundle.folder}: {bundle.size:,} bytes")


if __name__ == "__main__":
    main()

"""A rival of the benchmark: a transformer of GPT-2's shape with its key-value cache, int8 in onnxruntime.

Six layers of 768, 12 heads, 50,257 tokens: 82 million parameters, the shape of DistilGPT-2. Weights are random, for
only time and size are measured. The graph is what `quantize_dynamic` makes of such a model (`DynamicQuantizeLinear`
and `MatMulInteger` for every matrix, floats elsewhere), but better than it would be: the tied embedding is stored
once, and logits are computed at the last position only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from wordgru.search.model import Floats, Ints, open_session


@dataclass(frozen=True)
class Shape:
    """Sizes of the transformer."""

    layers: int = 6
    width: int = 768
    heads: int = 12
    vocab_size: int = 50257
    positions: int = 1024

    @property
    def weight_bytes(self) -> int:
        """Bytes of the matrices that one step reads; of the input embedding, a row."""
        return self.layers * 12 * self.width**2 + self.vocab_size * self.width


GPT2_82M = Shape()


class Transformer:
    """The graph behind a cache that the caller keeps.  # keys and values float32 (2 * layers, B, heads, past, width)"""

    def __init__(self, file: Path, shape: Shape, *, threads: int) -> None:
        self._shape = shape
        self._session = open_session(file, "cpu", threads)

    def read(self, tokens: Ints, cache: Floats | None = None) -> tuple[Floats, Floats]:
        """Read `tokens` (B, T): logits after the last (B, V), and the cache with them."""
        shape = self._shape
        empty = np.zeros((2 * shape.layers, len(tokens), shape.heads, 0, shape.width // shape.heads), np.float32)
        feeds = {"input_ids": tokens % shape.vocab_size, "cache": empty if cache is None else cache}
        logits, after = self._session.run(["logits", "next_cache"], feeds)
        return logits, after


def write_transformer(file: Path, shape: Shape, *, seed: int = 0) -> None:
    """Write the graph with random weights."""
    graph = _Graph(np.random.default_rng(seed))
    hidden = _embed(graph, shape)  # (B, T, W)
    kept: list[str] = []
    for layer in range(shape.layers):
        past = [graph.add("Gather", "cache", graph.constant(np.array(2 * layer + part))) for part in (0, 1)]
        attended, cache = _attend(graph, graph.norm(hidden, shape.width), past, shape)
        kept += cache
        hidden = graph.add("Add", hidden, attended)
        inner = _gelu(graph, graph.linear(graph.norm(hidden, shape.width), shape.width, 4 * shape.width))
        hidden = graph.add("Add", hidden, graph.linear(inner, 4 * shape.width, shape.width))
    last = graph.add("Gather", graph.norm(hidden, shape.width), graph.constant(np.array(-1)), axis=1)  # (B, W)
    graph.product(last, graph.add("Transpose", "embedding", perm=[1, 0]), "embedding_scale", name="logits")
    first = graph.constant(np.array([0]))
    graph.add("Concat", *(graph.add("Unsqueeze", one, first) for one in kept), axis=0, name="next_cache")
    cache_shape = [2 * shape.layers, "batch", shape.heads, "past", shape.width // shape.heads]
    floats = TensorProto.FLOAT
    inputs = [("input_ids", TensorProto.INT64, ["batch", "time"]), ("cache", floats, cache_shape)]
    outputs = [("logits", floats, None), ("next_cache", floats, None)]
    described = [[helper.make_tensor_value_info(*value) for value in values] for values in (inputs, outputs)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "transformer", *described, graph.constants),
        ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )
    file.write_bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants, and the parts that occur often."""

    def __init__(self, random: np.random.Generator) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._random = random

    def constant(self, value: npt.ArrayLike, name: str = "") -> str:
        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, rows: int, columns: int, name: str = "") -> str:
        """A random int8 matrix (rows, columns)."""
        return self.constant(self._random.integers(-127, 128, (rows, columns), np.int8), name)

    def add(self, op: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def many(self, op: str, *inputs: str, count: int, **attributes: object) -> list[str]:
        names = [f"value_{len(self.nodes)}_{at}" for at in range(count)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names

    def norm(self, values: str, width: int) -> str:
        """Layer normalisation over the last axis."""
        ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
        return self.add("LayerNormalization", values, self.constant(ones), self.constant(zeros))

    def linear(self, values: str, rows: int, columns: int) -> str:
        """A dense layer, int8 as `quantize_dynamic` writes it."""
        scale = self.constant(np.float32(0.02 / 73))  # a standard deviation of 0.02, as GPT-2 begins with
        product = self.product(values, self.weights(rows, columns), scale)
        return self.add("Add", product, self.constant(np.zeros(columns, np.float32)))

    def product(self, values: str, matrix: str, scale: str, *, name: str = "") -> str:
        """`values` times an int8 matrix, in floats."""
        quantized, value_scale, zero = self.many("DynamicQuantizeLinear", values, count=3)
        sums = self.add("Cast", self.add("MatMulInteger", quantized, matrix, zero), to=TensorProto.FLOAT)
        return self.add("Mul", sums, self.add("Mul", value_scale, scale), name=name)


def _embed(graph: _Graph, shape: Shape) -> str:
    """Tokens and their positions, which go on from the cache's.  # (B, T, W)"""
    scale = graph.constant(np.float32(0.02 / 73), "embedding_scale")
    rows = graph.add("Gather", graph.weights(shape.vocab_size, shape.width, "embedding"), "input_ids")
    rows = graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scale)
    past = graph.add("Gather", graph.add("Shape", "cache"), graph.constant(np.array(3), "past_axis"))
    time = graph.add("Gather", graph.add("Shape", "input_ids"), graph.constant(np.array(1)))
    end = graph.add("Add", past, time, name="end")
    at = graph.add("Range", past, end, graph.constant(np.array(1), "one"), name="at")  # (T,)
    keys = graph.add("Range", graph.constant(np.array(0), "zero"), "end", "one")  # (P + T,)
    later = graph.add("Greater", keys, graph.add("Unsqueeze", at, graph.constant(np.array([1]), "second_axis")))
    graph.add("Mul", graph.add("Cast", later, to=TensorProto.FLOAT), graph.constant(np.float32(-1e9)), name="mask")
    table = graph.constant(np.zeros((shape.positions, shape.width), np.float32))
    return graph.add("Add", rows, graph.add("Gather", table, at))


def _attend(graph: _Graph, values: str, past: list[str], shape: Shape) -> tuple[str, list[str]]:
    """Attention over the cache and `values`: what it adds, and the keys and values to keep."""
    each = shape.width // shape.heads
    split = graph.constant(np.array([0, 0, shape.heads, each]))
    heads = [
        graph.add("Transpose", graph.add("Reshape", part, split), perm=[0, 2, 1, 3])  # (B, heads, T, each)
        for part in graph.many("Split", graph.linear(values, shape.width, 3 * shape.width), count=3, axis=-1)
    ]
    keys, kept = (graph.add("Concat", old, new, axis=2) for old, new in zip(past, heads[1:], strict=True))
    scores = graph.add("MatMul", heads[0], graph.add("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = graph.add("Mul", scores, graph.constant(np.float32(each**-0.5)))
    shares = graph.add("Softmax", graph.add("Add", scores, "mask"))
    joined = graph.add("Transpose", graph.add("MatMul", shares, kept), perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", joined, graph.constant(np.array([0, 0, shape.width])))
    return graph.linear(joined, shape.width, shape.width), [keys, kept]


def _gelu(graph: _Graph, values: str) -> str:
    """The exact form, x / 2 * (1 + erf(x / √2)), which onnxruntime fuses."""
    erf = graph.add("Erf", graph.add("Div", values, graph.constant(np.float32(2**0.5))))
    product = graph.add("Mul", values, graph.add("Add", erf, graph.constant(np.float32(1))))
    return graph.add("Mul", product, graph.constant(np.float32(0.5)))

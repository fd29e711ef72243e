"""Weights to ONNX, node by node, and back: the only owner of gate order and of the int8 scheme.

It knows numpy and onnx; not torch, not files. One graph serves any batch, any length, any choice of positions:

    input_ids int64 (batch, time), state float32 (layers, batch, hidden), positions int64 (count,)
    -> probabilities float32 (batch, count, vocab), next_state float32 (layers, batch, hidden)

`positions` are the time steps after which the probabilities of the next token are wanted; negative ones count from
the end, so `[-1]` is the last. The vocabulary is most of the work, and a long context needs it once. Inside the graph,
time comes first.

fp32 uses the `GRU` operator. No runtime has an integer one, so int8 writes the cell out: the input gates of all steps
are one integer product, and a `Scan` holds one integer product on the state. Weights are int8 with a scale per output
channel. The tied embedding is stored once, and its transpose is folded into a constant when a session loads.

int4 is int8 in a smaller file: the same graph, whose int8 weights are stored as blocks of about 32 four-bit numbers
with a step of 8 bits each, and unpacked by operators that a runtime folds once, when a session loads. The projection
keeps its 8 bits: it is a twenty-fifth of the weights, and of what four bits cost it cost a quarter.

Activations have 7 bits: processors without VNNI add two u8 x s8 products in 16 saturating bits, and 2 * 127 * 127
fits. They are unsigned, since onnxruntime runs s8 x s8 fifteen times slower. The state lies within -1 and 1, so its
scale is a constant; other activations have one per row. Thus no answer depends on the rest of the batch, or on how a
text was cut into calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from wordgru.bundle import FORMAT_VERSION, GRAPH_INPUTS, GRAPH_OUTPUTS, PRECISIONS, Precision
from wordgru.config import ModelConfig
from wordgru.errors import ExportError

Weights = Mapping[str, npt.NDArray[np.float32]]
_Shape = list[str | int | None]

OPSET = 17
IR_VERSION = 8
"""Old on purpose: onnxruntime 1.20 refuses IR 11 and newer."""

_ZERO = 64  # the u8 that stands for 0 in an activation
_LEVELS = 63  # steps of an activation on either side of it

BLOCK = 32  # four-bit numbers that share a step, at most: with 128 the file is 4 % smaller, its loss twice as large
LOWEST, HIGHEST = -8, 7  # a four-bit number; a block's step has a sign, so that its largest value may be either
PARTS = 8  # a block's step is counted in eighths of the int8's, so that 8 steps of 127 are 127
SHARES = np.linspace(0.52, 1.14, 24, dtype=np.float32)
"""What is tried as a block's step, as a part of that by which its largest value is 8 steps: it may be cut."""


def build_graph(config: ModelConfig, weights: Weights, *, precision: Precision) -> onnx.ModelProto:
    """The ONNX model of `weights`, checked by `onnx.checker` in full.

    Args:
        config: sizes of the model.
        weights: float32 arrays named as in the state dict of `GRULanguageModel`; `weight_shapes` lists them. Gate rows
            are r, z, n.
        precision: "fp32", "int8" or "int4".

    Raises:
        ExportError: the precision is unknown, or the weights do not fit the sizes.
    """
    if precision not in PRECISIONS:
        raise ExportError(f"precision is {precision!r}; expected one of {', '.join(PRECISIONS)}.")
    _check(config, weights)
    nodes = _Nodes()
    if precision == "fp32":
        _fp32(nodes, config, weights)
    else:
        _int8(nodes, config, weights, four_bits=precision == "int4")
    state: _Shape = [config.layers, "batch", config.hidden_size]
    shapes: list[_Shape] = [["batch", "time"], state, ["count"], ["batch", "count", config.vocab_size], state]
    types = [TensorProto.INT64, TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT, TensorProto.FLOAT]
    values = [
        helper.make_tensor_value_info(name, type_, shape)
        for name, type_, shape in zip(GRAPH_INPUTS + GRAPH_OUTPUTS, types, shapes, strict=True)
    ]
    count = len(GRAPH_INPUTS)
    model = helper.make_model(
        helper.make_graph(nodes.nodes, "wordgru", values[:count], values[count:], list(nodes.constants.values())),
        producer_name="wordgru",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    helper.set_model_props(model, _facts(config, precision))
    onnx.checker.check_model(model, full_check=True)
    return model


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight that a model of these sizes has."""
    vocab, embedding, hidden = config.vocab_size, config.embedding_size, config.hidden_size
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocab, embedding), "output_bias": (vocab,)}
    for layer in range(config.layers):
        shapes[f"gru.weight_ih_l{layer}"] = (3 * hidden, hidden if layer else embedding)
        shapes[f"gru.weight_hh_l{layer}"] = (3 * hidden, hidden)
        shapes[f"gru.bias_ih_l{layer}"] = shapes[f"gru.bias_hh_l{layer}"] = (3 * hidden,)
    if hidden != embedding:
        shapes |= {"projection.weight": (embedding, hidden), "projection.bias": (embedding,)}
    return shapes


def has_four_bits(name: str) -> bool:
    """Whether int4 holds the weight `name` in four bits."""
    return name.startswith(("embedding", "gru.weight"))


def read_weights(model: onnx.ModelProto, config: ModelConfig) -> dict[str, npt.NDArray[np.float32]]:
    """The weights in a graph that `build_graph` made. Those of an int8 or int4 graph are what its integers stand for.

    Args:
        model: the graph.
        config: its sizes.

    Raises:
        ExportError: it holds other constants.
    """
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    try:
        weights = (_read_int8 if "embedding_scale" in constants else _read_fp32)(constants, config)
        weights = {name: np.array(weight, np.float32, order="C") for name, weight in weights.items()}
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise ExportError(f"the graph is not one of wordgru: {error}; export the model again.") from None
    _check(config, weights)
    return weights


class _Nodes:
    """Nodes and constants in the order they are added."""

    def __init__(self, prefix: str = "", *, four_bits: bool = False) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.four_bits = four_bits
        self._prefix = prefix

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        """A constant under `name`; the same name again is the same constant."""
        self.constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def many(self, op: str, *inputs: str, names: list[str], **attributes: Any) -> list[str]:  # noqa: ANN401
        """A node with the outputs `names`."""
        self.nodes.append(helper.make_node(op, list(inputs), names, name=f"{op}:{names[0]}", **attributes))
        return names

    def add(self, op: str, *inputs: str, name: str = "", **attributes: Any) -> str:  # noqa: ANN401
        """A node with one output, which is named after the node's number if no `name` is given."""
        name = name or f"{self._prefix}{len(self.nodes)}"
        return self.many(op, *inputs, names=[name], **attributes)[0]


def _fp32(nodes: _Nodes, config: ModelConfig, weights: Weights) -> None:
    """The graph of the `GRU` operator."""
    ids = nodes.add("Transpose", "input_ids", perm=[1, 0])  # (T, B)
    embedding = nodes.constant("embedding", weights["embedding.weight"])  # (V, E)
    hidden = nodes.add("Gather", embedding, ids)  # (T, B, E)
    axis = nodes.constant("direction_axis", np.array([1]))
    last = []
    for layer in range(config.layers):
        names = [f"gru.{kind}_l{layer}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        input_weight, state_weight, *biases = (_onnx_gates(weights[name]) for name in names)
        outputs, final = nodes.many(
            "GRU",
            hidden,
            nodes.constant(names[0], input_weight[None]),
            nodes.constant(names[1], state_weight[None]),
            nodes.constant(f"gru.bias_l{layer}", np.concatenate(biases)[None]),
            "",  # sequence_lens: all rows have the full length
            nodes.add("Gather", "state", nodes.constant(f"layer_{layer}", np.array([layer]))),  # (1, B, H)
            names=[f"gru_l{layer}", f"gru_l{layer}_final"],
            hidden_size=config.hidden_size,
            linear_before_reset=1,  # as torch has it; without it the numbers are silently wrong
        )
        hidden = nodes.add("Squeeze", outputs, axis)  # (T, B, H)
        last.append(final)
    nodes.add("Concat", *last, name="next_state", axis=0)
    hidden = _at_positions(nodes, hidden)  # (B, C, H)
    if "projection.weight" in weights:
        projection = nodes.constant("projection.weight", weights["projection.weight"].T)
        hidden = nodes.add("MatMul", hidden, projection)
        hidden = nodes.add("Add", hidden, nodes.constant("projection.bias", weights["projection.bias"]))  # (B, C, E)
    logits = nodes.add("MatMul", hidden, nodes.add("Transpose", embedding, perm=[1, 0]))
    _probabilities(nodes, logits, weights)


def _probabilities(nodes: _Nodes, logits: str, weights: Weights) -> None:
    """The output: the softmax of the products with the vocabulary and its bias. In the graph it costs 2 µs."""
    logits = nodes.add("Add", logits, nodes.constant("output_bias", weights["output_bias"]))
    nodes.add("Softmax", logits, name="probabilities", axis=-1)


def _read_fp32(constants: Weights, config: ModelConfig) -> dict[str, npt.NDArray[np.float32]]:
    """The weights that `_fp32` stored."""
    weights = {"embedding.weight": constants["embedding"], "output_bias": constants["output_bias"]}
    for layer in range(config.layers):
        input_bias, state_bias = np.split(constants[f"gru.bias_l{layer}"][0], 2)
        weights[f"gru.bias_ih_l{layer}"] = _onnx_gates(input_bias)
        weights[f"gru.bias_hh_l{layer}"] = _onnx_gates(state_bias)
        for name in (f"gru.weight_ih_l{layer}", f"gru.weight_hh_l{layer}"):
            weights[name] = _onnx_gates(constants[name][0])
    if "projection.weight" in constants:
        weights["projection.weight"] = constants["projection.weight"].T
        weights["projection.bias"] = constants["projection.bias"]
    return weights


@dataclass(frozen=True)
class _Activation:
    """Values between -1 and 1 as u8 around `_ZERO`, and what brings them back.

    Attributes:
        values: name of the u8 tensor.
        scale: name of a scale per row, (..., 1); empty for the state, whose scale is the constant 1 / `_LEVELS`.
    """

    values: str
    scale: str = ""


def _int8(nodes: _Nodes, config: ModelConfig, weights: Weights, *, four_bits: bool) -> None:
    """The graph of integer products."""
    nodes.four_bits = four_bits
    nodes.constant("zero", np.uint8(_ZERO))
    nodes.constant("step", np.float32(1 / _LEVELS))
    nodes.constant("first_axis", np.array([0]))
    embedding, embedding_scale = _quantize(weights["embedding.weight"])
    _integers(nodes, "embedding", embedding, weights["embedding.weight"] / embedding_scale[:, None])  # (V, E)
    nodes.constant("embedding_scale", embedding_scale)  # (V,)
    hidden = _embed(nodes)  # (T, B, E)
    last = []
    for layer in range(config.layers):
        gates = _linear(nodes, hidden, f"gru.weight_ih_l{layer}", weights)  # (T, B, 3H)
        hidden, final = _scan(nodes, gates, config.hidden_size, layer, weights)  # (T, B, H), (1, B, H)
        last.append(final)
    nodes.add("Concat", *last, name="next_state", axis=0)
    top = _Activation(_at_positions(nodes, hidden.values))  # (B, C, H)
    if "projection.weight" in weights:
        projected = _linear(nodes, top, "projection.weight", weights)
        projected = nodes.add("Add", projected, nodes.constant("projection.bias", weights["projection.bias"]))
        top = _of_rows(nodes, projected)  # (B, C, E)
    matrix = nodes.add("Transpose", "embedding", perm=[1, 0])
    scale = "embedding_scale" if top.scale else nodes.add("Mul", "embedding_scale", "step")
    logits = _product(nodes, top, matrix, scale)
    _probabilities(nodes, logits, weights)


def _read_int8(constants: Mapping[str, npt.NDArray[Any]], config: ModelConfig) -> dict[str, npt.NDArray[np.float32]]:
    """The weights that `_int8` stored. A bias of both kinds is read as one of the input's."""
    shapes = weight_shapes(config)

    def scaled(name: str, scale: npt.NDArray[np.float32], *, stored: str = "") -> npt.NDArray[np.float32]:
        stored, shape = stored or name, shapes[name]
        if f"{stored}_steps" in constants:
            values = _unpack(constants[f"{stored}_four_bits"], constants[f"{stored}_steps"], shape[-1])
        else:
            values = constants[stored] if stored != name else constants[stored].T
        if values.shape != shape or scale.shape != shape[:1]:  # else numpy would stretch them
            raise ValueError(f"{stored} is {values.shape} with scales {scale.shape}, not {shape} with {shape[:1]}")
        weight: npt.NDArray[np.float32] = values * scale[:, None]
        return weight

    weights = {
        "embedding.weight": scaled("embedding.weight", constants["embedding_scale"], stored="embedding"),
        "output_bias": constants["output_bias"],
    }

    def linear(name: str, *, of_state: bool = True) -> None:
        weights[name] = scaled(name, constants[f"{name}_scale"] * np.float32(_LEVELS if of_state else 1))

    for layer in range(config.layers):
        linear(f"gru.weight_ih_l{layer}", of_state=layer > 0)
        linear(f"gru.weight_hh_l{layer}")
        weights[f"gru.bias_ih_l{layer}"] = constants[f"gru.bias_l{layer}"]
        candidate = constants[f"gru.candidate_bias_l{layer}"]
        weights[f"gru.bias_hh_l{layer}"] = np.concatenate([np.zeros(2 * config.hidden_size, np.float32), candidate])
    if "projection.bias" in constants:
        linear("projection.weight")
        weights["projection.bias"] = constants["projection.bias"]
    return weights


def _scan(nodes: _Nodes, gates: str, size: int, layer: int, weights: Weights) -> tuple[_Activation, str]:
    """One layer over time: (T, B, 3H) input gates to the states after each step (T, B, H), and the last (1, B, H)."""
    input_bias, state_bias = weights[f"gru.bias_ih_l{layer}"], weights[f"gru.bias_hh_l{layer}"]
    linear = 2 * size  # the reset gate multiplies the candidate's own state bias, so that one stays apart
    bias = np.concatenate([input_bias[:linear] + state_bias[:linear], input_bias[linear:]])
    gates = nodes.add("Add", gates, nodes.constant(f"gru.bias_l{layer}", bias))
    sizes = nodes.constant("gate_sizes", np.array([linear, size]))
    split = nodes.many("Split", gates, sizes, axis=-1, names=[f"switches_l{layer}", f"candidate_l{layer}"])
    start = nodes.add("Gather", "state", nodes.constant(f"layer_{layer}", np.array(layer)))  # (B, H)
    nodes.constant(f"gru.candidate_bias_l{layer}", state_bias[linear:])
    names = [f"final_l{layer}", f"before_l{layer}"]
    final, before = nodes.many("Scan", start, *split, num_scan_inputs=2, body=_cell(nodes, layer, weights), names=names)
    final = nodes.add("Unsqueeze", final, "first_axis")
    one, end = nodes.constant("one_step", np.array([1])), nodes.constant("no_end", np.array([np.iinfo(np.int64).max]))
    later = nodes.add("Slice", before, one, end)
    return _Activation(nodes.add("Concat", later, _of_state(nodes, final).values, axis=0)), final


def _cell(nodes: _Nodes, layer: int, weights: Weights) -> onnx.GraphProto:
    """One step of a layer: the state `h` and its input gates to `next_h`, and to `h` as an activation.

    The activation is at hand, and a second output of `next_h` would be a copy. 15 nodes of about half a microsecond.
    """
    cell = _Nodes(prefix=f"cell_{layer}/")
    state = _of_state(cell, "h")
    gates = _linear(cell, state, f"gru.weight_hh_l{layer}", weights, owner=nodes)  # (B, 3H)
    from_state, memory = cell.many("Split", gates, "gate_sizes", axis=-1, names=["from_state", "memory"])
    both = cell.add("Sigmoid", cell.add("Add", "switch_inputs", from_state))
    reset, update = cell.many("Split", both, axis=-1, names=["reset", "update"])
    memory = cell.add("Mul", reset, cell.add("Add", memory, f"gru.candidate_bias_l{layer}"))
    new = cell.add("Tanh", cell.add("Add", "candidate_inputs", memory))
    cell.add("Add", new, cell.add("Mul", update, cell.add("Sub", "h", new)), name="next_h")
    nodes.constants |= cell.constants
    types = dict.fromkeys(["h", "switch_inputs", "candidate_inputs", "next_h"], TensorProto.FLOAT)
    values = [
        helper.make_tensor_value_info(name, type_, None)
        for name, type_ in (types | {state.values: TensorProto.UINT8}).items()
    ]
    return helper.make_graph(cell.nodes, f"cell_{layer}", values[:3], values[3:])


def _embed(nodes: _Nodes) -> _Activation:
    """The tokens' rows of the embedding, time first; its 8 bits become the 7 of an activation."""
    ids = nodes.add("Transpose", "input_ids", perm=[1, 0])  # (T, B)
    rows = nodes.add("Cast", nodes.add("Gather", "embedding", ids), to=TensorProto.FLOAT)  # (T, B, E)
    ratio = nodes.constant("bits_ratio", np.float32(127 / _LEVELS))
    scale = nodes.add("Mul", nodes.add("Gather", "embedding_scale", ids), ratio)
    scale = nodes.add("Unsqueeze", scale, nodes.constant("last_axis", np.array([-1])))  # (T, B, 1)
    return _Activation(nodes.add("QuantizeLinear", rows, ratio, "zero"), scale)


def _of_state(nodes: _Nodes, state: str) -> _Activation:
    """The activation of values that lie between -1 and 1."""
    return _Activation(nodes.add("QuantizeLinear", state, "step", "zero"))


def _of_rows(nodes: _Nodes, values: str) -> _Activation:
    """The activation of any values, with the scale that each row needs."""
    largest = nodes.add("ReduceMax", nodes.add("Abs", values), axes=[-1], keepdims=1)
    scale = nodes.add("Mul", nodes.add("Max", largest, nodes.constant("tiny", np.float32(1e-12))), "step")
    one = nodes.constant("one", np.float32(1))
    return _Activation(nodes.add("QuantizeLinear", nodes.add("Div", values, scale), one, "zero"), scale)


def _linear(nodes: _Nodes, inputs: _Activation, name: str, weights: Weights, *, owner: _Nodes | None = None) -> str:
    """`inputs` times the transpose of the weight `name`, in float; the weight itself is unpacked in the graph `owner`.

    That is the graph around a cell: folded there, it is one level above the body of the `Scan` and prepacked.
    """
    integers, scale = _quantize(weights[name])
    owner = owner or nodes
    if owner.four_bits and has_four_bits(name):
        _integers(owner, f"{name}_rows", integers, weights[name] / scale[:, None], stored=name)
        owner.add("Transpose", f"{name}_rows", name=name, perm=[1, 0])
    else:
        nodes.constant(name, integers.T)
    scale = scale if inputs.scale else scale / np.float32(_LEVELS)
    return _product(nodes, inputs, name, nodes.constant(f"{name}_scale", scale))


def _integers(
    nodes: _Nodes, name: str, integers: npt.NDArray[np.int8], exact: npt.NDArray[np.float32], *, stored: str = ""
) -> None:
    """int8 `integers` (rows, columns) under `name`: a constant; or where four bits are wanted, what unpacks them.

    Args:
        nodes: the graph.
        name: name of the tensor.
        integers: `exact`, rounded.
        exact: the weight in units of its rows' scales, -127 to 127.
        stored: begin of the names of the packed constants; empty for `name`.
    """
    if not nodes.four_bits:
        nodes.constant(name, integers)
        return
    stored = stored or name
    packed, steps = _pack(exact)  # (rows, blocks, size / 2), (rows, blocks, 1)
    _, blocks, half = packed.shape
    pairs = nodes.constant("pairs", _PAIRS)
    index = nodes.add("Cast", nodes.constant(f"{stored}_four_bits", packed), to=TensorProto.INT32)
    numbers = nodes.add("Gather", pairs, index)  # (rows, blocks, size / 2, 2)
    shape = nodes.constant(f"shape_{blocks}_{2 * half}", np.array([-1, blocks, 2 * half]))
    numbers = nodes.add("Reshape", numbers, shape)
    step = nodes.add("Cast", nodes.constant(f"{stored}_steps", steps), to=TensorProto.FLOAT)
    parts = nodes.add("Mul", numbers, step)
    values = nodes.add("Round", nodes.add("Div", parts, nodes.constant("parts", np.float32(PARTS))))
    flat = nodes.constant("shape_of_rows", np.array([0, -1]))
    values = nodes.add("Reshape", nodes.add("Cast", values, to=TensorProto.INT8), flat)
    columns = nodes.constant(f"columns_{exact.shape[1]}", np.array([exact.shape[1]]))
    first, axis = nodes.constant("first_column", np.array([0])), nodes.constant("columns_axis", np.array([1]))
    nodes.add("Slice", values, first, columns, axis, name=name)


def _pack(exact: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """A weight (rows, columns) in int8 steps as pairs of four-bit numbers (rows, blocks, size / 2), and blocks' steps.

    Of `SHARES` of both signs that one is taken for each block which leaves the least squared error.
    """
    rows, columns = exact.shape
    blocks = -(-columns // BLOCK)
    size = 2 * -(-columns // (2 * blocks))
    padded = np.zeros((rows, blocks * size), np.float32)
    padded[:, :columns] = exact
    values = padded.reshape(rows, blocks, size)
    whole = np.abs(values).max(axis=-1, keepdims=True) * np.float32(PARTS / -LOWEST)
    best = np.full(whole.shape, np.inf, np.float32)
    numbers, steps = np.zeros(values.shape, np.int8), np.ones(whole.shape, np.int8)
    for share in SHARES:
        for sign in (1, -1):
            step = sign * np.clip(np.rint(whole * share), 1, 127)
            tried = np.clip(np.rint(values * PARTS / step), LOWEST, HIGHEST)
            error = np.square(np.rint(tried * step / PARTS) - values).sum(axis=-1, keepdims=True)
            better = error < best
            np.copyto(best, error, where=better)
            np.copyto(numbers, tried.astype(np.int8), where=better)
            np.copyto(steps, step.astype(np.int8), where=better)
    nibbles = (numbers - LOWEST).astype(np.uint8)
    return (nibbles[..., ::2] | nibbles[..., 1::2] << 4).astype(np.uint8), steps


def _unpack(packed: npt.NDArray[np.uint8], steps: npt.NDArray[np.int8], columns: int) -> npt.NDArray[np.int8]:
    """The int8 weight (rows, columns) that `_pack` stored, as the graph unpacks it.

    Raises:
        ValueError: they are no pairs of four-bit numbers, and a step for each block.
    """
    if (packed.dtype, steps.dtype) != (np.dtype(np.uint8), np.dtype(np.int8)) or (*packed.shape[:-1], 1) != steps.shape:
        raise ValueError(
            f"four-bit numbers are {packed.dtype} {packed.shape} with steps {steps.dtype} {steps.shape}, not uint8 "
            "with an int8 step for each block"
        )
    numbers = _PAIRS[packed].reshape(*packed.shape[:2], -1)
    values: npt.NDArray[np.int8] = np.rint(numbers * steps.astype(np.float32) / np.float32(PARTS)).astype(np.int8)
    return values.reshape(len(packed), -1)[:, :columns]


_PAIRS = np.array([[byte % 16 + LOWEST, byte // 16 + LOWEST] for byte in range(256)], np.float32)  # low half first


def _product(nodes: _Nodes, inputs: _Activation, matrix: str, scale: str) -> str:
    """`inputs` times the int8 `matrix` (in, out), whose columns have a `scale`, in float."""
    sums = nodes.add("Cast", nodes.add("MatMulInteger", inputs.values, matrix, "zero"), to=TensorProto.FLOAT)
    sums = nodes.add("Mul", sums, inputs.scale) if inputs.scale else sums
    return nodes.add("Mul", sums, scale)


def _quantize(weight: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Rows of `weight` as integers between -127 and 127, and the scale of each row."""
    largest = np.abs(weight).max(axis=1)
    scale = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(127)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


def _at_positions(nodes: _Nodes, hidden: str) -> str:
    """The top layer's outputs (T, B, H) where logits are wanted, batch first again: (B, C, H)."""
    return nodes.add("Transpose", nodes.add("Gather", hidden, "positions"), perm=[1, 0, 2])


def _onnx_gates(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gate rows r, z, n (torch) in the order z, r, h (ONNX), and back."""
    reset, update, new = np.split(weight, 3)
    return np.concatenate([update, reset, new])


def _check(config: ModelConfig, weights: Weights) -> None:
    """Refuse weights that do not fit `config`."""
    shapes = weight_shapes(config)
    if odd := sorted(set(shapes) ^ set(weights)):
        state = "missing" if odd[0] in shapes else "unknown"
        raise ExportError(f"the weight {odd[0]!r} is {state}; expected {', '.join(shapes)}.")
    for name, shape in shapes.items():
        weight = weights[name]
        if weight.shape != shape or weight.dtype != np.float32:
            raise ExportError(
                f"the weight {name!r} is {weight.dtype} {weight.shape}; expected float32 {shape} for these model sizes."
            )
        if not np.isfinite(weight).all():
            raise ExportError(f"the weight {name!r} holds NaN or infinity; train again from an earlier checkpoint.")


def _facts(config: ModelConfig, precision: Precision) -> dict[str, str]:
    """The model's metadata. A copy for those who have only the file: the bundle's config.json is what counts."""
    return {
        "format_version": str(FORMAT_VERSION),
        "precision": precision,
        **{name: str(value) for name, value in config.to_dict().items()},
        "inputs": ", ".join(GRAPH_INPUTS),
        "outputs": ", ".join(GRAPH_OUTPUTS),
        "start_state": "zeros; the first token of a text is 0 (end of text)",
        "gate_order": "z, r, h; linear_before_reset=1" if precision == "fp32" else "r, z, n",
    }

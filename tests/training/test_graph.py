import importlib.util
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from wordgru.bundle import GRAPH_INPUTS, GRAPH_OUTPUTS, PRECISIONS, open_bundle
from wordgru.config import ModelConfig
from wordgru.errors import ExportError
from wordgru.graph import build_graph, has_four_bits, read_weights, weight_shapes

CONFIGS = [
    ModelConfig(50, 12, 12, 1),
    ModelConfig(50, 12, 20, 1),
    ModelConfig(300, 24, 16, 2),
    ModelConfig(300, 16, 16, 3),
    ModelConfig(70, 1, 1, 1),
]


LEAST = 1e-30  # less probable tokens count as this probable


def random_weights(config, seed=0):
    random = np.random.default_rng(seed)
    return {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in weight_shapes(config).items()}


def example(config, batch, time, seed=0):
    random = np.random.default_rng(seed)
    ids = random.integers(0, config.vocab_size, (batch, time))
    return ids, random.uniform(-1, 1, (config.layers, batch, config.hidden_size)).astype(np.float32)


def runner(model):
    """Runs a graph: log-probabilities, which tell all tokens apart, and the state."""
    session = onnxruntime.InferenceSession(model.SerializeToString())

    def run(*inputs):
        probabilities, after = session.run(GRAPH_OUTPUTS, dict(zip(GRAPH_INPUTS, inputs, strict=True)))
        np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
        return np.log(np.maximum(probabilities, LEAST)), after

    return run


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(config, weights, ids, state):
    """The model in float64, one step at a time, as Cho et al. 2014 and the documentation of torch.nn.GRU write it."""
    weights = {name: weight.astype(np.float64) for name, weight in weights.items()}
    state, logits = state.astype(np.float64), []
    for step in ids.T:
        hidden, after = weights["embedding.weight"][step], []
        for layer in range(config.layers):
            names = [f"gru.{name}_l{layer}" for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")]
            input_weight, input_bias, state_weight, state_bias = (weights[name] for name in names)
            gates = np.split(hidden @ input_weight.T + input_bias, 3, axis=1)
            memory = np.split(state[layer] @ state_weight.T + state_bias, 3, axis=1)
            reset, update = sigmoid(gates[0] + memory[0]), sigmoid(gates[1] + memory[1])
            new = np.tanh(gates[2] + reset * memory[2])
            hidden = (1 - update) * new + update * state[layer]
            after.append(hidden)
        state = np.stack(after)
        if "projection.weight" in weights:
            hidden = hidden @ weights["projection.weight"].T + weights["projection.bias"]
        logits.append(hidden @ weights["embedding.weight"].T + weights["output_bias"])
    logits = np.stack(logits, axis=1)
    return np.maximum(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)), np.log(LEAST)), state


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (1, 40), (4, 6)])
def test_fp32_equals_the_equations_of_the_gru(config, batch, time):
    weights = random_weights(config)
    ids, state = example(config, batch, time)
    run = runner(build_graph(config, weights, precision="fp32"))
    for start in (np.zeros_like(state), state):
        logs, after = run(ids, start, np.arange(time))
        expected, expected_after = reference(config, weights, ids, start)
        np.testing.assert_allclose(logs, expected, atol=1e-5 * max(1, np.abs(expected).max()))
        np.testing.assert_allclose(after, expected_after, atol=1e-5)


@pytest.mark.parametrize("config", CONFIGS[:4], ids=str)
def test_int8_is_close_to_the_equations_of_the_gru(config):
    weights = random_weights(config)
    ids, state = example(config, 4, 30)
    logs, after = runner(build_graph(config, weights, precision="int8"))(ids, state, np.arange(30))
    expected, expected_after = reference(config, weights, ids, state)
    assert np.sqrt(np.mean((logs - expected) ** 2)) < 0.04 * expected.std()
    assert np.abs(after - expected_after).max() < 0.1
    top = [np.argsort(-scores, axis=-1)[..., :5] for scores in (logs, expected)]
    assert (top[0][..., :, None] == top[1][..., None, :]).sum() / top[0].size > 0.85


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_parts_rows_and_positions_equal_the_whole(config, precision):
    run = runner(build_graph(config, random_weights(config), precision=precision))
    ids, state = example(config, 5, 13)
    logs, after = run(ids, state, np.arange(13))
    tolerance = {"rtol": 0, "atol": 1e-5 * max(1, np.abs(logs).max())}
    parts, carried = [], state
    for start, end in ((0, 1), (1, 8), (8, 13)):
        part, carried = run(ids[:, start:end], carried, np.arange(end - start))
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), logs, **tolerance)
    np.testing.assert_allclose(carried, after, atol=1e-5)
    for row in range(5):
        alone, alone_after = run(ids[row : row + 1], state[:, row : row + 1], np.arange(13))
        np.testing.assert_allclose(alone, logs[row : row + 1], **tolerance)
        np.testing.assert_allclose(alone_after, after[:, row : row + 1], atol=1e-5)
    some, same_after = run(ids, state, np.array([-1, 3, 3, -13]))
    np.testing.assert_allclose(some, logs[:, [12, 3, 3, 0]], **tolerance)
    np.testing.assert_array_equal(same_after, after)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_graph_keeps_its_contract(precision):
    config = ModelConfig(300, 24, 16, 2)
    model = build_graph(config, random_weights(config), precision=precision)
    onnx.checker.check_model(model, full_check=True)
    assert model.producer_name == "wordgru"
    assert 8 <= model.ir_version <= 10  # onnxruntime 1.20 refuses 11
    assert [(opset.domain, 17 <= opset.version <= 21) for opset in model.opset_import] == [("", True)]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    described = {value.name: (value.type, value.shape) for value in (*session.get_inputs(), *session.get_outputs())}
    assert described == {
        "input_ids": ("tensor(int64)", ["batch", "time"]),
        "state": ("tensor(float)", [2, "batch", 16]),
        "positions": ("tensor(int64)", ["count"]),
        "probabilities": ("tensor(float)", ["batch", "count", 300]),
        "next_state": ("tensor(float)", [2, "batch", 16]),
    }
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["precision"] == precision
    assert (facts["vocab_size"], facts["layers"]) == ("300", "2")
    assert facts["inputs"] == "input_ids, state, positions"


@pytest.mark.parametrize("config", [ModelConfig(2000, 32, 32, 2), ModelConfig(2000, 32, 64, 1)], ids=str)
def test_each_weight_is_stored_once(config):
    weights = random_weights(config)
    values = sum(weight.size for weight in weights.values())
    vectors = sum(weight.size for weight in weights.values() if weight.ndim == 1)
    rows = sum(len(weight) for weight in weights.values() if weight.ndim == 2)
    overhead = 12_000  # names of nodes, metadata
    assert build_graph(config, weights, precision="fp32").ByteSize() < 4 * values + overhead
    int8_bytes = (values - vectors) + 4 * (vectors + rows)  # a scale per row
    assert build_graph(config, weights, precision="int8").ByteSize() < int8_bytes + overhead


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("config", CONFIGS[:3], ids=str)
def test_all_that_is_computed_and_stored_is_used(config, precision):
    graph = build_graph(config, random_weights(config), precision=precision).graph
    bodies = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    made, used = {tensor.name for tensor in graph.initializer}, set()
    for each in (graph, *bodies):
        made |= {name for node in each.node for name in node.output}
        used |= {name for node in each.node for name in node.input} | {value.name for value in each.output}
    assert made <= used


@pytest.mark.parametrize("config", CONFIGS)
def test_the_weights_of_an_fp32_graph_are_read_back(config):
    weights = random_weights(config)
    read = read_weights(build_graph(config, weights, precision="fp32"), config)
    assert read.keys() == weights.keys()
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_weights_of_an_int8_graph_are_read_back_to_its_steps(config):
    graph = build_graph(config, random_weights(config), precision="int8")
    again = build_graph(config, read_weights(graph, config), precision="int8")
    assert [tensor.name for tensor in again.graph.initializer] == [tensor.name for tensor in graph.graph.initializer]
    for one, other in zip(graph.graph.initializer, again.graph.initializer, strict=True):
        np.testing.assert_allclose(onnx.numpy_helper.to_array(other), onnx.numpy_helper.to_array(one), rtol=1e-5)


WIDE = ModelConfig(40, 130, 259, 2)  # rows of several blocks, filled up at their end


@pytest.mark.parametrize("config", [*CONFIGS, WIDE], ids=str)
def test_int4_answers_as_the_int8_weights_that_it_unpacks_to(config):
    """The same graph with the unpacked integers as constants gives the same bits."""
    graph = build_graph(config, random_weights(config), precision="int4")
    unpacked = {node.output[0] for node in graph.graph.node if node.op_type == "Slice"} & {
        *(f"{name}_rows" for name in weight_shapes(config)), "embedding",
    }  # fmt: skip
    seen = onnx.ModelProto.FromString(graph.SerializeToString())
    seen.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT8, None) for name in unpacked)
    ids, state = example(config, 2, 7)
    feeds = dict(zip(GRAPH_INPUTS, (ids, state, np.arange(7)), strict=True))
    values = onnxruntime.InferenceSession(seen.SerializeToString()).run(sorted(unpacked), feeds)
    assert len(values) == len([name for name in weight_shapes(config) if has_four_bits(name)])
    plain = onnx.ModelProto.FromString(graph.SerializeToString())
    kept = [node for node in plain.graph.node if node.output[0] not in unpacked]
    del plain.graph.node[:]
    plain.graph.node.extend(kept)
    plain.graph.initializer.extend(map(onnx.numpy_helper.from_array, values, sorted(unpacked)))
    one, other = (onnxruntime.InferenceSession(each.SerializeToString()).run(None, feeds) for each in (graph, plain))
    for got, expected in zip(one, other, strict=True):
        np.testing.assert_array_equal(got, expected)
    read = read_weights(graph, config)
    for name, value in zip(sorted(unpacked), values, strict=True):
        weight = read[name.removesuffix("_rows") if name != "embedding" else "embedding.weight"]
        scale = np.abs(weight).max(axis=1) / np.abs(value).max(axis=1)
        np.testing.assert_allclose(value * scale[:, None], weight, rtol=1e-5)


@pytest.mark.parametrize("config", [CONFIGS[2], WIDE], ids=str)
def test_int4_is_near_the_weights_in_half_the_bytes(config):
    weights = random_weights(config)
    read = read_weights(build_graph(config, weights, precision="int4"), config)
    for name in filter(has_four_bits, weights):
        error = np.sqrt(np.mean((read[name] - weights[name]) ** 2)) / np.sqrt(np.mean(weights[name] ** 2))
        assert error < 0.11, name
    large = ModelConfig(2000, 128, 128, 1)
    sizes = {
        precision: build_graph(large, random_weights(large), precision=precision).ByteSize() for precision in PRECISIONS
    }
    assert sizes["int4"] < 0.6 * sizes["int8"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding_four_bits", np.full((2, 1, 4), 1000)),
        ("embedding_four_bits", np.uint8(3)),
        ("embedding_steps", np.full((2, 1, 1), np.nan, np.float32)),
        ("embedding_steps", np.ones((1, 20_000, 1), np.uint8)),
        ("embedding_scale", np.float32(1)),
        ("embedding_scale", np.ones(20_000, np.float32)),
    ],
    ids=str,
)
def test_a_hostile_graph_is_refused_in_a_line_before_it_takes_memory(name, value):
    config = CONFIGS[0]
    graph = build_graph(config, random_weights(config), precision="int4")
    for constant in graph.graph.initializer:
        if constant.name == name:
            constant.CopyFrom(onnx.numpy_helper.from_array(np.asarray(value), name))
    with pytest.raises(ExportError, match="not one of wordgru"):
        read_weights(graph, config)


def test_a_foreign_graph_has_no_weights_to_read():
    config = CONFIGS[0]
    graph = build_graph(config, random_weights(config), precision="fp32")
    graph.graph.initializer[0].name = "other"
    with pytest.raises(ExportError, match="not one of wordgru"):
        read_weights(graph, config)


def test_int8_cannot_overflow_where_products_are_added_in_16_bits():
    """Processors without VNNI add two u8 x s8 products in 16 saturating bits."""
    config = ModelConfig(60, 8, 12, 2)
    weights = random_weights(config)
    weights["embedding.weight"][::2] *= 1e4
    model = build_graph(config, weights, precision="int8")
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    largest = max(np.abs(value.astype(int)).max() for value in constants.values() if value.dtype == np.int8)
    nodes = {node.output[0]: node for node in model.graph.node}
    inputs = [nodes[node.input[0]] for node in model.graph.node if node.op_type == "MatMulInteger"]
    assert inputs
    for node in inputs:
        model.graph.output.append(onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UINT8, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    ids = np.arange(60)[:, None]
    ones = np.ones((2, 60, 12), np.float32)
    names = [node.output[0] for node in inputs]
    for state in (ones, -ones):
        for values in session.run(names, dict(zip(GRAPH_INPUTS, (ids, state, np.array([0])), strict=True))):
            assert 2 * int(values.max()) * int(largest) <= 32767


@pytest.mark.parametrize("precision", PRECISIONS)
def test_rows_of_zeros_stay_finite(precision):
    config = ModelConfig(20, 6, 8, 1)
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(config).items()}
    ids, state = example(config, 2, 3)
    logs, after = runner(build_graph(config, weights, precision=precision))(ids, state, np.arange(3))
    assert np.isfinite(logs).all()
    assert np.isfinite(after).all()
    np.testing.assert_allclose(logs, -np.log(20), atol=1e-6)


def test_weights_that_do_not_fit_are_refused_by_name():
    config = ModelConfig(20, 6, 8, 1)
    weights = random_weights(config)
    for change, message in (
        ({"output_bias": np.zeros(21, np.float32)}, r"'output_bias' is float32 \(21,\); expected float32 \(20,\)"),
        ({"output_bias": np.zeros(20)}, "'output_bias' is float64"),
        ({"output_bias": np.full(20, np.nan, np.float32)}, "'output_bias' holds NaN"),
        ({"gru.weight_ih_l1": np.zeros(1, np.float32)}, "'gru.weight_ih_l1' is unknown"),
    ):
        with pytest.raises(ExportError, match=message):
            build_graph(config, weights | change, precision="fp32")
    del weights["projection.bias"]
    with pytest.raises(ExportError, match=r"'projection\.bias' is missing"):
        build_graph(config, weights, precision="int8")
    with pytest.raises(ExportError, match="precision is 'fp16'"):
        build_graph(config, weights, precision="fp16")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_tiny_bundles_are_what_their_script_makes(precision, tmp_path):
    path = Path(__file__).parents[1] / "runtime" / "make_tiny.py"
    spec = importlib.util.spec_from_file_location("make_tiny", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    committed = open_bundle(script.tiny_folder(precision))
    made = script.make(tmp_path / "made", precision)
    assert made.config.model == committed.config.model
    assert made.tokenizer_path.read_bytes() == committed.tokenizer_path.read_bytes()
    ids, state = example(made.config.model, 2, 9)
    results = [runner(onnx.load(bundle.model_path))(ids, state, np.arange(9)) for bundle in (made, committed)]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)

"""The model repository of `examples/triton`: what its graph says when a sequence batcher drives it."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from tests.runtime.fixtures import TINY_INT8
from wordgru import Predictor

SCRIPT = Path(__file__).parents[2] / "examples" / "triton" / "make_repository.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("repository")
    subprocess.run([sys.executable, SCRIPT, TINY_INT8, root], check=True, capture_output=True, timeout=120)
    return root / "wordgru"


def test_sequences_in_any_batches_say_what_the_model_says(folder):
    graph = onnxruntime.InferenceSession(folder / "1" / "model.onnx", providers=["CPUExecutionProvider"])
    assert [value.name for value in graph.get_inputs()] == ["input_ids", "state"]
    assert all(value.shape[0] == "batch" for value in [*graph.get_inputs(), *graph.get_outputs()])
    model, draw = Predictor.load(TINY_INT8).model, random.Random(1)
    shape = graph.get_inputs()[1].shape[1:]
    sequences = [[0, *(draw.randrange(1, 200) for _ in range(9))] for _ in range(5)]
    states, read = {at: np.zeros(shape, np.float32) for at in range(5)}, dict.fromkeys(range(5), 0)
    rows = {}
    while waiting := [at for at in range(5) if read[at] < 10]:
        batch = draw.sample(waiting, draw.randrange(1, len(waiting) + 1))  # as Triton does with one token of each
        ids = np.array([[sequences[at][read[at]]] for at in batch])
        asked = {"input_ids": ids, "state": np.stack([states[at] for at in batch])}
        probabilities, after = graph.run(["probabilities", "next_state"], asked)
        for place, at in enumerate(batch):
            states[at], read[at], rows[at] = after[place], read[at] + 1, probabilities[place, 0]
    for at, tokens in enumerate(sequences):
        state = model.advance(np.array(tokens[:-1]), model.initial_state())
        expected, _ = model.step(np.array(tokens[-1:], np.int64), state)
        np.testing.assert_allclose(rows[at], expected[0], atol=2e-3)


def test_the_configuration_is_one_that_triton_knows(folder):
    schema = pytest.importorskip("tritonclient.grpc.model_config_pb2", reason="pip install 'tritonclient[grpc]'")
    from google.protobuf import text_format

    found = text_format.Parse((folder / "config.pbtxt").read_text(), schema.ModelConfig())
    (state,) = found.sequence_batching.state
    assert list(state.dims) == list(state.initial_state[0].dims)
    graph = onnxruntime.InferenceSession(folder / "1" / "model.onnx", providers=["CPUExecutionProvider"])
    assert graph.get_inputs()[1].shape[1:] == list(state.dims)
    assert graph.get_outputs()[0].shape[-1] in (found.output[0].dims[-1], "vocab_size")
    assert {value.name for value in graph.get_inputs()} == {found.input[0].name, state.input_name}
    assert {value.name for value in graph.get_outputs()} == {found.output[0].name, state.output_name}

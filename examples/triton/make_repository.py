"""A model repository for Triton Inference Server from a bundle: the sequence batcher keeps each typist's state.

    pip install 'wordgru[train]'
    python examples/triton/make_repository.py wordgru/models/en repository
    tritonserver --model-repository repository

A client opens a sequence, sends token 0 and then the tokens of the text, and gets P(next token) after the last one it
sent. Triton keeps the state between requests, and reads one token each of several typists in one call. Two things in
the graph change for that: Triton wants the batch first in every tensor, where the bundle's state is (layers, batch,
hidden); and only the row after the last token is asked for.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from wordgru.bundle import Bundle, open_bundle

_CONFIG = """\
name: "{name}"
backend: "onnxruntime"
max_batch_size: {batch}
input [
  {{ name: "input_ids" data_type: TYPE_INT64 dims: [ -1 ] }}
]
output [
  {{ name: "probabilities" data_type: TYPE_FP32 dims: [ 1, {vocabulary} ] }}
]
sequence_batching {{
  max_sequence_idle_microseconds: {idle}
  oldest {{
    max_candidate_sequences: {sequences}
    max_queue_delay_microseconds: 1000
  }}
  state [
    {{
      input_name: "state"
      output_name: "next_state"
      data_type: TYPE_FP32
      dims: [ {layers}, {hidden} ]
      initial_state {{ name: "zeros" data_type: TYPE_FP32 dims: [ {layers}, {hidden} ] zero_data: true }}
    }}
  ]
}}
instance_group [ {{ kind: KIND_CPU count: {instances} }} ]
parameters {{ key: "intra_op_thread_count" value {{ string_value: "1" }} }}
"""


def batch_first(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with a state of (batch, layers, hidden), and without `positions`: it gives the last row."""
    graph = model.graph
    for node in graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                names[at] = {"state": "layers_state", "next_state": "layers_next_state"}.get(name, name)
    for value in [*graph.input, *graph.output]:
        if value.name in ("state", "next_state"):
            layers, batch, hidden = value.type.tensor_type.shape.dim
            shape = [each.dim_param or each.dim_value for each in (batch, layers, hidden)]
            value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, shape))
    graph.node.insert(0, helper.make_node("Transpose", ["state"], ["layers_state"], perm=[1, 0, 2]))
    graph.node.append(helper.make_node("Transpose", ["layers_next_state"], ["next_state"], perm=[1, 0, 2]))
    positions = next(value for value in graph.input if value.name == "positions")
    graph.input.remove(positions)
    graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "positions"))
    onnx.checker.check_model(model, full_check=True)
    return model


def config(bundle: Bundle, name: str, *, batch: int = 32, sequences: int = 1024, instances: int = 1) -> str:
    """`config.pbtxt`.

    Args:
        bundle: the model.
        name: of the model in the repository.
        batch: typists whose tokens are read in one call at most.
        sequences: typists whose states are kept.
        instances: copies of the model, one a core.
    """
    sizes = bundle.config.model
    return _CONFIG.format(
        name=name, batch=batch, vocabulary=sizes.vocab_size, idle=600_000_000, sequences=sequences,
        layers=sizes.layers, hidden=sizes.hidden_size, instances=instances,
    )  # fmt: skip


def main() -> None:
    """Write the repository."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--name", default="wordgru")
    parser.add_argument("--instances", type=int, default=1, help="copies of the model, one a core")
    asked = parser.parse_args()
    bundle, folder = open_bundle(asked.bundle), asked.repository / asked.name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    onnx.save(batch_first(onnx.load(bundle.model_path)), folder / "1" / "model.onnx")
    (folder / "config.pbtxt").write_text(config(bundle, asked.name, instances=asked.instances), encoding="utf-8")
    print(f"{folder}: start it with tritonserver --model-repository {asked.repository}")


if __name__ == "__main__":
    main()

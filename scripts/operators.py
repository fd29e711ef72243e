"""The operators of bundles' graphs, for a reduced build of onnxruntime: `python scripts/operators.py BUNDLE…`.

Prints a configuration for the option `--include_ops_by_config` of onnxruntime's build script. It holds what stands in
the graphs, for some of it runs while a session loads, and what onnxruntime makes of it at each level of optimization.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import click
import onnx
import onnxruntime

from wordgru.bundle import open_bundle

LEVELS = (
    onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
)
Operators = dict[tuple[str, int], set[str]]
"""Names of operators by domain and version."""


def required(graphs: Iterable[Path]) -> Operators:
    """All operators that onnxruntime meets from the file to the answer."""
    found: Operators = defaultdict(set)
    for path in graphs:
        _collect(onnx.load(path), found)
        for level in LEVELS:
            _collect(_optimized(path, level), found)
    return found


def config(operators: Operators) -> str:
    """The text of a configuration: domain;version;names."""
    lines = [
        f"{domain};{version};{','.join(sorted(names))}\n" for (domain, version), names in sorted(operators.items())
    ]
    return "".join(lines)


def _optimized(path: Path, level: onnxruntime.GraphOptimizationLevel) -> onnx.ModelProto:
    """The graph that onnxruntime really runs."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3  # it warns that the file is for this machine alone, which is why it is not kept
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "optimized.onnx")
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def _collect(model: onnx.ModelProto, found: Operators) -> None:
    """Add the operators of a model, and of the graphs inside its operators."""
    versions = {opset.domain: opset.version for opset in model.opset_import}
    graphs = [model.graph]
    while graphs:
        for node in graphs.pop().node:
            found[node.domain or "ai.onnx", versions[node.domain]].add(node.op_type)
            graphs += [attribute.g for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]


@click.command(help=__doc__)
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path))
def main(bundles: tuple[Path, ...]) -> None:
    """Print the configuration."""
    print(f"# made by scripts/operators.py with onnxruntime {onnxruntime.__version__}")
    print(config(required(open_bundle(folder).model_path for folder in bundles)), end="")


if __name__ == "__main__":
    main()

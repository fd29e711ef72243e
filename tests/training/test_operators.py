"""The list of operators for a reduced build is true and can be read by onnxruntime's own build script."""

import importlib.util
from pathlib import Path

import onnx
import pytest
from onnxruntime.tools.reduced_build_config_parser import parse_config

from tests.runtime.fixtures import TINY, TINY_INT8

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "export" / "mobile" / "required_operators.config"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("operators_script", ROOT / "scripts" / "operators.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_list_holds_all_that_the_graphs_need(script) -> None:
    listed, _ = parse_config(str(COMMITTED))
    for folder in (TINY, TINY_INT8):
        for (domain, version), names in script.required([folder / "model.onnx"]).items():
            assert names <= set(listed[domain][version])


def test_operators_inside_a_scan_and_of_the_file_are_listed(script, tmp_path: Path) -> None:
    found = script.required([TINY_INT8 / "model.onnx"])
    version = onnx.load(TINY_INT8 / "model.onnx").opset_import[0].version
    assert {"Scan", "Tanh", "Transpose"} <= found["ai.onnx", version]  # the body; folded while a session loads
    (tmp_path / "config").write_text(script.config(found), encoding="utf-8")
    read, _ = parse_config(str(tmp_path / "config"))
    assert {(domain, at): set(names) for domain, sets in read.items() for at, names in sets.items()} == found

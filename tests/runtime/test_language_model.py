"""The language model that onnxruntime runs."""

from pathlib import Path

import numpy as np
import pytest

from tests.runtime.fixtures import TINY, TINY_INT8
from wordgru.bundle import open_bundle
from wordgru.errors import BundleError
from wordgru.search.model import OnnxLanguageModel


@pytest.fixture(scope="module", params=[TINY, TINY_INT8], ids=["fp32", "int8"])
def model(request: pytest.FixtureRequest) -> OnnxLanguageModel:
    bundle = open_bundle(request.param)
    return OnnxLanguageModel(bundle.model_path, bundle.config.model)


def test_a_score_is_the_logarithm_of_each_steps_probabilities(model: OnnxLanguageModel) -> None:
    tokens = np.array([0, 5, 9, 650, 7])
    logs, after = model.score(tokens, model.initial_state())
    state = model.initial_state()
    for token, row in zip(tokens, logs, strict=True):
        probabilities, state = model.step(np.array([token]), state)
        assert probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert probabilities[0] == pytest.approx(np.exp(row), rel=1e-3, abs=1e-7)
    assert state == pytest.approx(after, abs=1e-5)
    assert model.advance(tokens, model.initial_state()) == pytest.approx(after, abs=1e-5)


def test_rows_of_one_call_are_those_of_calls_of_their_own(model: OnnxLanguageModel) -> None:
    state = model.advance(np.array([0, 5]), model.initial_state())
    tokens = np.array([3, 600, 12])
    together, after = model.step(tokens, np.repeat(state, 3, axis=1))
    for at in range(3):
        alone, alone_after = model.step(tokens[at : at + 1], state)
        assert together[at] == pytest.approx(alone[0], rel=1e-3, abs=1e-6)
        assert after[:, at] == pytest.approx(alone_after[:, 0], abs=1e-4)


@pytest.mark.parametrize("length", [511, 512, 513, 1100])
def test_a_long_text_is_read_in_parts_as_in_one_go(model: OnnxLanguageModel, length: int) -> None:
    tokens = np.random.default_rng(4).integers(0, 700, length)
    logs, after = model.score(tokens, model.initial_state())
    assert logs.shape == (length, 700)
    assert model.advance(tokens, model.initial_state()) == pytest.approx(after, abs=1e-5)


def test_weights_that_are_no_numbers_are_no_answer(tmp_path: Path) -> None:
    bundle = open_bundle(TINY)
    graph = bytearray(bundle.model_path.read_bytes())
    middle = len(graph) // 2
    graph[middle : middle + 4096] = b"\xff" * 4096
    (tmp_path / "model.onnx").write_bytes(graph)
    damaged = OnnxLanguageModel(tmp_path / "model.onnx", bundle.config.model)
    for call in (
        lambda: damaged.step(np.array([0, 5]), np.repeat(damaged.initial_state(), 2, axis=1)),
        lambda: damaged.score(np.array([0, 5]), damaged.initial_state()),
    ):
        with pytest.raises(BundleError, match=r"no numbers.*copy or export the bundle again"):
            call()

"""The language model that onnxruntime runs."""

import numpy as np
import pytest

from tests.runtime.fixtures import TINY, TINY_INT8
from wordgru.bundle import open_bundle
from wordgru.language_model import OnnxLanguageModel


@pytest.mark.parametrize("folder", [TINY, TINY_INT8])
def test_a_step_gives_the_probabilities_of_the_logits(folder) -> None:
    bundle = open_bundle(folder)
    model = OnnxLanguageModel(bundle.model_path, bundle.config.model)
    state = model.advance(np.array([0, 5, 9]), model.initial_state())
    logits, after = model.score(np.array([7]), state)
    probabilities, also_after = model.step(np.array([7]), state)
    exponentials = np.exp(logits - logits.max())
    assert probabilities == pytest.approx(exponentials / exponentials.sum(), abs=1e-6)
    assert np.array_equal(after, also_after)

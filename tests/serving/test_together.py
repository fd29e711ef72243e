"""Jobs whose steps go into one call: each gets its own answer, whatever else is in the call."""

import numpy as np
import pytest

from tests.runtime.fixtures import TINY
from wordgru import Predictor
from wordgru.serving.together import StepsTogether, Together


class _Counted:
    """A model whose rows are its tokens and states; it notes how many rows each call had."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def step(self, tokens, states):
        self.calls.append(len(tokens))
        if 13 in tokens:
            raise ValueError("13")
        return tokens[:, None].astype(np.float32), states + tokens[None, :, None]


def _run(jobs):
    together = Together()
    for job in jobs:
        together.add(job)
    while len(together):
        together.round()


def _walk(model, tokens, told):
    state = np.zeros((1, 1, 2), np.float32)
    for token in tokens:
        rows, state = model.step(np.array([token]), state)
        told.append((float(rows[0, 0]), float(state[0, 0, 0])))


def test_steps_that_wait_go_into_one_call_and_each_job_gets_its_own_rows():
    counted, told = _Counted(), [list[tuple[float, float]]() for _ in range(3)]
    model = StepsTogether(counted)
    _run([lambda at=at: _walk(model, [1 + at] * (at + 1), told[at]) for at in range(3)])
    assert counted.calls == [3, 2, 1]
    assert told == [[(1, 1)], [(2, 2), (2, 4)], [(3, 3), (3, 6), (3, 9)]]


def test_calls_have_an_end_and_models_are_not_mixed():
    one, other, told = _Counted(), _Counted(), list[tuple[float, float]]()
    models = [StepsTogether(one), StepsTogether(other)]
    _run([lambda at=at: _walk(models[at % 2], [1], told) for at in range(80)])
    assert one.calls == other.calls == [32, 8]
    assert len(told) == 80


def test_a_step_outside_a_job_is_the_model_s_own():
    counted, told = _Counted(), list[tuple[float, float]]()
    _walk(StepsTogether(counted), [4, 5], told)
    assert counted.calls == [1, 1]
    assert told == [(4, 4), (5, 9)]


def test_what_a_call_raises_reaches_each_job_that_waited_for_it_and_no_other():
    counted, failed, told = _Counted(), list[int](), list[tuple[float, float]]()
    model = StepsTogether(counted)

    def job(tokens: list[int]) -> None:
        try:
            _walk(model, tokens, told)
        except ValueError:
            failed.append(tokens[0])

    _run([lambda: job([1, 13]), lambda: job([2, 3])])
    assert failed == [1, 2]  # they were in one call
    _run([lambda: job([5])])
    assert told[-1] == (5, 5)


@pytest.mark.parametrize("count", [2, 7])
def test_words_found_together_are_those_found_alone(count):
    predictor, texts = (
        Predictor.load(TINY),
        ["the c", "a b", "", "we ", "in the", "it w", "of th"][:count],
    )  # places of their own
    alone = [predictor.complete(text) for text in texts]
    other, found = Predictor.load(TINY), dict[int, object]()
    other.search.model = StepsTogether(other.search.model)

    def job(at: int) -> None:
        found[at] = other.complete(texts[at])

    _run([lambda at=at: job(at) for at in range(count)])
    assert [found[at] for at in range(count)] == alone

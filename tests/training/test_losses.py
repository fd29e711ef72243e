import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from wordgru.config import ModelConfig
from wordgru.training.network.batches import pack_documents
from wordgru.training.network.losses import Objective, Sampler, changes, sampled_cross_entropy
from wordgru.training.network.model import GRULanguageModel

VOCAB, SIZE = 40, 8


@pytest.fixture
def case():
    torch.manual_seed(0)
    weight = torch.randn(VOCAB, SIZE, requires_grad=True)
    bias = torch.randn(VOCAB, requires_grad=True)
    outputs = torch.randn(200, SIZE, requires_grad=True)
    targets = torch.randint(0, VOCAB, (200,))
    return outputs, targets, weight, bias


def sampler(*, frequent, sampled, seed=0):
    counts = np.random.default_rng(3).permutation(VOCAB) * 10
    return Sampler(counts, frequent=frequent, sampled=sampled, seed=seed)


def gradients(loss, tensors):
    return torch.autograd.grad(loss, tensors)


def test_drawing_all_the_rest_is_the_full_loss(case):
    outputs, targets, weight, bias = case
    estimate = sampled_cross_entropy(*case, sampler(frequent=10, sampled=30).draw())
    exact = cross_entropy(outputs @ weight.T + bias, targets)
    torch.testing.assert_close(estimate, exact)
    parameters = (outputs, weight, bias)
    for one, other in zip(gradients(estimate, parameters), gradients(exact, parameters), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_sampled_loss_is_what_its_definition_says(case):
    outputs, targets, weight, bias = case
    draws = sampler(frequent=10, sampled=6)
    candidates = draws.draw()
    chosen = set(candidates.tokens[11:].tolist())
    frequent = set(draws.frequent.tolist())
    logits = (outputs @ weight.T + bias).detach()
    raised = np.log(30 / 6)
    expected = []
    for row, target in zip(logits, targets.tolist(), strict=True):
        others = [row[id_] for id_ in frequent] + [row[id_] + raised for id_ in chosen if id_ != target]
        others += [] if target in frequent else [row[target]]
        expected.append(torch.logsumexp(torch.stack(others), 0) - row[target])
    torch.testing.assert_close(sampled_cross_entropy(*case, candidates).detach(), torch.stack(expected).mean())


def test_estimate_is_close_to_the_full_loss_on_average(case):
    outputs, targets, weight, bias = case
    draws = sampler(frequent=20, sampled=10)
    estimates = torch.stack([sampled_cross_entropy(*case, draws.draw()).detach() for _ in range(200)])
    assert estimates.mean().item() == pytest.approx(cross_entropy(outputs @ weight.T + bias, targets).item(), rel=0.03)


def test_bf16_changes_little(case):
    candidates = sampler(frequent=10, sampled=10).draw()
    exact = sampled_cross_entropy(*case, candidates)
    with torch.autocast("cpu", torch.bfloat16):
        rough = sampled_cross_entropy(*case, candidates)
    assert rough.item() == pytest.approx(exact.item(), rel=0.02)


def test_most_frequent_tokens_are_always_scored_and_draws_have_no_repeats():
    counts = np.arange(VOCAB)
    draws = Sampler(counts, frequent=5, sampled=10, seed=0)
    for _ in range(20):
        tokens = draws.draw().tokens[1:].tolist()
        assert tokens[:5] == [39, 38, 37, 36, 35]
        assert len(set(tokens)) == 15


def test_equal_seeds_draw_equally_and_the_generator_goes_on_from_its_state():
    one, other = sampler(frequent=10, sampled=6, seed=4), sampler(frequent=10, sampled=6, seed=4)
    assert torch.equal(one.draw().tokens, other.draw().tokens)
    state = one.generator.get_state()
    expected = one.draw().tokens
    one.draw()
    one.generator.set_state(state)
    assert torch.equal(one.draw().tokens, expected)


def test_changes_are_those_within_each_sequence():
    values, lengths = torch.randn(4 + 3 + 1, 5), (4, 3, 1)
    sequences = values.split(lengths)
    packed = nn.utils.rnn.pack_sequence(sequences)
    expected = nn.utils.rnn.pack_sequence([sequence.diff(dim=0) for sequence in sequences[:2]])
    torch.testing.assert_close(changes(packed.data, packed.batch_sizes), expected.data)
    assert changes(torch.randn(3, 5), torch.tensor([3])).shape == (0, 5)


def test_regularisers_add_what_their_definitions_say():
    torch.manual_seed(0)
    model = GRULanguageModel(ModelConfig(VOCAB, 6, SIZE))
    documents = [np.random.default_rng(size).integers(1, VOCAB, size) for size in (7, 3, 5)]
    window, state = pack_documents(documents), torch.zeros(1, 0, SIZE)
    with torch.no_grad():
        plain, nothing, _ = Objective(model)(window, state, None)
        loss, penalty, _ = Objective(model, activation=2.0, temporal=0.5)(window, state, None)
        assert nothing == 0
        assert loss == plain
        squares, moves = 0.0, 0.0
        for document in documents:
            hidden, _ = model.gru(model.embedding(torch.tensor([[0, *document]])))
            squares += hidden.square().sum()
            moves += hidden.diff(dim=1).square().sum()
        count = (7 + 3 + 5 + 3) * SIZE
    torch.testing.assert_close(penalty, 2.0 * squares / count + 0.5 * moves / count)

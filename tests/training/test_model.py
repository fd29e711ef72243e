import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from wordgru.config import ModelConfig
from wordgru.training.network.model import GRULanguageModel
from wordgru.training.network.recurrence import native_gru, packed_gru

SIZES = [(30, 8, 8, 1), (30, 8, 12, 1), (30, 8, 12, 3)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("given", [True, False])
def test_model_is_a_plain_gru_between_an_embedding_and_itself(sizes, given):
    torch.manual_seed(0)
    config = ModelConfig(*sizes)
    model = GRULanguageModel(config).eval()
    nn.init.normal_(model.output_bias)
    plain = nn.GRU(config.embedding_size, config.hidden_size, config.layers, batch_first=True)
    plain.load_state_dict(model.gru.state_dict())
    ids = torch.randint(0, config.vocab_size, (3, 7))
    state = torch.randn(config.layers, 3, config.hidden_size) if given else None
    logits, after = model(ids, state)
    hidden, expected_after = plain(model.embedding.weight[ids], state)
    if model.projection is not None:
        hidden = hidden @ model.projection.weight.T + model.projection.bias
    torch.testing.assert_close(logits, hidden @ model.embedding.weight.T + model.output_bias)
    torch.testing.assert_close(after, expected_after)
    assert logits.shape == (3, 7, config.vocab_size)
    assert after.shape == (config.layers, 3, config.hidden_size)


def test_no_state_is_the_zero_state():
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2)).eval()
    ids = torch.randint(0, 30, (2, 5))
    for one, other in zip(model(ids), model(ids, torch.zeros(2, 2, 12)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_text_in_parts_is_the_text_in_one():
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2)).eval()
    ids = torch.randint(0, 30, (2, 9))
    whole, end = model(ids)
    first, state = model(ids[:, :4])
    second, state = model(ids[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(state, end)


def test_names_of_the_weights_are_the_ones_the_export_knows():
    names = set(GRULanguageModel(ModelConfig(30, 8, 12, 2)).state_dict())
    gru = {f"gru.{kind}_l{layer}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh") for layer in (0, 1)}
    assert names == {"embedding.weight", "output_bias", "projection.weight", "projection.bias"} | gru
    assert "projection.weight" not in GRULanguageModel(ModelConfig(30, 8, 8)).state_dict()


DROPS = ("embedding_dropout", "input_dropout", "weight_dropout", "dropout", "output_dropout")
BATCH_SIZES = torch.tensor([5, 4, 4, 2, 1])


def packed(seed):
    torch.manual_seed(seed)
    return torch.randint(0, 30, (16,)), BATCH_SIZES, torch.randn(2, 5, 12)


@pytest.mark.parametrize("name", DROPS)
def test_what_is_dropped_is_dropped_in_training_only(name):
    case = packed(0)
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2), **{name: 0.5})
    plain = GRULanguageModel(ModelConfig(30, 8, 12, 2)).eval()
    plain.load_state_dict(model.state_dict())
    expected = plain.forward_packed(*case)[0]
    assert not torch.equal(model.forward_packed(*case)[0], model.forward_packed(*case)[0])
    model.eval()
    for outputs in (model.forward_packed(*case)[0], model.forward_packed(*case)[0]):
        assert torch.equal(outputs, expected)


@pytest.mark.parametrize("name", DROPS[1:])
def test_dropping_does_not_change_the_mean(name):
    """Over many masks, of one step, where the layer after it is linear or nearly so."""
    torch.manual_seed(0)
    ids, sizes = torch.full((4000,), 7), torch.tensor([4000])
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2), **{name: 0.3})
    for parameter in model.gru.parameters():
        parameter.data.mul_(0.1)
    state = torch.full((2, 4000, 12), 0.1)
    steps = [model.forward_packed(ids[:100], torch.tensor([100]), state[:, :100])[0].mean(0) for _ in range(60)]
    dropped = torch.stack([*steps, model.forward_packed(ids, sizes, state)[0].mean(0)]).mean(0)
    expected = model.eval().forward_packed(ids[:1], torch.tensor([1]), state[:, :1])[0][0]
    torch.testing.assert_close(dropped, expected, atol=2e-3, rtol=0.02)


def test_a_locked_mask_is_one_per_sequence():
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2))
    values = model.lock(torch.ones(16, 50), 0.5, BATCH_SIZES)
    starts = [0, 5, 9, 13, 15]
    for step, rows in enumerate(BATCH_SIZES.tolist()):
        torch.testing.assert_close(values[starts[step] : starts[step] + rows], values[:rows])
    assert len({tuple(row) for row in values[:5].tolist()}) == 5
    assert set(values.unique().tolist()) == {0.0, 2.0}


def test_a_token_that_is_dropped_is_dropped_wherever_it_stands(monkeypatch):
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2), embedding_dropout=0.5)
    monkeypatch.setattr(model, "_recur", lambda inputs, sizes, state: (inputs, state))
    inputs, _ = model.hidden_packed(torch.arange(30).repeat(4), torch.tensor([120]), torch.zeros(2, 120, 12))
    inputs = inputs.view(4, 30, 8)
    kept = inputs.ne(0).any(-1)
    assert torch.equal(kept, kept[:1].expand(4, 30))
    assert 5 < kept[0].sum() < 25
    torch.testing.assert_close(inputs[0][kept[0]], 2 * model.embedding.weight[kept[0]])


def test_dropping_every_weight_of_the_recurrence_is_having_none():
    case = packed(1)
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2), weight_dropout=1.0)
    outputs, _ = model.forward_packed(*case)
    for layer in (0, 1):
        getattr(model.gru, f"weight_hh_l{layer}").data.zero_()
    torch.testing.assert_close(outputs, model.eval().forward_packed(*case)[0])


def test_native_recurrence_with_other_weights_has_the_values_and_gradients_of_the_handwritten_one():
    torch.manual_seed(3)
    weights = [torch.randn(size) * 0.3 for size in ((36, 8), (36, 12), (36,), (36,))]
    inputs, state = torch.randn(16, 8), torch.randn(5, 12)
    results = []
    for handwritten in (True, False):
        leaves = [tensor.clone().requires_grad_() for tensor in (inputs, state, *weights)]
        if handwritten:
            gates = torch.nn.functional.linear(leaves[0], leaves[2], leaves[4])
            outputs, ends = packed_gru(gates, leaves[1], leaves[3], leaves[5], BATCH_SIZES.tolist())
        else:
            outputs, ends = native_gru(leaves[0], leaves[1], tuple(leaves[2:]), BATCH_SIZES)
        loss = (outputs**2).sum() + (ends * torch.linspace(-1, 1, 12)).sum()
        results.append([outputs, ends, *torch.autograd.grad(loss, leaves)])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
def test_handwritten_recurrence_has_the_values_and_gradients_of_nn_gru(layers):
    torch.manual_seed(1)
    model = GRULanguageModel(ModelConfig(30, 8, 12, layers))
    batch_sizes = torch.tensor([5, 4, 4, 2, 1])
    ids = torch.randint(0, 30, (16,))
    state = torch.randn(layers, 5, 12)
    results = []
    for handwritten in (True, False):
        model.zero_grad()
        start = state.clone().requires_grad_()
        if handwritten:
            outputs, ends = model.forward_packed(ids, batch_sizes, start)
        else:
            packed, ends = model.gru(PackedSequence(model.embedding(ids), batch_sizes), start)
            outputs = model.projection(packed.data)
        ((outputs**2).sum() + (ends * torch.linspace(-1, 1, 12)).sum()).backward()
        gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
        results.append({"outputs": outputs.detach(), "ends": ends.detach(), "start": start.grad, **gradients})
    assert results[0].keys() == results[1].keys()
    for name, value in results[0].items():
        torch.testing.assert_close(value, results[1][name], atol=1e-5, rtol=1e-5)


def test_handwritten_recurrence_keeps_the_state_exact_in_bf16():
    torch.manual_seed(2)
    gates, weight, bias = torch.randn(8 * 6, 36), torch.randn(36, 12) * 0.3, torch.randn(36)
    state = torch.randn(6, 12)
    exact, end = packed_gru(gates, state, weight, bias, [6] * 8)
    rough, rough_end = packed_gru(gates.bfloat16(), state, weight, bias, [6] * 8)
    assert rough.dtype == torch.bfloat16
    assert rough_end.dtype == torch.float32
    torch.testing.assert_close(rough.float(), exact, atol=0.05, rtol=0.05)
    torch.testing.assert_close(rough_end, end, atol=0.05, rtol=0.05)

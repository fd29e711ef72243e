import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from wordgru.config import ModelConfig
from wordgru.training.model import GRULanguageModel
from wordgru.training.recurrence import packed_gru

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


def test_dropout_is_for_training_only():
    model = GRULanguageModel(ModelConfig(30, 8, 12, 2), dropout=0.5, embedding_dropout=0.5, output_dropout=0.5)
    ids = torch.randint(0, 30, (2, 5))
    assert not torch.equal(model(ids)[0], model(ids)[0])
    model.eval()
    assert torch.equal(model(ids)[0], model(ids)[0])


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

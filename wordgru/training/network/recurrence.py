"""One GRU layer over a packed sequence on a CPU: the numbers of `nn.GRU`, and a backward pass written by hand.

Autograd through `nn.GRU` on a packed sequence makes a zeroed gradient of the whole batch for every step and adds
each step's share of the weights' gradient by itself. Here each step writes its rows in place and the weights'
gradient is one product over all steps. Measured on one core, 64 x 64 tokens, 384 values in and 768 out, forward and
backward: 0.83 s against 2.05 s in float32, 0.31 s against 0.44 s in bfloat16, and here the state stays float32. On a
GPU cuDNN does all this already.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def packed_gru(
    gates: Tensor, state: Tensor, weight: Tensor, bias: Tensor, batch_sizes: list[int]
) -> tuple[Tensor, Tensor]:
    """Run one layer over packed sequences.

    Products, and what is kept for the backward pass, have the dtype of `gates`; the state is float32 throughout.

    Args:
        gates: the input's part of the gates r, z, n, bias included (N, 3H), packed.
        state: float32 (S, H), one start state per sequence.
        weight: float32 (3H, H), `weight_hh` of the layer.
        bias: float32 (3H,), `bias_hh`.
        batch_sizes: sequences still running at each step, falling.

    Returns:
        The state after every token (N, H) in the dtype of `gates`, and after each sequence, float32 (S, H).
    """
    outputs, last = _PackedGRU.apply(gates, state, weight, bias, batch_sizes)  # type: ignore[no-untyped-call]
    return outputs, last


def native_gru(
    inputs: Tensor, state: Tensor, weights: tuple[Tensor, ...], batch_sizes: Tensor
) -> tuple[Tensor, Tensor]:
    """The same layer as `nn.GRU` runs it (on a GPU that is cuDNN), but with weights of which some are dropped.

    Args:
        inputs: packed (N, I).
        state: (S, H), one start state per sequence.
        weights: weight_ih (3H, I), weight_hh (3H, H), bias_ih (3H,), bias_hh (3H,).
        batch_sizes: int64 (T,) on the CPU, sequences still running at each step.

    Returns:
        The state after every token (N, H), and after each sequence (S, H).
    """
    outputs, last = torch.gru(inputs, batch_sizes, state[None], weights, True, 1, 0.0, True, False)
    return outputs, last[0]


class _PackedGRU(torch.autograd.Function):
    """The layer for autograd; tensors as for `packed_gru`."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        gates: Tensor,
        state: Tensor,
        weight: Tensor,
        bias: Tensor,
        batch_sizes: list[int],
    ) -> tuple[Tensor, Tensor]:
        """Run the layer, keeping what the backward pass needs."""
        size, dtype = state.shape[1], gates.dtype
        matrix, offset = weight.to(dtype), bias.to(dtype)
        state = state.clone()
        outputs = gates.new_empty(len(gates), size)
        kept = gates.new_empty(len(gates), 5 * size)  # r, z, n, the state's part of n, the state before
        at = 0
        for rows in batch_sizes:
            before, keep = state[:rows], kept[at : at + rows]
            keep[:, 4 * size :] = before
            recurrent = torch.addmm(offset, keep[:, 4 * size :], matrix.T).float()  # (rows, 3H)
            given = gates[at : at + rows].float()
            both = torch.sigmoid_(given[:, : 2 * size] + recurrent[:, : 2 * size])
            reset, update = both[:, :size], both[:, size:]
            new = torch.tanh_(torch.addcmul(given[:, 2 * size :], reset, recurrent[:, 2 * size :]))
            keep[:, : 2 * size] = both
            keep[:, 2 * size : 3 * size] = new
            keep[:, 3 * size : 4 * size] = recurrent[:, 2 * size :]
            torch.lerp(new, before, update, out=before)
            outputs[at : at + rows] = before
            at += rows
        ctx.save_for_backward(kept, weight)
        ctx.batch_sizes = batch_sizes
        ctx.set_materialize_grads(False)
        return outputs, state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor | None, grad_last: Tensor | None) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """Gradients of the layer's inputs, from the last step to the first."""
        kept, weight = ctx.saved_tensors
        size, dtype = weight.shape[1], kept.dtype
        matrix = weight.to(dtype)
        grad_gates = kept.new_empty(len(kept), 3 * size)
        grad_recurrent = kept.new_empty(len(kept), 3 * size)
        rows = ctx.batch_sizes[0]
        carried = kept.new_zeros(rows, size, dtype=torch.float32) if grad_last is None else grad_last.clone()
        at = len(kept)
        for rows in reversed(ctx.batch_sizes):
            at -= rows
            reset, update, new, part, before = kept[at : at + rows].float().split(size, dim=1)
            grad = carried[:rows]
            if grad_outputs is not None:
                grad += grad_outputs[at : at + rows]
            grad_new = grad * (1 - update) * (1 - new * new)
            into, back = grad_gates[at : at + rows], grad_recurrent[at : at + rows]
            into[:, :size] = grad_new * part * reset * (1 - reset)
            into[:, size : 2 * size] = grad * (before - new) * update * (1 - update)
            into[:, 2 * size :] = grad_new
            back[:, : 2 * size] = into[:, : 2 * size]
            back[:, 2 * size :] = grad_new * reset
            grad.mul_(update).add_(back @ matrix)
        grad_weight = (grad_recurrent.T @ kept[:, 4 * size :]).float()
        return grad_gates, carried, grad_weight, grad_recurrent.sum(0, dtype=torch.float32), None

"""Weights rounded to the four bits that `wordgru export --precision int4` writes, for training with them."""

from typing import Any

import torch
from torch import Tensor

from wordgru import graph


class Rounded(torch.autograd.Function):
    """A weight as its four bits will say it; its gradient is the weight's."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, steps: Tensor) -> Tensor:
        """The rounded weight."""
        return rounded(weight, steps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """The gradient as it is."""
        return gradient, None


def _in_blocks(weight: Tensor) -> tuple[Tensor, Tensor]:
    """A weight (rows, columns) in int8 steps (rows, blocks, size), and each row's step; as `wordgru.graph` packs it."""
    scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    blocks = -(-weight.shape[1] // graph.BLOCK)
    size = 2 * -(-weight.shape[1] // (2 * blocks))
    padded = torch.nn.functional.pad(weight / scale, (0, blocks * size - weight.shape[1]))
    return padded.view(len(weight), blocks, size), scale


def best_steps(weight: Tensor) -> Tensor:
    """Each block's step, as a part of that by which its largest value is 8 steps: (rows, blocks, 1)."""
    values, _ = _in_blocks(weight)
    best, shares = torch.full_like(values[..., :1], torch.inf), torch.ones_like(values[..., :1])
    for share in (sign * float(share) for share in graph.SHARES for sign in (1, -1)):
        error = (_rounded(values, torch.full_like(best, share)) - values).square().sum(-1, keepdim=True)
        better = error < best
        best, shares = torch.where(better, error, best), torch.where(better, share, shares)
    return shares


def rounded(weight: Tensor, shares: Tensor) -> Tensor:
    """A weight as its four bits say it, with steps as `best_steps` tells them."""
    values, scale = _in_blocks(weight)
    return _rounded(values, shares).reshape(len(weight), -1)[:, : weight.shape[1]] * scale


def _rounded(values: Tensor, shares: Tensor) -> Tensor:
    """Blocks (rows, blocks, size) in int8 steps as their four bits say them."""
    whole = values.abs().amax(-1, keepdim=True) * (graph.PARTS / -graph.LOWEST)
    step = (whole * shares.abs()).round().clamp(1, 127) * shares.sign()
    return ((values * graph.PARTS / step).round().clamp(graph.LOWEST, graph.HIGHEST) * step / graph.PARTS).round()

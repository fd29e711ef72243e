"""Weights rounded to the four bits that `wordgru export --precision int4` writes, for training with them."""

from typing import Any

import numpy as np
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
    """The share of the largest value that is the largest four-bit number, for each block (rows, blocks, 1)."""
    values, _ = _in_blocks(weight)
    whole = values.abs().amax(-1, keepdim=True) * (graph.PARTS / graph.MOST)
    best, shares = torch.full_like(whole, torch.inf), torch.ones_like(whole)
    for share in np.linspace(0.54, 1, 24):
        step = (whole * share).round().clamp(1, 254)
        tried = (values * graph.PARTS / step).round().clamp(-graph.MOST, graph.MOST)
        error = ((tried * step / graph.PARTS).round() - values).square().sum(-1, keepdim=True)
        better = error < best
        best, shares = torch.where(better, error, best), torch.where(better, float(share), shares)
    return shares


def rounded(weight: Tensor, shares: Tensor) -> Tensor:
    """A weight as its four bits say it, each block's step the given share of the least that cuts nothing."""
    values, scale = _in_blocks(weight)
    step = (values.abs().amax(-1, keepdim=True) * (graph.PARTS / graph.MOST) * shares).round().clamp(1, 254)
    numbers = (values * graph.PARTS / step).round().clamp(-graph.MOST, graph.MOST)
    return (numbers * step / graph.PARTS).round().reshape(len(weight), -1)[:, : weight.shape[1]] * scale

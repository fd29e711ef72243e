"""The losses of a teacher and its students with their gradients, in one pass over the logits."""

import os

import torch
from torch import Tensor

try:
    import triton
    import triton.language as tl
except ImportError:  # no GPU: the same by torch
    triton = None

if triton:

    @triton.jit
    def _softmax(pointer, bias, column, inside, hot):
        """Probabilities of a row's logits and the target's nats."""
        logits = tl.load(pointer + column, mask=inside, other=0).to(tl.float32)
        logits = tl.where(inside, logits + tl.load(bias + column, mask=inside, other=0), -1e30)
        most = tl.max(logits, 0)
        powers = tl.exp(logits - most)
        whole = tl.sum(powers, 0)
        return powers / whole, tl.log(whole) + most - tl.sum(tl.where(hot, logits, 0.0), 0)

    @triton.jit
    def _losses_kernel(
        teacher,
        first,
        second,
        bias_teacher,
        bias_first,
        bias_second,
        target,
        nats,
        size,
        taught,
        scale,
        LEARNERS: tl.constexpr,
        BLOCK: tl.constexpr,
    ):
        row = tl.program_id(0).to(tl.int64)
        column = tl.arange(0, BLOCK)
        inside = column < size
        hot = column == tl.load(target + row)
        truth = tl.where(hot, 1.0, 0.0)
        expected, cost = _softmax(teacher + row * size, bias_teacher, column, inside, hot)
        tl.store(nats + LEARNERS * row, cost)
        gradient = (expected - truth) * scale
        tl.store(teacher + row * size + column, gradient.to(teacher.dtype.element_ty), mask=inside)
        wanted = taught * expected + (1 - taught) * truth
        guess, cost = _softmax(first + row * size, bias_first, column, inside, hot)
        tl.store(nats + LEARNERS * row + 1, cost)
        tl.store(first + row * size + column, ((guess - wanted) * scale).to(first.dtype.element_ty), mask=inside)
        if LEARNERS == 3:
            guess, cost = _softmax(second + row * size, bias_second, column, inside, hot)
            tl.store(nats + LEARNERS * row + 2, cost)
            tl.store(second + row * size + column, ((guess - wanted) * scale).to(second.dtype.element_ty), mask=inside)


def losses(logits: list[Tensor], biases: list[Tensor], targets: Tensor, taught: float, scale: float) -> Tensor:
    """Nats of each token by each learner (N, L), the teacher first; `logits` (N, V) become gradients times `scale`.

    A student's loss is the cross entropy with `taught` of the teacher's distribution and the rest of the truth (Hinton
    et al. 2015, "Distilling the Knowledge in a Neural Network"). One or two students.

    Args:
        logits: (N, V) of each learner, without its bias.
        biases: float32 (V,) of each.
        targets: int64 (N,).
        taught: 0 to 1.
        scale: of the gradients, so that fp16 can hold them.
    """
    if triton and (logits[0].is_cuda or os.environ.get("TRITON_INTERPRET")):
        count, size = logits[0].shape
        nats = torch.empty(count, len(logits), device=targets.device)
        first, last = ([*each[:2], each[-1]] for each in (logits, biases))
        block = triton.next_power_of_2(size)
        _losses_kernel[(count,)](
            *first, *last, targets, nats, size, taught, scale, LEARNERS=len(logits), BLOCK=block, num_warps=16
        )
        return nats
    whole = [torch.log_softmax(each.float() + bias, 1) for each, bias in zip(logits, biases, strict=True)]
    nats = torch.stack([-each.gather(1, targets[:, None])[:, 0] for each in whole], 1)
    truth = torch.zeros_like(whole[0]).scatter_(1, targets[:, None], 1)
    expected = whole[0].exp()
    for number, (each, of) in enumerate(zip(logits, whole, strict=True)):
        wanted = taught * expected + (1 - taught) * truth if number else truth
        each.copy_((of.exp() - wanted) * scale)
    return nats

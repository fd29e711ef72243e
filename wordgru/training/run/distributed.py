"""One process or many: what `torchrun` started, and the few words that its processes exchange.

All ranks run the same feed and the same draws; rank r of w materialises lanes r, r + w, … Only rank 0 writes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from wordgru.errors import TrainingError


@dataclass(frozen=True)
class Ranks:
    """This process among the others.

    Attributes:
        rank: its number, from 0.
        world: how many there are.
        device: what it computes on.
    """

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    def wait(self) -> None:
        """Until all are here."""
        if self.world > 1:
            dist.barrier()

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on one of them."""
        if self.world == 1:
            return flag
        flags = torch.tensor([int(flag)])
        dist.all_reduce(flags, dist.ReduceOp.MAX)
        return bool(flags)

    def agree(self, value: float) -> float:
        """Rank 0's value."""
        if self.world == 1:
            return value
        values = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(values, 0)
        return float(values)

    def mean(self, value: Tensor) -> Tensor:
        """The mean over all."""
        if self.world == 1:
            return value
        total = value.clone()
        dist.all_reduce(total)
        return total / self.world

    def gather(self, part: Tensor) -> Tensor:
        """Every rank's part, stacked along a new first axis, on the CPU."""
        part = part.detach().cpu().contiguous()
        if self.world == 1:
            return part[None]
        parts = [torch.empty_like(part) for _ in range(self.world)]
        dist.all_gather(parts, part)
        return torch.stack(parts)


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """This process's place among those that `torchrun` started; alone without it.

    Args:
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        TrainingError: the device is not there.
    """
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    chosen = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if world == 1:
        yield Ranks(0, 1, chosen)
        return
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    dist.init_process_group("cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Ranks(rank, world, chosen)
    finally:
        dist.destroy_process_group()


def choose_device(device: str, local_rank: int = 0) -> torch.device:
    """The device that is meant.

    Raises:
        TrainingError: it is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        device = next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(device):
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise TrainingError(f"device {device!r} is not there, only {found}; choose another, or install torch for it.")
    if device == "cuda" and local_rank >= torch.cuda.device_count():
        raise TrainingError(
            f"process {local_rank} has no GPU of its own, there are {torch.cuda.device_count()}; "
            "start torchrun with at most that many processes."
        )
    return torch.device(device, local_rank) if device == "cuda" else torch.device(device)


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """The arithmetic that is meant: float32, or bfloat16 where the device gains by it.

    Raises:
        TrainingError: bf16 is asked for and cannot run there.
    """
    if precision == "fp32":
        return torch.float32
    if device.type == "cuda":  # cuDNN runs bf16 recurrences from 9.13 on
        good = able = torch.cuda.is_bf16_supported() and _cudnn() >= 91300
    elif device.type == "cpu":
        features = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        good, able = any(getattr(torch.cpu, name, bool)() for name in features), True
    else:
        good = able = False
    if precision == "bf16" and not able:
        raise TrainingError(f"precision 'bf16' cannot run a GRU on {device} here; use 'fp32' or 'auto'.")
    return torch.bfloat16 if precision == "bf16" or good else torch.float32


def _cudnn() -> int:
    """Version of cuDNN, 0 without it."""
    return int(torch.backends.cudnn.version() or 0)  # type: ignore[no-untyped-call]

"""Exact sums over the samples of a chunk, alone and for all pairs of rows."""

from collections.abc import Callable

import torch
from torch import Tensor

from analysis.sums import bits

LONGEST = 1 << 24
CUDA_ROWS = 17
CUDA_MULTIPLE = 8


def product(left: Tensor, right: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over samples of left[i] * right[j].

    Args:
        left: bool [A, n].
        right: bool [B, n].
        weights: float64 [n] or None.

    Returns:
        [A, B]; int64 and exact without weights, else float64.
    """
    if weights is not None:
        return (left.double() * weights) @ right.double().T
    if bits.serves_flags(left, right):
        return bits.product(left, right)
    multiply = chosen(left, right)
    counts = multiply(left[:, :LONGEST], right[:, :LONGEST]).long()
    for start in range(LONGEST, left.shape[1], LONGEST):
        part = slice(start, start + LONGEST)
        counts += multiply(left[:, part], right[:, part])
    return counts


def chosen(left: Tensor, right: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """What multiplies these flags: int8 where the device is quick at it, else float32."""
    if left.device.type == "cuda":
        return by_padded_int8
    return by_int8 if quick_at_int8(left.device) and left.shape[1] > 1 else by_float32


def quick_at_int8(device: torch.device) -> bool:
    """It is a CPU with VNNI: without, torch adds up int8 one by one."""
    return device.type == "cpu" and torch.cpu._is_vnni_supported()


def by_int8(left: Tensor, right: Tensor) -> Tensor:
    """int32 [A, B], exact; about ten times as quick as float32 where the CPU has VNNI or AMX."""
    first, second = (_doubled(_plain(flags)).view(torch.int8) for flags in (left, right))
    return torch._int_mm(first, second.T)[: len(left), : len(right)]


def by_padded_int8(left: Tensor, right: Tensor) -> Tensor:
    """The same on CUDA, which wants over 16 rows and multiples of 8 in all directions."""
    return by_int8(_padded(left), _padded(right))[: len(left), : len(right)]


def by_float32(left: Tensor, right: Tensor) -> Tensor:
    """float32 [A, B], exact up to 2^24 samples, which TF32 would keep too."""
    return left.float() @ right.float().T


def total(values: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over the last axis.

    Args:
        values: [..., n]; bool counts.
        weights: float64 [n] or None.

    Returns:
        [...]; int64 for unweighted flags, else float64.
    """
    if weights is None:
        if values.ndim == 2 and values.dtype == torch.bool:
            every = torch.ones((1, values.shape[1]), dtype=torch.bool, device=values.device)
            return product(values, every, None)[:, 0]
        return values.sum(-1) if values.dtype == torch.bool else values.double().sum(-1)
    return (values.double() * weights).sum(-1)


def _plain(flags: Tensor) -> Tensor:
    """Itself where rows or columns stand one behind the other, else (repeated rows) a copy."""
    (rows, samples), (down, along) = flags.shape, flags.stride()
    plain = (along == 1 and down >= samples) or (down == 1 and along >= rows)
    return flags if plain else flags.contiguous()


def _doubled(flags: Tensor) -> Tensor:
    """A single row twice: a dimension of 1 gives wrong sums (torch 2.13)."""
    return flags.expand(2, -1).contiguous() if len(flags) == 1 else flags


def _padded(flags: Tensor) -> Tensor:
    rows, samples = flags.shape
    more = max(CUDA_ROWS, rows)
    size = (more + -more % CUDA_MULTIPLE, samples + -samples % CUDA_MULTIPLE)
    padded = torch.zeros(size, dtype=torch.bool, device=flags.device)
    padded[:rows, :samples] = flags
    return padded

"""Flags added up by the group of their sample."""

import torch
from torch import Tensor

from analysis.sums.products import LONGEST, product

MANY_GROUPS = 64
BLOCK = 1 << 24  # flags that are turned into numbers at once


def sums_by_code(flags: Tensor, codes: Tensor, number: int) -> Tensor:
    """How many flags each group holds, per row.

    Args:
        flags: bool [M, n].
        codes: int [n], the group of each sample, or int [n, L], its groups; -1 for none.
        number: G groups.

    Returns:
        int64 [M, G], exact.

    Example:
        >>> flags, codes = torch.tensor([[True, False, True]]), torch.tensor([0, 1, 0])
        >>> sums_by_code(flags, codes, 2).tolist()
        [[2, 0]]
    """
    found = torch.zeros(len(flags), number, dtype=torch.int64, device=flags.device)
    longest = min(LONGEST, max(1024, BLOCK // max(len(flags), 1)))
    for start in range(0, len(codes), longest):
        rows = slice(start, start + longest)
        here = codes[rows].reshape(len(codes[rows]), -1).long()
        values = flags[:, rows].T.float()
        # One place more takes what is in no group; float32 counts exactly up to 2^24 samples.
        sums = torch.zeros(number + 1, len(flags), device=flags.device)
        for column in here.T:
            sums.index_add_(0, torch.where(column < 0, number, column), values)
        found += sums[:-1].T.long()
    return found


def group_product(
    flags: Tensor, codes: Tensor, member: Tensor | None, number: int, weights: Tensor | None
) -> Tensor:
    """Flags [M, n] added up in each group, [M, G]; int64 and exact without weights.

    Few groups are multiplied as a matrix of 0 and 1; of many, each sample only adds to its own.

    Args:
        flags: bool [M, n].
        codes: as in `sums_by_code`.
        member: bool [n, G], or None where there are too many groups for it.
        number: G.
        weights: float64 [n] or None.
    """
    if member is not None:
        return product(flags, member.T, weights)
    if weights is None:
        return sums_by_code(flags, codes, number)
    codes = codes.reshape(len(codes), -1).long()
    found = torch.zeros(number + 1, len(flags), dtype=torch.float64, device=flags.device)
    for column in codes.T:
        place = torch.where(column < 0, number, column)
        found.index_add_(0, place, (flags.double() * weights).T)
    return found[:-1].T.contiguous()

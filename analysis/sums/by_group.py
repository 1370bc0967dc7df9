"""Flags added up by the group of their sample."""

import torch
from torch import Tensor

from analysis.sums.products import LONGEST, chosen, product, quick_at_int8

MANY_GROUPS = 64
BLOCK = 1 << 23  # bytes of what is made of some samples at once
# A product with who is in which group is quicker than adding each flag to its own group where
# there are rows enough to pay for writing that table, and no more groups than this.
ROWS_FROM, GROUPS_UP_TO = 128, 768


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
    multiplied = len(flags) >= ROWS_FROM and number <= GROUPS_UP_TO and quick_at_int8(flags.device)
    add, width = (_multiplied, number) if multiplied else (_added, 4 * len(flags))
    step = min(LONGEST, max(1024, BLOCK // max(width, 1)))
    found = torch.zeros(len(flags), number, dtype=torch.int32, device=flags.device)
    for start in range(0, len(codes), step):
        rows = slice(start, start + step)
        here = codes[rows].reshape(len(codes[rows]), -1).long()
        # One place more takes what is in no group.
        found += add(flags[:, rows], torch.where(here < 0, number, here), number)
    return found.long()


def _multiplied(flags: Tensor, codes: Tensor, number: int) -> Tensor:
    """int32 [M, G], flags times the matrix of 0 and 1 that says who is in which group."""
    member = torch.zeros(number + 1, len(codes), dtype=torch.bool)
    for column in codes.T:
        member.scatter_(0, column[None], True)
    return chosen(flags, member)(flags, member[:-1]).int()


def _added(flags: Tensor, codes: Tensor, number: int) -> Tensor:
    """int32 [M, G], each flag added to its group, in float32: exact up to 2^24 samples."""
    # The bytes are turned before each becomes a number of four.
    values = flags.T.contiguous().float()
    sums = torch.zeros(number + 1, len(flags), device=flags.device)
    for column in codes.T:
        sums.index_add_(0, column, values)
    return sums[:-1].T.int()


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

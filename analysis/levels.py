"""Groupings of many levels, without the rare ones."""

import torch
from torch import Tensor

from analysis.grouping import Grouping


def frequent(grouping: Grouping, counted: Tensor, least: int) -> tuple[Grouping, Tensor]:
    """A grouping without its rare levels, which no slice of enough samples can have.

    So thousands of levels need no more memory than the few that are frequent.

    Args:
        grouping: G levels of N samples.
        counted: bool [N], the samples that count.
        least: samples of a level that stays.

    Returns:
        The grouping, in which samples may be in no level, and the positions of its levels, int64
        [g], ascending.

    Example:
        >>> colour = Grouping(torch.tensor([0, 1, 1]), ("red", "blue"))
        >>> few, kept = frequent(colour, torch.ones(3, dtype=torch.bool), 2)
        >>> few.levels, kept.tolist(), few.membership().flatten().tolist()
        (('blue',), [1], [False, True, True])
    """
    kept = (grouping.sizes(counted) >= least).nonzero().flatten()
    if len(kept) == len(grouping.levels):
        return grouping, kept
    # The last place is that of the padding, -1.
    place = torch.full((len(grouping.levels) + 1,), -1, dtype=torch.int32, device=kept.device)
    place[kept] = torch.arange(len(kept), dtype=torch.int32, device=kept.device)
    codes = place[grouping.codes.long()].reshape(len(grouping.codes), -1)
    levels = tuple(grouping.levels[row] for row in kept.tolist())
    return Grouping(codes, levels, grouping.separator), kept

"""Which teams of a pool to look at."""

from collections.abc import Sequence
from itertools import chain, combinations
from math import comb

import numpy as np
import torch
from torch import Tensor

CURVE_SIZES = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000)


def teams_of_size(models: int, size: int, number: int, *, seed: int = 0) -> Tensor:
    """All teams of one size where there are at most `number`, else that many random ones.

    Args:
        models: M.
        size: members per team, 1 to M.
        number: most teams.
        seed: of the draw.

    Returns:
        bool [E, M], all rows different.

    Example:
        >>> teams_of_size(3, 2, 10).tolist()
        [[True, True, False], [True, False, True], [False, True, True]]
    """
    if comb(models, size) <= number:
        flat = chain.from_iterable(combinations(range(models), size))
        members = torch.from_numpy(np.fromiter(flat, np.int64)).view(-1, size)
    else:
        generator = torch.Generator().manual_seed(seed * 100_003 + size)
        members = torch.rand(4 * number, models, generator=generator).argsort(1)[:, :size]
        members = members.sort(1).values.unique(dim=0)
        picks = torch.randperm(len(members), generator=generator)[:number]
        members = members[picks.sort().values]
    teams = torch.zeros(len(members), models, dtype=torch.bool)
    return teams.scatter_(1, members, True)


def sample_teams(models: int, sizes: Sequence[int], number: int, *, seed: int = 0) -> Tensor:
    """Every single model and about equally many teams of each size.

    Args:
        models: M.
        sizes: team sizes; those beyond M are left out.
        number: teams of two or more that are wanted; fewer when there are not that many.
        seed: of the draw.

    Returns:
        bool [E, M], single models first.

    Example:
        >>> sample_teams(3, (2, 3), 10).sum(1).tolist()
        [1, 1, 1, 2, 2, 2, 3]
    """
    teams, left = [torch.eye(models, dtype=torch.bool)], number
    possible = sorted(
        {size for size in sizes if 2 <= size <= models}, key=lambda s: comb(models, s)
    )
    for place, size in enumerate(possible):
        share = -(-left // (len(possible) - place))
        if share == 0:
            break
        found = teams_of_size(models, size, share, seed=seed)
        left -= len(found)
        teams.append(found)
    return torch.cat(sorted(teams, key=lambda team: int(team[0].sum())))


def curve_sizes(models: int) -> list[int]:
    """Team sizes at which a curve against size is drawn, up to all M."""
    return sorted({size for size in CURVE_SIZES if size < models} | {models})

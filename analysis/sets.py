"""Sets of samples that may overlap, and as how many independent samples each of them counts."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.grouping import Grouping


@dataclass(frozen=True, eq=False)
class Sets:
    """K sets of samples, which may overlap.

    Attributes:
        samples: int64 [E], row of a sample ...
        sets: int64 [E], ... that is in this set.
        number: K.
    """

    samples: Tensor
    sets: Tensor
    number: int

    def sums(self, values: Tensor) -> Tensor:
        """Values [N] added up in each set, float64 [K]."""
        found = torch.zeros(self.number, dtype=torch.float64, device=values.device)
        return found.index_add_(0, self.sets, values[self.samples].double())

    def only(self, counted: Tensor) -> "Sets":
        """The same sets of the samples that count, bool [N]."""
        kept = counted[self.samples]
        return Sets(self.samples[kept], self.sets[kept], self.number)


def crossed(*groupings: Grouping) -> Sets:
    """Every combination of the levels of some groupings, the last one running fastest.

    Args:
        groupings: at least one, of N samples.

    Example:
        >>> one = Grouping(torch.tensor([0, 1, 1]), ("a", "b"))
        >>> crossed(one, one).sets.tolist()
        [0, 3, 3]
    """
    cells, number = torch.zeros(len(groupings[0].codes), 1, dtype=torch.int64), 1
    cells = cells.to(groupings[0].codes.device)
    for grouping in groupings:
        codes = grouping.codes.long().reshape(len(cells), 1, -1)
        joined = torch.where((cells[..., None] < 0) | (codes < 0), -1, 0)
        cells = torch.where(joined < 0, -1, cells[..., None] * len(grouping.levels) + codes)
        cells, number = cells.flatten(1), number * len(grouping.levels)
    samples, place = (cells >= 0).nonzero().T
    return Sets(samples, cells[samples, place], number)


def sets_of(inside: Tensor) -> Sets:
    """The sets that the rows of bool [K, N] mark."""
    sets, samples = inside.nonzero().T
    return Sets(samples, sets, len(inside))


def effective_size(values: Tensor, sets: Sets, units: Tensor | None) -> Tensor:
    """As how many independent samples those of each set count.

    Samples of one unit are alike, so a mean over them is less certain than their number says:
    the number is divided by how much more the means of units spread (the design effect).

    Args:
        values: float [N].
        sets: K sets of them.
        units: int [N], equal numbers belong together; None: all samples stand alone.

    Returns:
        float64 [K], from 1 to the number of samples; as many as units where all values are
        alike, 1 where there is a single unit. 0 for an empty set.

    References:
        Korn and Graubard 1998, Survey Methodology 24 (effective sample sizes in intervals).
    """
    size = sets.sums(torch.ones_like(values))
    if units is None:
        return size
    mean = sets.sums(values) / size
    rest = values[sets.samples].double() - mean[sets.sets]
    unit = units.unique(return_inverse=True)[1][sets.samples]
    keys, place = (unit * sets.number + sets.sets).unique(return_inverse=True)
    summed = torch.zeros(len(keys), dtype=torch.float64, device=values.device)
    summed.index_add_(0, place, rest)
    of_unit = keys % sets.number
    found = torch.zeros(3, sets.number, dtype=torch.float64, device=values.device)
    found[:2].index_add_(1, of_unit, torch.stack([summed.square(), torch.ones_like(summed)]))
    found[2].index_add_(0, sets.sets, rest.square())
    between, number, alone = found
    between = between * number / (number - 1).clamp_min(1)
    spread = (alone > 0) & (number > 1) & (number < size)
    effective = torch.where(spread, size * alone / between, number)
    return torch.minimum(torch.where(effective.isnan(), number, effective), size).clamp_min(
        (size > 0).double()
    )

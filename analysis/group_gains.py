"""What an ensemble does for the worst group of a reference, and whom it helps and harms."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.effects import Effects
from analysis.grouping import Grouping
from analysis.intervals import DRAWN_VALUES
from analysis.pairwise import share
from analysis.sets import crossed
from analysis.stretches import stretches

DRAWS = 1000


@dataclass(frozen=True, eq=False)
class WorstGain:
    """How the worst group fares with an ensemble instead of a reference.

    Attributes:
        before, after: position of the worst group of the reference, and of the ensemble; -1
            where no group is large enough.
        reference, ensemble: accuracy of these two groups: each one's worst.
        gain, low, high: ensemble minus reference, and its 95 % interval.
        counted: bool [G], the groups that are large enough.
    """

    before: int
    after: int
    reference: float
    ensemble: float
    gain: float
    low: float
    high: float
    counted: Tensor


def worst_group_gain(
    found: Effects,
    grouping: Grouping,
    units: Tensor | None = None,
    *,
    least: int = 20,
    draws: int = DRAWS,
    seed: int = 0,
) -> WorstGain:
    """By how much the worst group is better off, whichever group that is for either.

    Samples are resampled, or units where some belong together, with both answers to each, and
    the worst groups are looked for again in every draw; the interval is that of the percentiles.
    It says how far chance alone moves the figure, but a minimum over many groups stays too low
    for both alike.

    Args:
        found: what the ensemble does on each sample.
        grouping: of the samples.
        units: int [N], equal numbers belong together; None: all stand alone.
        least: groups with fewer samples are left out.
        draws: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        NaN where no group is large enough.

    Example:
        >>> right, before = torch.arange(80) < 60, torch.arange(80) < 50
        >>> sides = Grouping((torch.arange(80) < 40).int(), ("a", "b"))
        >>> worst_group_gain(Effects(right | True, right, before, right & False), sides).gain
        0.25

    References:
        Sagawa et al. 2020, Distributionally robust neural networks (worst-group accuracy); Efron
        and Tibshirani 1993, An introduction to the bootstrap.
    """
    sets = crossed(grouping).only(found.compared)
    values = torch.stack([found.compared, found.reference_right, found.right])
    sums = torch.stack([sets.sums(row) for row in values])
    counted = sums[0] >= least
    nothing = float("nan")
    if not counted.any():
        return WorstGain(-1, -1, *[nothing] * 5, counted)
    rates = share(sums[1:], sums[0]).where(counted, torch.inf)
    worst, place = rates.min(1)
    drawn = _drawn(values, sets, counted, units, draws, seed)
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64, device=drawn.device)
    low, high = drawn.nanquantile(ends).tolist()
    before, after = place.tolist()
    return WorstGain(before, after, *worst.tolist(), float(worst[1] - worst[0]), low, high, counted)


def _drawn(values: Tensor, sets, counted: Tensor, units, draws: int, seed: int) -> Tensor:
    """Gain of the worst group in each draw, float64 [B]."""
    device = values.device
    if units is None:
        unit = torch.arange(values.shape[1], device=device)
    else:
        unit = units.unique(return_inverse=True)[1].to(device)
    used = torch.zeros(int(unit.max()) + 1, dtype=torch.bool, device=device)
    used[unit[sets.samples]] = True
    unit = (used.cumsum(0) - 1)[unit]
    number, groups = int(used.sum()), sets.number
    # Samples of one unit, group and pair of answers count together.
    kind = values[1].long() + 2 * values[2].long()
    cells = (unit[sets.samples] * groups + sets.sets) * 4 + kind[sets.samples]
    cells, times = cells.unique(return_counts=True)
    row, rest = cells // (4 * groups), cells % (4 * groups)
    generator = torch.Generator().manual_seed(seed)
    block, gains = max(1, DRAWN_VALUES // max(number, len(cells), 4 * groups)), []
    for drawn in stretches(draws, block):
        size = drawn.stop - drawn.start
        picks = torch.randint(number, (size, number), generator=generator)
        weights = torch.zeros(size, number).scatter_add_(1, picks, torch.ones(picks.shape))
        added = weights.T.to(device)[row] * times[:, None]
        sums = torch.zeros(4 * groups, size, device=device).index_add_(0, rest, added)
        sums = sums.view(groups, 4, size).double()
        n = sums.sum(1)
        rates = (share(sums[:, 1] + sums[:, 3], n), share(sums[:, 2] + sums[:, 3], n))
        low = [r.where(counted[:, None] & (n > 0), torch.inf).amin(0) for r in rates]
        gains.append(low[1] - low[0])
    return torch.cat(gains)

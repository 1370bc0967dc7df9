"""Intervals and paired tests for shares."""

import torch
from torch import Tensor

from analysis.stretches import stretches
from analysis.sums.products import product

DRAWN_VALUES = 4_000_000
NORMAL_95 = 1.959963984540054


def wilson(right: Tensor, count: Tensor, *, z: float = NORMAL_95) -> tuple[Tensor, Tensor]:
    """Wilson score interval of a share.

    Args:
        right: [...], how many.
        count: [...], out of how many; may be fractional (an effective number).
        z: normal quantile; the default gives 95 %.

    Returns:
        Lower and upper end, float64 [...] in [0, 1]; NaN where count is 0.

    Example:
        >>> [round(end.item(), 4) for end in wilson(torch.tensor(9), torch.tensor(10))]
        [0.5958, 0.9821]

    References:
        Wilson 1927, Journal of the American Statistical Association 22.
    """
    # The formula of shares times n: fewer passes over tables of all models and groups. Without
    # a count the root is of 0 / 0.
    n, k = count.double(), right.double()
    scale = n + z**2
    half = (n - k).mul_(k).div_(n).add_(z**2 / 4).sqrt_().mul_(z).div_(scale)
    centre = (k + z**2 / 2) / scale
    return (centre - half).clamp_min_(0), half.add_(centre).clamp_max_(1)


def paired_interval(more: Tensor, less: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """95 % interval of a difference of two shares of the same samples.

    Half a sample is added to either kind of change. For samples that belong together see
    `analysis.differences.difference_of_two`.

    Args:
        more: [...], samples that count for the first share only.
        less: [...], samples that count for the second only.
        count: [...], all samples; may be fractional (an effective number), as more and less.

    Returns:
        Lower and upper end of (more - less) / count, float64 [...] in [-1, 1], on either side of
        it; NaN where count is 0.

    Example:
        >>> [round(end.item(), 3) for end in paired_interval(*map(torch.tensor, (9, 2, 50)))]
        [0.009, 0.26]

    References:
        Agresti and Min 2005, Statistics in Medicine 24.
    """
    known = count > 0
    gain = torch.where(known, (more - less).double() / count, torch.nan)
    samples, first, second = count.double() + 2, more.double() + 0.5, less.double() + 0.5
    centre = (first - second) / samples
    half = NORMAL_95 * ((first + second) / samples - centre.square()).sqrt() / samples.sqrt()
    low, high = (torch.where(known, end, torch.nan) for end in (centre - half, centre + half))
    return torch.minimum(low.clamp_min(-1), gain), torch.maximum(high.clamp_max(1), gain)


def mcnemar_p(corrections: int, regressions: int) -> float:
    """Exact two-sided McNemar test: could as lopsided a split be chance?

    Args:
        corrections: samples that only the first of two gets right.
        regressions: samples that only the second gets right.

    Returns:
        p in (0, 1]; 1 without any discordant sample.

    Example:
        >>> round(mcnemar_p(3, 1), 3)
        0.625

    References:
        McNemar 1947, Psychometrika 12.
    """
    found = torch.tensor([corrections, regressions])
    return float(binomial_p(found.max(), found.min()))


def binomial_p(most: Tensor, second: Tensor) -> Tensor:
    """How likely two outcomes that are equally likely come up at least this unevenly.

    Args:
        most: int64 of any shape, how often one came up.
        second: how often the other did, not above `most`.

    Returns:
        float64 in (0, 1], the two-sided exact binomial test; 1 where neither came up.

    Example:
        >>> binomial_p(torch.tensor([6, 2]), torch.tensor([0, 1])).tolist()
        [0.03125, 1.0]

    References:
        Clopper and Pearson 1934, Biometrika 26.
    """
    from scipy.special import betainc

    # P(Bin(a + b, 1/2) >= a) is the regularised incomplete beta function of a and b + 1.
    counts = torch.stack([most.flatten(), second.flatten()], 1)
    pairs, place = counts.unique(dim=0, return_inverse=True)
    a, b = pairs.cpu().double().numpy().T
    p = torch.from_numpy(2 * betainc(a.clip(min=1), b + 1, 0.5)).clamp_max(1)
    p[pairs[:, 0].cpu() == 0] = 1
    return p.to(most.device)[place].view(most.shape)


def accuracy_interval(
    correct: Tensor,
    graded: Tensor,
    units: Tensor | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """95 % interval of each model's accuracy.

    Wilson where every sample stands alone. Where several samples belong to one unit (the same
    image under several shifts), units are resampled and the percentile interval is given; a
    share of 0 or 1, or a single unit, has no spread to resample and gets Wilson on the units.

    Args:
        correct: bool [M, N].
        graded: bool [M, N].
        units: int [N], equal numbers belong together; None = all alone.
        draws: bootstrap draws.
        seed: of the bootstrap.

    Returns:
        Lower and upper end, float64 [M]; NaN for a model without a judged answer.

    References:
        Efron and Tibshirani 1993, An introduction to the bootstrap, chapters 8 and 13.
    """
    if units is None or not len(units) or len(units.unique()) == len(units):
        return wilson((correct & graded).sum(1), graded.sum(1))
    right, count = per_unit(correct & graded, units), per_unit(graded, units)
    generator = torch.Generator().manual_seed(seed)
    number = right.shape[1]
    block, shares = max(1, DRAWN_VALUES // number), []
    for drawn in stretches(draws, block):
        size = (drawn.stop - drawn.start, number)
        picks = torch.randint(number, size, generator=generator)
        times = torch.zeros(picks.shape, dtype=torch.float64)
        times.scatter_add_(1, picks, torch.ones_like(times))
        times = times.to(right.device)
        shares.append((right @ times.T) / (count @ times.T))
    shares = torch.cat(shares, dim=1)
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64, device=right.device)
    low, high = shares.nanquantile(ends, dim=1)
    told = (count > 0).sum(1)
    rate = right.sum(1) / count.sum(1)
    flat = (rate == 0) | (rate == 1) | (told < 2)
    low_flat, high_flat = wilson(rate * told, told)
    return torch.where(flat, low_flat, low), torch.where(flat, high_flat, high)


def group_interval(
    correct: Tensor,
    graded: Tensor,
    membership: Tensor,
    units: Tensor | None = None,
    *,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """95 % interval of each model's accuracy in each group, as `accuracy_interval` makes it.

    Without units that is Wilson's on what each group holds, all groups at once.

    Args:
        correct: bool [M, N].
        graded: bool [M, N].
        membership: bool [N, G], which samples are in which group; groups may overlap.
        units: int [N] or None.
        seed: of the bootstrap.

    Returns:
        Lower and upper end, float64 [M, G]; NaN for a group without a judged answer.
    """
    if units is None:
        inside = membership.T
        return wilson(product(correct & graded, inside, None), product(graded, inside, None))
    ends = []
    for here in membership.T:
        parts = (correct[:, here], graded[:, here], units[here])
        ends.append(accuracy_interval(*parts, seed=seed))
    low, high = (torch.stack(side, dim=1) for side in zip(*ends, strict=True))
    return low, high


def per_unit(flags: Tensor, units: Tensor) -> Tensor:
    """Sums of flags [M, N] over the samples of each unit, float64 [M, U]."""
    _, index = units.unique(return_inverse=True)
    total = torch.zeros(len(flags), int(index.max()) + 1, dtype=torch.float64, device=flags.device)
    return total.index_add_(1, index, flags.double())

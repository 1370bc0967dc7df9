"""Whether answers or errors depend on attributes: distance covariance and its test."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import BundleError
from analysis.grouping import Grouping

PERMUTATIONS = 999
MOST_CELLS = 1 << 20
MOST_DRAWN = 1 << 26
BLOCK = 1 << 22


@dataclass(frozen=True)
class Dependence:
    """How far two attributes of the samples depend on each other.

    Attributes:
        covariance: distance covariance, 0 = independent.
        correlation: distance correlation in [0, 1], 1 = one tells the other; NaN where one of
            them is constant.
        p: of a permutation test; NaN where it was not made.
        n: samples.
    """

    covariance: float
    correlation: float
    p: float
    n: int


def distance_dependence(table: Tensor) -> tuple[Tensor, Tensor]:
    """Distance covariance and correlation of two attributes with few values each.

    Two values are at distance 1 when they differ, else 0. Then the squared covariance is the sum
    over the cells of (share of both - product of the shares) squared.

    Args:
        table: [..., R, S], samples with each pair of values.

    Returns:
        Covariance and correlation, float64 [...], at least 0; NaN without samples, and for the
        correlation where either attribute is constant.

    Example:
        >>> [round(float(x), 3) for x in distance_dependence(torch.tensor([[5, 0], [0, 5]]))]
        [0.5, 1.0]

    References:
        Szekely, Rizzo and Bakirov 2007, Annals of Statistics 35; Lyons 2013, Annals of
        Probability 41 (metric spaces, of which the discrete one is a special case).
    """
    shares = table.double() / table.sum((-2, -1), keepdim=True)
    first, second = shares.sum(-1), shares.sum(-2)
    squared = (shares - first[..., :, None] * second[..., None, :]).square().sum((-2, -1))
    spread = _spread(first) * _spread(second)
    flat = ((first > 0).sum(-1) < 2) | ((second > 0).sum(-1) < 2)
    correlation = (squared / spread.sqrt()).clamp(0, 1).sqrt()
    return squared.sqrt(), correlation.masked_fill(flat, torch.nan)


def _spread(share: Tensor) -> Tensor:
    """Squared distance variance of an attribute with these shares."""
    square, cube = share.square().sum(-1), share.pow(3).sum(-1)
    return square - 2 * cube + square.square()


def dependence(
    codes: Tensor,
    grouping: Grouping,
    units: Tensor | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Dependence:
    """How far answers, or whether they are right, depend on an attribute.

    For several attributes at once give their crossing (`analysis.made_groups.cross`): it tells
    what each alone does not, such as a model that fails only where two of them meet.

    Args:
        codes: int [N], the answer, or 1 right and 0 wrong; -1 is left out.
        grouping: the attribute; groups that overlap are taken by all that a sample has.
        units: int [N], equal numbers belong together: the test is then made on one sample of each
            unit, drawn by lot, since the others could not change places freely. None: all stand
            alone.
        permutations: tables of the test, drawn as if the answers were dealt out anew.
        seed: of the draw.

    Returns:
        NaN without samples; no test where all answers are alike.

    Raises:
        BundleError: the table of values is too large to hold.

    Example:
        >>> right = torch.tensor([1, 1, 1, 0, 0, 0] * 10)
        >>> sides = Grouping(torch.tensor([0, 0, 0, 1, 1, 1] * 10), ("a", "b"))
        >>> found = dependence(right, sides)
        >>> round(found.correlation, 3), found.p
        (1.0, 0.001)

    References:
        Szekely, Rizzo and Bakirov 2007, Annals of Statistics 35.
    """
    known = codes >= 0
    number = int(known.sum())
    if not number:
        return Dependence(float("nan"), float("nan"), float("nan"), 0)
    attribute = grouping.combinations().codes[known].unique(return_inverse=True)[1]
    values = codes[known].unique(return_inverse=True)[1]
    shape = int(values.max()) + 1, int(attribute.max()) + 1
    if shape[0] * shape[1] > MOST_CELLS:
        raise BundleError(
            f"{shape[0]:,} answers and {shape[1]:,} levels make too large a table; choose a "
            "grouping with fewer levels."
        )
    cells, size = values * shape[1] + attribute, shape[0] * shape[1]
    table = torch.bincount(cells, minlength=size).view(shape).cpu()
    covariance, correlation = distance_dependence(table)
    if units is not None:
        alone = cells[_one_of_each(units[known], seed)]
        table = torch.bincount(alone, minlength=size).view(shape).cpu()
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    p = _p(table, permutations, seed) if min(table.shape) > 1 else float("nan")
    return Dependence(float(covariance), float(correlation), p, number)


def _one_of_each(units: Tensor, seed: int) -> Tensor:
    """Places of one sample of each unit, drawn by lot."""
    order = torch.randperm(len(units), generator=torch.Generator().manual_seed(seed))
    order = order.to(units.device)
    _, unit = units[order].unique(return_inverse=True)
    place = torch.zeros(int(unit.max()) + 1, dtype=torch.int64, device=units.device)
    row = torch.arange(len(units), device=units.device)
    return order[place.scatter_reduce_(0, unit, row, "amin", include_self=False)]


def _p(table: Tensor, permutations: int, seed: int) -> float:
    """Share of tables with the same margins that show at least as much, this one counted."""
    from scipy.stats import random_table

    found = float(distance_dependence(table)[0])
    margins = table.sum(1).numpy(), table.sum(0).numpy()
    drawn = min(permutations, max(99, MOST_DRAWN // table.numel()))
    dealt, random = random_table(*margins), np.random.default_rng(seed)
    block, as_far = max(1, BLOCK // table.numel()), 0
    for start in range(0, drawn, block):
        tables = dealt.rvs(min(block, drawn - start), random_state=random)
        others = distance_dependence(torch.from_numpy(np.asarray(tables)))[0]
        as_far += int((others >= found * (1 - 1e-12)).sum())
    return (1 + as_far) / (1 + drawn)

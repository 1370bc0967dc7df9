"""What a set of candidates teaches: whether diversity helps, what conflicts, what a knee costs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.axes import AXES, mean_of_pairs
from analysis.bundle import Bundle, BundleError
from analysis.candidates import Plan
from analysis.catalog import CATALOG, value
from analysis.intervals import NORMAL_95
from analysis.pairwise import share
from analysis.sums.piece import Missing
from analysis.tally import Tally, tally_blocks
from analysis.team_sums import team_sums

DRAWS = 1000
BLOCKS = 100  # of samples that are resampled together
MOST = 2000  # candidates of an interval over samples
AT_A_TIME = 1 << 22  # values
CERTAIN = 1e-12


@dataclass(frozen=True)
class Association:
    """How diversity and quality go together at fixed other things.

    Attributes:
        value: partial correlation in [-1, 1]; above 0 the more diverse candidates are the better
            ones. NaN where one of the two does not vary beyond the rest.
        low, high: ends of its 95 % interval.
        n: candidates.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Which axes go against each other, along a front.

    Attributes:
        rho: float64 [A, A], rank correlation of how good candidates are on two axes: -1 = one is
            the price of the other, 1 = no conflict. NaN where an axis is constant.
        low, high: float64 [A, A], ends of its 95 % interval; NaN for fewer than four candidates.
        n: candidates of the front.
    """

    rho: Tensor
    low: Tensor
    high: Tensor
    n: int

    def worst(self) -> tuple[int, int] | None:
        """The two axes that conflict most; None where no correlation is defined."""
        first, second = torch.triu_indices(len(self.rho), len(self.rho), 1)
        values = self.rho[first, second]
        if not bool(values.isfinite().any()):
            return None
        place = int(values.nan_to_num(nan=torch.inf).argmin())
        return int(first[place]), int(second[place])


@dataclass(frozen=True, eq=False)
class Price:
    """What one candidate of a front gives up against the best of each axis.

    Attributes:
        best: int64 [A], row of the candidate that is best on the axis, the first of equals.
        difference: float64 [A], how much better that one is there, 0 or more, in the axis's unit.
        part: float64 [A], the same as a share of what the front spans; 0 where it spans nothing.
        gained: float64 [A, A], how much better the candidate is on axis j than the one that is
            best on axis i, in the unit of j; below 0 it is worse there too.
    """

    best: Tensor
    difference: Tensor
    part: Tensor
    gained: Tensor


def diversity_at_fixed(
    quality: Tensor, diversity: Tensor, fixed: Tensor, *, draws: int = DRAWS, seed: int = 0
) -> Association:
    """Partial correlation of diversity with quality, with an interval over candidates.

    Candidates share members and samples, so this interval says how well these candidates show
    it, and not whether other models or samples would; see `diversity_over_samples`.

    Args:
        quality: float [E], higher is better.
        diversity: float [E], higher is more diverse.
        fixed: float [E, K], what is held fixed: the mean quality of the members, their number.
            Rows with anything undefined are left out.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        The correlation; NaN for fewer candidates than K + 3.

    Example:
        >>> quality = torch.tensor([1.0, 2.0, 3.0, 5.0])
        >>> round(diversity_at_fixed(quality, quality, torch.empty(4, 0)).value, 9)
        1.0

    References:
        Fisher 1924, The distribution of the partial correlation coefficient; Efron 1979.
    """
    table = torch.cat([quality[:, None], diversity[:, None], fixed], 1).double()
    table = table[table.isfinite().all(1)]
    n, columns = table.shape
    if n < columns + 1:
        return Association(math.nan, math.nan, math.nan, n)
    found = float(_partial(table[None])[0])
    generator = torch.Generator().manual_seed(seed)
    step, parts = max(1, AT_A_TIME // (n * columns)), []
    for start in range(0, draws, step):
        number = min(step, draws - start)
        rows = torch.randint(n, (number, n), generator=generator).to(table.device)
        parts.append(_partial(table[rows]))
    return Association(found, *_ends(torch.cat(parts)), n)


def diversity_over_samples(
    bundle: Bundle,
    plan: Plan,
    rows: Tensor,
    axis: str,
    *,
    missing: Missing = "exclude",
    draws: int = DRAWS,
    seed: int = 0,
) -> Association:
    """Partial correlation of a pair diversity with accuracy, with an interval over samples.

    Held fixed are the members' mean accuracy and their number. Samples are drawn in up to 100
    random blocks (those of one unit together), and accuracy, members' accuracy and diversity
    are taken anew from each draw.

    Args:
        bundle: the models of the plan.
        plan: candidates.
        rows: int64 [e], which count; of more than 2,000 as many are drawn. Those with a rule of
            their own are left out.
        axis: name of a diversity axis that is a mean over pairs.
        missing: as everywhere.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        The correlation on these candidates.

    Raises:
        BundleError: the axis is not a mean over pairs.

    References:
        Davison and Hinkley 1997, Bootstrap methods and their application, section 2.
    """
    chosen = AXES.get(axis)
    if chosen is None or chosen.table != axis:
        raise BundleError(f"The axis '{axis}' is no mean over pairs of members.")
    generator = torch.Generator().manual_seed(seed)
    rows = rows[~torch.isin(rows, torch.tensor(list(plan.other), dtype=rows.dtype))]
    rows = rows[plan.membership[rows].sum(1) > 1]
    rows = rows[torch.randperm(len(rows), generator=generator)[:MOST]]
    if len(rows) < 5:
        return Association(math.nan, math.nan, math.nan, len(rows))
    block, number = _blocks(bundle, generator)
    weights = plan.weights(rows).to(bundle.device)
    flags = block == torch.arange(number, device=bundle.device)[:, None]
    counts = team_sums(bundle, weights, plan.rule, (), flags=flags, missing=missing)
    needs = tuple({*CATALOG[axis].needs, *CATALOG["accuracy"].needs})
    sums = tally_blocks(bundle, needs, block, number, missing=missing)
    picks = torch.randint(number, (draws, number), generator=generator)
    times = torch.zeros(draws + 1, number, dtype=torch.float64)
    times[1:].scatter_add_(1, picks, torch.ones_like(picks, dtype=torch.float64))
    times[0] = 1
    sign = 1 if chosen.better == "higher" else -1
    right, judged = counts.flag_right.double(), counts.flag_n.double()
    found = []
    for draw in times.to(bundle.device):
        here = Tally({name: torch.tensordot(draw, sums[name].double(), 1) for name in needs})
        accuracy = share(right @ draw, judged @ draw)
        table = _columns(axis, here, weights > 0, accuracy, sign)
        table = table[table.isfinite().all(1)]
        enough = len(table) > table.shape[1]
        found.append(_partial(table[None])[0] if enough else table.new_tensor(torch.nan))
    found = torch.stack(found)
    return Association(float(found[0]), *_ends(found[1:]), len(rows))


def _columns(axis: str, sums: Tally, inside: Tensor, accuracy: Tensor, sign: int) -> Tensor:
    """Accuracy, diversity, the members' mean accuracy and their number, float64 [e, 4]."""
    diversity = mean_of_pairs(value(CATALOG[axis], sums), inside)
    members = value(CATALOG["accuracy"], sums).nan_to_num()
    size = inside.sum(1).double()
    mean = (inside.double() @ members) / size
    return torch.stack([accuracy, sign * diversity, mean, size], 1)


def _blocks(bundle: Bundle, generator: torch.Generator) -> tuple[Tensor, int]:
    """The block of each sample, int64 [N], and how many there are; units stay together."""
    samples = len(bundle.ids)
    units = torch.arange(samples) if bundle.units is None else bundle.units.cpu()
    _, place = units.unique(return_inverse=True)
    found = int(place.max()) + 1
    number = min(BLOCKS, found)
    shuffled = torch.randperm(found, generator=generator) % number
    return shuffled[place].to(bundle.device), number


def conflicts(values: Tensor, better: Sequence[str]) -> Conflicts:
    """Which axes go against each other along a front.

    Args:
        values: float [n, A], the candidates of the front, none undefined.
        better: "higher" or "lower" per axis.

    Returns:
        Rank correlations of how good the candidates are, axis against axis.

    Example:
        >>> found = conflicts(torch.tensor([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), ["higher"] * 2)
        >>> round(found.rho[0, 1].item(), 9), found.worst()
        (-1.0, (0, 1))

    References:
        Spearman 1904; Bonett and Wright 2000, Psychometrika 65 (interval).
    """
    ranks = _average_ranks(values.double() * _signs(values, better))
    apart = ranks - ranks.mean(0)
    spread = apart.square().sum(0)
    both = (spread[:, None] * spread).sqrt()
    rho = torch.where(both > CERTAIN, (apart.T @ apart) / both, torch.nan).clamp(-1, 1)
    if len(values) < 4:
        nothing = torch.full_like(rho, torch.nan)
        return Conflicts(rho, nothing, nothing, len(values))
    angle = rho.clamp(CERTAIN - 1, 1 - CERTAIN).atanh()
    error = NORMAL_95 * ((1 + rho.square() / 2) / (len(values) - 3)).sqrt()
    return Conflicts(rho, (angle - error).tanh(), (angle + error).tanh(), len(values))


def price(values: Tensor, better: Sequence[str], row: int) -> Price:
    """What a candidate of a front, its knee say, gives up against the best of each axis.

    Args:
        values: float [n, A], the candidates of the front, none undefined.
        better: "higher" or "lower" per axis.
        row: which candidate.

    Returns:
        Differences in the units of the axes, and as shares of what the front spans.

    Example:
        >>> found = price(torch.tensor([[0.0, 4.0], [2.0, 3.0], [3.0, 0.0]]), ["higher"] * 2, 1)
        >>> found.difference.tolist(), found.part.tolist(), found.gained[0].tolist()
        ([1.0, 1.0], [0.3333333333333333, 0.25], [-1.0, 3.0])
    """
    turned = values.double() * _signs(values, better)
    best = turned.argmax(0)
    span = turned.amax(0) - turned.amin(0)
    difference = turned.amax(0) - turned[row]
    part = torch.where(span > 0, difference / torch.where(span > 0, span, 1.0), 0.0)
    return Price(best, difference, part, turned[row] - turned[best])


def _signs(values: Tensor, better: Sequence[str]) -> Tensor:
    if len(better) != values.shape[1]:
        raise BundleError(
            f"There are {values.shape[1]} axes and {len(better)} directions; one each is needed."
        )
    signs = [1.0 if direction == "higher" else -1.0 for direction in better]
    return torch.tensor(signs, dtype=torch.float64, device=values.device)


def _partial(tables: Tensor) -> Tensor:
    """Correlation of the first two columns once the others are regressed out, [B] of [B, n, K].

    NaN where what is left of one of the two is nothing but rounding.
    """
    apart = tables - tables.mean(1, keepdim=True)
    whole = apart.square().sum(1)
    scale = torch.where(whole > 0, whole, 1.0).sqrt()
    apart = apart / scale[:, None]
    pair, fixed = apart[..., :2], apart[..., 2:]
    if fixed.shape[2]:
        cross = fixed.mT @ fixed
        pair = pair - fixed @ (torch.linalg.pinv(cross, hermitian=True) @ (fixed.mT @ pair))
    left = pair.square().sum(1)
    both = (pair[..., 0] * pair[..., 1]).sum(1)
    known = (left > CERTAIN).all(1)
    return torch.where(known, both / left.prod(1).sqrt(), torch.nan).clamp(-1, 1)


def _ends(draws: Tensor) -> tuple[float, float]:
    ends = torch.tensor((0.025, 0.975), dtype=torch.float64, device=draws.device)
    low, high = draws.nanquantile(ends).tolist()
    return low, high


def _average_ranks(values: Tensor) -> Tensor:
    """Ranks from 0 of each column, equal values sharing the mean of theirs, float64 [n, A]."""
    found = torch.empty_like(values)
    for column, ranks in zip(values.unbind(1), found.unbind(1), strict=True):
        _, place, counts = column.unique(return_inverse=True, return_counts=True)
        last = counts.cumsum(0).double()
        ranks[:] = (last - (counts.double() + 1) / 2)[place]
    return found

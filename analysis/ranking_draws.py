"""How sure a ranking is: intervals of ranks, the chance to be first, who cannot be told apart."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.rankings import ranks, turned

FEWEST_DRAWS = 100
VALUES = 1 << 24
ENDS = (0.025, 0.975)
CONFIDENCE = 0.95
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Ranking:
    """The models in the order of one rule. Rank 1 is best.

    Attributes:
        points: float64 [M], what the rule counts, higher is better; NaN for who takes no part.
        rank: float64 [M], equal points share the mean rank.
        low: float64 [M], lower end of the 95 % interval of the rank; NaN where none was made.
        high: float64 [M], upper end.
        first: float64 [M], chance to be first: share of the draws, shared by those that tie.
        apart: bool [M, M], pairs that differ by more than chance, all pairs tested together; None
            where that was not tested.
        drawn: float64 [B, M], ranks in the draws.
    """

    points: Tensor
    rank: Tensor
    low: Tensor
    high: Tensor
    first: Tensor
    apart: Tensor | None
    drawn: Tensor


def ranking_of(
    points: Tensor, drawn: Tensor | None = None, *, rank: Tensor | None = None
) -> Ranking:
    """A ranking with all that its bootstrap draws say.

    Args:
        points: float64 [M], higher is better.
        drawn: float64 [B, M], the same in draws; None or too few: no intervals.
        rank: float64 [M], where the rule gives ranks itself; then `drawn` are ranks too.

    Returns:
        The ranking; percentile intervals of the ranks.

    Example:
        >>> found = ranking_of(torch.tensor([0.7, 0.9]), torch.tensor([[0.6, 0.9]] * 200))
        >>> found.rank.tolist(), found.first.tolist(), found.low.tolist()
        ([2.0, 1.0], [0.0, 1.0], [2.0, 1.0])

    References:
        Goldstein and Spiegelhalter 1996, Journal of the Royal Statistical Society A 159(3).
    """
    own = ranks(points) if rank is None else rank
    unknown = torch.full_like(own, torch.nan)
    if drawn is None or len(drawn) < FEWEST_DRAWS:
        empty = own.new_empty((0, len(own)))
        return Ranking(points, own, unknown, unknown, unknown, None, empty)
    places = ranks(drawn) if rank is None else drawn
    known = torch.isfinite(own)
    ends = torch.tensor(ENDS, dtype=torch.float64, device=own.device)
    low, high = places.nanquantile(ends, dim=0)
    low, high = (torch.where(known, end, torch.nan) for end in (low, high))
    apart = told_apart(points, drawn) if rank is None else None
    return Ranking(points, own, low, high, chance_first(places), apart, places)


def chance_first(places: Tensor) -> Tensor:
    """How often each model is first; those that tie for it share the draw.

    Args:
        places: float [B, M], ranks, NaN for who takes no part.

    Returns:
        float64 [M], adds up to 1; NaN for who takes part in no draw.

    Example:
        >>> chance_first(torch.tensor([[1.0, 2.0], [1.5, 1.5]])).tolist()
        [0.75, 0.25]
    """
    best = places.nan_to_num(nan=torch.inf).amin(1, keepdim=True)
    leads = ((places <= best + EQUAL) & torch.isfinite(places)).double()
    share = (leads / leads.sum(1, keepdim=True).clamp_min(1)).mean(0)
    return torch.where(torch.isfinite(places).any(0), share, torch.nan)


def told_apart(points: Tensor, drawn: Tensor, *, confidence: float = CONFIDENCE) -> Tensor:
    """Pairs that differ by more than chance, however many pairs there are.

    The largest studentised difference of any pair in each draw, as far as it comes from chance,
    gives the bar that all differences have to clear: the chance that any of the pairs that are
    alike is called different is at most 1 - confidence, for many samples.

    Args:
        points: float64 [M], higher is better.
        drawn: float64 [B, M], the same in bootstrap draws.
        confidence: that no pair is told apart by mistake.

    Returns:
        bool [M, M], symmetric; False for a model without points.

    Example:
        >>> chance = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
        >>> told_apart(torch.tensor([0.0, 1.0, 9.0]), chance + torch.tensor([0.0, 1.0, 9.0]))[0, 1:]
        tensor([False,  True])

    References:
        Romano and Wolf 2005, Econometrica 73(4); Mogstad et al. 2024, Review of Economic Studies
        91(1) (ranks).
    """
    centre = drawn.nanmean(0)
    off = (drawn - centre).nan_to_num(0.0)
    spread = off.T @ off / max(1, len(off) - 1)
    own = spread.diagonal()
    error = (own[:, None] + own - 2 * spread).clamp_min(0).sqrt()
    error = torch.where(error > EQUAL, error, 0.0)
    inverse = torch.where(error > 0, 1 / error, 0.0)
    step = max(1, VALUES // max(1, len(points) ** 2))
    largest = [
        ((part[:, :, None] - part[:, None]).abs() * inverse).flatten(1).amax(1)
        for part in off.split(step)
    ]
    bar = torch.cat(largest).quantile(confidence)
    gap = (points[:, None] - points).abs()
    return (gap > bar * error) & (gap > EQUAL)


def alike(points: Tensor, apart: Tensor) -> tuple[tuple[int, ...], ...]:
    """The largest runs of the ranking in which no pair can be told apart.

    Args:
        points: float [M], higher is better.
        apart: bool [M, M].

    Returns:
        Models from best to worst, for each run; runs overlap. Models without points are in none.

    Example:
        >>> apart = torch.zeros(3, 3, dtype=torch.bool)
        >>> apart[0, 2] = apart[2, 0] = True
        >>> alike(torch.tensor([3.0, 2.0, 1.0]), apart)
        ((0, 1), (1, 2))
    """
    order = points.nan_to_num(nan=-torch.inf).argsort(descending=True, stable=True)
    order = order[torch.isfinite(points[order])]
    number = len(order)
    if not number:
        return ()
    later = apart[order][:, order].triu(1)
    places = torch.arange(number, device=points.device)
    ends = torch.where(later, places, number).amin(1).flip(0).cummin(0).values.flip(0)
    starts = torch.cat([ends.new_tensor([True]).bool(), ends[1:] > ends[:-1]])
    listed = order.tolist()
    return tuple(
        tuple(listed[start : int(ends[start])]) for start in starts.nonzero().flatten().tolist()
    )


def turned_chance(first: Ranking, second: Ranking) -> Tensor:
    """How often two rules put a pair in opposite order, over the draws that both have.

    Args:
        first: by one rule.
        second: by another, of the same draws.

    Returns:
        float64 [M, M], symmetric; NaN without draws.
    """
    number = min(len(first.drawn), len(second.drawn))
    models = len(first.rank)
    total = torch.zeros(models, models, dtype=torch.float64, device=first.rank.device)
    step = max(1, VALUES // max(1, models**2))
    for start in range(0, number, step):
        part = slice(start, min(start + step, number))
        total += turned(first.drawn[part], second.drawn[part]).sum(0)
    return total / number if number else torch.full_like(total, torch.nan)

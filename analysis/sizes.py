"""What teams of each size reach: the curve against the number of members."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.grouping import Grouping
from analysis.groups import worst_and_gap
from analysis.outcomes import OUTCOMES
from analysis.rules import RULES
from analysis.subsets import TeamOutcomes, team_outcomes
from analysis.sums.piece import Missing
from analysis.teams import curve_sizes, teams_of_size

ALL_UP_TO = 2000
ELSE = 500
BAND = (0.1, 0.9)
LEAST = 20


@dataclass(frozen=True, eq=False)
class Curve:
    """One number against team size, over the teams of each size; float64 [S] each.

    Attributes:
        mean: over the teams.
        lowest, highest: of any team.
        low, high: 10 % and 90 % quantiles. All are NaN where no team of a size has the number.
        alone: what each of the M members reaches by itself, float64 [M].
    """

    mean: Tensor
    lowest: Tensor
    highest: Tensor
    low: Tensor
    high: Tensor
    alone: Tensor


@dataclass(frozen=True, eq=False)
class SizeCurves:
    """What teams of S sizes reach.

    Attributes:
        sizes: int64 [S], members.
        teams: int64 [S], how many teams of each.
        every: bool [S], these are all the teams that there are.
        n: int64 [S], samples behind the team that is judged on the fewest.
        accuracy: in [0, 1]; higher is better.
        log_loss: in nats; lower is better. NaN for a rule without probabilities.
        worst_group: accuracy of the worst of the groups with 20 or more judged samples; NaN
            without a grouping.
        rescued, spoiled: samples.
    """

    sizes: Tensor
    teams: Tensor
    every: Tensor
    n: Tensor
    accuracy: Curve
    log_loss: Curve
    worst_group: Curve
    rescued: Curve
    spoiled: Curve


def size_curves(
    bundle: Bundle,
    members: Sequence[str],
    rule: str,
    grouping: Grouping | None = None,
    *,
    missing: Missing = "exclude",
    seed: int = 0,
) -> SizeCurves:
    """Accuracy, log loss, worst group, rescued and spoiled samples against the number of members.

    Every member alone; of each other size all teams where there are at most 2,000, else 500
    random ones. Under a rule that would have to be fitted for each, they are compared under the
    plain one that stands in for it.

    Args:
        bundle: holds the members.
        members: names, the pool that teams are drawn from; at least one.
        rule: a name in RULES.
        grouping: of the samples, for the worst group.
        missing: as everywhere.
        seed: of the draw.

    Returns:
        Curves over sizes from one member to all.

    Raises:
        BundleError: a member lacks what the rule needs.

    Example:
        >>> pool = Bundle(("a", "b"), ("1", "2"), ("x", "y"),
        ...     torch.tensor([[0, 1], [0, 0]], dtype=torch.int32),
        ...     torch.tensor([0, 1], dtype=torch.int32))
        >>> size_curves(pool, pool.models, "plurality").accuracy.mean.tolist()
        [0.75, 0.5]
    """
    pool = bundle.select(members)
    models = len(pool.models)
    sizes = curve_sizes(models)
    every = [size == 1 or comb(models, size) <= ALL_UP_TO for size in sizes]
    drawn = [
        teams_of_size(models, size, comb(models, size) if whole else ELSE, seed=seed)
        for size, whole in zip(sizes, every, strict=True)
    ]
    stand_in = RULES[rule].stand_in
    found = team_outcomes(pool, torch.cat(drawn), stand_in, missing=missing, grouping=grouping)
    teams = [len(part) for part in drawn]
    return SizeCurves(
        sizes=torch.tensor(sizes),
        teams=torch.tensor(teams),
        every=torch.tensor(every),
        n=torch.stack([part.min() for part in found.n.split(teams)]),
        accuracy=_curve(found.accuracy, teams),
        log_loss=_curve(found.log_loss, teams),
        worst_group=_curve(_worst(found), teams),
        rescued=_curve(_of(found, "rescued"), teams),
        spoiled=_curve(_of(found, "spoiled"), teams),
    )


def _worst(found: TeamOutcomes) -> Tensor:
    if found.group_n is None:
        return torch.full_like(found.loss_sum, torch.nan)
    return worst_and_gap(found.group_accuracy, found.group_n, least=LEAST)[0]


def _of(found: TeamOutcomes, outcome: str) -> Tensor:
    """Samples with one outcome, float64 [E]; NaN for a team that is judged on none."""
    counts = found.outcomes[:, OUTCOMES.index(outcome)].double()
    return torch.where(found.n > 0, counts, torch.nan)


def _curve(values: Tensor, teams: list[int]) -> Curve:
    ends = torch.tensor((0.0, *BAND, 1.0), dtype=torch.float64, device=values.device)
    parts = values.split(teams)
    lowest, low, high, highest = torch.stack([part.nanquantile(ends) for part in parts], 1)
    mean = torch.stack([part.nanmean() for part in parts])
    return Curve(mean, lowest, highest, low, high, parts[0])

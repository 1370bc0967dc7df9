"""Accuracy per subpopulation: measures [M, G]."""

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.measure import Measure
from analysis.rules import RULES
from analysis.subsets import team_outcomes
from analysis.sums.piece import Missing
from analysis.teams import curve_sizes, teams_of_size


def group_accuracy(group_right: Tensor, group_graded: Tensor) -> Tensor:
    """Share of the judged answers that are right, per model and group.

    Args:
        group_right: [M, G], right answers.
        group_graded: [M, G], answers that could be judged.

    Returns:
        float64 [M, G] in [0, 1]; higher is better. NaN for a group without a judged answer.

    Example:
        >>> group_accuracy(torch.tensor([[3, 0]]), torch.tensor([[4, 0]])).tolist()
        [[0.75, nan]]
    """
    rate = group_right.double() / group_graded.double()
    return torch.where(group_graded == 0, torch.nan, rate)


def worst_and_gap(accuracy: Tensor, graded: Tensor, *, least: int = 20) -> tuple[Tensor, Tensor]:
    """Accuracy of the worst group and distance between best and worst.

    Args:
        accuracy: float64 [M, G].
        graded: [M, G], judged answers behind each.
        least: groups with fewer judged answers are left out.

    Returns:
        float64 [M] and [M]; NaN when no group is large enough. Higher worst-group accuracy and a
        lower gap are better.

    References:
        Sagawa et al. 2020, Distributionally robust neural networks (worst-group accuracy).
    """
    kept = (graded >= least) & torch.isfinite(accuracy)
    low = torch.where(kept, accuracy, torch.inf).amin(1)
    high = torch.where(kept, accuracy, -torch.inf).amax(1)
    known = kept.any(1)
    return torch.where(known, low, torch.nan), torch.where(known, high - low, torch.nan)


def size_curve(
    bundle: Bundle,
    rule: str,
    column: str,
    *,
    teams: int = 200,
    missing: Missing = "exclude",
    seed: int = 0,
) -> dict[str, Tensor]:
    """Accuracy per group against the number of members, over teams of one pool.

    All teams of a size where there are at most `teams`, else that many random ones.

    Args:
        bundle: the pool of M models.
        rule: a name in RULES; the plain one that stands in for it is used where each team would
            have to be fitted.
        column: the grouping.
        teams: most teams per size.
        missing: as everywhere.
        seed: of the draw.

    Returns:
        "sizes" int64 [S], "teams" int64 [S], and float64 [S, G]: "mean", "low", "high", the mean
        and the 10 % and 90 % quantiles over the teams of a size; NaN for a group without a
        judged answer.
    """
    sizes = curve_sizes(len(bundle.models))
    drawn = [teams_of_size(len(bundle.models), size, teams, seed=seed) for size in sizes]
    rates = team_outcomes(
        bundle,
        torch.cat(drawn),
        RULES[rule].stand_in,
        missing=missing,
        grouping=bundle.groups[column],
    ).group_accuracy
    parts = rates.split([len(part) for part in drawn])
    ends = torch.tensor([0.1, 0.9], dtype=torch.float64, device=rates.device)
    quantiles = [part.nanquantile(ends, dim=0) for part in parts]
    return {
        "sizes": torch.tensor(sizes),
        "teams": torch.tensor([len(part) for part in parts]),
        "mean": torch.stack([part.nanmean(0) for part in parts]),
        "low": torch.stack([ends[0] for ends in quantiles]),
        "high": torch.stack([ends[1] for ends in quantiles]),
    }


MEASURES = (
    Measure(
        name="group_accuracy",
        label="Accuracy in the group",
        kind="group",
        summary="Share of the judged answers that are right, per group.",
        needs=("group_right", "group_graded"),
        function=group_accuracy,
        better="higher",
        count="group_graded",
    ),
)

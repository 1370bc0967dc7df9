"""What an early-exit cascade costs, and what it gains by asking more members."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.cascade import reached, sureness
from analysis.chunks import samples_at_a_time
from analysis.deciding import TIE
from analysis.ensemble import Ensemble, check
from analysis.evidence import probabilities
from analysis.grading import grade, judged
from analysis.intervals import wilson
from analysis.pairwise import share
from analysis.stretches import stretches
from analysis.tally import Missing

THRESHOLDS = 101
FREE = "All costs are zero, so no order is cheaper; give at least one a cost."


@dataclass(frozen=True, eq=False)
class Stages:
    """How often each member of a cascade is asked.

    Attributes:
        members: M names in their order.
        asked: samples on which the member is asked, int64 [M]; never increasing.
        n: samples.
        cost: mean cost of a sample, in the unit of the costs given.
        cost_of_first, cost_of_all: the same if only the first, or everybody, were asked.
    """

    members: tuple[str, ...]
    asked: Tensor
    n: int
    cost: float
    cost_of_first: float
    cost_of_all: float


@dataclass(frozen=True, eq=False)
class CostCurve:
    """Cost against accuracy of one cascade at T thresholds.

    Attributes:
        threshold: float64 [T], rising.
        cost: float64 [T], mean per sample; rising with the threshold.
        accuracy: float64 [T]; NaN where nothing is judged.
        low, high: its 95 % interval (Wilson), float64 [T].
        n: samples judged, int64 [T].
    """

    threshold: Tensor
    cost: Tensor
    accuracy: Tensor
    low: Tensor
    high: Tensor
    n: Tensor


def member_costs(bundle: Bundle, members: Sequence[str]) -> list[float] | None:
    """What asking each member costs, as `model_info` has it.

    Args:
        bundle: holds the members.
        members: names.

    Returns:
        One number per member, at least 0; None where `model_info` has no "cost".

    Raises:
        BundleError: the cost of a member is not such a number, or all are 0.
    """
    if "cost" not in bundle.model_info:
        return None
    column = bundle.model_info["cost"]
    found = {member: _number(column[position(bundle, member)]) for member in members}
    for member, cost in found.items():
        if not 0 <= cost < float("inf"):
            raise BundleError(
                f"The cost of '{member}' in models.csv is none of at least 0; give every member "
                "a number, none of them negative or missing, or leave the column out."
            )
    if not any(found.values()):
        raise BundleError(FREE)
    return list(found.values())


def _number(value: object) -> float:
    """A cell of a table as a number; NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def stages(bundle: Bundle, ensemble: Ensemble, costs: Sequence[float] | None = None) -> Stages:
    """How often each member is asked, and what that costs.

    Args:
        bundle: N samples, holds all members.
        ensemble: under the rule "cascade".
        costs: of asking each member once, at least 0, in any unit; None: 1 each, so that the cost
            is the number of members asked.

    Returns:
        Counts and costs over all samples.

    Raises:
        BundleError: as `answer`; or the costs are not one per member, or all 0.
    """
    team = bundle.select(check(bundle, ensemble).members)
    price = _prices(team, costs)
    asked = torch.zeros(len(team.models), dtype=torch.int64, device=team.device)
    for here in _chunks(team):
        asked += reached(sureness(probabilities(team, here, {})), ensemble.given).sum(1)
    n = len(team.ids)
    mean = float((asked.double() @ price) / n) if n else float("nan")
    return Stages(team.models, asked, n, mean, float(price[0]), float(price.sum()))


def cost_curve(
    bundle: Bundle,
    members: Sequence[str],
    costs: Sequence[float] | None = None,
    *,
    thresholds: int = THRESHOLDS,
    missing: Missing = "exclude",
) -> CostCurve:
    """Accuracy and cost of a cascade over its threshold.

    Args:
        bundle: N samples, holds all members.
        members: with probabilities, in the order in which they are asked.
        costs: as in `stages`.
        thresholds: T, evenly spaced from 0 (the first alone) to 1 (everybody).
        missing: as everywhere.

    Returns:
        One row per threshold. The best of them was chosen on the samples it is judged on.

    Raises:
        BundleError: as `stages`.

    References:
        Xia and Bouganis 2023, Window-based early-exit cascades for uncertainty estimation.
    """
    team = bundle.select(check(bundle, Ensemble(tuple(members), "cascade")).members)
    price = _prices(team, costs)
    level = torch.linspace(0, 1, thresholds, dtype=torch.float64, device=team.device)
    counts = torch.zeros(2, thresholds, dtype=torch.int64, device=team.device)
    cost = torch.zeros(thresholds, dtype=torch.float64, device=team.device)
    for here in _chunks(team, thresholds):
        found = probabilities(team, here, {})
        stops = sureness(found) > level[:, None, None]
        stops[:, -1] = True
        stage = stops.int().argmax(1)
        cost += price.cumsum(0)[stage].sum(1)
        said = _answers_so_far(found.planes, found.answered).gather(0, stage)
        grades = grade(team, said, here)
        counts += torch.stack([(grades == 1).sum(1), judged(team, grades, here, missing).sum(1)])
    low, high = wilson(counts[0], counts[1])
    return CostCurve(level, cost / len(team.ids), share(*counts), low, high, counts[1])


def _answers_so_far(planes: Tensor, answered: Tensor) -> Tensor:
    """Answer of the mean up to each member, int32 [M, n]; -1 before the first answer."""
    total = planes.cumsum(1)
    first = (total >= total.amax(0) - TIE).int().argmax(0)
    return torch.where(answered.cumsum(0) > 0, first, -1).int()


def _prices(team: Bundle, costs: Sequence[float] | None) -> Tensor:
    members = len(team.models)
    price = torch.tensor(
        [1.0] * members if costs is None else list(costs), dtype=torch.float64, device=team.device
    )
    if len(price) != members or not ((price >= 0) & price.isfinite()).all():
        raise BundleError(
            f"The costs are {len(price)} numbers for {members} members; expected one for each, "
            "none of them negative or missing."
        )
    if not price.any():
        raise BundleError(FREE)
    return price


def _chunks(team: Bundle, versions: int = 1) -> Iterator[slice]:
    values = len(team.models) * (len(team.classes) + versions)
    step = samples_at_a_time(values, team.device)
    return stretches(len(team.ids), step)

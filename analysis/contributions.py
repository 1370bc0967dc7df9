"""What each member brings to an ensemble: without it, and on average over orders of joining."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble, answers, check
from analysis.grading import grade, judged
from analysis.intervals import NORMAL_95, binomial_p, paired_interval
from analysis.many_tests import holm
from analysis.pairwise import share
from analysis.rules import RULES
from analysis.tally import Missing

ORDERS = 50
MOST_MEMBERS = 200
MOST_MEMBERS_JOINT = 10  # each team is then thought through by itself
MOST_SAMPLES, LOTS = 20_000, 10


@dataclass(frozen=True, eq=False)
class Contributions:
    """What M members do for an ensemble.

    Attributes:
        members: M names.
        n: samples on which both the whole ensemble and the one without the member are judged,
            int64 [M]; 0 where nobody else has a weight.
        without: accuracy without the member, float64 [M]; NaN for a single member.
        brought: samples that are right only thanks to the member, int64 [M].
        lost: samples that are wrong only because of it, int64 [M].
        gain: (brought - lost) / n, float64 [M]; higher is better; above 0 the member helps.
        low, high: 95 % interval of the gain, float64 [M].
        p: exact McNemar test of brought against lost, float64 [M], corrected for the number of
            members (Holm); NaN where n is 0.
        shapley: mean gain in accuracy when the member joins, over random orders of joining,
            float64 [M]; of very many samples on 20,000 drawn by lot. Nobody counts as the average
            member, so they add up to what the ensemble is better by than that. NaN for more than
            200 members, and for more than 10 where the evidence of a member depends on the
            others (`Rule.joint`); and where the rule may abstain, as teams are then judged on
            other samples each.
        shapley_low, shapley_high: 95 % interval over the orders and the samples that were drawn.
    """

    members: tuple[str, ...]
    n: Tensor
    without: Tensor
    brought: Tensor
    lost: Tensor
    gain: Tensor
    low: Tensor
    high: Tensor
    p: Tensor
    shapley: Tensor
    shapley_low: Tensor
    shapley_high: Tensor


def contributions(
    bundle: Bundle,
    ensemble: Ensemble,
    *,
    missing: Missing = "exclude",
    orders: int = ORDERS,
    seed: int = 0,
) -> Contributions:
    """What each member brings: left out of the whole, and joining in random orders.

    The interval of the gain is that of a difference of paired shares with half a sample added to
    either kind of change (Agresti and Min); it takes samples as independent. Orders are drawn in
    pairs, each with its reverse, which varies less.

    Args:
        bundle: holds the members.
        ensemble: M members and their rule; weights stay with their members.
        missing: as everywhere.
        orders: how many to draw for the Shapley values, at least 2; 0: none, they are NaN.
        seed: of the orders, and of the samples where they are very many.

    Returns:
        One number per member; NaN where nothing is judged.

    Raises:
        BundleError: as `answer`.

    References:
        Shapley 1953; Rozemberczki and Sarkar 2021, The Shapley value of classifiers in ensemble
        games; Agresti and Min 2005, Statistics in Medicine 24.
    """
    team = bundle.select(check(bundle, ensemble).members)
    weights = torch.tensor(
        ensemble.weights or (1.0,) * len(team.models), dtype=torch.float64, device=team.device
    )
    left_out = weights.repeat(len(weights), 1).fill_diagonal_(0)
    others = left_out.any(1, keepdim=True)  # an empty team is none, not one that is always wrong
    left = {}
    for right, known in _judged(team, ensemble, torch.cat([weights[None], left_out]), missing):
        both = known[1:] & known[0] & others
        for name, flags in (
            ("n", both),
            ("right", both & right[1:]),
            ("brought", both & right[0] & ~right[1:]),
            ("lost", both & ~right[0] & right[1:]),
        ):
            left[name] = left.get(name, 0) + flags.sum(1)
    gain = share(left["brought"] - left["lost"], left["n"])
    low, high = paired_interval(left["brought"], left["lost"], left["n"])
    ends = (torch.maximum, torch.minimum)
    p = binomial_p(*(end(left["brought"], left["lost"]) for end in ends))
    values = _shapley(team, ensemble, weights, missing, orders, seed)
    return Contributions(
        members=team.models,
        n=left["n"],
        without=share(left["right"], left["n"]),
        brought=left["brought"],
        lost=left["lost"],
        gain=gain,
        low=low,
        high=high,
        p=holm(torch.where(left["n"] > 0, p, torch.nan)),
        shapley=values[0],
        shapley_low=values[1],
        shapley_high=values[2],
    )


def changed_by(
    bundle: Bundle, ensemble: Ensemble, member: str, *, missing: Missing = "exclude"
) -> tuple[Tensor, Tensor]:
    """The samples that a member changes: right only thanks to it, and wrong only because of it.

    Args:
        bundle: holds the members.
        ensemble: as in `contributions`.
        member: one of them.
        missing: as everywhere.

    Returns:
        bool [N] twice.

    Raises:
        BundleError: as `answer`.
    """
    team = bundle.select(check(bundle, ensemble).members)
    both = torch.tensor(
        [ensemble.weights or (1.0,) * len(team.models)] * 2, dtype=torch.float64, device=team.device
    )
    both[1, team.models.index(member)] = 0
    parts = [(right, known.all(0)) for right, known in _judged(team, ensemble, both, missing)]
    right, known = (torch.cat(values, dim=-1) for values in zip(*parts, strict=True))
    return known & right[0] & ~right[1], known & ~right[0] & right[1]


def _judged(
    team: Bundle, ensemble: Ensemble, membership: Tensor, missing: Missing
) -> Iterator[tuple[Tensor, Tensor]]:
    """Right and judged, bool [E, n] each, of many ensembles, chunk by chunk."""
    start = 0
    for said in answers(team, ensemble.rule, membership, given=ensemble.given):
        part = slice(start, start + said.predictions.shape[1])
        grades = grade(team, said.predictions, part)
        yield grades == 1, judged(team, grades, part, missing)
        start = part.stop


def _shapley(
    team: Bundle, ensemble: Ensemble, weights: Tensor, missing: Missing, orders: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean gain of each member over random orders, with its interval, float64 [M]."""
    members = len(weights)
    most = MOST_MEMBERS_JOINT if RULES[ensemble.rule].joint else MOST_MEMBERS
    if orders < 2 or members > most or RULES[ensemble.rule].abstains is not None:
        return (torch.full((members,), torch.nan, dtype=torch.float64),) * 3
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(orders // 2, members, generator=generator).argsort(1)
    order = torch.cat([drawn, drawn.flip(1)]).to(weights.device)
    place = order.argsort(1)
    # Row k of an order holds those who joined up to place k.
    joined = (place[:, None, :] <= torch.arange(members, device=order.device)[:, None]) * weights
    alone = torch.diag(weights)
    teams = torch.cat([alone, joined.flatten(0, 1)])
    lots = [_accuracies(lot, ensemble, teams, missing) for lot in _lots(team, generator)]
    accuracy = torch.stack(lots)
    start = accuracy[:, :members].mean(1)[:, None, None].expand(-1, len(order), 1)
    steps = accuracy[:, members:].unflatten(1, (len(order), members)).diff(dim=2, prepend=start)
    gains = steps.gather(2, place.expand(len(lots), -1, -1))
    pairs = gains.mean(0).unflatten(0, (2, -1)).mean(0)
    mean, variance = pairs.mean(0), pairs.var(0) / len(pairs)
    if len(lots) > 1:
        variance = variance + gains.mean(1).var(0) / len(lots)
    half = NORMAL_95 * variance.sqrt()
    return mean, mean - half, mean + half


def _lots(team: Bundle, generator: torch.Generator) -> list[Bundle]:
    """The samples; of very many some, in lots of the same size that tell how far chance goes."""
    if len(team.ids) <= MOST_SAMPLES:
        return [team]
    drawn = torch.randperm(len(team.ids), generator=generator)[:MOST_SAMPLES]
    return [team.take(rows.sort().values) for rows in drawn.chunk(LOTS)]


def _accuracies(team: Bundle, ensemble: Ensemble, membership: Tensor, missing: Missing) -> Tensor:
    """Accuracy of many ensembles, float64 [E]; 0 for one that answers nothing."""
    found = torch.zeros(2, len(membership), dtype=torch.int64, device=team.device)
    for right, known in _judged(team, ensemble, membership, missing):
        found += torch.stack([(right & known).sum(1), known.sum(1)])
    return share(found[0], found[1]).nan_to_num(0)

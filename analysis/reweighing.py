"""Ensembles whose weights change a little at a time: what stays the same is not added up again.

The evidence of a rule is a sum over the members. Where one weight of many moves, only that
member's evidence is read: the difference of the weights times it is added to the sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from analysis import evidence as evidence_of
from analysis.bundle import Bundle, normalised
from analysis.deciding import first_highest
from analysis.ensemble import Answer, Ensemble, check
from analysis.evidence import Evidence
from analysis.pooled import summed
from analysis.rules import RULES
from analysis.stretches import stretches

MOST_VALUES = 1 << 23
READ = 1 << 22
MOST_MOVES = 200


@dataclass(frozen=True, eq=False)
class Standing:
    """The evidence of an ensemble, added up.

    Attributes:
        rule: a name in RULES.
        weights: {member: weight}, not below 0.
        scores: float64 [N, C].
        second: float64 [N, C], what breaks ties of a vote; None where nothing does.
        moves: weights that were changed since all was added up; rounding errors add up likewise.
    """

    rule: str
    weights: Mapping[str, float]
    scores: Tensor
    second: Tensor | None
    moves: int = 0


def can_stand(bundle: Bundle, rule: str) -> bool:
    """Whether there is a standing of this rule, and it is small enough to be held."""
    return RULES[rule].weighable and 0 < len(bundle.ids) * len(bundle.classes) <= MOST_VALUES


def standing(bundle: Bundle, ensemble: Ensemble, before: Standing | None = None) -> Standing:
    """The evidence of an ensemble added up, from that of the same members before.

    Args:
        bundle: holds all members; `can_stand` says whether it may be large.
        ensemble: a rule whose members can be weighed.
        before: of the same bundle and rule.

    Returns:
        What `answer_of` answers from; as if it were added up anew, to within rounding.

    Raises:
        BundleError: as `analysis.ensemble.answer`.
    """
    check(bundle, ensemble)
    weights = dict(
        zip(ensemble.members, ensemble.weights or (1.0,) * len(ensemble.members), strict=True)
    )
    if before is None or before.rule != ensemble.rule or not set(weights) <= set(before.weights):
        return _added_up(bundle, ensemble.rule, weights)
    moved = {m: weights.get(m, 0.0) - old for m, old in before.weights.items()}
    moved = {m: change for m, change in moved.items() if change}
    if 2 * len(moved) > len(before.weights) or before.moves + len(moved) > MOST_MOVES:
        return _added_up(bundle, ensemble.rule, weights)
    scores = before.scores.clone()
    second = None if before.second is None else before.second.clone()
    for model, change in moved.items():
        _add(bundle.select((model,)), ensemble.rule, [change], scores, second)
    kept = {member: weights.get(member, 0.0) for member in before.weights}
    return Standing(ensemble.rule, kept, scores, second, before.moves + len(moved))


def answer_of(bundle: Bundle, found: Standing) -> Answer:
    """What an ensemble says, from its evidence; as `analysis.ensemble.answer`.

    Args:
        bundle: as for `standing`.
        found: of its samples.
    """
    row, names = RULES[found.rule], [name for name, weight in found.weights.items() if weight]
    voters = _voters(bundle, {name: found.weights[name] for name in names})
    one = torch.ones(1, 1, dtype=torch.float64, device=bundle.device)
    scores = found.scores[None]
    ties, breakable = None, None
    if found.second is not None:
        ties = partial(torch.index_select, found.second.T[:, None], 2)
        whole = all(name in bundle.probabilities for name in names)
        breakable = torch.tensor([whole], device=bundle.device)
    both = Evidence(scores, voters > 0, None, ties, breakable)
    plane, tied = first_highest(both, one, scores)
    pooled = None if row.pool is None else row.pool(found.scores, voters[:, None])
    answered = voters > 0
    return Answer(
        predictions=torch.where(answered, plane[0], -1).to(torch.int32),
        probabilities=pooled,
        tied=tied[0] & answered,
    )


def _voters(bundle: Bundle, weights: Mapping[str, float]) -> Tensor:
    """The weight of those who answered, float64 [N]; never a remainder of rounding."""
    values = torch.tensor(list(weights.values()), dtype=torch.float64, device=bundle.device)
    if bundle.gapless:
        return values.sum().expand(len(bundle.ids))
    rows = torch.tensor([bundle.models.index(name) for name in weights], device=bundle.device)
    return values @ (bundle.predictions[rows] >= 0).double()


def _added_up(bundle: Bundle, rule: str, weights: Mapping[str, float]) -> Standing:
    team = bundle.select(tuple(weights))
    shape = (len(team.ids), len(team.classes))
    scores = torch.zeros(shape, dtype=torch.float64, device=team.device)
    breaks = RULES[rule].evidence is evidence_of.votes and bool(team.probabilities)
    second = torch.zeros_like(scores) if breaks else None
    _add(team, rule, list(weights.values()), scores, second)
    return Standing(rule, dict(weights), scores, second)


def _add(
    team: Bundle, rule: str, weights: list[float], scores: Tensor, second: Tensor | None
) -> None:
    """Add the evidence of these models, so many times each, in place."""
    row = RULES[rule]
    membership = torch.tensor([weights], dtype=torch.float64, device=team.device)
    if row.evidence is evidence_of.votes:
        _add_votes(team, weights, scores, second)
        return
    step = max(1, READ // (len(weights) * scores.shape[1]))
    for here in stretches(len(scores), step):
        scores[here] += summed(row.evidence(team, here, row.defaults), membership)[0]


def _add_votes(team: Bundle, weights: list[float], scores: Tensor, second: Tensor | None) -> None:
    for model, said, weight in zip(team.models, team.predictions, weights, strict=True):
        answered = said >= 0
        column = said.clamp_min(0).long()[:, None]
        scores.scatter_add_(1, column, weight * answered.double()[:, None])
        if second is not None and model in team.probabilities:
            of_class = normalised(team.probabilities[model][:])
            second += torch.where(answered[:, None], weight * of_class, 0.0)

"""What many teams of one pool make of their members' answers, counted without holding the answers.

Sums over samples, so the outcomes of parts of the samples add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from analysis import team_kernels
from analysis.bundle import Bundle, BundleError
from analysis.chunks import samples_at_a_time
from analysis.deciding import decided_contested
from analysis.ensemble import lacking
from analysis.evidence import Evidence
from analysis.gaps import judged_under
from analysis.grading import grade, judged, judgeable
from analysis.grouping import Grouping
from analysis.outcomes import OUTCOMES
from analysis.pooled import summed
from analysis.rule import Rule
from analysis.rules import RULES
from analysis.sums.piece import CLIP, Missing

BLOCK = 1 << 19  # answers at a time, which a cache holds


@dataclass(frozen=True, eq=False)
class TeamOutcomes:
    """What E teams reach; those of other samples can be added to it.

    Attributes:
        n: int64 [E], samples on which each is judged.
        right: int64 [E], those that it gets right.
        outcomes: int64 [E, 6], samples per outcome, in the order of `OUTCOMES`; they add up to n.
        scored: int64 [E], samples with a label on which it gives probabilities.
        loss_sum: float64 [E], minus the logarithms of what they give to the labels, added up.
        group_n, group_right: int64 [E, G], n and right per group; None without a grouping.
    """

    n: Tensor
    right: Tensor
    outcomes: Tensor
    scored: Tensor
    loss_sum: Tensor
    group_n: Tensor | None = None
    group_right: Tensor | None = None

    @property
    def accuracy(self) -> Tensor:
        """float64 [E] in [0, 1]; higher is better. NaN where nothing is judged."""
        return torch.where(self.n > 0, self.right / self.n.double(), torch.nan)

    @property
    def log_loss(self) -> Tensor:
        """float64 [E], 0 or more, in nats; lower is better. NaN without probabilities."""
        return torch.where(self.scored > 0, self.loss_sum / self.scored, torch.nan)

    @property
    def group_accuracy(self) -> Tensor | None:
        """float64 [E, G] in [0, 1]; NaN for a group without a judged sample."""
        if self.group_n is None:
            return None
        return torch.where(self.group_n > 0, self.group_right / self.group_n.double(), torch.nan)

    def __add__(self, other: "TeamOutcomes") -> "TeamOutcomes":
        """Those of the same teams on the samples of both."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return TeamOutcomes(**{k: None if a is None else a + b for k, (a, b) in pairs.items()})


def team_outcomes(
    bundle: Bundle,
    membership: Tensor,
    rule: str,
    *,
    missing: Missing = "exclude",
    grouping: Grouping | None = None,
) -> TeamOutcomes:
    """Right answers, log loss and the six outcomes of many teams of one pool.

    The same as `combine` and `outcomes` team by team. Many small teams are counted by a compiled
    kernel on the CPU, where they share their first members' sums; all else are products of the
    membership with the evidence of the pool, on any device.

    Args:
        bundle: the pool of M models on N samples.
        membership: bool or 0/1 [E, M], who is in which team; everybody counts alike.
        rule: a name in RULES of a rule that needs no fitting and adds members up (`weighable`).
        missing: as everywhere.
        grouping: of the N samples.

    Returns:
        One row per team.

    Raises:
        BundleError: another rule, a member lacks what the rule needs, or a team has no member.

    Example:
        >>> pool = Bundle(("a", "b"), ("1", "2"), ("x", "y"),
        ...     torch.tensor([[0, 1], [0, 0]], dtype=torch.int32),
        ...     torch.tensor([0, 1], dtype=torch.int32))
        >>> found = team_outcomes(pool, torch.tensor([[1, 0], [1, 1]]), "plurality")
        >>> found.right.tolist(), found.outcomes[1].tolist()
        ([2, 1], [1, 0, 0, 0, 1, 0])
    """
    member = _checked(bundle, membership, rule).to(bundle.device)
    row = RULES[rule]
    if kernel := team_kernels.chosen(bundle, member, row, grouping):
        return TeamOutcomes(**kernel(bundle, member, row, missing, grouping))
    found = None
    values = len(bundle.models) * len(bundle.classes) + len(bundle.classes)
    step = samples_at_a_time(values, bundle.device)
    for start in range(0, max(len(bundle.ids), 1), step):
        here = slice(start, start + step)
        groups = None if grouping is None else grouping.membership(here).float()
        evidence = row.evidence(bundle, here, row.defaults)
        teams = max(1, BLOCK // max(1, len(bundle.ids[here])))
        parts = [
            _counted(bundle, here, row, evidence, part, missing, groups)
            for part in member.split(teams)
        ]
        chunk = _joined(parts)
        found = chunk if found is None else found + chunk
    return found


def _checked(bundle: Bundle, membership: Tensor, rule: str) -> Tensor:
    """The membership as bool [E, M]."""
    if rule not in RULES or not RULES[rule].weighable:
        known = ", ".join(name for name, row in RULES.items() if row.weighable)
        raise BundleError(f"Many teams can be compared under {known}; not under '{rule}'.")
    member = membership != 0
    inside = member.any(0).tolist()
    names = [name for name, used in zip(bundle.models, inside, strict=True) if used]
    if not bool(member.any(1).all()):
        raise BundleError("An ensemble needs at least one member; one of these teams has none.")
    if problem := lacking(bundle, names, rule):
        raise BundleError(problem)
    return member


def _counted(
    bundle: Bundle,
    here: slice,
    row: Rule,
    evidence: Evidence,
    member: Tensor,
    missing: Missing,
    groups: Tensor | None,
) -> TeamOutcomes:
    """Some teams on a chunk of samples."""
    amount = member.double()
    plane = decided_contested(evidence, amount)
    said = plane if evidence.classes is None else evidence.classes.gather(0, plane)
    voters = amount @ evidence.answered.double()
    said = torch.where(voters > 0, said, -1).to(torch.int32)
    grades = grade(bundle, said, here)
    counts = judged(bundle, grades, here, missing)
    right = (grades == 1) & counts
    scored, loss = _losses(bundle, here, row, evidence, amount, voters)
    return TeamOutcomes(
        n=counts.sum(1),
        right=right.sum(1),
        outcomes=_outcomes(bundle, here, member, right, counts, missing),
        scored=scored,
        loss_sum=loss,
        group_n=None if groups is None else (counts.float() @ groups).long(),
        group_right=None if groups is None else (right.float() @ groups).long(),
    )


def _outcomes(
    bundle: Bundle, here: slice, member: Tensor, right: Tensor, counts: Tensor, missing: Missing
) -> Tensor:
    """Samples per outcome, int64 [E, 6]; right and counts bool [E, n]."""
    correct = bundle.correct[:, here]
    known = judged_under(missing, bundle.grades[:, here], judgeable(bundle, here))
    members_right, members = (member.float() @ flags.float() for flags in (correct, known))
    none = members_right == 0
    every = (members_right == members) & ~none
    wrong = counts & ~right
    found = [(flags & level).sum(1) for flags in (right, wrong) for level in (every, none)]
    kept, rescued, overruled, missed = found
    corrected, spoiled = right.sum(1) - kept - rescued, wrong.sum(1) - overruled - missed
    columns = dict(
        kept=kept,
        corrected=corrected,
        rescued=rescued,
        overruled=overruled,
        spoiled=spoiled,
        missed=missed,
    )
    return torch.stack([columns[name] for name in OUTCOMES], 1)


def _losses(
    bundle: Bundle, here: slice, row: Rule, evidence: Evidence, amount: Tensor, voters: Tensor
) -> tuple[Tensor, Tensor]:
    """Samples with probabilities and label, int64 [E], and the losses there added up."""
    nothing = torch.zeros(len(amount), dtype=torch.int64, device=amount.device)
    if row.pool is None or bundle.labels is None:
        return nothing, nothing.double()
    labels = bundle.labels[here].long()
    known = (voters > 0) & (labels >= 0)
    column = labels.clamp_min(0)
    if row.total is not None:
        of_label = evidence.planes.gather(0, column.expand(1, len(amount[0]), -1))[0]
        given = (amount @ of_label) / (amount @ row.total(evidence))
    else:
        given = torch.cat(list(_pooled(row, evidence, column, amount, voters)))
    losses = given.clamp_min(CLIP).log().neg_()
    return known.sum(1), torch.where(known, losses, 0).sum(1)


def _pooled(
    row: Rule, evidence: Evidence, column: Tensor, amount: Tensor, voters: Tensor
) -> Iterator[Tensor]:
    """The pooled probability of one class per sample, [e, n], some teams at a time."""
    teams = max(1, 4 * BLOCK // max(1, evidence.planes[:, 0].numel()))
    for weights, answered in zip(amount.split(teams), voters.split(teams), strict=True):
        pooled = row.pool(summed(evidence, weights), answered[..., None])
        yield pooled.gather(2, column.expand(len(weights), -1)[..., None])[..., 0]


def _joined(parts: list[TeamOutcomes]) -> TeamOutcomes:
    """Several lots of teams as one."""
    values = {f.name: [getattr(part, f.name) for part in parts] for f in fields(TeamOutcomes)}
    return TeamOutcomes(**{k: None if v[0] is None else torch.cat(v) for k, v in values.items()})

"""What many teams of one pool make of their members' answers, counted without holding the answers.

Sums over samples, so the outcomes of parts of the samples add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from analysis import team_kernels
from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.deciding import decided_contested
from analysis.eligibility import comparable
from analysis.gaps import judged_under
from analysis.grading import grade, judgeable
from analysis.grouping import Grouping
from analysis.leads import contested, label_leads, leads_decide, right_by_leads
from analysis.outcomes import OUTCOMES
from analysis.pooled import summed
from analysis.rule import Rule
from analysis.stretches import stretches
from analysis.sums.distribution import CLIP
from analysis.sums.piece import Missing

AT_A_TIME = 4096  # samples
BLOCK = 1 << 17  # answers at a time, which a cache holds


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
    member = membership.to(bundle.device) != 0
    row = comparable(bundle, member, rule)
    if kernel := team_kernels.chosen(bundle, member, row, grouping):
        return TeamOutcomes(**kernel(bundle, member, row, missing, grouping))
    found = None
    values = (len(bundle.models) + 1) * len(bundle.classes)
    step = min(AT_A_TIME, samples_at_a_time(values, bundle.device))
    largest = int(member.sum(1).max()) if len(member) else 0
    for here in stretches(max(len(bundle.ids), 1), step):
        chunk = _Chunk(bundle, here, row, missing, grouping, largest)
        teams = max(1, BLOCK // max(1, len(bundle.ids[here])))
        part = _joined([_counted(chunk, some) for some in member.split(teams)])
        found = part if found is None else found + part
    return found


class _Chunk:
    """A chunk of samples, with what all teams share."""

    def __init__(
        self,
        bundle: Bundle,
        here: slice,
        row: Rule,
        missing: Missing,
        grouping: Grouping | None,
        largest: int,
    ) -> None:
        self.bundle, self.here, self.row, self.missing = bundle, here, row, missing
        self.evidence = row.evidence(bundle, here, row.defaults)
        self.answered = self.evidence.answered.double()
        self.judgeable = judgeable(bundle, here)
        self.groups = None if grouping is None else grouping.membership(here).float()
        self.correct = bundle.correct[:, here].float()
        self.known = judged_under(missing, bundle.grades[:, here], self.judgeable).float()
        self.labels = None if bundle.labels is None else bundle.labels[here].long()
        self.leads = self._leads(largest)
        self.of_label = self.total = None
        if row.total is not None and self.labels is not None:
            column = self.labels.clamp_min(0).expand(1, *self.answered.shape)
            self.of_label = self.evidence.planes.gather(0, column)[0].double()
            self.total = row.total(self.evidence).double()

    def _leads(self, largest: int) -> tuple[Tensor, ...] | None:
        """Where teams may differ [r], where all are right [n], and the leads [J, M, r]."""
        given = self.labels is None or self.bundle.graded_elsewhere
        if given or not leads_decide(self.evidence, largest):
            return None
        leads, starts = label_leads(self.evidence, self.labels)
        undecided, right = contested(leads, starts)
        rows = (undecided & (self.labels >= 0)).nonzero().flatten()
        return rows, right, leads[..., rows], starts[:, rows]


def _counted(chunk: _Chunk, member: Tensor) -> TeamOutcomes:
    """Some teams on a chunk of samples."""
    amount = member.double()
    voters = amount @ chunk.answered
    grades = _grades(chunk, amount, voters)
    counts = judged_under(chunk.missing, grades, chunk.judgeable)
    right = (grades == 1) & counts
    scored, loss = _losses(chunk, amount, voters)
    groups = chunk.groups
    return TeamOutcomes(
        n=counts.sum(1),
        right=right.sum(1),
        outcomes=_outcomes(chunk, member, right, counts),
        scored=scored,
        loss_sum=loss,
        group_n=None if groups is None else (counts.float() @ groups).long(),
        group_right=None if groups is None else (right.float() @ groups).long(),
    )


def _grades(chunk: _Chunk, amount: Tensor, voters: Tensor) -> Tensor:
    """Whether teams are right, int8 [E, n], as `grade` gives it."""
    if chunk.leads is None:
        plane, classes = decided_contested(chunk.evidence, amount), chunk.evidence.classes
        said = plane if classes is None else classes.gather(0, plane)
        said = torch.where(voters > 0, said, -1).to(torch.int32)
        return grade(chunk.bundle, said, chunk.here)
    rows, right, leads, starts = chunk.leads
    grades = right.to(torch.int8).repeat(len(amount), 1)
    grades[:, rows] = right_by_leads(leads, starts, amount.to(leads.dtype)).to(torch.int8)
    return grades.masked_fill_((voters == 0) | (chunk.labels < 0), -1)


def _outcomes(chunk: _Chunk, member: Tensor, right: Tensor, counts: Tensor) -> Tensor:
    """Samples per outcome, int64 [E, 6]; right and counts bool [E, n]."""
    members_right, members = member.float() @ chunk.correct, member.float() @ chunk.known
    none = members_right == 0
    every = (members_right == members) & ~none
    wrong = counts & ~right
    found = {
        name: (flags & level).sum(1)
        for name, flags, level in (
            ("kept", right, every),
            ("rescued", right, none),
            ("overruled", wrong, every),
            ("missed", wrong, none),
        )
    }
    found["corrected"] = right.sum(1) - found["kept"] - found["rescued"]
    found["spoiled"] = wrong.sum(1) - found["overruled"] - found["missed"]
    return torch.stack([found[name] for name in OUTCOMES], 1)


def _losses(chunk: _Chunk, amount: Tensor, voters: Tensor) -> tuple[Tensor, Tensor]:
    """Samples with probabilities and label, int64 [E], and the losses there added up."""
    if chunk.row.pool is None or chunk.labels is None:
        nothing = torch.zeros(len(amount), dtype=torch.int64, device=amount.device)
        return nothing, nothing.double()
    known = (voters > 0) & (chunk.labels >= 0)
    if chunk.total is not None:
        given = (amount @ chunk.of_label) / (amount @ chunk.total)
    else:
        given = torch.cat(list(_pooled(chunk, amount, voters)))
    losses = given.clamp_min_(CLIP).log_().masked_fill_(~known, 0)
    return known.sum(1), -losses.sum(1)


def _pooled(chunk: _Chunk, amount: Tensor, voters: Tensor) -> Iterator[Tensor]:
    """The pooled probability of the label per sample, [e, n], some teams at a time."""
    teams = max(1, 4 * BLOCK // max(1, chunk.evidence.planes[:, 0].numel()))
    column = chunk.labels.clamp_min(0)
    for weights, answered in zip(amount.split(teams), voters.split(teams), strict=True):
        pooled = chunk.row.pool(summed(chunk.evidence, weights), answered[..., None])
        yield pooled.gather(2, column.expand(len(weights), -1)[..., None])[..., 0]


def _joined(parts: list[TeamOutcomes]) -> TeamOutcomes:
    """Several lots of teams as one."""
    values = {f.name: [getattr(part, f.name) for part in parts] for f in fields(TeamOutcomes)}
    return TeamOutcomes(**{k: None if v[0] is None else torch.cat(v) for k, v in values.items()})

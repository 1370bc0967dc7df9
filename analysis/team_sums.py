"""What many weighed teams answer: right, how sure, and whether one member less changes it.

Sums over samples, so those of parts of the samples add up.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from analysis import team_layout
from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.confidence import bins_of_width
from analysis.deciding import decided_contested
from analysis.eligibility import comparable
from analysis.evidence import Evidence
from analysis.gaps import judged_under
from analysis.grading import grade, judgeable
from analysis.pooled import summed
from analysis.rule import Rule
from analysis.rules import RULES
from analysis.sums.distribution import CLIP
from analysis.sums.losses import CALIBRATION_BINS as BINS
from analysis.sums.piece import Missing
from analysis.team_counts import TeamSums

AT_A_TIME = 4096  # samples
BLOCK = 1 << 20  # values at a time
ASKABLE = ("log_loss", "brier", "calibration", "stability", "named")

PROBABLE = {"log_loss", "brier", "calibration"}


def team_sums(
    bundle: Bundle,
    weights: Tensor,
    rule: str,
    asked: Collection[str] = ("log_loss", "stability"),
    *,
    flags: Tensor | None = None,
    missing: Missing = "exclude",
    layout: team_layout.Layout | None = None,
) -> TeamSums:
    """Right answers, losses and leave-one-out stability of many teams of one pool.

    The same as `combine` team by team. On the CPU a compiled kernel does large work under rules
    that add evidence up; all else are products of the weights with the evidence, on any device.

    Args:
        bundle: the pool of M models on N samples.
        weights: float [E, M], how much each member counts, 0 = not a member.
        rule: a name in RULES of a rule that needs no fitting and adds members up (`weighable`).
        asked: of `ASKABLE`, what is counted beside right answers.
        flags: bool [F, N], samples that are also counted by themselves (groups, classes).
        missing: as everywhere.
        layout: what `laid_out` gives for the same, where many batches of teams follow each other.

    Returns:
        One row per team.

    Raises:
        BundleError: another rule, a member lacks what the rule needs, or a team has no member.

    Example:
        >>> pool = Bundle(("a", "b"), ("1", "2"), ("x", "y"),
        ...     torch.tensor([[0, 1], [0, 0]], dtype=torch.int32),
        ...     torch.tensor([0, 1], dtype=torch.int32))
        >>> found = team_sums(pool, torch.tensor([[1.0, 0.0], [1.0, 1.0]]), "plurality")
        >>> found.right.tolist(), found.agreeing.tolist(), found.compared.tolist()
        ([2, 1], [0, 3], [0, 4])

    References:
        Leave-one-member-out stability is our analogue of consistency for classifiers.
    """
    weights = weights.to(bundle.device, torch.float64)
    row = comparable(bundle, weights > 0, rule)
    layout = layout or laid_out(bundle, rule, asked, flags=flags, missing=missing)
    asked, flags = layout.asked, layout.flags
    kernel = layout.countable(weights)
    if bool(kernel.all()) and len(weights):
        return TeamSums(**layout.counted(weights))
    if bool(kernel.any()):
        rows = torch.cat([kernel.nonzero(), (~kernel).nonzero()]).flatten().argsort()
        again = {"asked": asked, "flags": flags, "missing": missing, "layout": layout}
        parts = [team_sums(bundle, weights[some], rule, **again) for some in (kernel, ~kernel)]
        return parts[0].joined(parts[1]).at(rows)
    teams, found = _Teams(weights, stable="stability" in asked), None
    values = (len(bundle.models) + 1) * len(bundle.classes) + 4 * len(teams.distinct)
    step = min(AT_A_TIME, samples_at_a_time(values, bundle.device))
    for start in range(0, max(len(bundle.ids), 1), step):
        here = slice(start, start + step)
        part = _counted(bundle, here, teams, row, asked, flags[:, here], missing)
        found = part if found is None else found + part
    return found


def laid_out(
    bundle: Bundle,
    rule: str,
    asked: Collection[str],
    *,
    flags: Tensor | None = None,
    missing: Missing = "exclude",
    teams: int | None = None,
) -> team_layout.Layout:
    """What batches of teams share.

    Args:
        bundle: as in `team_sums`.
        rule: likewise.
        asked: likewise.
        flags: likewise.
        missing: likewise.
        teams: how many there will be in all; None: as many as are given at once.
    """
    row, asked = RULES[rule], set(asked)
    if flags is None:
        flags = torch.zeros(0, len(bundle.ids), dtype=torch.bool, device=bundle.device)
    if row.pool is None or bundle.labels is None:
        asked -= PROBABLE
    return team_layout.Layout(bundle, row, asked, flags, missing, teams)


class _Teams:
    """Teams and, for stability, the same minus one member, each distinct one once."""

    def __init__(self, weights: Tensor, *, stable: bool) -> None:
        self.weights = self.distinct = weights
        self.whole = torch.arange(len(weights), device=weights.device)
        self.team = self.part = self.whole[:0]
        if not stable:
            return
        inside = weights > 0
        self.team, member = (inside & (inside.sum(1, keepdim=True) > 1)).nonzero(as_tuple=True)
        reduced = weights[self.team]
        reduced[torch.arange(len(reduced), device=weights.device), member] = 0
        every = torch.cat([weights, reduced]).cpu().numpy()
        rows = np.ascontiguousarray(every).view(f"V{8 * every.shape[1]}")[:, 0]
        _, first, place = np.unique(rows, return_index=True, return_inverse=True)
        place = torch.from_numpy(place.reshape(-1)).to(weights.device)
        self.distinct = torch.from_numpy(every[first]).to(weights.device)
        self.whole, self.part = place[: len(weights)], place[len(weights) :]


def _counted(
    bundle: Bundle,
    here: slice,
    teams: _Teams,
    row: Rule,
    asked: set[str],
    flags: Tensor,
    missing: Missing,
) -> TeamSums:
    """Teams on a chunk of samples."""
    evidence = row.evidence(bundle, here, row.defaults)
    said = _said(evidence, teams.distinct)
    whole = said[teams.whole]
    grades = grade(bundle, whole, here)
    judged = judged_under(missing, grades, judgeable(bundle, here))
    right = (grades == 1) & judged
    scored, loss, brier, bins = _losses(bundle, here, evidence, teams.weights, row, asked, grades)
    agreeing = torch.zeros(len(whole), dtype=torch.int64, device=whole.device)
    compared, flagged = agreeing.clone(), flags.T.float()
    step = max(1, BLOCK // max(1, said.shape[1]))
    for team, part in zip(teams.team.split(step), teams.part.split(step), strict=True):
        both = (said[part] >= 0) & (whole[team] >= 0)
        agreeing.index_add_(0, team, ((said[part] == whole[team]) & both).sum(1))
        compared.index_add_(0, team, both.sum(1))
    return TeamSums(
        n=judged.sum(1),
        right=right.sum(1),
        agreeing=agreeing,
        compared=compared,
        scored=scored,
        loss_sum=loss,
        brier_sum=brier,
        bins=bins,
        flag_n=(judged.float() @ flagged).long(),
        flag_right=(right.float() @ flagged).long(),
        named=_named(bundle, here, whole, asked),
    )


def _said(evidence: Evidence, weights: Tensor) -> Tensor:
    """Answers of these teams, int32 [U, n], -1 = none."""
    if not bool((weights == weights.round()).all()):
        evidence = replace(evidence, planes=evidence.planes.double())
    samples, parts = max(1, evidence.answered.shape[1]), []
    for part in weights.split(max(1, 4 * BLOCK // samples)):
        plane, classes = decided_contested(evidence, part), evidence.classes
        plane = plane if classes is None else classes.gather(0, plane)
        voters = part @ evidence.answered.double()
        parts.append(torch.where(voters > 0, plane, -1).to(torch.int32))
    return torch.cat(parts)


def _losses(
    bundle: Bundle,
    here: slice,
    evidence: Evidence,
    weights: Tensor,
    row: Rule,
    asked: set[str],
    grades: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Samples with label and probabilities [E], log losses and Brier scores [E], bins [E, 3, B]."""
    nothing = torch.zeros(len(weights), dtype=torch.float64, device=weights.device)
    bins = nothing[:, None, None].repeat(1, 3, BINS)
    if row.pool is None or bundle.labels is None:
        return nothing.long(), nothing, nothing, bins
    labels = bundle.labels[here].long()
    scored, loss, brier = nothing.long(), nothing.clone(), nothing.clone()
    step = max(1, BLOCK // max(1, evidence.planes[:, 0].numel()))
    for start in range(0, len(weights), step):
        some = slice(start, start + step)
        voters = weights[some] @ evidence.answered.double()
        known = (voters > 0) & (labels >= 0)
        scored[some] = known.sum(1)
        if not asked & PROBABLE:
            continue
        pooled = row.pool(summed(evidence, weights[some]), voters[..., None]).double()
        given = pooled.gather(2, labels.clamp_min(0).expand(len(voters), -1)[..., None])[..., 0]
        loss[some] = -given.clamp_min(CLIP).log().masked_fill(~known, 0).sum(1)
        brier[some] = (pooled.square().sum(2) - 2 * given + 1).masked_fill(~known, 0).sum(1)
        if "calibration" in asked:
            bins[some] = _binned(pooled.amax(2), grades[some])
    return scored, loss, brier, bins


def _binned(confidence: Tensor, grades: Tensor) -> Tensor:
    """Judged answers, their confidence and the right ones per bin, float64 [e, 3, B]."""
    counted = (grades >= 0) & confidence.isfinite()
    place = torch.where(counted, bins_of_width(confidence.nan_to_num(), BINS), 0).long()
    values = torch.stack([counted, confidence.nan_to_num() * counted, (grades == 1) & counted], 1)
    found = torch.zeros(len(grades), 3, BINS, dtype=torch.float64, device=grades.device)
    return found.scatter_add_(2, place[:, None].expand(-1, 3, -1), values.double())


def _named(bundle: Bundle, here: slice, whole: Tensor, asked: set[str]) -> Tensor:
    """Labelled samples on which each class is said, int64 [E, C]."""
    classes = len(bundle.classes)
    counts = torch.zeros(len(whole), classes + 1, dtype=torch.int64, device=whole.device)
    if "named" in asked and bundle.labels is not None:
        said = torch.where(bundle.labels[here] >= 0, whole, -1).long()
        said = torch.where(said < 0, classes, said)
        counts.scatter_add_(1, said, torch.ones_like(said))
    return counts[:, :-1]

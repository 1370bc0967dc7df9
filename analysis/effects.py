"""Where an ensemble helps and where it harms: its effect on every sample, by group."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.contrasts import score_interval
from analysis.ensemble import Ensemble, combine
from analysis.grading import judgeable
from analysis.intervals import binomial_p
from analysis.many_tests import benjamini_hochberg, holm
from analysis.outcomes import OUTCOMES, compared, outcomes
from analysis.pairwise import share
from analysis.sets import Sets, crossed, effective_size
from analysis.tally import Missing

LEAST = 20
COUNTED = ("right", "reference_right", "corrections", "regressions", "rescued")


@dataclass(frozen=True, eq=False)
class Effects:
    """What an ensemble does on each sample, against one model.

    Attributes:
        compared: bool [N], both are judged; all else is False or 0 elsewhere.
        right: bool [N], the ensemble is right.
        reference_right: bool [N], the model is right.
        rescued: bool [N], the ensemble is right although no member is.
    """

    compared: Tensor
    right: Tensor
    reference_right: Tensor
    rescued: Tensor

    @property
    def corrections(self) -> Tensor:
        """Bool [N], only the ensemble is right."""
        return self.right & ~self.reference_right

    @property
    def regressions(self) -> Tensor:
        """Bool [N], only the model is right."""
        return self.reference_right & ~self.right

    @property
    def change(self) -> Tensor:
        """int8 [N], 1 a correction, -1 a regression, 0 neither."""
        return self.right.to(torch.int8) - self.reference_right.to(torch.int8)


def effects(
    bundle: Bundle, ensemble: Ensemble, reference: str, *, missing: Missing = "exclude"
) -> Effects:
    """What an ensemble does on each sample, against one model.

    Args:
        bundle: holds the members and the reference.
        ensemble: members and rule.
        reference: name of a model.
        missing: as everywhere.

    Returns:
        Per sample, whether both are judged and who is right.

    Raises:
        BundleError: as `analysis.ensemble.answer`, or there is no such model.
    """
    combined, single = combine(bundle, ensemble), bundle.select((reference,))
    rule = {"missing": missing, "labelled": judgeable(bundle)}
    both = compared(combined, single, **rule)
    made = outcomes(bundle.select(ensemble.members), combined, **rule)
    return Effects(
        both,
        both & combined.correct[0],
        both & single.correct[0],
        both & (made.codes == OUTCOMES.index("rescued")),
    )


@dataclass(frozen=True, eq=False)
class GroupEffects:
    """What an ensemble does in each of K groups, or cells of two groupings; else said, float64 [K].

    Attributes:
        columns: one or two groupings.
        levels: K tuples of their levels.
        n: int64, samples on which ensemble and reference are judged.
        counts: {name in COUNTED: int64 [K]}.
        intervals: {name in COUNTED: lower and upper end of the share of n}.
        net: (corrections - regressions) / n: how much more accurate the ensemble is than the
            reference; above 0 it helps.
        low, high: its 95 % interval.
        tested: bool, there are enough samples for a test.
        p: exact McNemar test of corrections against regressions; NaN where not tested.
        p_bh, p_holm: corrected for the number of tests; to explore with, and to claim with.
    """

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    n: Tensor
    counts: dict[str, Tensor]
    intervals: dict[str, tuple[Tensor, Tensor]]
    net: Tensor
    low: Tensor
    high: Tensor
    tested: Tensor
    p: Tensor
    p_bh: Tensor
    p_holm: Tensor

    def rate(self, name: str) -> Tensor:
        """Share of the n samples of each group, float64 [K]; NaN in an empty one."""
        return share(self.counts[name], self.n)


def effects_by_group(
    bundle: Bundle, found: Effects, columns: Sequence[str], *, least: int = LEAST
) -> GroupEffects:
    """What an ensemble does in each group, or in each cell of two groupings.

    A sample counts in every group that it is in. Where several samples belong to one unit, shares
    and their intervals are those of as many independent samples as the units are worth
    (`analysis.sets.effective_size`), and p is at least that of a normal test on them.

    Args:
        bundle: N samples.
        found: what the ensemble does on them.
        columns: one or two of its groupings.
        least: groups of fewer samples are not tested.

    Returns:
        One number per group, or per cell with the second grouping running fastest.

    Raises:
        BundleError: there is no such grouping.
    """
    for column in columns:
        if column not in bundle.groups:
            known = ", ".join(bundle.groups) or "none"
            raise BundleError(f"There is no grouping '{column}'; the groupings are {known}.")
    groupings = [bundle.groups[column] for column in columns]
    sets = crossed(*groupings).only(found.compared)
    net, low, high, _ = score_interval(found.change, sets, bundle.units, net=True)
    counts, intervals = {}, {}
    for name in COUNTED:
        flags = getattr(found, name).double()
        counts[name] = sets.sums(flags).long()
        intervals[name] = score_interval(flags, sets, bundle.units)[1:3]
    n = sets.sums(found.compared).long()
    tested = n >= least
    p = torch.where(tested, _paired_p(found, counts, sets, bundle.units), torch.nan)
    return GroupEffects(
        tuple(columns),
        _cells([grouping.levels for grouping in groupings]),
        n,
        counts,
        intervals,
        net=net,
        low=low,
        high=high,
        tested=tested,
        p=p,
        p_bh=benjamini_hochberg(p),
        p_holm=holm(p),
    )


def _cells(levels: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    cells: tuple = ((),)
    for names in levels:
        cells = tuple((*cell, name) for cell in cells for name in names)
    return cells


def _paired_p(
    found: Effects, counts: dict[str, Tensor], sets: Sets, units: Tensor | None
) -> Tensor:
    """McNemar's exact test of each set, float64 [K]; larger where units make samples alike."""
    more, less = counts["corrections"], counts["regressions"]
    p = binomial_p(torch.maximum(more, less), torch.minimum(more, less))
    if units is None:
        return p
    change = found.change.double()
    n = sets.sums(torch.ones_like(change))
    mean, square = sets.sums(change) / n, sets.sums(change.square()) / n
    variance = (square - mean.square()) / effective_size(change, sets, units)
    z = mean.abs() / variance.clamp_min(0).sqrt()
    return torch.maximum(p, torch.where(mean == 0, 1.0, torch.erfc(z / 2**0.5)).nan_to_num(1.0))

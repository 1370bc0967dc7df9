"""Slices that are found on one half of the samples and reported on the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.contrasts import Contrast, contrast
from analysis.effects import Effects
from analysis.grouping import Grouping
from analysis.many_tests import benjamini_hochberg, holm
from analysis.slice_columns import known_by_label, slice_columns
from analysis.slice_finding import Candidate, Search, candidates
from analysis.slice_scores import SLICE_SCORES, effect_scores
from analysis.slices import ALPHA
from analysis.splits import Split, split
from analysis.sums.products import product

LEAST = 20
LEAST_GAP = 0.05
LEVEL = 0.05
ALIKE = 0.5

Report = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class SliceReport:
    """K slices, found on one half of the samples, and what the other half says of them.

    Attributes:
        columns: the groupings that were searched.
        slices: K, as found; their scores are those of the half that they were found on.
        sign: int64 [K], 1: the score was looked for high, -1: low.
        inside: bool [K, N], their samples, of all.
        found: the score inside and outside on the half that they were found on: optimistic.
        held_out: the same on the other half.
        p_bh, p_holm: float64 [K], its p corrected for the number of slices that are reported; NaN
            for slices with too few samples.
        passed: bool [K], worth showing: enough samples on the other half, p_bh below 0.05, and a
            gap of at least 5 points in the direction that was looked for.
        split: who the halves are.
        by_label: columns in which the label alone decides the level: known of no new sample.
        again: float64 [K], in which share of other halves, drawn anew, the search found the slice
            again (half of the samples of the two in common, or more); NaN where not tried.
    """

    columns: Mapping[str, Grouping]
    slices: tuple[Candidate, ...]
    sign: Tensor
    inside: Tensor
    found: Contrast
    held_out: Contrast
    p_bh: Tensor
    p_holm: Tensor
    passed: Tensor
    split: Split
    by_label: tuple[str, ...]
    again: Tensor


def slices_of_effect(
    bundle: Bundle,
    effects: Effects,
    target: str = "difference",
    *,
    columns: Mapping[str, Grouping] | None = None,
    seed: int = 0,
    least: int = LEAST,
) -> SliceReport:
    """In which slices an ensemble corrects, or spoils, more than elsewhere.

    For "difference" the score of a sample is 1 where it is corrected, -1 where it is a
    regression, else 0, so that its mean is the net effect, and slices are looked for twice: with
    a high net effect (the ensemble helps more than elsewhere) and with a low one (it helps less,
    or harms). All of them are corrected for together.

    Args:
        bundle: N samples.
        effects: what the ensemble does on them.
        target: "correction", "regression" or "difference".
        columns: what to search; None: `slice_columns`.
        seed: of the halves and of the clusters.
        least: samples of the other half below which a slice is not tested.

    Returns:
        As `report_slices`.
    """
    score = SLICE_SCORES[target]
    columns = slice_columns(bundle, seed=seed) if columns is None else columns
    return report_slices(
        bundle,
        effect_scores(effects, target),
        Search(columns, alpha=ALPHA),
        signs=score.signs,
        net=score.net,
        seed=seed,
        least=least,
    )


def report_slices(
    bundle: Bundle,
    scores: Tensor,
    search: Search,
    *,
    signs: tuple[int, ...] = (1,),
    net: bool = False,
    seed: int = 0,
    least: int = LEAST,
    least_gap: float = LEAST_GAP,
    reseeds: int = 0,
    report: Report | None = None,
) -> SliceReport:
    """Slices in which a score of the samples is high, or low: found on one half, told of the other.

    Args:
        bundle: N samples.
        scores: float [N]; NaN where unknown, left out.
        search: what is searched, and how; signs share the number of slices at most.
        signs: 1 to look for high scores, -1 for low ones, or both.
        net: as in `analysis.contrasts.score_interval`.
        seed: of the halves, the clusters and the trees.
        least: samples of the other half below which a slice is not tested.
        least_gap: smallest gap worth showing, in the score's units.
        reseeds: in how many other halves the slices are looked for again.
        report: told the share that is done, and what is done next; may raise to end the work.

    Returns:
        The slices, those that pass first, each kind with the largest gaps on top; of slices with
        mostly the same samples only the best. None where nothing is found.
    """
    tell = report or (lambda share, doing: None)
    tell(0.0, "Searching one half")
    among, most = torch.isfinite(scores), search.most // len(signs)
    search = replace(search, most=most)
    parts = split(bundle, seed=seed, among=among)
    found, sign = _found(bundle, scores, parts.fit, search, signs, seed)
    inside = _stacked(found, scores)
    told = _of(bundle, scores, inside, parts.held_out, net=net)
    p = torch.where(told.n >= least, told.p, torch.nan)
    p_bh, far = benjamini_hochberg(p), sign * told.gap
    passed = (p_bh < LEVEL) & (far >= least_gap)
    order = torch.where(passed, 2, 0) * (1 + far.abs()).nan_to_num(0) + far.nan_to_num(-1)
    order = order.argsort(descending=True, stable=True)
    again = torch.zeros_like(p)
    for place in range(reseeds if len(found) else 0):
        tell((1 + place) / (1 + reseeds), f"Searching again, {place + 1} of {reseeds}")
        own = seed + 1 + place
        other = split(bundle, seed=own, among=among).fit
        again += _among(inside, sign, *_found(bundle, scores, other, search, signs, own))
    return SliceReport(
        columns=search.columns,
        slices=tuple(found[row] for row in order.tolist()),
        sign=sign[order],
        inside=inside[order],
        found=_rows(_of(bundle, scores, inside, parts.fit, net=net), order),
        held_out=_rows(told, order),
        p_bh=p_bh[order],
        p_holm=holm(p)[order],
        passed=passed[order],
        split=parts,
        by_label=known_by_label(bundle, search.columns),
        again=again[order] / (reseeds or torch.nan),
    )


def _found(
    bundle: Bundle,
    scores: Tensor,
    here: Tensor,
    search: Search,
    signs: Sequence[int],
    seed: int,
) -> tuple[list[Candidate], Tensor]:
    """The best slices of some samples, and the sign with which each was looked for, int64 [K]."""
    found = [candidates(bundle, scores, here, search, sign=sign, seed=seed) for sign in signs]
    sign = [own for own, part in zip(signs, found, strict=True) for _ in part]
    flat = [one for part in found for one in part]
    return flat, torch.tensor(sign, dtype=torch.int64, device=scores.device)


def _stacked(found: Sequence[Candidate], scores: Tensor) -> Tensor:
    """Bool [K, N], the samples of each."""
    inside = torch.zeros(len(found), len(scores), dtype=torch.bool, device=scores.device)
    for row, one in enumerate(found):
        inside[row] = one.inside
    return inside


def _among(inside: Tensor, sign: Tensor, found: Sequence[Candidate], signs: Tensor) -> Tensor:
    """Bool [K], which slices are among other ones, by the samples that they have in common."""
    if not found:
        return torch.zeros_like(sign, dtype=torch.bool)
    other = _stacked(found, inside[0])
    common = product(inside, other, None).double()
    joined = inside.sum(1)[:, None] + other.sum(1) - common
    return ((common / joined.clamp_min(1) >= ALIKE) & (sign[:, None] == signs)).any(1)


def _of(bundle: Bundle, scores: Tensor, inside: Tensor, here: Tensor, *, net: bool) -> Contrast:
    units = None if bundle.units is None else bundle.units[here]
    return contrast(scores[here], inside[:, here], units, net=net)


def _rows(told: Contrast, order: Tensor) -> Contrast:
    return replace(told, **{name: values[order] for name, values in vars(told).items()})

"""How consistent many ensembles of one pool are: with one another, over time, across groups.

Beside leave-one-member-out stability (`analysis.search`). None of these is one minus diversity:
each compares combined answers, never those of the members.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.chunks import working_memory
from analysis.ensemble import answers
from analysis.evenness import macro_std
from analysis.evidence import Given
from analysis.grading import grade, judged
from analysis.groups import worst_and_gap
from analysis.pairwise import share
from analysis.runs import repeat_agreement
from analysis.tally import Missing

LEAST = 20


@dataclass(frozen=True, eq=False)
class Consistency:
    """What ensembles keep from a reference and how alike they treat groups; higher is better.

    Attributes:
        kept: float64 [E], one minus the share of samples that the reference gets right and the
            ensemble wrong; NaN without a reference or a sample on which both are judged.
        even: float64 [E], one minus the distance between the best and the worst group; NaN
            without a grouping or a group that is large enough.
        even_in_classes: float64 [E], one minus the spread between the groups of a class, on
            average over classes; NaN without a grouping or labels.
        compared: int64 [E], samples behind `kept`.
    """

    kept: Tensor
    even: Tensor
    even_in_classes: Tensor
    compared: Tensor


def disjoint_teams(models: int, size: int, number: int, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pairs of teams without a common member, drawn at random.

    Args:
        models: M, of one recipe.
        size: members of each team, at most M / 2.
        number: pairs.
        seed: of the draw.

    Returns:
        Two bool [P, M]; pairs may repeat.

    Raises:
        BundleError: there are too few models for two such teams.

    Example:
        >>> first, second = disjoint_teams(5, 2, 3)
        >>> (first & second).any().item(), (first | second).sum(1).tolist()
        (False, [4, 4, 4])
    """
    if not 1 <= size <= models // 2:
        raise BundleError(
            f"Two teams of {size} without a common member need {2 * size} models; there are "
            f"{models}."
        )
    generator = torch.Generator().manual_seed(seed)
    place = torch.rand(number, models, generator=generator).argsort(1)
    return place < size, (place >= size) & (place < 2 * size)


def team_agreement(
    bundle: Bundle, first: Tensor, second: Tensor, rule: str, *, given: Given | None = None
) -> tuple[Tensor, Tensor]:
    """How often two teams of one pool give the same combined answer, for many pairs of teams.

    With two disjoint teams of one recipe: how much of an ensemble's answers is the recipe's and
    not the luck of its members.

    Args:
        bundle: M models.
        first: bool [P, M], or weights.
        second: bool [P, M], or weights.
        rule: a name in RULES.
        given: as in `answers`.

    Returns:
        Shares, float64 [P] in [0, 1], of the samples that both answer, higher is steadier, NaN
        without one; and int64 [P], those samples. Labels are not needed.

    Raises:
        BundleError: there are not as many first teams as second ones.
    """
    if first.shape != second.shape:
        raise BundleError(
            f"There are {len(first)} first and {len(second)} second teams; expected pairs."
        )
    pairs = len(first)
    same = torch.zeros(pairs, dtype=torch.int64, device=bundle.device)
    count = same.clone()
    membership = torch.cat([first, second]).double().to(bundle.device)
    for said in answers(bundle, rule, membership, given=given):
        one, other = said.predictions[:pairs], said.predictions[pairs:]
        both = (one >= 0) & (other >= 0)
        same += ((one == other) & both).sum(1)
        count += both.sum(1)
    return share(same, count), count


def agreement_across(versions: Sequence[Bundle]) -> tuple[Tensor, Tensor]:
    """How often a model or an ensemble answers alike at several checkpoints, runs or views.

    Args:
        versions: two bundles or more with the same samples; model m of each is a version of the
            same model or, combined, of the same ensemble.

    Returns:
        Mean over samples of the share of pairs of versions that give the same answer, float64
        [M] in [0, 1], higher is steadier, NaN where two versions never answer the same sample;
        and int64 [M], the samples that two versions or more answer.

    Raises:
        BundleError: there are fewer than two versions, or their samples, classes or numbers of
            models differ.

    References:
        Mean pairwise agreement, as one minus the churn of Milani Fard et al. 2016, Launch and
        iterate: reducing prediction churn.
    """
    if len(versions) < 2:
        raise BundleError("Agreement across versions needs two of them or more.")
    ids, models = versions[0].ids, len(versions[0].models)
    for version in versions[1:]:
        if version.ids != ids or len(version.models) != models:
            raise BundleError(
                f"A version has {len(version.models)} models and {len(version.ids)} samples; "
                f"expected the same samples as in the first, {len(ids)}, and {models} models."
            )
        if version.classes != versions[0].classes:
            raise BundleError("The versions name different classes; expected the same, in order.")
    said = torch.stack([version.predictions.flatten() for version in versions])
    agreement = repeat_agreement(said).view(models, len(ids))
    return agreement.nanmean(1), torch.isfinite(agreement).sum(1)


def consistency(
    bundle: Bundle,
    membership: Tensor,
    rule: str,
    *,
    reference: str | None = None,
    grouping: str | None = None,
    missing: Missing = "exclude",
    least: int = LEAST,
    given: Given | None = None,
) -> Consistency:
    """What many teams keep from a reference model and how alike they treat groups.

    Args:
        bundle: M models.
        membership: bool [E, M], or weights.
        rule: a name in RULES.
        reference: the model that users have now; None: flips are not counted.
        grouping: a column of `bundle.groups`; None: groups are not compared.
        missing: as everywhere.
        least: groups with fewer judged answers do not count in the gap.
        given: as in `answers`.

    Returns:
        One value per team.

    Raises:
        BundleError: there is no such model or grouping.

    References:
        Yan et al. 2021, Positive-congruent training, eq. 1 (negative flips); Sagawa et al. 2020,
        Distributionally robust neural networks (groups).
    """
    if grouping is not None and grouping not in bundle.groups:
        known = ", ".join(bundle.groups) or "none"
        raise BundleError(f"There is no grouping {grouping!r}; the groupings are: {known}.")
    groups = 0 if grouping is None else len(bundle.groups[grouping].levels)
    # Right and judged answers per class and group, int64, and a few copies of them.
    each = 2 * 8 * max(1, groups * (len(bundle.classes) + 1))
    step = max(1, working_memory(bundle.device) // (8 * each))
    parts = [
        _consistency(bundle, part, rule, reference, grouping, missing, least, given)
        for part in membership.to(bundle.device).double().split(step)
    ]
    names = ("kept", "even", "even_in_classes", "compared")
    return Consistency(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def _consistency(
    bundle: Bundle,
    membership: Tensor,
    rule: str,
    reference: str | None,
    grouping: str | None,
    missing: Missing,
    least: int,
    given: Given | None,
) -> Consistency:
    row = None if reference is None else position(bundle, reference)
    flips = torch.zeros(len(membership), dtype=torch.int64, device=bundle.device)
    count, start, table = flips.clone(), 0, None
    for said in answers(bundle, rule, membership, given=given):
        rows = slice(start, start + said.predictions.shape[1])
        start = rows.stop
        grades = grade(bundle, said.predictions, rows)
        told = judged(bundle, grades, rows, missing)
        right = (grades == 1) & told
        if row is not None:
            old = bundle.grades[row, rows]
            known = told if missing == "wrong" else told & (old >= 0)
            flips += (known & ~right & (old == 1)).sum(1)
            count += known.sum(1)
        if grouping is not None:
            found = _by_class_and_group(bundle, grouping, rows, right, told)
            table = found if table is None else table + found
    kept = 1 - share(flips, count)
    if table is None:
        nothing = torch.full_like(kept, torch.nan)
        return Consistency(kept, nothing, nothing, count)
    total = table.sum(2)
    _, gap = worst_and_gap(share(*total), total[1], least=least)
    spread = macro_std(*table[:, :, :-1])
    return Consistency(kept, 1 - gap, 1 - spread.macro, count)


def _by_class_and_group(
    bundle: Bundle, grouping: str, rows: slice, right: Tensor, told: Tensor
) -> Tensor:
    """Right and judged answers, int64 [2, E, C + 1, G]; the last class is an unknown label."""
    member = bundle.groups[grouping].membership(rows)
    sample, group = member.nonzero(as_tuple=True)
    classes, groups = len(bundle.classes), member.shape[1]
    label = torch.full_like(sample, classes)
    if bundle.labels is not None:
        own = bundle.labels[rows][sample].long()
        label = torch.where(own >= 0, own, classes)
    flags = torch.cat([right, told]).T[sample].int()
    table = flags.new_zeros((classes + 1) * groups, flags.shape[1])
    table.index_add_(0, label * groups + group, flags)
    return table.T.long().view(2, len(right), classes + 1, groups)

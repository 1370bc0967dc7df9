"""What candidates are compared by: quality, diversity, consistency and cost, a row per axis."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import of_kind
from analysis.evenness import macro_std
from analysis.groups import worst_and_gap
from analysis.measure import Direction
from analysis.pairwise import share
from analysis.quality import ece
from analysis.sums import OF_PROBABILITIES
from analysis.sums.piece import Missing
from analysis.team_sums import TeamSums
from analysis.vendi import vendi

LEAST = 20  # judged samples of a group that counts as the worst
MOST_CELLS = 2000  # groups of classes
VENDI_ORDERS = (0.5, 1.0, 2.0, math.inf)


@dataclass(frozen=True, eq=False)
class Pool:
    """What is known of the pool that candidates are made of; filled as far as axes need it.

    Attributes:
        bundle: M models.
        tables: {name of a pair measure: float64 [M, M]}.
        kernel: float64 [M, M], share of samples on which two models answer alike.
        member_loss, member_error, member_cost: float64 [M]; NaN where unknown.
        columns: {"groups", "cells", "classes", "reference": which flags of `TeamSums` these are}.
    """

    bundle: Bundle
    tables: Mapping[str, Tensor] = field(default_factory=dict)
    kernel: Tensor | None = None
    member_loss: Tensor | None = None
    member_error: Tensor | None = None
    member_cost: Tensor | None = None
    columns: Mapping[str, slice] = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """One thing that candidates are compared by.

    Attributes:
        name: key in `AXES`.
        label: what a person reads.
        kind: "quality", "diversity", "consistency" or "cost".
        better: which direction is preferred on a front; of diversity, which one is more diverse.
        summary: one sentence for help and hover.
        needs: what it takes, checked by `usable_axes`: "labels", "answers", "probabilities" (of
            all models), "gapless", "classes", "grouping", "cells", "reference", "pairs", "cost".
        function: (the pool, weights float64 [E, M], the sums of these E candidates) -> float64
            [E]; NaN where undefined.
        asked: what of `analysis.team_sums.ASKABLE` it reads from the sums.
        bounds: lowest and highest possible value; None where open.
        table: the pair measure that it averages; "" for none.
    """

    name: str
    label: str
    kind: str
    better: Direction
    summary: str
    needs: tuple[str, ...]
    function: Callable[[Pool, Tensor, TeamSums], Tensor]
    asked: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (0.0, 1.0)
    table: str = ""


def mean_of_pairs(table: Tensor, inside: Tensor) -> Tensor:
    """Mean of a table over the pairs of each team, skipping undefined pairs.

    Args:
        table: float64 [M, M]; of one that is not symmetric both directions count.
        inside: bool [E, M].

    Returns:
        float64 [E], NaN without a defined pair.

    Example:
        >>> table = torch.tensor([[0.0, 0.5], [0.5, 0.0]])
        >>> mean_of_pairs(table, torch.tensor([[True, True], [True, False]])).tolist()
        [0.5, nan]
    """
    table = table.double().clone()
    table.fill_diagonal_(torch.nan)
    known, member = table.isfinite().double(), inside.double()
    total = ((member @ table.nan_to_num()) * member).sum(1)
    return share(total, ((member @ known) * member).sum(1))


def vendi_of_teams(kernel: Tensor, inside: Tensor, order: float) -> Tensor:
    """Effective number of different members of each team.

    Args:
        kernel: float64 [M, M], similarities with 1 on the diagonal.
        inside: bool [E, M].
        order: as in `analysis.vendi.vendi`.

    Returns:
        float64 [E] in [1, members]; higher is more diverse.

    References:
        Friedman and Dieng 2023, The Vendi score.
    """
    found = torch.full((len(inside),), torch.nan, dtype=torch.float64, device=inside.device)
    sizes = inside.sum(1)
    for size in sizes.unique().tolist():
        rows = (sizes == size).nonzero().flatten()
        for some in rows.split(max(1, (1 << 20) // size**2)):
            members = inside[some].nonzero()[:, 1].view(len(some), size)
            found[some] = vendi(kernel[members[:, :, None], members[:, None]], order=order)
    return found


def usable_axes(
    bundle: Bundle,
    *,
    missing: Missing = "exclude",
    grouping: str | None = None,
    axes: Mapping[str, Axis] | None = None,
) -> dict[str, str | None]:
    """Which axes a bundle can answer, and why not the others.

    Args:
        bundle: M models.
        missing: as everywhere; where gaps count as wrong, some axes allow for them.
        grouping: the column that groups are taken from; None: any.
        axes: None: `AXES`.

    Returns:
        {name: None where it can be used, else the reason}.

    Example:
        >>> pool = Bundle(("a",), ("1",), ("x",), torch.zeros(1, 1, dtype=torch.int32))
        >>> usable_axes(pool)["accuracy"]
        'Needs labels, and there are none.'
    """
    lacks = _lacks(bundle, missing, grouping)
    axes = AXES if axes is None else axes
    return {
        name: next((lacks[need] for need in axis.needs if lacks[need]), None)
        for name, axis in axes.items()
    }


def _lacks(bundle: Bundle, missing: Missing, grouping: str | None) -> dict[str, str | None]:
    """What is missing for each need; None where nothing is."""
    column = grouping or next(iter(bundle.groups), None)
    cells = len(bundle.classes) * (len(bundle.groups[column].levels) if column else 0)
    cost = bundle.model_info.get("cost")
    costs = cost is not None and np.issubdtype(cost.dtype, np.number)
    gaps = not bundle.gapless
    told = {
        "labels": (not bool(bundle.labelled.any()), "Needs labels, and there are none."),
        "answers": (bundle.grades_alone, "Needs answers; there are only grades."),
        "classes": (bundle.labels is None, "Needs the class of each sample, which is not known."),
        "probabilities": (
            any(model not in bundle.probabilities for model in bundle.models),
            "Needs probabilities of all models.",
        ),
        "gapless": (gaps, "Needs an answer of every model to every sample; some are missing."),
        "judged": (
            gaps and missing != "wrong",
            "Needs an answer of every model to every sample, unless gaps count as wrong.",
        ),
        "pairs": (len(bundle.models) < 2, "Needs two models or more."),
        "reference": (len(bundle.models) < 2, "Needs a second model to compare with."),
        "grouping": (column is None, "Needs groups of samples, and there are none."),
        "cells": (cells > MOST_CELLS, f"There are more than {MOST_CELLS:,} classes by group."),
        "cost": (not costs, "Needs numbers in a column 'cost' of the table of models."),
    }
    return {need: reason if lacking else None for need, (lacking, reason) in told.items()}


def _rate(part: Tensor, whole: Tensor) -> Tensor:
    return share(part, whole)


def _groups(pool: Pool, sums: TeamSums) -> tuple[Tensor, Tensor]:
    """Accuracy of the worst group and the gap, float64 [E] twice."""
    columns = pool.columns["groups"]
    n = sums.flag_n[:, columns]
    return worst_and_gap(_rate(sums.flag_right[:, columns], n), n, least=LEAST)


def _macro_f1(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """Mean over classes of the harmonic mean of precision and recall."""
    columns = pool.columns["classes"]
    there = sums.flag_n[:, columns] + sums.named
    return _rate(2 * sums.flag_right[:, columns], there).nanmean(1)


def _stability(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    return _rate(sums.agreeing, sums.compared)


def _kept(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """One minus the negative flips; the two flags are: the reference is right, it is judged."""
    columns = pool.columns["reference"]
    n, right = sums.flag_n[:, columns], sums.flag_right[:, columns]
    return 1 - _rate(n[:, 0] - right[:, 0], n[:, 1])


def _even_in_classes(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    columns, classes = pool.columns["cells"], len(pool.bundle.classes)
    shape = (len(weights), classes, -1)
    n, right = sums.flag_n[:, columns], sums.flag_right[:, columns]
    return 1 - macro_std(right.view(shape), n.view(shape)).macro


def _jensen_gap(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """Mean log loss of the members by their weights, minus the ensemble's own."""
    members = (weights @ pool.member_loss.nan_to_num()) / weights.sum(1)
    gap = members - _rate(sums.loss_sum, sums.scored)
    return torch.where((weights > 0).sum(1) > 1, gap.clamp_min(0), torch.nan)


def _gd(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """One minus the chance that two members fail over the chance that one does."""
    inside = weights > 0
    both = mean_of_pairs(pool.tables["double_fault"], inside)
    return 1 - _rate(both, (inside.double() @ pool.member_error) / inside.sum(1))


def _cost(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    inside = (weights > 0).double()
    unknown = inside @ pool.member_cost.isnan().double() > 0
    return torch.where(unknown, torch.nan, inside @ pool.member_cost.nan_to_num())


def _pair_axes() -> tuple[Axis, ...]:
    """An axis for every pair measure that says what is more diverse."""
    found = []
    for measure in of_kind("pair"):
        if measure.diverse is None:
            continue
        needs = ["pairs"]
        needs += ["probabilities"] if set(measure.needs) & set(OF_PROBABILITIES) else []
        judged = any(any(word in need for word in ("right", "wrong")) for need in measure.needs)
        needs += ["labels"] if judged else ["answers"]
        found.append(
            Axis(
                measure.name,
                measure.label,
                "diversity",
                measure.diverse,
                f"{measure.summary} Mean over the pairs of members.",
                tuple(needs),
                lambda pool, weights, sums, name=measure.name: mean_of_pairs(
                    pool.tables[name], weights > 0
                ),
                bounds=measure.bounds,
                table=measure.name,
            )
        )
    return tuple(found)


def _vendi_axes() -> tuple[Axis, ...]:
    return tuple(
        Axis(
            f"vendi_q{order:g}",
            f"Vendi score, order {'infinity' if order == math.inf else f'{order:g}'}",
            "diversity",
            "higher",
            "How many different members there are in effect, by the answers that they share.",
            ("answers",),
            lambda pool, weights, sums, order=order: vendi_of_teams(
                pool.kernel, weights > 0, order
            ),
            bounds=(1.0, None),
        )
        for order in VENDI_ORDERS
    )


_QUALITY = (
    Axis(
        "accuracy",
        "Accuracy",
        "quality",
        "higher",
        "Share of the judged samples that the ensemble gets right.",
        ("labels", "answers"),
        lambda pool, weights, sums: _rate(sums.right, sums.n),
    ),
    Axis(
        "worst_group",
        "Accuracy of the worst group",
        "quality",
        "higher",
        f"The lowest accuracy of a group with {LEAST} judged samples or more.",
        ("labels", "answers", "grouping"),
        lambda pool, weights, sums: _groups(pool, sums)[0],
    ),
    Axis(
        "macro_f1",
        "Macro F1",
        "quality",
        "higher",
        "Harmonic mean of precision and recall per class, averaged over the classes that occur.",
        ("classes", "labels", "answers"),
        _macro_f1,
        asked=("named",),
    ),
    Axis(
        "log_loss",
        "Log loss",
        "quality",
        "lower",
        "Mean of -ln of the probability that the ensemble gives to the label, in nats.",
        ("classes", "labels", "probabilities"),
        lambda pool, weights, sums: _rate(sums.loss_sum, sums.scored),
        asked=("log_loss",),
        bounds=(0.0, None),
    ),
    Axis(
        "brier",
        "Brier score",
        "quality",
        "lower",
        "Mean squared distance between the ensemble's probabilities and the label (0 to 2).",
        ("classes", "labels", "probabilities"),
        lambda pool, weights, sums: _rate(sums.brier_sum, sums.scored),
        asked=("brier",),
        bounds=(0.0, 2.0),
    ),
)
_OF_TEAMS = (
    Axis(
        "jensen_gap",
        "Jensen gap",
        "diversity",
        "higher",
        "How much lower the ensemble's log loss is than its average member's; a larger gap "
        "usually comes with worse members.",
        ("pairs", "classes", "labels", "probabilities", "gapless"),
        _jensen_gap,
        asked=("log_loss",),
        bounds=(0.0, None),
    ),
    Axis(
        "gd",
        "Generalised diversity",
        "diversity",
        "higher",
        "How seldom a second random member fails where a first one fails.",
        ("pairs", "labels", "judged"),
        _gd,
        table="double_fault",
    ),
)
_CONSISTENCY = (
    Axis(
        "leave_one_out",
        "Stability without one member",
        "consistency",
        "higher",
        "Share of answers that stay the same when one member leaves, averaged over the members.",
        ("answers", "pairs"),
        _stability,
        asked=("stability",),
    ),
    Axis(
        "kept",
        "Kept from the reference",
        "consistency",
        "higher",
        "One minus the share of samples that the reference gets right and the ensemble wrong.",
        ("labels", "answers", "reference"),
        _kept,
    ),
    Axis(
        "even",
        "Evenness over groups",
        "consistency",
        "higher",
        f"One minus the gap between the best and the worst group of {LEAST} judged samples or "
        "more.",
        ("labels", "answers", "grouping"),
        lambda pool, weights, sums: 1 - _groups(pool, sums)[1],
    ),
    Axis(
        "even_in_classes",
        "Evenness inside classes",
        "consistency",
        "higher",
        "One minus the spread of accuracy between the groups of a class, averaged over classes.",
        ("classes", "labels", "answers", "grouping", "cells"),
        _even_in_classes,
    ),
)
_COST = (
    Axis(
        "members",
        "Members",
        "cost",
        "lower",
        "How many models have to be run.",
        (),
        lambda pool, weights, sums: (weights > 0).sum(1).double(),
        bounds=(1.0, None),
    ),
    Axis(
        "cost",
        "Cost",
        "cost",
        "lower",
        "The members' costs in the table of models, added up.",
        ("cost",),
        _cost,
        bounds=(None, None),
    ),
    Axis(
        "ece",
        "Calibration error (ECE)",
        "cost",
        "lower",
        "How far the ensemble's confidence is from its accuracy, averaged over 15 bins.",
        ("classes", "labels", "probabilities"),
        lambda pool, weights, sums: ece(*sums.bins.unbind(1)),
        asked=("calibration",),
    ),
)

AXES: dict[str, Axis] = {
    axis.name: axis
    for axis in (*_QUALITY, *_pair_axes(), *_vendi_axes(), *_OF_TEAMS, *_CONSISTENCY, *_COST)
}

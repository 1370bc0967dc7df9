"""What candidates are compared by: quality, diversity, consistency and cost, a row per axis."""

import math
from collections.abc import Mapping

import numpy as np

from analysis import reached
from analysis.axis import Axis, mean_of_pairs, vendi_of_teams
from analysis.bundle import Bundle
from analysis.catalog import of_kind
from analysis.pairwise import share
from analysis.quality import ece
from analysis.reached import LEAST
from analysis.stand_ins import FEW_FAMILIES, KINDS, several
from analysis.sums import OF_PROBABILITIES
from analysis.sums.piece import Missing

MOST_CELLS = 2000  # groups of classes
STAND_INS = {
    "runs": ("Agreement with a twin team", "another run of its recipe"),
    "checkpoints": ("Agreement across checkpoints", "another checkpoint of its training"),
    "views": ("Agreement across input views", "itself on another view of the input"),
}
VENDI_ORDERS = (0.5, 1.0, 2.0, math.inf)


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
        >>> import torch
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
    gaps, graded = not bundle.gapless, bundle.grades >= 0
    uneven = missing != "wrong" and (gaps or bool((graded != graded[0]).any()))
    told = {
        "labels": (not bool(bundle.labelled.any()), "Needs labels, and there are none."),
        "answers": (bundle.grades_alone, "Needs answers; there are only grades."),
        "classes": (bundle.labels is None, "Needs the class of each sample, which is not known."),
        "graded by label": (
            bundle.graded_elsewhere,
            "Needs answers that are graded by the labels; these were graded elsewhere.",
        ),
        "probabilities": (
            any(model not in bundle.probabilities for model in bundle.models),
            "Needs probabilities of all models.",
        ),
        "gapless": (gaps, "Needs an answer of every model to every sample; some are missing."),
        "judged": (uneven, "Needs every model judged on the same samples, or gaps to be wrong."),
        "pairs": (len(bundle.models) < 2, "Needs two models or more."),
        "reference": (len(bundle.models) < 2, "Needs a second model to compare with."),
        "grouping": (column is None, "Needs groups of samples, and there are none."),
        "cells": (cells > MOST_CELLS, f"There are more than {MOST_CELLS:,} classes by group."),
        **{kind: (not several(bundle, kind), FEW_FAMILIES[kind]) for kind in KINDS},
        "cost": (not costs, "Needs numbers in a column 'cost' of the table of models."),
    }
    return {need: reason if lacking else None for need, (lacking, reason) in told.items()}


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
        lambda pool, weights, sums: share(sums.right, sums.n),
    ),
    Axis(
        "worst_group",
        "Accuracy of the worst group",
        "quality",
        "higher",
        f"The lowest accuracy of a group with {LEAST} judged samples or more.",
        ("labels", "answers", "grouping"),
        lambda pool, weights, sums: reached.groups(pool, sums)[0],
    ),
    Axis(
        "macro_f1",
        "Macro F1",
        "quality",
        "higher",
        "Harmonic mean of precision and recall per class, averaged over the classes that occur.",
        ("classes", "labels", "answers", "graded by label"),
        reached.macro_f1,
        asked=("named",),
    ),
    Axis(
        "log_loss",
        "Log loss",
        "quality",
        "lower",
        "Mean of -ln of the probability that the ensemble gives to the label, in nats.",
        ("classes", "labels", "probabilities"),
        lambda pool, weights, sums: share(sums.loss_sum, sums.scored),
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
        lambda pool, weights, sums: share(sums.brier_sum, sums.scored),
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
        reached.jensen_gap,
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
        reached.gd,
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
        reached.stability,
        asked=("stability",),
    ),
    *(
        Axis(
            f"same_{kind}",
            label,
            "consistency",
            "higher",
            f"Share of answers that stay the same when every member is replaced by {replaced}.",
            ("answers", kind),
            lambda pool, weights, _, kind=kind: reached.agreement_with_twins(pool, weights, kind),
        )
        for kind, (label, replaced) in STAND_INS.items()
    ),
    Axis(
        "kept",
        "Kept from the reference",
        "consistency",
        "higher",
        "One minus the share of samples that the reference gets right and the ensemble wrong.",
        ("labels", "answers", "reference"),
        reached.kept,
    ),
    Axis(
        "even",
        "Evenness over groups",
        "consistency",
        "higher",
        f"One minus the gap between the best and the worst group of {LEAST} judged samples or "
        "more.",
        ("labels", "answers", "grouping"),
        lambda pool, weights, sums: 1 - reached.groups(pool, sums)[1],
    ),
    Axis(
        "even_in_classes",
        "Evenness inside classes",
        "consistency",
        "higher",
        "One minus the spread of accuracy between the groups of a class, averaged over classes.",
        ("classes", "labels", "answers", "grouping", "cells"),
        reached.even_in_classes,
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
        reached.cost,
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

"""Quality against the number of members."""

from collections.abc import Sequence

import torch

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.groups import worst_and_gap
from analysis.rules import RULES
from analysis.sizes import SizeCurves, size_curves
from analysis.tally import tally
from dashboard.compute.caching import kept
from dashboard.compute.ensembles import combined
from dashboard.compute.ensembles import judged as judged_ensemble
from dashboard.compute.teams import group_table
from dashboard.state import Choices

SIZE_MEASURES = {
    "accuracy": "Accuracy",
    "log_loss": "Log loss",
    "worst_group": "Worst group",
}


def stand_in(choices: Choices) -> str:
    """The rule under which teams are compared: the active one where it needs no fitting."""
    return RULES[choices.ensemble.rule].stand_in


def size_measures(choices: Choices) -> dict[str, str]:
    """What can be drawn against the size, and what it is called."""
    possible = {"accuracy"}
    scored = RULES[stand_in(choices)].pool is not None and choices.bundle.labels is not None
    possible |= {"log_loss"} if scored else set()
    possible |= {"worst_group"} if choices.grouping is not None else set()
    return {name: label for name, label in SIZE_MEASURES.items() if name in possible}


@kept()
def _size_curves(
    _bundle: Bundle,
    fingerprint: str,
    models: tuple[str, ...],
    rule: str,
    column: str | None,
    missing: str,
) -> SizeCurves:
    grouping = None if column is None else _bundle.groups[column]
    return size_curves(_bundle, models, rule, grouping, missing=missing)


def size_values(choices: Choices, bundle: Bundle, models: Sequence[str], measure: str) -> dict:
    """Quality of teams against the number of their members.

    Returns:
        "sizes", "teams" (their number), "mean", "low" and "high" (10 % and 90 % quantiles) [S];
        "best" and "best_model", the best single model; "ensemble", the active one, and its
        "members"; "everything", whether all teams were looked at; "pool", models drawn from.
    """
    rule = stand_in(choices)
    if RULES[rule].needs == "probabilities":
        models = [model for model in models if model in bundle.probabilities]
    column, missing = choices.grouping, choices.missing
    found = _size_curves(bundle, bundle.fingerprint, tuple(models), rule, column, missing)
    curve = getattr(found, measure)
    alone = -curve.alone if measure == "log_loss" else curve.alone
    best, known = int(alone.nan_to_num(-torch.inf).argmax()), bool(alone.isfinite().any())
    return {
        "sizes": found.sizes.numpy(),
        "teams": found.teams.numpy(),
        **{name: getattr(curve, name).cpu().numpy() for name in ("mean", "low", "high")},
        "best": float(curve.alone[best]),
        "best_model": models[best] if known else "",
        "everything": bool(found.every.all()),
        "ensemble": _of_ensemble(choices, bundle, measure),
        "members": len(choices.ensemble.members),
        "pool": len(models),
    }


def _of_ensemble(choices: Choices, bundle: Bundle, measure: str) -> float:
    if measure == "worst_group":
        table = group_table(choices, bundle, choices.grouping)
        rate, n = (torch.from_numpy(table[name][-1:].astype(float)) for name in ("accuracy", "n"))
        return float(worst_and_gap(rate, n)[0])
    if measure == "log_loss":
        loss = CATALOG[measure]
        return float(value(loss, tally(combined(bundle, choices.ensemble), loss.needs))[0])
    found = judged_ensemble(choices, bundle)[measure]
    return float("nan") if found is None else found

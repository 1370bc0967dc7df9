"""Quality against the number of members: `_size_values` is the one place that finds it."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.ensemble import answers
from analysis.grading import grade, judged
from analysis.groups import worst_and_gap
from analysis.rules import RULES
from analysis.teams import curve_sizes, teams_of_size
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import judged as judged_ensemble
from dashboard.compute.teams import group_table
from dashboard.state import Choices

ALL_TEAMS = 2000
DRAWN_TEAMS = 100
CLIP = 1e-12
SIZE_MEASURES = {
    "accuracy": "Accuracy",
    "log_loss": "Log loss",
    "worst_group": "Worst group",
}
ENDS = (0.1, 0.9)


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


@cached()
def _size_values(
    _bundle: Bundle,
    fingerprint: str,
    models: tuple[str, ...],
    rule: str,
    measure: str,
    column: str | None,
    missing: str,
) -> dict[str, np.ndarray]:
    pool = _bundle.select(models)
    everything = 2 ** len(models) - 1 <= ALL_TEAMS
    number = ALL_TEAMS if everything else DRAWN_TEAMS
    sizes = list(range(1, len(models) + 1)) if everything else curve_sizes(len(models))
    drawn = [
        teams_of_size(len(models), size, max(number, len(models)) if size == 1 else number)
        for size in sizes
    ]
    membership = torch.cat(drawn).double().to(pool.device)
    values = _team_values(pool, rule, membership, measure, column, missing)
    parts = values.split([len(part) for part in drawn])
    singles = parts[0].cpu().numpy()
    ends = torch.tensor(ENDS, dtype=torch.float64, device=values.device)
    quantiles = torch.stack([part.nanquantile(ends) for part in parts]).cpu().numpy()
    best = None
    if np.isfinite(singles).any():
        best = int(np.nanargmin(singles) if measure == "log_loss" else np.nanargmax(singles))
    return {
        "sizes": np.array(sizes),
        "teams": np.array([len(part) for part in parts]),
        "mean": np.array([float(part.nanmean()) for part in parts]),
        "low": quantiles[:, 0],
        "high": quantiles[:, 1],
        "best": np.nan if best is None else float(singles[best]),
        "best_model": "" if best is None else models[best],
        "everything": everything,
    }


def _team_values(
    pool: Bundle,
    rule: str,
    membership: Tensor,
    measure: str,
    column: str | None,
    missing: str,
) -> Tensor:
    """One number per team, float64 [E]; NaN where it is undefined."""
    grouping = pool.groups[column] if measure == "worst_group" else None
    total = torch.zeros(
        len(membership),
        1 if grouping is None else len(grouping.levels),
        dtype=torch.float64,
        device=pool.device,
    )
    counted, start = torch.zeros_like(total), 0
    for said in answers(pool, rule, membership, in_full=measure == "log_loss"):
        rows = slice(start, start + said.predictions.shape[1])
        start = rows.stop
        if measure == "log_loss":
            value, there = _losses(pool, said.probabilities, rows)
        else:
            grades = grade(pool, said.predictions, rows)
            value, there = grades == 1, judged(pool, grades, rows, missing)
        inside = torch.ones_like(there[0])[:, None]
        inside = inside if grouping is None else grouping.membership(rows)
        total += value.double() @ inside.double()
        counted += there.double() @ inside.double()
    rate = torch.where(counted > 0, total / counted, torch.nan)
    return rate[:, 0] if grouping is None else worst_and_gap(rate, counted)[0]


def _losses(pool: Bundle, probabilities: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
    """-ln p(label), 0 where it is not known, and where it is: [E, n] each."""
    labels = pool.labels[rows].long()
    places = labels.clamp_min(0).expand(len(probabilities), -1)[..., None]
    of_label = probabilities.gather(2, places)[..., 0]
    there = (labels >= 0) & ~of_label.isnan()
    return torch.where(there, -of_label.clamp_min(CLIP).log(), 0.0), there


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
    found = _size_values(
        bundle,
        bundle.fingerprint,
        tuple(models),
        rule,
        measure,
        choices.grouping if measure == "worst_group" else None,
        choices.missing,
    )
    return found | {
        "ensemble": _of_ensemble(choices, bundle, measure),
        "members": len(choices.ensemble.members),
        "pool": len(models),
    }


def _of_ensemble(choices: Choices, bundle: Bundle, measure: str) -> float:
    if measure == "worst_group":
        table = group_table(choices, bundle, choices.grouping)
        rate, n = (torch.from_numpy(table[name][-1:].astype(float)) for name in ("accuracy", "n"))
        return float(worst_and_gap(rate, n)[0])
    found = judged_ensemble(choices, bundle)[measure]
    return float("nan") if found is None else found

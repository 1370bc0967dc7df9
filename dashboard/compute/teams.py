"""Many teams at once: the front, groups, and accuracy against team size."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from analysis import groups as group_measures
from analysis.bundle import Bundle, Grouping
from analysis.catalog import CATALOG
from analysis.ensemble import Ensemble
from analysis.group_report import interval_by_group
from analysis.judging import judged_answers
from analysis.rules import RULES
from analysis.tally import tally
from analysis.vendi import group_vendi
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined
from dashboard.state import Choices

CURVE_TEAMS = 100
MOST_DIMENSIONS = 2048
MOST_CURVES = 30
MOST_VARIED = 100


@cached()
def _group_table(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    column: str,
) -> dict[str, np.ndarray]:
    # Where gaps are wrong, a grade of any model tells that a sample counts.
    pool = _bundle if missing == "wrong" else _bundle.select(_ensemble.members)
    both = pool.append(combined(_bundle, _ensemble))
    places = [*map(both.models.index, _ensemble.members), len(pool.models)]
    rows = torch.tensor(places, device=both.device)
    judged = judged_answers(both, missing)[rows]
    if both.grades_alone:
        judged[-1] = False
    correct, grouping = both.correct[rows], both.groups[column]
    measure = CATALOG["group_accuracy"]
    sums = tally(both, measure.needs, groups=(column,), missing=missing)
    graded = sums[f"group_graded/{column}"][rows] * judged.any(1, keepdim=True)
    rate = measure.function(sums[f"group_right/{column}"][rows], graded)
    low, high = interval_by_group(rate, graded, correct, judged, grouping, both.units)
    _, gap = group_measures.worst_and_gap(rate, graded)
    table = {"accuracy": rate, "low": low, "high": high, "n": graded, "gap": gap}
    return {name: tensor.cpu().numpy() for name, tensor in table.items()}


def group_table(
    choices: Choices, bundle: Bundle, column: str, ensemble: Ensemble | None = None
) -> dict[str, np.ndarray]:
    """Accuracy [K + 1, G] of members and, last, their ensemble, with intervals and n."""
    chosen = ensemble or choices.ensemble
    return _group_table(bundle, bundle.fingerprint, chosen, chosen.key, choices.missing, column)


@cached()
def _group_diversity(_bundle: Bundle, fingerprint: str, column: str) -> dict[str, np.ndarray]:
    found = group_vendi(_bundle.embeddings, _bundle.groups[column], orders=(1.0,)).values()
    return {
        "n": np.array([row["n"] for row in found]),
        "vendi": np.array([row["vendi_q1"] for row in found]),
    }


def group_diversity(bundle: Bundle, column: str) -> dict[str, np.ndarray] | None:
    """Effective number of different samples in each group, by their embeddings.

    Returns:
        "n" samples drawn and "vendi" [G], 0 and NaN for groups below 20 samples. None without
        embeddings, or for so many dimensions or groups that it would take minutes.
    """
    if len(bundle.groups[column].levels) > MOST_VARIED:
        return None
    if bundle.embeddings is None or bundle.embeddings.shape[1] > MOST_DIMENSIONS:
        return None
    return _group_diversity(bundle, bundle.fingerprint, column)


@cached()
def _size_curve(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    column: str,
    seed: int,
) -> dict[str, np.ndarray]:
    team, kept = _with_largest(_bundle.select(members), column)
    found = group_measures.size_curve(
        team, rule, column, teams=CURVE_TEAMS, missing=missing, seed=seed
    )
    table = {name: tensor.cpu().numpy() for name, tensor in found.items()}
    cut = {name: table[name][:, : len(kept)] for name in ("mean", "low", "high")}
    return table | cut | {"levels": kept}


def _with_largest(bundle: Bundle, column: str) -> tuple[Bundle, np.ndarray]:
    """Of a grouping of very many levels the largest ones, the others as one behind them."""
    grouping = bundle.groups[column]
    if len(grouping.levels) <= MOST_CURVES:
        return bundle, np.arange(len(grouping.levels))
    kept = grouping.sizes().argsort(descending=True, stable=True)[:MOST_CURVES].sort().values
    place = torch.full((len(grouping.levels),), MOST_CURVES, dtype=torch.int32)
    place[kept.cpu()] = torch.arange(MOST_CURVES, dtype=torch.int32)
    codes = grouping.codes.reshape(len(bundle.ids), -1).long().cpu()
    codes = torch.where(codes < 0, MOST_CURVES, place[codes.clamp_min(0)]).sort(1).values.int()
    codes[:, 1:][codes[:, 1:] == codes[:, :-1]] = -1
    codes = codes if grouping.overlapping else codes[:, 0]
    levels = tuple(grouping.levels[at] for at in kept.tolist())
    few = Grouping(codes.to(bundle.device), (*levels, "(other levels)"))
    return replace(bundle, groups={column: few}), kept.cpu().numpy()


def size_curve(choices: Choices, bundle: Bundle, column: str, models: Sequence[str], seed: int = 0):
    """Accuracy per group against team size, over teams drawn from these models."""
    return _size_curve(
        bundle,
        bundle.fingerprint,
        tuple(models),
        RULES[choices.ensemble.rule].stand_in,
        choices.missing,
        column,
        seed,
    )

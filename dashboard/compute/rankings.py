"""Models ranked over groups, samples or settings, as the page Rankings shows them."""

from dataclasses import dataclass

import numpy as np
import torch

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle
from analysis.contests import RULES_OF_RANKING, Rankings
from analysis.ranking import (
    rank_over_groups,
    rank_over_samples,
    rank_over_settings,
)
from analysis.ranking_draws import Ranking, alike, turned_chance
from analysis.rankings import ranks, turned
from dashboard.compute.caching import cached

MOST_PAIRS = 500


@dataclass(frozen=True)
class Asked:
    """What is to be ranked, and how.

    Attributes:
        over: "groups", "samples" or "settings".
        models: M names.
        column: the grouping, for groups.
        settings: names, for settings.
        least: judged samples that a group has to have.
        gaps: "cells" or "models".
        ties: "drop" or "both".
        missing: what a missing answer counts as.
    """

    over: str
    models: tuple[str, ...]
    column: str = ""
    settings: tuple[str, ...] = ()
    least: int = 20
    gaps: str = "cells"
    ties: str = "drop"
    missing: str = "exclude"


def ranking(data: Bundle | AccuracyTable, asked: Asked) -> dict:
    """The models by every rule.

    Returns:
        "tasks", "left_out", "scores" and "task_ranks" [M, T], "counts" [M, T] or None, "unit",
        "units", "note", "prior", "kemeny" (its optima, cost, exact, settled and orders), and
        "rules": by name "points", "rank", "low", "high", "first" [M], "draws", and of the pairs
        that stand the other way round than by the mean "turned" [P, 2], the better by the mean
        first, their "turned_chance" [P], most certain first, how many there are in all,
        "turned_pairs", and in more than half of the draws, "turned_often"; "alike" [M], how many
        others cannot be told from it, and "runs".

    Raises:
        BundleError: nothing can be ranked.
    """
    return _ranking(data, data.fingerprint, data.models, asked)


@cached()
def _ranking(_data, fingerprint: str, models: tuple[str, ...], asked: Asked) -> dict:
    policy = {"gaps": asked.gaps, "ties": asked.ties}
    data = _data.select(asked.models)
    if asked.over == "settings":
        found = rank_over_settings(data, asked.settings, **policy)
    elif asked.over == "samples":
        found = rank_over_samples(data, missing=asked.missing, **policy)
    else:
        found = rank_over_groups(
            data, asked.column, least=asked.least, missing=asked.missing, **policy
        )
    return _plain(found)


def _plain(found: Rankings) -> dict:
    best = found.kemeny
    return {
        "tasks": found.tasks,
        "left_out": found.left_out,
        "scores": found.scores.cpu().numpy(),
        "task_ranks": ranks(found.scores.T).T.cpu().numpy(),
        "counts": None if found.counts is None else found.counts.cpu().numpy(),
        "unit": found.unit,
        "units": found.units,
        "note": found.note,
        "prior": bool(found.strengths.prior),
        "kemeny": {
            "optima": best.optima,
            "cost": best.cost,
            "exact": best.exact,
            "settled": best.settled,
            "orders": best.orders,
        },
        "rules": {name: _rule(found.by["mean"], found.by[name]) for name in RULES_OF_RANKING},
    }


def _rule(mean: Ranking, one: Ranking) -> dict:
    table = {
        name: getattr(one, name).cpu().numpy()
        for name in ("points", "rank", "low", "high", "first")
    }
    opposite = turned(mean.rank, one.rank)
    chance = turned_chance(mean, one)
    pairs = (opposite & (mean.rank[:, None] < mean.rank)).nonzero()
    gap = (mean.rank[:, None] - mean.rank).abs() + (one.rank[:, None] - one.rank).abs()
    # Most certain first, of equals the one that turns furthest.
    key = chance.nan_to_num(0.0) + gap / (1e6 * len(gap))
    order = key[pairs[:, 0], pairs[:, 1]].argsort(descending=True, stable=True)
    shown = pairs[order[:MOST_PAIRS]]
    apart, runs = one.apart, ()
    near = torch.full_like(one.rank, torch.nan)
    if apart is not None:
        known = torch.isfinite(one.points)
        near = ((~apart & known).sum(1) - 1).double()
        near[~known] = torch.nan
        runs = alike(one.points, apart)
    return table | {
        "draws": len(one.drawn),
        "turned": shown.cpu().numpy(),
        "turned_chance": chance[shown[:, 0], shown[:, 1]].cpu().numpy(),
        "turned_pairs": len(pairs),
        "turned_often": int((chance[pairs[:, 0], pairs[:, 1]] > 0.5).sum()),
        "alike": near.cpu().numpy(),
        "runs": runs,
    }


def families(data: Bundle | AccuracyTable, models: tuple[str, ...]) -> list[str] | None:
    """What colours the models: their family, or the first text that is known of all; or None."""
    info = data.select(models).model_info
    texts = [name for name, values in info.items() if values.dtype == object]
    for name in ("family", *texts):
        if name in info:
            values = ["" if value is None else str(value) for value in info[name].tolist()]
            if len(set(values)) > 1:
                return values
    return None


def pairs_with_gaps(scores: np.ndarray) -> int:
    """How many cells of models and tasks are empty, of models and tasks that have any."""
    known = np.isfinite(scores)
    return int((~known[known.any(1)]).sum())

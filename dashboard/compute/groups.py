"""What the Groups page says beside accuracy: worst groups, disagreement, gains, dependence."""

from itertools import combinations

import numpy as np
import torch

from analysis.bundle import Bundle, BundleError
from analysis.crossings import crossings
from analysis.dependence import dependence
from analysis.ensemble import Ensemble
from analysis.group_disagreement import (
    SCORES,
    disagreement_between,
    disagreement_by_group,
    standing_apart,
)
from analysis.group_gains import worst_group_gain
from analysis.group_ranks import group_ranks
from analysis.group_report import against_rest, group_macro_std, worst_group
from analysis.judging import judged_answers
from analysis.low_cells import low_cells
from analysis.made_groups import TIMES, cross
from analysis.many_tests import benjamini_hochberg, holm
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined, reference, side_by_side
from dashboard.compute.teams import group_table
from dashboard.compute.where import effects_against, group_effects
from dashboard.state import Choices

TESTED = ("n", "inside", "outside", "gap", "low", "high", "p", "p_bh", "p_holm")
SCORED = ("n", "mean", "low", "high", "gap", "gap_low", "gap_high", "p", "p_bh", "p_holm")
GAINED = ("before", "after", "reference", "ensemble", "gain", "low", "high")
MOST_COLUMNS = 6
MOST_LEVELS = 100
MOST_CROSSED, MOST_CROSSED_LEVELS = 12, 40
LOW = ("n", "accuracy", "low", "high", "gap", "p_bh", "p_holm")
WORST = ("level", "accuracy", "low", "high", "lowest", "gap", "counted")


def group_worst(choices: Choices, bundle: Bundle, column: str, fewest: int) -> dict:
    """As `analysis.group_report.WorstGroup`, [K + 1] each; the ensemble is the last row."""
    table = group_table(choices, bundle, column)
    values = (torch.from_numpy(table[name]) for name in ("accuracy", "low", "high", "n"))
    found = worst_group(*values, least=fewest)
    return {name: getattr(found, name).numpy() for name in WORST}


def _right(bundle: Bundle, ensemble: Ensemble, missing: str) -> tuple[Bundle, torch.Tensor]:
    """The pool with the ensemble behind it, and which answers are judged."""
    pool = bundle if missing == "wrong" else bundle.select(ensemble.members)
    both = pool.append(combined(bundle, ensemble))
    judged = judged_answers(both, missing)
    if both.grades_alone:
        judged[-1] = False
    return both, judged


@cached()
def _group_spread(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    column: str,
    corrected: bool,
) -> np.ndarray:
    both, judged = _right(_bundle, _ensemble, missing)
    rows = [*map(both.models.index, _ensemble.members), len(both.models) - 1]
    flags, grouping = (both.correct[rows], judged[rows]), _bundle.groups[column]
    return group_macro_std(*flags, _bundle.labels, grouping, corrected=corrected).cpu().numpy()


def group_spread(choices: Choices, bundle: Bundle, column: str, *, corrected: bool) -> np.ndarray:
    """MacroStd [K + 1] of the members and, last, their ensemble; NaN without labels."""
    chosen = choices.ensemble
    made = (chosen, chosen.key, choices.missing)
    return _group_spread(bundle, bundle.fingerprint, *made, column, corrected)


@cached()
def _group_tests(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    column: str,
    fewest: int,
) -> dict:
    both, judged = _right(_bundle, _ensemble, missing)
    flags = (both.correct[-1], judged[-1])
    found = against_rest(*flags, _bundle.groups[column], _bundle.units, least=fewest)
    return {name: getattr(found, name).cpu().numpy() for name in TESTED}


def group_tests(choices: Choices, bundle: Bundle, column: str, fewest: int) -> dict:
    """Accuracy of the active ensemble in each group against the rest, [G] each."""
    chosen = choices.ensemble
    made = (chosen, chosen.key, choices.missing)
    return _group_tests(bundle, bundle.fingerprint, *made, column, fewest)


@cached()
def _group_votes(
    _bundle: Bundle, fingerprint: str, members: tuple[str, ...], column: str, fewest: int
) -> dict:
    team, grouping = _bundle.select(members), _bundle.groups[column]
    found = disagreement_by_group(team.predictions, grouping, team.units, least=fewest)
    table = {
        score: {name: getattr(found[score], name).cpu().numpy() for name in SCORED}
        for score in SCORES
    }
    apart, n = standing_apart(team.predictions, grouping)
    return table | {"apart": apart.cpu().numpy(), "others": n.cpu().numpy()}


def group_votes(choices: Choices, bundle: Bundle, column: str, fewest: int) -> dict:
    """How the members' answers are spread in each group; needs no labels.

    Returns:
        {score in SCORES: its means, intervals and tests [G] by name}, and "apart" [K, G], how
        often each member differs from the others, over "others" [K, G] of their answers.
    """
    members = choices.ensemble.members
    return _group_votes(bundle, bundle.fingerprint, members, column, fewest)


@cached()
def _between(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], families: tuple) -> dict:
    codes = torch.tensor(families)
    found, n = disagreement_between(_bundle.select(members).predictions, codes)
    return {"share": found.cpu().numpy(), "n": n.cpu().numpy()}


def rater_groups(choices: Choices, bundle: Bundle, families: dict[str, str]) -> dict:
    """How much members of the same and of different families disagree.

    Args:
        choices: the members.
        bundle: the samples.
        families: {model: family}.

    Returns:
        "families" F names, "share" [F, F] of differing pairs of answers and "n" [F, F].
    """
    members = choices.ensemble.members
    names = sorted({families[member] for member in members})
    codes = tuple(names.index(families[member]) for member in members)
    return {"families": names} | _between(bundle, bundle.fingerprint, members, codes)


@cached()
def _lowest(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    fewest: int,
) -> dict:
    both, judged = _right(_bundle, _ensemble, missing)
    right, judged = both.correct[-1:] & judged[-1:], judged[-1:]
    usable = {
        name: g
        for name, g in _bundle.groups.items()
        if 1 < len(g.levels) <= MOST_CROSSED_LEVELS and name != "label" and TIMES not in name
    }
    usable = dict(list(usable.items())[:MOST_CROSSED])
    if len(usable) < 2:
        return {"columns": list(usable), "cells": [], "tested": 0}
    found = crossings(usable, right, judged)
    low = low_cells(found, 0, int(right.sum()), int(judged.sum()), least=fewest)
    cells = [
        [(column, usable[column].levels[level]) for column, level in found.cell(row)]
        for row in low.rows.tolist()
    ]
    numbers = {name: getattr(low, name).cpu().numpy() for name in LOW}
    return {"columns": list(usable), "cells": cells, "tested": low.tested, **numbers}


def lowest_cells(choices: Choices, bundle: Bundle, fewest: int) -> dict:
    """Cells of all crossings of one to three groupings where the ensemble is surely worst.

    Returns:
        "columns" that were crossed, "cells" K lists of column and level, "tested" cells, and as
        `analysis.low_cells.LowCells` its numbers [K].

    Raises:
        BundleError: there are too many cells.
    """
    chosen = choices.ensemble
    made = (chosen, chosen.key, choices.missing)
    return _lowest(bundle, bundle.fingerprint, *made, fewest)


@cached()
def _worst_gain(
    _bundle: Bundle,
    fingerprint: str,
    _effects,
    key: str,
    reference: str,
    missing: str,
    column: str,
    fewest: int,
) -> dict:
    found = worst_group_gain(_effects, _bundle.groups[column], _bundle.units, least=fewest)
    return {name: getattr(found, name) for name in GAINED}


def worst_gains(choices: Choices, bundle: Bundle, column: str, fewest: int) -> dict[str, dict]:
    """As `analysis.group_gains.WorstGain`, of the active ensemble and those beside it, by name."""
    against, found = reference(choices), {}
    for name, ensemble in side_by_side(choices).items():
        effect = effects_against(choices, bundle, ensemble)
        made = (ensemble.key, against, choices.missing)
        found[name] = _worst_gain(bundle, bundle.fingerprint, effect, *made, column, fewest)
    return found


def effects_beside(choices: Choices, bundle: Bundle, column: str) -> dict[str, dict]:
    """`group_effects` of the active ensemble and of those that are shown beside it, by name."""
    return {
        name: group_effects(choices, bundle, (column,), ensemble)
        for name, ensemble in side_by_side(choices).items()
    }


@cached()
def _dependences(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str, what: str
) -> list[dict]:
    whole, judged = _right(_bundle, _ensemble, missing)
    codes = torch.where(judged[-1], whole.correct[-1].int(), -1)
    if what == "answers":
        codes = whole.predictions[-1]
    usable = [n for n, g in _bundle.groups.items() if 1 < len(g.levels) <= MOST_LEVELS]
    chosen = [name for name in usable if name != "label"][:MOST_COLUMNS]
    sets = [(name,) for name in chosen] + list(combinations(chosen, 2))
    found = []
    for columns in sets:
        groupings = [_bundle.groups[column] for column in columns]
        try:
            grouping = groupings[0] if len(columns) == 1 else cross(groupings)
            one = dependence(codes, grouping, _bundle.units)
        except BundleError:
            continue
        found.append({"columns": columns, "name": TIMES.join(columns)} | vars(one))
    p = torch.tensor([one["p"] for one in found], dtype=torch.float64)
    both = zip(found, benjamini_hochberg(p).tolist(), holm(p).tolist(), strict=True)
    return [one | {"p_bh": bh, "p_holm": last} for one, bh, last in both]


def dependences(choices: Choices, bundle: Bundle, what: str) -> list[dict]:
    """How far the ensemble's "errors" or "answers" depend on each grouping, and on two at once."""
    chosen = choices.ensemble
    made = (chosen, chosen.key, choices.missing)
    return _dependences(bundle, bundle.fingerprint, *made, what)


@cached()
def _ranks(
    _bundle: Bundle, fingerprint: str, missing: str, column: str, fewest: int
) -> dict | None:
    judged = judged_answers(_bundle, missing)
    kept = judged.any(1)
    found = group_ranks(_bundle.correct[kept], judged[kept], _bundle.groups[column], least=fewest)
    if found is None:
        return None
    names = [name for name, one in zip(_bundle.models, kept.tolist(), strict=True) if one]
    table = {n: v.cpu().numpy() if torch.is_tensor(v) else v for n, v in vars(found).items()}
    return table | {"models": names}


def rank_agreement(choices: Choices, bundle: Bundle, column: str, fewest: int) -> dict | None:
    """As `analysis.group_ranks.GroupRanks`, of all models of the bundle, with "models"."""
    return _ranks(bundle, bundle.fingerprint, choices.missing, column, fewest)

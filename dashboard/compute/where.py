"""Where the active ensemble helps and harms: by group, by two groups, and in slices."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.effects import COUNTED, Effects, GroupEffects, effects, effects_by_group
from analysis.ensemble import Ensemble
from analysis.grouping import Grouping
from analysis.many_tests import benjamini_hochberg, holm
from analysis.slice_reports import CLUSTERS, SliceReport, slice_columns, slices_of_effect
from analysis.slices import over_represented
from dashboard.compute.caching import cached, kept
from dashboard.compute.ensembles import reference
from dashboard.state import Choices

NUMBERS = ("n", "net", "low", "high", "tested", "p", "p_bh", "p_holm")
TOLD = (
    *("n", "inside", "inside_low", "inside_high"),
    *("outside_n", "outside", "outside_low", "outside_high"),
    *("gap", "low", "high", "p"),
)


@kept()
def _effects(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, reference: str, missing: str
) -> Effects:
    return effects(_bundle, _ensemble, reference, missing=missing)


def effects_against(choices: Choices, bundle: Bundle, ensemble: Ensemble | None = None) -> Effects:
    """What an ensemble (the active one) does on each sample, against the reference."""
    chosen = ensemble or choices.ensemble
    against = reference(choices)
    return _effects(bundle, bundle.fingerprint, chosen, chosen.key, against, choices.missing)


@cached()
def _group_effects(
    _bundle: Bundle,
    fingerprint: str,
    _effects: Effects,
    key: str,
    reference: str,
    missing: str,
    columns: tuple[str, ...],
) -> dict:
    return _numpy(effects_by_group(_bundle, _effects, columns))


def _numpy(found: GroupEffects) -> dict:
    table = {name: getattr(found, name).cpu().numpy() for name in NUMBERS}
    for name in COUNTED:
        table[name] = found.counts[name].cpu().numpy()
        table[f"{name}_rate"] = found.rate(name).cpu().numpy()
        ends = zip(("low", "high"), found.intervals[name], strict=True)
        table |= {f"{name}_{side}": end.cpu().numpy() for side, end in ends}
    return table | {"levels": found.levels}


def group_effects(
    choices: Choices,
    bundle: Bundle,
    columns: tuple[str, ...],
    ensemble: Ensemble | None = None,
) -> dict:
    """What an ensemble (the active one) does in each group, or each cell of two, [K] each.

    As `analysis.effects.GroupEffects`: its numbers, its counts by name, their shares and ends as
    name_rate, name_low and name_high; and "levels", K tuples.
    """
    chosen = ensemble or choices.ensemble
    against, found = reference(choices), effects_against(choices, bundle, chosen)
    made = (chosen.key, against, choices.missing)
    return _group_effects(bundle, bundle.fingerprint, found, *made, columns)


def every_group_effect(choices: Choices, bundle: Bundle) -> dict:
    """`group_effects` of all groupings under each other, corrected for all tests together.

    With "column", K names of groupings.
    """
    tables = {column: group_effects(choices, bundle, (column,)) for column in bundle.groups}
    if not tables:
        return {"column": [], "levels": []}
    parts = list(tables.values())
    joined = {name: np.concatenate([part[name] for part in parts]) for name in NUMBERS}
    p = torch.from_numpy(joined["p"])
    joined |= {"p_bh": benjamini_hochberg(p).numpy(), "p_holm": holm(p).numpy()}
    names = [column for column, part in tables.items() for _ in part["levels"]]
    return joined | {"column": names, "levels": [lv for part in parts for lv in part["levels"]]}


@kept()
def _columns(_bundle: Bundle, fingerprint: str, seed: int) -> dict[str, Grouping]:
    return slice_columns(_bundle, seed=seed)


@cached()
def _slices(
    _bundle: Bundle,
    fingerprint: str,
    _effects: Effects,
    key: str,
    reference: str,
    missing: str,
    target: str,
    seed: int,
) -> dict:
    columns = _columns(_bundle, fingerprint, seed)
    report = slices_of_effect(_bundle, _effects, target, columns=columns, seed=seed)
    names = [
        [(column, columns[column].levels[level]) for column, level in one.conditions]
        for one in report.slices
    ]
    return {
        "conditions": names,
        "explained": _clusters_told(_bundle, report),
        "rows": [row.nonzero().flatten().cpu().numpy() for row in report.inside],
        "found": {name: getattr(report.found, name).cpu().numpy() for name in TOLD},
        **{name: getattr(report.held_out, name).cpu().numpy() for name in TOLD},
        **{name: getattr(report, name).cpu().numpy() for name in ("p_bh", "p_holm", "passed")},
        "sign": report.sign.cpu().numpy(),
        "split": report.split.description,
        "by_label": report.by_label,
        "columns": tuple(columns),
    }


def _clusters_told(bundle: Bundle, report: SliceReport) -> list[tuple[str, str, float, int] | None]:
    """What is most over-represented in the cluster that a slice is made of: column, level ..."""
    known = {name: report.columns[name] for name in report.columns if name in bundle.groups}
    told: list = []
    for one in report.slices:
        own = [level for column, level in one.conditions if column.rstrip() == CLUSTERS]
        name = next((column for column in report.columns if column.rstrip() == CLUSTERS), None)
        best = None
        if own and name not in bundle.groups:
            best = over_represented(report.columns[name].within(own)[None], known)[0]
        told.append(best and (best[0], known[best[0]].levels[best[1]], *best[2:]))
    return told


def effect_slices(choices: Choices, target: str, seed: int) -> dict:
    """Slices of the whole bundle in which the active ensemble does more, or less, than elsewhere.

    Args:
        choices: ensemble and missing rule.
        target: "difference", "correction" or "regression".
        seed: of the halves and the clusters.

    Returns:
        Per slice [K]: "conditions" (lists of column and level), "explained" (what a cluster
        holds most: column, level, lift, n; or None), "rows" of its samples, the contrast on the
        other half by name and on the half they were "found" on, "p_bh", "p_holm", "passed" and
        "sign". And "split", "by_label" and "columns" of the search.
    """
    bundle = choices.bundle
    made = (choices.ensemble.key, reference(choices), choices.missing)
    effect = effects_against(choices, bundle)
    return _slices(bundle, bundle.fingerprint, effect, *made, target, seed)

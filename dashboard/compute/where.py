"""Where the active ensemble helps and harms: by group, by two groups, and in slices."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.effects import COUNTED, Effects, GroupEffects, effects, effects_by_group
from analysis.ensemble import Ensemble
from analysis.many_tests import benjamini_hochberg, holm
from analysis.slice_reports import slices_of_effect
from dashboard.compute.caching import cached, kept
from dashboard.compute.ensembles import reference
from dashboard.compute.slices import columns_with_clusters, told
from dashboard.state import Choices

NUMBERS = ("n", "net", "low", "high", "tested", "p", "p_bh", "p_holm")


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
    columns = columns_with_clusters(_bundle, fingerprint, seed)
    report = slices_of_effect(_bundle, _effects, target, columns=columns, seed=seed)
    return told(_bundle, report)


def effect_slices(choices: Choices, target: str, seed: int) -> dict:
    """Slices of the whole bundle in which the active ensemble does more, or less, than elsewhere.

    Args:
        choices: ensemble and missing rule.
        target: "difference", "correction" or "regression".
        seed: of the halves and the clusters.

    Returns:
        As `compute.slices.told`.
    """
    bundle = choices.bundle
    made = (choices.ensemble.key, reference(choices), choices.missing)
    effect = effects_against(choices, bundle)
    return _slices(bundle, bundle.fingerprint, effect, *made, target, seed)

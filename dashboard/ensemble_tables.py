"""Ensembles and their members as tables."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis.outcomes import OUTCOMES
from dashboard.theme import DASH, interval, p_value, percent


def ensembles(
    found: Mapping[str, Mapping],
    differences: Mapping[str, tuple[float, float, float]],
    answered: Mapping[str, float] = MappingProxyType({}),
) -> pd.DataFrame:
    """Judged ensembles side by side: accuracy, outcomes, corrections, regressions, p.

    Args:
        found: {name: entry of the JSON's "ensembles"}.
        differences: {name: difference of its accuracy to the active one, low, high}.
        answered: {name: share of the samples that it answers}, of those that may keep silent.
    """
    rows = []
    for label, judged in found.items():
        rows.append(
            {
                "ensemble": label,
                "answered": percent(answered.get(label, 1.0)),
                "accuracy": _with_interval(judged),
                "against the active one": _difference(differences.get(label)),
                "corrections": judged["corrections"],
                "regressions": judged["regressions"],
                "McNemar": p_value(judged["mcnemar_p"]),
                **{name: judged["outcomes"][name] for name in OUTCOMES},
                "against majority": judged["corrected_against_majority"],
                "broken against majority": judged["ledger"]["breakage_majority"],
                "recovered fraction": percent(judged["recovered_fraction"]),
                "ties": judged["ties"],
                "n": judged["n"],
            }
        )
    return pd.DataFrame(rows)


def _difference(ends: tuple[float, float, float] | None) -> str:
    return DASH if ends is None else _points(*(np.array([end]) for end in ends))[0]


def _with_interval(judged: Mapping) -> str:
    return f"{percent(judged['accuracy'])} {interval(*judged['accuracy_interval'])}"


def members(
    table: Mapping[str, np.ndarray],
    names: Sequence[str],
    cost: np.ndarray | None,
    weights: Sequence[float] = (),
) -> pd.DataFrame:
    """What each member brings, most helpful first.

    Args:
        table: as `compute.member_table`, [M] each.
        names: M members.
        cost: [M], where it is known.
        weights: M, as shares of all; empty where all count alike.
    """
    order = np.argsort(-np.nan_to_num(table["gain"], nan=-np.inf), kind="stable")
    columns = {
        "member": [names[row] for row in order],
        "accuracy without it": [percent(share, 2) for share in table["without"][order]],
        "gain": _points(*(table[name][order] for name in ("gain", "low", "high"))),
        "thanks to it": table["brought"][order],
        "because of it": table["lost"][order],
        "McNemar (Holm)": [p_value(p) if np.isfinite(p) else DASH for p in table["p"][order]],
        "gain on joining": _points(
            *(table[name][order] for name in ("shapley", "shapley_low", "shapley_high"))
        ),
    }
    if len(weights):
        share = np.array(weights)[order] / np.sum(weights)
        columns["weight"] = [percent(float(value)) for value in share]
    if cost is not None:
        columns["cost"] = cost[order]
    return pd.DataFrame(columns | {"n": table["n"][order]})


def left_out(found: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Candidates that a selection did not take.

    Args:
        found: "models" and "gain", as `compute.left_out` gives them.
    """
    gain = [f"{100 * value:+.2f}" for value in found["gain"].tolist()]
    return pd.DataFrame({"not taken": found["models"], "one more of it": gain})


def _points(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[str]:
    """Differences of shares in percentage points with their interval: +1.20 [0.80, 1.60]."""
    return [
        f"{100 * v:+.2f} [{100 * a:.2f}, {100 * b:.2f}]" if np.isfinite(v) else DASH
        for v, a, b in zip(value.tolist(), low.tolist(), high.tolist(), strict=True)
    ]

"""Tables of groups: tests against the rest, worst groups, votes, gains, dependence, ranks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.group_words import SCORES
from dashboard.slice_words import slice_name


def tests(levels: Sequence[str], found: Mapping, *, claim: bool) -> pd.DataFrame:
    """Groups against the rest as rows, lowest first, those without samples left out.

    Args:
        levels: G names.
        found: as `compute.group_tests`.
        claim: also corrected by Holm, as an export has it.
    """
    order = np.argsort(np.nan_to_num(found["gap"], nan=np.inf), kind="stable")
    order = order[found["n"][order] > 0]
    columns = {
        "level": [levels[at] for at in order.tolist()],
        "n": found["n"][order],
        "accuracy": _points(found["inside"][order]),
        "of the rest": _points(found["outside"][order]),
        "gap": _points(found["gap"][order]),
        "from": _points(found["low"][order]),
        "to": _points(found["high"][order]),
        "p": found["p"][order],
        "p (Benjamini-Hochberg)": found["p_bh"][order],
    }
    if claim:
        columns["p (Holm)"] = found["p_holm"][order]
    return pd.DataFrame(columns)


def worst(
    names: Sequence[str], levels: Sequence[str], found: Mapping, spread: np.ndarray
) -> pd.DataFrame:
    """Worst group, gap and spread of every member and, first, their ensemble."""
    order = [len(names) - 1, *range(len(names) - 1)]
    place = found["level"][order]
    columns = {
        "who": [names[row] for row in order],
        "worst group": [levels[at] if at >= 0 else "" for at in place.tolist()],
        "accuracy there": _points(found["accuracy"][order]),
        "from": _points(found["low"][order]),
        "to": _points(found["high"][order]),
        "lowest lower end": _points(found["lowest"][order]),
        "best minus worst": _points(found["gap"][order]),
    }
    if np.isfinite(spread).any():
        columns["MacroStd"] = spread[order].round(4)
    return pd.DataFrame(columns)


def votes(levels: Sequence[str], found: Mapping, members: Sequence[str]) -> pd.DataFrame:
    """Groups as rows: how the members' answers are spread, and how often each stands apart."""
    first = found["disagreement"]
    order = np.argsort(-np.nan_to_num(first["mean"], nan=-1.0), kind="stable")
    order = order[found["entropy"]["n"][order] > 0]
    columns: dict[str, Sequence] = {"level": [levels[at] for at in order.tolist()]}
    columns["n"] = first["n"][order]
    for score, label in SCORES.items():
        columns[label] = found[score]["mean"][order].round(4)
        columns[f"{label}, from"] = found[score]["low"][order].round(4)
        columns[f"{label}, to"] = found[score]["high"][order].round(4)
    for name, head in (("p", "p"), ("p_bh", "p (Benjamini-Hochberg)"), ("p_holm", "p (Holm)")):
        columns[head] = first[name][order]
    for row, member in enumerate(members):
        columns[f"{member} differs from the others"] = found["apart"][row][order].round(4)
    return pd.DataFrame(columns)


def cells(found: Mapping, *, claim: bool) -> pd.DataFrame:
    """Cells of crossings as rows, those that are most surely low first.

    Args:
        found: as `compute.lowest_cells`.
        claim: also corrected by Holm, as an export has it.
    """
    columns = {
        "where": [slice_name(own, escaped=False) for own in found["cells"]],
        "n": found["n"],
        "accuracy": _points(found["accuracy"]),
        "from": _points(found["low"]),
        "to": _points(found["high"]),
        "below the rest by": _points(-found["gap"]),
        "p (Benjamini-Hochberg)": found["p_bh"],
    }
    return pd.DataFrame(columns | ({"p (Holm)": found["p_holm"]} if claim else {}))


def raters(found: Mapping) -> pd.DataFrame:
    """Two families of members a row: share of the pairs of their answers that differ."""
    names = [name or "(unknown)" for name in found["families"]]
    first, second = np.triu_indices(len(names))
    share, n = found["share"][first, second], found["n"][first, second]
    order = np.argsort(-np.nan_to_num(share, nan=-1.0), kind="stable")
    order = order[n[order] > 0]
    return pd.DataFrame(
        {
            "of": [names[at] for at in first[order].tolist()],
            "and of": [names[at] for at in second[order].tolist()],
            "differing, percent": _points(share[order]),
            "pairs of answers": n[order],
        }
    )


def gains(found: Mapping[str, Mapping], levels: Sequence[str], effects: Mapping) -> pd.DataFrame:
    """Ensembles as rows: what they do for the worst group, and whom they help and harm."""
    rows = []
    for name, gain in found.items():
        table = effects[name]
        clear = table["tested"] & (np.nan_to_num(table["p_bh"], nan=1.0) < 0.05)
        rows.append(
            {
                "ensemble": name,
                "worst group before": levels[gain["before"]] if gain["before"] >= 0 else "",
                "worst group": levels[gain["after"]] if gain["after"] >= 0 else "",
                "accuracy there": _points(np.array(gain["ensemble"])),
                "of the reference": _points(np.array(gain["reference"])),
                "worst-group gain": _points(np.array(gain["gain"])),
                "from": _points(np.array(gain["low"])),
                "to": _points(np.array(gain["high"])),
                "groups helped": int((clear & (table["net"] > 0)).sum()),
                "groups harmed": int((clear & (table["net"] < 0)).sum()),
                "groups tested": int(table["tested"].sum()),
            }
        )
    return pd.DataFrame(rows)


def dependences(found: Sequence[Mapping]) -> pd.DataFrame:
    """Groupings and crossings as rows, strongest first."""
    rows = sorted(found, key=lambda one: -np.nan_to_num(one["correlation"], nan=-1.0))
    return pd.DataFrame(
        {
            "attribute": [one["name"] for one in rows],
            "distance correlation": [round(one["correlation"], 4) for one in rows],
            "distance covariance": [round(one["covariance"], 5) for one in rows],
            "n": [one["n"] for one in rows],
            "p": [one["p"] for one in rows],
            "p (Benjamini-Hochberg)": [one["p_bh"] for one in rows],
            "p (Holm)": [one["p_holm"] for one in rows],
        }
    )


def ranks(found: Mapping, levels: Sequence[str]) -> pd.DataFrame:
    """Groups as rows: which model is best, and by how much it beats the best over all."""
    return pd.DataFrame(
        {
            "level": [levels[at] for at in found["groups"].tolist()],
            "n": found["n"],
            "most accurate model": [found["models"][at] for at in found["winner"].tolist()],
            "ahead of the best over all": _points(found["lead"]),
            "p": found["p"],
            "p (Benjamini-Hochberg)": found["p_bh"],
            "p (Holm)": found["p_holm"],
        }
    )


def _points(share: np.ndarray) -> np.ndarray:
    """Percent with two digits."""
    return (100 * share).round(2)

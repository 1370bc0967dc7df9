"""Tables of where the ensemble helps and harms."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.effect_words import explained, slice_name


def groups(table: Mapping, columns: Sequence[str]) -> pd.DataFrame:
    """Groups, or cells of two groupings, as rows, best net effect first; points of 100 samples.

    Args:
        table: as `compute.group_effects`.
        columns: its groupings.
    """
    order = np.argsort(-np.nan_to_num(table["net"], nan=-np.inf), kind="stable")
    order = order[table["n"][order] > 0]
    made: dict[str, Sequence] = {}
    for place, column in enumerate(columns):
        made[column if column not in made else f"{column} "] = [
            table["levels"][row][place] for row in order.tolist()
        ]
    numbers = {
        "n": table["n"],
        "net effect": _points(table["net"]),
        "from": _points(table["low"]),
        "to": _points(table["high"]),
        "corrections": table["corrections"],
        "regressions": table["regressions"],
        "rescued": table["rescued"],
        "accuracy": _points(table["right_rate"]),
        "of the reference": _points(table["reference_right_rate"]),
        **_tests(table),
        "tested": np.where(table["tested"], "yes", "too few"),
    }
    return pd.DataFrame(made | {name: values[order] for name, values in numbers.items()})


def slices(found: Mapping) -> pd.DataFrame:
    """Slices as rows: what they are, and the score inside and outside on the other half.

    Args:
        found: as `compute.effect_slices`.
    """
    notes = [explained(told) for told in found["explained"]]
    return pd.DataFrame(
        {
            "slice": [slice_name(own, escaped=False) for own in found["conditions"]],
            "passes": np.where(found["passed"], "yes", "no"),
            "inside": _points(found["inside"]),
            "outside": _points(found["outside"]),
            "gap": _points(found["gap"]),
            "from": _points(found["low"]),
            "to": _points(found["high"]),
            "n": found["n"],
            **_tests(found),
            "gap where found": _points(found["found"]["gap"]),
            "samples": [len(rows) for rows in found["rows"]],
            **({"cluster": notes} if any(notes) else {}),
        }
    )


def _points(share: np.ndarray) -> np.ndarray:
    """Percentage points with two digits."""
    return (100 * share).round(2)


def _tests(table: Mapping) -> dict[str, np.ndarray]:
    names = {"p": "p", "p_bh": "p (Benjamini-Hochberg)", "p_holm": "p (Holm)"}
    return {label: table[name] for name, label in names.items()}

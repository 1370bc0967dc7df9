"""Tables of slices."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.slice_words import METHODS, explained, slice_name


def slices(found: Mapping, *, own: bool = False) -> pd.DataFrame:
    """Slices as rows: what they are, and the score inside and outside on the other half.

    Args:
        found: as `compute.slices.told`.
        own: with their number in the figure, their method, and how often they were found again.
    """
    notes = [explained(told) for told in found["explained"]]
    number = {"no.": np.arange(1, len(notes) + 1)}
    more = {
        "found again": np.asarray(found["again"]) if own else (),
        "method": [METHODS[name] for name in found["methods"]] if own else (),
    }
    return pd.DataFrame(
        {
            **(number if own else {}),
            "slice": [slice_name(own_, escaped=False) for own_ in found["conditions"]],
            "passes": np.where(found["passed"], "yes", "no"),
            "inside": points(found["inside"]),
            "outside": points(found["outside"]),
            "gap": points(found["gap"]),
            "from": points(found["low"]),
            "to": points(found["high"]),
            "n": found["n"],
            **tests(found),
            **(more if own else {}),
            "gap where found": points(found["found"]["gap"]),
            "samples": [len(rows) for rows in found["rows"]],
            **({"cluster": notes} if any(notes) else {}),
        }
    )


def points(share: np.ndarray) -> np.ndarray:
    """Percentage points with two digits."""
    return (100 * share).round(2)


def tests(table: Mapping) -> dict[str, np.ndarray]:
    """The p of each row, as it is and corrected."""
    names = {"p": "p", "p_bh": "p (Benjamini-Hochberg)", "p_holm": "p (Holm)"}
    return {label: table[name] for name, label in names.items()}

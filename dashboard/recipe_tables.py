"""Tables on soups and interpolations."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.outcomes import OUTCOMES
from analysis.recipes import Line, Soup
from analysis.weights_and_outputs import FOURWAY
from dashboard.theme import DASH, interval, p_value, percent


def soups(names: Sequence[Soup], found: Sequence[Mapping]) -> pd.DataFrame:
    """Soups as rows: both accuracies, their paired difference, the two-by-two table.

    Args:
        names: S soups.
        found: as `compute.soup_comparison`, one each.
    """
    rows = []
    for soup, one in zip(names, found, strict=True):
        known = one["n"] > 0
        rows.append(
            {
                "soup": soup.model,
                "ingredients": len(soup.ingredients),
                "accuracy of the soup": _rate(one["soup"]),
                "accuracy of the ensemble": _rate(one["ensemble"]),
                "soup minus ensemble": _points(one["difference"]),
                "McNemar": p_value(one["p"]) if known else DASH,
                "same answer": _rate(one["same"]),
                "both right": one["table"][0],
                "only the ensemble": one["table"][1],
                "only the soup": one["table"][2],
                "both wrong": one["table"][3],
                "n": one["n"],
            }
        )
    return pd.DataFrame(rows)


def along(line: Line, found: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Points of a line as rows: accuracies, outcomes relative to the ends, the four-way table.

    Args:
        line: A models.
        found: as `compute.along`.
    """
    columns = {
        "alpha": line.alphas,
        "model": line.models,
        "accuracy of mixed weights": [_rate(rate) for rate in found["weights"]],
        "accuracy of mixed outputs": [_rate(rate) for rate in found["outputs"]],
    }
    for side, what in (("weight", "weights"), ("output", "outputs")):
        counts = found[f"{side}_counts"]
        for name in ("rescued", "corrected", "spoiled", "overruled"):
            if counts is not None:
                columns[f"{name}, {what}"] = counts[:, OUTCOMES.index(name)]
    for place, name in enumerate(FOURWAY):
        columns[name] = found["fourway"][:, place]
    return pd.DataFrame(columns | {"n": found["n"]})


def _points(difference: Sequence[float]) -> str:
    """A difference of shares in percentage points with its interval: +1.20 [0.80, 1.60]."""
    value, low, high = (100 * float(part) for part in difference)
    if not np.isfinite(value):
        return DASH
    return f"{value:+.2f} [{low:.2f}, {high:.2f}]" if np.isfinite(low) else f"{value:+.2f}"


def _rate(rate: Sequence[float]) -> str:
    return f"{percent(float(rate[0]))} {interval(float(rate[1]), float(rate[2]))}".strip()

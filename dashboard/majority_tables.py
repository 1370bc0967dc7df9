"""Tables on line, parabola and points of accuracy in one group against another."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.majority_words import AXES, SHAPES
from dashboard.theme import p_value, plain_interval, three_digits


def fits(found: Mapping[str, Mapping]) -> pd.DataFrame:
    """One row per kind of axes.

    Args:
        found: of `compute.bends`.
    """
    rows = []
    for scale, fit in found.items():
        line, curve = fit["linear"], fit["quadratic"]
        term = curve["coefficients"][2] if curve["coefficients"] else float("nan")
        rows.append(
            {
                "axes": AXES[scale],
                "verdict": SHAPES[fit["shape"]],
                "R² line": three_digits(line["r2"]),
                "R² parabola": three_digits(curve["r2"]),
                "ΔAIC": three_digits(fit["delta_aic"]),
                "AICc line": three_digits(line["aicc"]),
                "AICc parabola": three_digits(curve["aicc"]),
                "F": three_digits(fit["F"]),
                "p": p_value(fit["p"]) if fit["p"] == fit["p"] else "",
                "left out: line": three_digits(line["loo_rmse"]),
                "left out: parabola": three_digits(curve["loo_rmse"]),
                "bend": f"{three_digits(term)} {plain_interval(fit['low'], fit['high'])}".strip(),
            }
        )
    return pd.DataFrame(rows)


def points(found: Mapping, view: Mapping, groups: tuple[str, str]) -> pd.DataFrame:
    """One row per model and ensemble.

    Args:
        found: of `compute.majority_points`.
        view: of `compute.majority_view`.
        groups: names of x and y.
    """
    columns: dict = {"model": list(found["names"]), "kind": list(found["roles"])}
    for side, (axis, group) in enumerate(zip("xy", groups, strict=True)):
        columns[f"{axis}: {group}"] = found["accuracy"][:, side]
        columns |= {f"{axis} {end}": found[end][:, side] for end in ("low", "high", "n")}
    columns["below the mixture"] = np.round(view["below"], 4)
    return pd.DataFrame(columns)

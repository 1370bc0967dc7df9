"""Accuracy of the models in one group against another."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from dashboard import compute, majority_words
from dashboard.plots.majority import majority
from dashboard.theme import Palette


def ends(points: Mapping) -> tuple[int, int] | None:
    """The worst and the best model, whose answers are mixed first; None: nothing to mix."""
    rate = points["accuracy"][:, 0]
    rows = np.flatnonzero(np.isfinite(points["accuracy"]).all(1) & points["fitted"])
    if len(rows) < 2 or np.ptp(rate[rows]) == 0:
        return None
    return int(rows[rate[rows].argmin()]), int(rows[rate[rows].argmax()])


def majority_minority(
    points: Mapping,
    groups: tuple[str, str],
    scale: str,
    pair: tuple[int, int] | None,
    within: str,
    palette: Palette,
) -> go.Figure | str:
    """Accuracy in one group against another, with what fits it.

    Args:
        points: of `compute.majority_points` or `compute.setting_points`.
        groups: names of x and y.
        scale: of the axes: "raw", "logit" or "probit".
        pair: the models whose answers are mixed.
        within: the samples, in words.
        palette: colours.
    """
    if not np.isfinite(points["accuracy"]).all(1).any():
        return "No model is judged in both of these. Choose another pair."
    view = compute.majority_view(points, compute.bends(points), scale, pair)
    return majority(
        points,
        view,
        groups,
        scale=scale,
        ticks=tuple(compute.ticks(view[axis], scale) for axis in "xy"),
        pair=pair,
        subtitle=majority_words.subtitle(points, within),
        palette=palette,
    )

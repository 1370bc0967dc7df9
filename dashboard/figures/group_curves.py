"""Accuracy per group along something; picking a bin or a level selects its samples."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute, group_curve_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import group_curves as plots
from dashboard.theme import Palette, markdown

FIRST = 3


def opening_levels(choices: Choices, bundle: Bundle) -> list[str]:
    """The levels that are drawn first: the largest, and the one where the ensemble is worst."""
    table = compute.group_table(choices, bundle, choices.grouping)
    n, rate = table["n"][-1], table["accuracy"][-1]
    large = np.argsort(-n, kind="stable")[:FIRST].tolist()
    told = np.where((n >= 20) & np.isfinite(rate), rate, np.inf)
    places = sorted({*large, int(told.argmin())}) if np.isfinite(told).any() else sorted(large)
    return [bundle.groups[choices.grouping].levels[place] for place in places]


def group_curves(
    choices: Choices,
    bundle: Bundle,
    against: str,
    along: str,
    roles: tuple[str, ...],
    levels: Sequence[str],
    show: str,
    palette: Palette,
) -> go.Figure | str:
    """The curves of some levels."""
    found = compute.group_curves(choices, bundle, against, along, roles)
    if found["problem"] or not found["lines"]:
        return markdown(found["problem"], 600) or group_curve_words.NOTHING
    every = bundle.groups[choices.grouping].levels
    axis = along or compute.AGAINST[against]
    return plots.group_curves(
        found["lines"],
        every,
        [every.index(level) for level in levels],
        column=choices.grouping,
        axis=axis,
        dots=found.get("dots", ()),
        texts=found["texts"],
        show=show,
        subtitle=f"{within(choices, bundle)}. {group_curve_words.BANDS[against]}",
        palette=palette,
    )

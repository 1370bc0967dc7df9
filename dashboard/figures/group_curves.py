"""Accuracy per group along something; picking a bin or a level selects its samples."""

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute, group_curve_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import group_curves as plots
from dashboard.theme import Palette, markdown


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

"""Where the ensemble helps and harms: groups, cells of two groupings, and slices."""

import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute, slice_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import slices as slice_plots
from dashboard.plots import where as where_plots
from dashboard.theme import Palette, shown


def effect_levels(
    choices: Choices, bundle: Bundle, column: str, palette: Palette
) -> go.Figure | str:
    """Corrections, regressions and net effect per group."""
    table = compute.group_effects(choices, bundle, (column,))
    if not table["n"].any():
        return "None of these samples can be judged."
    reference = compute.reference(choices)
    return where_plots.effect_levels(
        bundle.groups[column].levels,
        table,
        column=column,
        reference=reference,
        subtitle=f"Against {shown(reference)}, {within(choices, bundle)}.",
        palette=palette,
    )


def effect_cells(
    choices: Choices, bundle: Bundle, columns: tuple[str, str], palette: Palette
) -> go.Figure | str:
    """Net effect where two groupings cross."""
    table = compute.group_effects(choices, bundle, columns)
    reference = compute.reference(choices)
    return where_plots.effect_cells(
        tuple(bundle.groups[column].levels for column in columns),
        table,
        columns=columns,
        reference=reference,
        subtitle=f"Accuracy of the ensemble minus that of {shown(reference)}, "
        f"{within(choices, bundle)}. Crosses: too few to test.",
        palette=palette,
    )


def effect_slices(choices: Choices, target: str, seed: int, palette: Palette) -> go.Figure | str:
    """Score inside and outside of each slice."""
    found = compute.effect_slices(choices, target, seed)
    if not found["conditions"]:
        return "No slice was found."
    told = slice_words.SCORES[target]
    return slice_plots.slice_gaps(
        found["conditions"],
        found,
        [slice_words.explained(cluster) for cluster in found["explained"]],
        title=told.title,
        axis=told.axis,
        good=told.good,
        subtitle="On the half of the samples that the slices were not found on. Grey: does not "
        "pass.",
        palette=palette,
    )

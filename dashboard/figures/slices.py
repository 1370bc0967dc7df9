"""Slices that nobody named, as marks and as rows; picking one selects its samples."""

import plotly.graph_objects as go

from dashboard import slice_words
from dashboard.compute import SlicesAsked
from dashboard.plots import slices as plots
from dashboard.theme import Palette

HALF = "On the half of the samples that the slices were not found on. Grey: does not pass."


def found_gaps(asked: SlicesAsked, found: dict, palette: Palette) -> go.Figure | str:
    """The gap of each slice against its size."""
    told = slice_words.SCORES[asked.score.name]
    return plots.slice_sizes(
        found["conditions"],
        found,
        _notes(found),
        good=told.good,
        subtitle=f"{HALF} Dotted: 5 points.",
        palette=palette,
    )


def found_sides(asked: SlicesAsked, found: dict, palette: Palette) -> go.Figure | str:
    """The score inside and outside of each slice."""
    told = slice_words.SCORES[asked.score.name]
    return plots.slice_gaps(
        found["conditions"],
        found,
        _notes(found),
        title=told.title,
        axis=told.axis,
        good=told.good,
        subtitle=HALF,
        palette=palette,
    )


def _notes(found: dict) -> list[str]:
    return [slice_words.explained(cluster) for cluster in found["explained"]]

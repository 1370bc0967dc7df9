"""How hard the samples are, as figures; a pick in any of them selects samples."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute, difficulty_words
from dashboard.choosing import Choices
from dashboard.compute.difficulty import Score
from dashboard.figures.told import within
from dashboard.plots import difficulty as plots
from dashboard.theme import Palette, count

BINS = 30
MOST_POINTS = 20_000
AXES = ("entropy_expected", "mutual_information")


def number_right(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Samples by the number of members that get them right."""
    return plots.number_right(
        compute.number_right(choices, bundle),
        subtitle=f"{within(choices, bundle)}. Further left is harder. Click a bar to select its "
        "samples.",
        palette=palette,
    )


def score_histogram(
    choices: Choices, bundle: Bundle, score: Score, palette: Palette
) -> go.Figure | str:
    """Distribution of a score."""
    edges = compute.score_edges(choices, score, BINS)
    counts, unknown = compute.score_counts(choices, bundle, score, edges)
    return plots.score_histogram(
        counts,
        edges,
        label=score.label,
        subtitle=f"{within(choices, bundle)}{_undefined(unknown)}. {score.summary}",
        palette=palette,
    )


def uncertainty(
    choices: Choices,
    bundle: Bundle,
    places: np.ndarray | None,
    palette: Palette,
    *,
    most: int = MOST_POINTS,
) -> go.Figure | str:
    """Mutual information against expected entropy.

    `places` are the rows of the samples in the whole bundle; None: they are all of it.
    """
    found = compute.scores(choices, bundle, *AXES)
    picks, known = compute.drawn_points(np.stack([found[axis] for axis in AXES]), most)
    rows = picks if places is None else places[picks]
    return plots.uncertainty(
        found[AXES[0]][picks],
        found[AXES[1]][picks],
        compute.sides(choices, bundle)[picks],
        rows,
        compute.sample_texts(choices, rows),
        subtitle=f"{within(choices, bundle)}. Right: every member is unsure. Up: the members are "
        f"sure of different classes.{difficulty_words.drawn(len(picks), known)}",
        palette=palette,
    )


def _undefined(number: int) -> str:
    return f", {count(number)} without a value left out" if number else ""

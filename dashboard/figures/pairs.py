"""Pairs of models: the matrix of a measure, the samples behind it, and the map of the models."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.measure import Measure
from dashboard import compute, pair_measures
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import matrix
from dashboard.plots.model_map import model_map as plot_model_map
from dashboard.theme import Palette


def pair_matrix(
    choices: Choices, bundle: Bundle, measure: Measure, pool: Sequence[str], palette: Palette
) -> go.Figure | str:
    """Heatmap of a pair measure."""
    found = compute.pairs(bundle, pool, measure, choices.missing)
    open_ended = "" if None not in measure.bounds else " It has no limit: colours span the data."
    return matrix.pair_heatmap(
        found["matrix"],
        found["n"],
        pool,
        found["order"],
        label=measure.label,
        bounds=measure.bounds,
        symmetric=measure.symmetric,
        undefined=measure.undefined,
        low=found["low"],
        high=found["high"],
        joins=found["joins"],
        title=pair_measures.matrix_title(measure),
        subtitle=f"{measure.label}, {within(choices, bundle)}.{pair_measures.direction(measure)}"
        f"{open_ended}",
        palette=palette,
    )


def pair_counts(
    choices: Choices, bundle: Bundle, measure: Measure, pool: Sequence[str], palette: Palette
) -> go.Figure | str:
    """How many samples stand behind each pair."""
    found = compute.pairs(bundle, pool, measure, choices.missing)
    return matrix.pair_counts(
        found["n"],
        pool,
        found["order"],
        subtitle=f"Samples on which both can be compared, {within(choices, bundle)}.",
        palette=palette,
    )


def model_map(
    choices: Choices, bundle: Bundle, measure: Measure, pool: Sequence[str], palette: Palette
) -> go.Figure | str:
    """Models as points, near ones are alike."""
    found = compute.pairs(bundle, pool, measure, choices.missing)
    info = bundle.model_info.get("family")
    families = {} if info is None else dict(zip(bundle.models, info, strict=True))
    members = set(choices.ensemble.members)
    return plot_model_map(
        found["coordinates"],
        pool,
        [str(families.get(model) or "") for model in pool],
        np.array([model in members for model in pool]),
        found["explained"],
        title=pair_measures.map_title(found["basis"]),
        subtitle=f"Distances: {pair_measures.distance_words(found['basis'])}, "
        f"{within(choices, bundle)}. Ringed: members.{_left_out(found)}",
        palette=palette,
    )


def _left_out(found: dict) -> str:
    number = int(np.isnan(found["coordinates"][:, 0]).sum())
    if not number:
        return ""
    who = "1 model" if number == 1 else f"{number} models"
    are = "is" if number == 1 else "are"
    return f" {who} without {pair_measures.label_within(found['basis'])} {are} left out."

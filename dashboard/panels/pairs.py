"""Pairs of models: the matrix of a measure, the samples behind it, and the map of the models."""

from collections.abc import Sequence

import numpy as np

from analysis.measure import Measure
from dashboard import compute, pair_measures, state
from dashboard.figures import pairs as build
from dashboard.panels.drawing import chart, palette, pick_models, select_within
from dashboard.plots import matrix
from dashboard.state import Choices
from dashboard.theme import markdown


def pair_matrix(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """Heatmap of a pair measure; picking a cell selects the samples on which the two differ."""
    figure = build.pair_matrix(choices, compute.scope(choices, panel), measure, pool, palette())
    chart(figure, panel, "Matrix of model pairs", _pick_pair, choices, tuple(pool))


def pair_counts(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """How many samples stand behind each pair; picking a cell does what it does in the matrix."""
    figure = build.pair_counts(choices, compute.scope(choices, panel), measure, pool, palette())
    chart(figure, panel, "Samples behind each pair", _pick_pair, choices, tuple(pool))


def _pick_pair(points, panel: str, choices: Choices, pool: tuple[str, ...]) -> None:
    pairs = tuple(
        (pool[first], pool[second]) for first, second in matrix.decode_pairs(points, len(pool))
    )
    if not pairs:
        return
    rows = compute.differing(choices.bundle, choices.bundle.fingerprint, pairs, choices.missing)
    state.put("pair", pairs[-1])
    state.pick_models(pairs[-1], panel)
    first, second = (markdown(name) for name in pairs[-1])
    more = f" (and {len(pairs) - 1} more pairs)" if len(pairs) > 1 else ""
    select_within(rows, panel, f"{first} and {second} answer differently{more}")


def model_map(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """Models as points, near ones are alike."""
    figure = build.model_map(choices, compute.scope(choices, panel), measure, pool, palette())
    chart(figure, panel, "Map of the models", pick_models, tuple(pool))


def _left_out(found: dict) -> str:
    number = int(np.isnan(found["coordinates"][:, 0]).sum())
    if not number:
        return ""
    who = "1 model" if number == 1 else f"{number} models"
    are = "is" if number == 1 else "are"
    return f" {who} without {pair_measures.label_within(found['basis'])} {are} left out."

"""Pairs of models: the matrix of a measure, the samples behind it, and the map of the models."""

from collections.abc import Sequence

import numpy as np

from analysis.measure import Measure
from dashboard import compute, pair_measures, state
from dashboard.panels.drawing import chart, palette, pick_models, select_within, within
from dashboard.plots import matrix
from dashboard.plots.model_map import model_map as plot_model_map
from dashboard.state import Choices
from dashboard.theme import markdown


def pair_matrix(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """Heatmap of a pair measure; picking a cell selects the samples on which the two differ."""
    bundle = compute.scope(choices, panel)
    found = compute.pairs(bundle, pool, measure, choices.missing)
    open_ended = "" if None not in measure.bounds else " It has no limit: colours span the data."
    figure = matrix.pair_heatmap(
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
        subtitle=f"{measure.label}, {within(choices, panel)}.{pair_measures.direction(measure)}"
        f"{open_ended}",
        palette=palette(),
    )
    chart(figure, panel, "Matrix of model pairs", _pick_pair, choices, tuple(pool))


def pair_counts(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """How many samples stand behind each pair; picking a cell does what it does in the matrix."""
    bundle = compute.scope(choices, panel)
    found = compute.pairs(bundle, pool, measure, choices.missing)
    figure = matrix.pair_counts(
        found["n"],
        pool,
        found["order"],
        subtitle=f"Samples on which both can be compared, {within(choices, panel)}.",
        palette=palette(),
    )
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
    bundle = compute.scope(choices, panel)
    found = compute.pairs(bundle, pool, measure, choices.missing)
    info = bundle.model_info.get("family")
    families = {} if info is None else dict(zip(bundle.models, info, strict=True))
    members = set(choices.ensemble.members)
    figure = plot_model_map(
        found["coordinates"],
        pool,
        [str(families.get(model) or "") for model in pool],
        np.array([model in members for model in pool]),
        found["explained"],
        title=pair_measures.map_title(found["basis"]),
        subtitle=f"Distances: {pair_measures.distance_words(found['basis'])}, "
        f"{within(choices, panel)}. Ringed: members.{_left_out(found)}",
        palette=palette(),
    )
    chart(figure, panel, "Map of the models", pick_models, tuple(pool))


def _left_out(found: dict) -> str:
    number = int(np.isnan(found["coordinates"][:, 0]).sum())
    if not number:
        return ""
    who = "1 model" if number == 1 else f"{number} models"
    are = "is" if number == 1 else "are"
    return f" {who} without {pair_measures.label_within(found['basis'])} {are} left out."

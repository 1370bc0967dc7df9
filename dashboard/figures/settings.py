"""Accuracies of models in two settings, without single samples."""

import numpy as np
import plotly.graph_objects as go

from analysis.accuracies import AccuracyTable
from dashboard import compute, setting_words
from dashboard.plots.settings import setting_scatter
from dashboard.theme import Palette

FIRST = ("val", "validation", "test", "clean", "original", "id", "in_distribution", "imagenet")
NOBODY = "No model was measured in both of these settings. Choose another pair."


def opening_settings(table: AccuracyTable) -> tuple[str, str]:
    """A plain test set first, if one is called so, and the one that most models share with it."""
    measured = table.measured
    most = int(measured.sum(0).argmax())
    names = {setting.lower().replace(" ", "_"): setting for setting in reversed(table.settings)}
    first = next((names[name] for name in FIRST if name in names), table.settings[most])
    place = table.settings.index(first)
    shared = (measured & measured[:, [place]]).sum(0)
    shared[place] = -1
    return first, table.settings[int(shared.argmax())]


def telling_columns(table: AccuracyTable) -> list[str]:
    """What is known of the models and not the same for all."""
    return [name for name, values in table.model_info.items() if _tells(values)]


def _tells(values: np.ndarray) -> bool:
    return len({value for value in values.tolist() if value is not None and value == value}) > 1


def two_settings(
    table: AccuracyTable, x: str, y: str, colour: str | None, palette: Palette
) -> go.Figure | str:
    """Every model that was measured in both settings, with those that none beats."""
    found = compute.setting_pair(table, x, y)
    rows = np.flatnonzero(found["both"])
    if not len(rows):
        return NOBODY
    return setting_scatter(
        found["accuracy"][rows],
        found["low"][rows],
        found["high"][rows],
        found["n"][rows] if "n" in found else None,
        found["front"][rows],
        [table.models[row] for row in rows.tolist()],
        (x, y),
        colour=None if colour is None else table.model_info[colour][rows],
        colour_name=colour or "",
        subtitle=setting_words.settings_subtitle(found),
        palette=palette,
    )

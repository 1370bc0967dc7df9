"""Confidence of the members and of their ensemble, as figures."""

import numpy as np
import streamlit as st

from dashboard import compute, state
from dashboard.figures import calibration as build
from dashboard.figures.calibration import names_and_roles
from dashboard.panels.drawing import chart, palette, pick_models, select_within
from dashboard.plots import calibration as plots
from dashboard.state import Choices
from dashboard.theme import markdown, shortened


def pick_raised(choices: Choices, found: dict[str, np.ndarray]) -> int:
    """The row of the model whose curve is drawn strong; the ensemble unless it has none."""
    names, _ = names_and_roles(choices)
    known = build.confident(choices, found)
    if state.get("reliability-of") not in known:
        state.put("reliability-of", known[0])
    return st.selectbox(
        "Raised curve",
        known,
        format_func=lambda row: shortened(names[row], 60),
        help="Its bins have intervals, and the bars below count its samples.",
        **state.widget("reliability-of"),
    )


def reliability(choices: Choices, raised: int, panel: str) -> None:
    """Accuracy against confidence; picking a bin selects its samples."""
    figure = build.reliability(choices, compute.scope(choices, panel), raised, palette())
    chart(figure, panel, "Accuracy against confidence", _pick_bin, choices)


def _pick_bin(points, panel: str, choices: Choices) -> None:
    names, _ = names_and_roles(choices)
    bins = compute.CALIBRATION_BINS
    rows, parts, members = np.empty(0, dtype=np.int64), [], choices.ensemble.members
    for row, place in plots.decode_bins(points, len(names), bins):
        rows = np.union1d(rows, np.flatnonzero(compute.confidence_bins(choices, row) == place))
        said = f"{100 * place / bins:.0f} to {100 * (place + 1) / bins:.0f} %"
        parts.append(f"{markdown(names[row])} says {said}")
    picked = plots.decode_bins(points, len(members), bins)
    state.pick_models([members[row] for row, _ in picked], panel)
    select_within(rows, panel, "; ".join(parts))


def calibration_errors(choices: Choices, panel: str) -> None:
    """Calibration error of every member and of the ensemble with 95 % intervals."""
    bundle = compute.scope(choices, panel)
    figure = build.calibration_errors(choices, bundle, palette())
    known = np.flatnonzero(compute.reliability_beside(choices, bundle)["n"] > 0)
    drawn = [names_and_roles(choices)[0][row] for row in known.tolist()]
    title = "Calibration error of the models and of the ensemble"
    chart(figure, panel, title, pick_models, tuple(drawn))


def temperatures(choices: Choices, found: dict, panel: str) -> None:
    """Calibration error before and after a temperature, on samples held out."""
    figure = build.temperatures(found, palette())
    chart(figure, panel, "Calibration error before and after a temperature")

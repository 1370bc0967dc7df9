"""Confidence of the members and of their ensemble, as figures."""

import numpy as np
import streamlit as st

from dashboard import compute, state
from dashboard.panels.drawing import chart, palette, pick_models, select_within, within
from dashboard.panels.teams import roles_of
from dashboard.plots import calibration as plots
from dashboard.plots.models import CALIBRATION_ERROR, model_dots
from dashboard.state import Choices
from dashboard.theme import count, markdown, shortened


def names_and_roles(choices: Choices) -> tuple[list[str], list[str]]:
    """The members, their ensemble and those beside it, with what each of them is."""
    members, slots = choices.ensemble.members, compute.slots(choices)
    names = [*members, choices.label, *slots]
    roles = [*roles_of(choices, members), "ensemble"]
    return names, roles + [f"beside/{slot}" for slot in slots.values()]


def pick_raised(choices: Choices, found: dict[str, np.ndarray]) -> int:
    """The row of the model whose curve is drawn strong; the ensemble unless it has none."""
    names, _ = names_and_roles(choices)
    members = len(choices.ensemble.members)
    known = np.flatnonzero(found["n"] > 0).tolist()
    known.sort(key=lambda row: (row < members, row if row >= members else -row))
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
    bundle = compute.scope(choices, panel)
    found = compute.reliability_beside(choices, bundle)
    names, roles = names_and_roles(choices)
    figure = plots.reliability(
        names,
        found,
        roles,
        raised,
        beside=compute.slots(choices),
        subtitle=f"{within(choices, panel)}. Below the dashed line: over-confident. Above: "
        "under-confident. Click a bin to select its samples.",
        palette=palette(),
    )
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
    found = compute.reliability_beside(choices, bundle)
    names, roles = names_and_roles(choices)
    known = np.flatnonzero(found["n"] > 0)
    drawn = [names[row] for row in known.tolist()]
    figure = model_dots(
        drawn,
        *(found[part][known] for part in ("ece", "ece_low", "ece_high", "n")),
        [roles[row] for row in known.tolist()],
        CALIBRATION_ERROR,
        beside=compute.slots(choices),
        subtitle=f"{within(choices, panel)}. Best member: the most accurate one"
        f"{_silent(len(names) - len(known))}.",
        palette=palette(),
    )
    title = "Calibration error of the models and of the ensemble"
    chart(figure, panel, title, pick_models, tuple(drawn))


def _silent(number: int) -> str:
    return f"; {number} without confidence left out" if number else ""


def temperatures(choices: Choices, found: dict, panel: str) -> None:
    """Calibration error before and after a temperature, on samples held out."""
    figure = plots.temperatures(
        found["models"],
        found["temperature"],
        found["ece_before"],
        found["ece_after"],
        found["pooled"],
        subtitle=f"Judged on {count(found['n_held_out'])} samples that were held out; "
        "diamonds: means of the members.",
        palette=palette(),
    )
    chart(figure, panel, "Calibration error before and after a temperature")

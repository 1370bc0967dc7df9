"""A figure with its picks, and what every panel says of the selection.

A panel never changes its own figure on its own pick (Streamlit would mount it anew and lose the
mark and the zoom): `compute.scope` gives it what it showed then, and the others the selection.
"""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from dashboard import state, words
from dashboard.panels import exporting
from dashboard.plots.models import decode_models
from dashboard.sessions.making import both
from dashboard.sessions.session import Predicate
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT, Palette, shortened

LONGEST_ALT = 300
CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "modeBarButtonsToRemove": ["autoScale2d"],
}


def palette() -> Palette:
    """The colours of the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def chart(
    figure: go.Figure | str,
    panel: str,
    alt: str,
    pick: Callable | None = None,
    *args,
    modes: str | Sequence[str] = "points",
    brush: Callable | None = None,
) -> None:
    """A figure; with `pick`, a click calls pick(points, panel, *args) before the page reruns.

    With `brush`, a box or lasso calls brush(selection, panel, *args) instead, also when it is
    taken away: the selection is empty then. Below the figure is a menu that exports it. A sentence
    instead of a figure says why there is none.
    """
    if isinstance(figure, str):
        st.info(figure)
        return
    config = CONFIG | {
        "toImageButtonOptions": {"format": "svg", "filename": f"dissensus-{panel}"},
    }
    key, alt = state.panel_key(panel), shortened(alt, LONGEST_ALT)
    if pick is None:
        st.plotly_chart(figure, key=key, config=config, alt=alt)
    else:
        st.plotly_chart(
            figure,
            key=key,
            config=config,
            alt=alt,
            on_select=lambda: _picked(key, panel, pick, args, brush),
            selection_mode=modes,
        )
    exporting.offer(panel, lambda: figure)


def _picked(
    key: str, panel: str, pick: Callable, args: Sequence, brush: Callable | None = None
) -> None:
    event = state.event(key).get("selection", {})
    points, outlined = event.get("points", []), event.get("box") or event.get("lasso")
    current = state.selection()
    if brush is not None and (outlined or not points):
        brush(event if outlined else {}, panel, *args)
    elif points:
        state.pick_models((), panel)
        pick(points, panel, *args)
    elif state.picked_models(panel) and (current is None or current.source != panel):
        state.pick_models((), panel)
    else:
        state.unpick(panel)


def pick_models(points, panel: str, names: Sequence[str]) -> None:
    """The marks of a figure stand for these models; the bar offers to add or remove them."""
    rows = decode_models(points, len(names))
    state.pick_models([names[row] for row in rows], panel)


def within(choices: Choices, panel: str) -> str:
    """How many samples the figure of a panel is about, in words."""
    current = state.narrowing(panel)
    total = len(choices.bundle.ids)
    return words.within(None if current is None else len(current.positions), total)


def places(panel: str) -> np.ndarray | None:
    """Rows of the samples that a panel looks at; None: it looks at all."""
    current = state.narrowing(panel)
    return None if current is None else current.positions


def select_within(
    rows: np.ndarray, panel: str, description: str, predicate: Predicate = ()
) -> None:
    """Select rows of a panel that was drawn for the selection only; nothing found changes nothing.

    What the figure counted inside the selection is what a pick in it has to give. The predicate
    says which conditions the rows meet, so that a session can find them in other data.
    """
    current = state.narrowing(panel)
    if current is not None:
        rows = np.intersect1d(rows, current.positions)
        description = words.nested(description, current.description)
        predicate = both(predicate, current.predicate)
    if len(rows):
        state.select(rows, panel, description, predicate, current)

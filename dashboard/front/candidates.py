"""The front itself: projections, marked candidates, the table."""

import streamlit as st

from dashboard import (
    brush,
    compute,
    controls,
    front_group_words,
    front_tables,
    front_words,
    panels,
    state,
)
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.front import searching
from dashboard.state import Choices

LOSSES = {"log_loss", "jensen_gap"}


def show(choices: Choices, asked: Setting, found: Candidates) -> None:
    """Two axes at a time, what marked candidates share, and the front as a table."""
    left, right = st.columns(2)
    with left:
        panels.projection(choices, asked, found, (1, 0), "front-diversity")
    with right:
        panels.projection(choices, asked, found, (2, 0), "front-consistency")
    left, right = st.columns(2)
    with left:
        panels.projection(choices, asked, found, (1, 2), "front-both")
    with right:
        _marked(asked, found)
    if {axis.name for axis in asked.axes} >= LOSSES:
        panels.equal_losses(choices, asked, found, "front-losses")
    if len(asked.axes) > 3:
        panels.in_parallel(found, "front-parallel")
    if st.toggle("The three axes in space", **state.widget("front-space", False)):
        panels.in_space(choices, asked, found, "front-space-plot")
    _table(asked, found)


def _marked(asked: Setting, found: Candidates) -> None:
    known = brush.marked(found.key)
    if known is None:
        st.info(
            "Mark candidates with a box or a lasso in a plot: here is then shown which members "
            "they share and which samples they correct. A click on one makes it the active "
            "ensemble."
        )
        return
    rows, _ = known
    shares, samples, number, best = compute.brushed(asked, found, rows)
    st.markdown(front_group_words.brushed(len(rows), len(samples), number, best))
    with st.container(horizontal=True):
        if len(samples):
            st.button(
                f"Select these {front_words.counted(len(samples), 'sample')}",
                on_click=panels.select_corrected,
                args=(samples, len(rows)),
            )
        st.button("Unmark", on_click=brush.clear)
    panels.shared_models(found, shares, len(rows), "front-shared")


def _table(asked: Setting, found: Candidates) -> None:
    front = compute.front_of(found)
    if not len(front.rows):
        return
    st.markdown("##### Candidates on the front")
    chances = searching.background(
        f"chances/{found.key}",
        lambda report: compute.chances(asked, found, report),
        "How sure is the front? Draw the samples anew "
        f"({front_group_words.seconds(compute.expected_chances(asked, found))})",
    )
    table = front_tables.front(found, front, chances)
    shares = [axis.label.lower() for axis in found.axes if axis.share]
    shares += [front_tables.elsewhere(found)] * found.axes[0].share
    controls.table(table, "Candidates on the front", shares, height=320)
    controls.download(table, "front.csv")
    if chances is not None:
        st.caption(front_group_words.chances(found, front, chances))

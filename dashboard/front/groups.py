"""One front per level of the chosen grouping."""

import streamlit as st

from dashboard import compute, controls, front_group_words, front_tables, front_words, panels
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.front import searching
from dashboard.state import Choices


def show(choices: Choices, asked: Setting, found: Candidates) -> None:
    """Hypervolumes per group, and where the active ensemble stands in each."""
    column = choices.grouping
    if column is None or column not in asked.pool.groups:
        st.info("There is no grouping to look at one by one. Choose one in the sidebar.")
        return
    active = compute.active_row(choices, asked, found)
    levels = asked.pool.groups[column].levels
    seconds = compute.expected_groups(asked, found)
    table = searching.background(
        f"groups/{column}/{active}/{found.key}",
        lambda report: compute.fronts_by_group(asked, found, column, active, report),
        f"Make the fronts ({front_group_words.seconds(seconds)})",
        at_once=seconds <= searching.UNASKED,
    )
    if table is None:
        return
    st.markdown(front_group_words.groups_sentence(column, levels, table))
    if not len(table["n"]):
        return
    panels.group_volumes(choices, found, table, column, "front-groups")
    frame = front_tables.groups(table, levels, column, front_words.inside(found.axes[0]))
    controls.table(frame, f"Fronts by {column}")
    controls.download(frame, "front-by-group.csv")
    st.caption(front_group_words.groups_note(found, table, len(levels), active is not None))

"""Samples as a paged table, one sample in full, and the selection as CSV."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import compute, panels, state, table_panel, tables
from dashboard.state import Choices
from dashboard.theme import count, markdown

PAGE = 25
MOST_MEMBERS = 12
ORDERS = {
    "file": "as loaded",
    "hard": "fewest members right first",
    "split": "most different answers first",
}


def ordered(choices: Choices) -> np.ndarray:
    """Rows to show: the selection or all samples, in the order asked for."""
    bundle, current = choices.bundle, state.selection()
    rows = np.arange(len(bundle.ids)) if current is None else current.positions
    order = st.selectbox(
        "Order",
        list(ORDERS),
        format_func=ORDERS.get,
        width=280,
        **state.widget("sample-order", "file"),
    )
    if order == "hard":
        key = compute.outcome_table(choices, bundle)["members_right"][rows]
        return rows[np.argsort(key, kind="stable")]
    if order == "split":
        key = -compute.different_answers(bundle, choices.ensemble.members)[rows]
        return rows[np.argsort(key, kind="stable")]
    return rows


def page_of(positions: np.ndarray) -> np.ndarray:
    """The rows of the current page, with buttons to turn it."""
    pages = max(1, -(-len(positions) // PAGE))
    page = min(state.get("page", 0), pages - 1)
    first, last = page * PAGE + 1, min((page + 1) * PAGE, len(positions))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Previous", disabled=page == 0, on_click=state.put, args=("page", page - 1))
        st.button("Next", disabled=page + 1 >= pages, on_click=state.put, args=("page", page + 1))
        st.caption(
            f"{count(first)} to {count(last)} of {count(len(positions))} samples"
            if len(positions)
            else "no sample"
        )
    return positions[first - 1 : last]


def show(choices: Choices, page: np.ndarray) -> int | None:
    """The table of one page; returns the row that was opened."""
    members = choices.ensemble.members[:MOST_MEMBERS]
    frame = _frame(choices, page, members, marked=True)
    settings = {
        tables.add_pictures(frame, choices.bundle, page): st.column_config.ImageColumn(
            "image", width="small"
        ),
        tables.add_texts(frame, choices.bundle, page): st.column_config.TextColumn(width="large"),
    }
    settings.pop(None, None)
    st.caption(
        "A tick is right, a cross wrong; in brackets the confidence of a model, or for a vote the "
        "share of members that agree."
    )
    hidden = len(choices.ensemble.members) - len(members)
    if hidden > 0:
        st.caption(
            f"The first {MOST_MEMBERS} members are shown; all {len(choices.ensemble.members)} "
            "are in the opened sample and in the CSV."
        )
    event = st.dataframe(
        tables.coloured(frame, panels.palette()),
        hide_index=True,
        column_config=settings,
        on_select="rerun",
        selection_mode="single-row",
        key=f"samples/{hash(page.tobytes())}",
        height=35 * (len(page) + 1) + 3,
        alt="Samples",
    )
    rows = event["selection"]["rows"]
    return int(page[rows[0]]) if rows and rows[0] < len(page) else None


def _frame(
    choices: Choices, positions: np.ndarray, members: tuple[str, ...], *, marked: bool
) -> pd.DataFrame:
    bundle = choices.bundle
    confidences = compute.confidences(bundle, members)
    table = compute.outcome_table(choices, bundle)
    return tables.samples(bundle, positions, members, table, confidences, marked=marked)


def download(choices: Choices, positions: np.ndarray) -> None:
    """The whole selection, every member, as a file."""
    table_panel.offer(
        lambda: _frame(choices, positions, choices.ensemble.members, marked=False),
        "samples.csv",
        f"Download these {count(len(positions))} samples as CSV",
        "download-samples",
    )


def detail(choices: Choices, position: int) -> None:
    """One sample in full."""
    bundle, members = choices.bundle, choices.ensemble.members
    st.markdown(f"##### Sample {markdown(bundle.ids[position])}")
    left, right = st.columns([1, 2])
    with left:
        if bundle.thumbnails is not None:
            st.image(tables.thumbnails(bundle.thumbnails[[position]], height=220)[0])
        text = tables.text_of(bundle)
        if text is not None:
            st.text(str(bundle.attributes[text][position]))
        if bundle.attributes:
            st.dataframe(tables.attributes_of(bundle, position), hide_index=True, alt="Attributes")
    with right:
        confidences = compute.confidences(bundle, members)
        frame = tables.answers_of(bundle, position, members, confidences)
        st.dataframe(
            tables.coloured(frame, panels.palette()),
            hide_index=True,
            alt="What every member said",
            column_config={
                name: st.column_config.NumberColumn(name, format="%.3f")
                for name in ("confidence", "probability of the label")
            },
        )

"""Lists of samples; ticking rows selects them."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import compute, difficulty_words, doubt_tables, state, tables
from dashboard.panels.drawing import select_within
from dashboard.state import Choices
from dashboard.theme import count, markdown, unescaped

MOST_ROWS = 200
ROW, HEAD, TALLEST = 35, 38, 420


def suspects(choices: Choices, found: dict, panel: str) -> None:
    """Labels that may be wrong, most suspicious first."""
    current = state.narrowing(panel)
    here = np.arange(len(found["rows"]))
    if current is not None:
        here = np.flatnonzero(np.isin(found["rows"], current.positions))
    if not len(here):
        st.caption("No label of these samples looks wrong to the members.")
        return
    rows = found["rows"][here]
    st.button(
        f"Select all {count(len(rows))}",
        on_click=select_within,
        args=(rows, panel, "labels that may be wrong"),
        key="select-suspects",
    )
    shown = here[:MOST_ROWS]
    _ticked(
        choices,
        doubt_tables.suspects(choices.bundle, found, shown),
        found["rows"][shown],
        panel,
        "labels that may be wrong, ticked",
    )
    if len(here) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} are listed.")


def discrepant(choices: Choices, pool: tuple[str, ...], panel: str) -> None:
    """The samples that tell the pair apart best that was picked last in the matrix."""
    first, second = state.get("pair") or (None, None)
    if first not in pool or second not in pool:
        return
    bundle = compute.scope(choices, panel)
    found = compute.discrepant_samples(bundle, bundle.fingerprint, first, second)
    names = f"{markdown(first)} and {markdown(second)}"
    st.markdown(f"##### What tells {names} apart best")
    st.caption(difficulty_words.discrepant(found["n"], len(found["rows"]), found["note"]))
    if len(found["rows"]):
        current = state.narrowing(panel)
        rows = found["rows"] if current is None else current.positions[found["rows"]]
        table = doubt_tables.discrepant(choices.bundle, (first, second), found | {"rows": rows})
        _ticked(choices, table, rows, panel, f"what tells {names} apart, ticked")


def _ticked(
    choices: Choices, table: pd.DataFrame, rows: np.ndarray, panel: str, description: str
) -> None:
    """A table of samples; ticks in it are the selection."""
    settings = {
        tables.add_pictures(table, choices.bundle, rows): st.column_config.ImageColumn(
            "image", width="small"
        ),
        tables.add_texts(table, choices.bundle, rows): st.column_config.TextColumn(width="large"),
    }
    settings.pop(None, None)
    for name in table.select_dtypes("number"):
        settings[name] = st.column_config.NumberColumn(
            name, format="%.2f", width="small", help=doubt_tables.SAMPLE_TERMS.get(name)
        )
    key = f"{state.panel_key(panel)}/{hash(rows.tobytes())}"
    st.dataframe(
        table,
        hide_index=True,
        column_config=settings,
        on_select=lambda: _pick_rows(key, panel, rows, description),
        selection_mode="multi-row",
        key=key,
        height=min(ROW * len(table) + HEAD, TALLEST),
        alt=unescaped(description),
    )


def _pick_rows(key: str, panel: str, rows: np.ndarray, description: str) -> None:
    ticked = state.event(key).get("selection", {}).get("rows", [])
    if ticked:
        state.select(rows[ticked], panel, description, inside=state.narrowing(panel))
    else:
        state.unpick(panel)

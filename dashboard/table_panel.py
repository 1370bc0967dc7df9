"""Saving a table: as CSV at once, or in another format with chosen digits and intervals."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import state
from dashboard.table_files import FORMATS, to_csv, without_intervals

DIGITS = {"usual": "As usual", "all": "All", "2": "2", "3": "3", "4": "4", "6": "6"}
# The browser places an opening menu once, by its height of that moment.
ROOM = 260
HELP = {
    "digits": "Significant digits of numbers. As usual: all of them in CSV and Parquet, three in "
    "Markdown and LaTeX. Cells that are texts stay as they are on the screen.",
    "intervals": "Columns and brackets that hold the ends of 95 % intervals.",
}


@st.fragment
def offer(make: Callable[[], pd.DataFrame], name: str, label: str, key: str) -> None:
    """Buttons that save a table; it is made when one is pressed.

    Args:
        make: gives the table.
        name: of the file, with the ending .csv.
        label: of the button that saves it as CSV at once.
        key: of that button.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            label,
            data=lambda: to_csv(make()),
            file_name=name,
            mime="text/csv",
            on_click="ignore",
            key=key,
        )
        menu = st.popover("Other formats", type="tertiary", on_change="rerun", key=f"{key}/menu")
    if menu.open:
        with menu:
            _menu(make, name, key)
    else:
        menu.space(ROOM)


def _menu(make: Callable[[], pd.DataFrame], name: str, key: str) -> None:
    chosen = st.segmented_control(
        "Format",
        list(FORMATS),
        wrap=True,
        required=True,
        **state.picker(f"{key}/format", _kept("table-format", FORMATS), state.put, "table-format"),
    )
    digits = st.segmented_control(
        "Digits",
        list(DIGITS),
        wrap=True,
        format_func=DIGITS.get,
        required=True,
        help=HELP["digits"],
        **state.picker(f"{key}/digits", _kept("table-digits", DIGITS), state.put, "table-digits"),
    )
    kept = bool(state.get("table-intervals", True))
    intervals = st.toggle(
        "With intervals",
        help=HELP["intervals"],
        **state.picker(f"{key}/intervals", kept, state.put, "table-intervals"),
    )
    ending, kind, write = FORMATS[chosen]
    settings = {} if digits == "usual" else {"digits": None if digits == "all" else int(digits)}
    st.download_button(
        f"Download as {chosen}" if chosen != "CSV" else "Download",
        data=lambda: write(make() if intervals else without_intervals(make()), **settings),
        file_name=str(Path(name).with_suffix(f".{ending}")),
        mime=kind,
        on_click="ignore",
        key=f"{key}/download",
    )


def _kept(name: str, options) -> str:
    kept = state.get(name)
    return kept if kept in options else next(iter(options))

"""One slice: what it is in words, what stands out in it, and a few of its samples."""

import numpy as np
import streamlit as st

from dashboard import panels, sample_table, slice_words, state
from dashboard.compute import SlicesAsked
from dashboard.state import Choices
from dashboard.theme import markdown, shortened

FEW = 8
LONGEST = 120


def show(choices: Choices, asked: SlicesAsked, found: dict) -> None:
    """One slice: what it is in words, what stands out in it, and a few of its samples."""
    key, row = state.get(panels.SLICE_SHOWN, ("", 0))
    row = row if key == asked.key and row < len(found["rows"]) else 0
    names = [
        shortened(slice_words.slice_name(own, escaped=False), LONGEST)
        for own in found["conditions"]
    ]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.selectbox(
            "Slice",
            range(len(names)),
            format_func=lambda place: f"{place + 1}: {names[place]}",
            **state.picker(f"widget/{panels.SLICE_SHOWN}", row, _show, asked.key),
        )
        st.button(
            "Select its samples",
            on_click=panels.select_slice,
            args=(row, "slice-chosen", asked.key, found),
            key="select-slice",
        )
    more = slice_words.SCORES[asked.score.name].more
    st.markdown(slice_words.about(found, row, more))
    st.markdown(slice_words.standing_out(found["standing_out"][row]))
    rows, scores = found["rows"][row], asked.scores.cpu().numpy()
    sign = int(found["sign"][row])
    order = np.argsort(-np.nan_to_num(sign * scores[rows], nan=-np.inf), kind="stable")
    few = rows[order[:FEW]]
    st.markdown(f"**{len(few)} of its samples**, those with the {_most(sign, more)} first")
    opened = sample_table.show(choices, few)
    if opened is not None:
        sample_table.detail(choices, opened)


def _most(sign: int, more: str) -> str:
    return f"{'most' if sign > 0 else 'least'} {markdown(more)}"


def _show(key: str, row: int) -> None:
    state.put(panels.SLICE_SHOWN, (key, row))

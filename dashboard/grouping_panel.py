"""The grouping in the sidebar: which one figures are broken down by, and making others."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import made_groups, state
from dashboard.theme import label, markdown, spelt

HELP = {
    "grouping": "Which subpopulations the figures are broken down by.",
    "make": "Groups of any column, ranges of a number, or every combination of two or three "
    "groupings. Kept until other data are opened.",
    "slice": "The selected samples become a group that all pages can be broken down by; all "
    "other samples are outside.",
}
ONE = "One value a cell"
KINDS = ("A column", "Ranges of a number", "A crossing")


def show(opened: Bundle) -> None:
    """Choose a grouping, or make one."""
    if opened.groups:
        st.selectbox(
            "Grouping",
            list(opened.groups),
            format_func=spelt,
            help=HELP["grouping"],
            **state.widget("grouping"),
        )
    if not opened.attributes and len(opened.groups) < 2:
        return
    with st.popover("Make a grouping", width="stretch"):
        st.caption(HELP["make"])
        kind = st.segmented_control(
            "Made of",
            KINDS,
            wrap=True,
            required=True,
            label_visibility="collapsed",
            **state.widget("grouping-kind", KINDS[0]),
        )
        {KINDS[0]: _column, KINDS[1]: _ranges, KINDS[2]: _crossing}[kind](opened)
        if made_groups.problem():
            st.caption(markdown(made_groups.problem(), 400))
        for name in made_groups.made():
            st.button(
                f"Forget {label(name)}",
                key=f"forget-grouping/{name}",
                on_click=made_groups.remove,
                args=(name,),
            )


def _column(opened: Bundle) -> None:
    columns = list(opened.attributes)
    if not columns:
        st.caption("The samples have no columns.")
        return
    column = st.selectbox("Column", columns, format_func=spelt, **_kept("grouping-column", columns))
    mark = st.selectbox(
        "Values in a cell",
        (ONE, *made_groups.SEPARATORS),
        format_func=lambda sign: sign if sign == ONE else f"Several, separated by {sign}",
        **state.widget("grouping-mark", ONE),
    )
    st.button(
        "Group by it",
        key="group-column",
        on_click=made_groups.of_column,
        args=(column, "" if mark == ONE else mark),
    )


def _ranges(opened: Bundle) -> None:
    columns = made_groups.numeric(opened)
    if not columns:
        st.caption("No column holds numbers that differ.")
        return
    column = st.selectbox("Number", columns, format_func=spelt, **_kept("grouping-number", columns))
    ways = ("Equally many samples", "Cut at numbers")
    way = st.radio("Ranges", ways, **state.widget("grouping-way", ways[0]))
    if way == ways[0]:
        parts = st.number_input("Ranges", 2, 20, **state.widget("grouping-parts", 4))
        call = (made_groups.of_parts, (column, int(parts)))
    else:
        text = st.text_input(
            "Cut at", placeholder="10, 20, 50", **state.widget("grouping-edges", "")
        )
        call = (made_groups.of_edges, (column, text))
    st.button("Cut", key="group-ranges", on_click=call[0], args=call[1])


def _crossing(opened: Bundle) -> None:
    names = list(opened.groups)
    if len(names) < 2:
        st.caption("It takes two groupings to cross them.")
        return
    chosen = [name for name in state.get("grouping-crossed") or [] if name in names]
    state.put("grouping-crossed", chosen)
    columns = st.multiselect(
        "Two or three groupings",
        names,
        format_func=spelt,
        max_selections=made_groups.MOST_CROSSED,
        **state.widget("grouping-crossed", []),
    )
    st.button(
        "Cross them",
        key="group-crossing",
        disabled=len(columns) < 2,
        on_click=made_groups.of_columns,
        args=(tuple(columns),),
    )


def _kept(key: str, options: list[str]) -> dict:
    if state.get(key) not in options:
        state.put(key, options[0])
    return state.widget(key, options[0])


def save_slice() -> None:
    """A name for the selection, which makes it a group."""
    with st.popover("Save as slice"):
        st.caption(HELP["slice"])
        name = st.text_input("Name of the slice", max_chars=made_groups.LONGEST, key="slice-name")
        st.button("Save", key="save-slice", on_click=made_groups.of_selection, args=(name,))
        if made_groups.problem():
            st.caption(markdown(made_groups.problem(), 400))

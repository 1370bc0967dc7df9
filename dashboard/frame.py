"""What frames every page: the look, the sidebar with the global choices, the selection bar."""

import streamlit as st

from analysis.rules import RULES
from dashboard import state, words
from dashboard.theme import count, markdown

MISSING_LABELS = {
    "exclude": "Leave missing answers out",
    "wrong": "Count missing answers as wrong",
}
HELP = {
    "members": "The models that the active ensemble combines.",
    "rule": "How the members' answers become one. "
    + " ".join(f"{rule.label}: {rule.summary}" for rule in RULES.values()),
    "grouping": "Which subpopulations the figures are broken down by.",
    "missing": "A missing answer never votes. Either every model is judged on what it answered, "
    "or a gap counts as a wrong answer.",
    "selection": "The samples you picked in a plot. All other plots narrow to them or highlight "
    "them.",
}


def style() -> None:
    """What the theme file cannot say: a quiet head, figures in columns, the selection bar."""
    st.html(
        "<style>"
        ".stMainBlockContainer {padding: 2.2rem 2.2rem 3rem; max-width: 1560px}"
        "h1 {font-size: 1.7rem !important; padding-bottom: 0 !important}"
        "h3 {font-size: 1.25rem !important}"
        "h4 {font-weight: 400 !important; font-size: 1.15rem !important;"
        " line-height: 1.55 !important;"
        " max-width: 70rem; padding: .4rem 0 !important}"
        ".st-key-selection-bar {border-bottom: 1px solid var(--st-border-color);"
        " padding-bottom: .3rem; min-height: 3rem}"
        "[class*='st-key-kept-'], .st-key-opening {flex-wrap: nowrap !important}"
        "table, .stDataFrame, .js-plotly-plot {font-variant-numeric: tabular-nums}"
        "@media (max-width: 1200px) {"
        " .stMainBlockContainer .stHorizontalBlock:not(.st-key-selection-bar)"
        " {flex-wrap: wrap} .stMainBlockContainer .stColumn {min-width: 100% !important}}"
        "</style>"
    )


def sidebar() -> None:
    """The global choices: data, members, rule, grouping, missing rule."""
    opened, table = state.bundle(), state.accuracies()
    if table is not None:
        with st.sidebar:
            st.caption(
                f"Accuracies of {words.counted(len(table.models), 'model')} in "
                f"{words.counted(len(table.settings), 'setting')}"
            )
            st.markdown(f"**{markdown(state.accuracies_name())}**")
    if opened is None:
        return
    with st.sidebar:
        st.caption(f"{count(len(opened.ids))} samples, {count(len(opened.models))} models")
        st.markdown(f"**{markdown(state.bundle_name())}**")
        chosen = len(state.get("members", ()))
        with st.popover(
            f"Members: {chosen} of {len(opened.models)}", width="stretch", help=HELP["members"]
        ):
            st.multiselect("Members of the ensemble", opened.models, **state.widget("members"))
            st.button("All models", on_click=state.set_members, args=(opened.models,))
        members = state.get("members", ())
        st.selectbox(
            "Rule",
            state.usable_rules(opened, members),
            format_func=lambda name: RULES[name].label,
            help=HELP["rule"],
            **state.widget("rule", shown=state.effective_rule(opened, members)),
        )
        if opened.groups:
            st.selectbox(
                "Grouping", list(opened.groups), help=HELP["grouping"], **state.widget("grouping")
            )
        if not bool(opened.answered.all()):
            st.selectbox(
                "Missing answers",
                list(MISSING_LABELS),
                format_func=MISSING_LABELS.get,
                help=HELP["missing"],
                **state.widget("missing"),
            )


def selection_bar() -> None:
    """What is selected, where it came from, and Clear; always at the same place."""
    opened, current = state.bundle(), state.selection()
    if opened is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="selection-bar"):
        if current is None:
            st.caption(
                f"All {count(len(opened.ids))} samples. Pick in any plot to narrow the others.",
                width="stretch",
            )
            return
        st.markdown(
            f"**{count(len(current.positions))} of {count(current.total)}** selected: "
            f"{current.description}",
            width="stretch",
            help=HELP["selection"],
        )
        st.button("Clear selection", on_click=state.clear, key="clear-selection")

"""What frames every page: the look, the sidebar with the global choices, the selection bar."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.stretches import watched
from dashboard import ensemble_panel, grouping_panel, rule_panel, session_panel, state, words
from dashboard.theme import count, label, markdown

MOST_OFFERED = 3
MANY_ANSWERS = 2_000_000
PATIENCE, LOOK_EVERY = 1.0, 0.25  # seconds
MISSING_LABELS = {
    "exclude": "Leave missing answers out",
    "wrong": "Count missing answers as wrong",
}
HELP = {
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
        ".st-key-counting {position: fixed; top: .8rem; right: 2rem; width: auto; z-index: 1000}"
        "[class*='st-key-kept-'], .st-key-opening {flex-wrap: nowrap !important}"
        # Streamlit's own file of a table holds formulas as they are; our buttons take them apart.
        "[data-testid=stElementToolbar] [aria-label^='Download as CSV'] {display: none}"
        "table, .stDataFrame, .js-plotly-plot {font-variant-numeric: tabular-nums}"
        "@media (max-width: 1200px) {"
        " .stMainBlockContainer .stHorizontalBlock:not(.st-key-selection-bar)"
        " {flex-wrap: wrap} .stMainBlockContainer .stColumn {min-width: 100% !important}}"
        "</style>"
    )


def sidebar(page: str) -> None:
    """The global choices: data, members, rule, grouping, missing rule."""
    opened, table = state.whole(), state.accuracies()
    if table is not None:
        with st.sidebar:
            st.caption(
                f"Accuracies of {words.counted(len(table.models), 'model')} in "
                f"{words.counted(len(table.settings), 'setting')}"
            )
            st.markdown(f"**{markdown(state.accuracies_name())}**")
    if opened is None:
        with st.sidebar:
            session_panel.show(page)
        return
    with st.sidebar:
        st.caption(f"{count(len(opened.ids))} samples, {count(len(opened.models))} models")
        st.markdown(f"**{markdown(state.bundle_name())}**")
        ensemble_panel.members(opened)
        rule_panel.rule(opened)
        rule_panel.options(opened)
        ensemble_panel.weights(opened)
        rule_panel.samples_to_fit_on(opened)
        ensemble_panel.keeping()
        grouping_panel.show(opened)
        if opened.gaps:
            st.selectbox(
                "Missing answers",
                list(MISSING_LABELS),
                format_func=MISSING_LABELS.get,
                help=HELP["missing"],
                **state.widget("missing"),
            )
        session_panel.show(page)


@contextmanager
def counting() -> Iterator[None]:
    """While a page of many samples is made: that it is, and for how long; in the corner."""
    opened = state.bundle()
    with ExitStack() as stack:
        if opened is not None and opened.predictions.numel() > MANY_ANSWERS:
            with st.container(key="counting"):
                told = f"Counting over {count(len(opened.ids))} samples"
                stack.enter_context(st.spinner(told, show_time=True))
                place = st.empty()
            stack.callback(place.empty)
            stack.enter_context(watched(_look(place)))
        yield


def _look(place: DeltaGenerator) -> Callable[[], None]:
    """Says now and then how to stop; Streamlit ends a run as it writes, where more was asked."""
    last = time.monotonic() + PATIENCE - LOOK_EVERY

    def look() -> None:
        nonlocal last
        if time.monotonic() > last + LOOK_EVERY:
            last = time.monotonic()
            place.caption("To stop, open another page or change anything.")

    return look


def selection_bar() -> None:
    """What is selected, where it came from, and Clear; always at the same place."""
    opened, current = state.bundle(), state.selection()
    if opened is None:
        return
    picked = state.picked_models()
    with st.container(horizontal=True, vertical_alignment="center", key="selection-bar"):
        if current is None:
            st.caption(
                f"All {count(len(opened.ids))} samples. Pick in any plot to narrow the others.",
                width="stretch",
            )
        else:
            st.markdown(
                f"**{count(len(current.positions))} of {count(current.total)}** selected: "
                f"{current.description}",
                width="stretch",
                help=HELP["selection"],
            )
        _offer(picked, opened.models)
        if current is not None:
            grouping_panel.save_slice()
        if current is not None or picked:
            text = "Clear selection" if current is not None else "Clear"
            st.button(text, on_click=state.clear, key="clear-selection")
    parted = state.held_out()
    if parted is not None:
        st.caption(parted.sentence)


def _offer(picked: Sequence[str], models: Sequence[str]) -> None:
    """Buttons that add or remove the models that were clicked in a plot."""
    members = state.get("members", ())
    for name in [name for name in picked if name in models][:MOST_OFFERED]:
        inside = name in members
        st.button(
            f"Remove {label(name, 28)}" if inside else f"Add {label(name, 28)} to the ensemble",
            key=f"member/{name}",
            on_click=state.change_member,
            args=(name,),
        )

"""Accuracy in one group against another: the moon shape, or a line."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, panels, state
from dashboard.state import Choices
from dashboard.theme import shortened

PANEL = "majority"


def show(choices: Choices, bundle: Bundle) -> None:
    """Pick two groups of any grouping, and see every model and ensemble in both."""
    options = compute.group_choices(bundle, choices.grouping)
    if len(options) < 2:
        st.info("There is one group only. Two are needed to compare accuracy in them.")
        return
    table = compute.group_table(choices, bundle, choices.grouping)
    first, second = compute.opening_groups(bundle, table, choices.grouping)
    left, right = st.columns(2)
    with left:
        x = _pick("Horizontal: accuracy where", "x", options, first)
    with right:
        others = [option for option in options if option != x]
        y = _pick("Vertical: accuracy where", "y", others, second if second != x else others[0])
    points = compute.majority_points(choices, bundle, x, y)
    names = tuple(f"{column} is {level}" for column, level in (x, y))
    models = choices.bundle.models
    panels.majority_minority(
        points,
        names,
        PANEL,
        within=panels.within(choices, PANEL),
        names=lambda: [*models],
    )


def _pick(words: str, axis: str, options: list[tuple[str, str]], first: tuple[str, str]):
    key = f"{PANEL}/{axis}"
    kept = state.get(key)
    return st.selectbox(
        words,
        options,
        format_func=lambda option: f"{shortened(option[0])} is {shortened(option[1], 48)}",
        help="Any level of any grouping: also the original test set against a shifted one.",
        **state.widget(key, shown=kept if kept in options else first),
    )

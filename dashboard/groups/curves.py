"""Accuracy per group along training, team size, confidence, a number, a shift or a cost."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import (
    compute,
    controls,
    curve_words,
    group_curve_tables,
    group_curve_words,
    panels,
    state,
)
from dashboard.figures.group_curves import opening_levels
from dashboard.state import Choices
from dashboard.theme import label, shortened

PANEL = "group-curves"
MOST = 6
SHOW = {
    "risk": "Risk against coverage",
    "accuracy": "Accuracy by threshold",
    "coverage": "Coverage by threshold",
}


def show(choices: Choices, bundle: Bundle) -> None:
    """Options, the curves of some levels, and their figures as tables."""
    against = _pick("Along", compute.AGAINST, f"{PANEL}/against", "size")
    members, column = choices.ensemble.members, choices.grouping
    if group_curve_words.missing(bundle, column, members, against):
        st.info(group_curve_words.NEEDS[against])
        return
    mode = "accuracy"
    if against == "confidence":
        mode = _pick("Drawn", SHOW, f"{PANEL}/show", "risk")
    left, right = st.columns(2)
    with left:
        along = _pick_column(choices, bundle, against)
        roles = _pick_roles(against)
    with right:
        levels = _pick_levels(choices, bundle)
    if not levels or not roles:
        st.info("Choose at least one group and somebody to draw.")
        return
    head = st.container()
    found = panels.group_curves(choices, against, along, roles, levels, mode, PANEL)
    if found is None:
        return
    every, axis = bundle.groups[column].levels, along or compute.AGAINST[against]
    head.markdown(group_curve_words.curve_sentence(found, column, every, levels, axis))
    units = against == "confidence" and controls.units_repeat(bundle)
    notes = [group_curve_words.HOW[against], found["note"], curve_words.INDEPENDENT * units]
    st.caption(" ".join(note for note in notes if note))
    if against == "confidence":
        controls.table(group_curve_tables.areas(found, every), "AURC per group")
    frame = group_curve_tables.curves(found, every, axis)
    with st.expander("Figures behind the curves"):
        controls.table(frame, "Curves per group")
    controls.download(frame, "group-curves.csv")


def _pick(words: str, options: dict[str, str], key: str, first: str) -> str:
    return st.segmented_control(
        words,
        list(options),
        wrap=True,
        format_func=options.get,
        required=True,
        **state.widget(key, first),
    )


def _pick_column(choices: Choices, bundle: Bundle, against: str) -> str:
    """The column that x is, where one belongs to it; empty else."""
    options = {
        "attribute": compute.attribute_choices(bundle),
        "level": compute.level_choices(bundle, choices.grouping),
        "model": compute.model_choices(bundle),
    }.get(against, [])
    if not options:
        return ""
    key = f"{PANEL}/{against}"
    kept = state.get(key)
    return st.selectbox(
        compute.AGAINST[against],
        options,
        format_func=shortened,
        **state.widget(key, shown=kept if kept in options else options[0]),
    )


def _pick_roles(against: str) -> tuple[str, ...]:
    first = ["members", "ensembles"] if against in ("epoch", "size") else ["best", "ensembles"]
    picked = st.pills(
        "Whose curves",
        list(compute.ROLES),
        wrap=True,
        format_func=compute.ROLES.get,
        selection_mode="multi",
        **state.widget(f"{PANEL}/roles/{against}", first),
    )
    return tuple(role for role in compute.ROLES if role in picked)


def _pick_levels(choices: Choices, bundle: Bundle) -> list[str]:
    """The levels to draw: first the largest ones and the one where the ensemble is worst."""
    grouping, key = bundle.groups[choices.grouping], f"{PANEL}/levels/{choices.grouping}"
    kept = [level for level in state.get(key) or () if level in grouping.levels]
    return st.multiselect(
        f"Levels of {label(choices.grouping)}",
        list(grouping.levels),
        format_func=shortened,
        max_selections=MOST,
        help="One small plot each, six at most.",
        **state.widget(key, shown=kept or opening_levels(choices, bundle)),
    )

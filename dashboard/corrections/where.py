"""Where it helps and where it harms: by group, by two groups, and in slices that are searched."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import (
    compute,
    controls,
    effect_tables,
    effect_words,
    panels,
    slice_tables,
    slice_words,
    state,
)
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """Net effect per group and per cell of two groupings, then slices of the effect."""
    everywhere = compute.every_group_effect(choices, bundle)
    st.markdown(effect_words.where_sentence(everywhere, compute.reference(choices)))
    if choices.grouping is not None:
        _groups(choices, bundle)
    _slices(choices)


def _groups(choices: Choices, bundle: Bundle) -> None:
    left, right = st.columns(2)
    with left:
        panels.effect_levels(choices, choices.grouping, "effect-levels")
    with right:
        pair = _pick_pair(choices)
        if pair is None:
            st.info("With a second grouping, the two are crossed here.")
        else:
            panels.effect_cells(choices, pair, "effect-cells")
    tables = {(choices.grouping,): "effect-by-group.csv"}
    if pair is not None:
        tables[pair] = "effect-by-two-groups.csv"
    with st.expander("Figures behind the plots"):
        for columns, name in tables.items():
            frame = effect_tables.groups(compute.group_effects(choices, bundle, columns), columns)
            controls.table(frame, f"Effect by {' and '.join(columns)}")
            controls.download(frame, name)


def _pick_pair(choices: Choices) -> tuple[str, str] | None:
    """The two groupings to cross; None where there is only one."""
    names = list(choices.bundle.groups)
    if len(names) < 2:
        return None
    first, second = st.columns(2)
    rows = _pick(first, "Rows", "where-rows", names, choices.grouping)
    others = [name for name in names if name != rows]
    # The label has many levels and says least of a new sample.
    usual = next((name for name in others if name != "label"), others[0])
    return rows, _pick(second, "Columns", "where-columns", others, usual)


def _pick(place, label: str, key: str, names: list[str], usual: str) -> str:
    if state.get(key) not in names:
        state.put(key, usual)
    return place.selectbox(label, names, **state.widget(key, usual))


def _slices(choices: Choices) -> None:
    st.markdown("##### Slices: where is the effect not as elsewhere?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.segmented_control(
            "What is searched",
            list(effect_words.TARGETS),
            wrap=True,
            format_func=effect_words.TARGETS.get,
            required=True,
            **state.widget("where-target", "difference"),
        )
        seed = st.number_input(
            "Seed of the halves",
            min_value=0,
            max_value=10_000,
            width=180,
            help="Another seed deals the samples into other halves: what is found on both can be "
            "relied on.",
            **state.widget("where-seed", 0),
        )
    with st.spinner("Searching slices"):
        found = compute.effect_slices(choices, target, int(seed))
    st.markdown(slice_words.sentence(found, slice_words.SCORES[target].more))
    panels.effect_slices(choices, target, int(seed), "effect-slices")
    if found["conditions"]:
        frame = slice_tables.slices(found)
        controls.table(frame, "Slices of the effect")
        controls.download(frame, "slices.csv")
    st.caption(effect_words.slices_footnote(found))

"""How often members and ensemble are right in each group, and the ensemble by its size."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, panels, tables, words
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """Accuracy per group, the curve over team sizes, and both as numbers."""
    table = compute.group_table(choices, bundle, choices.grouping)
    levels = bundle.groups[choices.grouping].levels
    left, right = st.columns(2)
    with left:
        panels.group_dots(choices, "group-accuracy")
    with right:
        pool = controls.pick_pool(choices, "curve-pool", default="members")
        panels.size_curve(choices, pool, "group-curve")
    diversity = compute.group_diversity(bundle, choices.grouping)
    if diversity is not None:
        st.markdown(words.diversity_sentence(choices.grouping, levels, diversity))
    names = [*choices.ensemble.members, choices.label]
    frame = tables.groups(table, levels, names, diversity)
    with st.expander("Figures behind the plot"):
        controls.table(frame, "Accuracy per group")
    controls.download(frame, "groups.csv")

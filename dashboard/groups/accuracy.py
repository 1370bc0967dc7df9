"""How often members and ensemble are right in each group, and the ensemble by its size."""

import streamlit as st

from analysis.bundle import Bundle, BundleError
from dashboard import compute, controls, group_options, group_tables, group_words, panels, tables
from dashboard import words as sentences
from dashboard.state import Choices
from dashboard.theme import markdown


def show(choices: Choices, bundle: Bundle) -> None:
    """Accuracy per group, the curve over team sizes, worst group and tests, and all as numbers."""
    table = compute.group_table(choices, bundle, choices.grouping)
    levels = bundle.groups[choices.grouping].levels
    left, right = st.columns(2)
    with left:
        panels.group_dots(choices, "group-accuracy")
    with right:
        pool = controls.pick_pool(choices, "curve-pool", default="members")
        panels.size_curve(choices, pool, "group-curve")
    _worst(choices, bundle)
    _crossings(choices, bundle)
    diversity = compute.group_diversity(bundle, choices.grouping)
    if diversity is not None:
        st.markdown(sentences.diversity_sentence(choices.grouping, levels, diversity))
    names = [*choices.ensemble.members, choices.label]
    frame = tables.groups(table, levels, names, diversity)
    with st.expander("Figures behind the plot"):
        controls.table(frame, "Accuracy per group")
    controls.download(frame, "groups.csv")


def _worst(choices: Choices, bundle: Bundle) -> None:
    column, least = choices.grouping, group_options.least()
    levels = bundle.groups[column].levels
    worst = compute.group_worst(choices, bundle, column, least)
    tests = compute.group_tests(choices, bundle, column, least)
    st.markdown(group_words.worst_sentence(column, levels, worst))
    st.markdown(group_words.tests_sentence(levels, tests))
    sizes = compute.group_table(choices, bundle, column)["n"][-1]
    if small := group_words.excluded(levels, sizes, least):
        st.caption(small)
    with st.expander("Each group against the rest, and the worst group of every member"):
        group_options.pick_corrected()
        corrected = group_options.corrected()
        spread = compute.group_spread(choices, bundle, column, corrected=corrected)
        names = [*choices.ensemble.members, choices.label]
        frame = group_tables.worst(names, levels, worst, spread)
        controls.table(frame, "Worst group of every member")
        controls.download(frame, "worst-groups.csv")
        shown = group_tables.tests(levels, tests, claim=False)
        controls.table(shown, "Each group against the rest")
        controls.download(group_tables.tests(levels, tests, claim=True), "groups-tested.csv")


def _crossings(choices: Choices, bundle: Bundle) -> None:
    """Where the ensemble is surely worst among all crossings of the groupings."""
    try:
        found = compute.lowest_cells(choices, bundle, group_options.least())
    except BundleError as problem:
        st.caption(markdown(problem, 400))
        return
    if not found["cells"]:
        return
    st.markdown(group_words.cells_sentence(found))
    with st.expander("Where groupings cross: the cells that are most surely low"):
        controls.table(group_tables.cells(found, claim=False), "Cells with a low accuracy")
        controls.download(group_tables.cells(found, claim=True), "low-cells.csv")
        st.caption(
            "Found and judged on the same samples, so new samples of these cells will do "
            "somewhat better; each sample counts as independent. The page Corrections, section "
            "Where, tests slices on samples that they were not found on."
        )

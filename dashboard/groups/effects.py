"""Whom the ensembles help and harm, what errors depend on, and whether one model always wins."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, group_options, group_tables, group_words, panels, state
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """Effects per group of the active and the kept ensembles, dependence, order of models."""
    levels, least = bundle.groups[choices.grouping].levels, group_options.least()
    gains = compute.worst_gains(choices, bundle, choices.grouping, least)
    reference = compute.reference(choices)
    for name, gain in gains.items():
        st.markdown(group_words.gain_sentence(name, gain, levels, reference))
    panels.net_effects(choices, "group-effects")
    frame = group_tables.gains(
        gains, levels, compute.effects_beside(choices, bundle, choices.grouping)
    )
    controls.table(frame, "What the ensembles do for the worst group")
    controls.download(frame, "worst-group-gain.csv")
    st.caption(
        "The worst group of either is looked for anew in every draw of the bootstrap, on the same "
        "samples for both. A group counts as helped or harmed by McNemar's exact test, "
        "Benjamini-Hochberg below .05, from 20 samples. Bars of corrections and regressions, "
        "crossings and slices of the effect are on the page Corrections, section Where."
    )
    st.page_link("views/corrections.py", label="Corrections, section Where")
    _order(choices, bundle)
    _dependence(choices, bundle)


def _order(choices: Choices, bundle: Bundle) -> None:
    st.markdown("##### Does the same model win everywhere?")
    levels, least = bundle.groups[choices.grouping].levels, group_options.least()
    found = compute.rank_agreement(choices, bundle, choices.grouping, least)
    st.markdown(group_words.ranks_sentence(choices.grouping, found, levels, least))
    if found is None:
        return
    frame = group_tables.ranks(found, levels)
    left, right = st.columns(2)
    with left:
        kind = st.segmented_control(
            "Rank correlation",
            ("Kendall", "Spearman"),
            wrap=True,
            required=True,
            **state.widget("group-ranks", "Kendall"),
        )
        panels.rank_agreement(choices, kind, "group-ranks-matrix")
    with right:
        controls.table(frame, "Best model of every group")
        controls.download(frame, "best-model-by-group.csv")
        st.caption(
            "All models that are loaded, against the best over all, in at most the 40 largest "
            "groups. The winners were picked on these samples and each sample counts as "
            "independent, so p is optimistic."
        )


def _dependence(choices: Choices, bundle: Bundle) -> None:
    st.markdown("##### What do errors and answers depend on?")
    what = st.segmented_control(
        "Of the ensemble",
        ("errors", "answers"),
        wrap=True,
        required=True,
        **state.widget("group-dependence", "errors"),
    )
    found = compute.dependences(choices, bundle, what)
    st.markdown(group_words.dependence_sentence(found, what))
    if not found:
        return
    panels.dependences(choices, what, "group-dependences")
    frame = group_tables.dependences(found)
    with st.expander("Figures behind the plot"):
        controls.table(frame, "Dependence on groupings")
    controls.download(frame, "dependence.csv")
    st.caption(
        "Distance correlation with distance 1 between different values: 0 only if independent, 1 "
        "if one tells the other. It rises with the number of levels by chance, which the "
        "permutation test allows for (of samples that share a unit, one is drawn for it). A "
        "crossing tells of what two groupings do only together. The first six groupings of 2 to "
        "100 levels, without the label; numbers can be cut into ranges in the sidebar."
    )

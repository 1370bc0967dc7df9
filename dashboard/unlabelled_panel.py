"""Without labels: how accurate members and ensemble may be, by their agreement."""

import streamlit as st

from dashboard import compute, controls, majority_words, unlabelled_tables, words
from dashboard.state import Choices
from dashboard.theme import markdown


def show(choices: Choices, *, by_group: bool = False) -> None:
    """The estimate with its assumption, where there is no label at all; else nothing.

    Args:
        choices: of the sidebar.
        by_group: also in each group of the grouping.
    """
    if choices.bundle.labelled.any():
        return
    bundle = compute.scope(choices, "unlabelled")
    if not bundle.select(choices.ensemble.members).answered.any():
        return
    found = compute.agreement_estimate(choices, bundle)
    if found["problem"]:
        st.info(markdown(found["problem"], 400))
        return
    who = words.ensemble_name(choices.ensemble, choices.name)
    who = f"{who[0].lower()}{who[1:]}" if who.startswith("The ") else who
    st.markdown(f"#### {majority_words.estimate_sentence(found, who)}")
    if by_group and choices.grouping is not None:
        frame = unlabelled_tables.groups(compute.agreement_by_group(choices, bundle))
    else:
        frame = unlabelled_tables.members(found, (*choices.ensemble.members, choices.label))
    controls.table(frame, "Accuracy estimated from agreement")
    controls.download(frame, "estimated-accuracy.csv")
    st.caption(majority_words.ASSUMPTION)

"""How: from the members that are right to the answer, the two camps, and single samples."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, how_tables, how_words, panels, sample_story
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """Flow, camps, and one sample with its votes, rules and neighbours."""
    table = compute.camp_table(choices, bundle)
    st.markdown(f"{how_words.following(table)} {how_words.camps(table)}")
    left, right = st.columns(2)
    with left:
        panels.outcome_flow(choices, "flow")
    with right:
        panels.camp_map(choices, "camps")
    sure = how_tables.camps(table)
    if len(sure):
        controls.table(sure, "Confidence of right and wrong members by outcome")
        st.caption(
            "Mean confidence of the members in their own answers, with 95 % intervals that let "
            "samples of one unit move together."
        )
    st.markdown("#### One sample in full")
    row = sample_story.pick(choices)
    if row is not None:
        sample_story.told(choices, row)

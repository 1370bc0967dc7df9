"""What the candidates teach: whether diversity helps, which axes conflict, what the knee costs."""

import streamlit as st

from dashboard import compute, controls, finding_words, front_words
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.state import Choices


def show(choices: Choices, asked: Setting, found: Candidates) -> None:
    """Findings in words, each with its interval and what it does not say."""
    front = compute.front_of(found)
    st.markdown("##### Does diversity help?")
    with st.spinner("Drawing the samples anew"):
        helped, kind = compute.diversity_helps(asked, found)
    st.markdown(finding_words.diversity(found.axes, helped, kind))
    st.markdown("##### Which axes conflict?")
    told = compute.conflicts_of(found)
    st.markdown(finding_words.conflicts(found.axes, told))
    table = finding_words.conflict_table(found.axes, told)
    if len(table):
        controls.table(table.round(2), "Rank correlation of the axes along the front")
        controls.download(table, "front-conflicts.csv")
    st.markdown("##### What the knee gives up")
    st.markdown(front_words.given_up(found, front))
    st.markdown("##### Does that hold on other samples?")
    st.markdown(front_words.optimism(found, compute.elsewhere(asked, found)))

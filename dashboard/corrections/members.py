"""Who helps: what each member brings and costs."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, ensemble_words, panels, tables
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """The gain in accuracy thanks to each member, and the same as a table."""
    gains = compute.member_table(choices, bundle)
    st.markdown(ensemble_words.members_sentence(choices.ensemble.members, gains))
    panels.member_gains(choices, "members")
    brought = tables.members(gains, choices.ensemble.members, compute.costs(choices))
    controls.table(brought, "What each member brings")
    controls.download(brought, "members.csv")

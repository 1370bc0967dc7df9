"""Who helps: what each member brings and costs."""

import streamlit as st

from analysis.bundle import Bundle
from analysis.fitting import Fitted
from analysis.rules import RULES
from dashboard import compute, controls, curve_words, ensemble_tables, ensemble_words, panels
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """The gain in accuracy thanks to each member, and the same as a table."""
    ensemble = choices.ensemble
    gains = compute.member_table(choices, bundle)
    abstains = RULES[ensemble.rule].abstains is not None
    st.markdown(ensemble_words.members_sentence(ensemble.members, gains, abstains=abstains))
    panels.member_gains(choices, "members")
    costs = compute.costs(choices)
    brought = ensemble_tables.members(gains, ensemble.members, costs, ensemble.weights)
    controls.table(brought, "What each member brings")
    controls.download(brought, "members.csv")
    if controls.units_repeat(bundle):
        st.caption(curve_words.INDEPENDENT)
    if ensemble.key in choices.fits:
        _learned(choices, choices.fits[ensemble.key])


def _learned(choices: Choices, found: Fitted) -> None:
    """How a fitted ensemble came to its members, and what the others would do."""
    taken = len(found.ensemble.members)
    st.markdown(ensemble_words.learned_sentence(taken, len(found.candidates), found.n))
    if not found.path:
        return
    panels.selection_path(choices, found, "selection-path")
    left = compute.left_out(choices.held_out, found)
    if left is not None and len(left["models"]):
        controls.table(ensemble_tables.left_out(left), "Models that were not taken", height=250)

"""What the ensemble corrects and spoils, under its rule and under the others."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, ensemble_tables, ensemble_words, panels, state
from dashboard.state import Choices


def show(choices: Choices, bundle: Bundle) -> None:
    """Members right by outcome, the outcomes under every rule, and both as numbers."""
    left, right = st.columns(2)
    with left:
        everything = state.get("ledger-everything", False)
        panels.ledger(choices, "ledger", everything=everything)
        st.toggle(
            "Show the easy cases too",
            help="Samples that every member has right and the ensemble keeps, and samples that "
            "nobody has right.",
            **state.widget("ledger-everything", False),
        )
    for name, ensemble in compute.side_by_side(choices).items():
        found = compute.optimism(choices, ensemble)
        if found is not None:
            st.markdown(ensemble_words.optimism_sentence(found, name))
    ensembles = compute.side_by_side(choices) | compute.under_other_rules(choices)
    judged = compute.judged(choices, bundle)
    with right:
        panels.outcome_strip(choices, ensembles, "outcomes-by-rule")
        st.markdown(ensemble_words.ledger_sentence(judged, compute.silence(choices, bundle)))
    found = {name: compute.judged(choices, bundle, one) for name, one in ensembles.items()}
    silence = {name: compute.silence(choices, bundle, one) for name, one in ensembles.items()}
    table = ensemble_tables.ensembles(
        {name: entry for name, entry in found.items() if "outcomes" in entry},
        compute.differences(choices, bundle, ensembles),
        {name: entry["coverage"] for name, entry in silence.items() if entry is not None},
    )
    controls.table(table, "Outcomes of every ensemble")
    controls.download(table, "corrections.csv")

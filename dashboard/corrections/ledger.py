"""What the ensemble corrects and spoils, under its rule and under the others."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, controls, ensemble_tables, ensemble_words, panels, state
from dashboard.state import Choices
from dashboard.theme import shortened


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
    other = _pick_other(choices)
    st.markdown(
        ensemble_words.compared_sentence(
            compute.judged_beside(choices, bundle, choices.ensemble, other)
        )
    )
    found = {
        name: compute.judged_beside(choices, bundle, one, other) for name, one in ensembles.items()
    }
    silence = {name: compute.silence(choices, bundle, one) for name, one in ensembles.items()}
    table = ensemble_tables.ensembles(
        {name: entry for name, entry in found.items() if "outcomes" in entry},
        compute.differences(choices, bundle, ensembles),
        {name: entry["coverage"] for name, entry in silence.items() if entry is not None},
    )
    controls.table(table, "Outcomes of every ensemble")
    controls.download(table, "corrections.csv")


def _pick_other(choices: Choices) -> tuple[str, str]:
    """What the ensembles are compared with; the best member where the one before is gone."""
    options = compute.references(choices)
    named = {
        "best": f"Best member ({shortened(compute.reference(choices), 80)})",
        "majority": "Plurality of the members",
    }
    if state.get("ledger-against") not in options:
        state.put("ledger-against", options[0])
    return st.selectbox(
        "Compared with",
        options,
        format_func=lambda option: named.get(option[0]) or shortened(option[1], 80),
        **state.widget("ledger-against", options[0]),
    )

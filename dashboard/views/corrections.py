import streamlit as st

from dashboard import compute, controls, panels, state, tables, words

controls.page("Corrections", "Which errors does the ensemble correct, and which does it cause?")
choices = controls.require("labels")
bundle = compute.scope(choices, "corrections")
judged = compute.judged(choices, bundle)
best = compute.accuracy_of(bundle, compute.reference(choices), choices.missing)
st.markdown(f"#### {words.verdict(judged, best, compute.narrowed(bundle, choices))}")
controls.caption(choices, judged["n"])

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
rules = compute.rule_labels(choices)
with right:
    panels.outcome_strip(choices, tuple(rules), "outcomes-by-rule")
    st.markdown(words.ledger_sentence(judged))

found = {label: compute.judged(choices, bundle, rule) for rule, label in rules.items()}
table = tables.rules({label: entry for label, entry in found.items() if "outcomes" in entry})
controls.table(table, "Outcomes under every rule")
controls.download(table, "corrections.csv")

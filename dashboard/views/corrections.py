import streamlit as st

from dashboard import compute, controls, state, words
from dashboard.corrections import SECTIONS

controls.page("Corrections", "Which errors does the ensemble correct, and which does it cause?")
choices = controls.require("labels")
bundle = compute.scope(choices, "corrections")
judged = compute.judged(choices, bundle)
best = compute.accuracy_of(bundle, compute.reference(choices), choices.missing)
who = words.ensemble_name(choices.ensemble, choices.name)
silence = compute.silence(choices, bundle)
verdict = words.verdict(judged, best, compute.narrowed(bundle, choices), who, silence)
st.markdown(f"#### {verdict}")
controls.caption(choices, judged["n"])
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    wrap=True,
    required=True,
    label_visibility="collapsed",
    **state.widget("corrections-section", "Ledger"),
)
SECTIONS[section](choices, bundle)

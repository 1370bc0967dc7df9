import streamlit as st

from dashboard import compute, controls, panels, unlabelled_panel, words

controls.page("Overview", "Is the ensemble worth it, and on what?")
choices = controls.require()
controls.loaded(choices)
unlabelled_panel.show(choices)
controls.require("labels")

bundle = compute.scope(choices, "overview")
judged = compute.judged(choices, bundle)
best = compute.accuracy_of(bundle, compute.reference(choices), choices.missing)
who = words.ensemble_name(choices.ensemble, choices.name)
silence = compute.silence(choices, bundle)
verdict = words.verdict(judged, best, compute.narrowed(bundle, choices), who, silence)
st.markdown(f"#### {verdict}")
controls.caption(choices, judged["n"])

panels.beside(choices, bundle)
panels.outcome_strip(choices, {choices.label: choices.ensemble}, "overview-outcomes")
panels.accuracies(choices, "overview-accuracies")

import streamlit as st

from dashboard import compute, controls, panels, tables, words
from dashboard.plots.front import names_of

controls.page("Front", "Which ensemble should I take?")
choices = controls.require("labels")
if len(choices.bundle.models) < 2:
    st.info("There is one model, so there is no team to choose. Load at least two.")
    st.stop()
bundle = compute.scope(choices, "front")
found = compute.front(choices, bundle)
st.markdown(f"#### {words.front_sentence(found)}")
st.caption(
    words.front_footnote(len(found["accuracy"]), len(bundle.ids))
    + words.unlike_candidates(choices.ensemble)
)

left, right = st.columns(2)
with left:
    panels.front(choices, "disagreement", "front-diversity")
with right:
    panels.front(choices, "stability", "front-consistency")

table = tables.candidates(found, names_of(found["membership"], found["models"], most=30))
st.markdown("##### Teams on the front")
controls.table(table, "Teams on the front", height=320)
controls.download(table, "front.csv")

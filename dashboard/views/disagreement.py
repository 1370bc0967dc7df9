import streamlit as st

from dashboard import compute, controls, panels, words

choices = controls.require()
controls.page("Disagreement", "Which models really differ?")
left, right = st.columns(2, vertical_alignment="bottom")
with left:
    measure = controls.pick_measure(choices)
with right:
    pool = controls.pick_pool(choices, "disagreement-pool")
if len(pool) < 2:
    st.info("One model disagrees with nobody. Choose at least two.")
    st.stop()
pairs = compute.pairs(compute.scope(choices, "pairs"), pool, measure, choices.missing)
st.markdown(f"#### {words.pair_sentence(pairs['matrix'], pool, measure.label)}")

left, right = st.columns(2)
with left:
    panels.pair_matrix(choices, measure, pool, "pairs")
    st.caption("Click a cell to select the samples on which the two answer differently.")
with right:
    panels.model_map(choices, measure, pool, "model-map")

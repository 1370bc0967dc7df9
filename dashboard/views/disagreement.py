import streamlit as st

from dashboard import compute, controls, pair_measures, panels, state, words

controls.page("Disagreement", "Which models really differ?")
choices = controls.require()
left, right = st.columns(2, vertical_alignment="bottom")
with left:
    measure = pair_measures.pick_measure(choices)
with right:
    pool = controls.pick_pool(choices, "disagreement-pool")
if len(pool) < 2:
    st.info("One model disagrees with nobody. Choose at least two.")
    st.stop()
with st.spinner("Comparing every pair of models"):
    pairs = compute.pairs(compute.scope(choices, "pairs"), pool, measure, choices.missing)
st.markdown(f"#### {words.pair_sentence(pairs, pool, measure.label)}")

left, right = st.columns(2)
with left:
    panels.pair_matrix(choices, measure, pool, "pairs")
    st.caption(
        "Click a cell to select the samples on which the two answer differently. The tree above "
        "joins the models that are most alike first (average linkage of: "
        f"{pair_measures.label_within(pairs['basis'])})."
    )
    if words.uneven(pairs["n"]):
        st.toggle("Show how many samples stand behind each pair", **state.widget("pair-n", False))
    if words.uneven(pairs["n"]) and state.get("pair-n"):
        panels.pair_counts(choices, measure, pool, "pair-counts")
with right:
    panels.model_map(choices, measure, pool, "model-map")
panels.discrepant(choices, pool, "discrepant")

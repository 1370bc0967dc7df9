import streamlit as st

from dashboard import compute, controls, front_words, panels, state
from dashboard.front import SECTIONS, choosing, searching

controls.page("Front", "Which ensemble should I take?")
choices = controls.require("labels")
if len(choices.bundle.models) < 2:
    st.info("There is one model, so there is no team to choose. Load at least two.")
    st.stop()
bundle = compute.scope(choices, "front")
head = st.container()
asked, found = searching.found(choices, bundle, choosing.pick(choices, bundle))
front = compute.front_of(found)
head.markdown(f"#### {front_words.sentence(found, front)}")
head.markdown(front_words.elsewhere(found, compute.elsewhere(asked, found)))
panels.front_warnings(found)
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    wrap=True,
    required=True,
    label_visibility="collapsed",
    **state.widget("front-section", "Front"),
)
SECTIONS[section](choices, asked, found)
st.caption(
    front_words.footnote(
        found,
        front,
        choices.ensemble,
        split=choices.held_out is not None,
        selected=compute.narrowed(bundle, choices) is not None,
    )
)

import streamlit as st

from dashboard import compute, controls, state, unlabelled_panel, words
from dashboard.groups import SECTIONS

controls.page("Groups", "For whom does the ensemble help or harm?")
choices = controls.require("groups")
unlabelled_panel.show(choices, by_group=True)
controls.require("labels")
bundle = compute.scope(choices, "groups")
table = compute.group_table(choices, bundle, choices.grouping)
levels = bundle.groups[choices.grouping].levels
best = choices.ensemble.members.index(compute.reference(choices))
who = words.ensemble_name(choices.ensemble, choices.name)
st.markdown(f"#### {words.group_sentence(choices.grouping, levels, table, best, who)}")
controls.caption(choices, compute.judged(choices, bundle)["n"], tested=False)
if bundle.groups[choices.grouping].overlapping:
    sizes = int(bundle.groups[choices.grouping].sizes().sum())
    st.caption(words.overlap(choices.grouping, sizes, len(bundle.ids)))
section = st.segmented_control(
    "Section",
    list(SECTIONS),
    required=True,
    label_visibility="collapsed",
    **state.widget("groups-section", "Accuracy"),
)
SECTIONS[section](choices, bundle)

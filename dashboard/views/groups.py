import streamlit as st

from dashboard import compute, controls, group_options, state, unlabelled_panel, words
from dashboard.groups import SECTIONS, SHOWN, SHOWN_UNLABELLED, UNLABELLED

controls.page("Groups", "For whom does the ensemble help or harm?")
choices = controls.require("groups")
bundle = compute.scope(choices, "groups")
labelled = compute.reference(choices) is not None
levels = bundle.groups[choices.grouping].levels
least = group_options.least()
if labelled:
    table = compute.group_table(choices, bundle, choices.grouping)
    best = choices.ensemble.members.index(compute.reference(choices))
    who = words.ensemble_name(choices.ensemble, choices.name)
    told = words.group_sentence(choices.grouping, levels, table, best, who, least=least)
    st.markdown(f"#### {told}")
    controls.caption(choices, compute.judged(choices, bundle)["n"], tested=False)
else:
    controls.unlabelled()
    controls.require("answers")
if bundle.groups[choices.grouping].overlapping:
    sizes = int(bundle.groups[choices.grouping].sizes().sum())
    st.caption(words.overlap(choices.grouping, sizes, len(bundle.ids)))
with st.container(horizontal=True, vertical_alignment="bottom"):
    section = st.segmented_control(
        "Section",
        list(SECTIONS if labelled else UNLABELLED),
        wrap=True,
        required=True,
        label_visibility="collapsed",
        **state.widget(*(SHOWN if labelled else SHOWN_UNLABELLED)),
    )
    group_options.pick_least()
SECTIONS[section](choices, bundle)
if not labelled:
    unlabelled_panel.show(choices, by_group=True)

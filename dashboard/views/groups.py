import streamlit as st

from dashboard import compute, controls, panels, tables, words

controls.page("Groups", "For whom does the ensemble help or harm?")
choices = controls.require("labels", "groups")
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

left, right = st.columns(2)
with left:
    panels.group_dots(choices, "group-accuracy")
with right:
    pool = controls.pick_pool(choices, "curve-pool", default="members")
    panels.size_curve(choices, pool, "group-curve")

diversity = compute.group_diversity(bundle, choices.grouping)
if diversity is not None:
    st.markdown(words.diversity_sentence(choices.grouping, levels, diversity))
names = [*choices.ensemble.members, choices.label]
frame = tables.groups(table, levels, names, diversity)
with st.expander("Figures behind the plot"):
    controls.table(frame, "Accuracy per group")
controls.download(frame, "groups.csv")

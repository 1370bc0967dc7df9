import streamlit as st

from dashboard import compute, controls, map_panel, panels

controls.page("Map", "What do these samples have in common?")
choices = controls.require("embeddings")
left, middle, right = st.columns([2, 2, 3], vertical_alignment="bottom")
with left:
    colouring = map_panel.pick_colouring(choices)
with middle:
    method = map_panel.pick_method(choices)
with right:
    coordinates, axes = map_panel.coordinates(choices, method)
map_panel.scatter(choices, coordinates, axes, colouring, "map")
map_panel.explain(colouring)
if compute.judgeable(choices.bundle):
    panels.outcome_strip(choices, {choices.label: choices.ensemble}, "map-outcomes")

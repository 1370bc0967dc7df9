import streamlit as st

from dashboard import compute, controls, setting_words, settings_panel

controls.page("Across settings", "Who is good where?")
table = settings_panel.require()
settings_panel.loaded(table)
if len(table.settings) > 1:
    axes, colouring = st.columns([2, 1])
    with axes:
        x, y = settings_panel.pick_settings(table)
    with colouring:
        colour = settings_panel.pick_colour(table)
    found = compute.setting_pair(table, x, y)
    st.markdown(f"#### {setting_words.settings_sentence(found, table.models, (x, y))}")
    left, right = st.columns([1, 1])
    with left:
        settings_panel.scatter(table, x, y, colour)
    with right:
        settings_panel.ranking(table, settings_panel.pick_listed(table, x, y), colour)
    settings_panel.majority(table, x, y, colour)
else:
    ranking = compute.setting_ranking(table, table.settings)
    st.markdown(
        f"#### {setting_words.single_setting_sentence(ranking, table.models, table.settings[0])}"
    )
    settings_panel.single(table)

import streamlit as st

from dashboard import controls, labelling_panel, sample_table

controls.page("Samples", "What exactly did everybody say?")
choices = controls.require()
positions = sample_table.ordered(choices)
page = sample_table.page_of(positions)
opened = sample_table.show(choices, page)
sample_table.download(choices, positions)
if opened is not None:
    sample_table.detail(choices, opened)
else:
    st.caption("Tick a row to open the sample in full.")
labelling_panel.show(choices)

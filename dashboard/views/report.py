import streamlit as st

from dashboard import controls, report_panel, state

controls.page("Report", "What do I show to others?")
choices = controls.require()
if state.selection() is not None:
    st.caption("The section Samples shows the selection; all other sections are about all samples.")
chosen = report_panel.sections()
settings = report_panel.settings()
notes = report_panel.notes(chosen)
report_panel.show(choices, settings, chosen, notes)

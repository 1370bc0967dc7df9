import streamlit as st

from dashboard import controls, data_panel, upload_panel, workspace_panel

controls.page("Data", "What did I load, and what was assumed?")
data_panel.loaded()
st.divider()
st.subheader("Upload your predictions")
upload_panel.upload()
upload_panel.memory()
st.divider()
st.subheader("Kept on this machine")
workspace_panel.workspace()
st.divider()
st.subheader("Templates")
data_panel.templates()

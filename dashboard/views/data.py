import streamlit as st

from dashboard import controls, data_panel

controls.page("Data", "What did I load, and what was assumed?")
data_panel.loaded()
st.divider()
st.subheader("Upload your predictions")
data_panel.upload()

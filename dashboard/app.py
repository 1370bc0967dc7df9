"""The app's frame: page settings, data named on the command line, sidebar, navigation."""

import json
import os
from pathlib import Path

import streamlit as st

from dashboard import (
    broken,
    collecting,
    controls,
    frame,
    links,
    login,
    presence,
    session_panel,
    state,
)

VIEWS = {
    "": ["overview"],
    "Data": ["data", "report"],
    "Models": ["disagreement", "calibration", "settings"],
    "Ensembles": ["corrections", "front"],
    "Samples and groups": ["groups", "slices", "rankings", "difficulty", "map", "samples"],
}

TITLES = {"settings": "Across settings"}

st.set_page_config(page_title="Dissensus", page_icon="⚖️", layout="wide")
st.logo(str(Path(__file__).with_name("logo.svg")), size="large")
presence.here()

entered = login.entered()
named = json.loads(os.environ.get("DISSENSUS_OPEN", "{}"))
if entered and named and not state.start_was_tried():
    controls.open_start(named)

pages = st.navigation(
    {
        section: [
            st.Page(
                f"views/{name}.py",
                title=TITLES.get(name, name.title()),
                default=name == state.first_page(),
            )
            for name in names
        ]
        for section, names in VIEWS.items()
    },
    expanded=True,
    position="sidebar" if entered else "hidden",
)
if not entered:
    login.ask()
    st.stop()
page = pages.url_path or state.first_page()
session_panel.begin(page)
asked = session_panel.apply_waiting()
if asked != page and asked in {name for names in VIEWS.values() for name in names}:
    st.switch_page(f"views/{asked}.py")
frame.style()
frame.sidebar(page)
with st.sidebar:
    login.leave()
links.write(page)
frame.selection_bar()
session_panel.report()
try:
    with frame.counting():
        pages.run()
except Exception as problem:
    if not broken.told(problem):
        raise
finally:
    collecting.freeze()

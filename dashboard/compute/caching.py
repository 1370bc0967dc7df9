"""How numbers are cached: copied tables, and shared bundles that nobody changes."""

from functools import partial

import streamlit as st

cached = partial(st.cache_data, show_spinner=False, max_entries=256)
kept = partial(st.cache_resource, show_spinner=False, max_entries=12)

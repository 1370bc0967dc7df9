"""How numbers are cached: copied tables, and shared bundles and arrays that nobody changes."""

from functools import partial

import numpy as np
import streamlit as st

cached = partial(st.cache_data, show_spinner=False, max_entries=256)
kept = partial(st.cache_resource, show_spinner=False, max_entries=12)


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, which nobody can change from now on: all sessions look at it."""
    array.flags.writeable = False
    return array

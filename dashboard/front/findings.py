"""What the candidates teach: whether diversity helps, which axes conflict, what the knee costs."""

import streamlit as st

from dashboard import compute, front_words
from dashboard.compute.candidates import Candidates, Setting
from dashboard.state import Choices


def show(choices: Choices, asked: Setting, found: Candidates) -> None:
    """Findings in words."""
    front = compute.front_of(found)
    st.markdown("##### What the knee gives up")
    st.markdown(front_words.given_up(found, front))

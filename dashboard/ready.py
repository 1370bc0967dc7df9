"""The ensembles made ready to answer: those that learn are fitted, or it is said why not."""

from dataclasses import replace

import streamlit as st

from analysis.bundle import BundleError
from analysis.ensemble import Ensemble
from analysis.fitting import Fitted, needs_fit, needs_split
from dashboard import kept, state
from dashboard.choosing import Choices
from dashboard.chosen import answering
from dashboard.theme import markdown


def ready(choices: Choices) -> Choices:
    """The choices with every ensemble fitted; ends the page where the active one cannot be."""
    try:
        active, fits = _answering(choices, choices.ensemble)
    except BundleError as problem:
        st.info(f"{markdown(problem, 500)} The samples to fit on are chosen in the sidebar.")
        st.stop()
    beside = {}
    for name, described in kept.beside().items():
        try:
            beside[name], more = _answering(choices, described)
            fits |= more
        except BundleError as problem:
            st.caption(f"{markdown(name)} is not shown: {markdown(problem, 500)}")
    return replace(
        choices,
        ensemble=active,
        name=kept.name_of(state.described()),
        beside=beside,
        slots=kept.slots(),
        fits=fits,
    )


def _answering(choices: Choices, described: Ensemble) -> tuple[Ensemble, dict[str, Fitted]]:
    """The ensemble with what it learned, and how that came about."""
    if not needs_fit(described):
        return answering(choices, described)
    if needs_split(described) and state.split_problem():
        raise BundleError(state.split_problem())
    with st.spinner("Fitting on the samples that are for it"):
        return answering(choices, described)

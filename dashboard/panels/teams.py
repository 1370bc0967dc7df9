"""Models beside their ensemble, and ensembles beside each other."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, ensemble_words, words
from dashboard.figures import teams as build
from dashboard.panels.drawing import chart, palette, pick_models
from dashboard.state import Choices


def accuracies(choices: Choices, panel: str) -> None:
    """Every model and the ensemble with 95 % intervals."""
    figure = build.accuracies(choices, compute.scope(choices, panel), palette())
    title = "Accuracy of the models and of the ensemble"
    chart(figure, panel, title, pick_models, choices.bundle.models)


def beside(choices: Choices, bundle: Bundle) -> None:
    """A line on each ensemble beside the active one."""
    others = {name: ensemble for name, (_, ensemble) in compute.beside(choices).items()}
    apart = compute.differences(choices, bundle, others)
    lines = []
    for name, ensemble in others.items():
        who = words.ensemble_name(ensemble)
        judged = compute.judged(choices, bundle, ensemble)
        same = apart.get(name, (0.0, 0.0, 0.0))
        lines.append("- " + ensemble_words.beside_sentence(name, _inside(who), judged, same))
    if lines:
        st.markdown("\n".join(lines))


def _inside(who: str) -> str:
    return who[0].lower() + who[1:]

"""Models beside their ensemble, and ensembles beside each other."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from analysis.bundle import Bundle
from dashboard import compute, ensemble_words, words
from dashboard.panels.drawing import chart, palette, pick_models, within
from dashboard.plots import models
from dashboard.state import Choices


def accuracies(choices: Choices, panel: str) -> None:
    """Every model and the ensemble with 95 % intervals."""
    bundle = compute.scope(choices, panel)
    table = compute.model_table(bundle, choices.missing)
    teams = compute.side_by_side(choices)
    whole = [compute.ensemble_accuracy(choices, bundle, team) for team in teams.values()]
    slots = compute.slots(choices)
    roles = roles_of(choices, bundle.models)
    columns = ("accuracy", "low", "high", "judged")
    figure = models.model_dots(
        [*bundle.models, *teams],
        *(np.concatenate([part[column] for part in (table, *whole)]) for column in columns),
        [*roles, "ensemble", *(f"beside/{slot}" for slot in slots.values())],
        beside=slots,
        subtitle=within(choices, panel),
        palette=palette(),
    )
    title = "Accuracy of the models and of the ensemble"
    chart(figure, panel, title, pick_models, bundle.models)


def roles_of(choices: Choices, names: Sequence[str]) -> list[str]:
    """What each of these models is to the active ensemble: best, member or other."""
    best, members = compute.reference(choices), set(choices.ensemble.members)
    return [
        "best" if model == best else "member" if model in members else "other" for model in names
    ]


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

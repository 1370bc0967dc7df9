"""Models beside their ensemble, and ensembles beside each other."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, ensemble_words, state, words
from dashboard.panels.drawing import chart, palette, pick_models, within
from dashboard.plots import front as front_plots
from dashboard.plots import models
from dashboard.state import Choices
from dashboard.theme import count


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


def front(choices: Choices, objective: str, panel: str) -> None:
    """Teams by accuracy and another objective; a picked team becomes the active ensemble."""
    bundle = compute.scope(choices, panel)
    found = compute.front(choices, bundle)
    labels = {
        "disagreement": (
            "Mean disagreement of the members, higher is more diverse",
            "Accuracy against diversity",
        ),
        "stability": (
            "Leave-one-out stability, higher is more consistent",
            "Accuracy against consistency",
        ),
    }
    x_label, title = labels[objective]
    places, slots = compute.front_places(choices, bundle), compute.slots(choices)
    active = [model in choices.ensemble.members for model in found["models"]]
    same = np.flatnonzero((found["membership"] == np.array(active)).all(1))
    plain = choices.label not in places
    figure = front_plots.front(
        found[objective],
        found["accuracy"],
        found["membership"].sum(1),
        found["rank"] == 0,
        front_plots.names_of(found["membership"], found["models"]),
        int(same[0]) if len(same) and plain else None,
        x_label=x_label,
        title=title,
        marks=[
            (name, place[objective], place["accuracy"], slots.get(name))
            for name, place in places.items()
        ],
        subtitle=f"{RULES[RULES[choices.ensemble.rule].stand_in].label}, {within(choices, panel)}, "
        f"{count(len(found['accuracy']))} candidates",
        palette=palette(),
    )
    chart(figure, panel, title, _pick_candidate, found["membership"], tuple(found["models"]))


def _pick_candidate(points, panel: str, membership: np.ndarray, pool: tuple[str, ...]) -> None:
    row = front_plots.decode_candidate(points)
    if row is None or row >= len(membership):
        return
    members = tuple(pool[place] for place in np.flatnonzero(membership[row]))
    if len(members) == 1:
        state.pick_models(members, panel)
    else:
        state.set_members(members)


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

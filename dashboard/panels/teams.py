"""Models beside their ensemble, and ensembles beside each other."""

from collections.abc import Sequence

import numpy as np

from analysis.rules import RULES
from dashboard import compute, state
from dashboard.panels.drawing import chart, palette, within
from dashboard.plots import front as front_plots
from dashboard.plots import models
from dashboard.state import Choices
from dashboard.theme import count


def accuracies(choices: Choices, panel: str) -> None:
    """Every model and the ensemble with 95 % intervals."""
    bundle = compute.scope(choices, panel)
    table = compute.model_table(bundle, choices.missing)
    whole = compute.ensemble_accuracy(choices, bundle)
    roles = roles_of(choices, bundle.models)
    columns = ("accuracy", "low", "high", "judged")
    figure = models.model_dots(
        [*bundle.models, choices.ensemble.label],
        *(np.concatenate([table[column], whole[column]]) for column in columns),
        [*roles, "ensemble"],
        subtitle=within(choices, panel),
        palette=palette(),
    )
    chart(figure, panel, "Accuracy of the models and of the ensemble")


def roles_of(choices: Choices, names: Sequence[str]) -> list[str]:
    """What each of these models is to the active ensemble: best, member or other."""
    best, members = compute.reference(choices), set(choices.ensemble.members)
    return [
        "best" if model == best else "member" if model in members else "other" for model in names
    ]


def front(choices: Choices, objective: str, panel: str) -> None:
    """Teams by accuracy and another objective; picking one makes it the active ensemble."""
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
    active = [model in choices.ensemble.members for model in found["models"]]
    same = np.flatnonzero((found["membership"] == np.array(active)).all(1))
    figure = front_plots.front(
        found[objective],
        found["accuracy"],
        found["membership"].sum(1),
        found["rank"] == 0,
        front_plots.names_of(found["membership"], found["models"]),
        int(same[0]) if len(same) else None,
        x_label=x_label,
        title=title,
        subtitle=f"{RULES[choices.ensemble.rule].label}, {within(choices, panel)}, "
        f"{count(len(found['accuracy']))} candidates",
        palette=palette(),
    )
    chart(figure, panel, title, _pick_candidate, found["membership"], tuple(found["models"]))


def _pick_candidate(points, panel: str, membership: np.ndarray, pool: tuple[str, ...]) -> None:
    row = front_plots.decode_candidate(points)
    if row is not None and row < len(membership):
        state.set_members(tuple(pool[place] for place in np.flatnonzero(membership[row])))

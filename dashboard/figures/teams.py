"""Models beside their ensemble, and ensembles beside each other."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import models
from dashboard.theme import Palette


def roles_of(choices: Choices, names: Sequence[str]) -> list[str]:
    """What each of these models is to the active ensemble: best, member or other."""
    best, members = compute.reference(choices), set(choices.ensemble.members)
    return [
        "best" if model == best else "member" if model in members else "other" for model in names
    ]


def accuracies(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Every model and the ensemble with 95 % intervals."""
    table = compute.model_table(bundle, choices.missing)
    teams = compute.side_by_side(choices)
    whole = [compute.ensemble_accuracy(choices, bundle, team) for team in teams.values()]
    slots = compute.slots(choices)
    roles = roles_of(choices, bundle.models)
    columns = ("accuracy", "low", "high", "judged")
    return models.model_dots(
        [*bundle.models, *teams],
        *(np.concatenate([part[column] for part in (table, *whole)]) for column in columns),
        [*roles, "ensemble", *(f"beside/{slot}" for slot in slots.values())],
        beside=slots,
        subtitle=within(choices, bundle),
        palette=palette,
    )

"""Confidence of the members and of their ensemble, as figures."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.teams import roles_of
from dashboard.figures.told import within
from dashboard.plots import calibration as plots
from dashboard.plots.models import CALIBRATION_ERROR, model_dots
from dashboard.theme import Palette, count


def names_and_roles(choices: Choices) -> tuple[list[str], list[str]]:
    """The members, their ensemble and those beside it, with what each of them is."""
    members, slots = choices.ensemble.members, compute.slots(choices)
    names = [*members, choices.label, *slots]
    roles = [*roles_of(choices, members), "ensemble"]
    return names, roles + [f"beside/{slot}" for slot in slots.values()]


def confident(choices: Choices, found: dict[str, np.ndarray]) -> list[int]:
    """Rows of those that say how sure they are: ensembles first, then the members, last first."""
    members = len(choices.ensemble.members)
    known = np.flatnonzero(found["n"] > 0).tolist()
    return sorted(known, key=lambda row: (row < members, row if row >= members else -row))


def reliability(choices: Choices, bundle: Bundle, raised: int, palette: Palette) -> go.Figure | str:
    """Accuracy against confidence."""
    found = compute.reliability_beside(choices, bundle)
    names, roles = names_and_roles(choices)
    return plots.reliability(
        names,
        found,
        roles,
        raised,
        beside=compute.slots(choices),
        subtitle=f"{within(choices, bundle)}. Below the dashed line: over-confident. Above: "
        "under-confident. Click a bin to select its samples.",
        palette=palette,
    )


def calibration_errors(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Calibration error of every member and of the ensemble with 95 % intervals."""
    found = compute.reliability_beside(choices, bundle)
    names, roles = names_and_roles(choices)
    known = np.flatnonzero(found["n"] > 0)
    drawn = [names[row] for row in known.tolist()]
    return model_dots(
        drawn,
        *(found[part][known] for part in ("ece", "ece_low", "ece_high", "n")),
        [roles[row] for row in known.tolist()],
        CALIBRATION_ERROR,
        beside=compute.slots(choices),
        subtitle=f"{within(choices, bundle)}. Best member: the most accurate one"
        f"{_silent(len(names) - len(known))}.",
        palette=palette,
    )


def temperatures(found: dict, palette: Palette) -> go.Figure | str:
    """Calibration error before and after a temperature, on samples held out."""
    return plots.temperatures(
        found["models"],
        found["temperature"],
        found["ece_before"],
        found["ece_after"],
        found["pooled"],
        subtitle=f"Judged on {count(found['n_held_out'])} samples that were held out; "
        "diamonds: means of the members.",
        palette=palette,
    )


def _silent(number: int) -> str:
    return f"; {number} without confidence left out" if number else ""

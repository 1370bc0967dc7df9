"""Accuracy per group along something; picking a bin or a level selects its samples."""

from collections.abc import Sequence

import numpy as np

from dashboard import compute
from dashboard.figures import group_curves as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import group_curves as plots
from dashboard.state import Choices
from dashboard.theme import markdown


def group_curves(
    choices: Choices,
    against: str,
    along: str,
    roles: tuple[str, ...],
    levels: Sequence[str],
    show: str,
    panel: str,
) -> dict | None:
    """The curves of some levels; what was found, or None where there is nothing to draw."""
    bundle = compute.scope(choices, panel)
    figure = build.group_curves(choices, bundle, against, along, roles, levels, show, palette())
    found = compute.group_curves(choices, bundle, against, along, roles)
    axis = along or compute.AGAINST[against]
    alt = f"Accuracy by {choices.grouping} along {axis}"
    if isinstance(figure, str) or found.get("codes") is None:
        chart(figure, panel, alt)
    else:
        chart(figure, panel, alt, _pick_places, choices, against, along, roles)
    return None if isinstance(figure, str) else found


def _pick_places(
    points, panel: str, choices: Choices, against: str, along: str, roles: tuple[str, ...]
) -> None:
    bundle, grouping = choices.bundle, choices.bundle.groups[choices.grouping]
    scope = compute.scope(choices, panel)
    found = compute.group_curves(choices, scope, against, along, roles)
    number = len((found.get("dots") or found["lines"])[0]["x"])
    rows, names = np.zeros(len(scope.ids), dtype=bool), []
    for place, level in plots.decode_places(points, number):
        inside = scope.groups[choices.grouping].within([level]).cpu().numpy()
        here = inside & (found["codes"] == place)
        rows |= here
        texts = found["texts"]
        where = texts[place] if texts else f"near {found['dots'][0]['x'][place]:.3g}"
        names.append(
            f"{markdown(choices.grouping)} is {markdown(grouping.levels[level])} and "
            f"{markdown(along)} is {markdown(where)}"
        )
    whole = np.flatnonzero(rows)
    if scope is not bundle:
        whole = compute.scope_rows(panel)[whole]
    select_within(whole, panel, "; or ".join(names))

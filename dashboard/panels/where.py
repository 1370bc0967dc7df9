"""Where the ensemble helps and harms: groups, cells of two groupings, and slices."""

import numpy as np

from dashboard import compute, slice_words
from dashboard.figures import where as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import slices as slice_plots
from dashboard.plots import where as where_plots
from dashboard.state import Choices
from dashboard.theme import markdown


def effect_levels(choices: Choices, column: str, panel: str) -> None:
    """Corrections, regressions and net effect per group; picking one selects its samples."""
    figure = build.effect_levels(choices, compute.scope(choices, panel), column, palette())
    alt = f"Corrections, regressions and net effect by {column}"
    chart(figure, panel, alt, _pick_cells, choices, (column,))


def effect_cells(choices: Choices, columns: tuple[str, str], panel: str) -> None:
    """Net effect where two groupings cross; picking a cell selects its samples."""
    figure = build.effect_cells(choices, compute.scope(choices, panel), columns, palette())
    chart(figure, panel, f"Net effect by {' and '.join(columns)}", _pick_cells, choices, columns)


def _pick_cells(points, panel: str, choices: Choices, columns: tuple[str, ...]) -> None:
    groupings = [choices.bundle.groups[column] for column in columns]
    shape = tuple(len(grouping.levels) for grouping in groupings)
    rows, names, terms = np.zeros(len(choices.bundle.ids), dtype=bool), [], []
    for cell in where_plots.decode_cells(points, int(np.prod(shape))):
        levels = [int(level) for level in np.unravel_index(cell, shape)]
        parts = [g.within([level]) for g, level in zip(groupings, levels, strict=True)]
        rows |= np.logical_and.reduce([part.cpu().numpy() for part in parts])
        terms.append(
            tuple((c, g.levels[n]) for c, g, n in zip(columns, groupings, levels, strict=True))
        )
        names.append(
            " and ".join(
                f"{markdown(column)} is {markdown(grouping.levels[level])}"
                for column, grouping, level in zip(columns, groupings, levels, strict=True)
            )
        )
    select_within(np.flatnonzero(rows), panel, "; or ".join(names), tuple(terms))


def effect_slices(choices: Choices, target: str, seed: int, panel: str) -> None:
    """Score inside and outside of each slice; picking one selects all its samples."""
    if not compute.effect_slices(choices, target, seed)["conditions"]:
        return
    figure = build.effect_slices(choices, target, seed, palette())
    chart(figure, panel, slice_words.SCORES[target].title, _pick_slice, choices, target, seed)


def _pick_slice(points, panel: str, choices: Choices, target: str, seed: int) -> None:
    found = compute.effect_slices(choices, target, seed)
    row = slice_plots.decode_slice(points)
    if row is None or row >= len(found["rows"]):
        return
    conditions = found["conditions"][row]
    said = slice_words.slice_name(conditions)
    select_within(found["rows"][row], panel, said, (tuple(conditions),))

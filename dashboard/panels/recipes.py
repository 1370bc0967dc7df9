"""Weights against outputs: soups, and lines of interpolations."""

from collections.abc import Mapping

import numpy as np

from analysis.outcomes import OUTCOMES
from analysis.recipes import Line, Soup
from dashboard import compute
from dashboard.figures import recipes as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import interpolations, outcomes, recipes
from dashboard.state import Choices
from dashboard.theme import markdown

SIDES = ("soup", "ensemble")
DIRECTIONS = {
    "error": "Error rate of the most frequent answer, and harmful minus helpful spread "
    "(Domingos); soup and ensemble answer once, so no spread can be seen in them.",
    "brier": "Brier score of the mean probability, and ambiguity; soup and ensemble answer once, "
    "so no spread can be seen in them.",
}


def soup_dots(choices: Choices, soups: tuple[Soup, ...], found: list[Mapping], panel: str) -> None:
    """Every soup beside the ensemble of its ingredients."""
    figure = build.soup_dots(choices, compute.scope(choices, panel), soups, found, palette())
    chart(figure, panel, "Accuracy of soups and of ensembles of their ingredients")


def two_by_two(choices: Choices, soup: Soup, panel: str) -> None:
    """Who is right where; a click selects the samples of a field."""
    figure = build.two_by_two(choices, compute.scope(choices, panel), soup, palette())
    chart(figure, panel, "Soup and ensemble, right and wrong", _pick_field, choices, soup)


def _pick_field(points, panel: str, choices: Choices, soup: Soup) -> None:
    place = recipes.decode_place(points)
    if place is None or place > 3:
        return
    cells = compute.soup_comparison(choices, choices.bundle, soup)["cells"]
    said = ("both right", "only the ensemble right", "only the soup right", "both wrong")[place]
    select_within(
        np.flatnonzero(cells == place),
        panel,
        f"{said}: {markdown(soup.model)} and the ensemble of its ingredients",
    )


def soup_outcomes(choices: Choices, soup: Soup, panel: str) -> None:
    """What soup and ensemble made of the ingredients' answers; a click selects."""
    figure = build.soup_outcomes(choices, compute.scope(choices, panel), soup, palette())
    chart(figure, panel, "Outcomes of soup and ensemble", _pick_side, choices, soup)


def _pick_side(points, panel: str, choices: Choices, soup: Soup) -> None:
    picked = outcomes.decode_strip(points, len(SIDES))
    if picked is None:
        return
    side, outcome = picked
    codes = compute.soup_comparison(choices, choices.bundle, soup)["codes"][side]
    who = markdown(soup.model) if side == 0 else f"the ensemble of {markdown(soup.model)}"
    select_within(
        np.flatnonzero(codes == OUTCOMES.index(outcome)),
        panel,
        f"{outcome} by {who}, relative to the ingredients",
    )


def error_parts(choices: Choices, soup: Soup, loss: str, panel: str) -> None:
    """Bias and variance of ingredients, soup and ensemble."""
    figure = build.error_parts(choices, compute.scope(choices, panel), soup, loss, palette())
    chart(figure, panel, "Bias and variance")


def along_line(choices: Choices, line: Line, panel: str) -> None:
    """Accuracy from one end to the other."""
    figure = build.along_line(choices, compute.scope(choices, panel), line, palette())
    chart(figure, panel, "Accuracy along the line")


def outcomes_along(choices: Choices, line: Line, panel: str) -> None:
    """Outcomes relative to the two ends; a click on a mark selects its samples."""
    figure = build.outcomes_along(choices, compute.scope(choices, panel), line, palette())
    chart(figure, panel, "Outcomes along the line", _pick_mark, choices, line)


def _pick_mark(points, panel: str, choices: Choices, line: Line) -> None:
    found = compute.along(choices, choices.bundle, line)
    mask, parts = np.zeros(len(choices.bundle.ids), dtype=bool), []
    for side, place, outcome in interpolations.decode_along(points, len(line.alphas)):
        codes = found["weight_codes" if side == interpolations.WEIGHTS else "output_codes"]
        if codes is not None:
            mask |= codes[place] == OUTCOMES.index(outcome)
            parts.append(f"{outcome} at alpha {line.alphas[place]:g}, {side}")
    select_within(np.flatnonzero(mask), panel, "; ".join(parts))

"""Weights against outputs: soups, and lines of interpolations."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOME_SUMMARIES
from analysis.recipes import Line, Soup
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import interpolations, outcomes, recipes
from dashboard.theme import Palette, count, p_value, shown

SIDES = ("soup", "ensemble")
DIRECTIONS = {
    "error": "Error rate of the most frequent answer, and harmful minus helpful spread "
    "(Domingos); soup and ensemble answer once, so no spread can be seen in them.",
    "brier": "Brier score of the mean probability, and ambiguity; soup and ensemble answer once, "
    "so no spread can be seen in them.",
}


def soup_dots(
    choices: Choices,
    bundle: Bundle,
    soups: tuple[Soup, ...],
    found: list[Mapping],
    palette: Palette,
) -> go.Figure | str:
    """Every soup beside the ensemble of its ingredients."""
    return recipes.soup_dots(
        [soup.model for soup in soups],
        [one["soup"] for one in found],
        [one["ensemble"] for one in found],
        [one["ingredients"] for one in found],
        subtitle=f"Accuracy, {within(choices, bundle)}",
        palette=palette,
    )


def two_by_two(choices: Choices, bundle: Bundle, soup: Soup, palette: Palette) -> go.Figure | str:
    """Who is right where."""
    found = compute.soup_comparison(choices, bundle, soup)
    return recipes.two_by_two(
        found["table"],
        subtitle=f"{shown(soup.model)} and the ensemble of its ingredients, n = "
        f"{count(found['n'])}, exact McNemar test {p_value(found['p'])}. Click a field.",
        palette=palette,
    )


def soup_outcomes(
    choices: Choices, bundle: Bundle, soup: Soup, palette: Palette
) -> go.Figure | str:
    """What soup and ensemble made of the ingredients' answers."""
    found = compute.soup_comparison(choices, bundle, soup)
    if not any(sum(row.values()) for row in found["outcomes"].values()):
        return "No sample can be judged."
    return outcomes.outcome_strip(
        found["outcomes"],
        OUTCOME_SUMMARIES,
        title="What each makes of the ingredients' answers",
        subtitle=f"Outcomes relative to the ingredients, {within(choices, bundle)}",
        palette=palette,
    )


def error_parts(
    choices: Choices, bundle: Bundle, soup: Soup, loss: str, palette: Palette
) -> go.Figure | str:
    """Bias and variance of ingredients, soup and ensemble."""
    parts = compute.soup_error_parts(choices, bundle, soup)
    if not np.isfinite(parts[f"{loss}/total"]).all():
        return "This loss needs labels, and the Brier score probabilities of all three."
    return recipes.error_parts(parts, loss, subtitle=DIRECTIONS[loss], palette=palette)


def along_line(choices: Choices, bundle: Bundle, line: Line, palette: Palette) -> go.Figure | str:
    """Accuracy from one end to the other."""
    found = compute.along(choices, bundle, line)
    return interpolations.along_line(
        line.alphas,
        line.models,
        found["weights"],
        found["outputs"],
        subtitle=f"{within(choices, bundle)}; bands are 95 % intervals. Circles are the two ends.",
        palette=palette,
    )


def outcomes_along(
    choices: Choices, bundle: Bundle, line: Line, palette: Palette
) -> go.Figure | str:
    """Outcomes relative to the two ends."""
    found = compute.along(choices, bundle, line)
    dotted = "" if found["output_counts"] is None else " Solid: weights mixed. Dotted: outputs."
    return interpolations.outcomes_along(
        line.alphas,
        line.models,
        found["weight_counts"],
        found["output_counts"],
        OUTCOME_SUMMARIES,
        subtitle=f"Relative to the two ends, {within(choices, bundle)}.{dotted} Click a mark.",
        palette=palette,
    )

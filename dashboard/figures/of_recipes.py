"""Families of figures about weights against outputs: soups and interpolations."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from analysis.intervals import mcnemar_p
from analysis.outcomes import outcomes
from dashboard import compute, recipe_tables
from dashboard.choosing import Choices
from dashboard.figures import recipes
from dashboard.figures.family import Built, Family, Settings
from dashboard.theme import LIGHT

NO_SOUP = "No soup is known: this needs a model of the kind soup, with the family of its parts."


NO_LINE = "No interpolation is known: this needs models with alpha between two ends of a family."


def _of_soups(build: Callable, choices: Choices, settings: Settings) -> Built:
    soups, _ = compute.recipes(choices.bundle)
    return build(choices, settings, soups) if soups else NO_SOUP


def _soup_dots(choices: Choices, settings: Settings, soups: tuple) -> Built:
    found = [compute.soup_comparison(choices, settings.samples(choices), soup) for soup in soups]
    return recipes.soup_dots(choices, settings.samples(choices), soups, found, LIGHT)


def _soups(choices: Choices, settings: Settings) -> pd.DataFrame:
    soups, _ = compute.recipes(choices.bundle)
    found = [compute.soup_comparison(choices, settings.samples(choices), soup) for soup in soups]
    return recipe_tables.soups(soups, found)


def _soup_fields(choices: Choices, settings: Settings, soups: tuple) -> Built:
    return recipes.two_by_two(choices, settings.samples(choices), soups[0], LIGHT)


def _soup_outcomes(choices: Choices, settings: Settings, soups: tuple) -> Built:
    return recipes.soup_outcomes(choices, settings.samples(choices), soups[0], LIGHT)


def _soup_parts(choices: Choices, settings: Settings, soups: tuple) -> Built:
    loss = "brier" if choices.bundle.probabilities else "error"
    return recipes.error_parts(choices, settings.samples(choices), soups[0], loss, LIGHT)


def _of_lines(build: Callable, choices: Choices, settings: Settings) -> Built:
    _, lines = compute.recipes(choices.bundle)
    return build(choices, settings.samples(choices), lines[0], LIGHT) if lines else NO_LINE


FAMILIES = (
    Family(
        "soups",
        "Soups and ensembles",
        "corrections",
        "Every soup of weights beside the ensemble of its ingredients.",
        partial(_of_soups, _soup_dots),
        ("labels",),
        _soups,
    ),
    Family(
        "soup-fields",
        "Soup and ensemble, right and wrong",
        "corrections",
        "On how many samples soup, ensemble, both or none are right.",
        partial(_of_soups, _soup_fields),
        ("labels",),
        methods=(mcnemar_p,),
    ),
    Family(
        "soup-outcomes",
        "Outcomes of soup and ensemble",
        "corrections",
        "What soup and ensemble make of the ingredients' answers.",
        partial(_of_soups, _soup_outcomes),
        ("labels",),
        methods=(outcomes,),
        in_report=False,
    ),
    Family(
        "soup-error-parts",
        "Bias and variance of a soup",
        "corrections",
        "Bias and variance of ingredients, soup and ensemble.",
        partial(_of_soups, _soup_parts),
        ("labels",),
        measures=("domingos_bias", "domingos_variance"),
    ),
    Family(
        "interpolation",
        "Along a line of weights",
        "corrections",
        "Accuracy from one end of an interpolation to the other, weights and outputs.",
        partial(_of_lines, recipes.along_line),
        ("labels",),
    ),
    Family(
        "interpolation-outcomes",
        "Outcomes along a line",
        "corrections",
        "Outcomes relative to the two ends of an interpolation.",
        partial(_of_lines, recipes.outcomes_along),
        ("labels",),
        methods=(outcomes,),
        in_report=False,
    ),
)

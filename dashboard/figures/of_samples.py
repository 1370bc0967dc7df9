"""Families of figures about slices, difficulty and single samples."""

from functools import partial

import pandas as pd

from analysis.catalog import CATALOG
from analysis.contrasts import contrast
from analysis.many_tests import benjamini_hochberg
from analysis.projection import pca
from dashboard import compute, slice_tables
from dashboard.choosing import Choices
from dashboard.compute import SlicesAsked, SlicesWanted
from dashboard.figures import difficulty
from dashboard.figures import sample_map as of_map
from dashboard.figures import slices as of_slices
from dashboard.figures.family import Built, Family, Settings
from dashboard.slice_words import NOTHING_TO_SCORE, NOTHING_TO_SEARCH
from dashboard.theme import LIGHT

MOST_POINTS = 2000
USUAL_METHODS = ("conditions", "clusters")
LEAST_SLICE = 20


def slices_found(choices: Choices, settings: Settings) -> tuple[SlicesAsked, dict] | str:
    """The slices of the first score that the data allow; a sentence where none can be searched."""
    methods = compute.slice_methods(choices)
    scores = compute.slice_score_choices(choices)
    if not methods or not scores:
        return NOTHING_TO_SCORE if methods else NOTHING_TO_SEARCH
    score = next(iter(scores))
    model = (compute.reference(choices) or choices.bundle.models[0]) * (score == "model_error")
    columns = compute.slice_column_names(choices)
    picked = tuple(name for name in methods if name in USUAL_METHODS)
    wanted = SlicesWanted(score, model, picked, columns, 3, LEAST_SLICE, settings.seed)
    asked = compute.slices_asked(choices, wanted)
    return asked, compute.search_slices_now(asked)


def _slices(build, choices: Choices, settings: Settings) -> Built:
    pair = slices_found(choices, settings)
    if isinstance(pair, str):
        return pair
    if not pair[1]["conditions"]:
        return "No slice of enough samples was found."
    return build(*pair, LIGHT)


def _slice_table(choices: Choices, settings: Settings) -> pd.DataFrame:
    return slice_tables.slices(slices_found(choices, settings)[1], own=True)


def _number_right(choices: Choices, settings: Settings) -> Built:
    return difficulty.number_right(choices, settings.samples(choices), LIGHT)


def _score(choices: Choices, settings: Settings) -> Built:
    score = next(iter(compute.score_choices(choices).values()), None)
    if score is None:
        return "These data allow no score of single samples."
    return difficulty.score_histogram(choices, settings.samples(choices), score, LIGHT)


def _score_measure(choices: Choices) -> tuple[str, ...]:
    first = next(iter(compute.score_choices(choices)), "")
    return (first,) if first in CATALOG else ()


def _uncertainty(choices: Choices, settings: Settings) -> Built:
    bundle, rows = settings.samples(choices), settings.selected
    return difficulty.uncertainty(choices, bundle, rows, LIGHT, most=MOST_POINTS)


def _sample_map(choices: Choices, settings: Settings) -> Built:
    colouring = next(iter(of_map.colourings(choices)))
    return of_map.sample_map(choices, colouring, MOST_POINTS, LIGHT)


BARS = "bars: 95 % intervals"


FAMILIES = (
    Family(
        "slice-sizes",
        "Slices by gap and size",
        "slices",
        "The gap of each slice that nobody named against its size.",
        partial(_slices, of_slices.found_gaps),
        ("answers",),
        _slice_table,
        methods=(contrast, benjamini_hochberg),
        interval=f"{BARS} on the half that the slices were not found on",
    ),
    Family(
        "slice-gaps",
        "Slices inside and outside",
        "slices",
        "The score inside and outside of each slice that nobody named.",
        partial(_slices, of_slices.found_sides),
        ("answers",),
        methods=(contrast,),
        interval=f"{BARS} on the half that the slices were not found on",
    ),
    Family(
        "number-right",
        "Samples by members right",
        "difficulty",
        "How many samples are right by none, some and all of the members.",
        _number_right,
        ("labels",),
        measures=("members_right",),
    ),
    Family(
        "score-histogram",
        "Distribution of a score",
        "difficulty",
        "The distribution of a score of single samples.",
        _score,
        ("answers",),
        measures=_score_measure,
    ),
    Family(
        "uncertainty",
        "Unsure or of two minds",
        "difficulty",
        "Mutual information against expected entropy of the samples.",
        _uncertainty,
        ("answers", "probabilities"),
        measures=("entropy_expected", "mutual_information"),
    ),
    Family(
        "sample-map",
        "Map of the samples",
        "samples",
        "Samples on the two directions of largest spread of their embeddings.",
        _sample_map,
        ("embeddings",),
        methods=(pca,),
    ),
)

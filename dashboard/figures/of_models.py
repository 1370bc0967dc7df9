"""Families of figures about single models: how they differ, are calibrated and ranked."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from analysis.bradley_terry import bradley_terry
from analysis.intervals import accuracy_interval, wilson
from analysis.kemeny import kemeny
from analysis.ranking import rank_over_groups
from analysis.temperature import fit_temperature, temperature_report
from dashboard import calibration_tables, compute, pair_measures, ranking_tables
from dashboard.choosing import Choices
from dashboard.compute.rankings import Asked, families
from dashboard.figures import calibration, pairs, rankings, teams
from dashboard.figures.family import Built, Family, Settings
from dashboard.theme import LIGHT

ACCURACY = "brackets: 95 % intervals, Wilson or, where samples share units, bootstrap over units"
RULE = "mean"


def _accuracies(choices: Choices, settings: Settings) -> Built:
    return teams.accuracies(choices, settings.samples(choices), LIGHT)


def accuracy_table(choices: Choices, settings: Settings) -> pd.DataFrame:
    """Accuracy of every model and of the ensemble, with interval and n."""
    bundle = settings.samples(choices)
    table = compute.model_table(bundle, choices.missing)
    whole = compute.ensemble_accuracy(choices, bundle)
    columns = {"accuracy": "accuracy", "low": "from", "high": "to", "judged": "n"}
    frame = pd.DataFrame({"model": [*bundle.models, choices.label]})
    for name, title in columns.items():
        frame[title] = [*table[name], *whole[name]]
    return frame.sort_values("accuracy", ascending=False, kind="stable")


def _first_measure(choices: Choices):
    return next(iter(pair_measures.offered_measures(choices.bundle).values()))


def _pair_measure(choices: Choices) -> tuple[str, ...]:
    return (_first_measure(choices).name,)


def _pairs(build: Callable, choices: Choices, settings: Settings) -> Built:
    return build(
        choices, settings.samples(choices), _first_measure(choices), choices.bundle.models, LIGHT
    )


def _reliability(choices: Choices, settings: Settings) -> Built:
    found = compute.reliability_beside(choices, settings.samples(choices))
    known = calibration.confident(choices, found)
    if not known:
        return "No sample has both a label and a confidence."
    return calibration.reliability(choices, settings.samples(choices), known[0], LIGHT)


def _calibration_errors(choices: Choices, settings: Settings) -> Built:
    return calibration.calibration_errors(choices, settings.samples(choices), LIGHT)


def _error_kinds(choices: Choices, settings: Settings) -> pd.DataFrame:
    found = compute.error_kinds(choices, settings.samples(choices))
    return calibration_tables.error_kinds(found, [*choices.ensemble.members, choices.label])


def _temperatures(choices: Choices, settings: Settings) -> Built:
    found = compute.temperatures(choices)
    if found is None:
        return "A temperature needs labels and the probabilities of all classes."
    return calibration.temperatures(found, LIGHT)


def _warmed(choices: Choices, settings: Settings) -> pd.DataFrame:
    return calibration_tables.temperatures(compute.temperatures(choices))


def ranking_asked(choices: Choices, settings: Settings) -> Asked:
    """Over the groups of the grouping, or over samples where there is none."""
    over = "groups" if choices.bundle.groups else "samples"
    column = (choices.grouping or next(iter(choices.bundle.groups), "")) if over == "groups" else ""
    models = choices.bundle.models
    return Asked(over, models, column, least=settings.least, missing=choices.missing)


def _rank_intervals(choices: Choices, settings: Settings) -> Built:
    asked = ranking_asked(choices, settings)
    found = compute.ranking(choices.bundle, asked)
    kinds = families(choices.bundle, asked.models)
    noun = "group" if asked.over == "groups" else "sample"
    return rankings.rank_intervals(found, asked.models, RULE, kinds, noun, LIGHT)


def _task_ranks(choices: Choices, settings: Settings) -> Built:
    asked = ranking_asked(choices, settings)
    found = compute.ranking(choices.bundle, asked)
    if len(found["tasks"]) < 2:
        return "Ranks task by task need two groups in which the models are judged."
    return rankings.task_ranks(found, asked.models, RULE, "group", LIGHT)


def _ranks(choices: Choices, settings: Settings) -> pd.DataFrame:
    asked = ranking_asked(choices, settings)
    found = compute.ranking(choices.bundle, asked)
    return ranking_tables.ranking(found, asked.models, RULE, families(choices.bundle, asked.models))


FAMILIES = (
    Family(
        "accuracies",
        "Accuracy of models and ensemble",
        "overview",
        "Every model and the ensemble by accuracy, with intervals.",
        _accuracies,
        ("labels",),
        accuracy_table,
        ("accuracy",),
        (wilson, accuracy_interval),
        ACCURACY,
    ),
    Family(
        "pair-matrix",
        "Matrix of pairs",
        "disagreement",
        "How much every two models differ, as a matrix in the order of a tree.",
        partial(_pairs, pairs.pair_matrix),
        ("two models",),
        measures=_pair_measure,
        interval="tree: average linkage",
    ),
    Family(
        "pair-counts",
        "Samples behind each pair",
        "disagreement",
        "On how many samples every two models can be compared.",
        partial(_pairs, pairs.pair_counts),
        ("two models",),
        in_report=False,
    ),
    Family(
        "model-map",
        "Map of the models",
        "disagreement",
        "Models as points; near ones answer alike.",
        partial(_pairs, pairs.model_map),
        ("two models",),
        measures=_pair_measure,
    ),
    Family(
        "reliability",
        "Accuracy against confidence",
        "calibration",
        "How often answers of a confidence are right.",
        _reliability,
        ("labels", "confidence"),
        measures=("ece",),
        methods=(wilson,),
        interval="bars of the raised curve: 95 % intervals",
    ),
    Family(
        "calibration-errors",
        "Calibration errors",
        "calibration",
        "The calibration error of every member and of the ensemble.",
        _calibration_errors,
        ("labels", "confidence"),
        _error_kinds,
        ("ece",),
        interval="brackets: 95 % intervals, bootstrap",
    ),
    Family(
        "temperatures",
        "Before and after a temperature",
        "calibration",
        "The calibration error before and after one temperature per member, on samples held out.",
        _temperatures,
        ("labels", "confidence"),
        _warmed,
        ("ece",),
        (fit_temperature, temperature_report),
    ),
    Family(
        "rank-intervals",
        "Ranks with intervals",
        "rankings",
        "The models by their rank over groups or samples, with intervals, by several rules.",
        _rank_intervals,
        ("labels", "two models"),
        _ranks,
        methods=(rank_over_groups, bradley_terry, kemeny),
        interval="bars: 95 % of the bootstrap draws",
    ),
    Family(
        "task-ranks",
        "Ranks task by task",
        "rankings",
        "The rank of every model in every group.",
        _task_ranks,
        ("labels", "two models", "groups"),
    ),
)

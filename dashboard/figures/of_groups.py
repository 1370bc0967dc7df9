"""Families of figures about groups."""

from functools import partial

import pandas as pd

from analysis.accuracy_on_the_curve import bend
from analysis.dependence import dependence
from analysis.group_disagreement import group_scores
from analysis.group_gains import worst_group_gain
from analysis.group_ranks import kendall
from analysis.group_report import against_rest, worst_group
from analysis.intervals import wilson
from analysis.many_tests import benjamini_hochberg
from dashboard import compute, group_curve_words, group_tables, tables
from dashboard.choosing import Choices
from dashboard.figures import group_curves, group_effects, groups, majority
from dashboard.figures.family import Built, Family, Settings
from dashboard.figures.told import within
from dashboard.theme import LIGHT

ROLES = ("best", "ensembles")


def _group_accuracy(choices: Choices, settings: Settings) -> Built:
    return groups.group_dots(choices, settings.samples(choices), settings.least, LIGHT)


def _groups(choices: Choices, settings: Settings) -> pd.DataFrame:
    column = choices.grouping
    table = compute.group_table(choices, settings.samples(choices), column)
    names = [*choices.ensemble.members, choices.label]
    return tables.groups(table, choices.bundle.groups[column].levels, names)


def _group_size(choices: Choices, settings: Settings) -> Built:
    pool = choices.ensemble.members
    return groups.size_curve(choices, settings.samples(choices), pool, settings.least, LIGHT)


def _curves(against: str, choices: Choices, settings: Settings) -> Built:
    bundle, column = settings.samples(choices), choices.grouping
    if group_curve_words.missing(bundle, column, choices.ensemble.members, against):
        return group_curve_words.NEEDS[against]
    options = {
        "attribute": compute.attribute_choices(bundle),
        "level": compute.level_choices(bundle, column),
        "model": compute.model_choices(bundle),
    }.get(against, [])
    along = options[0] if options else ""
    levels = group_curves.opening_levels(choices, bundle)
    show = "risk" if against == "confidence" else "accuracy"
    return group_curves.group_curves(choices, bundle, against, along, ROLES, levels, show, LIGHT)


def _majority(choices: Choices, settings: Settings) -> Built:
    bundle, column = settings.samples(choices), choices.grouping
    if len(compute.group_choices(bundle, column)) < 2:
        return "There is one group only. Two are needed to compare accuracy in them."
    table = compute.group_table(choices, bundle, column)
    x, y = compute.opening_groups(bundle, table, column)
    points = compute.majority_points(choices, bundle, x, y)
    names = tuple(f"{column} is {level}" for column, level in (x, y))
    told = within(choices, bundle)
    return majority.majority_minority(points, names, "raw", majority.ends(points), told, LIGHT)


def _net_effects(choices: Choices, settings: Settings) -> Built:
    return group_effects.net_effects(choices, settings.samples(choices), LIGHT)


def _gains(choices: Choices, settings: Settings) -> pd.DataFrame:
    bundle, column = settings.samples(choices), choices.grouping
    gains = compute.worst_gains(choices, bundle, column, settings.least)
    effects = compute.effects_beside(choices, bundle, column)
    return group_tables.gains(gains, bundle.groups[column].levels, effects)


def _votes(choices: Choices, settings: Settings) -> Built:
    return group_effects.vote_scores(
        choices, settings.samples(choices), "disagreement", settings.least, LIGHT
    )


def _apart(choices: Choices, settings: Settings) -> Built:
    return group_effects.standing_apart(choices, settings.samples(choices), settings.least, LIGHT)


def _rank_agreement(choices: Choices, settings: Settings) -> Built:
    return group_effects.rank_agreement(
        choices, settings.samples(choices), "Kendall", settings.least, LIGHT
    )


def _dependences(choices: Choices, settings: Settings) -> Built:
    if not compute.dependences(choices, settings.samples(choices), "errors"):
        return "No grouping of 2 to 100 levels is there beside the label."
    return group_effects.dependences(choices, settings.samples(choices), "errors", LIGHT)


def _dependence_table(choices: Choices, settings: Settings) -> pd.DataFrame:
    return group_tables.dependences(
        compute.dependences(choices, settings.samples(choices), "errors")
    )


BARS = "bars: 95 % intervals"
GROUPED = ("labels", "groups")


def _curve(against: str, title: str) -> Family:
    return Family(
        f"group-curves-{against}",
        f"Accuracy per group along {title}",
        "groups",
        f"Accuracy in each group along {title}.",
        partial(_curves, against),
        GROUPED,
        methods=(wilson,),
    )


FAMILIES = (
    Family(
        "group-accuracy",
        "Accuracy per group",
        "groups",
        "How often members and ensemble are right in each group.",
        _group_accuracy,
        GROUPED,
        _groups,
        ("group_accuracy",),
        (wilson, worst_group, against_rest),
        BARS,
    ),
    Family(
        "group-size",
        "Accuracy per group against size",
        "groups",
        "Accuracy in each group against the number of members.",
        _group_size,
        GROUPED,
        measures=("group_accuracy",),
        in_report=False,
    ),
    _curve("epoch", "training"),
    _curve("size", "the number of members"),
    _curve("confidence", "a confidence threshold"),
    _curve("attribute", "a number"),
    _curve("level", "a shift or strength"),
    _curve("model", "model size or cost"),
    Family(
        "majority-minority",
        "One group against another",
        "groups",
        "Accuracy of every model in one group against another: a line or a moon.",
        _majority,
        GROUPED,
        methods=(bend,),
        interval="bars: 95 % intervals",
    ),
    Family(
        "group-effects",
        "Net effect per group",
        "groups",
        "Corrections minus regressions of the ensembles in each group.",
        _net_effects,
        GROUPED,
        _gains,
        methods=(worst_group_gain,),
        interval=BARS,
    ),
    Family(
        "group-votes",
        "Disagreement per group",
        "groups",
        "How much the members disagree in each group; needs no labels.",
        _votes,
        ("answers", "groups", "two members"),
        methods=(group_scores, benjamini_hochberg),
        interval=BARS,
    ),
    Family(
        "group-apart",
        "Who stands apart in which group",
        "groups",
        "How often each member differs from the others in each group.",
        _apart,
        ("answers", "groups", "two members"),
    ),
    Family(
        "group-ranks",
        "Order of the models between groups",
        "groups",
        "Whether models come in the same order in every two groups.",
        _rank_agreement,
        ("labels", "groups", "two models"),
        methods=(kendall,),
        in_report=False,
    ),
    Family(
        "group-dependence",
        "What errors depend on",
        "groups",
        "How far the errors of the ensemble depend on groupings and on two at once.",
        _dependences,
        GROUPED,
        _dependence_table,
        methods=(dependence,),
    ),
)

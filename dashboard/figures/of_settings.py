"""Families of figures about tables of accuracies, which need no single samples."""

from analysis.accuracies import front
from analysis.accuracy_on_the_curve import bend
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures import majority
from dashboard.figures import settings as of_settings
from dashboard.figures.family import Built, Family, Settings
from dashboard.theme import LIGHT


def _two_settings(choices: Choices | None, settings: Settings) -> Built:
    table = settings.accuracies
    colour = next(iter(of_settings.telling_columns(table)), None)
    return of_settings.two_settings(table, *of_settings.opening_settings(table), colour, LIGHT)


def _majority(choices: Choices | None, settings: Settings) -> Built:
    table = settings.accuracies
    x, y = of_settings.opening_settings(table)
    points = compute.setting_points(table, compute.setting_pair(table, x, y))
    return majority.majority_minority(points, (x, y), "raw", majority.ends(points), "", LIGHT)


BARS = "bars: 95 % intervals, where numbers of samples are known"
FAMILIES = (
    Family(
        "settings",
        "Accuracy in two settings",
        "settings",
        "Models by accuracy in two settings, with those that none beats in both.",
        _two_settings,
        ("accuracies",),
        methods=(front,),
        in_report=False,
    ),
    Family(
        "settings-majority",
        "A line or a moon between settings",
        "settings",
        "Accuracy in one setting against another: a line or a moon.",
        _majority,
        ("accuracies",),
        methods=(bend,),
        interval=BARS,
        in_report=False,
    ),
)

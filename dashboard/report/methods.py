"""Definitions and sources of what a report shows, read off the code that computes it."""

import inspect
import re
from collections.abc import Callable, Sequence

from analysis.axes import AXES
from analysis.catalog import CATALOG
from dashboard.choosing import Choices
from dashboard.figures.family import Family
from dashboard.report.text import plain

SOURCES = re.compile(r"^References:\n((?:[ \t]+.*\n?)+)", re.MULTILINE)
NAMES = {
    "accuracy_interval": "Interval of an accuracy",
    "against_rest": "A group against the rest",
    "benjamini_hochberg": "Benjamini-Hochberg",
    "bradley_terry": "Bradley-Terry",
    "bend": "Line and parabola",
    "contrast": "Inside against outside",
    "contributions": "What a member brings",
    "dependence": "Distance correlation",
    "exclusive_contribution": "Exclusive contribution",
    "front": "Models beaten by none",
    "fit_temperature": "Temperature",
    "good_and_bad": "Good and bad disagreement",
    "group_scores": "Scores of groups",
    "kendall": "Kendall's tau",
    "mcnemar_p": "McNemar's test",
    "non_dominated": "Front",
    "paired_interval": "Interval of a difference",
    "pca": "Principal components",
    "rank_over_groups": "Ranks over groups",
    "selective_votes": "Selective vote",
    "temperature_report": "Calibration before and after a temperature",
    "wilson": "Wilson interval",
}


def methods(shown: Sequence[Family], choices: Choices) -> str:
    """A list of the measures and methods of these families, each once, with its source."""
    measures = dict.fromkeys(name for family in shown for name in family.measured(choices))
    functions = dict.fromkeys(one for family in shown for one in family.methods)
    entries = [_measure(name) for name in measures]
    entries += [(_name(one), first_line(one), source(one)) for one in functions]
    rows = "".join(
        f"<dt>{plain(name)}</dt><dd>{plain(what)}"
        + (f' <span class="source">Source: {plain(cited)}</span>' if cited else "")
        + "</dd>"
        for name, what, cited in entries
    )
    return f"<dl>{rows}</dl>" if rows else "<p>No measure is shown.</p>"


def _measure(name: str) -> tuple[str, str, str]:
    if name not in CATALOG:
        axis = AXES[name]
        return axis.label, axis.summary, source(axis.function) if hasattr(axis, "function") else ""
    row = CATALOG[name]
    better = f" {row.better.capitalize()} is better." if row.better else ""
    return row.label, row.summary + better, source(row.function)


def _name(function: Callable) -> str:
    words = function.__name__.replace("_", " ")
    return NAMES.get(function.__name__, words[0].upper() + words[1:])


def first_line(function: Callable) -> str:
    """What a function does, by its docstring."""
    return inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def source(function: Callable) -> str:
    """The papers that a docstring refers to; empty where it names none."""
    found = SOURCES.search(inspect.cleandoc(function.__doc__ or "") + "\n")
    return " ".join(found[1].split()) if found else ""

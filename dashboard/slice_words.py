"""Sentences on slices: what they are, what was found, and what was looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.theme import count, interval, markdown, p_value, percent
from dashboard.words import counted, listed


@dataclass(frozen=True)
class ScoreWords:
    """How a score is spoken of.

    Attributes:
        more: what there is more of inside.
        title: of a figure.
        axis: of a figure.
        good: 1 where a higher score is better, -1 where a lower one is, 0 where neither.
    """

    more: str
    title: str
    axis: str
    good: int = -1


SCORES = {
    "ensemble_error": ScoreWords(
        "errors",
        "Where the ensemble is wrong more often than elsewhere",
        "Errors of the ensemble, share of the samples",
    ),
    "model_error": ScoreWords(
        "errors",
        "Where the model is wrong more often than elsewhere",
        "Errors of the model, share of the samples",
    ),
    "difficulty": ScoreWords(
        "wrong members",
        "Where more of the members are wrong than elsewhere",
        "Wrong members, share of those that are judged",
    ),
    "correction": ScoreWords(
        "corrections",
        "Where the ensemble corrects more than elsewhere",
        "Corrections, share of the samples",
        good=1,
    ),
    "regression": ScoreWords(
        "regressions",
        "Where the ensemble spoils more than elsewhere",
        "Regressions, share of the samples",
    ),
    "difference": ScoreWords(
        "net effect",
        "Where the ensemble helps more, or less, than elsewhere",
        "Corrections minus regressions, share of the samples",
        good=1,
    ),
    "disagreement": ScoreWords(
        "disagreement",
        "Where the members disagree more than elsewhere",
        "Pairs of members that differ, share of the pairs",
        good=0,
    ),
    "vote_entropy": ScoreWords(
        "entropy of the votes",
        "Where the votes are more scattered than elsewhere",
        "Entropy of the votes, share of the largest possible",
        good=0,
    ),
    "suspect": ScoreWords(
        "doubted labels",
        "Where more labels are doubted than elsewhere",
        "Doubted labels, share of the samples",
        good=0,
    ),
}

METHODS = {
    "conditions": "Conditions (SliceLine)",
    "regions": "Regions (decision tree)",
    "clusters": "Clusters (k-means)",
    "answer clusters": "Clusters with answers (mixture)",
}
METHOD_HELP = (
    "Conditions: all combinations of levels of columns. Regions: nodes of a decision tree over the "
    "columns, which cuts numbers itself. Clusters: samples whose embeddings lie together. Clusters "
    "with answers: samples whose embeddings, labels and answers are alike on the half that is "
    "searched (as Domino does); all samples are put into them by their embeddings alone."
)
LEFT_OUT = {
    "constant": "one value only",
    "own value": "nearly every sample has its own value",
    "rare": "no value of enough samples",
    "text": "text that is no grouping",
}
NOTHING_TO_SEARCH = (
    "There is nothing to make slices of: no column of two values or more that says something of "
    "the samples, and no embeddings. Add a samples table with a column that groups them (source, "
    "length, difficulty ...) or embeddings.npy on the Data page."
)
NOTHING_TO_SCORE = (
    "Without labels slices can be looked for where the members disagree, and for that two members "
    "have to answer the same samples. Choose at least two in the sidebar, or add labels on the "
    "Data page."
)


def points(net: float, low: float, high: float) -> str:
    """A difference of shares in percentage points: +12.3 points [9.8, 14.7]."""
    return f"{100 * net:+.1f} points {interval(low, high)}"


def slice_name(conditions: Sequence[tuple[str, str]], *, escaped: bool = True) -> str:
    """A slice in words: split = faint and colour = agrees."""
    plain = markdown if escaped else str
    return " and ".join(f"{plain(column)} = {plain(level)}" for column, level in conditions)


def explained(told: tuple[str, str, float, int] | None) -> str:
    """What a cluster of embeddings holds most; empty without one."""
    if told is None:
        return ""
    column, level, lift, n = told
    return f"cluster with {lift:.1f} times as many {column} = {level} as usual (n = {count(n)})"


def sentence(found: Mapping, more: str) -> str:
    """The slice that stands out most on samples that it was not found on, or that none does.

    Args:
        found: as `compute.slices.told`.
        more: what there is more of inside.
    """
    if not len(found["conditions"]):
        return f"The search found no slice with other {more} than elsewhere."
    passed = np.flatnonzero(found["passed"])
    row = int(passed[0]) if len(passed) else 0
    told = (
        f"{slice_name(found['conditions'][row])}: {more} of {percent(float(found['inside'][row]))} "
        f"inside, {percent(float(found['outside'][row]))} outside, gap "
        f"**{points(*(float(found[name][row]) for name in ('gap', 'low', 'high')))}**, "
        f"n = {count(int(found['n'][row]))}"
    )
    p = found["p_bh"][row]
    told += f", {p_value(float(p))}" if np.isfinite(p) else ", too few to test"
    if not len(passed):
        return f"**No slice passes** on the other half. The best that was found: {told}."
    which = "1 slice passes" if len(passed) == 1 else f"{len(passed)} slices pass"
    return f"**{which}** on the other half, first of all {told}."


def looked_at(found: Mapping, methods: Sequence[str], max_level: int, more: str) -> str:
    """What was searched: methods, columns, samples, and the mean of all.

    Args:
        found: as `compute.search_slices`.
        methods: names in METHODS.
        max_level: most conditions.
        more: what there is more of inside.
    """
    of_columns = {"conditions", "regions"} & set(methods)
    columns = counted(len(found["columns"]), "column")
    where = f"{columns} in up to {counted(max_level, 'condition')}" if of_columns else ""
    if "regions" in of_columns:
        where += " or tests"
    spaces = "the embeddings" if set(methods) - of_columns else ""
    what = " and ".join(part for part in (where, spaces) if part)
    return (
        f"Looked at: {what}, over {counted(found['scored'], 'sample')} with "
        f"{percent(found['overall'])} {more} in all."
    )


def footnote(found: Mapping, least: int, left_out: Mapping[str, str], reseeds: int) -> str:
    """How slices were found and judged, and which columns could not be searched."""
    label = ""
    if found["by_label"]:
        label = f" Known only with the label: {listed(found['by_label'], 6)}."
    if left_out:
        names = [f"{markdown(name)} ({LEFT_OUT[why]})" for name, why in left_out.items()]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        label += f" Not searched: {', '.join(names[:8])}{more}."
    return (
        f"Found on one half ({markdown(found['split'], 200)}); all figures are of the other half. "
        f"A slice passes with at least {count(least)} samples there, an adjusted p below .05 "
        "(Benjamini-Hochberg over all that are listed; another score or other options are other "
        "tests) and a gap of at least 5 points. Found again: share of "
        f"{reseeds} other random halves in which the search comes upon a slice with at least half "
        f"of the samples in common. All samples are searched, whatever is selected.{label} Where "
        "samples of one unit are alike, all p are at least those of a test that allows for it."
    )


def about(found: Mapping, row: int, more: str) -> str:
    """One slice in figures."""
    again = float(found["again"][row])
    rest = f" It was found again in {percent(again, 0)} of other halves." if again == again else ""
    gap = points(*(float(found[name][row]) for name in ("gap", "low", "high")))
    return (
        f"{slice_name(found['conditions'][row])}: {counted(len(found['rows'][row]), 'sample')} in "
        f"all. On the half that it was not found on: {more} of "
        f"**{percent(float(found['inside'][row]))}** inside (n = {count(int(found['n'][row]))}), "
        f"{percent(float(found['outside'][row]))} outside, gap {gap}.{rest}"
    )


def standing_out(told: Sequence[tuple[str, str, float, int]]) -> str:
    """What is over-represented in a slice, one sentence."""
    if not told:
        return "Nothing that is known of the samples is over-represented in it."
    parts = [
        f"{markdown(column)} = {markdown(level)} ({lift:.1f} times as often as usual, "
        f"n = {count(n)})"
        for column, level, lift, n in told
    ]
    return f"Over-represented in it: {'; '.join(parts)}."

"""Sentences on groups: the worst of them, disagreement, gains, dependence, order of models."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.slice_words import slice_name
from dashboard.theme import count, interval, markdown, p_value, percent, three_digits
from dashboard.words import counted, listed

ALPHA = 0.05
TOLD = 5
SCORES = {
    "disagreement": "Disagreement of two members",
    "margin": "Margin of the vote",
    "entropy": "Entropy of the votes",
}
SCORE_AXES = {
    "disagreement": "Pairs of members that differ; right is more",
    "margin": "First answer's votes less the second's; left is less sure",
    "entropy": "Entropy, in nats; right is more disagreement",
}


def left_out(number: int) -> str:
    """That a figure draws only some of the levels; empty where it draws all."""
    if number <= 0:
        return ""
    return f". {counted(number, 'more level')} not drawn: best, worst and largest are"


def excluded(levels: Sequence[str], n: np.ndarray, least: int) -> str:
    """Which groups are too small to count, as Markdown; empty where none is."""
    small = np.flatnonzero(n < least)
    if not len(small):
        return ""
    order = small[np.argsort(-n[small], kind="stable")]
    names = [f"{markdown(levels[at])} (n = {count(int(n[at]))})" for at in order[:TOLD].tolist()]
    more = f" and {count(len(order) - TOLD)} more" if len(order) > TOLD else ""
    return (
        f"Fewer than {count(least)} judged samples, so no part of worst group, gap and tests: "
        f"{', '.join(names)}{more}."
    )


def worst_sentence(column: str, levels: Sequence[str], worst: Mapping, row: int = -1) -> str:
    """The worst group of an ensemble with the lower end of its interval, as Markdown."""
    place = int(worst["level"][row])
    if place < 0:
        return ""
    ends = interval(float(worst["low"][row]), float(worst["high"][row]))
    told = (
        f"Worst group: {markdown(levels[place])} at {percent(float(worst['accuracy'][row]))} "
        f"{ends}, so at least {percent(float(worst['low'][row]))} but for chance"
    )
    if worst["lowest"][row] < worst["low"][row]:
        low = percent(float(worst["lowest"][row]))
        told += f"; a smaller group cannot be excluded to be as low as {low}"
    return f"{told}. The interval does not allow for this group being picked as the worst."


def tests_sentence(levels: Sequence[str], tests: Mapping) -> str:
    """Which groups are clearly worse or better than the rest, as Markdown."""
    p = np.nan_to_num(tests["p_bh"], nan=1.0)
    tested = int(np.isfinite(tests["p"]).sum())
    if not tested:
        return "No group is large enough to be tested against the rest."
    worse = np.flatnonzero((p < ALPHA) & (tests["gap"] < 0))
    better = np.flatnonzero((p < ALPHA) & (tests["gap"] > 0))
    worse = worse[np.argsort(tests["gap"][worse], kind="stable")]
    better = better[np.argsort(-tests["gap"][better], kind="stable")]
    parts = [
        f"{side} than on the rest in {listed([levels[at] for at in own], TOLD)}"
        for side, own in (("clearly worse", worse), ("clearly better", better))
        if len(own)
    ]
    what = " and ".join(parts) or "in no group clearly better or worse than on the rest"
    return (
        f"The ensemble is {what} ({counted(tested, 'group')} tested by Fisher's exact test, "
        "Benjamini-Hochberg below .05; the CSV has Holm for a claim)."
    )


def cells_sentence(found: Mapping) -> str:
    """The cell of all crossings where the ensemble is surely worst, as Markdown.

    Args:
        found: as `compute.lowest_cells`, with at least one cell.
    """
    ends = interval(float(found["low"][0]), float(found["high"][0]))
    clear = int((found["p_bh"] < ALPHA).sum())
    return (
        f"Of all crossings of {listed(found['columns'], 12)} the accuracy is most surely low where "
        f"{slice_name(found['cells'][0])}: **{percent(float(found['accuracy'][0]))}** {ends}, "
        f"n = {count(int(found['n'][0]))}, {p_value(float(found['p_bh'][0]))} corrected for "
        f"{counted(found['tested'], 'cell')}"
        + ("." if clear else "; none is clearly below the rest.")
    )


def votes_sentence(column: str, levels: Sequence[str], scores: Mapping, least: int) -> str:
    """Where the members disagree most and least, as Markdown."""
    mean, n = scores["mean"], scores["n"]
    large = np.flatnonzero(np.isfinite(mean) & (n >= least))
    if not len(large):
        return (
            f"No level of {markdown(column)} has {count(least)} samples on which two members "
            "answered: too few to tell where they disagree."
        )
    high, low = large[int(mean[large].argmax())], large[int(mean[large].argmin())]

    def level(at: int) -> str:
        ends = interval(float(scores["low"][at]), float(scores["high"][at]))
        return (
            f"**{percent(float(mean[at]))}** {ends} of the samples where {markdown(column)} is "
            f"{markdown(levels[at])} (n = {count(int(n[at]))})"
        )

    if high == low:
        return f"Two members differ on {level(high)}; no other level is large enough."
    clear = int((np.nan_to_num(scores["p_bh"], nan=1.0) < ALPHA).sum())
    tested = int(np.isfinite(scores["p"]).sum())
    return (
        f"Two members differ on {level(high)} and on {level(low)}. {count(clear)} of "
        f"{counted(tested, 'level')} differ clearly from the rest (Benjamini-Hochberg below .05)."
    )


def gain_sentence(name: str, gain: Mapping, levels: Sequence[str], reference: str) -> str:
    """What an ensemble does for the worst group, as Markdown."""
    if gain["before"] < 0:
        return "No group is large enough to tell what the ensemble does for the worst one."
    before, after = levels[gain["before"]], levels[gain["after"]]
    same = (
        f"still {markdown(after)}" if gain["before"] == gain["after"] else f"now {markdown(after)}"
    )
    low, high = gain["low"], gain["high"]
    verdict = "better off" if low > 0 else "worse off" if high < 0 else "not clearly better off"
    return (
        f"With {markdown(name)} the worst group is **{100 * gain['gain']:+.1f} points** "
        f"{interval(low, high)} {verdict}: {percent(gain['ensemble'])} ({same}) against "
        f"{percent(gain['reference'])} of {markdown(reference)} ({markdown(before)})."
    )


def dependence_sentence(found: Sequence[Mapping], what: str) -> str:
    """On which attributes answers or errors depend, as Markdown."""
    if not found:
        return "There is no grouping of 2 to 100 levels that they could depend on."
    if not any(np.isfinite(one["p"]) for one in found):
        return (
            f"How far the {what} depend on each grouping; nothing is tested, since nothing differs "
            "between the samples."
        )
    clear = [one for one in found if np.isfinite(one["p_bh"]) and one["p_bh"] < ALPHA]
    if not clear:
        return f"The ensemble's {what} clearly depend on no grouping (permutation test)."
    best = max(clear, key=lambda one: one["correlation"])
    return (
        f"The ensemble's {what} depend most on **{markdown(best['name'])}** (distance correlation "
        f"{three_digits(best['correlation'])}, {p_value(best['p_bh'])} corrected); "
        f"{count(len(clear))} of {len(found)} groupings and crossings are clear."
    )


def ranks_sentence(column: str, found: Mapping | None, levels: Sequence[str], least: int) -> str:
    """Whether the same model is best everywhere, as Markdown."""
    if found is None:
        return (
            f"It takes two models and two levels of {markdown(column)} with {count(least)} judged "
            "samples each to compare the order of models."
        )
    winner, overall, names = found["winner"], found["overall"], found["models"]
    others = np.flatnonzero(winner != overall)
    clear = int((np.nan_to_num(found["p_bh"], nan=1.0) < ALPHA).sum())
    tau = found["kendall"][~np.eye(len(winner), dtype=bool)]
    tau = tau[np.isfinite(tau)]
    mean = f" Kendall's tau of two groups is {three_digits(float(tau.mean()))} on average."
    if not len(others):
        told = f"**{markdown(names[overall])} is the most accurate model in every group.**"
    else:
        at = others[int(found["lead"][others].argmax())]
        told = (
            f"{markdown(names[overall])} is the most accurate model over all, but another one in "
            f"**{len(others)} of {counted(len(winner), 'group')}**, most of all "
            f"{markdown(names[winner[at]])} where {markdown(column)} is "
            f"{markdown(levels[found['groups'][at]])} (by {100 * found['lead'][at]:.1f} points); "
            f"{count(clear)} of these {'is' if clear == 1 else 'are'} clear (McNemar, "
            "Benjamini-Hochberg below .05)."
        )
    return told + (mean if len(tau) else "")

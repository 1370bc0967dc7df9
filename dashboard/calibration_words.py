"""Sentences with numbers on confidence: whom one can believe, and what a temperature does."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import count, interval, markdown, percent
from dashboard.words import counted

NEAR = 0.005
DOUBTS = {
    "relative uncertainty": "relative uncertainty (Rel-U)",
    "entropy": "entropy",
    "1 - largest probability": "largest probability",
}


def reliability_sentence(
    found: Mapping[str, np.ndarray], names: Sequence[str], who: str, selected: int | None = None
) -> str:
    """How far the ensemble's confidence is from its accuracy, and the members' beside it.

    Args:
        found: "ece", "ece_low", "ece_high", "over", "n" [K + 1], the ensemble last.
        names: K members.
        who: the ensemble in words.
        selected: how many samples are selected, when the figures are about them only.

    Returns:
        Markdown; names in it are escaped.
    """
    known = np.flatnonzero(found["n"][:-1] > 0)
    known = known[np.isfinite(found["ece"][known])]
    where = "" if selected is None else f"Within the selection (n = {count(selected)}): "
    if not len(known) and not found["n"][-1]:
        return f"{where}No judged answer has a confidence."
    parts = []
    if found["n"][-1]:
        parts.append(f"{who} {_promise(found, len(names))}.")
    else:
        parts.append(f"{who} has no confidence of its own, only its members have.")
    if len(known):
        best = int(known[found["ece"][known].argmin()])
        worst = int(known[found["ece"][known].argmax()])
        parts.append(f"Of its members, {markdown(names[best])} {_error(found, best)} comes closest")
        if worst != best:
            parts[-1] += f" and {markdown(names[worst])} {_error(found, worst)} is furthest off"
        parts[-1] += "."
    return where + " ".join(parts)


def _promise(found: Mapping[str, np.ndarray], row: int) -> str:
    over = float(found["over"][row])
    sign = "over-confident" if over > 0 else "under-confident"
    means = (
        "is on average as confident as it is right"
        if abs(over) < NEAR
        else f"is **{sign}** by {100 * abs(over):.1f} points on average"
    )
    return (
        f"{means}; over the bins its confidence is "
        f"**{percent(float(found['ece'][row]))}** {_ends(found, row)} away from its accuracy "
        f"(calibration error, n = {count(int(found['n'][row]))})"
    )


def _error(found: Mapping[str, np.ndarray], row: int) -> str:
    ends = _ends(found, row)
    return f"({percent(float(found['ece'][row]))}{' ' + ends if ends else ''})"


def _ends(found: Mapping[str, np.ndarray], row: int) -> str:
    return interval(float(found["ece_low"][row]), float(found["ece_high"][row]))


def footnote(missing: str) -> str:
    """How confidence, bins and intervals are meant."""
    gaps = {"exclude": "are left out", "wrong": "have no confidence and are left out"}[missing]
    return (
        "Confidence is the largest probability of a model, or what it states of its answer. "
        f"15 bins of equal width; missing answers {gaps}. Brackets are 95 % intervals: bars "
        "Wilson, calibration errors a bootstrap. The calibration error is too high for few samples."
    )


def temperature_sentence(found: Mapping) -> str:
    """What the temperatures say of the members, and what they change on the held-out samples.

    Args:
        found: as `compute.temperatures` gives it.
    """
    own = np.flatnonzero(~found["pooled"] & np.isfinite(found["temperature"]))
    known = own[np.isfinite(found["ece_before"][own]) & np.isfinite(found["ece_after"][own])]
    if not len(known):
        return "There are too few labelled samples to fit a temperature and to judge it on others."
    heat = found["temperature"][own]
    before, after = (float(found[part][known].mean()) for part in ("ece_before", "ece_after"))
    return (
        f"One temperature each takes the members' calibration error from **{percent(before)}** to "
        f"**{percent(after)}** on average. {_heats(heat)}"
    )


def _heats(heat: np.ndarray) -> str:
    above, below = int((heat > 1).sum()), int((heat < 1).sum())
    who = "No member is" if above == 0 else f"{counted(above, 'member')} "
    who += "" if above == 0 else "is" if above == 1 else "are"
    return (
        f"{who} over-confident (temperature above 1, which flattens the probabilities), "
        f"{count(below) if below else 'none'} under-confident (below 1, which sharpens them). "
        "The answers stay the same."
    )


def detection_sentence(found: Mapping, name: str) -> str:
    """Which doubt finds the wrong answers of a model best.

    Args:
        found: as `compute.detection` gives it.
        name: of the model.
    """
    wrong, n = found["wrong_held_out"], found["n_held_out"]
    if not np.isfinite(found["auroc"]).any():
        side = "right" if wrong == 0 else "wrong"
        return f"All {count(n)} held-out answers of {markdown(name)} are {side}: nothing to find."
    best = int(np.nanargmax(found["auroc"]))
    return (
        f"Judged by its **{DOUBTS[found['uncertainties'][best]]}**, a wrong answer of "
        f"{markdown(name)} is doubted more than a right one in "
        f"**{percent(float(found['auroc'][best]))}** of all such pairs (AUROC; 50 % is chance; "
        f"{count(n)} held-out samples, {count(wrong)} of them wrong; the relative uncertainty was "
        f"fitted on {count(found['n_fit'])} others)."
    )


def temperature_footnote(found: Mapping, silent: int) -> str:
    """What was fitted on what, and who is left out.

    Args:
        found: as `compute.temperatures` gives it.
        silent: members that state a confidence but have no probabilities.
    """
    left_out = (
        f" {counted(silent, 'member')} with a stated confidence but no probabilities "
        f"{'has' if silent == 1 else 'have'} nothing a temperature could change."
        if silent
        else ""
    )
    bound = (
        " Where every answer is right, or none better than chance, the temperature ends at the "
        "limit of the search."
        if found["at_bound"].any()
        else ""
    )
    return (
        f"Fitted on {count(found['n_fit'])} samples and judged on {count(found['n_held_out'])} "
        f"others ({found['split']}), whatever is selected. A mean of calibrated members is usually "
        f"under-confident, so it gets one more temperature.{bound}{left_out}"
    )

"""Sentences with numbers on confidence: whom one can believe, and what a temperature does."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import count, interval, markdown, percent

NEAR = 0.005


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

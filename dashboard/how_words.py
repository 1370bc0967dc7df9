"""Sentences on how the ensemble came to its answers."""

from collections.abc import Mapping

import numpy as np

from analysis.outcomes import OUTCOMES
from dashboard.theme import count, interval, percent
from dashboard.words import counted

CONTESTED = ("corrected", "spoiled")
FEW = 20
ALIKE = 2.0
MARGIN = ("margin", "margin/low", "margin/high")


def camps(table: Mapping[str, np.ndarray]) -> str:
    """Whether those who are right are surer, where the ensemble follows them and where not.

    Args:
        table: as `compute.camp_table`, [6] each.
    """
    parts = []
    for name in CONTESTED:
        place = OUTCOMES.index(name)
        n = int(table["margin/n"][place])
        if not n:
            continue
        where = "corrects" if name == "corrected" else "spoils"
        few = ", too few to conclude" if n < FEW else ""
        said = _led(*(100 * float(table[end][place]) for end in MARGIN))
        parts.append(f"Where the ensemble {where}, {said} (n = {count(n)}{few}).")
    return " ".join(parts)


def following(table: Mapping[str, np.ndarray]) -> str:
    """How often the ensemble goes with the larger and with the surer side.

    Args:
        table: as `compute.camp_table`.
    """
    parts = [
        f"with the {name} side on **{percent(float(table[name][0]))}** "
        f"{interval(*table[name][1:].tolist())} (n = {count(int(table[f'{name}/n']))})"
        for name in ("larger", "surer")
        if int(table[f"{name}/n"])
    ]
    if not parts:
        return "On no sample do right members stand against wrong ones, so nobody has to be chosen."
    unsure = "" if len(parts) > 1 else " How sure the members are is not known."
    return (
        "Where some members are right and some wrong and one side leads, the ensemble goes "
        f"{' and '.join(parts)}.{unsure}"
    )


def _led(margin: float, low: float, high: float) -> str:
    """Which camp is surer, by how many points, or that nobody can tell."""
    if low <= 0 <= high:
        alike = low >= -ALIKE and high <= ALIKE
        told = "are about as sure" if alike else "cannot be told apart by how sure they are"
        return (
            f"right and wrong members {told}: right minus wrong is "
            f"**{margin:+.1f} points** [{low:+.1f}, {high:+.1f}]"
        )
    ends = sorted((abs(low), abs(high)))
    known = f" [{ends[0]:.1f}, {ends[1]:.1f}]" if np.isfinite(low) else ""
    surer = "surer" if margin > 0 else "less sure"
    return (
        f"the members that are right are **{abs(margin):.1f} points**{known} {surer} than those "
        "that are wrong"
    )


def neighbours(outcome: str | None, found: Mapping) -> str:
    """What the ensemble did on the nearest samples, beside what it does overall.

    Args:
        outcome: of the sample itself; None when it is not judged.
        found: as `compute.neighbours`.
    """
    k = len(found["rows"])
    if not k:
        return "There is no other sample to compare with."
    if not found["judged"]:
        return f"None of its {count(k)} nearest neighbours can be judged."
    names = [name for name in OUTCOMES if found["counts"][OUTCOMES.index(name)]]
    ordered = [outcome] if outcome is not None else []
    ordered += [name for name in names if name != outcome]
    parts = [
        f"{name} **{count(int(found['counts'][OUTCOMES.index(name)]))}** "
        f"(overall {percent(float(found['overall'][OUTCOMES.index(name)]))})"
        for name in ordered
    ]
    said = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    left = k - found["judged"]
    gaps = f" {counted(left, 'neighbour')} cannot be judged." if left else ""
    return f"Of its {counted(k, 'nearest neighbour')} the ensemble {said}.{gaps}"

"""Tables on how the ensemble came to its answers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOMES
from dashboard import tables
from dashboard.theme import DASH, count, interval, percent


def camps(table: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Confidence of the right and of the wrong members for each outcome; empty where unknown.

    Args:
        table: as `compute.camp_table`, [6] each.
    """
    known = table["right/n"] + table["wrong/n"]
    here = [place for place in range(len(OUTCOMES)) if known[place]]
    return pd.DataFrame(
        {
            "outcome": [OUTCOMES[place] for place in here],
            "samples": [count(int(table["n"][place])) for place in here],
            "right members' confidence": [_mean(table, "right", place) for place in here],
            "wrong members' confidence": [_mean(table, "wrong", place) for place in here],
            "right minus wrong": [_mean(table, "margin", place) for place in here],
        }
    )


def _mean(table: Mapping[str, np.ndarray], name: str, place: int) -> str:
    if not table[f"{name}/n"][place]:
        return DASH
    ends = interval(*(float(table[f"{name}/{end}"][place]) for end in ("low", "high")))
    return f"{percent(float(table[name][place]))} {ends}".strip()


def votes(
    bundle: Bundle,
    row: int,
    members: Sequence[str],
    confidences: np.ndarray,
    weights: Sequence[float] | None,
) -> pd.DataFrame:
    """What every member said on one sample, how sure it was and how much it counts.

    Args:
        bundle: N samples.
        row: which sample.
        members: K names.
        confidences: float [K, N].
        weights: K numbers that add up to 1; None where no weight holds for all samples.
    """
    frame = tables.answers_of(bundle, row, members, confidences)
    if weights is not None:
        frame["weight"] = list(weights)
    return frame.dropna(axis=1, how="all")


def under_rules(
    bundle: Bundle, row: int, found: Mapping[str, Mapping[str, np.ndarray]], active: str
) -> pd.DataFrame:
    """What each ensemble makes of one sample.

    Args:
        bundle: N samples.
        row: which sample.
        found: {name of the ensemble: outcome table}.
        active: name of the active one.
    """
    names = [*bundle.classes, DASH]
    rows = []
    for label, table in found.items():
        judged, right = bool(table["judged"][row]), bool(table["right"][row])
        mark = tables.MARKS[int(right) if judged else -1]
        code = int(table["codes"][row])
        rows.append(
            {
                "ensemble": f"{label} (active)" if label == active else label,
                "answer": f"{mark}{names[int(table['answers'][row])]}",
                "confidence": float(table["confidence"][row]),
                "outcome": OUTCOMES[code] if code >= 0 else DASH,
            }
        )
    return pd.DataFrame(rows)


def neighbours(
    bundle: Bundle, found: Mapping[str, np.ndarray], outcome: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """The nearest samples, nearest first: label, outcome, what the ensemble said, distance.

    Args:
        bundle: N samples.
        found: "rows" and "distances" [k].
        outcome: table of the ensemble.
    """
    frame = tables.samples(bundle, found["rows"], (), outcome, np.zeros((0, 0)), marked=True)
    frame.insert(1, "distance", found["distances"])
    return frame

"""Tables of accuracies that are estimated without labels."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.theme import interval, percent


def members(found: Mapping[str, np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """One row per member and, last, the ensemble, where something can be said of it.

    Args:
        found: of `compute.agreement_estimate`.
        names: K members and the ensemble.
    """
    others = 0 if found["shared"] else 1
    pairs = (("accuracy", "others"), ("low", "others_low"), ("high", "others_high"))
    columns = (np.concatenate([found[own], found[other][:others]]) for own, other in pairs)
    return pd.DataFrame(
        {
            "model": list(names)[: len(found["accuracy"]) + others],
            "if errors are independent": [_said(*row) for row in zip(*columns, strict=True)],
        }
    )


def groups(found: Mapping[str, Mapping]) -> pd.DataFrame:
    """One row per group.

    Args:
        found: of `compute.agreement_by_group`, by level.
    """
    rows = []
    for level, part in found.items():
        told = not part["problem"]
        ends = ("others", "others_low", "others_high")
        rows.append(
            {
                "group": level,
                "n": part["n"] if told else 0,
                "members on average": percent(float(np.nanmean(part["accuracy"]))) if told else "",
                "ensemble": _said(*(part[name][0] for name in ends))
                if told and not part["shared"]
                else "",
                "ceiling of the members": percent(part["ceiling"]) if told else "",
            }
        )
    return pd.DataFrame(rows)


def _said(rate: float, low: float, high: float) -> str:
    return f"{percent(float(rate))} {interval(float(low), float(high))}".strip()

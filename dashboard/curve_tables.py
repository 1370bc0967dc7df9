"""Tables on what silence and asking on bring."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.theme import amount, count, interval, percent, shortened


def windows(found: Mapping) -> pd.DataFrame:
    """A window cascade beside its first member and everybody, a row each.

    Args:
        found: of `compute.window`.
    """
    return pd.DataFrame(
        {
            "asked": list(found["ways"]),
            "mean cost": [amount(cost) for cost in found["cost"].tolist()],
            "accepted": [
                f"{percent(share)} ({count(int(kept))})"
                for share, kept in zip(
                    found["coverage"].tolist(), found["kept"].tolist(), strict=True
                )
            ],
            "risk": _rates(found, "risk"),
        }
    )


def selective(found: Mapping, levels: Sequence[str]) -> pd.DataFrame:
    """The selective vote, a row per alpha.

    Args:
        found: of `compute.selective`.
        levels: G groups of its coverage by group.
    """
    table = {
        "alpha": found["alpha"],
        "coverage": [percent(share) for share in found["coverage"].tolist()],
        "accuracy where answered": _rates(found, "accuracy"),
        "right of all": [percent(share) for share in found["accuracy_of_all"].tolist()],
        "n answered": found["kept"],
    }
    for place, level in enumerate(levels):
        shares = found["group_coverage"][:, place].tolist()
        table[f"coverage: {shortened(level)}"] = [percent(share) for share in shares]
    return pd.DataFrame(table)


def _rates(found: Mapping[str, np.ndarray], name: str) -> list[str]:
    """Shares with their intervals."""
    columns = (found[column].tolist() for column in (name, "low", "high"))
    return [f"{percent(r)} {interval(a, b)}".strip() for r, a, b in zip(*columns, strict=True)]

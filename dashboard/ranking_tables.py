"""Rankings as tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.ranking_words import RULES
from dashboard.tables import free_name


def ranking(
    found: Mapping, names: Sequence[str], rule: str, families: Sequence[str] | None
) -> pd.DataFrame:
    """Models as rows, best first by the rule, with their ranks by all rules.

    Args:
        found: as `compute.ranking`.
        names: M.
        rule: the one that orders the rows.
        families: M, or None.
    """
    main = found["rules"][rule]
    order = np.argsort(np.nan_to_num(main["rank"], nan=np.inf), kind="stable")
    columns: dict[str, Sequence] = {
        "model": [names[row] for row in order.tolist()],
        "rank": main["rank"][order],
    }
    if np.isfinite(main["low"]).any():
        columns |= {"from": main["low"][order], "to": main["high"][order]}
        columns["chance to be first"] = main["first"][order]
    if np.isfinite(main["alike"]).any():
        columns["not told apart from"] = main["alike"][order]
    if rule != "kemeny":
        columns["points"] = main["points"][order]
    for name, one in found["rules"].items():
        if name != rule:
            columns[f"rank by {RULES[name]}"] = one["rank"][order]
    if families is not None:
        columns["family"] = [families[row] for row in order.tolist()]
    for place, task in enumerate(found["tasks"]):
        columns[free_name(columns, f"accuracy, {task}")] = found["scores"][order, place]
    return pd.DataFrame(columns)


def turned(found: Mapping, names: Sequence[str], rule: str) -> pd.DataFrame:
    """Pairs that a rule puts the other way round than the mean, most certain first."""
    one, mean = found["rules"][rule], found["rules"]["mean"]
    better, worse = one["turned"].T if len(one["turned"]) else np.zeros((2, 0), dtype=int)
    frame = {
        "ahead by the mean": [names[row] for row in better],
        f"ahead by {RULES[rule]}": [names[row] for row in worse],
        "ranks by the mean": [
            f"{mean['rank'][a]:g}, {mean['rank'][b]:g}" for a, b in zip(better, worse, strict=True)
        ],
        f"ranks by {RULES[rule]}": [
            f"{one['rank'][a]:g}, {one['rank'][b]:g}" for a, b in zip(better, worse, strict=True)
        ],
    }
    if np.isfinite(one["turned_chance"]).any():
        frame["share of draws"] = one["turned_chance"]
    return pd.DataFrame(frame)

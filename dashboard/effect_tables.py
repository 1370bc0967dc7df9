"""Tables of where the ensemble helps and harms."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.slice_tables import points, tests


def groups(table: Mapping, columns: Sequence[str]) -> pd.DataFrame:
    """Groups, or cells of two groupings, as rows, best net effect first; points of 100 samples.

    Args:
        table: as `compute.group_effects`.
        columns: its groupings.
    """
    order = np.argsort(-np.nan_to_num(table["net"], nan=-np.inf), kind="stable")
    order = order[table["n"][order] > 0]
    made: dict[str, Sequence] = {}
    for place, column in enumerate(columns):
        made[column if column not in made else f"{column} "] = [
            table["levels"][row][place] for row in order.tolist()
        ]
    numbers = {
        "n": table["n"],
        "net effect": points(table["net"]),
        "from": points(table["low"]),
        "to": points(table["high"]),
        "corrections": table["corrections"],
        "regressions": table["regressions"],
        "rescued": table["rescued"],
        "accuracy": points(table["right_rate"]),
        "of the reference": points(table["reference_right_rate"]),
        **tests(table),
        "tested": np.where(table["tested"], "yes", "too few"),
    }
    return pd.DataFrame(made | {name: values[order] for name, values in numbers.items()})

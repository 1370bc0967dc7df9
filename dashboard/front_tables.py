"""Tables of the front."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.candidate_plan import ORIGINS
from dashboard.compute.candidates import Candidates
from dashboard.compute.fronts import Front
from dashboard.plots.front import members_of

CHANCE = "chance to be on the front"


def members(found: Candidates, rows: np.ndarray, most: int = 30) -> list[str]:
    """The members of candidates as the data name them; uneven ones heaviest first, with shares."""
    return members_of(found.weights[rows], found.models, most=most)


def elsewhere(found: Candidates) -> str:
    """The column of the quality on the samples that nothing was chosen on."""
    return f"{found.axes[0].label.lower()} on other samples"


def front(found: Candidates, front: Front, chances: Mapping[int, float] | None) -> pd.DataFrame:
    """The candidates on the front, best quality first."""
    rows = front.rows
    columns = {"members": members(found, rows), "size": found.sizes[rows]}
    for place, axis in enumerate(found.axes):
        columns.setdefault(axis.label.lower(), found.values[rows, place])
    if found.elsewhere is not None:
        columns[elsewhere(found)] = found.elsewhere[rows, 0]
    columns["adds to the hypervolume"] = front.exclusive
    if chances is not None:
        columns[CHANCE] = np.array([chances.get(row, np.nan) for row in rows.tolist()])
    columns["knee"] = np.where(rows == front.knee, "knee", "") if len(rows) else []
    columns["n"] = found.n[rows]
    columns["found as"] = [ORIGINS[code] for code in found.origin[rows]]
    return pd.DataFrame(columns)


def groups(
    table: Mapping[str, np.ndarray], levels: Sequence[str], column: str, quality: str
) -> pd.DataFrame:
    """The front of every group, and where the active ensemble stands in it."""
    rank = table["rank"]
    where = ["" if at < 0 else "on the front" if at == 0 else f"behind {at}" for at in rank]
    return pd.DataFrame(
        {
            column: [levels[int(at)] for at in table["level"]],
            "n": table["n"],
            "hypervolume": table["volume"],
            "from": table["low"],
            "to": table["high"],
            f"best {quality}": table["quality"],
            f"{quality} of your ensemble": table["own"],
            "fronts before your ensemble": np.where(rank < 0, np.nan, rank.astype(float)),
            "your ensemble": where,
        }
    )

"""Tables of curves per group."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def curves(found: Mapping, levels: Sequence[str], axis: str) -> pd.DataFrame:
    """One row per line, group and place along x.

    Args:
        found: of `compute.group_curves`.
        levels: G names.
        axis: what x is.
    """
    parts = []
    for kind in ("lines", "dots"):
        for line in found.get(kind, ()):
            groups, places = line["mean"].shape
            x = np.tile(line["x"], groups)
            columns = {
                "who": line["name"],
                "role": line["role"],
                "drawn as": "bin" if kind == "dots" else "line",
                "group": np.repeat(np.array(levels, dtype=object), places),
                axis: [found["texts"][int(at)] for at in x] if found["texts"] else x,
                "accuracy": line["mean"].ravel(),
                "low": line["low"].ravel(),
                "high": line["high"].ravel(),
                "n": line["n"].ravel().round(1),
            }
            if "coverage" in line:
                columns["coverage"] = line["coverage"].ravel()
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def areas(found: Mapping, levels: Sequence[str]) -> pd.DataFrame:
    """Area under risk and coverage (AURC), groups as columns.

    Args:
        found: of `compute.group_curves` against confidence.
        levels: G names.
    """
    rows = [
        {"who": line["name"]}
        | {level: round(float(area), 4) for level, area in zip(levels, line["aurc"], strict=True)}
        for line in found["lines"]
    ]
    return pd.DataFrame(rows)

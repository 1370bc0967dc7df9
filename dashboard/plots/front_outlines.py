"""Where candidates are drawn, and which of them a box or a lasso encloses."""

from collections.abc import Mapping

import numpy as np


def reach(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The least x of those that have both values, and how far they reach."""
    known = x[np.isfinite(x) & np.isfinite(y)]
    if not len(known):
        return 0.0, 1.0
    return float(known.min()), max(float(np.ptp(known)), 1e-6)


def in_lane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """X with those that have none in a lane on the left."""
    low, span = reach(x, y)
    return np.where(np.isfinite(x), x, low - 0.12 * span)


def outlined(event: Mapping, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which candidates lie inside a box or a lasso, wherever they were drawn as a density.

    Args:
        event: what a chart reports as selected, with "box" and "lasso".
        x: float [E], NaN for those in the lane of single models.
        y: float [E].

    Returns:
        bool [E].
    """
    x = in_lane(x, y)
    inside = np.zeros(len(x), dtype=bool)
    for box in event.get("box") or ():
        inside |= (
            (x >= min(box["x"]))
            & (x <= max(box["x"]))
            & (y >= min(box["y"]))
            & (y <= max(box["y"]))
        )
    for lasso in event.get("lasso") or ():
        inside |= _in_polygon(x, y, np.array(lasso["x"], float), np.array(lasso["y"], float))
    return inside


def _in_polygon(x: np.ndarray, y: np.ndarray, across: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Even-odd rule: an outline that is crossed an odd number of times lies around a point."""
    inside = np.zeros(len(x), dtype=bool)
    corners = zip(across, up, np.roll(across, 1), np.roll(up, 1), strict=True)
    for first_x, first_y, second_x, second_y in corners:
        if first_y == second_y:
            continue
        between = (first_y > y) != (second_y > y)
        slope = (second_x - first_x) / (second_y - first_y)
        inside ^= between & (x < first_x + slope * (y - first_y))
    return inside

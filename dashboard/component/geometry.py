"""Which points of a map lie inside what was drawn on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Ring = np.ndarray  # float64 [V, 2], corners in order
View = tuple[float, float, float, float]  # lowest and highest x, lowest and highest y
MOST_CORNERS = 100_000
BANDS = 60_000


def rings(message: Any) -> list[list[Ring]] | None:
    """Read the outlines that the browser sent.

    Args:
        message: [[[[x, y], ...], ...], ...]: shapes of rings of corners; not trusted.

    Returns:
        Shapes, each with its rings; None where the message is anything else.
    """
    try:
        shapes = [[np.array(ring, dtype=np.float64) for ring in shape] for shape in message]
    except (TypeError, ValueError):
        return None
    parts = [ring for shape in shapes for ring in shape]
    whole = all(ring.ndim == 2 and ring.shape[1] == 2 for ring in parts)
    if not whole or not 0 < sum(map(len, parts)) <= MOST_CORNERS:
        return None
    return shapes if all(np.isfinite(ring).all() for ring in parts) else None


def inside(points: np.ndarray, shapes: Sequence[Sequence[Ring]]) -> np.ndarray:
    """Bool [N]: the point lies in any of the shapes; a ring within a ring is a hole (even-odd).

    Args:
        points: float [N, 2]; those with NaN lie nowhere.
        shapes: as `rings` reads them.

    References:
        Shimrat 1962, Algorithm 112: position of point relative to polygon.
    """
    found = np.zeros(len(points), dtype=bool)
    for shape in shapes:
        corners = np.concatenate(shape)
        near = ((points >= corners.min(0)) & (points <= corners.max(0))).all(1).nonzero()[0]
        odd = np.zeros(len(near), dtype=bool)
        for ring in shape:
            odd ^= _within(points[near].astype(np.float64), ring)
        found[near[odd]] = True
    return found


def _within(points: np.ndarray, ring: Ring) -> np.ndarray:
    """A ray to the right crosses the ring an odd number of times, edge by edge."""
    x, y = points.T
    odd = np.zeros(len(points), dtype=bool)
    low, high = ring[:, 1].min(), ring[:, 1].max()
    if not low < high:
        return odd

    def band(height: np.ndarray) -> np.ndarray:
        return ((height - low) / (high - low) * BANDS).astype(np.uint16)

    # An edge is compared with the points of the bands that it spans, which stand side by side.
    bands = band(y)
    order = np.argsort(bands, kind="stable")
    ends = np.searchsorted(bands[order], np.arange(BANDS + 2))
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        first, last = band(np.sort([y0, y1]))
        here = order[ends[first] : ends[last + np.int64(1)]]
        crossed = (y0 <= y[here]) != (y1 <= y[here])
        here = here[crossed]
        odd[here] ^= x[here] < x0 + (y[here] - y0) * ((x1 - x0) / (y1 - y0))
    return odd


def in_view(points: np.ndarray, view: View | None) -> np.ndarray:
    """Bool [N]: the point is defined, and within these ends of x and y where there are any."""
    if view is None:
        return np.isfinite(points).all(1)
    low, high = np.array([view[0], view[2]]), np.array([view[1], view[3]])
    return ((points >= low) & (points <= high)).all(1)


def view_of(message: Any) -> View | None:
    """Read the ends of the axes that the browser sent, lowest first; None for anything else."""
    try:
        x0, x1, y0, y1 = (float(end) for end in message)
    except (TypeError, ValueError):
        return None
    ends = (min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1))
    return ends if np.isfinite(ends).all() else None


def limits_of(values: np.ndarray) -> tuple[float, float]:
    """Ends of an axis on which all of these values are seen, with some room beside them."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = (high - low) * 0.04 if high > low else 1.0
    return low - room, high + room

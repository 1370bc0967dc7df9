"""The candidates that are marked with a box or a lasso."""

import numpy as np

from dashboard import state

NAME = "front-brush"


def mark(rows: np.ndarray, key: str, panel: str) -> None:
    """Mark candidates of a search; none takes the mark away."""
    state.put(NAME, (key, rows, panel) if len(rows) else None)


def marked(key: str) -> tuple[np.ndarray, str] | None:
    """The marked candidates of this search and the panel that they were marked in."""
    known = state.get(NAME)
    return None if known is None or known[0] != key else known[1:]


def clear() -> None:
    """Take the mark away, also in the panel where it was made."""
    known = state.get(NAME)
    if known is not None:
        generation = f"generation/{known[2]}"
        state.put(generation, state.get(generation, 0) + 1)
    state.put(NAME, None)

"""Lines of plots of accuracy per group: whose they are, and their values in each group."""

import numpy as np

from analysis.group_curves import Rates
from dashboard.compute.voices import Voices


def line_of(name: str, role: str, slot: int, x: np.ndarray, found: Rates, row: int) -> dict:
    """One line of a plot: a row of what was found, by its name, role and colour."""
    parts = {part: getattr(found, part)[row].cpu().numpy() for part in vars(found)}
    return {"name": name, "role": role, "slot": slot, "x": np.asarray(x, dtype=float), **parts}


def lines_of(who: Voices, x: np.ndarray, found: Rates) -> list[dict]:
    """One line for each."""
    parts = zip(who.names, who.roles, who.slots, strict=True)
    return [line_of(*part, x, found, row) for row, part in enumerate(parts)]

"""Early-exit cascades: members answer in turn, until one is sure enough."""

import math

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.evidence import Evidence, Given, Rows, probabilities
from analysis.learned import Options


def cascaded(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probabilities of the members that are asked before it stops.

    Members are asked in their order. It stops where the largest probability of the mean so far
    is above "t", or, where "lo" and "hi" are given, outside [lo, hi].

    References:
        Xia and Bouganis 2023, Window-based early-exit cascades for uncertainty estimation.
    """
    found = probabilities(bundle, rows, given)
    asked = found.answered & reached(sureness(found), given)
    return Evidence(torch.where(asked, found.planes, 0.0), asked)


def half_a_window(options: Options) -> str | None:
    """What is wrong with the ends of the window; None where both or neither are given, in order."""
    low, high = float(options["lo"]), float(options["hi"])
    if math.isnan(low) != math.isnan(high):
        given, missing = ("hi", "lo") if math.isnan(low) else ("lo", "hi")
        return f"cascade: a window needs both ends; give '{missing}' too, or leave '{given}' out."
    if low > high:
        return f"cascade: lo={low:g} is above hi={high:g}; a window runs from lo to hi."
    return None


def sureness(found: Evidence) -> Tensor:
    """Largest probability of the mean of the members up to each; NaN before the first answer.

    Args:
        found: probabilities of M members in their order, [C, M, n].

    Returns:
        float64 [M, n] in [0, 1].
    """
    return found.planes.cumsum(1).amax(0) / found.answered.cumsum(0)


def reached(sure: Tensor, given: Given) -> Tensor:
    """Which members are asked.

    Args:
        sure: float64 [M, n], as `sureness` gives it; NaN goes on.
        given: "t", or "lo" and "hi".

    Returns:
        bool [M, n]; the first always is.
    """
    low, high = float(given["lo"]), float(given["hi"])
    if math.isnan(low) or math.isnan(high):
        stops = sure > float(given["t"])
    else:
        stops = (sure < low) | (sure > high)
    before = torch.cat([torch.zeros_like(stops[:1]), stops[:-1]])
    return before.cumsum(0) == 0

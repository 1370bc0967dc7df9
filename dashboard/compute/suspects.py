"""Labels that may be wrong, and samples that tell two models apart."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.discrepant import discrepant
from analysis.intervals import wilson
from analysis.suspects import suspects as suspected
from dashboard.compute.caching import cached
from dashboard.state import Choices

MOST_DISCREPANT = 50


@cached()
def _suspects(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> dict:
    found = suspected(_bundle.select(members))
    order = found.order[found.doubted[found.order]]
    low, high = wilson(torch.tensor(len(order)), torch.tensor(found.n))
    columns = ("given", "suggested", "self_confidence", "consensus")
    return {
        "rows": order.cpu().numpy(),
        **{name: getattr(found, name)[order].cpu().numpy() for name in columns},
        "n": found.n,
        "low": float(low),
        "high": float(high),
        "caveat": found.caveat,
    }


def suspects(choices: Choices) -> dict | None:
    """Samples of all whose label the members doubt, most suspicious first.

    Returns:
        "rows", "given", "suggested", "self_confidence" (NaN without probabilities), "consensus"
        [k]; "n" judged samples, "low" and "high" of the share k / n, and the "caveat". None
        without labels or answers.
    """
    bundle, members = choices.bundle, choices.ensemble.members
    answered = bool((bundle.select(members).predictions >= 0).any())
    if bundle.labels is None or not bool((bundle.labels >= 0).any()) or not answered:
        return None
    return _suspects(bundle, bundle.fingerprint, members)


@cached()
def discrepant_samples(
    _bundle: Bundle, fingerprint: str, first: str, second: str
) -> dict[str, np.ndarray]:
    """Samples that tell two models apart best: "rows", "distance", "who_right", and "n", "note"."""
    found = discrepant(_bundle, first, second, k=MOST_DISCREPANT)
    return {
        "rows": found.rows.cpu().numpy(),
        "distance": found.distance.cpu().numpy(),
        "who_right": found.who_right.cpu().numpy(),
        "n": found.n,
        "by": found.by,
        "note": found.note,
    }

"""How sure a model says it is of its own answer."""

import torch
from torch import Tensor

from analysis.bundle import Bundle, normalised
from analysis.lazy import BLOCK


def confidence_of(
    bundle: Bundle, model: str, rows: Tensor | None = None, *, stored: bool = False
) -> Tensor | None:
    """A model's confidence in its own answer.

    The largest probability where it has probabilities, else its stated confidence.

    Args:
        bundle: N samples.
        model: one of its models.
        rows: int64 [n], these samples only.
        stored: probabilities as stored instead of normalised, so that equal stays equal.

    Returns:
        float64 [n], NaN where unknown; None when the model states none at all.
    """
    rows = torch.arange(len(bundle.ids), device=bundle.device) if rows is None else rows
    if model in bundle.probabilities:
        table, step = bundle.probabilities[model], max(1, BLOCK // max(len(bundle.classes), 1))
        highest = [
            (table[part].double() if stored else normalised(table[part])).amax(1)
            for part in rows.split(step)
        ]
        return torch.cat(highest)
    if bundle.confidence is not None:
        return bundle.confidence[bundle.models.index(model)][rows].double()
    return None

"""Every calibration error of one model of a bundle, and why one of them is undefined."""

import torch

from analysis.bundle import Bundle, position
from analysis.calibration import (
    classwise_ece,
    debiased_calibration_error,
    mce,
    overconfidence,
    reliability,
)
from analysis.confidence import confidence_of
from analysis.quality import ece
from analysis.sums.losses import CALIBRATION_BINS


def calibration_errors(
    bundle: Bundle, model: str, *, bins: int = CALIBRATION_BINS
) -> dict[str, float]:
    """Every calibration error of one model, on the answers that can be judged.

    Args:
        bundle: N samples.
        model: one of its models.
        bins: of equal width or mass.

    Returns:
        "n" judged samples with confidence, "ece", "mce", "overconfidence" (bins of equal width),
        "ece_mass", "debiased_square", "debiased_root", "plugin" (bins of equal mass) and
        "classwise_ece"; NaN where the model has no confidence or no probabilities.

    Raises:
        BundleError: there is no such model.
    """
    alone = bundle.select((model,))
    known = alone.grades[0] >= 0
    judged = known.nonzero().flatten()
    right = alone.correct[0, judged]
    confidence = confidence_of(alone, model, judged)
    if confidence is None:
        confidence = torch.full(right.shape, torch.nan, dtype=torch.float64, device=right.device)
    width = reliability(confidence, right, bins=bins)
    mass = reliability(confidence, right, bins=bins, scheme="mass")
    squared = debiased_calibration_error(mass)
    classwise = torch.tensor(torch.nan)
    if alone.labels is not None and model in alone.probabilities:
        labels = torch.where(known & (alone.predictions[0] >= 0), alone.labels, -1)
        classwise = classwise_ece(alone.probabilities[model], labels, bins=bins).mean()
    found = {
        "n": width.count.sum(),
        "ece": ece(*width.sums),
        "mce": mce(*width.sums),
        "overconfidence": overconfidence(*width.sums),
        "ece_mass": ece(*mass.sums),
        "debiased_square": squared.square,
        "debiased_root": squared.root,
        "plugin": squared.plugin,
        "classwise_ece": classwise,
    }
    return {name: entry.item() for name, entry in found.items()}


def why_undefined(bundle: Bundle, model: str) -> str:
    """Why some calibration error of a model is undefined; empty where none is.

    Args:
        bundle: N samples.
        model: one of its models.

    Returns:
        The rest of a sentence, such as "no probabilities".

    Raises:
        BundleError: there is no such model.
    """
    row = position(bundle, model)
    judged = bundle.grades[row] >= 0
    if not judged.any():
        return "no judged answer"
    if model not in bundle.probabilities:
        stated = bundle.confidence is not None and bundle.confidence[row, judged].isfinite().any()
        return "no probabilities" if stated else "no confidence"
    judged &= bundle.predictions[row] >= 0
    if not judged.any():
        return "no probabilities of a judged answer"
    labelled = bundle.labels is not None and (bundle.labels[judged] >= 0).any()
    return "" if labelled else "no labels, only grades"

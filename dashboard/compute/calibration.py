"""How well the confidence of the members and of their ensemble matches their accuracy."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.calibration import overconfidence, reliability_of
from analysis.catalog import CATALOG, value
from analysis.confidence import bins_of_width, confidence_of
from analysis.ensemble import Ensemble
from analysis.resampling import intervals
from analysis.sums.losses import CALIBRATION_BINS
from analysis.tally import tally
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined
from dashboard.state import Choices


@cached()
def _reliability(
    _bundle: Bundle, fingerprint: str, members: tuple[str, ...], rule: str, missing: str
) -> dict[str, np.ndarray]:
    both = _with_ensemble(_bundle, Ensemble(members, rule))
    measure = CATALOG["ece"]
    sums = tally(both, measure.needs, missing=missing)
    table = reliability_of(sums)
    low, high = intervals(both, [measure], missing=missing)["ece"]
    found = {
        "count": table.count,
        "confidence": table.confidence,
        "accuracy": table.accuracy,
        "low": table.low,
        "high": table.high,
        "n": table.count.sum(1),
        "ece": value(measure, sums),
        "ece_low": low,
        "ece_high": high,
        "over": overconfidence(*table.sums),
    }
    return {name: tensor.cpu().numpy() for name, tensor in found.items()}


def _with_ensemble(bundle: Bundle, ensemble: Ensemble) -> Bundle:
    return bundle.select(ensemble.members).append(combined(bundle, ensemble))


def reliability(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """Reliability of the members and, in the last row, of the ensemble.

    Returns:
        "count", "confidence", "accuracy", "low", "high" [K + 1, 15] per bin of the confidence;
        "n", "ece", "ece_low", "ece_high" and "over" (mean confidence minus accuracy) [K + 1].
    """
    ensemble = choices.ensemble
    return _reliability(
        bundle, bundle.fingerprint, ensemble.members, ensemble.rule, choices.missing
    )


@cached()
def _confidence_bins(
    _bundle: Bundle, fingerprint: str, members: tuple[str, ...], rule: str, row: int
) -> np.ndarray:
    ensemble = Ensemble(members, rule)
    whole = row == len(members)
    alone = combined(_bundle, ensemble) if whole else _bundle.select((members[row],))
    confidence = confidence_of(alone, alone.models[0])
    bins = torch.full((len(_bundle.ids),), -1, dtype=torch.int64, device=_bundle.device)
    if confidence is not None:
        known = torch.isfinite(confidence) & (alone.grades[0] >= 0)
        bins[known] = bins_of_width(confidence[known], CALIBRATION_BINS)
    return bins.cpu().numpy()


def confidence_bins(choices: Choices, row: int) -> np.ndarray:
    """The reliability bin of each sample, int64 [N], -1 where it is in none.

    Args:
        choices: of the sidebar.
        row: place of the member, or their number for the ensemble.
    """
    bundle, ensemble = choices.bundle, choices.ensemble
    return _confidence_bins(bundle, bundle.fingerprint, ensemble.members, ensemble.rule, row)

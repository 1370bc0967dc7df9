"""How well the confidence of the members and of their ensemble matches their accuracy."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.calibration import overconfidence, reliability_of
from analysis.calibration_errors import calibration_errors, why_undefined
from analysis.catalog import CATALOG, value
from analysis.chunks import return_freed_memory
from analysis.confidence import bins_of_width, confidence_of
from analysis.detection import detection_report
from analysis.ensemble import Ensemble
from analysis.resampling import sums_and_intervals
from analysis.rules import RULES
from analysis.splits import split
from analysis.sums.losses import CALIBRATION_BINS
from analysis.temperature import POOLS, temperature_report
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined
from dashboard.state import Choices

MOST_CLASSES = 2000


@cached()
def _reliability(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict[str, np.ndarray]:
    return _reliability_of(_with_ensemble(_bundle, _ensemble), missing)


@cached()
def _reliability_alone(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict[str, np.ndarray]:
    return _reliability_of(combined(_bundle, _ensemble), missing)


def _reliability_of(both: Bundle, missing: str) -> dict[str, np.ndarray]:
    measure = CATALOG["ece"]
    sums, ends = sums_and_intervals(both, [measure], missing=missing)
    table, (low, high) = reliability_of(sums), ends["ece"]
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
    return _reliability(bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing)


def reliability_beside(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """As `reliability`, with a row behind it for each ensemble beside the active one."""
    parts = [reliability(choices, bundle)]
    for ensemble in choices.beside.values():
        given = (bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing)
        parts.append(_reliability_alone(*given))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@cached()
def _error_kinds(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str
) -> dict[str, np.ndarray]:
    both = _with_ensemble(_bundle, _ensemble)
    rows = [calibration_errors(both, model) for model in both.models]
    found = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return found | {"undefined": np.array([why_undefined(both, model) for model in both.models])}


def error_kinds(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """Every calibration error of the members and, in the last row, of the ensemble, [K + 1] each.

    Returns:
        What `analysis.calibration.calibration_errors` gives, and "undefined": why one of them is.
    """
    ensemble = choices.ensemble
    return _error_kinds(bundle, bundle.fingerprint, ensemble, ensemble.key)


def _of_row(choices: Choices, row: int) -> tuple[Ensemble, int]:
    """The ensemble that a row of `reliability_beside` belongs to, and the row in its own table."""
    behind = row - len(choices.ensemble.members) - 1
    if behind < 0:
        return choices.ensemble, row
    ensemble = list(choices.beside.values())[behind]
    return ensemble, len(ensemble.members)


def _alone(bundle: Bundle, ensemble: Ensemble, row: int) -> Bundle:
    """One member, or in the row behind them their ensemble."""
    members = ensemble.members
    return combined(bundle, ensemble) if row == len(members) else bundle.select((members[row],))


@cached()
def _confidence_bins(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, row: int
) -> np.ndarray:
    alone = _alone(_bundle, _ensemble, row)
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
        row: place of the member, or their number for the ensemble; then those beside it.
    """
    bundle, (ensemble, row) = choices.bundle, _of_row(choices, row)
    return _confidence_bins(bundle, bundle.fingerprint, ensemble, ensemble.key, row)


@cached()
def _detection(_bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, row: int) -> dict:
    alone = _alone(_bundle, _ensemble, row)
    found = detection_report(alone, alone.models[0], split(_bundle))
    return {
        "uncertainties": found.uncertainties,
        **{name: getattr(found, name).cpu().numpy() for name in ("auroc", "fpr", "aurc")},
        "n_fit": found.n_fit,
        "n_held_out": found.n_held_out,
        "wrong_held_out": found.wrong_held_out,
    }


def detection(choices: Choices, row: int) -> dict | None:
    """Which doubt finds the wrong answers of a member, or of an ensemble.

    Returns:
        "uncertainties", and "auroc", "fpr", "aurc" of each, "n_fit", "n_held_out" and
        "wrong_held_out". None without probabilities of it, or for more classes than a matrix of
        them is made for.
    """
    bundle, (ensemble, row) = choices.bundle, _of_row(choices, row)
    members = ensemble.members
    needed = members if row == len(members) else (members[row],)
    scored = all(model in bundle.probabilities for model in needed)
    if not scored or (RULES[ensemble.rule].needs != "probabilities" and row == len(members)):
        return None
    if len(bundle.classes) > MOST_CLASSES:
        return None
    return _detection(bundle, bundle.fingerprint, ensemble, ensemble.key, row)


@cached()
def _temperatures(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> dict:
    halves = split(_bundle)
    found = temperature_report(_bundle, halves, members=members)
    return_freed_memory()  # the logarithms of half of the samples, in many small tables
    columns = ("temperature", "ece_before", "ece_after", "log_loss_before", "log_loss_after")
    return {
        "models": found.models,
        "pooled": np.array([name in POOLS for name in found.models]),
        "at_bound": found.at_bound.cpu().numpy(),
        **{name: getattr(found, name).cpu().numpy() for name in columns},
        "n_fit": found.n_fit,
        "n_held_out": found.n_held_out,
        "split": halves.description,
    }


def temperatures(choices: Choices) -> dict | None:
    """One temperature per member and for their mean, fitted on one half, judged on the other.

    Returns:
        "models" (S members with probabilities, then three means of them), "pooled", "at_bound",
        "temperature", "ece_before", "ece_after", "log_loss_before", "log_loss_after" [S + 3],
        "n_fit", "n_held_out", and "split" in words. None without labels or probabilities.
    """
    bundle = choices.bundle
    scored = tuple(m for m in choices.ensemble.members if m in bundle.probabilities)
    if bundle.labels is None or not scored:
        return None
    return _temperatures(bundle, bundle.fingerprint, scored)


def stated_alone(choices: Choices) -> int:
    """How many members state a confidence but have no probabilities."""
    bundle, members = choices.bundle, choices.ensemble.members
    alone = [member for member in members if member not in bundle.probabilities]
    if bundle.confidence is None or not alone:
        return 0
    rows = torch.tensor([bundle.models.index(member) for member in alone], device=bundle.device)
    return int(bundle.confidence[rows].isfinite().any(1).sum())

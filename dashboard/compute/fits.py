"""Rules that learn: fitted on some samples of the whole bundle, judged on the others."""

import numpy as np
import torch

from analysis.bundle import Bundle, BundleError
from analysis.differences import apart
from analysis.ensemble import Ensemble, answers, combine
from analysis.fitting import Fitted, fit, needs_split
from analysis.gaps import judged_under
from analysis.grading import grade, judgeable
from analysis.intervals import accuracy_interval
from analysis.rules import RULES
from dashboard.choosing import Choices
from dashboard.compute.caching import cached, kept
from dashboard.fit_on import HeldOut


@kept()
def _fitted(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    _parts: HeldOut | None,
    split: bytes,
) -> Fitted:
    return fit(_bundle, _ensemble, None if _parts is None else _parts.split)


def fitted(choices: Choices, ensemble: Ensemble) -> Fitted:
    """An ensemble fitted on the samples that are for it.

    A rule that looks at no label learns on the samples that are looked at.

    Raises:
        BundleError: as `analysis.fitting.fit`, or the samples cannot be parted.
    """
    if not needs_split(ensemble):
        bundle, parts, split = choices.bundle, None, b""
    elif choices.held_out is None:
        raise BundleError("There are no samples to fit on.")
    else:
        parts = choices.held_out
        bundle, split = parts.whole, packed(parts)
    return _fitted(bundle, bundle.fingerprint, ensemble, ensemble.key, parts, split)


@cached()
def _accuracy(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict[str, float]:
    team = _bundle.select(_ensemble.members)
    whole = combine(team, _ensemble)
    judged = judged_under(missing, whole.grades, judgeable(_bundle))
    ends = accuracy_interval(whole.correct, judged, _bundle.units)
    n = int(judged.sum())
    right = int((whole.correct & judged).sum())
    return {
        "n": n,
        "accuracy": right / n if n else float("nan"),
        "low": float(ends[0]),
        "high": float(ends[1]),
    }


@cached()
def _left_out(
    _whole: Bundle, fingerprint: str, _found: Fitted, key: str, _parts: HeldOut, split: bytes
) -> dict[str, np.ndarray]:
    team = _whole.select(_found.candidates)
    team = team.take(_found.rows)
    taken = torch.tensor([team.models.index(step.model) for step in _found.path])
    times = torch.bincount(taken, minlength=len(team.models)).double()
    left = (times == 0).nonzero().flatten()
    one_more = torch.eye(len(times), dtype=torch.float64)[left]
    membership = torch.cat([times[None], times + one_more]).to(team.device)
    right, start = torch.zeros(len(membership), dtype=torch.int64, device=team.device), 0
    for said in answers(team, _found.ensemble.rule, membership):
        stop = start + said.predictions.shape[1]
        right += (grade(team, said.predictions, slice(start, stop)) == 1).sum(1)
        start = stop
    gain = ((right[1:] - right[0]).double() / len(team.ids)).cpu().numpy()
    order = np.argsort(-gain, kind="stable")
    names = np.array([team.models[row] for row in left.tolist()], dtype=object)
    return {"models": names[order], "gain": gain[order]}


def left_out(parts: HeldOut | None, found: Fitted) -> dict[str, np.ndarray] | None:
    """The candidates that a greedy selection did not take, and what one more of them would do.

    Returns:
        "models" and "gain" in accuracy on the samples to fit on, best first. None for a rule
        that looks at no label.
    """
    if parts is None or not RULES[found.ensemble.rule].labelled:
        return None
    key, split = found.ensemble.key, packed(parts)
    return _left_out(parts.whole, parts.whole.fingerprint, found, key, parts, split)


def packed(parts: HeldOut) -> bytes:
    """The samples to fit on as bytes, to tell one split from another."""
    return np.packbits(parts.split.fit.cpu().numpy()).tobytes()


def optimism(choices: Choices, ensemble: Ensemble) -> dict[str, dict[str, float]] | None:
    """How much better a fitted ensemble is on what it was fitted on.

    Returns:
        "fitted" and "others": "n", "accuracy", "low" and "high" on the samples it was fitted
        on and on those held out; "difference": the first minus the second, with "low" and
        "high". None where the ensemble learned nothing from labels.
    """
    parts = choices.held_out
    learned = ensemble.key in choices.fits and RULES[ensemble.rule].labelled
    if parts is None or not learned:
        return None
    there = parts.whole.select(ensemble.members).take(choices.fits[ensemble.key].rows)
    found = {
        name: _accuracy(bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing)
        for name, bundle in (("fitted", there), ("others", parts.bundle))
    }
    rates = [tuple(side[end] for end in ("accuracy", "low", "high")) for side in found.values()]
    difference = dict(zip(("difference", "low", "high"), apart(*rates), strict=True))
    return found | {"difference": difference}

"""What the ensemble gains by not answering where it is unsure."""

import numpy as np
import torch
from torch import Tensor

from analysis.abstention import (
    answered_by_confidence,
    coverage_at_risk,
    risk_at_coverage,
    risk_coverage,
)
from analysis.bundle import Bundle
from analysis.confidence import confidence_in
from analysis.ensemble import Ensemble
from analysis.grading import judgeable
from analysis.selective import not_repeated, selective_votes, undecided_at
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined, reference
from dashboard.compute.silence import abstains, asked
from dashboard.rule_choice import steady_weights
from dashboard.state import Choices

SUREST = 0.8
RISK = 0.05


@cached()
def _risk_curve(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict:
    confidence, right, _ = _answered(_bundle, _ensemble, missing)
    n, silent = len(right), torch.isneginf(confidence) & abstains(_ensemble)
    confidence, right = confidence[~silent], right[~silent]
    curve, share = risk_coverage(confidence, right), len(right) / max(n, 1)
    arrays = ("kept", "coverage", "risk", "low", "high", "threshold", "reachable")
    return {
        **{name: getattr(curve, name).cpu().numpy() for name in arrays},
        "coverage": curve.coverage.cpu().numpy() * share,
        "n": n if curve.n else 0,
        "aurc": curve.aurc,
        "excess": curve.excess,
        "at_surest": risk_at_coverage(confidence, right, SUREST / share)
        if share >= SUREST
        else float("nan"),
        "at_risk": coverage_at_risk(confidence, right, RISK) * share,
    }


def _answered(bundle: Bundle, ensemble: Ensemble, missing: str) -> tuple[Tensor, Tensor, Tensor]:
    """Confidence, whether right, and rows of the samples on which an ensemble is judged."""
    if len(ensemble.members) == 1 and ensemble.rule == "plurality":
        whole, confidence = bundle.select(ensemble.members), None
    else:
        whole = combined(bundle, ensemble)
        team, weights = bundle.select(ensemble.members), steady_weights(ensemble) or ()
        confidence = confidence_in(team, whole, weights, stored=True)
    if abstains(ensemble):
        labelled = asked(bundle, ensemble, whole)
        return answered_by_confidence(whole, confidence, missing="wrong", labelled=labelled)
    return answered_by_confidence(whole, confidence, missing=missing, labelled=judgeable(bundle))


def abstainers(choices: Choices) -> dict[str, Ensemble]:
    """Who may keep silent: the ensemble, its best member and the plurality of its members."""
    chosen, best = choices.ensemble, reference(choices)
    others = {"best": Ensemble((best,)), "plurality": Ensemble(chosen.members)}
    if len(chosen.members) == 1:
        return {"ensemble": chosen}
    if chosen.rule == "plurality":
        del others["plurality"]
    return {"ensemble": chosen} | others


def risk_curves(choices: Choices, bundle: Bundle) -> dict[str, dict]:
    """Risk against coverage of each of `abstainers` that says how sure it is.

    Returns:
        By role, the fields of `analysis.abstention.RiskCurve`, and "at_surest", the risk when
        the surest 80 % are answered (NaN where fewer are), and "at_risk", the coverage at 5 % risk.
        A rule that abstains ends at its own coverage; "n" counts its silence too.
    """
    found = {
        role: _risk_curve(bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing)
        for role, ensemble in abstainers(choices).items()
    }
    return {role: curve for role, curve in found.items() if curve["n"]}


def unanswered(choices: Choices, role: str, threshold: float) -> np.ndarray:
    """Rows of the judged samples that one of `abstainers` is less sure of than a threshold."""
    confidence, _, rows = _answered(choices.bundle, abstainers(choices)[role], choices.missing)
    return rows[confidence < threshold].cpu().numpy()


@cached()
def _selective(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    column: str | None,
    missing: str,
) -> dict:
    found = selective_votes(_bundle, members, column=column, missing=missing)
    names = ("alpha", "kept", "coverage", "accuracy", "low", "high", "accuracy_of_all")
    arrays = {name: getattr(found, name).cpu().numpy() for name in (*names, "group_coverage")}
    return arrays | {"n": found.n, "warning": not_repeated(_bundle, members)}


def selective(choices: Choices, bundle: Bundle) -> dict:
    """The selective vote of the members over alpha, as `analysis.selective.SelectiveVotes`.

    And "warning": why alpha does not mean here what it should; empty where it may.
    """
    return _selective(
        bundle, bundle.fingerprint, choices.ensemble.members, choices.grouping, choices.missing
    )


def undecided(choices: Choices, alpha: float) -> np.ndarray:
    """Rows of the samples that the selective vote of the members does not answer at an alpha."""
    bundle, members = choices.bundle, choices.ensemble.members
    return undecided_at(bundle, members, alpha, missing=choices.missing).cpu().numpy()

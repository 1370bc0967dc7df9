"""Stacking: a logistic regression on the log probabilities of all members."""

import warnings

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, normalised
from analysis.evidence import Evidence, Given, Rows, log_probabilities, shared
from analysis.learned import Learned, Options, Parameters
from analysis.sums.distribution import CLIP

MOST_COEFFICIENTS = 1_000_000
TOLERANCE, MOST_STEPS = 1e-5, 1000


def logistic_regression(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """A multinomial logistic regression with an L2 penalty on [ln P_1 .. ln P_M].

    It has M x C x C coefficients: far more samples than that are needed. The search ends after
    1000 steps at the latest.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: "c", the inverse strength of the penalty.

    Returns:
        Parameters "coefficients" [C, M, C], "centre" [M, C], the mean of the features, and
        "intercept" [C], the score at the centre. A class without a label is never answered.

    Raises:
        BundleError: more than a million coefficients.

    References:
        Wolpert 1992, Stacked generalization.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    models, classes = len(team.models), len(team.classes)
    if models * classes * classes > MOST_COEFFICIENTS:
        raise BundleError(
            f"Stacking {models} models of {classes} classes needs {models * classes**2:,} "
            f"coefficients; at most {MOST_COEFFICIENTS:,} are fitted. Choose fewer members, or "
            "use 'weighted'."
        )
    tables = [normalised(team.probabilities[model][rows]) for model in team.models]
    features = torch.stack(tables, 1).double().clamp_min(CLIP).log()
    centre = features.mean(0)
    flat = (features - centre).flatten(1).cpu().numpy()
    labels = team.labels[rows].cpu().numpy()
    found = LogisticRegression(C=float(options["c"]), tol=TOLERANCE, max_iter=MOST_STEPS)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        found.fit(flat, labels)
    weights, intercept = torch.from_numpy(found.coef_), torch.from_numpy(found.intercept_)
    if len(found.classes_) == 2:  # one row for the second class; the first scores 0
        weights = torch.cat([torch.zeros_like(weights), weights])
        intercept = torch.cat([torch.zeros_like(intercept), intercept])
    seen = torch.from_numpy(found.classes_).long()
    coefficients = torch.zeros(classes, models * classes, dtype=torch.float64)
    coefficients[seen] = weights
    at_centre = torch.full((classes,), 2 * models * torch.log(torch.tensor(CLIP)).item()).double()
    at_centre[seen] = intercept
    tensors = {
        "coefficients": coefficients.view(classes, models, classes),
        "centre": centre,
        "intercept": at_centre,
    }
    return Learned(
        parameters=Parameters({name: held.to(team.device) for name, held in tensors.items()})
    )


def stacked(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The part of each member in the score; one without an answer counts as average."""
    found = log_probabilities(bundle, rows, given)
    away = found.planes - given["centre"].T[..., None]
    parts = torch.einsum("cmj,jmn->cmn", given["coefficients"], away)
    parts = torch.where(found.answered, parts, 0.0)
    samples = found.answered.shape[1]
    start = given["intercept"][:, None].expand(-1, samples)
    return Evidence(parts + shared(start, found.answered), found.answered)

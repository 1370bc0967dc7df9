"""Weights of members that are learned on some samples, to be judged on others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble, check
from analysis.rules import RULES
from analysis.splits import Split


@dataclass(frozen=True)
class Step:
    """One round of a greedy selection.

    Attributes:
        model: who was taken.
        score: of the ensemble after it; higher is better (accuracy, or minus the log loss).
    """

    model: str
    score: float


@dataclass(frozen=True)
class Fitted:
    """An ensemble with learned weights, and how they came about.

    Attributes:
        ensemble: members with a weight above 0, their weights, what they were fitted on.
        candidates: the members that it could choose from.
        path: the rounds of a greedy selection in their order; empty for other rules.
        n: samples that it was fitted on.
    """

    ensemble: Ensemble
    candidates: tuple[str, ...]
    path: tuple[Step, ...]
    n: int


def fit(bundle: Bundle, ensemble: Ensemble, split: Split) -> Fitted:
    """Learn the weights of an ensemble's members on the samples of a split that are for it.

    Samples count that are labelled and that all members answered.

    Args:
        bundle: holds all members, with probabilities.
        ensemble: members, and a rule that is fitted.
        split: only `fit` is looked at; judge the result on `held_out`.

    Returns:
        The same ensemble with weights that add up to 1, ready for `answer`.

    Raises:
        BundleError: the rule is not fitted, does not fit the bundle, knows no such option, or the
            samples to fit on are none or of one class only.
    """
    row = RULES[check(bundle, ensemble, fitted=False).rule]
    if row.fit is None:
        raise BundleError(f"The rule '{row.name}' has nothing to fit; it answers as it is.")
    team = bundle.select(ensemble.members)
    usable = split.fit & (team.predictions >= 0).all(0)
    usable &= torch.zeros_like(usable) if team.labels is None else team.labels >= 0
    rows = usable.nonzero().flatten()
    if not len(rows) or len(team.labels[rows].unique()) < 2:
        found = "no labelled sample that all members answered" if not len(rows) else "one class"
        raise BundleError(
            f"The samples to fit '{row.name}' on ({split.description}) hold {found}; choose others."
        )
    weights, path = row.fit(team, rows, _options(row.defaults, ensemble))
    weights = weights / weights.sum()
    kept = weights.nonzero().flatten().tolist()
    return Fitted(
        ensemble=replace(
            ensemble,
            members=tuple(team.models[place] for place in kept),
            weights=tuple(weights[kept].tolist()),
            fitted_on=split.description,
        ),
        candidates=team.models,
        path=tuple(Step(team.models[place], score) for place, score in path),
        n=len(rows),
    )


def _options(defaults: Mapping[str, float | str], ensemble: Ensemble) -> dict[str, float | str]:
    unknown = set(ensemble.options) - set(defaults)
    if unknown:
        known = ", ".join(defaults) or "none"
        raise BundleError(
            f"The rule '{ensemble.rule}' has no option '{min(unknown)}'; its options are {known}."
        )
    return {**defaults, **ensemble.options}


def needs_fit(ensemble: Ensemble) -> bool:
    """Whether its rule learns weights that it does not have yet."""
    row = RULES.get(ensemble.rule)
    return row is not None and row.fit is not None and not ensemble.weights


def reported(bundle: Bundle, split: Split) -> Bundle:
    """The samples that may be reported where something was fitted on a split.

    Args:
        bundle: N samples.
        split: of its samples.

    Returns:
        The held-out samples and the unlabelled ones outside the part to fit on.
    """
    kept = split.held_out | (~bundle.labelled & ~split.fit)
    return bundle.take(kept.nonzero().flatten())

"""Rules that learn on some samples, to be judged on others."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble, check, has_learned
from analysis.rule import Rule
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
        rows: which these are in the bundle, int64 [n], rising.
    """

    ensemble: Ensemble
    candidates: tuple[str, ...]
    path: tuple[Step, ...]
    n: int
    rows: Tensor = field(compare=False, repr=False)


def fit(bundle: Bundle, ensemble: Ensemble, split: Split | None) -> Fitted:
    """Learn what an ensemble's rule needs on the samples of a split that are for it.

    Samples count that are labelled and that all members answered; rules that look at no label
    learn on all samples of the bundle that somebody answered, and need no split.

    Args:
        bundle: holds all members.
        ensemble: members, and a rule that is fitted.
        split: only `fit` is looked at; judge the result on `held_out`. None where `needs_split`
            says so.

    Returns:
        The same ensemble, ready for `answer`; weights add up to 1.

    Raises:
        BundleError: the rule is not fitted, does not fit the bundle, knows no such option, or the
            samples to fit on are none or of one class only.
    """
    row = RULES[check(bundle, ensemble, fitted=False).rule]
    if row.fit is None:
        raise BundleError(f"The rule '{row.name}' has nothing to fit; it answers as it is.")
    team = bundle.select(ensemble.members)
    rows = _usable(team, split, row)
    learned = row.fit(team, rows, {**row.defaults, **ensemble.options})
    if learned.weights is None:
        kept, weights = list(range(len(team.models))), ()
    else:
        kept = learned.weights.nonzero().flatten().tolist()
        weights = tuple((learned.weights / learned.weights.sum())[kept].tolist())
    return Fitted(
        ensemble=replace(
            ensemble,
            members=tuple(team.models[place] for place in kept),
            weights=weights,
            fitted_on=split.description
            if row.labelled
            else f"{len(rows):,} samples, without their labels",
            learned=learned.parameters,
        ),
        candidates=team.models,
        path=tuple(Step(team.models[place], score) for place, score in learned.path),
        n=len(rows),
        rows=rows,
    )


def _usable(team: Bundle, split: Split | None, row: Rule) -> Tensor:
    """Samples to fit a rule on, int64 [n]."""
    said = team.predictions >= 0  # grades that stand alone are no answers to learn from
    if not row.labelled:
        rows = said.any(0).nonzero().flatten()
        if not len(rows):
            raise BundleError(
                f"The rule '{row.name}' learns from answers, and no member has answered a sample."
            )
        return rows
    usable = split.fit & said.all(0)
    usable &= torch.zeros_like(usable) if team.labels is None else team.labels >= 0
    rows = usable.nonzero().flatten()
    if not len(rows) or len(team.labels[rows].unique()) < 2:
        found = "no labelled sample that all members answered" if not len(rows) else "one class"
        raise BundleError(
            f"The samples to fit '{row.name}' on ({split.description}) hold {found}; choose others."
        )
    return rows


def needs_fit(ensemble: Ensemble) -> bool:
    """Whether its rule has something to learn that it has not learned yet."""
    row = RULES.get(ensemble.rule)
    return row is not None and row.fit is not None and not has_learned(ensemble)


def needs_split(ensemble: Ensemble) -> bool:
    """Whether it has to be fitted on samples whose labels it is not judged by."""
    return needs_fit(ensemble) and RULES[ensemble.rule].labelled


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

"""Everything that is known of a bundle as one dictionary: the JSON of `dissensus analyze`."""

import math
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, Grouping, position
from analysis.catalog import CATALOG, of_kind, value
from analysis.confidence import confidence_of
from analysis.ensemble import Ensemble, answer, combine
from analysis.intervals import accuracy_interval, group_interval, mcnemar_p
from analysis.outcomes import (
    OUTCOMES,
    Outcomes,
    against,
    corrected_against_majority,
    ledger,
    outcomes,
)
from analysis.quality import aurc
from analysis.rules import RULES
from analysis.tally import Missing, Tally, tally


def summarise(
    bundle: Bundle,
    *,
    ensembles: Sequence[Ensemble] = (),
    reference: str | None = None,
    missing: Missing = "exclude",
    seed: int = 0,
    tallied: Callable[..., Tally] = tally,
) -> dict:
    """What `dissensus analyze` prints.

    Args:
        bundle: M models, N samples.
        ensembles: which to judge; none: plurality of all models and, over the models with
            probabilities, mean and geometric.
        reference: the model that corrections and regressions are counted against; None: the
            member with the highest accuracy.
        missing: "exclude" judges a model on what it answered; "wrong" counts a gap as wrong.
        seed: of the bootstrap intervals.
        tallied: counts the sums of all models; `tally`, or one that does so elsewhere.

    Returns:
        Plain lists, numbers and text; undefined is None.

    Raises:
        BundleError: an ensemble or the reference does not fit the bundle.
    """
    if reference is not None:
        position(bundle, reference)
    needs = {name for measure in CATALOG.values() for name in measure.needs}
    sums = tallied(bundle, needs, groups=tuple(bundle.groups), missing=missing)
    chosen = ensembles or default_ensembles(bundle)
    return {
        "dissensus": installed_version(),
        "bundle": _bundle(bundle),
        "models": _models(bundle, sums, missing, seed),
        "pairs": _pairs(sums),
        "groups": _groups(bundle, sums, missing, seed),
        "ensembles": [
            judge(bundle, ensemble, reference=reference, missing=missing, seed=seed)
            for ensemble in chosen
        ],
        "fitted_on": None,
    }


def default_ensembles(bundle: Bundle) -> tuple[Ensemble, ...]:
    """Plurality of all models; mean and geometric of those with probabilities."""
    scored = tuple(model for model in bundle.models if model in bundle.probabilities)
    pools = [rule.name for rule in RULES.values() if rule.needs == "probabilities" and scored]
    return (Ensemble(bundle.models), *(Ensemble(scored, rule) for rule in pools))


def best_single(team: Bundle, *, missing: Missing = "exclude") -> str | None:
    """The member with the highest accuracy, the first of equals; None when none is judged.

    Members judged on fewer than half as many samples as another one are passed over: a handful
    of lucky answers is no reference. Chosen and judged on the same samples, so its accuracy is
    optimistic.
    """
    sums = tally(team, CATALOG["accuracy"].needs, missing=missing)
    accuracy = value(CATALOG["accuracy"], sums)
    covered = 2 * sums["graded"] >= sums["graded"].max()
    accuracy = torch.where(covered, accuracy, torch.nan)
    if not torch.isfinite(accuracy).any():
        return None
    return team.models[int(accuracy.nan_to_num(nan=-1.0).argmax())]


def installed_version() -> str:
    """The version of the installed distribution, or "0" when run from a bare checkout."""
    try:
        return version("dissensus")
    except PackageNotFoundError:
        return "0"


def plain(tensor: Tensor) -> list | float | int | None:
    """A tensor as nested lists; NaN and infinity become None."""
    return _plain(tensor.tolist())


def _plain(values):
    if isinstance(values, list):
        return [_plain(entry) for entry in values]
    if isinstance(values, float) and not math.isfinite(values):
        return None
    return values


def _bundle(bundle: Bundle) -> dict:
    groups = {}
    for column, grouping in bundle.groups.items():
        groups[column] = dict(zip(grouping.levels, grouping.sizes().tolist(), strict=True))
    gaps = (~bundle.answered).sum(1).tolist()
    return {
        "samples": len(bundle.ids),
        "models": list(bundle.models),
        "classes": list(bundle.classes),
        "groups": groups,
        "probabilities": [model for model in bundle.models if model in bundle.probabilities],
        "embeddings": None if bundle.embeddings is None else list(bundle.embeddings.shape),
        "missing": dict(zip(bundle.models, gaps, strict=True)),
        "notes": list(bundle.notes),
        "fingerprint": bundle.fingerprint,
    }


def _models(bundle: Bundle, sums: Tally, missing: Missing, seed: int) -> dict:
    measured = {measure.name: plain(value(measure, sums)) for measure in of_kind("model")}
    low, high = _accuracy_interval(bundle, missing, seed)
    rows = {}
    for row, model in enumerate(bundle.models):
        rows[model] = {
            "n": int(sums["graded"][row]),
            "right": int(sums["right"][row]),
            "accuracy": measured["accuracy"][row],
            "accuracy_interval": [plain(low[row]), plain(high[row])],
            "log_loss": measured["log_loss"][row],
            "brier": measured["brier"][row],
            "ece": measured["ece"][row],
            "aurc": plain(model_aurc(bundle, model)),
        }
    return rows


def model_aurc(bundle: Bundle, model: str) -> Tensor:
    """Area under the risk-coverage curve of one model; NaN without confidence or labels."""
    row = position(bundle, model)
    confidence = confidence_of(bundle, model, stored=True)
    if confidence is None:
        return torch.tensor(torch.nan)
    known = (bundle.grades[row] >= 0) & torch.isfinite(confidence)
    return aurc(confidence[known], bundle.correct[row, known])


def judged_answers(bundle: Bundle, missing: Missing) -> Tensor:
    """Bool [M, N]: the model is judged on this sample under the missing rule."""
    graded = bundle.grades >= 0
    return bundle.labelled.expand_as(graded) if missing == "wrong" else graded


def _accuracy_interval(bundle: Bundle, missing: Missing, seed: int) -> tuple[Tensor, Tensor]:
    return accuracy_interval(
        bundle.correct, judged_answers(bundle, missing), bundle.units, seed=seed
    )


def _pairs(sums: Tally) -> dict:
    pairs = {measure.name: plain(value(measure, sums)) for measure in of_kind("pair")}
    return {
        "n": plain(torch.maximum(sums["both_answered"], sums["both_graded"])),
        "n_judged": plain(sums["both_graded"]),
        **pairs,
    }


def _groups(bundle: Bundle, sums: Tally, missing: Missing, seed: int) -> dict:
    groups, graded = {}, judged_answers(bundle, missing)
    for column, grouping in bundle.groups.items():
        rate = value(CATALOG["group_accuracy"], sums, group=column)
        low, high = group_interval(
            bundle.correct, graded, grouping.membership(), bundle.units, seed=seed
        )
        sizes = grouping.sizes().tolist()
        groups[column] = {
            level: {
                "n": sizes[place],
                "accuracy": dict(zip(bundle.models, plain(rate[:, place]), strict=True)),
                "accuracy_interval": {
                    model: [plain(low[row, place]), plain(high[row, place])]
                    for row, model in enumerate(bundle.models)
                },
            }
            for place, level in enumerate(grouping.levels)
        }
    return groups


def judge(
    bundle: Bundle,
    ensemble: Ensemble,
    *,
    reference: str | None = None,
    missing: Missing = "exclude",
    seed: int = 0,
) -> dict:
    """Everything that is known of one ensemble: accuracy, outcomes, corrections, groups.

    Args:
        bundle: holds the members and the reference.
        ensemble: members and rule.
        reference: as in `summarise`.
        missing: as in `summarise`.
        seed: of the bootstrap intervals.

    Returns:
        One entry of the JSON's "ensembles". Without any judged sample the counts of outcomes,
        corrections and regressions are absent.

    Raises:
        BundleError: the ensemble does not fit the bundle.
    """
    said = answer(bundle, ensemble)
    team, combined = bundle.select(ensemble.members), combine(bundle, ensemble, said)
    found = outcomes(team, combined, missing=missing)
    judged = int(found.judged.sum())
    base = {
        "rule": ensemble.rule,
        "members": list(ensemble.members),
        "n": judged,
        "right": int(found.right.sum()),
        "ties": int(said.tied.sum()),
        "abstained": 0,
        **_ensemble_quality(combined, missing, seed),
    }
    if not judged:
        return base | {"accuracy": None, "accuracy_interval": [None, None]}
    table = ledger(found, len(team.models)).tolist()
    majority = combined
    if ensemble.rule != "plurality":
        majority = combine(bundle, Ensemble(ensemble.members, "plurality"))
    return base | {
        "outcomes": found.counts(),
        "corrected_against_majority": int(corrected_against_majority(found, majority).sum()),
        "members_right": {
            str(k): {"right": right, "wrong": wrong} for k, (right, wrong) in enumerate(table)
        },
        "oracle_accuracy": float((found.members_right > 0)[found.judged].double().mean()),
        **_ensemble_against(bundle, team, combined, found, reference, missing),
    }


def _ensemble_quality(combined: Bundle, missing: Missing, seed: int) -> dict:
    needs = (*CATALOG["accuracy"].needs, *CATALOG["log_loss"].needs)
    sums = tally(combined, needs, missing=missing)
    low, high = _accuracy_interval(combined, missing, seed)
    return {
        "accuracy": plain(value(CATALOG["accuracy"], sums)[0]),
        "accuracy_interval": [plain(low[0]), plain(high[0])],
        "log_loss": plain(value(CATALOG["log_loss"], sums)[0]),
    }


def _ensemble_against(
    bundle: Bundle,
    team: Bundle,
    combined: Bundle,
    found: Outcomes,
    reference: str | None,
    missing: Missing,
) -> dict:
    reference = reference or best_single(team, missing=missing)
    if reference is None:
        raise BundleError("No member has a judged answer; labels are needed for this.")
    change = against(combined, bundle.select((reference,)), missing=missing)
    corrections, regressions = int((change > 0).sum()), int((change < 0).sum())
    groups = {
        column: _group_outcomes(grouping, found, change)
        for column, grouping in bundle.groups.items()
    }
    return {
        "reference": reference,
        "corrections": corrections,
        "regressions": regressions,
        "mcnemar_p": mcnemar_p(corrections, regressions),
        "groups": groups,
    }


def _group_outcomes(grouping: Grouping, found: Outcomes, change: Tensor) -> dict:
    columns = zip(
        grouping.levels,
        *(
            grouping.sizes(samples).tolist()
            for samples in (
                found.judged,
                found.right,
                change > 0,
                change < 0,
                found.codes == OUTCOMES.index("rescued"),
            )
        ),
        strict=True,
    )
    return {
        level: {
            "n": n,
            "accuracy": right / n if n else None,
            "corrections": corrections,
            "regressions": regressions,
            "rescued": rescued,
        }
        for level, n, right, corrections, regressions, rescued in columns
    }

"""Everything that is known of a bundle as one dictionary: the JSON of `dissensus analyze`."""

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import Tensor

from analysis import decompositions, entropy_split, error_split
from analysis.bundle import Bundle, position
from analysis.calibration_errors import calibration_errors, why_undefined
from analysis.cascades import member_costs, stages
from analysis.catalog import CATALOG, of_kind, value
from analysis.confidence import confidence_of
from analysis.contributions import contributions
from analysis.ensemble import Ensemble, combine
from analysis.fitting import Fitted, fit, needs_fit, needs_split, reported
from analysis.group_report import interval_by_group
from analysis.judging import answered_interval, judge, judged_answers, plain
from analysis.kernels import model_vendi
from analysis.quality import aurc
from analysis.rules import RULES
from analysis.runs import runs_report
from analysis.splits import Split, split
from analysis.tally import Missing, Tally, tally

DECOMPOSITIONS = tuple(
    measure.name
    for module in (decompositions, error_split, entropy_split)
    for measure in module.MEASURES
)


def summarise(
    bundle: Bundle,
    *,
    ensembles: Sequence[Ensemble] = (),
    reference: str | None = None,
    missing: Missing = "exclude",
    seed: int = 0,
    fit_on: Split | None = None,
    tallied: Callable[..., Tally] = tally,
) -> dict:
    """What `dissensus analyze` prints.

    Args:
        bundle: M models, N samples.
        ensembles: which to judge; none: plurality of all models and, over the models with
            probabilities, mean and geometric.
        reference: the model that corrections and regressions are counted against; None: the
            member with the highest accuracy on the samples to fit on, or on all where none are.
        missing: "exclude" judges a model on what it answered; "wrong" counts a gap as wrong.
        seed: of the bootstrap intervals, and of the split where none is given.
        fit_on: samples to fit on, which are left out of everything that is reported. None: half
            of the labelled samples of each class where an ensemble is fitted, else nothing. Rules
            that look at no label learn on the samples that are reported.
        tallied: counts the sums of all models; `tally`, or one that does so elsewhere.

    Returns:
        Plain lists, numbers and text; undefined is None.

    Raises:
        BundleError: an ensemble or the reference does not fit the bundle.
    """
    if reference is not None:
        position(bundle, reference)
    chosen = ensembles or default_ensembles(bundle)
    if fit_on is None and any(map(needs_split, chosen)):
        fit_on = split(bundle, seed=seed)
    whole, bundle = bundle, bundle if fit_on is None else reported(bundle, fit_on)
    fits = [_fitted(whole, bundle, ensemble, fit_on) for ensemble in chosen]
    tuned = None
    if fit_on is not None and fit_on.fit.any():
        tuned = whole.take(fit_on.fit.nonzero().flatten())
    needs = {name for measure in CATALOG.values() for name in measure.needs}
    sums = tallied(bundle, needs, groups=tuple(bundle.groups), missing=missing)
    return {
        "dissensus": installed_version(),
        "bundle": _bundle(bundle),
        "models": _models(bundle, sums, missing, seed),
        "pairs": _pairs(sums),
        "diversity": _diversity(sums),
        "decompositions": _decompositions(sums),
        "groups": _groups(bundle, sums, missing, seed),
        "runs": runs_report(bundle, missing=missing, seed=seed),
        "ensembles": [
            judge(
                bundle,
                found.ensemble if found else ensemble,
                reference=reference,
                chosen_on=tuned,
                missing=missing,
                seed=seed,
            )
            | _fit(whole, found)
            | _contributions(bundle, found.ensemble if found else ensemble, missing)
            | _cascade(bundle, ensemble)
            for ensemble, found in zip(chosen, fits, strict=True)
        ],
        "fitted_on": None
        if fit_on is None
        else {"samples": fit_on.description, "n": int(fit_on.fit.sum())},
    }


def default_ensembles(bundle: Bundle) -> tuple[Ensemble, ...]:
    """Plurality of all models; mean and geometric of those with probabilities."""
    scored = tuple(model for model in bundle.models if model in bundle.probabilities)
    pools = ("mean", "geometric") if scored else ()
    return (Ensemble(bundle.models), *(Ensemble(scored, rule) for rule in pools))


def _cascade(bundle: Bundle, ensemble: Ensemble) -> dict:
    """How often each member of a cascade is asked, and the cost of it in that of one model."""
    if ensemble.rule != "cascade":
        return {}
    costs = member_costs(bundle, ensemble.members)
    found = stages(bundle, ensemble, costs)
    return {
        "asked": dict(zip(found.members, found.asked.tolist(), strict=True)),
        "cost": {
            "unit": "members" if costs is None else "cost in models.csv",
            "mean": plain(found.cost),
            "first": found.cost_of_first,
            "all": found.cost_of_all,
        },
    }


def _fitted(whole: Bundle, part: Bundle, ensemble: Ensemble, parts: Split | None) -> Fitted | None:
    """What an ensemble learns on the samples to fit on, or without labels on those reported."""
    if not needs_fit(ensemble):
        return None
    return fit(whole, ensemble, parts) if needs_split(ensemble) else fit(part, ensemble, None)


def _fit(whole: Bundle, found: Fitted | None) -> dict:
    """How the weights of a fitted ensemble came about, and how well it does where it was fitted."""
    if found is None:
        return {}
    chosen, right = found.ensemble, torch.tensor(torch.nan)
    if RULES[chosen.rule].labelled:
        seen = combine(whole.take(found.rows), chosen)
        right = seen.correct[seen.grades >= 0].double().mean()
    return {
        "weights": dict(zip(chosen.members, chosen.weights, strict=True))
        if chosen.weights
        else None,
        "candidates": list(found.candidates),
        "path": [{"model": step.model, "score": step.score} for step in found.path],
        "fit_n": found.n,
        "fit_samples": chosen.fitted_on,
        "fit_accuracy": plain(right),
    }


def _contributions(bundle: Bundle, ensemble: Ensemble, missing: Missing) -> dict:
    """What each member brings: the whole beside the ensemble without it."""
    found = contributions(bundle, ensemble, missing=missing, orders=0)
    ends = torch.stack([found.low, found.high], dim=1)
    columns = {
        "n": found.n,
        "accuracy_without": found.without,
        "brought": found.brought,
        "lost": found.lost,
        "gain": found.gain,
        "gain_interval": ends,
        "mcnemar_p": found.p,
    }
    plainly = {name: plain(values) for name, values in columns.items()}
    return {
        "contributions": {
            model: {name: values[row] for name, values in plainly.items()}
            for row, model in enumerate(found.members)
        }
    }


def installed_version() -> str:
    """The version of the installed distribution, or "0" when run from a bare checkout."""
    try:
        return version("dissensus")
    except PackageNotFoundError:
        return "0"


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
    low, high = answered_interval(bundle, missing, seed)
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
            "calibration": {
                **{name: plain(error) for name, error in calibration_errors(bundle, model).items()},
                "undefined": why_undefined(bundle, model) or None,
            },
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


def _pairs(sums: Tally) -> dict:
    pairs = {measure.name: plain(value(measure, sums)) for measure in of_kind("pair")}
    return {
        "n": plain(torch.maximum(sums["both_answered"], sums["both_graded"])),
        "n_judged": plain(sums["both_graded"]),
        **pairs,
    }


def _diversity(sums: Tally) -> dict:
    """Measures of all models as one team; n counts the samples on which all are judged."""
    scores = model_vendi(sums)
    return {
        "n": plain(sums["members_right"].sum()),
        **{
            measure.name: plain(value(measure, sums))
            for measure in of_kind("set")
            if measure.name not in DECOMPOSITIONS
        },
        "kernel": scores["kernel"],
        **{name: plain(score) for name, score in scores.items() if name.startswith("vendi_q")},
    }


def _decompositions(sums: Tally) -> dict:
    """What the team's losses are made of, with the samples behind each of the three parts."""
    return {
        "n": plain(sums["voted"]),
        "n_scored": plain(sums["pooled"]),
        "n_mixed": plain(sums["mixed"]),
        **{
            measure.name: plain(value(measure, sums))
            for measure in of_kind("set")
            if measure.name in DECOMPOSITIONS
        },
    }


def _groups(bundle: Bundle, sums: Tally, missing: Missing, seed: int) -> dict:
    groups, graded = {}, judged_answers(bundle, missing)
    for column, grouping in bundle.groups.items():
        rate = value(CATALOG["group_accuracy"], sums, group=column)
        counted = sums[f"group_graded/{column}"]
        rows = (rate, counted, bundle.correct, graded, grouping, bundle.units)
        low, high = interval_by_group(*rows, seed=seed)
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

"""Accuracy in one group against another, a point per model and ensemble, and fits through them."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch

from analysis.accuracies import AccuracyTable
from analysis.accuracy_on_the_curve import below_mixtures, bend, runs_of, shape
from analysis.accuracy_scales import SCALES, scaled, unscaled
from analysis.bundle import Bundle
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.group_curves import rates
from analysis.judging import judged_answers
from analysis.sets import sets_of
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import beside, combined
from dashboard.state import Choices

Group = tuple[str, str]
STEPS = 60
LEAST = 20
MIXED = ("soup", "interpolation")


def group_choices(bundle: Bundle, first: str) -> list[Group]:
    """Every level of every grouping with at least one sample, those of one grouping first."""
    columns = [first, *(column for column in bundle.groups if column != first)]
    return [
        (column, level)
        for column in columns
        for level, n in zip(
            bundle.groups[column].levels, bundle.groups[column].sizes().tolist(), strict=True
        )
        if n
    ]


def opening_groups(bundle: Bundle, table: Mapping, column: str) -> tuple[Group, Group]:
    """The largest level and the one where the models are worst on average, of those large enough.

    Args:
        bundle: N samples.
        table: of `group_table`.
        column: the grouping.
    """
    levels, n = bundle.groups[column].levels, table["n"][-1]
    largest = int(n.argmax())
    known = np.isfinite(table["accuracy"])
    rate = np.where(known, table["accuracy"], 0).sum(0) / np.maximum(known.sum(0), 1)
    rate = np.where(known.any(0), rate, np.inf) + (n < LEAST)
    rate[largest] = np.inf
    worst = int(rate.argmin()) if len(levels) > 1 else largest
    return (column, levels[largest]), (column, levels[worst])


def inside(bundle: Bundle, group: Group) -> torch.Tensor:
    """Bool [N], the samples of a level of a grouping."""
    grouping = bundle.groups[group[0]]
    return grouping.within([grouping.levels.index(group[1])])


@cached()
def _majority_points(
    _choices: Choices,
    _bundle: Bundle,
    fingerprint: str,
    keys: tuple[str, ...],
    missing: str,
    x: Group,
    y: Group,
) -> dict:
    known = [judged_answers(_bundle, missing)]
    right, counts = [_bundle.correct], judgeable(_bundle)
    for ensemble in _shown(_choices).values():
        whole = combined(_bundle, ensemble)
        right.append(whole.correct)
        known.append(judged_under(missing, whole.grades, counts) & counts)
    sets = sets_of(torch.stack([inside(_bundle, group) for group in (x, y)]))
    found = rates(torch.cat(right), torch.cat(known), sets, _bundle.units)
    return {
        "accuracy": found.mean.cpu().numpy(),
        **{name: getattr(found, name).cpu().numpy() for name in ("low", "high", "n")},
    }


def _shown(choices: Choices) -> dict:
    others = {name: ensemble for name, (_, ensemble) in beside(choices).items()}
    return {choices.label: choices.ensemble} | others


def majority_points(choices: Choices, bundle: Bundle, x: Group, y: Group) -> dict:
    """Every model and every ensemble that is shown, by its accuracy in two groups.

    Returns:
        "names" [P]; "roles" [P]: "member", "model", "checkpoint", "mixture" or "ensemble",
        "beside"; "slots" [P], colours of those beside; "accuracy", "low", "high", "n" [P, 2];
        "runs" [P], who belongs together, by "run_column"; "fitted" bool [P], the single models.
    """
    shown = _shown(choices)
    keys = tuple(ensemble.key for ensemble in shown.values())
    found = _majority_points(choices, bundle, bundle.fingerprint, keys, choices.missing, x, y)
    slots = [slot for slot, _ in beside(choices).values()]
    models, extra = len(bundle.models), len(shown)
    runs, column = runs_of(bundle.model_info, models)
    return found | {
        "names": (*bundle.models, *shown),
        "roles": (*_roles(bundle, choices.ensemble.members), "ensemble", *["beside"] * len(slots)),
        "slots": (*[0] * (models + 1), *slots),
        "runs": np.concatenate([runs.numpy(), -1 - np.arange(extra)]),
        "run_column": column,
        "fitted": np.arange(models + extra) < models,
    }


def _roles(bundle: Bundle, members: tuple[str, ...]) -> list[str]:
    kinds = bundle.model_info.get("kind", np.full(len(bundle.models), "", dtype=object))
    roles = []
    for model, kind in zip(bundle.models, kinds.tolist(), strict=True):
        own = "mixture" if kind in MIXED else "checkpoint" if kind == "checkpoint" else "model"
        roles.append("member" if model in members and own == "model" else own)
    return roles


def setting_points(table: AccuracyTable, pair: Mapping, kept: np.ndarray | None = None) -> dict:
    """Models in two settings as `majority_points` has them, from accuracies without samples.

    Args:
        table: M models.
        pair: of `setting_pair`.
        kept: bool [M], models that the fits go through; None: all.
    """
    rows = np.flatnonzero(pair["both"])
    runs, column = runs_of(table.model_info, len(table.models))
    n = pair["n"][rows] if "n" in pair else np.zeros((len(rows), 2), dtype=int)
    return {
        "names": tuple(table.models[row] for row in rows.tolist()),
        "roles": ("model",) * len(rows),
        "slots": (0,) * len(rows),
        **{name: pair[name][rows] for name in ("accuracy", "low", "high")},
        "n": n,
        "runs": runs.numpy()[rows],
        "run_column": column,
        "fitted": np.ones(len(rows), dtype=bool) if kept is None else kept[rows],
    }


def bends(points: Mapping) -> dict[str, dict]:
    """Line and parabola through the fitted points on every scale.

    Returns:
        By scale, the fields of `analysis.accuracy_on_the_curve.Bend` and its "shape".
    """
    found = {}
    for scale in SCALES:
        x, y = _placed(points, scale)
        rows = torch.from_numpy(points["fitted"])
        fit = bend(x[rows], y[rows], torch.from_numpy(points["runs"])[rows])
        found[scale] = asdict(fit) | {"shape": shape(fit)}
    return found


def _placed(points: Mapping, scale: str) -> tuple[torch.Tensor, torch.Tensor]:
    rate, n = (torch.from_numpy(points[name]).double() for name in ("accuracy", "n"))
    return tuple(scaled(rate[:, side], n[:, side], scale) for side in (0, 1))


def majority_view(points: Mapping, fits: Mapping, scale: str, pair: tuple[int, int] | None) -> dict:
    """What is drawn on one scale.

    Args:
        points: of `majority_points`.
        fits: of `bends`.
        scale: of the axes.
        pair: rows of the two models between which answers are mixed.

    Returns:
        "x", "y" [P]; "fit_x", "linear", "quadratic" [S], empty where not fitted; "mix_x", "mix_y";
        "below" [P], how far each lies below the mixture, NaN where it says nothing.
    """
    x, y = _placed(points, scale)
    own = x[torch.from_numpy(points["fitted"]) & torch.isfinite(x) & torch.isfinite(y)]
    view = {"x": x.numpy(), "y": y.numpy(), "below": np.full(len(x), np.nan)}
    line, curve = (fits[scale][name]["coefficients"] for name in ("linear", "quadratic"))
    grid = np.linspace(float(own.min()), float(own.max()), STEPS) if curve else np.empty(0)
    powers = grid[:, None] ** np.arange(3)
    view |= {"fit_x": grid, "linear": powers[:, :2] @ (line or (0, 0))}
    view |= {"quadratic": powers @ (curve or (0, 0, 0)), "mix_x": np.empty(0), "mix_y": np.empty(0)}
    if pair is not None:
        rate = torch.from_numpy(points["accuracy"])
        share = torch.linspace(0, 1, STEPS, dtype=torch.float64)[:, None]
        mixed = rate[pair[0]] * (1 - share) + rate[pair[1]] * share
        n = torch.from_numpy(points["n"][list(pair)]).double().amax(0)
        ends = [scaled(mixed[:, side], n[side].expand(STEPS), scale) for side in (0, 1)]
        view |= {"mix_x": ends[0].numpy(), "mix_y": ends[1].numpy()}
        view["below"] = below_mixtures(rate[:, 0], rate[:, 1], *pair).numpy()
    return view


def ticks(values: np.ndarray, scale: str) -> tuple[list[float], list[str]]:
    """Places on an axis of a scale and their accuracies in percent; none on the raw scale."""
    known = values[np.isfinite(values)]
    if scale == "raw" or not len(known):
        return [], []
    low, high = unscaled(torch.tensor([known.min(), known.max()]), scale).tolist()
    shares = [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999]
    if high - low < 0.25:
        shares = [place / 100 for place in range(1, 100)]
        shares = shares[:: max(1, round((high - low) * 100 / 8))]
    kept = [share for share in shares if low - 0.02 <= share <= high + 0.02]
    places = scaled(torch.tensor(kept), None, scale).tolist()
    return places, [f"{100 * share:g} %" for share in kept]

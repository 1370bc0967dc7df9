"""What early-exit cascades of the members cost, and what they reach."""

import numpy as np
import torch

from analysis import cascades
from analysis.bundle import Bundle, BundleError
from analysis.cascades import CostCurve, cost_curve, stages
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.judging import answered_interval
from analysis.splits import split
from analysis.tally import tally
from analysis.windows import TARGETS, judged_window
from dashboard.compute.caching import cached
from dashboard.state import Choices
from dashboard.theme import markdown

ORDERS = {
    "cost": "Cheapest first",
    "given": "As listed",
    "accuracy": "Best first",
}
FEW = "These are too few samples to choose a threshold on one half and judge it on the other."
TOLERATED = 0.005
LONGEST = 400  # letters of a sentence
CURVE = ("threshold", "cost", "accuracy", "low", "high", "n")


def cascade_orders(choices: Choices) -> dict[str, str]:
    """In which orders the members can be asked, by name; none where they make no cascade."""
    if why_no_cascade(choices):
        return {}
    known = member_costs(choices) is not None
    return {name: label for name, label in ORDERS.items() if name != "cost" or known}


def member_costs(choices: Choices) -> tuple[float, ...] | None:
    """What each member costs; None where the table of models does not say, or cannot be used."""
    try:
        found = cascades.member_costs(choices.bundle, choices.ensemble.members)
    except BundleError:
        return None
    return None if found is None else tuple(found)


def why_no_cascade(choices: Choices) -> str:
    """Why the members make no cascade; empty where they do."""
    members = choices.ensemble.members
    if len(members) < 2:
        return "A cascade needs two members or more. Choose more in the sidebar."
    without = sum(name not in choices.bundle.probabilities for name in members)
    if without:
        return (
            "A cascade asks on while the mean probability so far is not sure enough, and "
            f"{without} of {len(members)} members have no probabilities."
        )
    try:
        cascades.member_costs(choices.bundle, members)
    except BundleError as problem:
        return markdown(str(problem), LONGEST)
    return ""


@cached()
def _cascade(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    order: str,
    prices: tuple[float, ...] | None,
    missing: str,
) -> dict:
    parts = split(_bundle)
    if not parts.fit.any() or not parts.held_out.any():
        return {"problem": FEW}
    fit, held_out = (_bundle.take(rows.nonzero().flatten()) for rows in (parts.fit, parts.held_out))
    members = _ordered(fit, _ensemble.members, order, prices, missing)
    price = None if prices is None else _prices(_ensemble, prices, members)
    everywhere = held_out if order == "accuracy" else _bundle
    try:
        curve = cost_curve(everywhere, members, price, missing=missing)
        halves = [cost_curve(part, members, price, missing=missing) for part in (fit, held_out)]
        active = _active(everywhere, _ensemble, prices, missing)
    except BundleError as problem:
        return {"problem": str(problem)}
    return {name: getattr(curve, name).cpu().numpy() for name in CURVE} | {
        "problem": "",
        "members": members,
        "halved": order == "accuracy",
        "split": parts.description,
        "chosen": _chosen(*halves),
        "active": active,
    }


def _ordered(
    fit: Bundle,
    members: tuple[str, ...],
    order: str,
    prices: tuple[float, ...] | None,
    missing: str,
) -> tuple[str, ...]:
    if order == "cost" and prices is not None:
        places = np.argsort(np.nan_to_num(prices, nan=np.inf), kind="stable")
    elif order == "accuracy":
        sums = tally(fit.select(members), CATALOG["accuracy"].needs, missing=missing)
        rate = value(CATALOG["accuracy"], sums).nan_to_num(nan=-1.0)
        places = rate.argsort(descending=True, stable=True).cpu().numpy()
    else:
        places = np.arange(len(members))
    return tuple(members[place] for place in places)


def _prices(
    ensemble: Ensemble, prices: tuple[float, ...], members: tuple[str, ...]
) -> tuple[float, ...]:
    known = dict(zip(ensemble.members, prices, strict=True))
    return tuple(known[member] for member in members)


def _chosen(tuned: CostCurve, kept: CostCurve) -> dict[str, float] | None:
    """The cheapest threshold about as accurate as everybody on one half, judged on the other."""
    good = (tuned.accuracy >= tuned.accuracy[-1] - TOLERATED).nonzero().flatten()
    if not len(good) or not torch.isfinite(kept.accuracy[-1]):
        return None
    place = int(good[0])
    at = {name: float(getattr(kept, name)[place]) for name in CURVE}
    return at | {
        "cost_of_all": float(kept.cost[-1]),
        "accuracy_of_all": float(kept.accuracy[-1]),
    }


def _active(
    bundle: Bundle, ensemble: Ensemble, prices: tuple[float, ...] | None, missing: str
) -> dict[str, float] | None:
    """Cost and accuracy of the active ensemble where it is a cascade."""
    if ensemble.rule != "cascade":
        return None
    whole = combine(bundle, ensemble)
    sums = tally(whole, CATALOG["accuracy"].needs, missing=missing)
    low, high = answered_interval(whole, missing, 0)
    return {
        "cost": stages(bundle, ensemble, prices).cost,
        "accuracy": float(value(CATALOG["accuracy"], sums)[0]),
        "low": float(low[0]),
        "high": float(high[0]),
        "n": int(sums["graded"][0]),
    }


def cascade(choices: Choices, bundle: Bundle, order: str) -> dict:
    """Accuracy against mean cost of cascades of the members over their threshold.

    Returns:
        The fields of `analysis.cascades.CostCurve`; "members" in the order in which they are
        asked; "halved", whether only the half is judged that the order was not chosen on;
        "chosen", the cheapest threshold within half a point of everybody on one half, judged on
        the other, and "cost_of_all" and "accuracy_of_all" there; "active", where the active
        ensemble is a cascade; "split", how the halves were drawn. Only "problem", a sentence, where
        there is none.
    """
    reason = why_no_cascade(choices)
    if reason:
        return {"problem": reason}
    chosen = choices.ensemble
    return _cascade(
        bundle,
        bundle.fingerprint,
        chosen,
        chosen.key,
        order,
        member_costs(choices),
        choices.missing,
    )


@cached()
def _window(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    target: str,
    prices: tuple[float, ...] | None,
    missing: str,
) -> dict:
    parts = split(_bundle)
    try:
        found = judged_window(_bundle, members, TARGETS[target], parts, prices, missing=missing)
    except BundleError as problem:
        return {"problem": str(problem)}
    arrays = ("cost", "coverage", "risk", "low", "high", "kept")
    return {name: getattr(found, name).cpu().numpy() for name in arrays} | {
        "problem": "",
        "ways": found.ways,
        "n": found.n,
        "n_fit": found.n_fit,
        "window": (found.window.lo, found.window.hi),
    }


def window(choices: Choices, bundle: Bundle, members: tuple[str, ...], target: str) -> dict:
    """A window cascade beside its first member and everybody, as `analysis.windows.Judged`.

    Args:
        choices: of the sidebar.
        bundle: samples to split in halves.
        members: in the order in which they are asked.
        target: a name in `analysis.windows.TARGETS`.
    """
    prices = member_costs(choices)
    if prices is not None:
        prices = _prices(choices.ensemble, prices, members)
    return _window(bundle, bundle.fingerprint, members, target, prices, choices.missing)

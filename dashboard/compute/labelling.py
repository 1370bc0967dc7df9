"""What to label next: a budget split over groups, and samples that tell two models apart."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.discrepant import discrepant
from analysis.ensemble import Ensemble
from analysis.judging import judged_answers
from analysis.labelling import (
    curve_allocation,
    learning_curves,
    neyman_allocation,
    smoothed_spread,
)
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined
from dashboard.state import Choices

AMOUNTS = ("training_size", "train_size", "training_samples", "n_train", "epoch")


def _free(bundle: Bundle) -> torch.Tensor:
    """Samples that can still be labelled; all where every sample has a label."""
    open_ = ~bundle.labelled
    return open_ if bool(open_.any()) else torch.ones_like(open_)


@cached()
def _split(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    column: str,
    budget: int,
    pair: tuple[str, str] | None,
) -> dict:
    grouping = _bundle.groups[column]
    sizes, left = grouping.sizes(), bool((~_bundle.labelled).any())
    free = grouping.sizes(~_bundle.labelled) if left else None
    if pair is None:
        team = combined(_bundle, _ensemble)
        judged = judged_answers(team, missing)[0]
        have = grouping.sizes(judged)
        spread = smoothed_spread(grouping.sizes(team.correct[0] & judged), have)
    else:
        said = _bundle.select(pair).predictions
        both = (said >= 0).all(0)
        differ = grouping.sizes(both & (said[0] != said[1]))
        judged = both & _bundle.labelled
        have = grouping.sizes(judged)
        spread = ((differ + 0.5) / (grouping.sizes(both) + 1)).sqrt()
    split = neyman_allocation(sizes, spread, budget, labelled=have, free=free)
    even = neyman_allocation(sizes, torch.ones_like(spread), budget, labelled=have, free=free)
    found = {"size": sizes, "labelled": have, "spread": spread, "split": split, "even": even}
    weight = sizes.double() / sizes.sum().clamp_min(1)

    def error(more: torch.Tensor) -> float:
        return float((weight * spread).square().div((have + more).clamp_min(1)).sum().sqrt())

    return {name: values.cpu().numpy() for name, values in found.items()} | {
        "error_now": error(torch.zeros_like(split)),
        "error_split": error(split),
        "error_even": error(even),
        "new": not left,
    }


def label_split(
    choices: Choices, column: str, budget: int, pair: tuple[str, str] | None = None
) -> dict:
    """A budget of labels split over the groups of a column, by Neyman.

    For the accuracy of the active ensemble; or, for a pair, for which of the two is better: there
    the share of samples on which they differ bounds the variance, so no label is needed.

    Returns:
        "size", "labelled", "spread", "split" and, in proportion to the sizes, "even" [G]; standard
        errors of the mean "error_now", "error_split", "error_even"; "new": every sample has a
        label, so that the budget is for new ones.
    """
    bundle, chosen = choices.bundle, choices.ensemble
    return _split(
        bundle, bundle.fingerprint, chosen, chosen.key, choices.missing, column, budget, pair
    )


def amount_of(bundle: Bundle) -> str | None:
    """The column that says how much a model was trained on, where three amounts or more occur."""
    for name in AMOUNTS:
        if name in bundle.model_info:
            try:
                values = np.asarray(bundle.model_info[name], dtype=float)
            except (TypeError, ValueError):
                continue
            if len(np.unique(values[np.isfinite(values) & (values > 0)])) >= 3:
                return name
    return None


@cached()
def curve_split(
    _bundle: Bundle, fingerprint: str, column: str, missing: str, budget: int, amount: str
) -> dict:
    """A budget of training samples split by the learning curve of each group.

    Returns:
        "size", "power", "fit", "split" [G], "models" that the curves are fitted to.

    Raises:
        BundleError: no group's error falls with more training.
    """
    grouping = _bundle.groups[column]
    amounts = torch.as_tensor(np.asarray(_bundle.model_info[amount], dtype=float))
    judged, member = judged_answers(_bundle, missing), grouping.membership().double()
    right = (_bundle.correct & judged).double() @ member
    errors = 1 - right / (judged.double() @ member)
    known = torch.isfinite(amounts) & (amounts > 0)
    curves = learning_curves(amounts[known], errors[known])
    sizes = grouping.sizes()
    share = sizes.double() / sizes.sum().clamp_min(1)
    # Epochs count passes: as many samples as there are here stand for one of them.
    scale = float(len(_bundle.ids)) if amount == "epoch" else 1.0
    trained = (share * amounts[known].amax() * scale).clamp_min(1)
    unit = (share * scale).clamp_min(1e-12) if amount == "epoch" else share.clamp_min(1e-12)
    curves.scale.mul_(unit**curves.power)
    split = curve_allocation(curves, sizes, trained, budget)
    found = {"size": sizes, "power": curves.power, "fit": curves.fit, "split": split}
    return {name: values.cpu().numpy() for name, values in found.items()} | {
        "models": int(known.sum())
    }


@cached()
def telling(_bundle: Bundle, fingerprint: str, first: str, second: str, k: int) -> dict:
    """The k samples that tell two models apart best, of those without a label where there are any.

    Returns:
        As `discrepant_samples`, and whether they are "unlabelled".
    """
    rows = _free(_bundle).nonzero().flatten()
    found = discrepant(_bundle.take(rows), first, second, k=k)
    return {
        "rows": rows[found.rows].cpu().numpy(),
        "distance": found.distance.cpu().numpy(),
        "who_right": found.who_right.cpu().numpy(),
        "n": found.n,
        "by": found.by,
        "note": found.note,
        "unlabelled": bool((~_bundle.labelled).any()),
    }

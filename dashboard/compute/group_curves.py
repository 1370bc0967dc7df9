"""Accuracy per group along checkpoints, team size, confidence, a number, a shift or a cost."""

import numpy as np
import torch

from analysis.bundle import Bundle, BundleError
from analysis.group_curves import Rates, by_level, by_quantile, rates, smoothed
from analysis.grouping import Grouping
from analysis.sets import crossed
from dashboard.compute.caching import cached
from dashboard.compute.curve_lines import lines_of
from dashboard.compute.model_curves import ADDS_UP, against_epoch, against_model, against_size
from dashboard.compute.silence_curves import against_confidence
from dashboard.compute.voices import drawn_ensembles, voices
from dashboard.state import Choices

AGAINST = {
    "epoch": "Training epoch",
    "size": "Ensemble size",
    "confidence": "Confidence threshold",
    "attribute": "A number",
    "level": "A shift or strength",
    "model": "Model size or cost",
}
BINS = 8
GRID = 40
LEAST_VALUES = 3
NO_MODEL_AXIS = {"epoch", "seed", "alpha"}


def attribute_choices(bundle: Bundle) -> list[str]:
    """Columns of the samples with three or more numbers."""
    return [
        name
        for name, values in bundle.attributes.items()
        if values.dtype.kind in "iuf"
        and len(np.unique(values[np.isfinite(values.astype(float))])) >= LEAST_VALUES
    ]


def level_choices(bundle: Bundle, column: str) -> list[str]:
    """Other groupings than this one with two levels or more."""
    return [n for n, g in bundle.groups.items() if n != column and len(g.levels) > 1]


def model_choices(bundle: Bundle) -> list[str]:
    """Columns of numbers of the models, sizes and costs first."""
    found = [
        name
        for name, values in bundle.model_info.items()
        if name not in NO_MODEL_AXIS
        and values.dtype.kind in "iuf"
        and len(np.unique(values[np.isfinite(values.astype(float))])) > 1
    ]
    return sorted(found, key=lambda name: not ADDS_UP.search(name))


def group_curves(
    choices: Choices, bundle: Bundle, against: str, along: str, roles: tuple[str, ...]
) -> dict:
    """Accuracy in each group of the chosen grouping along something.

    Args:
        choices: of the sidebar.
        bundle: N samples.
        against: one of `AGAINST`.
        along: the column, where one belongs to it.
        roles: of `compute.voices.ROLES`.

    Returns:
        "lines": each with name, role, slot, x [P], and mean, low, high, n [G, P]; perhaps "dots",
        the same in bins, and "codes" int [N], the bin or level of each sample; "problem": why
        there is nothing; "texts" of the places on x; "note".
    """
    keys = tuple((name, ensemble.key) for name, _, _, ensemble in drawn_ensembles(choices))
    return _group_curves(
        choices,
        bundle,
        bundle.fingerprint,
        (keys, choices.missing, choices.grouping, choices.ensemble.members),
        against,
        along,
        roles,
    )


@cached()
def _group_curves(
    _choices: Choices,
    _bundle: Bundle,
    fingerprint: str,
    key: tuple,
    against: str,
    along: str,
    roles: tuple[str, ...],
) -> dict:
    makers = {
        "epoch": against_epoch,
        "size": against_size,
        "confidence": against_confidence,
        "attribute": _against_attribute,
        "level": _against_level,
        "model": against_model,
    }
    nothing = {"lines": [], "problem": "", "texts": [], "note": ""}
    try:
        return nothing | makers[against](_choices, _bundle, along, roles)
    except BundleError as problem:
        return nothing | {"problem": str(problem)}


def _against_level(choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]) -> dict:
    who, grouping = voices(choices, bundle, roles), bundle.groups[along]
    found = by_level(who.scores, who.known, bundle.groups[choices.grouping], grouping, bundle.units)
    order, note = _in_order(choices, bundle, grouping)
    found = Rates(*(part[..., order] for part in vars(found).values()))
    texts = [grouping.levels[place] for place in order]
    codes = grouping.codes.cpu().numpy() if not grouping.overlapping else None
    place = np.argsort(order)
    return {
        "lines": lines_of(who, np.arange(len(order)), found),
        "texts": texts,
        "note": note,
        "codes": None if codes is None else place[codes],
    }


def _in_order(choices: Choices, bundle: Bundle, grouping: Grouping) -> tuple[list[int], str]:
    """Levels by their number, where they are numbers, else from easy to hard for the members."""
    try:
        order = np.argsort([float(level) for level in grouping.levels], kind="stable").tolist()
    except ValueError:
        members = voices(choices, bundle, ("members",))
        rate = rates(members.scores, members.known, crossed(grouping)).mean.nanmean(0)
        order = rate.nan_to_num(-1.0).argsort(descending=True, stable=True).tolist()
        return order, "Levels stand from the easiest to the hardest for the members on average."
    return order, "Levels stand by their number."


def _against_attribute(
    choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]
) -> dict:
    values = torch.from_numpy(bundle.attributes[along].astype(float)).to(bundle.device)
    there, grouping = torch.isfinite(values), bundle.groups[choices.grouping]
    codes, centres = by_quantile(values, there, BINS)
    bins = Grouping(codes.clamp_min(0).int(), tuple(f"{float(c):.3g}" for c in centres))
    who = voices(choices, bundle, roles)
    known = who.known & there
    dots = by_level(who.scores, known, grouping, bins, bundle.units)
    grid = _grid(values[there])
    parts = [
        smoothed(values[rows], who.scores[:, rows], known[:, rows], grid, _of(bundle.units, rows))
        for rows in grouping.membership().T
    ]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    curve = Rates(*(torch.stack(column, 1) for column in columns))
    return {
        "lines": lines_of(who, grid.cpu().numpy(), curve),
        "dots": lines_of(who, centres.cpu().numpy(), dots),
        "codes": codes.cpu().numpy(),
    }


def _of(units: torch.Tensor | None, rows: torch.Tensor) -> torch.Tensor | None:
    return None if units is None else units[rows]


def _grid(values: torch.Tensor) -> torch.Tensor:
    """Where a smooth curve is drawn: between the 1 % and 99 % quantiles, where samples are."""
    ends = values.sort().values[[int(0.01 * (len(values) - 1)), int(0.99 * (len(values) - 1))]]
    return torch.linspace(*ends.tolist(), GRID, dtype=torch.float64, device=values.device)

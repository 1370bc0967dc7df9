"""Which samples choices are fitted on and which they are judged on."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to fit on and samples to judge on; no sample is in both, some may be in neither.

    Attributes:
        fit: bool [N].
        held_out: bool [N].
        description: how the samples were told apart, for a caption.
    """

    fit: Tensor
    held_out: Tensor
    description: str


def split(
    bundle: Bundle,
    *,
    share: float = 0.5,
    seed: int = 0,
    by: str | None = None,
    among: Tensor | None = None,
) -> Split:
    """A random split of the labelled samples in which every class has its share.

    Samples of one unit stay together. The draw ranks the sample ids, so the same samples in
    another order are split alike. Unlabelled samples are in neither part: nothing can be fitted
    to them and nothing judged.

    Args:
        bundle: N samples.
        share: of the units, to fit on; between 0 and 1. With two units or more both parts get
            at least one.
        seed: of the draw.
        by: also stratify by this grouping (overlapping groups: by their combinations).
        among: bool [N], split these samples; None: the labelled ones.

    Returns:
        The split. Each class (and group) gets its share to within one unit, be it ever so small;
        a unit counts for the class and group of one of its samples.

    Raises:
        BundleError: the share is not between 0 and 1, or there is no such grouping.

    References:
        Evenly spaced picks from a randomly ordered list: Cochran 1977, Sampling techniques,
        chapter 8.
    """
    if not 0 < share < 1:
        raise BundleError(f"The share to fit on is {share}; expected a number between 0 and 1.")
    generator = torch.Generator().manual_seed(seed)
    key = _keys(bundle, generator)
    labelled = bundle.labelled if among is None else among
    samples = labelled.nonzero().flatten()
    samples = samples[key[samples].argsort()]
    unit = samples if bundle.units is None else bundle.units[samples].long()
    _, unit = unit.unique(return_inverse=True)
    units = int(unit.max()) + 1 if len(unit) else 0
    place = torch.arange(len(samples), device=samples.device)
    first = torch.full((units,), len(samples), device=samples.device)
    first = first.scatter_reduce(0, unit, place, "amin").sort().values
    listed = first[_strata(bundle, by)[samples[first]].argsort(stable=True)]
    number = min(max(round(share * units), 1), max(units - 1, 0))
    spaced = torch.arange(number, dtype=torch.float64) + torch.rand(1, generator=generator)
    picks = (spaced * (units / max(number, 1))).long().clamp_max(max(units - 1, 0))
    chosen = torch.zeros(units, dtype=torch.bool, device=samples.device)
    chosen[unit[listed[picks.to(samples.device)]]] = True
    fit = torch.zeros_like(labelled)
    fit[samples] = chosen[unit]
    whole = "" if bundle.units is None else ", samples of one unit kept together"
    strata = "class" if by is None else f"class and {by}"
    whose = "labelled samples" if among is None else f"{int(among.sum()):,} samples"
    kept = "" if bundle.labels is None and by is None else f", each {strata} with its share"
    return Split(
        fit,
        labelled & ~fit,
        f"{100 * share:.3g} % of the {whose} drawn with seed {seed}{kept}{whole}",
    )


def split_by(bundle: Bundle, column: str, value: str) -> Split:
    """A split that the data brings: fit where a column has this value.

    Args:
        bundle: N samples.
        column: an attribute or a grouping.
        value: as text; one level of overlapping groups.

    Returns:
        Fit on the labelled samples with the value, judge on the other labelled ones; those that
        share a unit with a sample to fit on are in neither part.

    Raises:
        BundleError: there is no such column, or no or every labelled sample has the value.
    """
    has = _with_value(bundle, column, value)
    labelled = bundle.labelled
    fit, held_out = labelled & has, labelled & ~has
    if not fit.any() or not held_out.any():
        found = "no labelled sample is" if not fit.any() else "every labelled sample is"
        raise BundleError(f"{column}={value}: {found} like this; expected some but not all.")
    description = f"{column} = {value}"
    if bundle.units is not None:
        shared = held_out & torch.isin(bundle.units, bundle.units[fit])
        held_out = held_out & ~shared
        if shared.any():
            description += f"; {int(shared.sum())} samples of the same units left out"
    return Split(fit, held_out, description)


def _keys(bundle: Bundle, generator: torch.Generator) -> Tensor:
    """A random number per sample, int64 [N], that belongs to its id and not to its position."""
    order = torch.tensor(sorted(range(len(bundle.ids)), key=bundle.ids.__getitem__))
    keys = torch.empty_like(order)
    keys[order] = torch.randperm(len(order), generator=generator)
    return keys.to(bundle.device)


def _strata(bundle: Bundle, by: str | None) -> Tensor:
    """Int64 [N], equal for samples of the same class and group."""
    strata = torch.zeros(len(bundle.ids), dtype=torch.int64, device=bundle.device)
    if bundle.labels is not None:
        strata = bundle.labels.long() + 1
    if by is None:
        return strata
    if by not in bundle.groups:
        known = ", ".join(bundle.groups) or "none"
        raise BundleError(f"There is no grouping '{by}' to split by; the groupings are {known}.")
    groups = bundle.groups[by].combinations()
    return strata * len(groups.levels) + groups.codes


def _with_value(bundle: Bundle, column: str, value: str) -> Tensor:
    grouping = bundle.groups.get(column)
    if grouping is not None and value in grouping.levels:
        return grouping.within([grouping.levels.index(value)])
    if column not in bundle.attributes:
        if grouping is not None:
            return torch.zeros_like(bundle.labelled)
        known = ", ".join(dict.fromkeys([*bundle.attributes, *bundle.groups])) or "none"
        raise BundleError(f"There is no column '{column}' to fit on; the columns are {known}.")
    values = bundle.attributes[column]
    if values.dtype.kind in "iuf":
        try:
            same = values == float(value)
        except ValueError:
            same = np.zeros(len(values), dtype=bool)
    else:
        same = values.astype(str) == value
    return torch.from_numpy(same).to(bundle.device)

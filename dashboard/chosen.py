"""What is looked at, without a page: made from plain options, as the command line has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble, check
from analysis.fitting import Fitted, needs_fit, needs_split
from dashboard import compute
from dashboard.choosing import Choices, opening_grouping, opening_team
from dashboard.fit_on import FitOn, held_out


def opening_ensemble(bundle: Bundle) -> Ensemble:
    """What the app opens with: the team that the data name, by its mean or its plurality."""
    team = opening_team(bundle)
    return Ensemble(team, opening_rule(bundle, team))


def opening_rule(bundle: Bundle, members: Sequence[str]) -> str:
    """The mean where all members have probabilities, else the plurality."""
    return "mean" if all(model in bundle.probabilities for model in members) else "plurality"


@dataclass(frozen=True, eq=False)
class Kept:
    """Ensembles that were kept under names, as far as they are shown.

    Attributes:
        name: of the active ensemble, where it is one of them.
        beside: those that are shown beside the active one, by name.
        slots: place of each of them among the colours.
    """

    name: str = ""
    beside: Mapping[str, Ensemble] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)


def chosen(
    whole: Bundle,
    ensembles: Sequence[Ensemble] = (),
    *,
    kept: Kept | None = None,
    grouping: str | None = None,
    missing: str = "exclude",
    fit_on: FitOn | None = None,
    seed: int = 0,
) -> Choices:
    """The choices that the app would hold after these were made in its sidebar.

    Args:
        whole: all samples.
        ensembles: the active one first, the others beside it; none: as the app opens.
        kept: the names under which ensembles were kept, and those beside instead of the others.
        grouping: by which figures are broken down; None: as the app opens.
        missing: "exclude" or "wrong".
        fit_on: samples to fit on, which are left out; None: half of them where a rule learns.
        seed: of that half.

    Raises:
        BundleError: an unknown grouping, or an ensemble that cannot answer.
    """
    if grouping is not None and grouping not in whole.groups:
        known = ", ".join(whole.groups) or "none"
        raise BundleError(f"There is no grouping '{grouping}'; the groupings are: {known}.")
    column = opening_grouping(whole) if grouping is None else grouping
    described = list(ensembles) or [opening_ensemble(whole)]
    kept = kept or _numbered(described[1:])
    parted = None
    if fit_on is not None or any(map(needs_split, (described[0], *kept.beside.values()))):
        parted = held_out(whole, fit_on or FitOn(by=column, seed=seed))
    choices = Choices(
        bundle=whole if parted is None else parted.bundle,
        ensemble=described[0],
        grouping=column,
        missing=missing,
        name=kept.name,
        slots=kept.slots,
        held_out=parted,
    )
    active, fits = answering(choices, described[0])
    beside = {}
    for name, other in kept.beside.items():
        beside[name], more = answering(choices, other)
        fits |= more
    return replace(choices, ensemble=active, beside=beside, fits=fits)


def _numbered(others: Sequence[Ensemble]) -> Kept:
    """Names for ensembles that have none."""
    beside = {f"{one.label} {number}": one for number, one in enumerate(others, 2)}
    return Kept(beside=beside, slots={name: place for place, name in enumerate(beside)})


def answering(choices: Choices, described: Ensemble) -> tuple[Ensemble, dict[str, Fitted]]:
    """The ensemble with what it learned, and how that came about.

    Raises:
        BundleError: it cannot be fitted, or its members cannot answer.
    """
    if not needs_fit(described):
        return check(choices.bundle, described), {}
    found = compute.fitted(choices, described)
    return found.ensemble, {found.ensemble.key: found}

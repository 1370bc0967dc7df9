"""What is looked at, without a page: made from plain options, as the command line has them."""

from collections.abc import Sequence
from dataclasses import replace

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


def chosen(
    whole: Bundle,
    ensembles: Sequence[Ensemble] = (),
    *,
    grouping: str | None = None,
    missing: str = "exclude",
    fit_on: FitOn | None = None,
    seed: int = 0,
) -> Choices:
    """The choices that the app would hold after these were made in its sidebar.

    Args:
        whole: all samples.
        ensembles: the active one first, the others beside it; none: as the app opens.
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
    parted = None
    if fit_on is not None or any(map(needs_split, described)):
        parted = held_out(whole, fit_on or FitOn(by=column, seed=seed))
    choices = Choices(
        bundle=whole if parted is None else parted.bundle,
        ensemble=described[0],
        grouping=column,
        missing=missing,
        held_out=parted,
    )
    active, fits = answering(choices, described[0])
    beside = {}
    for other in described[1:]:
        found, more = answering(choices, other)
        beside[f"{found.label} {len(beside) + 2}"] = found
        fits |= more
    slots = {name: place for place, name in enumerate(beside)}
    return replace(choices, ensemble=active, beside=beside, slots=slots, fits=fits)


def answering(choices: Choices, described: Ensemble) -> tuple[Ensemble, dict[str, Fitted]]:
    """The ensemble with what it learned, and how that came about.

    Raises:
        BundleError: it cannot be fitted, or its members cannot answer.
    """
    if not needs_fit(described):
        return check(choices.bundle, described), {}
    found = compute.fitted(choices, described)
    return found.ensemble, {found.ensemble.key: found}

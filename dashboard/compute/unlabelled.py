"""Accuracy without labels, as agreement has it."""

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble
from analysis.unlabelled import SHARED, accuracy_from_agreement
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined
from dashboard.state import Choices


@cached()
def _estimate(_bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str) -> dict:
    whole = combined(_bundle, _ensemble)
    try:
        found = accuracy_from_agreement(_bundle.select(_ensemble.members), whole.predictions)
    except BundleError as problem:
        return {"problem": str(problem)}
    arrays = ("accuracy", "low", "high", "others", "others_low", "others_high")
    return {
        "problem": "",
        "spread": found.spread,
        "shared": found.spread > SHARED,
        "ceiling": found.ceiling,
        "n": found.n,
        **{name: getattr(found, name).cpu().numpy() for name in arrays},
    }


def agreement_estimate(choices: Choices, bundle: Bundle) -> dict:
    """The fields of `AgreementEstimate` of the members and, as others, the active ensemble.

    And "problem": why there is none; empty where there is one. "shared": the members seem to
    share errors, so that nothing should be said of the ensemble.
    """
    return _estimate(bundle, bundle.fingerprint, choices.ensemble, choices.ensemble.key)


def agreement_by_group(choices: Choices, bundle: Bundle, most: int = 50) -> dict[str, dict]:
    """The same in each of the largest groups of the chosen grouping, by level."""
    grouping = bundle.groups[choices.grouping]
    sizes = grouping.sizes()
    places = sizes.argsort(descending=True, stable=True)[:most].sort().values.tolist()
    return {
        grouping.levels[place]: agreement_estimate(choices, bundle.take(grouping.within([place])))
        for place in places
        if sizes[place]
    }

"""What each member of the active ensemble brings."""

import numpy as np

from analysis.bundle import Bundle
from analysis.contributions import changed_by, contributions
from analysis.ensemble import Ensemble
from dashboard.compute.caching import cached
from dashboard.state import Choices

COLUMNS = (
    "n",
    "without",
    "brought",
    "lost",
    "gain",
    "low",
    "high",
    "p",
    "shapley",
    "shapley_low",
    "shapley_high",
)


@cached()
def _member_table(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict[str, np.ndarray]:
    found = contributions(_bundle, _ensemble, missing=missing)
    return {name: getattr(found, name).cpu().numpy() for name in COLUMNS}


def member_table(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """Per member of the active ensemble, [M] each: as `analysis.contributions.Contributions`."""
    chosen = choices.ensemble
    return _member_table(bundle, bundle.fingerprint, chosen, chosen.key, choices.missing)


def changed_samples(choices: Choices, member: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the samples that are right only thanks to a member, and wrong because of it."""
    found = changed_by(choices.bundle, choices.ensemble, member, missing=choices.missing)
    return tuple(np.flatnonzero(flags.cpu().numpy()) for flags in found)


def costs(choices: Choices) -> np.ndarray | None:
    """What each member costs, [M]; None where the table of models does not say."""
    bundle = choices.bundle
    if "cost" not in bundle.model_info:
        return None
    rows = [bundle.models.index(member) for member in choices.ensemble.members]
    return bundle.model_info["cost"][rows]

"""Ensembles against another reference than their best member."""

import torch

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.grading import judgeable
from analysis.intervals import mcnemar_p
from analysis.judging import plain
from analysis.outcomes import compared, outcomes, recovered_fraction
from dashboard.choosing import Choices
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined, judged, judged_against

BEST, MAJORITY, MODEL = "best", "majority", "model"
Reference = tuple[str, str]


def references(choices: Choices) -> list[Reference]:
    """What ensembles can be compared with: the best member, the plurality, each model."""
    return [(BEST, ""), (MAJORITY, ""), *((MODEL, name) for name in choices.bundle.models)]


def judged_beside(choices: Choices, bundle: Bundle, ensemble: Ensemble, other: Reference) -> dict:
    """As `judged`, with corrections, regressions and what they yield against one of `references`.

    Against the plurality of its own members "reference" is None.
    """
    kind, name = other
    if kind == MODEL:
        return judged_against(choices, bundle, ensemble, name)
    found = judged(choices, bundle, ensemble)
    if kind == BEST or "outcomes" not in found:
        return found
    corrections, regressions = (
        found["ledger"][part] for part in ("majority_wrong_rescue", "breakage_majority")
    )
    return found | {
        "reference": None,
        "corrections": corrections,
        "regressions": regressions,
        "mcnemar_p": mcnemar_p(corrections, regressions),
        "recovered_fraction": _recovered(
            bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing
        ),
    }


@cached()
def _recovered(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> float | None:
    whole = combined(_bundle, _ensemble)
    plurality = combined(_bundle, Ensemble(_ensemble.members, "plurality"))
    rule = {"missing": missing, "labelled": judgeable(_bundle)}
    both = compared(whole, plurality, **rule)
    some = outcomes(_bundle.select(_ensemble.members), whole, **rule).members_right > 0
    right = [(flags & both).sum() for flags in (whole.correct[0], plurality.correct[0], some)]
    return plain(torch.as_tensor(recovered_fraction(*right)))

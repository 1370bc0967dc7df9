"""What an ensemble that may keep silent is worth: how often it answers, and how well then."""

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.intervals import accuracy_interval
from analysis.rules import RULES
from dashboard.choosing import Choices
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import combined, reference


def abstains(ensemble: Ensemble) -> bool:
    """Whether its rule may give no answer although members gave some."""
    return RULES[ensemble.rule].abstains is not None


def asked(bundle: Bundle, ensemble: Ensemble, whole: Bundle) -> Tensor:
    """The samples on which it answers and can be judged, or keeps silent although it could be.

    Args:
        bundle: holds the members.
        ensemble: whose rule abstains.
        whole: the ensemble as a bundle of one model.

    Returns:
        bool [N].
    """
    heard = bundle.select(ensemble.members).answered.any(0)
    silent = (whole.predictions[0] < 0) & heard
    return judgeable(bundle) & (silent | (whole.grades[0] >= 0))


@cached()
def _silence(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, reference: str, missing: str
) -> dict[str, float]:
    whole, single = combined(_bundle, _ensemble), _bundle.select((reference,))
    everywhere = asked(_bundle, _ensemble, whole)
    answered = everywhere & (whole.grades[0] >= 0)
    beside = judged_under(missing, single.grades, judgeable(_bundle))[0] & answered
    sides = {
        "accuracy": (whole.correct[0], answered),
        "of_all": (whole.correct[0], everywhere),
        "best": (single.correct[0], beside),
    }
    found = {"asked": int(everywhere.sum()), "answered": int(answered.sum())}
    found["coverage"] = found["answered"] / found["asked"] if found["asked"] else np.nan
    for name, (right, judged) in sides.items():
        ends = accuracy_interval(right[None], judged[None], _bundle.units)
        n = judged.sum()
        found[name] = float((right & judged).sum() / n) if n else np.nan
        found |= {
            f"{name}_{side}": float(torch.as_tensor(end).flatten()[0])
            for side, end in zip(("low", "high"), ends, strict=True)
        }
    return found


def silence(
    choices: Choices, bundle: Bundle, ensemble: Ensemble | None = None
) -> dict[str, float] | None:
    """How an ensemble does whose rule abstains (the active one); None for other rules.

    Returns:
        "asked" and "answered": samples; "coverage": their share; "accuracy": where it answers;
        "of_all": with silence counted as an error; "best": of the best member on the samples that
        the ensemble answers; each of these three with its 95 % interval as name_low and
        name_high. NaN where there is nothing to judge.
    """
    chosen, against = ensemble or choices.ensemble, reference(choices)
    if not abstains(chosen) or against is None:
        return None
    return _silence(bundle, bundle.fingerprint, chosen, chosen.key, against, choices.missing)

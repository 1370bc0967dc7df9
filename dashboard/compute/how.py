"""How the ensemble came to its answers: the two camps of members, and similar samples."""

import numpy as np
import torch

from analysis.bundle import Bundle, normalised
from analysis.camps import Camps, camps, confidence_by_outcome, following
from analysis.neighbours import neighbourhood, outcomes_around
from analysis.outcomes import OUTCOMES
from dashboard.compute.caching import cached, kept
from dashboard.compute.ensembles import outcome_table
from dashboard.state import Choices

TELLING = ("rescued", "overruled", "spoiled", "corrected")


@kept()
def _camps(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> Camps:
    return camps(_bundle.select(members))


def camp_points(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """The samples on which some members are right and some wrong.

    "rows" int [n], places in this bundle; "code" int8 [n], their outcome; "right" and "wrong"
    float [n], mean confidence of the two camps, NaN where unknown; "right_size" and "wrong_size"
    int [n], members that are right, and that agree on one wrong answer.
    """
    found = _camps(bundle, bundle.fingerprint, choices.ensemble.members)
    codes = outcome_table(choices, bundle)["codes"]
    rows = np.flatnonzero(found.contested.cpu().numpy() & (codes >= 0))
    columns = {
        "right": found.right_confidence,
        "wrong": found.wrong_confidence,
        "right_size": found.right,
        "wrong_size": found.largest,
    }
    parts = {name: values.cpu().numpy()[rows] for name, values in columns.items()}
    return {"rows": rows, "code": codes[rows], **parts}


@cached()
def _camp_table(
    _bundle: Bundle, fingerprint: str, members: tuple[str, ...], _codes: np.ndarray, key: str
) -> dict[str, np.ndarray]:
    found = _camps(_bundle, fingerprint, members)
    codes = torch.tensor(_codes).to(_bundle.device)
    table = confidence_by_outcome(found, codes, _bundle.units)
    table |= following(found, codes, _bundle.units)
    return {name: values.cpu().numpy() for name, values in table.items()}


def camp_table(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """Confidence of the right and of the wrong members by outcome, [6] each.

    As `analysis.camps.confidence_by_outcome`, and what `analysis.camps.following` counts.
    """
    ensemble = choices.ensemble
    codes = outcome_table(choices, bundle)["codes"]
    key = f"{ensemble.key}/{choices.missing}"
    return _camp_table(bundle, bundle.fingerprint, ensemble.members, codes, key)


def telling_samples(choices: Choices, most: int) -> np.ndarray:
    """Rows of the samples that show best what the ensemble does: rescued, spoiled ... first."""
    codes = outcome_table(choices, choices.bundle)["codes"]
    first = [np.flatnonzero(codes == OUTCOMES.index(name)) for name in TELLING]
    return np.concatenate([*first, np.flatnonzero(codes == OUTCOMES.index("missed"))])[:most]


@cached()
def _neighbours(_bundle: Bundle, fingerprint: str, row: int, k: int) -> dict[str, np.ndarray]:
    found = neighbourhood(_bundle, torch.tensor([row]), k)
    return {"rows": found.rows[0].cpu().numpy(), "distances": found.distances[0].cpu().numpy()}


def neighbours(choices: Choices, row: int, k: int) -> dict[str, np.ndarray]:
    """The samples most like one of them, and what the ensemble did there.

    "rows" and "distances" [k]; "counts" int [6], neighbours with each outcome, "judged" int, and
    "overall" float [6], the share of each outcome among all judged samples.
    """
    bundle = choices.bundle
    found = _neighbours(bundle, bundle.fingerprint, row, k)
    codes = torch.tensor(outcome_table(choices, bundle)["codes"])
    around = outcomes_around(codes, torch.from_numpy(found["rows"])[None])
    return found | {
        "counts": around["counts"][0].numpy(),
        "judged": int(around["judged"][0]),
        "overall": around["overall"].numpy(),
    }


def probabilities_of(bundle: Bundle, models: tuple[str, ...], row: int) -> np.ndarray:
    """Probabilities of one sample, float64 [K, C]; NaN for models without any."""
    found = np.full((len(models), len(bundle.classes)), np.nan)
    place, answered = torch.tensor([row]), bundle.predictions[:, row] >= 0
    for at, model in enumerate(models):
        if model in bundle.probabilities and bool(answered[bundle.models.index(model)]):
            stored = normalised(bundle.probabilities[model][place.to(bundle.device)])
            found[at] = stored[0].cpu().numpy()
    return found

"""Labels that may be wrong, and samples that tell two models apart, as tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.bundle import Bundle
from dashboard.tables import free_name, labels_of
from dashboard.theme import DASH

DISTANCES = {"js": "divergence", "confidence": "sum of confidences"}
SAMPLE_TERMS = {
    "consensus": "Largest share of the members with one and the same wrong answer.",
    "p (label)": "Mean probability that the members give to the label.",
    "divergence": "Jensen-Shannon divergence of the two models' probabilities, in nats.",
}


def suspects(bundle: Bundle, found: Mapping[str, np.ndarray], shown: np.ndarray) -> pd.DataFrame:
    """Labels that may be wrong: what is given, what the members suggest, and how sure they are.

    Args:
        bundle: N samples.
        found: as `compute.suspects` gives it.
        shown: int [k], which of them.
    """
    names = np.array([*bundle.classes, DASH], dtype=object)
    columns = {
        "sample": [bundle.ids[row] for row in found["rows"][shown].tolist()],
        "label": names[found["given"][shown]],
        "suggested": names[found["suggested"][shown]],
        "consensus": found["consensus"][shown],
    }
    if np.isfinite(found["self_confidence"]).any():
        columns["p (label)"] = found["self_confidence"][shown]
    return pd.DataFrame(columns)


def discrepant(
    bundle: Bundle, pair: tuple[str, str], found: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """What two models say of the samples that tell them apart, and who of them is right.

    Args:
        bundle: N samples.
        pair: two models.
        found: "rows", "distance", "who_right" of k samples, and what they are ranked "by".
    """
    names = np.array([*bundle.classes, DASH], dtype=object)
    said = bundle.predictions[[bundle.models.index(model) for model in pair]].cpu().numpy()
    right = {1: pair[0], 2: pair[1], 0: "none", 3: "both", -1: DASH}
    columns = {"sample": [bundle.ids[row] for row in found["rows"].tolist()]}
    if bundle.labels is not None:
        columns["label"] = labels_of(bundle, found["rows"], names)
    for place, model in enumerate(pair):
        columns[free_name(columns, model)] = names[said[place, found["rows"]]]
    columns[free_name(columns, "right")] = [right[code] for code in found["who_right"].tolist()]
    if found["by"] != "order":
        columns[free_name(columns, DISTANCES[found["by"]])] = found["distance"]
    return pd.DataFrame(columns)

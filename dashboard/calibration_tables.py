"""Temperatures and doubts as tables."""

from collections.abc import Mapping, Sequence

import pandas as pd

ERRORS = {
    "equal width": "ece",
    "equal mass": "ece_mass",
    "class by class": "classwise_ece",
    "debiased": "debiased_root",
}


def temperatures(found: Mapping) -> pd.DataFrame:
    """Temperatures with calibration error and log loss before and after, one row per model."""
    return pd.DataFrame(
        {
            "model": found["models"],
            "temperature": found["temperature"],
            "calibration error before": found["ece_before"],
            "calibration error after": found["ece_after"],
            "log loss before": found["log_loss_before"],
            "log loss after": found["log_loss_after"],
        }
    )


def error_kinds(found: Mapping, names: Sequence[str]) -> pd.DataFrame:
    """The calibration error computed in four ways, one row per model.

    Args:
        found: "ece", "ece_mass", "classwise_ece", "debiased_root", "n" and "undefined" [K].
        names: K.
    """
    columns = {"model": list(names)}
    columns |= {label: found[name].round(4) for label, name in ERRORS.items()}
    if any(found["undefined"]):
        columns["undefined, for there are"] = found["undefined"]
    return pd.DataFrame(columns | {"n": found["n"]})


def detection(found: Mapping, names: Mapping[str, str]) -> pd.DataFrame:
    """How well each kind of doubt finds the wrong answers of one model.

    Args:
        found: "uncertainties", and "auroc", "fpr" and "aurc" of each.
        names: what each of them is called.
    """
    return pd.DataFrame(
        {
            "doubt by": [names[name] for name in found["uncertainties"]],
            "AUROC": found["auroc"].round(3),
            "false alarms": found["fpr"].round(3),
            "AURC": found["aurc"].round(3),
        }
    )

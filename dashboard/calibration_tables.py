"""Temperatures and doubts as tables."""

from collections.abc import Mapping

import pandas as pd


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

"""Everything that is known of a table of accuracies: the "accuracies" of `dissensus analyze`."""

import torch

from analysis.accuracies import AccuracyTable, complete, front, mean_accuracy, mean_rank
from analysis.summary import installed_version, plain


def summarise_accuracies(table: AccuracyTable) -> dict:
    """What `dissensus analyze` prints of accuracies without single samples.

    Args:
        table: M models in S settings.

    Returns:
        Plain lists, numbers and text; undefined is None. Mean, rank and front are over the models
        that were measured in every setting.
    """
    known = complete(table.accuracy)
    low, high = table.intervals()
    intervals = {"low": plain(low), "high": plain(high)}
    return {
        "dissensus": installed_version(),
        "accuracies": {
            "models": list(table.models),
            "settings": list(table.settings),
            "accuracy": plain(table.accuracy),
            "n": None if table.counts is None else table.counts.tolist(),
            "accuracy_interval": None if table.counts is None else intervals,
            "measured": dict(zip(table.settings, table.measured.sum(0).tolist(), strict=True)),
            "cells_measured": int(table.measured.sum()),
            "mean": dict(zip(table.settings, plain(torch.nanmean(table.accuracy, 0)), strict=True)),
            "complete": {
                model: {"mean": mean, "mean_rank": rank, "on_front": kept}
                for model, mean, rank, kept, there in zip(
                    table.models,
                    plain(mean_accuracy(table.accuracy)),
                    plain(mean_rank(table.accuracy)),
                    front(table.accuracy).tolist(),
                    known.tolist(),
                    strict=True,
                )
                if there
            },
            "notes": list(table.notes),
            "fingerprint": table.fingerprint,
        },
    }

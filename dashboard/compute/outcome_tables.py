"""Outcomes sample by sample, and the part of them that a selection is about."""

from dataclasses import fields, replace

import numpy as np
import torch

from analysis.ensemble import Answer
from analysis.outcomes import Outcomes, agreement_levels, members_ledger, outcome_ledger
from dashboard.compute.caching import frozen

PER_SAMPLE = (
    "codes",
    "members_right",
    "members_judged",
    "right",
    "judged",
    "against_majority",
    "answers",
    "confidence",
)


def said_of(said: Answer, rows: np.ndarray) -> Answer:
    """What an ensemble says of these samples, int [n] rows of all that it was asked about."""
    rows = torch.from_numpy(rows).long().to(said.predictions.device)
    parts = {one.name: getattr(said, one.name) for one in fields(said)}
    return replace(
        said,
        **{
            name: values.index_select(0, rows)
            for name, values in parts.items()
            if values is not None
        },
    )


def outcomes_of(rows: dict[str, torch.Tensor]) -> Outcomes:
    """The outcomes in a table of what is known of each sample."""
    names = ("codes", "members_right", "right", "judged", "members_judged")
    return Outcomes(*map(rows.get, names))


def counted(rows: dict[str, torch.Tensor], members: int) -> dict[str, np.ndarray]:
    """What is known of each sample, and what is counted over them."""
    found, against = outcomes_of(rows), rows["against_majority"]
    levels = agreement_levels(found)
    table = rows | {
        "ledger": outcome_ledger(found, members),
        "members_ledger": members_ledger(found, members),
        "levels": torch.tensor([levels["none"], levels["some"], levels["all"]]),
        "ledger_against": found.members_right[against].bincount(minlength=members + 1),
    }
    return {name: frozen(tensor.cpu().numpy()) for name, tensor in table.items()}

"""Teams that could stand in for others: other runs, checkpoints or input views of each member."""

import torch
from torch import Tensor

from analysis.bundle import Bundle

TOLD_BY = {"runs": ("seed", "run"), "checkpoints": ("epoch",), "views": ("view",)}
KINDS = tuple(TOLD_BY)
BESIDE = ("cost", "opening_team")  # which say nothing of how a model was made
FEW_FAMILIES = {
    "runs": "Needs two models or more of which the table of models has other runs (column 'seed' "
    "or 'run', all else the same).",
    "checkpoints": "Needs two models or more of which the table of models has other checkpoints "
    "(column 'epoch', all else the same).",
    "views": "Needs two models or more that answered other views of the input (column 'view' of "
    "the table of models, all else the same).",
}
STATES = ("member", "checkpoint")  # kinds of models that are not made of others


def families(bundle: Bundle, kind: str) -> Tensor:
    """Which models differ only by their run, their checkpoint, or the view of the input.

    What the table of models says decides: runs of one recipe are told apart by the columns `seed`
    or `run`, checkpoints of one training by `epoch`, views of the input by `view`; all else that
    is known of them is equal, and a family or base model is named.

    Args:
        bundle: M models.
        kind: "runs", "checkpoints" or "views".

    Returns:
        int64 [M, 2]: a number that those that differ only so share, alone where there is no
        other one; and the place in it, the latest checkpoint or run first.

    Example:
        >>> import numpy as np
        >>> info = {"family": np.array(["x", "x", "y"], dtype=object), "seed": np.array([0, 1, 0])}
        >>> said = torch.zeros(3, 1, dtype=torch.int32)
        >>> families(Bundle(("a", "b", "c"), ("1",), ("k",), said, model_info=info), "runs")[:, 0]
        tensor([0, 0, 2])
    """
    models = len(bundle.models)
    found = torch.stack([torch.arange(models), torch.zeros(models, dtype=torch.int64)], 1)
    for rows in _families(bundle, kind):
        members = torch.tensor(rows)
        found[members, 0] = int(members.min())
        found[members, 1] = torch.arange(len(members))
    return found.to(bundle.device)


def _families(bundle: Bundle, kind: str) -> list[list[int]]:
    own = TOLD_BY[kind]
    alike: dict[tuple, dict[tuple, int]] = {}
    for row in range(len(bundle.models)):
        known = {name: _plain(name, values[row]) for name, values in bundle.model_info.items()}
        told = tuple(known.get(name) for name in own)
        named = known.get("family") is not None or known.get("base_model") is not None
        if named and any(value is not None for value in told):
            rest = (value for name, value in known.items() if name not in (*own, *BESIDE))
            alike.setdefault(tuple(rest), {}).setdefault(told, row)
    found = [sorted(rows.items(), key=_latest_first) for rows in alike.values() if len(rows) > 1]
    return [[row for _, row in rows] for rows in found]


def _latest_first(one: tuple[tuple, int]) -> tuple[float, int]:
    told, row = one
    return -told[0] if isinstance(told[0], (int, float)) else 0.0, row


def _plain(name: str, value: object) -> object:
    """A cell as it is compared; what is not known is None."""
    value = getattr(value, "item", lambda: value)()
    if value is None or value != value or value == "":
        return None
    return STATES[0] if name == "kind" and value in STATES else value


def several(bundle: Bundle, kind: str) -> bool:
    """Whether a team of two can have a twin of this kind."""
    _, counts = families(bundle, kind)[:, 0].unique(return_counts=True)
    return int((counts // 2).sum()) > 1


def twins(weights: Tensor, families: Tensor) -> Tensor:
    """For every team one without a common member, each member replaced by one of its family.

    Args:
        weights: float [E, M], 0 = not a member.
        families: int64 [M, 2], as `families` gives them.

    Returns:
        As `weights`; a row of zeros for a team of which some family has too few other models.

    Example:
        >>> same = torch.tensor([[0, 0], [0, 1], [2, 0]])
        >>> twins(torch.tensor([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]), same).tolist()
        [[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    models = weights.shape[1]
    order = (families[:, 0] * models + families[:, 1]).argsort()
    family = families[order, 0]
    sorted_weights, inside = weights[:, order], weights[:, order] > 0
    start = torch.searchsorted(family, family)
    member, other = (_places(which, start) for which in (inside, ~inside))
    slots = torch.zeros_like(sorted_weights)
    slots.scatter_add_(1, torch.where(inside, start + member, 0), sorted_weights * inside)
    taken = torch.where(inside, 0, slots.gather(1, (start + other).clamp_max(models - 1)))
    whole = (taken > 0).sum(1) == inside.sum(1)
    found = torch.zeros_like(weights)
    found[:, order] = taken * whole[:, None]
    return found


def _places(which: Tensor, start: Tensor) -> Tensor:
    """How many before each one in its family are marked, int64 [E, M]."""
    before = which.long().cumsum(1) - which.long()
    return before - before.gather(1, start.expand_as(before))

"""A plan of candidates: who is in each, with what weights, and where each comes from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.ensemble import Ensemble

ORIGINS = (
    "single",
    "soup",
    "interpolation",
    "yours",
    "greedy path",
    "all teams",
    "random team",
    "edge",
)


@dataclass(frozen=True, eq=False)
class Plan:
    """E candidates of one pool of M models, no two alike.

    Attributes:
        models: M names.
        rule: under which they answer, but for `other`.
        membership: bool [E, M], who counts.
        origin: int8 [E], index into `ORIGINS`.
        weighed: int64 [W], ascending rows whose members do not all count alike.
        amounts: float64 [W, M], the weights of these rows, adding up to 1.
        alpha: float64 [E], the share of the second of two members that are mixed; else NaN.
        other: {row: ensemble} of candidates that answer under another rule, or have learned.
        possible: {size: how many teams of that size there could be}, of each size in the plan.
        taken: {size: how many teams of that size, all members alike, are in the plan}.
        notes: what could not be done, one sentence each.
    """

    models: tuple[str, ...]
    rule: str
    membership: Tensor
    origin: Tensor
    weighed: Tensor
    amounts: Tensor
    alpha: Tensor
    other: dict[int, Ensemble]
    possible: dict[int, int]
    taken: dict[int, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.membership)

    @property
    def share(self) -> float:
        """How many of all teams, of any size and all members alike, are in the plan, in [0, 1]."""
        return sum(self.taken.values()) / (2 ** len(self.models) - 1)

    def weights(self, rows: Tensor) -> Tensor:
        """How much each model counts, float64 [e, M].

        Args:
            rows: int64 [e].
        """
        found = self.membership[rows].double()
        if len(self.weighed):
            place = torch.searchsorted(self.weighed, rows).clamp_max(len(self.weighed) - 1)
            own = self.weighed[place] == rows
            found[own] = self.amounts[place[own]]
        return found

    def ensemble(self, row: int) -> Ensemble:
        """A candidate as an ensemble."""
        if row in self.other:
            return self.other[row]
        weights = self.weights(torch.tensor([row]))[0]
        inside = weights.nonzero().flatten()
        members = tuple(self.models[place] for place in inside.tolist())
        mixed = bool((self.weighed == row).any())
        return Ensemble(members, self.rule, weights=tuple(weights[inside].tolist()) * mixed)

    def name(self, row: int) -> str:
        """What a person reads: the members, with their shares where they differ."""
        one = self.ensemble(row)
        if len(one.members) > 4:
            return f"{one.label}: {', '.join(one.members[:3])} ..."
        if not one.weights:
            return " + ".join(one.members)
        whole = sum(one.weights)
        shares = zip(one.members, one.weights, strict=True)
        return " + ".join(f"{100 * weight / whole:.3g} % {member}" for member, weight in shares)

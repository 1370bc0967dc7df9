"""Probabilities of an ensemble, from its members' when they are asked for."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.evidence import Evidence, Given
from analysis.lazy import LazyRows
from analysis.rules import RULES
from analysis.stretches import stretches


@dataclass(frozen=True, eq=False)
class PooledArray(LazyRows):
    """What a rule makes of the probabilities of all models of a bundle, not held but made.

    Attributes:
        team: the members.
        rule: a name in RULES, of a rule that yields probabilities.
        device: where the rows go.
        weights: how much each member counts.
        given: options of the rule, and what was learned.
        rows: as in `LazyRows`.
        checked: always, since the members' were.
    """

    team: Bundle
    rule: str
    device: torch.device
    weights: tuple[float, ...]
    given: Given
    rows: Tensor | None = None
    checked: bool = True

    @property
    def behind(self) -> int:
        """Samples of the team."""
        return len(self.team.ids)

    @property
    def width(self) -> int:
        """C."""
        return len(self.team.classes)

    @property
    def dtype(self) -> torch.dtype:
        """Float64."""
        return torch.float64

    def _made(self, places: Tensor) -> Tensor:
        row, team = RULES[self.rule], self.team
        membership = torch.tensor([self.weights], dtype=torch.float64, device=team.device)
        step = samples_at_a_time((len(team.models) + 1) * self.width, team.device)
        values = torch.empty((len(places), self.width), dtype=self.dtype, device=self.device)
        for here in stretches(len(places), step):
            evidence = row.evidence(team, places[here].to(team.device), self.given)
            voters = membership @ evidence.answered.to(membership.dtype)
            values[here] = row.pool(summed(evidence, membership), voters[..., None])[0]
        return values


def summed(evidence: Evidence, membership: Tensor) -> Tensor:
    """The evidence of the members added up, per ensemble, sample and plane.

    Args:
        evidence: of M models on n samples, L planes.
        membership: float64 [E, M].

    Returns:
        [E, n, L].
    """
    return (membership.to(evidence.planes.dtype) @ evidence.planes).permute(1, 2, 0)

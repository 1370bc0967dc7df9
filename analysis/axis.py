"""What an axis of a front is, and what axes read of a pool."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.measure import Direction
from analysis.pairwise import share
from analysis.team_sums import TeamSums
from analysis.vendi import vendi


@dataclass(frozen=True, eq=False)
class Pool:
    """What is known of the pool that candidates are made of; filled as far as axes need it.

    Attributes:
        bundle: M models.
        tables: {name of a pair measure: float64 [M, M]}.
        kernel: float64 [M, M], share of samples on which two models answer alike.
        member_loss, member_error, member_cost: float64 [M]; NaN where unknown.
        rule: of the candidates; "" where none can be asked for others.
        families: {kind: as `analysis.stand_ins.families` gives them}.
        columns: {"groups", "cells", "classes", "reference": which flags of `TeamSums` these are}.
    """

    bundle: Bundle
    tables: Mapping[str, Tensor] = field(default_factory=dict)
    kernel: Tensor | None = None
    member_loss: Tensor | None = None
    member_error: Tensor | None = None
    member_cost: Tensor | None = None
    columns: Mapping[str, slice] = field(default_factory=dict)
    rule: str = ""
    families: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """One thing that candidates are compared by.

    Attributes:
        name: key in `AXES`.
        label: what a person reads.
        kind: "quality", "diversity", "consistency" or "cost".
        better: which direction is preferred on a front; of diversity, which one is more diverse.
        summary: one sentence for help and hover.
        needs: what it takes, checked by `usable_axes`: "labels", "answers", "probabilities" (of
            all models), "gapless", "classes", "grouping", "cells", "reference", "pairs", "cost",
            "runs", "checkpoints", "views".
        function: (the pool, weights float64 [E, M], the sums of these E candidates) -> float64
            [E]; NaN where undefined.
        asked: what of `analysis.team_sums.ASKABLE` it reads from the sums.
        bounds: lowest and highest possible value; None where open.
        table: the pair measure that it averages; "" for none.
    """

    name: str
    label: str
    kind: str
    better: Direction
    summary: str
    needs: tuple[str, ...]
    function: Callable[[Pool, Tensor, TeamSums], Tensor]
    asked: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (0.0, 1.0)
    table: str = ""


def mean_of_pairs(table: Tensor, inside: Tensor) -> Tensor:
    """Mean of a table over the pairs of each team, skipping undefined pairs.

    Args:
        table: float64 [M, M]; of one that is not symmetric both directions count.
        inside: bool [E, M].

    Returns:
        float64 [E], NaN without a defined pair.

    Example:
        >>> table = torch.tensor([[0.0, 0.5], [0.5, 0.0]])
        >>> mean_of_pairs(table, torch.tensor([[True, True], [True, False]])).tolist()
        [0.5, nan]
    """
    table = table.double().clone()
    table.fill_diagonal_(torch.nan)
    known, member = table.isfinite().double(), inside.double()
    total = ((member @ table.nan_to_num()) * member).sum(1)
    return share(total, ((member @ known) * member).sum(1))


def vendi_of_teams(kernel: Tensor, inside: Tensor, order: float) -> Tensor:
    """Effective number of different members of each team.

    Args:
        kernel: float64 [M, M], similarities with 1 on the diagonal.
        inside: bool [E, M].
        order: as in `analysis.vendi.vendi`.

    Returns:
        float64 [E] in [1, members]; higher is more diverse.

    References:
        Friedman and Dieng 2023, The Vendi score.
    """
    found = torch.full((len(inside),), torch.nan, dtype=torch.float64, device=inside.device)
    sizes = inside.sum(1)
    for size in sizes.unique().tolist():
        rows = (sizes == size).nonzero().flatten()
        for some in rows.split(max(1, (1 << 20) // size**2)):
            members = inside[some].nonzero()[:, 1].view(len(some), size)
            found[some] = vendi(kernel[members[:, :, None], members[:, None]], order=order)
    return found

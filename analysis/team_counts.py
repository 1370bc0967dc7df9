"""What is counted of many teams; counts of parts of the samples add up."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class TeamSums:
    """What E teams reach; those of other samples can be added to it.

    Attributes:
        n: int64 [E], samples on which each is judged.
        right: int64 [E], those that it gets right.
        agreeing, compared: int64 [E], over all members of a team of two or more: samples on which
            it says the same without the member, of those that others answered too.
        scored: int64 [E], samples with a label on which it gives probabilities.
        loss_sum, brier_sum: float64 [E], minus the logarithms of what it gives to the labels, and
            squared distances from them, added up; 0 where not asked for.
        bins: float64 [E, 3, 15], judged samples, their confidence and right answers added up per
            bin of confidence; 0 where not asked for.
        flag_n, flag_right: int64 [E, F], n and right among flagged samples.
        named: int64 [E, C], labelled samples on which it says each class; 0 where not asked for.
    """

    n: Tensor
    right: Tensor
    agreeing: Tensor
    compared: Tensor
    scored: Tensor
    loss_sum: Tensor
    brier_sum: Tensor
    bins: Tensor
    flag_n: Tensor
    flag_right: Tensor
    named: Tensor

    def __add__(self, other: "TeamSums") -> "TeamSums":
        """Those of the same teams on the samples of both."""
        return TeamSums(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in _ALL})

    def joined(self, other: "TeamSums") -> "TeamSums":
        """These teams and then those."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in _ALL}
        return TeamSums(**{name: torch.cat(pair) for name, pair in pairs.items()})

    def at(self, rows: Tensor) -> "TeamSums":
        """These rows, int64 or bool."""
        return TeamSums(**{f.name: getattr(self, f.name)[rows] for f in _ALL})


_ALL = fields(TeamSums)

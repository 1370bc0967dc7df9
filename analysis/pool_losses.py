"""Calibration error and log loss of members and pools, added up over chunks of samples."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.calibration import Reliability, reliability
from analysis.deciding import TIE
from analysis.grading import grade
from analysis.pairwise import share
from analysis.quality import ece
from analysis.sums.distribution import CLIP
from analysis.sums.piece import Piece


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums over samples behind both, of S rows.

    Attributes:
        table: bins [S, 15] of the confidence.
        scored: int64 [S], samples with probabilities and label.
        log_loss: float64 [S], summed.
    """

    table: Reliability
    scored: Tensor
    log_loss: Tensor

    def __add__(self, other: "Losses") -> "Losses":
        return Losses(
            self.table + other.table, self.scored + other.scored, self.log_loss + other.log_loss
        )

    @property
    def errors(self) -> tuple[Tensor, Tensor]:
        """ECE and mean log loss, float64 [S] each; NaN where nothing was judged."""
        return ece(*self.table.sums), share(self.log_loss, self.scored)


def losses(piece: Piece, values: Tensor, pools: Tensor) -> Losses:
    """What some probabilities of the members and of pools of them lose on a chunk.

    Args:
        piece: n samples of the members.
        values: float64 [S, n, C], the members', the last ones the pools'.
        pools: float64 [P, n, C], probabilities that decide what each pool answers; a member
            answers what it has answered.

    Returns:
        Sums of S rows. A pool counts where at least one member answered.
    """
    scored = piece.distributions.scored
    scored = torch.cat([scored, scored.any(0).expand(len(pools), -1)])
    best = pools >= pools.amax(-1, keepdim=True) - TIE
    said = torch.where(scored[-len(pools) :], best.int().argmax(-1), -1).int()
    grades = piece.bundle.grades[:, piece.rows]
    grades = torch.cat([grades, grade(piece.bundle, said, piece.rows)])
    confidence = torch.where(grades >= 0, values.amax(-1), torch.nan)
    tables = [
        reliability(sure, right).sums for sure, right in zip(confidence, grades == 1, strict=True)
    ]
    labels = torch.where(scored, piece.labels, -1)
    of_label = values.gather(-1, labels.clamp_min(0)[..., None]).squeeze(-1)
    loss = -of_label.clamp_min(CLIP).log()
    return Losses(
        Reliability(*(torch.stack(parts) for parts in zip(*tables, strict=True))),
        (labels >= 0).sum(-1),
        loss.masked_fill(labels < 0, 0).sum(-1),
    )

"""Probabilities of one model at another temperature, held or made when they are asked for."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import normalised
from analysis.lazy import LazyRows
from analysis.sums.distribution import CLIP, softmax_


def at_temperature(values: Tensor, heat: Tensor) -> Tensor:
    """softmax(ln p / T) of several models.

    Args:
        values: float64 [S, n, C], rows sum to 1.
        heat: float64 [S], T above 0; NaN leaves the model as it is.

    Returns:
        float64 [S, n, C].

    Example:
        >>> at_temperature(torch.tensor([[[0.8, 0.2]]]), torch.tensor([0.5]))[0, 0, 0].item() > 0.9
        True
    """
    logs = values.clamp_min(CLIP).log_()
    scaled = softmax_(logs.div_(heat.nan_to_num(nan=1.0)[:, None, None]))
    unknown = heat.isnan()
    return torch.where(unknown[:, None, None], values, scaled) if unknown.any() else scaled


@dataclass(frozen=True, eq=False)
class HeatedArray(LazyRows):
    """A table that is not in memory, at temperature T.

    Attributes:
        table: [N, C] as stored.
        heat: T, above 0; NaN leaves the rows as they are.
        device: where the rows go.
        rows: as in `LazyRows`.
        checked: always, whatever the temperature they are distributions.
    """

    table: LazyRows
    heat: float
    device: torch.device
    rows: Tensor | None = None
    checked: bool = True

    @property
    def behind(self) -> int:
        """Rows of the table."""
        return len(self.table)

    @property
    def width(self) -> int:
        """C."""
        return self.table.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        """As stored."""
        return self.table.dtype

    def _run(self, places: range) -> Tensor:
        return self._heated(self.table[places.start : places.stop])

    def _made(self, places: Tensor) -> Tensor:
        return self._heated(self.table[places])

    def _heated(self, stored: Tensor) -> Tensor:
        heat = torch.tensor([self.heat], dtype=torch.float64, device=stored.device)
        return at_temperature(normalised(stored)[None], heat)[0].to(self.device, self.dtype)

"""Where groupings cross and the accuracy is lowest, among all crossings at once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.crossings import Crossings
from analysis.intervals import wilson
from analysis.many_tests import benjamini_hochberg, holm
from analysis.pairwise import share


@dataclass(frozen=True, eq=False)
class LowCells:
    """The K cells whose accuracy is most surely low; [K] each.

    Attributes:
        rows: int64, their rows in the crossings.
        n: int64, judged samples.
        accuracy, low, high: float64, with the 95 % Wilson interval.
        gap: float64, minus the accuracy on all samples outside.
        p_bh, p_holm: normal test of no gap, corrected for all cells that are large enough.
        tested: how many these are.
    """

    rows: Tensor
    n: Tensor
    accuracy: Tensor
    low: Tensor
    high: Tensor
    gap: Tensor
    p_bh: Tensor
    p_holm: Tensor
    tested: int


def low_cells(
    found: Crossings, model: int, right: int, judged: int, *, least: int = 20, most: int = 20
) -> LowCells:
    """The cells of all crossings in which a model is most surely worse than elsewhere.

    They come by the upper end of their interval, so that a small cell has to be worse to come
    first. They were looked for among many: expect new samples of them to do somewhat better.

    Args:
        found: counts of all crossings.
        model: its position.
        right: right answers of the model on all samples.
        judged: judged answers on all samples.
        least: cells with fewer judged answers do not count.
        most: how many cells.

    Returns:
        Cells that are below the rest, the surest first; of cells with the same counts, which
        mostly hold the same samples, the one of the fewest groupings.

    Example:
        >>> from analysis.crossings import crossings
        >>> from analysis.grouping import Grouping
        >>> sides = Grouping((torch.arange(80) < 40).int(), ("a", "b"))
        >>> hits = (torch.arange(80) < 50)[None]
        >>> cells = crossings({"x": sides}, hits, hits | True)
        >>> low_cells(cells, 0, 50, 80).rows.tolist()
        [0]
    """
    hits, n = found.right[:, model].double(), found.n[:, model].double()
    rest, rest_hits = judged - n, right - hits
    rate, other = share(hits, n), share(rest_hits, rest)
    pooled = right / max(judged, 1)
    spread = (pooled * (1 - pooled) * (1 / n + 1 / rest)).sqrt()
    tested = (n >= least) & (rest > 0)
    gap = rate - other
    p = torch.where(gap == 0, 1.0, torch.erfc(gap.abs() / spread / 2**0.5))
    p = torch.where(tested, p, torch.nan)
    p_bh, p_holm = benjamini_hochberg(p), holm(p)
    low, high = wilson(hits, n)
    places = (tested & (gap < 0)).nonzero().flatten()
    order = places[high[places].argsort(stable=True)]
    # Equal counts stand together now, and the first of them is of the fewest groupings.
    pairs = torch.stack([hits[order], n[order]], 1)
    new = torch.ones(len(order), dtype=torch.bool, device=order.device)
    new[1:] = (pairs[1:] != pairs[:-1]).any(1)
    rows = order[new][:most]
    values = (n.long(), rate, low, high, gap, p_bh, p_holm)
    return LowCells(rows, *(one[rows] for one in values), int(tested.sum()))

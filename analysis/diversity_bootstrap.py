"""Whether diversity goes with accuracy, with an interval over samples."""

import math

import torch
from torch import Tensor

from analysis.axes import AXES
from analysis.axis import mean_of_pairs
from analysis.bundle import Bundle, BundleError
from analysis.candidate_plan import Plan
from analysis.catalog import CATALOG, value
from analysis.findings import DRAWS, Association, partial_correlation, percentiles
from analysis.pairwise import share
from analysis.sums.piece import Missing
from analysis.tally import Tally, tally_blocks
from analysis.team_sums import team_sums

BLOCKS = 100  # of samples that are drawn together
MOST = 2000  # candidates


def diversity_over_samples(
    bundle: Bundle,
    plan: Plan,
    rows: Tensor,
    axis: str,
    *,
    missing: Missing = "exclude",
    draws: int = DRAWS,
    seed: int = 0,
) -> Association:
    """Partial correlation of a pair diversity with accuracy, with an interval over samples.

    Held fixed are the members' mean accuracy and their number. Samples are drawn in up to 100
    random blocks (those of one unit together), and accuracy, members' accuracy and diversity
    are taken anew from each draw.

    Args:
        bundle: the models of the plan.
        plan: candidates.
        rows: int64 [e], which count; of more than 2,000 as many are drawn. Those with a rule of
            their own are left out.
        axis: name of a diversity axis that is a mean over pairs.
        missing: as everywhere.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        The correlation on these candidates.

    Raises:
        BundleError: the axis is not a mean over pairs.

    References:
        Davison and Hinkley 1997, Bootstrap methods and their application, section 2.
    """
    chosen = AXES.get(axis)
    if chosen is None or chosen.table != axis:
        raise BundleError(f"The axis '{axis}' is no mean over pairs of members.")
    generator = torch.Generator().manual_seed(seed)
    rows = rows[~torch.isin(rows, torch.tensor(list(plan.other), dtype=rows.dtype))]
    rows = rows[plan.membership[rows].sum(1) > 1]
    rows = rows[torch.randperm(len(rows), generator=generator)[:MOST]]
    if len(rows) < 5:
        return Association(math.nan, math.nan, math.nan, len(rows))
    block, number = _blocks(bundle, generator)
    weights = plan.weights(rows).to(bundle.device)
    flags = block == torch.arange(number, device=bundle.device)[:, None]
    counts = team_sums(bundle, weights, plan.rule, (), flags=flags, missing=missing)
    needs = tuple({*CATALOG[axis].needs, *CATALOG["accuracy"].needs})
    sums = tally_blocks(bundle, needs, block, number, missing=missing)
    picks = torch.randint(number, (draws, number), generator=generator)
    times = torch.zeros(draws + 1, number, dtype=torch.float64)
    times[1:].scatter_add_(1, picks, torch.ones_like(picks, dtype=torch.float64))
    times[0] = 1
    sign = 1 if chosen.better == "higher" else -1
    right, judged = counts.flag_right.double(), counts.flag_n.double()
    found = []
    for draw in times.to(bundle.device):
        here = Tally({name: torch.tensordot(draw, sums[name].double(), 1) for name in needs})
        accuracy = share(right @ draw, judged @ draw)
        table = _columns(axis, here, weights > 0, accuracy, sign)
        table = table[table.isfinite().all(1)]
        enough = len(table) > table.shape[1]
        found.append(partial_correlation(table[None])[0] if enough else table.new_tensor(torch.nan))
    found = torch.stack(found)
    return Association(float(found[0]), *percentiles(found[1:], float(found[0])), len(rows))


def _columns(axis: str, sums: Tally, inside: Tensor, accuracy: Tensor, sign: int) -> Tensor:
    """Accuracy, diversity, the members' mean accuracy and their number, float64 [e, 4]."""
    diversity = mean_of_pairs(value(CATALOG[axis], sums), inside)
    members = value(CATALOG["accuracy"], sums).nan_to_num()
    size = inside.sum(1).double()
    mean = (inside.double() @ members) / size
    return torch.stack([accuracy, sign * diversity, mean, size], 1)


def _blocks(bundle: Bundle, generator: torch.Generator) -> tuple[Tensor, int]:
    """The block of each sample, int64 [N], and how many there are; units stay together."""
    samples = len(bundle.ids)
    units = torch.arange(samples) if bundle.units is None else bundle.units.cpu()
    _, place = units.unique(return_inverse=True)
    found = int(place.max()) + 1
    number = min(BLOCKS, found)
    shuffled = torch.randperm(found, generator=generator) % number
    return shuffled[place].to(bundle.device), number

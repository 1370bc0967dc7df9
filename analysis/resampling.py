"""Intervals for every measure: Wilson for simple shares, a bootstrap over samples for the rest.

Because tallies add up, a bootstrap needs one pass over the samples: they are dealt into blocks at
random, each block is tallied once, and a draw is a weighted sum of the blocks' tallies. Up to
`BLOCKS` samples a block is a single sample, which is the ordinary bootstrap.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import value
from analysis.intervals import wilson
from analysis.measure import Measure
from analysis.sums.piece import Missing
from analysis.tally import Tally, tally

BLOCKS = 200
FEWEST_BLOCKS = 20
FEWEST_DRAWS = 100
KEPT_VALUES = 50_000_000
ENDS = (0.025, 0.975)

Interval = tuple[Tensor, Tensor]


def intervals(
    bundle: Bundle,
    measures: Sequence[Measure],
    *,
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """95 % intervals of some measures.

    Simple shares get Wilson's interval. Everything else, and every measure where several samples
    belong to one unit, gets the percentile interval of a bootstrap over units, moved by the bias
    that the bootstrap shows (the calibration error of a draw is too high, for instance) and kept
    within the measure's bounds. A share of 0 or 1 leaves nothing to resample and gets Wilson's,
    on as many samples as there are units.

    Args:
        bundle: M models, N samples.
        measures: of the kinds "model", "pair" and "set".
        missing: as in `tally`.
        draws: of the bootstrap; fewer where they would not fit in memory.
        seed: of the bootstrap.

    Returns:
        {name: (low, high)}, float64, shaped as the measure. NaN where the measure is undefined,
        where it is undefined in more than half of the draws, or where fewer than
        `FEWEST_DRAWS` draws fit in memory.

    References:
        Wilson 1927, Journal of the American Statistical Association 22; Efron and Tibshirani
        1993, An introduction to the bootstrap, chapters 8 and 13.
    """
    needs = {need for measure in measures for need in (*measure.needs, measure.count) if need}
    sums = tally(bundle, needs, missing=missing)
    units = unit_count(bundle)
    alone = units == len(bundle.ids)
    found = {m.name: _wilson(m, sums, units / len(bundle.ids)) for m in measures if m.count}
    rest = [measure for measure in measures if not (measure.count and alone)]
    drawn = resampled(bundle, rest, missing=missing, draws=draws, seed=seed)
    for measure in rest:
        estimate = value(measure, sums)
        ends = _percentiles(drawn[measure.name], estimate, measure.bounds)
        if measure.count:
            flat = (estimate == 0) | (estimate == 1) | (units < 2)
            both = zip(found[measure.name], ends, strict=True)
            ends = tuple(torch.where(flat, simple, end) for simple, end in both)
        found[measure.name] = ends
    return found


def difference(
    first: Bundle,
    second: Bundle,
    measure: Measure,
    *,
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """How much larger a measure is for the first of two bundles, with a paired 95 % interval.

    Both are resampled together: models or ensembles as bundles of one model, or two teams.

    Args:
        first: some models on N samples.
        second: as many models on the same samples; other models or other answers.
        measure: of the kind "model", "pair" or "set".
        missing: as in `tally`.
        draws: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        Difference, low and high, float64, shaped as the measure; NaN where one is undefined.

    References:
        Efron and Tibshirani 1993, An introduction to the bootstrap, chapter 13.
    """
    sides, drawn = [], []
    for bundle in (first, second):
        sides.append(value(measure, tally(bundle, measure.needs, missing=missing)))
        options = {"missing": missing, "draws": draws, "seed": seed}
        drawn.append(resampled(bundle, [measure], **options)[measure.name])
    estimate = sides[0] - sides[1]
    return (estimate, *_percentiles(drawn[0] - drawn[1], estimate, (None, None)))


def resampled(
    bundle: Bundle,
    measures: Sequence[Measure],
    *,
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Measures on bootstrap draws of the samples.

    The same seed draws the same samples of bundles that have the same ones, so that differences
    are paired.

    Args:
        bundle: M models, N samples; units are drawn whole.
        measures: of the kinds "model", "pair" and "set".
        missing: as in `tally`.
        draws: how many.
        seed: of the draws.

    Returns:
        {name: float64 [B, ...]} with B at most `draws`.
    """
    if not measures:
        return {}
    needs = tuple(dict.fromkeys(need for measure in measures for need in measure.needs))
    blocks = _blocks(bundle, needs, missing, seed)
    largest = max(stack[0].numel() for stack in blocks.sums.values())
    number = len(next(iter(blocks.sums.values())))
    generator = torch.Generator().manual_seed(seed)
    kept = min(draws, KEPT_VALUES // max(largest, 1))
    picks = torch.randint(number, (kept, number), generator=generator)
    times = torch.zeros(kept, number, dtype=torch.float64)
    times = times.scatter_add_(1, picks, torch.ones_like(times)).to(bundle.device)
    found: dict[str, list[Tensor]] = {measure.name: [] for measure in measures}
    step = max(1, KEPT_VALUES // (10 * largest))
    for part in times.split(step):
        sums = Tally(
            {
                name: (part @ stack.reshape(number, -1)).reshape(-1, *stack.shape[1:])
                for name, stack in blocks.sums.items()
            }
        )
        for measure in measures:
            named = [sums[need] for need in measure.needs]
            found[measure.name].append(torch.func.vmap(measure.function)(*named))
    return {name: torch.cat(parts) for name, parts in found.items()}


def unit_count(bundle: Bundle) -> int:
    """How many units the samples belong to; as many as samples when each stands alone."""
    return len(bundle.ids) if bundle.units is None else len(bundle.units.unique())


def _blocks(bundle: Bundle, needs: Sequence[str], missing: Missing, seed: int) -> Tally:
    """Tallies of random blocks of units, stacked: [K, ...] each."""
    if bundle.units is None:
        unit = torch.arange(len(bundle.ids))
    else:
        unit = bundle.units.cpu().unique(return_inverse=True)[1]
    units = int(unit.max()) + 1
    size = sum(len(bundle.models) ** 2 for _ in needs)
    number = min(units, BLOCKS, max(FEWEST_BLOCKS, KEPT_VALUES // size))
    dealt = torch.randperm(units, generator=torch.Generator().manual_seed(seed)) % number
    block = dealt[unit].to(bundle.device)
    parts = []
    for place in range(number):
        sums = tally(bundle, needs, weights=block == place, missing=missing)
        parts.append([sums[need].double() for need in needs])
    stacks = (torch.stack(part) for part in zip(*parts, strict=True))
    return Tally(dict(zip(needs, stacks, strict=True)))


def _wilson(measure: Measure, sums: Tally, share: float) -> Interval:
    count = sums[measure.count].double() * share
    return wilson(value(measure, sums) * count, count)


def _percentiles(
    drawn: Tensor, estimate: Tensor, bounds: tuple[float | None, float | None]
) -> Interval:
    """2.5 % and 97.5 % quantiles over the draws [B, ...]; NaN where that says nothing."""
    if len(drawn) < FEWEST_DRAWS:
        return torch.full_like(estimate, torch.nan), torch.full_like(estimate, torch.nan)
    known = (drawn.isnan().double().mean(0) <= 0.5) & ~estimate.isnan()
    ends = torch.tensor(ENDS, dtype=torch.float64, device=drawn.device)
    low, high = drawn.nanquantile(ends, dim=0) - (drawn.nanmean(0) - estimate)
    if bounds != (None, None):
        low, high = low.clamp(*bounds), high.clamp(*bounds)
    return torch.where(known, low, torch.nan), torch.where(known, high, torch.nan)

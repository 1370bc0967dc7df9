"""Intervals for every measure: Wilson for simple shares, a bootstrap over samples for the rest.

Because tallies add up, a bootstrap needs one walk over the samples: their units (where a sample
stands alone, itself) are dealt into blocks at random, the walk tallies each block by itself, and a
draw is a weighted sum of the blocks' tallies. Up to `BLOCKS` units a block is a single unit, which
is the ordinary bootstrap, unless so many blocks would not fit in memory; of more units whole blocks
are drawn, which spread as much on average.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import value
from analysis.chunks import working_memory
from analysis.intervals import accuracy_interval, wilson
from analysis.judging import judged_answers
from analysis.measure import Measure
from analysis.sums.piece import Missing
from analysis.tally import Tally, tally, tally_blocks

BLOCKS = 200
FEWEST_BLOCKS = 20
FEWEST_DRAWS = 100
STEP_VALUES, STEP_DRAWS = 5_000_000, 16
DRAWN_VALUES = 1 << 29  # of all draws of a measure's sums: more would take minutes
# Tables of float64 that are held at once: of a block its sums as counted on a chunk, as added up
# and as drawn from; of a draw its values, and what their quantiles take.
COPIES_OF_BLOCK, COPIES_OF_DRAW = 4, 4
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
    on as many samples as there are units. The accuracy has the interval of
    `analysis.intervals.accuracy_interval` here too.

    Args:
        bundle: M models, N samples.
        measures: of the kinds "model", "pair" and "set".
        missing: as in `tally`.
        draws: of the bootstrap; fewer where they would not fit in memory or take minutes.
        seed: of the bootstrap.

    Returns:
        {name: (low, high)}, float64, shaped as the measure. NaN where the measure is undefined,
        where it is undefined in more than half of the draws, or where fewer than
        `FEWEST_DRAWS` draws or `FEWEST_BLOCKS` blocks fit in memory.

    References:
        Wilson 1927, Journal of the American Statistical Association 22; Efron and Tibshirani
        1993, An introduction to the bootstrap, chapters 8 and 13.
    """
    return sums_and_intervals(bundle, measures, missing=missing, draws=draws, seed=seed)[1]


def sums_and_intervals(
    bundle: Bundle,
    measures: Sequence[Measure],
    *,
    needs: Iterable[str] = (),
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> tuple[Tally, dict[str, Interval]]:
    """The tally that some measures are read off, and their intervals, in one walk if possible.

    Args:
        bundle: M models, N samples.
        measures: as in `intervals`.
        needs: further sums for the tally.
        missing: as in `tally`.
        draws: as in `intervals`.
        seed: as in `intervals`.

    Returns:
        The sums of all samples, and what `intervals` returns.
    """
    used = (need for measure in measures for need in (*measure.needs, measure.count) if need)
    wanted = tuple(dict.fromkeys((*used, *needs)))
    share = unit_count(bundle) / len(bundle.ids)
    rest = [m for m in measures if m.name != "accuracy" and not (m.count and share == 1)]
    plan = _plan(bundle, rest, wanted, missing, draws)
    drawn = any(plan.draws[measure.name] >= FEWEST_DRAWS for measure in rest)
    if drawn:
        blocks = _blocks(bundle, wanted, plan, missing, seed)
        sums = Tally({name: stack.sum(0) for name, stack in blocks.sums.items()})
        blocks = Tally({name: stack.double() for name, stack in blocks.sums.items()})
    else:
        blocks, sums = Tally({}), tally(bundle, wanted, missing=missing)
    found = {}
    for measure in measures:
        if measure.name == "accuracy":
            judged = judged_answers(bundle, missing)
            units = {"units": bundle.units, "draws": draws, "seed": seed}
            found["accuracy"] = accuracy_interval(bundle.correct, judged, **units)
        elif measure not in rest:
            found[measure.name] = _wilson(measure, sums, share)
        else:
            found[measure.name] = _bootstrapped(measure, sums, blocks, plan, seed, share)
    return sums, found


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
    plans = [_plan(bundle, [measure], measure.needs, missing, draws) for bundle in (first, second)]
    # The same blocks of both, and the same draws.
    number = min(plan.blocks for plan in plans)
    kept = min(plan.draws[measure.name] for plan in plans)
    plan = _Plan(number, {measure.name: kept}, min(plan.room for plan in plans))
    sides, drawn = [], []
    for bundle in (first, second):
        blocks = _blocks(bundle, measure.needs, plan, missing, seed)
        sums = Tally({name: stack.sum(0) for name, stack in blocks.sums.items()})
        sides.append(value(measure, sums))
        drawn.append(_drawn(measure, blocks, plan, seed))
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

    Args:
        bundle: M models, N samples; units are drawn whole.
        measures: of the kinds "model", "pair" and "set".
        missing: as in `tally`.
        draws: how many.
        seed: of the draws.

    Returns:
        {name: float64 [B, ...]} with B at most `draws`, as many as fit in memory; of two measures
        the first draws are the same ones.
    """
    if not measures:
        return {}
    needs = tuple(dict.fromkeys(need for measure in measures for need in measure.needs))
    plan = _plan(bundle, measures, needs, missing, draws)
    blocks = _blocks(bundle, needs, plan, missing, seed)
    return {measure.name: _drawn(measure, blocks, plan, seed) for measure in measures}


def unit_count(bundle: Bundle) -> int:
    """How many units the samples belong to; as many as samples when each stands alone."""
    return len(bundle.ids) if bundle.units is None else len(bundle.units.unique())


@dataclass(frozen=True)
class _Plan:
    """How much of a bootstrap the memory has room for."""

    blocks: int  # that the units are dealt into; 0 where too few would fit
    draws: dict[str, int]  # {measure: how many are made}
    room: int = 0  # float64 numbers that the work on draws may hold


def _plan(
    bundle: Bundle, measures: Sequence[Measure], needs: Sequence[str], missing: Missing, draws: int
) -> _Plan:
    """Sized by what the sums and the measures of a single sample take, which is tallied for it."""
    if not measures:
        return _Plan(0, {})
    first = torch.zeros(len(bundle.ids), dtype=torch.bool)
    first[:1] = True
    sums = tally(bundle, needs, weights=first, missing=missing)
    room = working_memory(bundle.device) // 32  # float64 numbers in a quarter of it
    size = COPIES_OF_BLOCK * sum(sums[name].numel() for name in needs)
    units = unit_count(bundle)
    number = min(units, BLOCKS, room // max(size, 1))
    if number < min(units, FEWEST_BLOCKS):
        return _Plan(0, {measure.name: 0 for measure in measures})
    kept = {}
    for measure in measures:
        drawn = sum(sums[need].numel() for need in measure.needs)
        most = room // max(COPIES_OF_DRAW * value(measure, sums).numel(), 1)
        kept[measure.name] = min(draws, most, DRAWN_VALUES // max(drawn, 1))
    return _Plan(number, kept, room)


def _blocks(
    bundle: Bundle, needs: Sequence[str], plan: _Plan, missing: Missing, seed: int
) -> Tally:
    """Tallies of random blocks of units, [K, ...] each."""
    if bundle.units is None:
        unit = torch.arange(len(bundle.ids))
    else:
        unit = bundle.units.cpu().unique(return_inverse=True)[1]
    order = torch.randperm(int(unit.max()) + 1, generator=torch.Generator().manual_seed(seed))
    block = (order % max(plan.blocks, 1))[unit]
    return tally_blocks(bundle, needs, block, max(plan.blocks, 1), missing=missing)


def _drawn(measure: Measure, blocks: Tally, plan: _Plan, seed: int) -> Tensor:
    """A measure on draws of the blocks, [B, ...]; the first draws are the same for all."""
    stacks = [blocks[need].double() for need in measure.needs]
    number, draws = len(stacks[0]), plan.draws[measure.name]
    if not draws:
        like = measure.function(*(stack[0] for stack in stacks))
        return like.new_empty((0, *like.shape))
    picks = torch.randint(number, (draws, number), generator=torch.Generator().manual_seed(seed))
    times = torch.zeros(draws, number, dtype=torch.float64)
    times = times.scatter_add_(1, picks, torch.ones_like(times)).to(stacks[0].device)
    size = max(1, sum(stack[0].numel() for stack in stacks))
    # Every step reads all blocks: of large ones several draws at once.
    step = max(1, STEP_VALUES // size, min(STEP_DRAWS, plan.room // (COPIES_OF_DRAW * size)))
    function, found = torch.func.vmap(measure.function), []
    for part in times.split(step):
        sums = (part @ stack.reshape(number, -1) for stack in stacks)
        shapes = (stack.shape[1:] for stack in stacks)
        found.append(
            function(*(s.reshape(-1, *shape) for s, shape in zip(sums, shapes, strict=True)))
        )
    return torch.cat(found)


def _bootstrapped(
    measure: Measure, sums: Tally, blocks: Tally, plan: _Plan, seed: int, share: float
) -> Interval:
    """The percentile interval; Wilson's where a share leaves nothing to resample."""
    estimate = value(measure, sums)
    if plan.draws[measure.name] < FEWEST_DRAWS:
        return torch.full_like(estimate, torch.nan), torch.full_like(estimate, torch.nan)
    ends = _percentiles(_drawn(measure, blocks, plan, seed), estimate, measure.bounds)
    if not measure.count:
        return ends
    flat = (estimate == 0) | (estimate == 1) | (plan.blocks < 2)
    both = zip(_wilson(measure, sums, share), ends, strict=True)
    return tuple(torch.where(flat, simple, end) for simple, end in both)


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

"""Models ranked by several rules at once: over groups, over samples, or over settings."""

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.chunks import working_memory
from analysis.contests import Contest, Rankings, Ties, ranked
from analysis.judging import judged_answers
from analysis.rankings import (
    NEEDS,
    Gaps,
    borda,
    mean_score,
    sample_wins,
    task_wins,
    wins_and_ties,
)
from analysis.resampling import BLOCKS, FEWEST_BLOCKS
from analysis.stretches import stretches
from analysis.tally import Missing, tally_blocks

FEWEST_TASKS = 8
CELL_VALUES = 1 << 24


def rank_over_groups(
    bundle: Bundle,
    column: str,
    *,
    least: int = 20,
    gaps: Gaps = "cells",
    ties: Ties = "drop",
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> Rankings:
    """Models ranked over the groups of a grouping, each of which counts the same.

    Args:
        bundle: M models, N samples.
        column: the grouping; its groups may overlap.
        least: groups with fewer judged samples are left out.
        gaps: "cells" compares models where both were judged; "models" leaves those out that were
            not judged in some group.
        ties: what a group in which two models are equally accurate is to Bradley and Terry:
            nothing, or a win each way.
        missing: as in `tally`.
        draws: of a bootstrap over the samples (over units where samples share them).
        seed: of the bootstrap.

    Returns:
        The rankings, with intervals of the ranks.

    Raises:
        BundleError: no group is large enough.
    """
    grouping = bundle.groups[column]
    judged = judged_answers(bundle, missing)
    block, number, units = _dealt(bundle, seed)
    right, graded = _cells(bundle, grouping.codes, len(grouping.levels), judged, block, number)
    sizes = grouping.sizes(judged.any(0))
    kept = (sizes >= max(1, least)).nonzero().flatten()
    if not len(kept):
        raise BundleError(
            f"No group of '{column}' has {least} judged samples; the largest has "
            f"{int(sizes.max()) if len(sizes) else 0}. Allow smaller groups."
        )
    right, graded = right[..., kept], graded[..., kept]
    whole = _complete(_rates(right.sum(0), graded.sum(0)), gaps)
    taking_part = torch.isfinite(whole).any(1, keepdim=True)

    def scores(times: Tensor | None) -> Tensor:
        if times is None:
            return whole
        flat = (times @ part.flatten(1) for part in (right, graded))
        drawn = _rates(*(part.view(-1, *whole.shape) for part in flat))
        return torch.where(taking_part, drawn, torch.nan)

    contest = Contest(
        lambda times: (mean_score(scores(times)), borda(scores(times))),
        lambda times: task_wins(scores(times)),
        number,
    )
    outside = [level for at, level in enumerate(grouping.levels) if at not in kept.tolist()]
    return ranked(
        contest,
        ties,
        draws,
        seed,
        tasks=tuple(grouping.levels[at] for at in kept.tolist()),
        left_out=tuple(outside),
        scores=whole,
        counts=graded.sum(0).long(),
        unit="sample" if bundle.units is None else "unit",
        units=units,
        note=_too_few(units, FEWEST_BLOCKS, "sample" if bundle.units is None else "unit"),
    )


def rank_over_samples(
    bundle: Bundle,
    *,
    gaps: Gaps = "cells",
    ties: Ties = "drop",
    missing: Missing = "exclude",
    draws: int = 1000,
    seed: int = 0,
) -> Rankings:
    """Models ranked over single samples: right beats wrong.

    Without gaps mean, Borda and Kemeny give one order here, that of the accuracies; Bradley and
    Terry weigh each win by whom it was against.

    Args:
        bundle: M models, N samples.
        gaps: "models" leaves those out that were not judged on some sample that others were.
        ties: what a sample that both get right or both wrong is to Bradley and Terry.
        missing: as in `tally`.
        draws: of a bootstrap over the samples (over units where samples share them).
        seed: of the bootstrap.

    Returns:
        The rankings; "tasks" is empty.

    Raises:
        BundleError: no answer is judged.
    """
    judged = judged_answers(bundle, missing)
    if not bool(judged.any()):
        raise BundleError("No answer is judged: labels and answers are needed to rank models.")
    graded, right = judged.sum(1), (bundle.correct & judged).sum(1)
    known = graded > 0 if gaps == "cells" else graded == judged.any(0).sum()
    whole = torch.where(known, _rates(right, graded), torch.nan)
    block, blocks, units = _dealt(bundle, seed)
    unit = "sample" if bundle.units is None else "unit"
    note = _too_few(units, FEWEST_BLOCKS, unit)
    room = working_memory(bundle.device) // 32 // (len(NEEDS) * 4 * len(bundle.models) ** 2 + 1)
    if not note and min(blocks, room) < FEWEST_BLOCKS:
        note = "There are no intervals: so many models do not fit in memory many times."
    number = 0 if note else min(blocks, room)
    stacks = {}
    if number:
        needs = (*NEEDS, "graded", "right")
        sums = tally_blocks(bundle, needs, block % number, number, missing=missing)
        stacks = {name: stack.double() for name, stack in sums.sums.items()}
    contest = _contest_of_samples(sample_wins(bundle, missing=missing), whole, known, stacks)
    return ranked(
        contest,
        ties,
        draws,
        seed,
        tasks=(),
        left_out=(),
        scores=whole[:, None],
        counts=graded[:, None],
        unit=unit,
        units=units,
        note=note,
    )


def rank_over_settings(
    table: AccuracyTable,
    settings: Sequence[str] | None = None,
    *,
    gaps: Gaps = "cells",
    ties: Ties = "drop",
    draws: int = 1000,
    seed: int = 0,
) -> Rankings:
    """Models of a table of accuracies ranked over its settings, each of which counts the same.

    Args:
        table: M models in S settings.
        settings: those to rank over; None: all.
        gaps: as in `rank_over_groups`.
        ties: as in `rank_over_groups`.
        draws: of a bootstrap over the settings: would other settings like these say the same?
        seed: of the bootstrap.

    Returns:
        The rankings; no intervals for fewer than `FEWEST_TASKS` settings.

    Raises:
        BundleError: there is no setting of this name, or none was given.
    """
    chosen = tuple(table.settings if settings is None else settings)
    if not chosen:
        raise BundleError("There is no setting to rank over; give at least one.")
    whole = _complete(table.of(chosen), gaps)
    places = [table.settings.index(name) for name in chosen]
    contest = Contest(
        lambda times: (mean_score(whole, times), borda(whole, times)),
        lambda times: task_wins(whole, times),
        len(chosen),
    )
    return ranked(
        contest,
        ties,
        draws,
        seed,
        tasks=chosen,
        left_out=(),
        scores=whole,
        counts=None if table.counts is None else table.counts[:, places],
        unit="setting",
        units=len(chosen),
        note=_too_few(len(chosen), FEWEST_TASKS, "setting"),
    )


def _contest_of_samples(
    counts: tuple[Tensor, Tensor], whole: Tensor, known: Tensor, stacks: dict[str, Tensor]
) -> Contest:
    """Over single samples: wins and ties [M, M], accuracies [M], and sums per block [K, ...]."""
    pairs = (known[:, None] & known).double()

    def wins(times: Tensor | None) -> tuple[Tensor, Tensor]:
        if times is None:
            return tuple(table * pairs for table in counts)
        found = (_drawn(stacks[name], times) for name in NEEDS)
        return tuple(table * pairs for table in wins_and_ties(*found))

    def points(times: Tensor | None) -> tuple[Tensor, Tensor]:
        won, same = wins(times)
        shares = _rates((won + same / 2).sum(-1), (won + won.mT + same).sum(-1))
        if times is None:
            return whole, shares
        rate = _rates(*(_drawn(stacks[name], times) for name in ("right", "graded")))
        return torch.where(known, rate, torch.nan), shares

    return Contest(points, wins, len(stacks["right"]) if stacks else 0)


def _rates(right: Tensor, graded: Tensor) -> Tensor:
    return torch.where(graded > 0, right.double() / graded.double(), torch.nan)


def _complete(scores: Tensor, gaps: Gaps) -> Tensor:
    """The scores without those of models with a gap, where these are to be left out."""
    if gaps == "cells":
        return scores
    known = torch.isfinite(scores)
    whole = (known | ~known.any(0)).all(1, keepdim=True)
    return torch.where(whole, scores, torch.nan)


def _drawn(stack: Tensor, times: Tensor) -> Tensor:
    """Sums of the blocks [K, ...] where each counts some times [B, K]."""
    return (times @ stack.flatten(1)).view(len(times), *stack.shape[1:])


def _too_few(units: int, fewest: int, noun: str) -> str:
    if units >= fewest:
        return ""
    plural = noun if units == 1 else f"{noun}s"
    are = "is" if units == 1 else "are"
    few = f"{units} {plural} {are} too few to draw from; {fewest} are needed."
    return f"There are no intervals: {few}"


def _dealt(bundle: Bundle, seed: int) -> tuple[Tensor, int, int]:
    """Independent units dealt into blocks at random: the block of each sample, blocks, units."""
    if bundle.units is None:
        unit = torch.arange(len(bundle.ids))
    else:
        unit = bundle.units.cpu().unique(return_inverse=True)[1]
    units = int(unit.max()) + 1
    number = min(units, BLOCKS)
    order = torch.randperm(units, generator=torch.Generator().manual_seed(seed))
    return (order % number)[unit].to(bundle.device), number, units


def _cells(
    bundle: Bundle, codes: Tensor, levels: int, judged: Tensor, block: Tensor, number: int
) -> tuple[Tensor, Tensor]:
    """Right and judged answers per block, model and group, float64 [K, M, G] each."""
    models, columns = len(bundle.models), codes[:, None] if codes.ndim == 1 else codes
    sums = torch.zeros(2, number * levels, models, dtype=torch.float64, device=codes.device)
    for part in stretches(len(bundle.ids), max(1, CELL_VALUES // models)):
        graded = judged[:, part].T
        flags = torch.stack([bundle.correct[:, part].T & graded, graded]).double()
        for column in columns[part].T:  # The few groups that a sample can be in.
            inside = column >= 0
            cell = block[part][inside] * levels + column[inside].long()
            sums.index_add_(1, cell, flags[:, inside])
    right, graded = sums.view(2, number, levels, models).mT
    return right, graded

"""Models ranked by several rules at once: over groups, over samples, or over settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from analysis.accuracies import AccuracyTable
from analysis.bradley_terry import Strengths, both_ways, bradley_terry
from analysis.bundle import Bundle, BundleError
from analysis.chunks import working_memory
from analysis.judging import judged_answers
from analysis.kemeny import Kemeny, kemeny, kemeny_ranks
from analysis.ranking_draws import FEWEST_DRAWS, Ranking, ranking_of
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
from analysis.tally import Missing, tally, tally_blocks

Ties = Literal["drop", "both"]
RULES_OF_RANKING = ("mean", "borda", "kemeny", "bradley_terry")
FEWEST_TASKS = 8
# Values of all draws: more would take minutes on a page.
POINT_VALUES, STRENGTH_VALUES, KEMENY_VALUES = 400_000_000, 50_000_000, 20_000_000
STEP_VALUES, CELL_VALUES = 1 << 23, 1 << 24


@dataclass(frozen=True, eq=False)
class Rankings:
    """Models ranked by every rule. Rank 1 is best.

    Attributes:
        tasks: T names, what is ranked over; empty for single samples.
        left_out: tasks that were too small.
        scores: float64 [M, T], accuracy in each task (of single samples: over all, T = 1).
        counts: int64 [M, T], judged answers behind each; None where unknown.
        by: {rule: its ranking}, the rules of `RULES_OF_RANKING`.
        kemeny: the optimal orders.
        strengths: those of Bradley and Terry.
        unit: what was drawn anew: "sample", "unit" or "setting".
        units: how many of them there are.
        note: why there are no intervals; empty where there are.
    """

    tasks: tuple[str, ...]
    left_out: tuple[str, ...]
    scores: Tensor
    counts: Tensor | None
    by: Mapping[str, Ranking]
    kemeny: Kemeny
    strengths: Strengths
    unit: str
    units: int
    note: str


@dataclass(frozen=True, eq=False)
class _Contest:
    """What the rules count, of all units, or where each block of units counts some times [B, K].

    Attributes:
        points: times or None -> mean and Borda count, [M] or [B, M].
        wins: times or None -> wins and ties, [M, M] or [B, M, M].
        blocks: K.
    """

    points: Callable[[Tensor | None], tuple[Tensor, Tensor]]
    wins: Callable[[Tensor | None], tuple[Tensor, Tensor]]
    blocks: int


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

    contest = _Contest(
        lambda times: (mean_score(scores(times)), borda(scores(times))),
        lambda times: task_wins(scores(times)),
        number,
    )
    outside = [level for at, level in enumerate(grouping.levels) if at not in kept.tolist()]
    return _ranked(
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
    wins, alike = sample_wins(bundle, missing=missing)
    graded = judged.sum(1)
    known = graded > 0 if gaps == "cells" else graded == judged.any(0).sum()
    right = (bundle.correct & judged).sum(1)
    whole = torch.where(known, _rates(right, graded), torch.nan)
    pairs = (known[:, None] & known).double()
    note, stacks, number = "", None, 0
    block, blocks, units = _dealt(bundle, seed)
    room = working_memory(bundle.device) // 32 // (len(NEEDS) * 4 * len(bundle.models) ** 2 + 1)
    unit = "sample" if bundle.units is None else "unit"
    note = _too_few(units, FEWEST_BLOCKS, unit)
    if not note and min(blocks, room) >= FEWEST_BLOCKS:
        number = min(blocks, room)
        sums = tally_blocks(
            bundle, (*NEEDS, "graded", "right"), block % number, number, missing=missing
        )
        stacks = {name: stack.double() for name, stack in sums.sums.items()}
    elif not note:
        note = "There are no intervals: so many models do not fit in memory many times."

    def counted(times: Tensor | None) -> tuple[Tensor, Tensor]:
        if times is None:
            return wins * pairs, alike * pairs
        found = (_drawn(stacks[name], times) for name in NEEDS)
        return tuple(table * pairs for table in wins_and_ties(*found))

    def points(times: Tensor | None) -> tuple[Tensor, Tensor]:
        won, same = counted(times)
        shares = _rates((won + same / 2).sum(-1), (won + won.mT + same).sum(-1))
        if times is None:
            return whole, shares
        rate = _rates(*(_drawn(stacks[name], times) for name in ("right", "graded")))
        return torch.where(known, rate, torch.nan), shares

    return _ranked(
        _Contest(points, counted, number),
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
    contest = _Contest(
        lambda times: (mean_score(whole, times), borda(whole, times)),
        lambda times: task_wins(whole, times),
        len(chosen),
    )
    return _ranked(
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


def group_strengths(
    bundle: Bundle, column: str, *, ties: Ties = "drop", missing: Missing = "exclude"
) -> Strengths:
    """Strengths of Bradley and Terry within each group, over its samples.

    Args:
        bundle: M models, N samples.
        column: a grouping of G levels.
        ties: as in `rank_over_samples`.
        missing: as in `tally`.

    Returns:
        Strengths of G tables, [G, M].
    """
    found = []
    for level in range(len(bundle.groups[column].levels)):
        here = bundle.groups[column].within((level,))
        sums = tally(bundle, NEEDS, weights=here, missing=missing)
        found.append(_ties_counted(wins_and_ties(*(sums[need] for need in NEEDS)), ties))
    return bradley_terry(torch.stack(found))


def _ranked(contest: _Contest, ties: Ties, draws: int, seed: int, **about) -> Rankings:
    mean, count = contest.points(None)
    wins = contest.wins(None)
    best = kemeny(wins[0], count)
    strengths = bradley_terry(_ties_counted(wins, ties))
    known = torch.isfinite(mean)
    drawn = {} if about["note"] else _draws(contest, ties, draws, seed, strengths, known)
    places = torch.where(known, _among(best.rank, known), torch.nan)
    by = {
        "mean": ranking_of(mean, drawn.get("mean")),
        "borda": ranking_of(count, drawn.get("borda")),
        "kemeny": ranking_of(-places, drawn.get("kemeny"), rank=places),
        "bradley_terry": ranking_of(
            torch.where(known, _rounded(strengths.log_strength), torch.nan),
            drawn.get("bradley_terry"),
        ),
    }
    return Rankings(by=by, kemeny=best, strengths=strengths, **about)


def _draws(
    contest: _Contest, ties: Ties, draws: int, seed: int, start: Strengths, known: Tensor
) -> dict[str, Tensor]:
    """Points of each rule in bootstrap draws, [B, M] (ranks of Kemeny); few or none where slow."""
    models, size = len(known), max(1, len(known) ** 2)
    most = {
        "mean": min(draws, POINT_VALUES // size),
        "bradley_terry": min(draws, STRENGTH_VALUES // size),
        "kemeny": min(draws, KEMENY_VALUES // size),
    }
    most = {name: number if number >= FEWEST_DRAWS else 0 for name, number in most.items()}
    generator = torch.Generator().manual_seed(seed)
    picks = torch.randint(contest.blocks, (most["mean"], contest.blocks), generator=generator)
    times = torch.zeros(picks.shape, dtype=torch.float64)
    times = times.scatter_add_(1, picks, torch.ones_like(times)).to(known.device)
    found: dict[str, list[Tensor]] = {name: [] for name in RULES_OF_RANKING}
    done = 0
    for part in times.split(max(1, STEP_VALUES // max(size, models * contest.blocks))):
        mean, count = contest.points(part)
        found["mean"].append(mean)
        found["borda"].append(count)
        needed = {name: max(0, min(len(part), most[name] - done)) for name in most}
        done += len(part)
        longest = max(needed["bradley_terry"], needed["kemeny"])
        if not longest:
            continue
        wins, alike = contest.wins(part[:longest])
        if fits := needed["bradley_terry"]:
            table = _ties_counted((wins[:fits], alike[:fits]), ties)
            strength = bradley_terry(table, start=start.log_strength).log_strength
            found["bradley_terry"].append(_rounded(strength))
        if orders := needed["kemeny"]:
            place = kemeny_ranks(wins[:orders], count[:orders])
            found["kemeny"].append(torch.where(known, _among(place, known), torch.nan))
    return {name: torch.cat(parts) for name, parts in found.items() if parts}


def _among(rank: Tensor, known: Tensor) -> Tensor:
    """Ranks among those that take part only; the others never won and never lost."""
    if bool(known.all()):
        return rank
    ahead = (rank[..., None, :] < rank[..., :, None]).double()
    level = (rank[..., None, :] == rank[..., :, None]).double()
    return (ahead * known).sum(-1) + ((level * known).sum(-1) + 1) / 2


def _ties_counted(counts: tuple[Tensor, Tensor], ties: Ties) -> Tensor:
    return both_ways(*counts) if ties == "both" else counts[0].double()


def _rounded(values: Tensor) -> Tensor:
    """Models with the same wins stay equal."""
    return values.mul(1e8).round().div(1e8)


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
    for start in range(0, len(bundle.ids), max(1, CELL_VALUES // models)):
        part = slice(start, start + max(1, CELL_VALUES // models))
        graded = judged[:, part].T
        flags = torch.stack([bundle.correct[:, part].T & graded, graded]).double()
        for column in columns[part].T:  # The few groups that a sample can be in.
            inside = column >= 0
            cell = block[part][inside] * levels + column[inside].long()
            sums.index_add_(1, cell, flags[:, inside])
    right, graded = sums.view(2, number, levels, models).mT
    return right, graded

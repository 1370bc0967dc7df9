"""What every rule of ranking counts, of all units and in bootstrap draws of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from analysis.bradley_terry import Strengths, both_ways, bradley_terry
from analysis.bundle import Bundle
from analysis.kemeny import Kemeny, kemeny, kemeny_ranks
from analysis.ranking_draws import FEWEST_DRAWS, Ranking, ranking_of
from analysis.rankings import NEEDS, wins_and_ties
from analysis.tally import Missing, tally

Ties = Literal["drop", "both"]
RULES_OF_RANKING = ("mean", "borda", "kemeny", "bradley_terry")
# Values of all draws: more would take minutes on a page.
POINT_VALUES, STRENGTH_VALUES, KEMENY_VALUES = 30_000_000, 8_000_000, 30_000_000
STEP_VALUES = 1 << 23


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
class Contest:
    """What the rules count, of all units, or where each block of units counts some times [B, K].

    Attributes:
        points: times or None -> mean and Borda count, [M] or [B, M].
        wins: times or None -> wins and ties, [M, M] or [B, M, M].
        blocks: K.
    """

    points: Callable[[Tensor | None], tuple[Tensor, Tensor]]
    wins: Callable[[Tensor | None], tuple[Tensor, Tensor]]
    blocks: int


def ranked(contest: Contest, ties: Ties, draws: int, seed: int, **about) -> Rankings:
    """The rankings by every rule; about holds the other fields of `Rankings`."""
    mean, count = contest.points(None)
    wins = contest.wins(None)
    best = kemeny(wins[0], count)
    strengths = bradley_terry(ties_counted(wins, ties))
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
        found.append(ties_counted(wins_and_ties(*(sums[need] for need in NEEDS)), ties))
    return bradley_terry(torch.stack(found))


def _draws(
    contest: Contest, ties: Ties, draws: int, seed: int, start: Strengths, known: Tensor
) -> dict[str, Tensor]:
    """Points of each rule in bootstrap draws, [B, M] (ranks of Kemeny); few or none where slow."""
    models, size = len(known), max(1, len(known) ** 2)
    most = {
        "mean": min(draws, max(2 * FEWEST_DRAWS, POINT_VALUES // size)),
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
            table = ties_counted((wins[:fits], alike[:fits]), ties)
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


def ties_counted(counts: tuple[Tensor, Tensor], ties: Ties) -> Tensor:
    """Wins, with a win each way for every tie where the policy says so."""
    return both_ways(*counts) if ties == "both" else counts[0].double()


def _rounded(values: Tensor) -> Tensor:
    """Models with the same wins stay equal."""
    return values.mul(1e8).round().div(1e8)

"""The front of a search: who is on it, how sure that is, and how it stands in each group."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.candidate_plan import Plan
from analysis.ensemble import answers
from analysis.front_bootstrap import front_counts, near_front
from analysis.front_quality import exclusive_contribution, hypervolume
from analysis.front_shape import utopia_knee
from analysis.grading import grade
from analysis.judging import best_single
from analysis.pareto import non_dominated, ranks
from dashboard.compute.caching import kept
from dashboard.compute.candidates import (
    Candidates,
    part_of,
    row_of,
    values_of,
)
from dashboard.compute.search_axes import Axis
from dashboard.compute.searches import SECONDS_PER_ANSWER, Setting
from dashboard.state import Choices

DRAWS = 40
MOST_NEAR = 60
MOST_COMPARED = 200
MOST_LEVELS = 12
LEAST = 20
MOST_BRUSHED = 200


@dataclass(frozen=True, eq=False)
class Front:
    """Who is beaten by none.

    Attributes:
        on_front: bool [E].
        rows: int64 [F], best quality first.
        exclusive: float64 [F], hypervolume that would be lost without each.
        volume: hypervolume above the reference point of the axes.
        knee: row nearest to the best of the front on every axis; None without a front.
        undefined: candidates of two members or more that lack a value.
        copies: candidates on the front that another one on it equals on every axis.
        constant: labels of the axes on which all candidates are the same.
    """

    on_front: np.ndarray
    rows: np.ndarray
    exclusive: np.ndarray
    volume: float
    knee: int | None
    undefined: int
    copies: int
    constant: tuple[str, ...]


@kept()
def _front(_found: Candidates, key: str) -> Front:
    values, senses = torch.from_numpy(_found.values), _found.senses
    reference = [axis.reference for axis in _found.axes]
    on_front = non_dominated(values, senses)
    rows = on_front.nonzero().flatten()
    best = values[rows, 0] * (1 if senses[0] == "max" else -1)
    rows = rows[best.argsort(descending=True, stable=True)]
    try:
        lost = exclusive_contribution(values, senses, reference)[rows]
    except BundleError:
        lost = _exclusive_of_front(values[rows], senses, reference)
    known = torch.isfinite(values)
    spread = [column[told].unique().numel() for column, told in zip(values.T, known.T, strict=True)]
    several = torch.from_numpy(_found.sizes > 1)
    return Front(
        on_front=on_front.numpy(),
        rows=rows.numpy(),
        exclusive=lost.numpy(),
        volume=float(hypervolume(values, senses, reference)),
        knee=utopia_knee(values, senses).place,
        undefined=int((several & ~known.all(1)).sum()),
        copies=len(rows) - len(values[rows].unique(dim=0)),
        constant=tuple(
            axis.label
            for axis, number in zip(_found.axes, spread, strict=True)
            if number == 1 and int(several.sum()) > 1
        ),
    )


def _exclusive_of_front(values: Tensor, senses: tuple[str, ...], reference: list[float]) -> Tensor:
    try:
        return exclusive_contribution(values, senses, reference, fallback=False)
    except BundleError:
        return torch.full((len(values),), torch.nan, dtype=torch.float64)


def front_of(found: Candidates) -> Front:
    """The front of what a search found."""
    return _front(found, found.key)


def near(found: Candidates, most: int = MOST_NEAR) -> np.ndarray:
    """Rows on the front, and those within two standard errors of it as far as there is room."""
    return _near(found, found.key, most)


@kept()
def _near(_found: Candidates, key: str, most: int) -> np.ndarray:
    found, front = _found, front_of(_found)
    spread = 1 / max(found.samples, 1) ** 0.5
    scale = [
        1.0 if axis.share else float(np.nanstd(found.values[:, place]) or 0)
        for place, axis in enumerate(found.axes)
    ]
    margins = [spread * (part if np.isfinite(part) else 0) for part in scale]
    inside = near_front(torch.from_numpy(found.values), found.senses, margins).numpy()
    rest = np.flatnonzero(inside & ~front.on_front)
    rows = front.rows
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]
    return np.concatenate([rows, rest[: max(0, most - len(rows))]])


def chances(
    asked: Setting, found: Candidates, report: Callable[..., None], draws: int = DRAWS
) -> dict[int, float]:
    """How often each candidate near the front is on it when the samples are drawn anew.

    Returns:
        {row: share of the draws}.
    """
    rows = np.sort(near(found))
    planned = part_of(found.plan, torch.from_numpy(rows))
    generator = torch.Generator().manual_seed(0)
    tables = []
    for draw in range(draws):
        report(draw / draws, f"{draw} of {draws} draws of the samples")
        tables.append(_values(asked, planned, _drawn(asked.pool, generator)))
    told = front_counts(torch.stack(tables), found.senses).probability
    return dict(zip(rows.tolist(), told.tolist(), strict=True))


def expected_chances(asked: Setting, found: Candidates, draws: int = DRAWS) -> float:
    """About how many seconds `chances` takes."""
    return draws * _seconds(asked, found, MOST_NEAR)


def expected_groups(asked: Setting, found: Candidates, draws: int = DRAWS) -> float:
    """About how many seconds `by_group` takes."""
    return _seconds(asked, found, MOST_COMPARED) + draws * _seconds(asked, found, MOST_NEAR)


def _seconds(asked: Setting, found: Candidates, most: int) -> float:
    """Of that many candidates as large as those on the front, once over the samples."""
    sizes = found.sizes[front_of(found).rows]
    answers = min(most, len(found.values)) * (sizes.mean() + 1 if len(sizes) else 1)
    return float(answers) * found.samples * found.classes * SECONDS_PER_ANSWER


def active_row(choices: Choices, asked: Setting, found: Candidates) -> int | None:
    """The candidate that is the active ensemble, if it is among them."""
    return row_of(found, choices.ensemble)


def _values(asked: Setting, planned: Plan, rows: Tensor, samples: Bundle | None = None) -> Tensor:
    """What candidates reach on these samples, float64 [E, A]; NaN where an axis cannot be used."""
    pool = replace(samples or asked.pool, attributes={}, thumbnails=None, embeddings=None)
    try:
        return values_of(pool.take(rows, again=True), planned, asked).values
    except BundleError:
        shape = (len(planned), len(asked.axes))
        return torch.full(shape, torch.nan, dtype=torch.float64)


def _drawn(bundle: Bundle, generator: torch.Generator, rows: Tensor | None = None) -> Tensor:
    """Rows of a bundle drawn with replacement, whole units where samples have them."""
    rows = torch.arange(len(bundle.ids)) if rows is None else rows
    if bundle.units is None:
        return rows[torch.randint(len(rows), (len(rows),), generator=generator)]
    _, unit, sizes = bundle.units.cpu()[rows].unique(return_inverse=True, return_counts=True)
    order, starts = unit.argsort(stable=True), sizes.cumsum(0) - sizes
    drawn = torch.randint(len(sizes), (len(sizes),), generator=generator)
    many = sizes[drawn]
    within = torch.arange(int(many.sum())) - (many.cumsum(0) - many).repeat_interleave(many)
    return rows[order[starts[drawn].repeat_interleave(many) + within]]


def by_group(
    asked: Setting,
    found: Candidates,
    column: str,
    active: int | None,
    report: Callable[..., None],
    draws: int = DRAWS,
) -> dict[str, np.ndarray]:
    """The front of every large level of a grouping, among candidates near the front of all.

    On the samples that nothing was chosen on, where there are such.

    Returns:
        "level", "n", "volume", "low", "high", "quality" (best on the front), and of the active
        ensemble "rank", "own" (its quality) [G]; "compared", candidates.
    """
    rows = np.unique([*near(found, MOST_COMPARED), *([] if active is None else [active])])
    planned = part_of(found.plan, torch.from_numpy(rows))
    own = None if active is None else int(np.searchsorted(rows, active))
    senses = found.senses
    reference = [axis.reference for axis in found.axes]
    samples = asked.other or asked.pool
    grouping = samples.groups[column]
    sizes = grouping.membership().sum(0)
    levels = sizes.argsort(descending=True, stable=True)[:MOST_LEVELS].tolist()
    generator, told = torch.Generator().manual_seed(0), []
    for place, level in enumerate(levels):
        inside = grouping.within([level]).nonzero().flatten().cpu()
        if len(inside) < LEAST:
            continue
        report(place / len(levels), f"group {place + 1} of {len(levels)}")
        values = _values(asked, planned, inside, samples)
        front = non_dominated(values, senses).nonzero().flatten()
        volumes, best_few = [], part_of(planned, front[:MOST_NEAR])
        for draw in range(draws if len(front) else 0):
            report((place + draw / draws) / len(levels), f"group {place + 1} of {len(levels)}")
            drawn = _drawn(samples, generator, inside)
            again = _values(asked, best_few, drawn, samples)
            volumes.append(float(hypervolume(again, senses, reference)))
        low, high = np.quantile(volumes, [0.025, 0.975]) if volumes else (np.nan, np.nan)
        best = values[front, 0]
        told.append(
            {
                "level": level,
                "n": len(inside),
                "volume": float(hypervolume(values, senses, reference)),
                "low": low,
                "high": high,
                "quality": _best(best, found.axes[0]),
                "rank": -1 if own is None else int(ranks(values, senses)[own]),
                "own": np.nan if own is None else float(values[own, 0]),
            }
        )
    names = ("level", "n", "volume", "low", "high", "quality", "rank", "own")
    return {name: np.array([row[name] for row in told]) for name in names} | {
        "compared": np.array(len(rows))
    }


def _best(values: Tensor, axis: Axis) -> float:
    if not len(values):
        return float("nan")
    return float(values.max() if axis.sense == "max" else values.min())


@kept()
def _brushed(
    _asked: Setting, _found: Candidates, key: str, rows: bytes, best: str
) -> tuple[np.ndarray, np.ndarray, int]:
    picked = np.frombuffer(rows, dtype=np.int64)
    plain = picked[~np.isin(picked, list(_found.plan.other))]
    shares = (_found.weights[picked] > 0).mean(0)
    some = plain[:: max(1, -(-len(plain) // MOST_BRUSHED))]
    weights = torch.from_numpy(_found.weights[some]).double()
    pool, corrected, start = _asked.whole, [], 0
    if not len(some):
        return shares, np.zeros(0, dtype=np.int64), 0
    alone = pool.grades[pool.models.index(best)]
    for said in answers(pool, _asked.rule, weights):
        here = slice(start, start + said.predictions.shape[1])
        start = here.stop
        right = (grade(pool, said.predictions, here) == 1).double().mean(0) > 0.5
        wrong = alone[here] == 0
        if _asked.missing == "wrong":
            wrong = alone[here] != 1
        corrected.append(right & wrong)
    return shares, torch.cat(corrected).nonzero().flatten().cpu().numpy(), len(some)


def brushed(
    asked: Setting, found: Candidates, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """What some candidates have in common.

    Returns:
        The share of them that each model is in [M]; the samples that more than half of them get
        right and the best single model wrong; how many of them were asked for that; that model.
    """
    best = best_single(asked.whole, missing=asked.missing)
    given = np.asarray(rows, dtype=np.int64).tobytes()
    return *_brushed(asked, found, found.key, given, best), best

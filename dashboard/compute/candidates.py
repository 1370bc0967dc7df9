"""A search of candidate ensembles: which are looked at, in which order, and what they reach."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.candidate_plan import ORIGINS, Plan
from analysis.candidates import plan
from analysis.ensemble import Ensemble
from analysis.evaluation import Evaluated, evaluate_axes, expected_seconds
from analysis.loading import CancelledError
from analysis.pareto import non_dominated
from dashboard.compute.caching import kept
from dashboard.compute.search_axes import Axis
from dashboard.compute.searches import EDGES, MOST, Setting

MOST_ELSEWHERE = 500  # candidates of a front that are evaluated on other samples
KINDS = ("single", "ensemble", "mixture")
MIXED = (ORIGINS.index("soup"), ORIGINS.index("interpolation"))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Ensembles of one pool and what they reach.

    Attributes:
        key: of the search.
        plan: E candidates of M models.
        axes: A.
        values: float64 [E, A]; NaN where undefined.
        n: int64 [E], judged samples.
        possible: candidates that were to be looked at.
        samples, classes: of the bundle.
        elsewhere: float64 [E, A], what those on the front and the best single model reach on
            samples that nothing was chosen on, NaN for all others; None without such samples.
        others: how many samples these are.
        weights: float32 [E, M], how much each model counts.
    """

    key: str
    plan: Plan
    axes: tuple[Axis, ...]
    values: np.ndarray
    n: np.ndarray
    possible: int
    samples: int
    classes: int
    elsewhere: np.ndarray | None = None
    others: int = 0
    weights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        weights = self.plan.weights(torch.arange(len(self.plan)))
        object.__setattr__(self, "weights", weights.numpy().astype(np.float32))

    @property
    def models(self) -> tuple[str, ...]:
        """M names."""
        return self.plan.models

    @cached_property
    def origin(self) -> np.ndarray:
        """int8 [E], places in `ORIGINS`."""
        return self.plan.origin.numpy()

    @cached_property
    def sizes(self) -> np.ndarray:
        """int64 [E], members."""
        return self.plan.membership.sum(1).numpy()

    @cached_property
    def kinds(self) -> np.ndarray:
        """int8 [E], places in `KINDS`."""
        several = np.where(self.sizes > 1, 1, 0)
        return np.where(np.isin(self.origin, MIXED), 2, several).astype(np.int8)

    @property
    def complete(self) -> bool:
        """Whether all were looked at."""
        return len(self.values) == self.possible

    @property
    def senses(self) -> tuple[str, ...]:
        """Which way is better, per axis."""
        return tuple(axis.sense for axis in self.axes)


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a search will look at, and how many seconds that takes, from a small sample."""

    plan: Plan
    seconds: float


def estimate(asked: Setting, report: Callable[..., None]) -> Estimate:
    """Plan a search and time a small sample of its candidates."""
    report(0.0, "Planning which candidates to look at")
    planned = _planned(asked)
    report(0.5, f"Working out how long a look at {len(planned):,} candidates takes")
    names = tuple(axis.name for axis in asked.axes)
    return Estimate(planned, expected_seconds(asked.pool, planned, names, **_options(asked)))


def search(
    asked: Setting, report: Callable[..., None] | None = None, planned: Plan | None = None
) -> Candidates:
    """Look at all candidates, the most promising first; a stop keeps what was looked at."""
    if planned is None:
        planned = _planned(asked)
    stopped = False

    def told(share: float) -> None:
        nonlocal stopped
        try:
            done = round(share * len(planned))
            report(share, f"{done:,} of {len(planned):,} candidates looked at")
        except CancelledError:
            stopped = True

    found = values_of(
        asked.pool,
        planned,
        asked,
        told=None if report is None else told,
        stopped=lambda: stopped,
    )
    done = found.done.nonzero().flatten()
    looked_at = planned if len(done) == len(planned) else part_of(planned, done)
    return Candidates(
        key=f"{asked.key}/{len(done)}",
        plan=looked_at,
        axes=asked.axes,
        values=found.values[done].numpy(),
        n=found.n[done].numpy(),
        possible=len(planned),
        samples=len(asked.pool.ids),
        classes=len(asked.pool.classes),
        elsewhere=None if asked.other is None else _elsewhere(asked, looked_at, found.values[done]),
        others=0 if asked.other is None else len(asked.other.ids),
    )


def _elsewhere(asked: Setting, planned: Plan, values: Tensor) -> np.ndarray:
    """What the best of these candidates reach on the samples that nothing was chosen on."""
    senses = tuple(axis.sense for axis in asked.axes)
    rows = non_dominated(values, senses).nonzero().flatten()
    if len(rows) > MOST_ELSEWHERE:
        quality = values[rows, 0] * (1 if senses[0] == "max" else -1)
        by_quality = rows[quality.argsort(descending=True)]
        rows = by_quality[torch.linspace(0, len(rows) - 1, MOST_ELSEWHERE).round().long()]
    single = (planned.membership.sum(1) == 1).nonzero().flatten()
    rows = torch.cat([rows, single]).unique()
    found = torch.full(values.shape, torch.nan, dtype=torch.float64)
    with contextlib.suppress(BundleError):  # an axis that these samples do not have
        found[rows] = values_of(asked.other, part_of(planned, rows), asked).values
    return found.numpy()


def _planned(asked: Setting) -> Plan:
    wanted = asked.wanted
    return plan(
        asked.pool,
        asked.rule,
        all_up_to=wanted.every,
        random_per_size=wanted.random,
        greedy=wanted.greedy,
        edges=EDGES if wanted.edges else (),
        own=asked.yours,
        most=max(MOST, len(asked.pool.models)),
        grown_on=asked.grown,
    )


def values_of(pool: Bundle, planned: Plan, asked: Setting, **more) -> Evaluated:
    """Candidates on other samples of the pool, or on all of them."""
    return evaluate_axes(
        pool,
        planned,
        tuple(axis.name for axis in asked.axes),
        **_options(asked),
        **more,
    )


def _options(asked: Setting) -> dict[str, str | None]:
    return {
        "missing": asked.missing,
        "grouping": asked.grouping,
        "reference": asked.reference,
    }


def part_of(planned: Plan, rows: Tensor) -> Plan:
    """These candidates of a plan, in ascending order."""
    rows = rows.sort().values
    place = {row: at for at, row in enumerate(rows.tolist())}
    kept_of_weighed = torch.isin(planned.weighed, rows)
    return replace(
        planned,
        membership=planned.membership[rows],
        origin=planned.origin[rows],
        weighed=torch.searchsorted(rows, planned.weighed[kept_of_weighed]),
        amounts=planned.amounts[kept_of_weighed],
        alpha=planned.alpha[rows],
        other={place[row]: one for row, one in planned.other.items() if row in place},
    )


@kept()
def _search_now(_asked: Setting, key: str) -> Candidates:
    return search(_asked)


def search_now(asked: Setting) -> Candidates:
    """`search`, kept for all sessions."""
    return _search_now(asked, asked.key)


def row_of(found: Candidates, ensemble: Ensemble) -> int | None:
    """The candidate that is this ensemble, if it is among them."""
    if not set(ensemble.members) <= set(found.models):
        return None
    other = (row for row, one in found.plan.other.items() if one.key == ensemble.key)
    if ensemble.rule != found.plan.rule or ensemble.options:
        return next(other, None)
    own = np.zeros(len(found.models))
    places = [found.models.index(member) for member in ensemble.members]
    own[places] = ensemble.weights or (1.0,) * len(places)
    inside = ((found.weights > 0) == (own > 0)).all(1)
    inside[list(found.plan.other)] = False
    rows = np.flatnonzero(inside)
    shares = found.weights[rows] / found.weights[rows].sum(1, keepdims=True)
    same = rows[(np.abs(shares - own / own.sum()) < 1e-5).all(1)]
    return int(same[0]) if len(same) else None

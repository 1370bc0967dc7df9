"""A search of candidate ensembles: which are looked at, in which order, and what they reach."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import comb

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.candidate_plan import ORIGINS, Plan
from analysis.candidates import plan
from analysis.ensemble import Ensemble
from analysis.evaluation import Evaluated, evaluate_axes
from analysis.loading import CancelledError
from analysis.rules import RULES
from analysis.splits import Split
from analysis.teams import CURVE_SIZES
from dashboard.compute.caching import kept
from dashboard.compute.ensembles import reference, side_by_side
from dashboard.compute.search_axes import Axis, axis, usable
from dashboard.state import Choices

EDGES = (0.25, 0.75)
GROWN = 12  # rounds of growing teams, in models, as far as time is concerned
MOST = 200_000
SECONDS_PER_ANSWER = 15e-9  # of one team on one sample and class, one core
KINDS = ("single", "ensemble", "mixture")
MIXED = (ORIGINS.index("soup"), ORIGINS.index("interpolation"))


@dataclass(frozen=True)
class Wanted:
    """What to look for: the axes, quality first, and the candidates.

    Attributes:
        axes: names of three or four.
        every: all teams up to this size; 1: none.
        random: random teams of each larger size.
        greedy: teams that grow by the member that helps most.
        edges: uneven weights between every two models.
    """

    axes: tuple[str, ...]
    every: int = 2
    random: int = 40
    greedy: bool = True
    edges: bool = False


@dataclass(frozen=True, eq=False)
class Setting:
    """All that a search depends on, and its bundle of the models that can take part.

    Attributes:
        pool: M models.
        axes: A.
        rule, missing, grouping, reference: as chosen.
        wanted: what to look for.
        yours: the ensembles of the sidebar.
    """

    pool: Bundle
    axes: tuple[Axis, ...]
    rule: str
    missing: str
    grouping: str | None
    reference: str | None
    wanted: Wanted
    yours: tuple[Ensemble, ...] = ()

    @property
    def key(self) -> str:
        """Equal for searches that find the same."""
        yours = tuple(ensemble.key for ensemble in self.yours)
        chosen = (self.rule, self.missing, self.grouping, self.reference, self.wanted, yours)
        return f"front/{self.pool.fingerprint}/{chosen!r}"


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
    weights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        weights = self.plan.weights(torch.arange(len(self.plan)))
        object.__setattr__(self, "weights", weights.numpy().astype(np.float32))

    @property
    def models(self) -> tuple[str, ...]:
        """M names."""
        return self.plan.models

    @property
    def origin(self) -> np.ndarray:
        """int8 [E], places in `ORIGINS`."""
        return self.plan.origin.numpy()

    @property
    def sizes(self) -> np.ndarray:
        """int64 [E], members."""
        return self.plan.membership.sum(1).numpy()

    @property
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


def rule_of(choices: Choices) -> str:
    """The rule of the candidates: the active one, or the nearest that is not fitted."""
    return RULES[choices.ensemble.rule].stand_in


def pool_of(choices: Choices, bundle: Bundle) -> Bundle:
    """The models that can take part under that rule."""
    if RULES[rule_of(choices)].needs != "probabilities":
        return bundle
    return bundle.select([model for model in bundle.models if model in bundle.probabilities])


def usable_axes(choices: Choices, bundle: Bundle) -> tuple[tuple[Axis, ...], dict[str, str]]:
    """What candidates can be placed by here, and why not by other axes."""
    return usable(pool_of(choices, bundle), choices.missing, choices.grouping)


def setting(choices: Choices, bundle: Bundle, wanted: Wanted) -> Setting:
    """A search on the samples of a bundle."""
    pool, best = pool_of(choices, bundle), reference(choices)
    yours = tuple(side_by_side(choices).values())
    return Setting(
        pool=pool,
        axes=tuple(axis(pool, name) for name in wanted.axes),
        rule=rule_of(choices),
        missing=choices.missing,
        grouping=choices.grouping,
        reference=best if best in pool.models else None,
        wanted=wanted,
        yours=tuple(one for one in yours if set(one.members) <= set(pool.models)),
    )


def expected(asked: Setting) -> tuple[int, float]:
    """About how many candidates a search looks at, and how many seconds that takes."""
    models, wanted = len(asked.pool.models), asked.wanted
    sizes = {size: comb(models, size) for size in range(2, min(wanted.every, models) + 1)}
    for size in {*(size for size in CURVE_SIZES if size > 1), models}:
        if wanted.every < size <= models:
            sizes[size] = min(comb(models, size), wanted.random)
    edges = comb(models, 2) * len(EDGES) if wanted.edges else 0
    number = models + sum(sizes.values()) + edges
    answers = 2 * models + sum((size + 1) * teams for size, teams in sizes.items()) + 3 * edges
    answers += models * GROWN if wanted.greedy else 0
    scale = min(1.0, MOST / number)
    each = max(len(asked.pool.ids), 1) * max(len(asked.pool.classes), 1)
    return min(number, MOST), scale * answers * each * SECONDS_PER_ANSWER


def search(asked: Setting, report: Callable[..., None] | None = None) -> Candidates:
    """Look at all candidates, the most promising first; a stop keeps what was looked at."""
    if report is not None:
        report(0.0, "Planning which candidates to look at")
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
    return Candidates(
        key=f"{asked.key}/{len(done)}",
        plan=planned if len(done) == len(planned) else part_of(planned, done),
        axes=asked.axes,
        values=found.values[done].numpy(),
        n=found.n[done].numpy(),
        possible=len(planned),
        samples=len(asked.pool.ids),
        classes=len(asked.pool.classes),
    )


def _planned(asked: Setting) -> Plan:
    labelled, wanted = asked.pool.labelled, asked.wanted
    return plan(
        asked.pool,
        asked.rule,
        all_up_to=wanted.every,
        random_per_size=wanted.random,
        greedy=wanted.greedy,
        edges=EDGES if wanted.edges else (),
        own=asked.yours,
        most=max(MOST, len(asked.pool.models)),
        split=Split(labelled, ~labelled, "all labelled samples"),
    )


def values_of(pool: Bundle, planned: Plan, asked: Setting, **more) -> Evaluated:
    """Candidates on other samples of the pool, or on all of them."""
    return evaluate_axes(
        pool,
        planned,
        tuple(axis.name for axis in asked.axes),
        missing=asked.missing,
        grouping=asked.grouping,
        reference=asked.reference,
        **more,
    )


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

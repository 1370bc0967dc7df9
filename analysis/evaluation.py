"""Candidates evaluated in batches, the most promising first, with progress and a stop."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from analysis.axes import AXES, usable_axes
from analysis.axis import Axis
from analysis.bundle import Bundle, BundleError
from analysis.candidate_plan import ORIGINS, Plan
from analysis.evaluating import Asked, asked_of, of_other
from analysis.sums.piece import Missing
from analysis.team_layout import Layout
from analysis.team_sums import laid_out, team_sums

FIRST = 256  # candidates
LARGEST = 1 << 15
SECONDS = 1.0  # that a batch takes
SAMPLE = 192  # candidates that are timed first
LONG_ENOUGH = 0.25  # seconds that are timed: over less, starting threads would count too much
EARLY = ("single", "soup", "interpolation", "yours", "greedy path")
SMALL = 3  # members


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What E candidates reach on A axes.

    Attributes:
        axes: names in `AXES`.
        values: float64 [E, A]; NaN where undefined, and where not reached.
        n: int64 [E], samples on which each is judged.
        done: bool [E], which were reached.
        seconds: that it took.
    """

    axes: tuple[str, ...]
    values: Tensor
    n: Tensor
    done: Tensor
    seconds: float

    @property
    def share(self) -> float:
        """Share of the candidates that were reached, in [0, 1]."""
        return float(self.done.double().mean()) if len(self.done) else 1.0

    def column(self, axis: str) -> Tensor:
        """The values on one axis, float64 [E]."""
        return self.values[:, self.axes.index(axis)]


def evaluate_axes(
    bundle: Bundle,
    plan: Plan,
    axes: Sequence[str],
    *,
    missing: Missing = "exclude",
    grouping: str | None = None,
    reference: str | None = None,
    told: Callable[[float], None] | None = None,
    stopped: Callable[[], bool] | None = None,
    seconds: float | None = None,
    before: Evaluated | None = None,
    order: Tensor | None = None,
) -> Evaluated:
    """Quality, diversity, consistency and cost of all candidates of a plan.

    Diversity comes from tables over pairs of models; quality and stability from one walk over
    the samples per batch of candidates.

    Args:
        bundle: the models of the plan.
        plan: as `analysis.candidates.plan` makes it.
        axes: names in `AXES`.
        missing: as everywhere.
        grouping: column of the groups, for axes that need some; None: the first.
        reference: a model, for the axis "kept"; None: the first.
        told: called with the share that is done, from 0 to 1; may raise to end it.
        stopped: asked before each batch; True ends it with what there is.
        seconds: time after which no batch is begun; the first always is.
        before: what an earlier call that was stopped has reached; it is gone on with.
        order: int64 [E], the rows in the order in which they are evaluated; None:
            `promising_first`.

    Returns:
        One row per candidate, in the order of the plan.

    Raises:
        BundleError: an axis is unknown or cannot be used.

    Example:
        >>> from analysis.candidates import plan
        >>> pool = Bundle(("a", "b"), ("1", "2"), ("x", "y"),
        ...     torch.tensor([[0, 1], [0, 0]], dtype=torch.int32),
        ...     torch.tensor([0, 1], dtype=torch.int32))
        >>> found = evaluate_axes(pool, plan(pool, "plurality"), ("accuracy", "leave_one_out"))
        >>> found.values.tolist()
        [[1.0, nan], [0.5, nan], [0.5, 0.75]]
    """
    started = time.perf_counter()
    asked = _asked(bundle, plan, axes, missing, grouping, reference)
    found = _begun(bundle, plan, asked, before)
    order = promising_first(bundle, plan, missing=missing) if order is None else order
    left = order[~found.done[order]]
    layout = _layout(asked, plan, len(left))
    size, place = FIRST, 0
    while place < len(left):
        late = seconds is not None and time.perf_counter() - started >= seconds
        if (stopped is not None and stopped()) or (late and place):
            break
        rows, begun = left[place : place + size], time.perf_counter()
        _evaluate(asked, plan, rows, layout, found)
        place += len(rows)
        took = max(time.perf_counter() - begun, 1e-6)
        size = int(min(LARGEST, 4 * size, max(FIRST, size * SECONDS / took)))
        if told is not None:
            told(found.share)
    before_that = 0.0 if before is None else before.seconds
    return replace(found, seconds=before_that + time.perf_counter() - started)


def expected_seconds(
    bundle: Bundle,
    plan: Plan,
    axes: Sequence[str],
    *,
    missing: Missing = "exclude",
    grouping: str | None = None,
    reference: str | None = None,
) -> float:
    """How long `evaluate_axes` will take, from a small sample of the candidates.

    Args:
        bundle: as in `evaluate_axes`.
        plan: likewise.
        axes: likewise.
        missing: likewise.
        grouping: likewise.
        reference: likewise.

    Returns:
        Seconds, above 0: the preparation, once, and the time of each candidate.

    Raises:
        BundleError: an axis is unknown or cannot be used.
    """
    begun = time.perf_counter()
    asked = _asked(bundle, plan, axes, missing, grouping, reference)
    found, layout = _begun(bundle, plan, asked, None), _layout(asked, plan, len(plan))
    plain = torch.ones(len(plan), dtype=torch.bool)
    plain[list(plan.other)] = False
    rows = plain.nonzero().flatten()
    if len(rows):
        _evaluate(asked, plan, rows[:1], layout, found)
    prepared = time.perf_counter() - begun
    generator = torch.Generator().manual_seed(0)
    rows = rows[torch.randperm(len(rows), generator=generator)]
    number = min(SAMPLE, len(rows))
    took = _timed(asked, plan, rows[:number], layout, found)
    longer = min(int(number * LONG_ENOUGH / max(took, 1e-6)), len(rows))
    if longer > 2 * number:
        number, took = longer, _timed(asked, plan, rows[:longer], layout, found)
    return prepared + took * len(plan) / max(1, number)


def _timed(asked: Asked, plan: Plan, rows: Tensor, layout: Layout, found: Evaluated) -> float:
    """Seconds that these rows take."""
    begun = time.perf_counter()
    _evaluate(asked, plan, rows.sort().values, layout, found)
    return time.perf_counter() - begun


def promising_first(bundle: Bundle, plan: Plan, *, missing: Missing = "exclude") -> Tensor:
    """The order in which candidates are evaluated, should time run out.

    First the single models, one's own and greedy paths, then teams of two and three, then all
    else; among alike, those first whose members are rarely wrong together (without labels, those
    that disagree most).

    Args:
        bundle: the models of the plan.
        plan: E candidates.
        missing: as everywhere.

    Returns:
        int64 [E].
    """
    name = "double_fault" if bool(bundle.labelled.any()) else "disagreement_labels"
    needs = usable_axes(bundle)[name]
    inside, late = plan.membership, torch.full((len(plan),), 2)
    late[inside.sum(1) <= SMALL] = 1
    early = torch.tensor([origin in EARLY for origin in ORIGINS])[plan.origin.long()]
    late[early] = 0
    if needs is not None:
        return late.argsort(stable=True)
    pool = asked_of(bundle, (AXES[name],), missing=missing).pool
    parts = [AXES[name].function(pool, part.double(), None) for part in inside.split(LARGEST)]
    hope = torch.cat(parts).nan_to_num(nan=0.0)
    hope = hope if AXES[name].better == "lower" else -hope
    order = torch.where(early, 0.0, hope.cpu()).argsort(stable=True)
    return order[late[order].argsort(stable=True)]


def _asked(
    bundle: Bundle,
    plan: Plan,
    axes: Sequence[str],
    missing: Missing,
    grouping: str | None,
    reference: str | None,
) -> Asked:
    """The axes and what they read, once it is clear that they can be used."""
    if plan.models != bundle.models:
        raise BundleError("The candidates were planned for other models; plan them again.")
    usable = usable_axes(bundle, missing=missing, grouping=grouping)
    for name in axes:
        if name not in usable:
            raise BundleError(f"There is no axis '{name}'; the axes are {', '.join(usable)}.")
        if usable[name] is not None:
            raise BundleError(f"The axis '{AXES[name].label}' cannot be used. {usable[name]}")
    chosen: tuple[Axis, ...] = tuple(AXES[name] for name in axes)
    options = {"missing": missing, "grouping": grouping, "reference": reference}
    return asked_of(bundle, chosen, rule=plan.rule, **options)


def _begun(bundle: Bundle, plan: Plan, asked: Asked, before: Evaluated | None) -> Evaluated:
    names = tuple(axis.name for axis in asked.axes)
    if before is not None:
        if before.axes != names or len(before.done) != len(plan):
            raise BundleError("What was reached before belongs to other axes or candidates.")
        parts = (before.values.clone(), before.n.clone(), before.done.clone())
        return Evaluated(names, *parts, before.seconds)
    values = torch.full((len(plan), len(names)), torch.nan, dtype=torch.float64)
    n = torch.zeros(len(plan), dtype=torch.int64)
    return Evaluated(names, values, n, torch.zeros(len(plan), dtype=torch.bool), 0.0)


def _layout(asked: Asked, plan: Plan, teams: int) -> Layout:
    return laid_out(
        asked.pool.bundle,
        plan.rule,
        asked.sums,
        flags=asked.flags,
        missing=asked.missing,
        teams=teams,
    )


def _evaluate(asked: Asked, plan: Plan, rows: Tensor, layout: Layout, found: Evaluated) -> None:
    """Fill in these rows."""
    other = [row for row in rows.tolist() if row in plan.other] if plan.other else []
    bundle, plain = asked.pool.bundle, rows
    if other:
        plain = rows[~torch.isin(rows, torch.tensor(other))]
    if len(plain):
        weights = plan.weights(plain).to(bundle.device)
        sums = team_sums(
            bundle, weights, plan.rule, flags=asked.flags, missing=asked.missing, layout=layout
        )
        found.n[plain] = sums.n.cpu()
        found.values[plain] = asked.values(weights, sums).cpu()
    for row in other:
        own = asked.under(plan.other[row])
        weights, sums = of_other(own, plan.other[row], plan.membership[row])
        found.n[row], found.values[row] = sums.n[0].cpu(), own.values(weights, sums)[0].cpu()
    found.done[rows] = True

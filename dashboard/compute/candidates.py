"""A search of candidate ensembles: which are looked at, in which order, and what they reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.loading import CancelledError
from analysis.rules import RULES
from analysis.subsets import team_outcomes
from analysis.teams import teams_of_size
from dashboard.compute.caching import kept
from dashboard.compute.ensembles import side_by_side
from dashboard.compute.search_axes import Axis, evaluated, usable
from dashboard.state import Choices

SIZES = (2, 3, 4, 5, 7, 10)
EDGES = 6
STEPS = tuple(place / 10 for place in range(1, 10))
GREEDY_UP_TO = 10
MOST = 1_000_000
SECONDS_PER_ANSWER = 30e-9  # of one team on one sample and class, one core
AT_A_TIME = 2_000_000
ORIGINS = (
    "single model",
    "team of a full search",
    "random team",
    "grown team",
    "uneven pair",
    "ensemble of yours",
)
KINDS = ("single", "ensemble", "mixture")


@dataclass(frozen=True)
class Wanted:
    """What to look for: the axes, quality first, and the candidates.

    Attributes:
        axes: names of three or four.
        every: all teams up to this size; 1: none.
        random: random teams of each larger size.
        greedy: teams that grow by the member that helps most.
        edges: uneven weights between two members of the active ensemble.
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
        rule, missing, grouping: as chosen.
        wanted: what to look for.
        yours: weights [U, M] of the ensembles of the sidebar that are plain candidates.
        edges: rows of the models whose edges are walked.
    """

    pool: Bundle
    axes: tuple[Axis, ...]
    rule: str
    missing: str
    grouping: str | None
    wanted: Wanted
    yours: tuple[tuple[float, ...], ...]
    edges: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Equal for searches that find the same."""
        parts = (self.rule, self.missing, self.grouping, self.wanted, self.yours, self.edges)
        return f"front/{self.pool.fingerprint}/{parts!r}"


@dataclass(frozen=True, eq=False)
class Candidates:
    """Ensembles of one pool and what they reach.

    Attributes:
        key: of the search.
        models: M names.
        weights: float32 [E, M]; 1 for members that count alike, 0 for others.
        origin: int8 [E], places in `ORIGINS`.
        kinds: int8 [E], places in `KINDS`.
        axes: A.
        values: float64 [E, A]; NaN where undefined.
        n: int64 [E], judged samples.
        possible: candidates that were to be looked at.
        samples, classes: of the bundle.
    """

    key: str
    models: tuple[str, ...]
    weights: np.ndarray
    origin: np.ndarray
    kinds: np.ndarray
    axes: tuple[Axis, ...]
    values: np.ndarray
    n: np.ndarray
    possible: int
    samples: int
    classes: int
    sizes: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", (self.weights > 0).sum(1))

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


def usable_axes(choices: Choices) -> tuple[Axis, ...]:
    """What candidates can be placed by here."""
    return usable(choices.bundle, rule_of(choices), choices.grouping)


def setting(choices: Choices, bundle: Bundle, wanted: Wanted) -> Setting:
    """A search on the samples of a bundle."""
    rule, models = rule_of(choices), bundle.models
    if RULES[rule].needs == "probabilities":
        models = tuple(model for model in models if model in bundle.probabilities)
    axes = {axis.name: axis for axis in usable_axes(choices)}
    yours = []
    for ensemble in side_by_side(choices).values():
        plain = ensemble.rule == rule and set(ensemble.members) <= set(models)
        if plain and not ensemble.options:
            given = ensemble.weights or (1.0,) * len(ensemble.members)
            of_member = dict(zip(ensemble.members, given, strict=True))
            yours.append(tuple(of_member.get(model, 0.0) for model in models))
    members = [models.index(m) for m in choices.ensemble.members if m in models]
    edges = tuple(members[:EDGES]) if wanted.edges and RULES[rule].weighable else ()
    return Setting(
        pool=bundle.select(models) if models != bundle.models else bundle,
        axes=tuple(axes[name] for name in wanted.axes),
        rule=rule,
        missing=choices.missing,
        grouping=choices.grouping if "worst_group" in wanted.axes else None,
        wanted=wanted,
        yours=tuple(yours),
        edges=edges,
    )


def expected(asked: Setting) -> tuple[int, float]:
    """About how many candidates a search looks at, and how many seconds that takes."""
    models, wanted = len(asked.pool.models), asked.wanted
    sizes = {size: comb(models, size) for size in range(2, min(wanted.every, models) + 1)}
    for size in SIZES:
        if wanted.every < size <= models:
            sizes[size] = min(comb(models, size), wanted.random)
    number = models + sum(sizes.values()) + comb(len(asked.edges), 2) * len(STEPS)
    answers = 2 * models + sum((size + 1) * teams for size, teams in sizes.items())
    answers += 3 * comb(len(asked.edges), 2) * len(STEPS)
    answers += models * GREEDY_UP_TO if wanted.greedy else 0
    each = max(len(asked.pool.ids), 1) * max(len(asked.pool.classes), 1)
    return number, answers * each * SECONDS_PER_ANSWER


def search(asked: Setting, report: Callable[..., None] | None = None) -> Candidates:
    """Look at all candidates, the most promising first; a stop keeps what was looked at."""
    weights, origin = planned(asked)
    pool = asked.pool
    each = max(1, len(pool.ids) * len(pool.classes))
    values, judged, done = [], [], 0
    names = tuple(axis.name for axis in asked.axes)
    step = max(16, AT_A_TIME * 8 // each)
    for part in weights.split(step):
        try:
            if report is not None:
                report(done / len(weights), f"{done:,} of {len(weights):,} candidates looked at")
        except CancelledError:
            break
        found, n = evaluated(pool, part, names, asked.rule, asked.missing, asked.grouping)
        values.append(found)
        judged.append(n)
        done += len(part)
    return Candidates(
        key=f"{asked.key}/{done}",
        models=pool.models,
        weights=weights[:done].numpy().astype(np.float32),
        origin=origin[:done],
        kinds=_kinds(pool, weights[:done]),
        axes=asked.axes,
        values=torch.cat([torch.zeros(0, len(names), dtype=torch.float64), *values]).numpy(),
        n=torch.cat([torch.zeros(0, dtype=torch.int64), *judged]).numpy(),
        possible=len(weights),
        samples=len(pool.ids),
        classes=len(pool.classes),
    )


@kept()
def _search_now(_asked: Setting, key: str) -> Candidates:
    return search(_asked)


def search_now(asked: Setting) -> Candidates:
    """`search`, kept for all sessions."""
    return _search_now(asked, asked.key)


def planned(asked: Setting) -> tuple[Tensor, np.ndarray]:
    """Weights float32 [E, M] of all candidates, best first, and where each comes from [E]."""
    pool, wanted = asked.pool, asked.wanted
    models = len(pool.models)
    eye = torch.eye(models)
    alone = team_outcomes(pool, eye, asked.rule, missing=asked.missing).accuracy.cpu()
    alone = alone.nan_to_num()
    parts = [(eye, 0), (torch.tensor(asked.yours).view(-1, models), 5)]
    if wanted.greedy:
        parts.append((_greedy(asked, alone), 3))
    for size in range(2, min(wanted.every, models) + 1):
        parts.append((teams_of_size(models, size, MOST).float(), 1))
    for size in SIZES:
        if wanted.every < size <= models and wanted.random:
            parts.append((teams_of_size(models, size, wanted.random).float(), 2))
    parts.append((_edges(asked.edges, models), 4))
    weights = torch.cat([part for part, _ in parts])
    origin = np.repeat([code for _, code in parts], [len(part) for part, _ in parts])
    promise = (weights / weights.sum(1, keepdim=True)).double() @ alone.double()
    promise[torch.from_numpy(np.isin(origin, (0, 3, 5)))] += 2
    promise[: len(eye)] += 2
    order = promise.argsort(descending=True, stable=True)
    weights, origin = weights[order], origin[order.numpy()]
    first = _first_of_equals(weights)
    return weights[first], origin[first.numpy()].astype(np.int8)


def _first_of_equals(weights: Tensor) -> Tensor:
    _, group = weights.unique(dim=0, return_inverse=True)
    place = torch.arange(len(weights))
    first = torch.full((int(group.max()) + 1 if len(group) else 0,), len(weights))
    return first.scatter_reduce_(0, group, place, "amin").sort().values


def _greedy(asked: Setting, alone: Tensor) -> Tensor:
    """Teams that grow from the best model by the one that helps accuracy most."""
    models = len(alone)
    team = torch.zeros(models)
    team[int(alone.argmax())] = 1
    path = []
    for _ in range(min(GREEDY_UP_TO, models) - 1):
        free = (team == 0).nonzero().flatten()
        tried = team.repeat(len(free), 1)
        tried[torch.arange(len(free)), free] = 1
        found = team_outcomes(asked.pool, tried, asked.rule, missing=asked.missing)
        team = tried[int(found.right.argmax())]
        path.append(team)
    return torch.stack(path) if path else torch.zeros(0, models)


def _edges(rows: tuple[int, ...], models: int) -> Tensor:
    """Weights that go from one member to another, for every pair of these."""
    pairs = torch.tensor(list(combinations(rows, 2)), dtype=torch.int64).view(-1, 2)
    share = torch.tensor([step for step in STEPS if step != 0.5])
    first, second = torch.eye(models)[pairs].unbind(1)
    return torch.lerp(first[:, None], second[:, None], share[:, None]).flatten(0, 1)


def _kinds(pool: Bundle, weights: Tensor) -> np.ndarray:
    """Single models, ensembles, and single models that are soups or interpolations."""
    told = pool.model_info.get("kind")
    mixed = torch.zeros(len(pool.models), dtype=torch.bool)
    if told is not None:
        texts = [str(kind).lower() for kind in told]
        mixed = torch.tensor(["soup" in text or text.startswith("interp") for text in texts])
    inside = weights > 0
    single = inside.sum(1) == 1
    code = torch.where(single, 2 * (inside & mixed).any(1).long(), 1)
    return code.numpy().astype(np.int8)

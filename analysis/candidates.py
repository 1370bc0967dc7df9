"""Which candidates are looked at: single models, teams, paths, mixtures and what people made."""

from collections.abc import Sequence
from math import comb

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.candidate_plan import ORIGINS, Plan
from analysis.eligibility import lacking
from analysis.ensemble import Ensemble
from analysis.fitting import fit
from analysis.recipes import lines, soups
from analysis.rules import RULES
from analysis.splits import Split
from analysis.subsets import team_outcomes
from analysis.teams import CURVE_SIZES, teams_of_size

MOST = 200_000
LOT = 1 << 16  # teams drawn at a time
MOST_LOTS = 4
ROUNDS = 25  # of a greedy path
DIGITS = 1e9  # weights closer than this are the same


def plan(
    bundle: Bundle,
    rule: str,
    *,
    all_up_to: int = 3,
    random_per_size: int = 200,
    greedy: bool = True,
    edges: Sequence[float] = (),
    own: Sequence[Ensemble] = (),
    most: int = MOST,
    split: Split | None = None,
    grown_on: Bundle | None = None,
    seed: int = 0,
) -> Plan:
    """Candidates of a pool.

    Every single model comes first, then one's own ensembles and greedy paths, then all teams of
    each size as long as they fit, then random ones, then mixtures of two. Of candidates that
    are alike the first stays.

    Args:
        bundle: M models.
        rule: a name in RULES of a rule that needs no fitting and adds members up (`weighable`).
        all_up_to: sizes up to this are taken whole; one with more teams than there is room for
            is drawn from.
        random_per_size: teams of each larger size of a curve, up to all M.
        greedy: the steps of forward selection, by accuracy and by log loss.
        edges: shares of the second of every two models, between 0 and 1.
        own: ensembles of the bundle's models, under any rule; fitted where that is needed.
        most: candidates in all; those that come last are left out. At least M.
        split: greedy paths are selected on its samples to fit on; None: on all labelled ones,
            and then what they reach is optimistic.
        grown_on: the same models on other samples, on which greedy paths are selected instead.
        seed: of what is drawn.

    Returns:
        The candidates.

    Raises:
        BundleError: another rule, a member lacks what it needs, or a number is out of range.

    Example:
        >>> pool = Bundle(("a", "b"), ("1", "2"), ("x", "y"),
        ...     torch.tensor([[0, 1], [0, 0]], dtype=torch.int32))
        >>> found = plan(pool, "plurality", edges=(0.25,))
        >>> [found.name(row) for row in range(len(found))]
        ['a', 'b', 'a + b', '75 % a + 25 % b']
    """
    _check(bundle, rule, edges, most, all_up_to)
    made, notes = _Making(bundle, rule), []
    made.add(torch.eye(len(bundle.models), dtype=torch.bool), _alone(bundle))
    for ensemble in own:
        made.add_own(ensemble)
    if greedy:
        for weights in _paths(grown_on or bundle, rule, split, notes):
            made.add(weights, ORIGINS.index("greedy path"))
    _add_teams(made, all_up_to, random_per_size, most, seed)
    for alpha in edges:
        made.add_edges(alpha, most - made.size)
    return made.plan(most, tuple(notes))


def _check(bundle: Bundle, rule: str, edges: Sequence[float], most: int, all_up_to: int) -> None:
    if rule not in RULES or not RULES[rule].weighable:
        known = ", ".join(name for name, row in RULES.items() if row.weighable)
        raise BundleError(f"Many teams can be compared under {known}; not under '{rule}'.")
    if problem := lacking(bundle, bundle.models, rule):
        raise BundleError(problem)
    if any(not 0 < alpha < 1 for alpha in edges):
        raise BundleError("The share of the second of two models lies between 0 and 1.")
    if most < len(bundle.models) or all_up_to < 0:
        raise BundleError(
            f"There are {len(bundle.models):,} single models to begin with; leave room for as "
            "many candidates or more."
        )


def _alone(bundle: Bundle) -> Tensor:
    """The origin of each single model, int8 [M]."""
    found = torch.zeros(len(bundle.models), dtype=torch.int8)
    mixed = {model for line in lines(bundle) for model in line.models[1:-1]}
    for model in mixed:
        found[position(bundle, model)] = ORIGINS.index("interpolation")
    for soup in soups(bundle):
        found[position(bundle, soup.model)] = ORIGINS.index("soup")
    return found


class _Making:
    """A plan that grows; what is alike is dropped at once."""

    def __init__(self, bundle: Bundle, rule: str) -> None:
        self.bundle, self.rule, self.size = bundle, rule, 0
        models = len(bundle.models)
        generator = torch.Generator().manual_seed(models)
        self.marks = torch.randint(-(2**62), 2**62, (models,), generator=generator)
        self.parts: list[tuple[Tensor, ...]] = []
        self.known = torch.empty(0, dtype=torch.int64)
        self.other: dict[int, Ensemble] = {}

    def add(self, weights: Tensor, origin: int | Tensor, alpha: float = torch.nan) -> None:
        """Candidates with these weights, bool or float [e, M], that are not there yet."""
        shares = weights.double() / weights.sum(1, keepdim=True)
        inside = weights > 0
        plain = weights.dtype == torch.bool or bool((weights == inside).all())
        keys = self._keys(shares)
        new = ~torch.isin(keys, self.known)
        first = torch.zeros_like(new)
        order = keys.argsort(stable=True)
        first[order] = torch.cat([keys[order][1:] != keys[order][:-1], new[:1] | True]).roll(1)
        new &= first
        kinds = torch.as_tensor(origin, dtype=torch.int8).expand(len(weights))
        even = inside.sum(1).double().reciprocal()[:, None]
        uneven = torch.zeros_like(new)
        if not plain:
            uneven = ((shares - even).abs() > 1 / DIGITS).logical_and(inside).any(1)
        rows = (new & uneven).nonzero().flatten()
        places = new.cumsum(0)[rows] - 1 + self.size
        alphas = torch.full((int(new.sum()),), alpha, dtype=torch.float64)
        self.parts.append((inside[new], kinds[new], places, shares[rows], alphas))
        self.known = torch.cat([self.known, keys[new]])
        self.size += int(new.sum())

    def add_own(self, ensemble: Ensemble) -> None:
        """An ensemble; one under another rule stands beside its members under this one."""
        weights = torch.zeros(1, len(self.bundle.models), dtype=torch.float64)
        places = [position(self.bundle, member) for member in ensemble.members]
        amounts = ensemble.weights or (1.0,) * len(places)
        weights[0, places] = torch.tensor(amounts, dtype=torch.float64)
        origin = ORIGINS.index("yours")
        if ensemble.rule == self.rule and not ensemble.options:
            self.add(weights, origin)
        elif all(ensemble.key != there.key for there in self.other.values()):
            self.other[self.size] = ensemble
            inside, nothing = weights > 0, torch.empty(0, weights.shape[1], dtype=torch.float64)
            kind, row = torch.tensor([origin], dtype=torch.int8), torch.empty(0, dtype=torch.int64)
            self.parts.append((inside, kind, row, nothing, torch.tensor([torch.nan]).double()))
            self.size += 1

    def add_edges(self, alpha: float, room: int) -> None:
        """Mixtures of every two models, as many as there is room for."""
        models = len(self.bundle.models)
        first, second = torch.triu_indices(models, models, 1)[:, : max(room, 0)]
        weights = torch.zeros(len(first), models, dtype=torch.float64)
        weights.scatter_(1, first[:, None], 1 - alpha).scatter_(1, second[:, None], alpha)
        self.add(weights, ORIGINS.index("edge"), alpha)

    def plan(self, most: int, notes: tuple[str, ...]) -> Plan:
        """What has grown, cut at `most` candidates."""
        inside, kinds, weighed, amounts, alpha = map(torch.cat, zip(*self.parts, strict=True))
        kept = weighed < most
        weighed, amounts = weighed[kept], amounts[kept]
        plain = torch.ones(min(len(inside), most), dtype=torch.bool)
        plain[weighed] = False
        plain[[row for row in self.other if row < most]] = False
        sizes = inside[:most].sum(1)
        counts = torch.bincount(sizes[plain], minlength=1).tolist()
        models = len(self.bundle.models)
        return Plan(
            models=self.bundle.models,
            rule=self.rule,
            membership=inside[:most],
            origin=kinds[:most],
            weighed=weighed,
            amounts=amounts,
            alpha=alpha[:most],
            other={row: one for row, one in self.other.items() if row < most},
            possible={size: comb(models, size) for size in sizes.unique().tolist()},
            taken={size: count for size, count in enumerate(counts) if count},
            notes=notes,
        )

    def _keys(self, shares: Tensor) -> Tensor:
        """A number per candidate, int64 [e]: equal shares have equal ones, others hardly ever."""
        found = torch.empty(len(shares), dtype=torch.int64)
        for start in range(0, len(shares), 1 << 16):
            some = slice(start, start + (1 << 16))
            found[some] = ((shares[some] * DIGITS).round().long() * self.marks).sum(1)
        return found


def _paths(bundle: Bundle, rule: str, split: Split | None, notes: list[str]) -> list[Tensor]:
    """The steps of forward selection as weights [steps, M]."""
    chosen = split or Split(bundle.labelled, ~bundle.labelled, "all labelled samples")
    try:
        if RULES[rule].pool is None:
            return [_by_votes(bundle, rule, chosen)]
        found = []
        for by in ("accuracy", "log_loss"):
            options = {"rounds": ROUNDS, "by": by}
            path = fit(bundle, Ensemble(bundle.models, "caruana", options), chosen).path
            places = torch.tensor([position(bundle, step.model) for step in path])
            taken = torch.nn.functional.one_hot(places, len(bundle.models))
            found.append(taken.cumsum(0).double())
        return found
    except BundleError as problem:
        notes.append(f"No greedy path: {problem}")
        return []


def _by_votes(bundle: Bundle, rule: str, split: Split) -> Tensor:
    """Forward selection by accuracy, each model once; of equals the first, float64 [steps, M]."""
    part = bundle.take((split.fit & bundle.labelled).nonzero().flatten())
    if not len(part.ids):
        raise BundleError("there is no labelled sample to select on.")
    models, path = len(bundle.models), []
    inside = torch.zeros(models, dtype=torch.bool)
    for _ in range(min(ROUNDS, models)):
        left = (~inside).nonzero().flatten()
        teams = inside | torch.eye(models, dtype=torch.bool)[left]
        reached = team_outcomes(part, teams, rule).accuracy.cpu().nan_to_num(nan=-1.0)
        inside = teams[int(reached.argmax())]
        path.append(inside)
    return torch.stack(path).double()


def _add_teams(made: _Making, all_up_to: int, per_size: int, most: int, seed: int) -> None:
    """All teams of small sizes, and random ones of others."""
    models = len(made.bundle.models)
    whole, drawn = ORIGINS.index("all teams"), ORIGINS.index("random team")
    larger = sorted({size for size in CURVE_SIZES if all_up_to < size < models} | {models})
    for size in [*range(2, min(all_up_to, models) + 1), *larger]:
        room = most - made.size
        if room <= 0:
            return
        count = comb(models, size)
        wanted = min(room, count if size <= all_up_to else per_size)
        if wanted >= count or wanted <= LOT:
            teams = teams_of_size(models, size, wanted, seed=seed)[:wanted]
            made.add(teams, whole if wanted >= count else drawn)
        else:
            _draw(made, size, wanted, seed)


def _draw(made: _Making, size: int, wanted: int, seed: int) -> None:
    """Many random teams of a size, lot by lot; fewer where there are hardly more."""
    models, end = len(made.bundle.models), made.size + wanted
    generator = torch.Generator().manual_seed(seed * 100_003 + size)
    for _ in range(MOST_LOTS * wanted // LOT + MOST_LOTS):
        number = min(LOT, end - made.size)
        if not number:
            return
        members = torch.rand(number, models, generator=generator).topk(size, dim=1).indices
        teams = torch.zeros(number, models, dtype=torch.bool).scatter_(1, members, True)
        made.add(teams, ORIGINS.index("random team"))

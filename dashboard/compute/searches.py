"""What a search of candidates depends on, and about how long it will take."""

from dataclasses import dataclass
from math import comb

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.rules import RULES
from analysis.splits import split
from analysis.teams import CURVE_SIZES
from dashboard.compute.caching import kept
from dashboard.compute.ensembles import reference, side_by_side
from dashboard.compute.fits import packed
from dashboard.compute.search_axes import Axis, axis, usable
from dashboard.fit_on import HeldOut
from dashboard.state import Choices

EDGES = (0.25, 0.75)
GROWN = 12  # rounds of growing teams, in models, as far as time is concerned
MOST = 200_000
LEAST_HALVED = 200  # labelled samples
SECONDS_PER_ANSWER = 6e-9  # of one team on one sample and class, rather too much


@dataclass(frozen=True)
class Wanted:
    """What to look for: the axes, quality first, and the candidates.

    Attributes:
        axes: names of three or four.
        every: all teams up to this size; 1: none.
        random: random teams of each larger size.
        greedy: teams that grow by the member that helps most.
        edges: uneven weights between every two models.
        halves: candidates are chosen on half of the labelled samples, and those that are best
            there reported on the other half too; where there are enough.
    """

    axes: tuple[str, ...]
    every: int = 2
    random: int = 40
    greedy: bool = True
    edges: bool = False
    halves: bool = False


@dataclass(frozen=True, eq=False)
class Setting:
    """All that a search depends on, and its bundle of the models that can take part.

    Attributes:
        pool: M models on the samples that candidates are chosen on.
        whole: the same models on all samples that are looked at.
        other: the same models on the samples that nothing was chosen on; None: there are none.
        grown: the same on the samples that growing teams are selected on; None: as the others.
        axes: A.
        rule, missing, grouping, reference: as chosen.
        wanted: what to look for.
        yours: the ensembles of the sidebar.
    """

    pool: Bundle
    whole: Bundle
    axes: tuple[Axis, ...]
    rule: str
    missing: str
    grouping: str | None
    reference: str | None
    wanted: Wanted
    yours: tuple[Ensemble, ...] = ()
    other: Bundle | None = None
    grown: Bundle | None = None

    @property
    def key(self) -> str:
        """Equal for searches that find the same."""
        yours = tuple(ensemble.key for ensemble in self.yours)
        chosen = (self.rule, self.missing, self.grouping, self.reference, self.wanted, yours)
        grown = "" if self.grown is None else self.grown.fingerprint
        return f"front/{self.pool.fingerprint}/{grown}/{chosen!r}"


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


@kept()
def _halved(_bundle: Bundle, fingerprint: str, by: str | None) -> tuple[Bundle, Bundle]:
    parts = split(_bundle, by=by)
    return tuple(_bundle.take(part.nonzero().flatten()) for part in (parts.fit, parts.held_out))


def can_be_halved(bundle: Bundle) -> bool:
    """Whether half of the labelled samples are enough to choose on, and the others to report."""
    return int(bundle.labelled.sum()) >= LEAST_HALVED


@kept()
def _fitted_on(_parts: HeldOut, key: tuple[str, bytes], models: tuple[str, ...]) -> Bundle:
    return _parts.whole.select(models).take(_parts.split.fit.nonzero().flatten())


def setting(choices: Choices, bundle: Bundle, wanted: Wanted) -> Setting:
    """A search on the samples of a bundle; teams grow on those to fit on, where there are some."""
    whole, best, parts = pool_of(choices, bundle), reference(choices), choices.held_out
    pool, other, grown = whole, None, None
    if wanted.halves and can_be_halved(whole):
        by = choices.grouping if choices.grouping in whole.groups else None
        pool, other = _halved(whole, whole.fingerprint, by)
    if parts is not None:
        grown = _fitted_on(parts, (parts.whole.fingerprint, packed(parts)), whole.models)
    yours = tuple(side_by_side(choices).values())
    return Setting(
        pool=pool,
        whole=whole,
        axes=tuple(axis(pool, name) for name in wanted.axes),
        rule=rule_of(choices),
        missing=choices.missing,
        grouping=choices.grouping,
        reference=best if best in pool.models else None,
        wanted=wanted,
        yours=tuple(one for one in yours if set(one.members) <= set(pool.models)),
        other=other,
        grown=grown,
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

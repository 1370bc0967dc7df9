"""What axes read of a pool and of its candidates, gathered once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from analysis.axis import Axis, Pool
from analysis.bundle import Bundle, position
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.gaps import judged_under
from analysis.grading import judgeable, judged
from analysis.grouping import Grouping
from analysis.kernels import label_agreement
from analysis.rules import RULES
from analysis.stand_ins import KINDS, families
from analysis.sums.piece import Missing
from analysis.tally import tally
from analysis.team_sums import TeamSums, team_sums

AGREEMENT = ("both_answered", "same")
LOSSES = tuple(need for name in ("log_loss", "brier", "ece") for need in CATALOG[name].needs)


@dataclass(frozen=True, eq=False)
class Asked:
    """Axes, and what they read.

    Attributes:
        axes: which.
        pool: tables and members.
        sums: what of `analysis.team_sums.ASKABLE` they read.
        flags: bool [F, N], the samples that they count by themselves.
        missing: as everywhere.
    """

    axes: tuple[Axis, ...]
    pool: Pool
    sums: frozenset[str]
    flags: Tensor
    missing: Missing

    def under(self, ensemble: Ensemble) -> "Asked":
        """The same for an ensemble under a rule of its own."""
        plain = RULES[ensemble.rule].weighable and not ensemble.options
        return replace(self, pool=replace(self.pool, rule=ensemble.rule if plain else ""))

    def values(self, weights: Tensor, sums: TeamSums) -> Tensor:
        """What candidates reach, float64 [E, A]."""
        if not self.axes:
            return torch.empty(len(weights), 0, dtype=torch.float64)
        return torch.stack([axis.function(self.pool, weights, sums) for axis in self.axes], 1)


def asked_of(
    bundle: Bundle,
    axes: Sequence[Axis],
    *,
    missing: Missing = "exclude",
    grouping: str | None = None,
    reference: str | None = None,
    rule: str = "",
) -> Asked:
    """What these axes read, from one walk over the samples.

    Args:
        bundle: M models.
        axes: each of which `usable_axes` allows.
        missing: as everywhere.
        grouping: column of the groups; None: the first.
        reference: a model; None: the first.
        rule: of the candidates, for axes that ask other teams.
    """
    needs = {need for axis in axes for need in axis.needs}
    names = {axis.name for axis in axes}
    tables = {axis.table for axis in axes if axis.table}
    vendi = any(name.startswith("vendi_") for name in names)
    losses = ("log_loss",) if "jensen_gap" in names else ()
    errors = ("accuracy",) if "gd" in names else ()
    wanted = {need for name in (*tables, *losses, *errors) for need in CATALOG[name].needs}
    sums = tally(bundle, wanted | (set(AGREEMENT) if vendi else set()), missing=missing)
    flags, columns = _flags(bundle, names, needs, missing, grouping, reference)
    pool = Pool(
        bundle,
        {name: value(CATALOG[name], sums) for name in tables},
        label_agreement(*(sums[name] for name in AGREEMENT)) if vendi else None,
        value(CATALOG["log_loss"], sums) if losses else None,
        1 - value(CATALOG["accuracy"], sums) if errors else None,
        _costs(bundle) if "cost" in names else None,
        columns,
        rule,
        {kind: families(bundle, kind) for kind in KINDS if kind in needs},
    )
    asked = frozenset(name for axis in axes for name in axis.asked)
    return Asked(tuple(axes), pool, asked, flags, missing)


def _costs(bundle: Bundle) -> Tensor:
    return torch.from_numpy(bundle.model_info["cost"].astype(float)).to(bundle.device)


def _flags(
    bundle: Bundle,
    names: set[str],
    needs: set[str],
    missing: Missing,
    grouping: str | None,
    reference: str | None,
) -> tuple[Tensor, dict[str, slice]]:
    """Flagged samples bool [F, N], and which of them are what."""
    parts: dict[str, Tensor] = {}
    groups = classes = None
    if "grouping" in needs:
        column: Grouping = bundle.groups[grouping or next(iter(bundle.groups))]
        groups = parts["groups"] = column.membership().T
    if names & {"macro_f1", "even_in_classes"}:
        numbers = torch.arange(len(bundle.classes), device=bundle.device)[:, None]
        classes = bundle.labels == numbers
    if "macro_f1" in names:
        parts["classes"] = classes
    if "even_in_classes" in names:
        parts["cells"] = (classes[:, None] & groups).flatten(0, 1)
    if "kept" in names:
        row = 0 if reference is None else position(bundle, reference)
        grades = bundle.grades[row : row + 1]
        known = judged_under(missing, grades, judgeable(bundle))
        parts["reference"] = torch.cat([(grades == 1) & known, known])
    columns, start = {}, 0
    for name, part in parts.items():
        columns[name] = slice(start, start + len(part))
        start += len(part)
    nothing = torch.zeros(0, len(bundle.ids), dtype=torch.bool, device=bundle.device)
    return torch.cat([nothing, *parts.values()]), columns


def of_other(asked: Asked, ensemble: Ensemble, inside: Tensor) -> tuple[Tensor, TeamSums]:
    """Weights float64 [1, M] and sums of one ensemble under a rule of its own.

    Its stability is undefined under a rule that has learned or looks at its whole team: without
    a member it would be another one.

    Args:
        asked: the axes.
        ensemble: which, ready to answer.
        inside: bool [M], its members.
    """
    bundle, device = asked.pool.bundle, asked.pool.bundle.device
    weights = inside.double()[None].to(device)
    if ensemble.weights:
        places = [position(bundle, member) for member in ensemble.members]
        weights[0, places] = torch.tensor(ensemble.weights, dtype=torch.float64, device=device)
    if RULES[ensemble.rule].weighable and not ensemble.options:
        options = {"flags": asked.flags, "missing": asked.missing}
        return weights, team_sums(bundle, weights, ensemble.rule, asked.sums, **options)
    one = combine(bundle, ensemble)
    counted = judged(bundle, one.grades, slice(None), asked.missing)
    right, flags = (one.grades == 1) & counted, asked.flags.T.double()
    losses = tally(one, LOSSES)
    nothing = torch.zeros(1, dtype=torch.int64, device=device)
    return weights, TeamSums(
        n=counted.sum(1),
        right=right.sum(1),
        agreeing=nothing,
        compared=nothing,
        scored=losses["scored"],
        loss_sum=losses["log_loss_sum"].double(),
        brier_sum=losses["brier_sum"].double(),
        bins=torch.stack([losses[name].double() for name in CATALOG["ece"].needs], 1),
        flag_n=(counted.double() @ flags).long(),
        flag_right=(right.double() @ flags).long(),
        named=_named(one),
    )


def _named(one: Bundle) -> Tensor:
    """Labelled samples on which a single model says each class, int64 [1, C]."""
    said = one.predictions[0]
    if one.labels is not None:
        said = said[(one.labels >= 0) & (said >= 0)]
    return torch.bincount(said[said >= 0].long(), minlength=len(one.classes))[None]

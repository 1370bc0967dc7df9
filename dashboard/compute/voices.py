"""Who is drawn in curves per group: members, families, the best single one, ensembles."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.confidence import confidence_in, confidence_of
from analysis.ensemble import Ensemble
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.group_curves import average
from analysis.judging import judged_answers
from dashboard.compute.ensembles import beside, combined, reference
from dashboard.rule_choice import steady_weights
from dashboard.state import Choices

ROLES = {
    "members": "Members",
    "families": "Families",
    "best": "Best single",
    "ensembles": "Ensembles",
}


@dataclass(frozen=True, eq=False)
class Voices:
    """Whose curves are drawn, as scores of samples.

    Attributes:
        names: R, of members, families ...
        roles: "member", "family", "best", "ensemble" or "beside" of each.
        slots: colour of each of its role.
        scores: float64 [R, N], right or wrong, or the share of a family that is right.
        known: bool [R, N], judged.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    slots: tuple[int, ...]
    scores: Tensor
    known: Tensor


def family_codes(bundle: Bundle, members: tuple[str, ...]) -> tuple[Tensor, tuple[str, ...]]:
    """The family of each of K members, int64 [K], and their names; none without the column."""
    column = bundle.model_info.get("family")
    if column is None:
        return torch.zeros(0, dtype=torch.int64), ()
    given = [column[bundle.models.index(member)] for member in members]
    own = ["no family" if one is None or one != one else str(one) for one in given]
    names = tuple(dict.fromkeys(own))
    return torch.tensor([names.index(name) for name in own], device=bundle.device), names


def drawn_ensembles(choices: Choices) -> list[tuple[str, str, int, Ensemble]]:
    """Name, role, slot of the colour and description of the ensembles that are shown."""
    found = [(choices.label, "ensemble", 0, choices.ensemble)]
    others = beside(choices).items()
    return found + [(name, "beside", slot, ensemble) for name, (slot, ensemble) in others]


def voices(choices: Choices, bundle: Bundle, roles: tuple[str, ...]) -> Voices:
    """Members, families, best single model and ensembles, as far as they are asked for.

    Args:
        choices: of the sidebar.
        bundle: N samples.
        roles: of `ROLES`.
    """
    members, missing = choices.ensemble.members, choices.missing
    rows = torch.tensor([bundle.models.index(name) for name in members], device=bundle.device)
    right = bundle.correct[rows].double()
    judged = judged_answers(bundle, missing)[rows]
    parts: list[tuple[str, str, int, Tensor, Tensor]] = []
    if "members" in roles:
        parts += [(m, "member", 0, right[k], judged[k]) for k, m in enumerate(members)]
    codes, families = family_codes(bundle, members)
    if "families" in roles and families:
        share, known = average(right, judged, codes, len(families))
        parts += [(f, "family", k, share[k], known[k]) for k, f in enumerate(families)]
    best = reference(choices)
    if "best" in roles and best is not None:
        place = members.index(best)
        parts.append((best, "best", 0, right[place], judged[place]))
    if "ensembles" in roles:
        for name, role, slot, ensemble in drawn_ensembles(choices):
            whole, counts = combined(bundle, ensemble), judgeable(bundle)
            known = judged_under(missing, whole.grades, counts)[0] & counts
            parts.append((name, role, slot, whole.correct[0].double(), known))
    if not parts:
        nothing = torch.zeros(0, len(bundle.ids), device=bundle.device)
        return Voices((), (), (), nothing.double(), nothing.bool())
    names, kinds, slots, scores, known = zip(*parts, strict=True)
    return Voices(names, kinds, slots, torch.stack(scores), torch.stack(known))


def confidences(choices: Choices, bundle: Bundle, found: Voices) -> Tensor:
    """How sure each of these is, float64 [R, N]; NaN where unknown; minus infinity: no answer.

    Families have none of their own.
    """
    ensembles = {name: ensemble for name, _, _, ensemble in drawn_ensembles(choices)}
    nothing = torch.full((len(bundle.ids),), torch.nan, dtype=torch.float64, device=bundle.device)
    rows = []
    for name, role in zip(found.names, found.roles, strict=True):
        sure, silent = nothing, torch.zeros_like(nothing, dtype=torch.bool)
        if role in ("member", "best"):
            own = confidence_of(bundle, name, stored=True)
            sure = nothing if own is None else own.double()
            silent = ~bundle.answered[bundle.models.index(name)]
        elif role in ("ensemble", "beside"):
            chosen = ensembles[name]
            whole = combined(bundle, chosen)
            team, weights = bundle.select(chosen.members), steady_weights(chosen) or ()
            sure = confidence_in(team, whole, weights, stored=True).double()
            silent = ~whole.answered[0]
        rows.append(torch.where(silent, -torch.inf, sure) if torch.isfinite(sure).any() else sure)
    return torch.stack(rows) if rows else nothing[None][:0]

"""Whether models have what a rule of ensembles needs."""

from collections.abc import Sequence

from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.rule import Rule
from analysis.rules import RULES


def lacking(bundle: Bundle, members: Sequence[str], rule: str) -> str | None:
    """What these members lack for a rule, and what works instead; None where they lack nothing.

    Args:
        bundle: holds the members.
        members: names.
        rule: a name in RULES.
    """
    needs = RULES[rule].needs
    without = [name for name in members if name not in bundle.probabilities]
    if needs == "probabilities" and without:
        return (
            f"The rule '{rule}' needs probabilities, and '{without[0]}' has none "
            f"({len(without)} of {len(members)} members); use plurality, or load its "
            "probabilities."
        )
    if needs == "embeddings" and bundle.embeddings is None:
        return (
            f"The rule '{rule}' looks for similar samples and needs embeddings of the samples, "
            "which are not loaded; use plurality, or load embeddings."
        )
    return None


def comparable(bundle: Bundle, member: Tensor, rule: str) -> Rule:
    """The rule, if many teams can be compared under it.

    Args:
        bundle: M models.
        member: bool [E, M], who is in each team.
        rule: its name.

    Raises:
        BundleError: another rule, a member lacks what the rule needs, or a team has no member.
    """
    if rule not in RULES or not RULES[rule].weighable:
        known = ", ".join(name for name, row in RULES.items() if row.weighable)
        raise BundleError(f"Many teams can be compared under {known}; not under '{rule}'.")
    if not bool(member.any(1).all()):
        raise BundleError("An ensemble needs at least one member; one of these teams has none.")
    used = member.any(0).tolist()
    names = [name for name, there in zip(bundle.models, used, strict=True) if there]
    if problem := lacking(bundle, names, rule):
        raise BundleError(problem)
    return RULES[rule]

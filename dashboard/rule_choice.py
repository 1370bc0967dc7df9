"""Which rules the members can answer, and how much each member counts."""

from collections.abc import Mapping, Sequence

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard.theme import count, markdown

SLIDERS = 12
MOST_WEIGHT, STEP = 3.0, 0.05
ALL_ZERO = (
    "All weights would be zero, so nobody would answer: the last weights stay. Give another "
    "member a weight first."
)


def usable(bundle: Bundle, members: Sequence[str], *, fitted: bool = False) -> list[str]:
    """Rules that these members can answer.

    Args:
        bundle: holds the members.
        members: names.
        fitted: also rules that learn on some samples, at the end; they need labels.
    """
    names = [name for name, rule in RULES.items() if rule.fit is None]
    if fitted and labelled(bundle):
        names += [name for name, rule in RULES.items() if rule.fit is not None]
    scored = all(member in bundle.probabilities for member in members)
    return [name for name in names if scored or RULES[name].needs == "predictions"]


def labelled(bundle: Bundle) -> bool:
    """Whether there are labels to fit to; grades alone say nothing of other answers."""
    return bundle.labels is not None and bool((bundle.labels >= 0).any())


def effective(bundle: Bundle, members: Sequence[str], wanted: str) -> str:
    """The rule that was chosen, or the first usable one while the members cannot answer it."""
    offered = usable(bundle, members, fitted=True)
    return wanted if wanted in offered else offered[0]


def relative(rule: str) -> str:
    """The rule itself, or for one that is fitted its nearest that is not.

    Many teams are judged at once without fitting each of them.
    """
    row = RULES[rule]
    if row.fit is None:
        return rule
    return "mean" if row.needs == "probabilities" else "plurality"


def weighable(rule: str) -> bool:
    """Whether weights by hand change what the rule answers; a fitted rule finds its own."""
    return RULES[rule].fit is None


def weighed(
    members: Sequence[str], rule: str, given: Mapping[str, float]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The members that count and their weights.

    A member without weight answers nothing and is none; where no member has a weight, or all
    have the same, they count alike.

    Args:
        members: that were chosen.
        rule: a name in RULES.
        given: {model: weight}, 1 where nothing is given.
    """
    weights = [given.get(member, 1.0) for member in members]
    if not weighable(rule) or not any(weights):
        return tuple(members), ()
    both = [(m, w) for m, w in zip(members, weights, strict=True) if w > 0]
    names, kept = zip(*both, strict=True)
    return names, () if len(set(kept)) == 1 else kept


def out_of_reach(bundle: Bundle, members: Sequence[str], wanted: str) -> list[str]:
    """What the members cannot answer, why, and what is used instead; a sentence each."""
    lacking = [member for member in members if member not in bundle.probabilities]
    said = []
    if lacking:
        names = [rule.label for rule in RULES.values() if rule.needs == "probabilities"]
        who = f"{count(len(lacking))} of {count(len(members))} members"
        which = f" ({markdown(lacking[0])})" if len(lacking) == 1 else ""
        said.append(f"Needs probabilities, which {who}{which} lack: {', '.join(names)}.")
    if not labelled(bundle):
        names = [rule.label for rule in RULES.values() if rule.fit is not None]
        said.append(f"Needs labels to be fitted to: {', '.join(names)}.")
    used = effective(bundle, members, wanted)
    if members and wanted in RULES and used != wanted:
        said.append(
            f"{RULES[wanted].label} cannot be answered by these members; {RULES[used].label} is "
            "used instead."
        )
    return said

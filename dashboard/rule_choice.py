"""Which rules the members can answer, and how much each member counts."""

from collections.abc import Mapping, Sequence

from analysis import evidence
from analysis.bundle import Bundle
from analysis.eligibility import lacking
from analysis.ensemble import Ensemble
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
        fitted: also rules that learn, at the end.
    """
    names = [name for name, rule in RULES.items() if rule.fit is None]
    if fitted:
        names += [name for name, rule in RULES.items() if rule.fit is not None]
    known = labelled(bundle)
    return [
        name
        for name in names
        if not lacking(bundle, members, name) and (known or not from_labels(name))
    ]


def from_labels(rule: str) -> bool:
    """Whether a rule has to be fitted to labels first."""
    return RULES[rule].fit is not None and RULES[rule].labelled


def labelled(bundle: Bundle) -> bool:
    """Whether there are labels to fit to; grades alone say nothing of other answers."""
    return bundle.any_label


def effective(bundle: Bundle, members: Sequence[str], wanted: str) -> str:
    """The rule that was chosen, or the first usable one while the members cannot answer it."""
    offered = usable(bundle, members, fitted=True)
    return wanted if wanted in offered else offered[0]


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
    if not RULES[rule].weighable or not any(weights):
        return tuple(members), ()
    both = [(m, w) for m, w in zip(members, weights, strict=True) if w > 0]
    names, kept = zip(*both, strict=True)
    return names, () if len(set(kept)) == 1 else kept


def out_of_reach(bundle: Bundle, members: Sequence[str], wanted: str) -> list[str]:
    """What the members cannot answer, why, and what is used instead; a sentence each."""
    without = [member for member in members if member not in bundle.probabilities]
    who = f"{count(len(without))} of {count(len(members))} members"
    which = f" ({markdown(without[0])})" if len(without) == 1 else ""
    reasons = {
        f"Needs probabilities, which {who}{which} lack": lambda name: (
            RULES[name].needs == "probabilities" and without
        ),
        "Needs embeddings of the samples": lambda name: (
            RULES[name].needs == "embeddings" and bundle.embeddings is None
        ),
        "Needs labels to be fitted to": lambda name: from_labels(name) and not labelled(bundle),
    }
    said, left = [], list(RULES)
    for reason, applies in reasons.items():
        names = [name for name in left if applies(name)]
        left = [name for name in left if name not in names]
        if names:
            said.append(f"{reason}: {', '.join(RULES[name].label for name in names)}.")
    used = effective(bundle, members, wanted)
    if members and wanted in RULES and used != wanted:
        said.append(
            f"{RULES[wanted].label} cannot be answered by these members; {RULES[used].label} is "
            "used instead."
        )
    return said


def steady_weights(ensemble: Ensemble) -> tuple[float, ...] | None:
    """The weights of the members, where these are what they count for on every sample.

    None where a member counts for more on some samples than on others: its evidence depends on
    the others, on how sure it is, or on what else was learned.
    """
    rule = RULES[ensemble.rule]
    by_sample = rule.evidence in (evidence.by_inverse_entropy, evidence.by_inverse_gini)
    if rule.joint or by_sample or ensemble.learned.tensors:
        return None
    return ensemble.weights or (1.0,) * len(ensemble.members)

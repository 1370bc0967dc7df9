"""Sentences on what size, silence and asking on bring."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import amount, count, interval, markdown, percent, shown, three_digits

SAVES = 0.99
FEW_VOTES = 5
INDEPENDENT = "Intervals take samples as independent, and are too narrow where units repeat."
NO_CONFIDENCE = (
    "Neither the ensemble nor its best member says how sure it is of any judged answer, so there "
    "is no order in which to keep silent."
)


def curves_sentence(curve: Mapping | None, cascade: Mapping, *, priced: bool) -> str:
    """What answering only the surest 80 % brings, and what asking on saves.

    Args:
        curve: the ensemble's of `compute.risk_curves`; None where it has none.
        cascade: of `compute.cascade`.
        priced: the table of models has costs.
    """
    parts = []
    if curve is not None:
        before, after = float(curve["risk"][-1]), curve["at_surest"]
        own = float(curve["coverage"][-1])
        change = "lowers" if after < before else "does not lower"
        end = f" from **{percent(before)}** to **{percent(after)}**" if after < before else ""
        parts.append(
            f"Answering only the surest 80 % {change} the error{end}"
            if np.isfinite(after)
            else f"The rule answers **{percent(own)}** of the samples and errs on "
            f"**{percent(before)}** of those"
        )
    if cascade.get("chosen") is not None:
        parts.append(_asking_on(cascade["chosen"], len(cascade["members"]), priced=priced))
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else NO_CONFIDENCE


def _asking_on(chosen: Mapping[str, float], members: int, *, priced: bool) -> str:
    everybody = percent(chosen["accuracy_of_all"])
    cost, full = amount(chosen["cost"]), amount(chosen["cost_of_all"])
    if chosen["cost"] > SAVES * chosen["cost_of_all"]:
        return (
            "asking on only where those asked so far are unsure saves next to nothing if it is to "
            f"be about as accurate as all {members} (**{everybody}**)"
        )
    price = f"a mean cost of **{cost}**" if priced else f"**{cost}** members a sample"
    return (
        "asking on only where those asked so far are unsure (confidence up to "
        f"{chosen['threshold']:.2f}) reaches **{percent(chosen['accuracy'])}** "
        f"{interval(chosen['low'], chosen['high'])} at {price} instead of {full}, with which all "
        f"{members} reach {everybody}"
    )


def unanswered(who: str, threshold: float) -> str:
    """What the samples are that one is less sure of."""
    if not np.isfinite(threshold):
        return f"{markdown(who)} has no answer"
    return f"{markdown(who)} is less sure than {threshold:.3g}"


def no_sizes(measure: str) -> str:
    """Why nothing can be drawn against the size."""
    if measure == "worst_group":
        return "No group has 20 judged samples: too few to tell which is the worst."
    return "No team can be judged on these samples."


def order_phrase(members: Sequence[str]) -> str:
    """In which order members are asked, as Plotly may draw it."""
    names = [shown(name, 14) for name in members]
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Asked in turn: {', '.join(names[:3])}{rest}"


def size_note(found: Mapping, rule: str, stand_in: str, *, weighed: bool) -> str:
    """Which teams were looked at, under which rule.

    Args:
        found: of `compute.size_values`.
        rule: label of the active rule.
        stand_in: label of the rule under which teams are compared.
        weighed: members of the active ensemble have weights.
    """
    drawn = (
        f"All teams of {found['pool']} models"
        if found["everything"]
        else f"Every model alone, and of each other size all teams or 500 random ones, of "
        f"{found['pool']} models"
    )
    alike = ", all members alike" if weighed else ""
    text = f"Size: {drawn[0].lower()}{drawn[1:]} under the rule {stand_in.lower()}{alike}"
    if rule != stand_in:
        text += (
            f", since {rule.lower()} would have to be fitted or thought through for each of them; "
            "the diamond shows the active rule"
        )
    return f"{text}. The best model is chosen and judged on the same samples: optimistic."


def silence_note(curve: Mapping | None, *, repeated: bool, steady: bool = True) -> str:
    """How to read risk against coverage.

    Args:
        curve: the ensemble's; None where it has none.
        repeated: samples share units.
        steady: each vote counts alike for all samples.
    """
    text = (
        "Silence: the surest samples are answered first, by the largest probability, or the share "
        f"{'of the votes' if steady else 'of the members that gave this answer,'} where the rule "
        "has none. AURC is the mean risk over all coverages, lower is "
        "better; equally sure samples count in expectation."
    )
    if curve is not None:
        text += (
            f" The ensemble's AURC is {three_digits(curve['excess'])} above that of a perfect "
            f"order; at 5 % risk it could answer {percent(curve['at_risk'])} (both on these same "
            "samples)."
        )
    if repeated:
        text += f" {INDEPENDENT}"
    return text


def selective_note(found: Mapping, members: int, levels: int, shown_levels: int) -> str:
    """How to read the selective vote.

    Args:
        found: of `compute.selective`.
        members: that vote.
        levels: groups of the grouping.
        shown_levels: groups whose coverage is shown.
    """
    parts = [
        "It answers where the lead of the most frequent answer would be an accident in no more "
        f"than alpha of the cases (n = {count(found['n'])})."
    ]
    if members <= FEW_VOTES:
        parts.append(f"{FEW_VOTES} votes or fewer are never enough at alpha 0.05 or less.")
    if shown_levels < levels:
        parts.append(f"Coverage is shown for the first {shown_levels} of {levels} groups.")
    return " ".join([*parts, found["warning"]]).strip()


def cost_note(cascade: Mapping, *, priced: bool) -> str:
    """What the cost counts, and what was chosen on which half.

    Args:
        cascade: of `compute.cascade`, without a problem.
        priced: the table of models has costs.
    """
    counts = (
        "costs are those of models.csv"
        if priced
        else "no costs are known (column cost of models.csv), so each member costs 1"
    )
    order = " The order too was chosen there." if cascade["halved"] else ""
    return (
        f"Cost: {counts}. The threshold in the sentence on top is the cheapest that comes within "
        f"half a point of everybody on one half ({cascade['split']}), judged on the other.{order}"
    )


def window_note(found: Mapping, target: str) -> str:
    """What the window is, what it was fitted on, and what that promises."""
    lo, hi = found["window"]
    return (
        f"Tuned for {target} on {count(found['n_fit'])} samples, judged on "
        f"{count(found['n'])} others, so the target can be missed. The cascade asks on only where "
        f"the confidence is in [{lo:.2f}, {hi:.2f}], ten percentage points of the samples on "
        "either side of the threshold: elsewhere more members would hardly change what is "
        "accepted."
    )

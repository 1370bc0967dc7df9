"""Sentences about one ensemble: its outcomes, its members, and what it learned."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard import silence_words
from dashboard.plots.members import member_kinds
from dashboard.theme import DASH, count, interval, markdown, p_value, percent

SILENT = (
    "The rule may keep silent: a member is judged here only where the ensemble answers both with "
    "and without it, not by how often it lets the ensemble answer."
)


def ledger_sentence(found: Mapping, silence: Mapping[str, float] | None = None) -> str:
    """What the six outcomes add up to, with the cases against the majority set apart.

    Args:
        found: an entry of the JSON's "ensembles".
        silence: as `compute.silence`; None for a rule that always answers.
    """
    if "outcomes" not in found:
        return ""
    outcomes = found["outcomes"]
    silent = "" if silence is None else silence_words.left_out(found, silence)
    return (
        f"{silent}The ensemble is right on {count(found['right'])} of {count(found['n'])}: "
        f"{count(outcomes['kept'])} that every member has right (kept), "
        f"{count(outcomes['corrected'])} that some have wrong (corrected), of all right ones "
        f"**{count(found['corrected_against_majority'])}** against the majority of its members, "
        f"and {count(outcomes['rescued'])} that nobody has right (rescued). It is wrong on "
        f"{count(outcomes['missed'])} that nobody has right (missed), "
        f"{count(outcomes['spoiled'])} that some have right (spoiled) and "
        f"{count(outcomes['overruled'])} that all have right (overruled). "
        f"At least one member is right on {percent(found['oracle_accuracy'])} (oracle accuracy)."
    )


def compared_sentence(found: Mapping) -> str:
    """What the ensemble corrects and breaks of what it is compared with.

    Args:
        found: as `compute.judged_beside`.
    """
    if "outcomes" not in found:
        return ""
    name = found["reference"]
    who = "the plurality of its members" if name is None else markdown(name)
    part = percent(found["recovered_fraction"])
    way = "" if part == DASH else f" It goes {part} of the way from there to the oracle."
    return (
        f"Compared with {who}, the ensemble puts **{count(found['corrections'])}** right "
        f"(corrections) and **{count(found['regressions'])}** wrong (regressions; "
        f"{p_value(found['mcnemar_p'])}, exact McNemar test).{way}"
    )


def members_sentence(
    names: Sequence[str], table: Mapping[str, np.ndarray], *, abstains: bool = False
) -> str:
    """Who helps the ensemble for sure, who harms it, and about how many one cannot tell.

    Args:
        names: M members.
        table: as `compute.member_table`.
        abstains: the rule may keep silent.
    """
    known = np.isfinite(table["gain"])
    if len(names) == 1:
        return "A single member cannot be left out."
    if not known.any():
        return (
            "No sample is judged both with and without a member, so nobody can tell who helps."
            + (f" {SILENT}" if abstains else "")
        )
    kinds = member_kinds(table)
    helps, harms = np.flatnonzero(kinds == "helps"), np.flatnonzero(kinds == "harms")
    open_ = int(known.sum()) - len(helps) - len(harms)
    parts = [SILENT] if abstains else []
    if len(helps):
        best = helps[np.argmax(table["gain"][helps])]
        parts.append(
            f"{_some_members(len(helps), len(names))} help{'s' if len(helps) == 1 else ''}, most "
            f"of all {markdown(names[best])} ({100 * table['gain'][best]:+.1f} points)."
        )
    if len(harms):
        worst = harms[np.argmin(table["gain"][harms])]
        parts.append(
            f"{_some_members(len(harms), len(names))} harm{'s' if len(harms) == 1 else ''}, most "
            f"of all {markdown(names[worst])} ({100 * table['gain'][worst]:+.1f} points)."
        )
    if open_:
        without = (
            "Whether the others help"
            if len(helps) + len(harms)
            else "Whether any single member helps"
        )
        parts.append(f"{without} cannot be told on these samples.")
    return " ".join(parts)


def _some_members(number: int, total: int) -> str:
    return f"{number} of {total} members"


def beside_sentence(
    name: str, who: str, judged: Mapping, difference: tuple[float, float, float]
) -> str:
    """One line on an ensemble beside the active one: accuracy and the difference to it.

    Args:
        name: under which it was kept.
        who: its rule and members, in words.
        judged: an entry of the JSON's "ensembles".
        difference: of its accuracy to that of the active one, low and high.
    """
    if "outcomes" not in judged:
        return f"**{markdown(name)}** ({who}) cannot be judged here."
    value, low, high = (100 * end for end in difference)
    quiet = f", silent on {count(judged['abstained'])} samples" if judged["abstained"] else ""
    return (
        f"**{markdown(name)}** ({who}): {percent(judged['accuracy'])} "
        f"{interval(*judged['accuracy_interval'])}{quiet}, {value:+.1f} points "
        f"[{low:.1f}, {high:.1f}] against the active ensemble on the same samples."
    )


def optimism_sentence(found: Mapping[str, Mapping[str, float]], name: str) -> str:
    """How much better a fitted ensemble looks on what it was fitted on.

    Args:
        found: as `compute.optimism` gives it.
        name: of the ensemble.
    """
    fitted, others, apart = (found[part] for part in ("fitted", "others", "difference"))
    if not fitted["n"] or not others["n"]:
        return ""
    points, low, high = (100 * apart[end] for end in ("difference", "low", "high"))
    return (
        f"{markdown(name)}: on the samples it was fitted on it has "
        f"{percent(fitted['accuracy'])}, on the others "
        f"**{percent(others['accuracy'])}** {interval(others['low'], others['high'])}: "
        f"{points:.1f} points of optimism [{low:.1f}, {high:.1f}]."
    )


def learned_sentence(taken: int, candidates: int, n: int) -> str:
    """How many of the members a fitted ensemble took."""
    rest = candidates - taken
    others = f"; the other {count(rest)} got no weight" if rest else ""
    return f"Fitted on {count(n)} samples, it took {count(taken)} of {count(candidates)}{others}."

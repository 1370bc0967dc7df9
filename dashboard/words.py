"""Sentences with numbers: the answer before any chart."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.ensemble import Ensemble
from analysis.rules import RULES
from dashboard import silence_words
from dashboard.theme import (
    count,
    interval,
    markdown,
    p_value,
    percent,
    plain_interval,
    three_digits,
)

RULE_PHRASES = {
    "plurality": "plurality vote",
    "mean": "mean",
    "geometric": "geometric mean",
    "weighted": "fitted weighted mean",
}


def rule_phrase(rule: str) -> str:
    """A rule inside a sentence; its label where nobody has found a better word."""
    if rule in RULE_PHRASES or rule not in RULES:
        return RULE_PHRASES.get(rule, rule)
    return RULES[rule].label[0].lower() + RULES[rule].label[1:]


def ensemble_name(ensemble: Ensemble, name: str = "") -> str:
    """Rule and number of members: "The mean of 30 models"; after its name, where it has one."""
    members = len(ensemble.members)
    models = "model" if members == 1 else "models"
    fitted = ensemble.rule in RULES and RULES[ensemble.rule].fit is not None
    by_hand = "weighted " if ensemble.weights and not fitted else ""
    what = f"{by_hand}{rule_phrase(ensemble.rule)} of {members} {models}"
    return f"{markdown(name)} (the {what})" if name else f"The {what}"


def verdict(
    found: Mapping,
    best: Mapping[str, float],
    selected: int | None = None,
    who: str = "",
    silence: Mapping[str, float] | None = None,
) -> str:
    """Is the ensemble worth it, and on what: two sentences of Markdown.

    Args:
        found: the judged ensemble (an entry of the JSON's "ensembles").
        best: accuracy, low and high of the reference model.
        selected: how many samples are selected, when the figures are about them only.
        who: the ensemble in words, as Markdown; its rule and members where nothing is said.
        silence: as `compute.silence`; None for a rule that always answers.

    Returns:
        Markdown; names in it are escaped.
    """
    who = who or ensemble_name(Ensemble(tuple(found["members"]), found["rule"]))
    if selected is not None:
        who = who.replace("The ", "the ", 1) if who.startswith("The ") else who
        who = f"Within the selection (n = {count(selected)}), {who}"
    if silence is not None and not silence["answered"] and silence["asked"]:
        return silence_words.verdict(found, silence, who)
    if "outcomes" not in found:
        return f"{who} cannot be judged here: no sample has both a label and an answer."
    low, high = found["accuracy_interval"]
    reference = markdown(found["reference"])
    rescued = found["outcomes"]["rescued"]
    saved = f"**{count(rescued)}** {'was' if rescued == 1 else 'were'} right although no member was"
    first = (
        f"{who} is right on **{percent(found['accuracy'])}** {interval(low, high)}; its best "
        f"member {reference} on {percent(best['accuracy'])} {interval(best['low'], best['high'])}."
    )
    if silence is not None:
        first = silence_words.verdict(found, silence, who)
    return (
        f"{first} It is right on **{count(found['corrections'])}** samples that {reference} gets "
        f"wrong (corrections) and wrong on **{count(found['regressions'])}** that {reference} gets "
        f"right (regressions; {p_value(found['mcnemar_p'])}, exact McNemar test). {saved} "
        "(rescued)."
    )


def nested(inner: str, outer: str) -> str:
    """A pick inside a selection: both descriptions, the outer one only when it is short."""
    return f"{inner}, within: {outer}" if len(outer) < 90 else f"{inner}, within the last selection"


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 model, 2,000 models."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{count(number)} {noun if number == 1 else plural}"


def within(selected: int | None, total: int) -> str:
    """How many samples a figure is about, and that they are the selection."""
    if selected is None:
        return f"n = {count(total)}"
    return f"within the selection, n = {count(selected)} of {count(total)}"


def overlap(column: str, sizes: int, samples: int) -> str:
    """Why the sizes of groups that overlap add up to more than the samples."""
    return (
        f"A sample may have several values of {markdown(column)} and counts in the group of each: "
        f"{count(samples)} samples, but sizes that add up to {count(sizes)}."
    )


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names of many as Markdown: a, b, c and 4 more."""
    text = ", ".join(markdown(name) for name in names[:most])
    return text + (f" and {len(names) - most} more" if len(names) > most else "")


def pair_sentence(found: Mapping[str, np.ndarray], names: Sequence[str], label: str) -> str:
    """Mean of a pair measure and its two extremes, with their intervals where they are known.

    Args:
        found: "matrix" [M, M], and "low" and "high" where intervals were made.
        names: M.
        label: of the measure.
    """
    matrix = found["matrix"]
    off = ~np.eye(len(names), dtype=bool)
    if np.array_equal(matrix, matrix.T, equal_nan=True):
        off = np.triu(off)
    rows, columns = np.nonzero(off)
    values = matrix[rows, columns]
    known = np.isfinite(values)
    if not known.any():
        return f"{label} is undefined for every pair here."
    rows, columns, values = rows[known], columns[known], values[known]

    def pair(place: int) -> str:
        i, j = rows[place], columns[place]
        ends = plain_interval(found["low"][i, j], found["high"][i, j]) if "low" in found else ""
        return (
            f"{markdown(names[i])} and {markdown(names[j])} "
            f"({three_digits(float(values[place]))}{' ' + ends if ends else ''})"
        )

    undefined = int((~known).sum())
    skipped = f" ({count(undefined)} pairs undefined, skipped)" if undefined else ""
    text = f"{label} of two models is **{three_digits(float(values.mean()))}** on average{skipped}"
    if len(values) == 1:
        return f"{label} of {pair(0)}."
    return (
        f"{text}, highest between {pair(int(values.argmax()))}, lowest between "
        f"{pair(int(values.argmin()))}."
    )


def uneven(together: np.ndarray) -> bool:
    """Whether some pairs have more samples behind them than others."""
    off = together[~np.eye(len(together), dtype=bool)]
    return bool(len(off)) and bool(off.min() != off.max())


def diversity_sentence(column: str, levels: Sequence[str], found: Mapping[str, np.ndarray]) -> str:
    """In which group the samples differ most from each other, and in which least.

    Args:
        column: the grouping.
        levels: G names.
        found: "n" samples drawn and "vendi" [G], the effective number of different ones.
    """
    known = np.flatnonzero(np.isfinite(found["vendi"]))
    if len(known) < 2:
        return ""
    most = int(known[found["vendi"][known].argmax()])
    least = int(known[found["vendi"][known].argmin()])

    n, name = count(int(found["n"][most])), markdown(column)
    low, high = (three_digits(float(found["vendi"][place])) for place in (least, most))
    return (
        f"By their embeddings, {n} samples where {name} is {markdown(levels[least])} are as varied "
        f"as **{low}** that have nothing in common, and {n} where it is {markdown(levels[most])} "
        f"as **{high}** (Vendi score)."
    )


def group_sentence(
    column: str,
    levels: Sequence[str],
    table: Mapping[str, np.ndarray],
    best: int,
    who: str,
    *,
    least: int = 20,
) -> str:
    """Where the ensemble is best and worst, and whether the gap is wider than the best member's.

    Args:
        column: the grouping.
        levels: G names.
        table: accuracy, low, high, n [K + 1, G] and gap [K + 1]; the ensemble is the last row.
        best: row of the best member.
        who: the ensemble in words.
        least: groups with fewer judged samples are left out.
    """
    rate, n = table["accuracy"][-1], table["n"][-1]
    large = np.flatnonzero(np.isfinite(rate) & (n >= least))
    if len(large) < 2:
        return no_groups(column, n, least)
    low, high = large[int(rate[large].argmin())], large[int(rate[large].argmax())]

    def level(place: int) -> str:
        ends = interval(float(table["low"][-1, place]), float(table["high"][-1, place]))
        return (
            f"**{percent(float(rate[place]))}** {ends} where {markdown(column)} is "
            f"{markdown(levels[place])} (n = {count(int(n[place]))})"
        )

    small = int((n < least).sum())
    fewer = f"fewer than {count(least)} samples"
    left_out = f" {counted(small, 'level')} of {fewer} left out." if small else ""
    single = _gap(table, best, least)
    beside = f"; the best member's gap is {100 * single:.1f} points" if single == single else ""
    return (
        f"{who} is right on {level(high)} and on {level(low)}: a gap of "
        f"**{100 * float(rate[high] - rate[low]):.1f} points**{beside}.{left_out}"
    )


def _gap(table: Mapping[str, np.ndarray], row: int, least: int) -> float:
    """Best minus worst group of a model among those that are large enough; NaN without two."""
    rate = table["accuracy"][row][table["n"][row] >= least]
    rate = rate[np.isfinite(rate)]
    return float(rate.max() - rate.min()) if len(rate) else float("nan")


def no_groups(column: str, n: np.ndarray, least: int) -> str:
    """Why the levels of a column cannot be compared, as Markdown."""
    filled = n[n > 0]
    if len(filled) == 1:
        return (
            f"All judged samples have the same value of {markdown(column)}, so there is nothing "
            "to compare. Choose another grouping, or make one, in the sidebar."
        )
    if len(filled) and filled.max() == 1:
        return (
            f"Every level of {markdown(column)} holds a single judged sample, so there is nothing "
            "to compare: it names the samples. Numbers can be cut into ranges in the sidebar."
        )
    return (
        f"Fewer than two levels of {markdown(column)} have {count(least)} judged samples: "
        "too few to compare."
    )

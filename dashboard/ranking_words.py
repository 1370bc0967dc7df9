"""Sentences with numbers for the page Rankings."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import amount, count, markdown, percent, shortened
from dashboard.words import counted, listed

RULES = {
    "mean": "mean accuracy",
    "borda": "Borda",
    "kemeny": "Kemeny",
    "bradley_terry": "Bradley-Terry",
}
HELP = (
    "Mean accuracy: every task counts the same, and large gaps count more. Borda: how many others "
    "a model beats in each task (average ranks). Kemeny: the order that contradicts the fewest "
    "wins. Bradley-Terry: a strength per model, so that a win against a strong one is worth more."
)
GAPS = {
    "cells": "Compare where both were measured",
    "models": "Leave models with gaps out",
}
TIES = {"drop": "A tie counts for nobody", "both": "A tie is a win each way"}


def over(found: Mapping, noun: str) -> str:
    """What is ranked over, in words."""
    tasks = len(found["tasks"])
    return f"{counted(tasks, noun)}, each counting the same" if tasks else "single samples"


def first_sentence(found: Mapping, names: Sequence[str], rule: str, noun: str) -> str:
    """Who is first by a rule, how sure that is, and what the other rules say."""
    main = found["rules"][rule]
    leads = leaders(main["rank"])
    if not len(leads):
        return f"By {RULES[rule]} nobody can be ranked: no two models were compared."
    over_what = f"Over {over(found, noun)}"
    if len(leads) > 1:
        who = listed([names[row] for row in leads])
        first = f"{over_what}, **{count(len(leads))} models tie for the first place** by "
        first += f"{RULES[rule]}: {who}."
    else:
        row = leads[0]
        sure = _sure(main, row)
        first = f"{over_what}, **{markdown(names[row])}** is first by {RULES[rule]}{sure}."
    return f"{first} {_others(found, names, rule, leads)}"


def leaders(rank: np.ndarray) -> np.ndarray:
    """Rows with the best rank."""
    if not np.isfinite(rank).any():
        return np.zeros(0, dtype=int)
    return np.flatnonzero(rank <= np.nanmin(rank) + 1e-9)


def _sure(main: Mapping, row: int) -> str:
    if not np.isfinite(main["low"][row]):
        return ""
    ends = f"[{main['low'][row]:.3g}, {main['high'][row]:.3g}]"
    text = f": first in **{percent(float(main['first'][row]))}** of the draws, rank 1 {ends}"
    near = main["alike"][row]
    if not np.isfinite(near):
        return text
    if not near:
        return f"{text}, and told apart from every other model"
    models = "model" if near == 1 else "models"
    return f"{text}, and not told apart from {count(int(near))} other {models}"


def _others(found: Mapping, names: Sequence[str], rule: str, leads: np.ndarray) -> str:
    same, other = [], []
    for name, one in found["rules"].items():
        if name == rule:
            continue
        here = leaders(one["rank"])
        if np.array_equal(here, leads):
            same.append(RULES[name])
        elif len(here):
            chance = one["first"][here[0]]
            sure = f" ({percent(float(chance))} of its draws)" if np.isfinite(chance) else ""
            other.append(f"{RULES[name]} puts {listed([names[row] for row in here], 2)}{sure}")
    agree = f"{_and(same)} {'says' if len(same) == 1 else 'say'} the same" if same else ""
    return f"{'; '.join(part for part in (agree, *other) if part)}{' first' if other else ''}."


def _and(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def turned_sentence(found: Mapping, names: Sequence[str], rule: str) -> str:
    """Which pairs stand the other way round than by the mean."""
    one = found["rules"][rule]
    taking = int(np.isfinite(found["rules"]["mean"]["rank"]).sum())
    pairs = taking * (taking - 1) // 2
    if not one["turned_pairs"]:
        return f"{RULES[rule]} turns no pair of the {counted(pairs, 'pair')} of the mean."
    better, worse = (names[row] for row in one["turned"][0])
    chance = one["turned_chance"][0]
    sure = f" (in {percent(float(chance))} of the draws)" if np.isfinite(chance) else ""
    clear = f", {count(one['turned_often'])} of them in most draws" if np.isfinite(chance) else ""
    return (
        f"{RULES[rule]} turns **{count(one['turned_pairs'])}** of {counted(pairs, 'pair')}{clear}: "
        f"most surely it puts {markdown(worse)} ahead of {markdown(better)}{sure}."
    )


def footnote(found: Mapping, asked: Mapping[str, str], noun: str, empty: int) -> str:
    """Policies, intervals, and what was left out."""
    parts = []
    if found["left_out"]:
        parts.append(
            f"{counted(len(found['left_out']), noun)} with fewer samples left out: "
            f"{', '.join(shortened(level, 24) for level in found['left_out'][:4])}"
            f"{' ...' if len(found['left_out']) > 4 else ''}."
        )
    if empty and asked["gaps"] == "cells":
        parts.append(
            f"{counted(empty, 'cell')} {'is' if empty == 1 else 'are'} empty: an empty cell is no "
            "comparison, and the mean is over what a model has, which is unfair where the gaps are "
            "in hard tasks."
        )
    elif asked["gaps"] == "models":
        parts.append("Models with an empty cell are left out.")
    parts.append(f"Bradley-Terry: {TIES[asked['ties']][0].lower()}{TIES[asked['ties']][1:]}.")
    if found["prior"]:
        parts.append(
            "The wins alone do not settle the strengths (somebody always wins or always loses), so "
            "0.01 wins each way were added to every pair."
        )
    parts.append(_kemeny(found["kemeny"]))
    parts.append(_draws(found))
    if not found["tasks"]:
        parts.append(
            "Over single samples without gaps mean, Borda and Kemeny are one and the same order."
        )
    return markdown(" ".join(parts), 4000)


def _kemeny(best: Mapping) -> str:
    cost = f"contradicts {amount(best['cost'])} wins"
    if best["exact"]:
        orders = counted(best["optima"], "optimal order")
        return f"Kemeny: all orders compared, {orders}, which {cost}."
    end = "" if best["settled"] else " (stopped before its end)"
    return f"Kemeny: local search from Borda's order{end}, so perhaps not the best; it {cost}."


def _draws(found: Mapping) -> str:
    if found["note"]:
        return found["note"]
    draws = {RULES[name]: one["draws"] for name, one in found["rules"].items()}
    number = found["rules"]["mean"]["draws"]
    fewer = [
        f"{count(made)} for {name}" if made else f"none for {name}"
        for name, made in draws.items()
        if made != number
    ]
    what = counted(found["units"], found["unit"])
    wide = f" ({', '.join(fewer)}: so many models)" if fewer else ""
    return (
        f"Intervals: {count(number)} bootstrap draws of {what}{wide}. Told apart: 95 % sure of all "
        "pairs together."
    )

"""Sentences and tables on what to label next."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.theme import count, markdown
from dashboard.words import counted

GOALS = {
    "accuracy": "How accurate the ensemble is",
    "pair": "Which of two models is better",
    "training": "Lower error by training on more",
}


def split_sentence(
    found: Mapping, column: str, levels: Sequence[str], budget: int, goal: str, pair
) -> str:
    """Where the labels go, and what that gains over labelling in proportion."""
    best = int(np.argmax(found["split"] - found["even"]))
    now, split, even = (100 * found[name] for name in ("error_now", "error_split", "error_even"))
    what = (
        "the accuracy of the ensemble"
        if goal == "accuracy"
        else f"the difference of {markdown(pair[0])} and {markdown(pair[1])}"
    )
    which = "new samples" if found["new"] else "samples without a label"
    total, most = (count(int(number)) for number in (found["split"].sum(), found["split"][best]))
    return (
        f"Of **{total}** {which}, **{most}** "
        f"where {markdown(column)} is {markdown(levels[best])}: the standard error of {what} is "
        f"then about {split:.2f} points, against {even:.2f} when the groups are labelled in "
        f"proportion to their size and {now:.2f} now."
    )


def split_assumption(found: Mapping, goal: str) -> str:
    """What the split takes for granted."""
    spread = (
        "being right varies within a group as in what is labelled there (one right and one wrong "
        "answer added)"
        if goal == "accuracy"
        else "the difference can only lie where the two give different answers; their share bounds "
        "the variance and needs no labels"
    )
    pool = (
        "Every sample here has a label, so the budget is for new samples of the same groups."
        if found["new"]
        else "No group gets more than it has without a label."
    )
    return (
        f"Neyman's split: labels in proportion to size and spread. Assumed: samples are drawn at "
        f"random within a group; {spread}. What is labelled already counts. {pool}"
    )


def curve_sentence(
    found: Mapping, column: str, levels: Sequence[str], budget: int, amount: str
) -> str:
    """Where more training samples lower the error most."""
    best = int(np.argmax(found["split"]))
    return (
        f"Of {counted(budget, 'training sample')}, **{count(int(found['split'][best]))}** where "
        f"{markdown(column)} is {markdown(levels[best])}: its error falls fastest for its size "
        f"(power {found['power'][best]:.2f}, R2 {found['fit'][best]:.2f}, "
        f"{counted(found['models'], 'model')} by {markdown(amount)})."
    )


def curve_assumption(amount: str) -> str:
    """What the split by learning curves takes for granted."""
    epochs = (
        " Only epochs are known: a pass over the data is taken for as many new samples as are "
        "here, which promises too much."
        if amount == "epoch"
        else ""
    )
    return (
        "Assumed: the error of a group is a power of the training samples of that group alone "
        "(error = scale * samples ** -power), the same for all models, and the groups have the "
        f"same shares in training as here.{epochs} Models of different recipes blur the curves."
    )


def split_table(found: Mapping, levels: Sequence[str]) -> pd.DataFrame:
    """Groups as rows, most labels first."""
    order = np.argsort(-found["split"], kind="stable")
    columns = {"group": [levels[place] for place in order.tolist()], "size": found["size"][order]}
    names = {
        "labelled": "labelled",
        "spread": "spread",
        "power": "power",
        "fit": "R2",
        "split": "label next",
        "even": "in proportion",
    }
    for name, title in names.items():
        if name in found:
            columns[title] = found[name][order]
    return pd.DataFrame(columns)


def telling_sentence(found: Mapping, pair: tuple[str, str]) -> str:
    """On how many samples the two differ, and which are listed."""
    which = "samples without a label" if found["unlabelled"] else "samples (all have a label)"
    if not found["n"]:
        return f"{markdown(pair[0])} and {markdown(pair[1])} agree on all {which}."
    return (
        f"{markdown(pair[0])} and {markdown(pair[1])} differ on **{count(found['n'])}** {which}; "
        f"the {count(len(found['rows']))} most different are listed, whoever is right "
        f"(maximum discrepancy). {found['note']}"
    )

"""Groups: whom ensembles help and harm, how votes are spread, what errors depend on."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from dashboard import compute, group_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import group_bars, group_dots, matrix
from dashboard.plots import where as where_plots
from dashboard.theme import Palette, shown


def net_effects(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Net effect of the active ensemble and those beside it per group."""
    column = choices.grouping
    tables = compute.effects_beside(choices, bundle, column)
    slots, levels = compute.slots(choices), bundle.groups[column].levels
    drawn = where_plots.drawn_levels(next(iter(tables.values())))
    reference = compute.reference(choices)
    return group_dots.net_effects(
        levels,
        [(name, slots.get(name), table) for name, table in tables.items()],
        drawn,
        column=column,
        reference=reference,
        subtitle=f"Corrections minus regressions per 100 samples against {shown(reference)}, 95 % "
        f"interval; {within(choices, bundle)}" + group_words.left_out(len(levels) - len(drawn)),
        palette=palette,
    )


def vote_scores(
    choices: Choices, bundle: Bundle, score: str, least: int, palette: Palette
) -> go.Figure | str:
    """How the members' votes are spread in each group."""
    column = choices.grouping
    table = compute.group_votes(choices, bundle, column, least)[score]
    levels, drawn = bundle.groups[column].levels, group_dots.drawn_scores(table, least)
    return group_dots.score_dots(
        levels,
        table,
        drawn,
        column=column,
        title=f"Where the members disagree, by {shown(column, 24)}",
        axis=group_words.SCORE_AXES[score],
        least=least,
        share=score != "entropy",
        subtitle=f"{group_words.SCORES[score]}, mean and 95 % interval; {within(choices, bundle)}"
        + group_words.left_out(int(np.isfinite(table["mean"]).sum()) - len(drawn)),
        palette=palette,
    )


def standing_apart(
    choices: Choices, bundle: Bundle, least: int, palette: Palette
) -> go.Figure | str:
    """How often each member differs from the others in each group."""
    column = choices.grouping
    found = compute.group_votes(choices, bundle, column, least)
    levels = bundle.groups[column].levels
    drawn = group_dots.drawn_scores(found["disagreement"], least)
    members = choices.ensemble.members
    more = len(members) - group_bars.MOST_ROWS
    return group_bars.standing_apart(
        found["apart"],
        found["others"],
        members,
        levels,
        drawn,
        column=column,
        subtitle="Share of the other members' answers to the same samples that differ from its "
        f"own; {within(choices, bundle)}"
        + (f". {more} more members not drawn" if more > 0 else ""),
        palette=palette,
    )


def rank_agreement(
    choices: Choices, bundle: Bundle, kind: str, least: int, palette: Palette
) -> go.Figure | str:
    """Whether models come in the same order in every two groups."""
    column = choices.grouping
    found = compute.rank_agreement(choices, bundle, column, least)
    if found is None:
        return "The order of the models needs two groups and two models that are judged in them."
    names = [bundle.groups[column].levels[at] for at in found["groups"].tolist()]
    n = found["n"]
    return matrix.pair_heatmap(
        found[kind.lower()],
        np.minimum(n[:, None], n),
        names,
        np.arange(len(names)),
        label=f"{kind} of {len(found['models'])} models",
        bounds=(-1.0, 1.0),
        undefined="all models are equal in one of them",
        title="Do the same models win everywhere?",
        subtitle=f"{kind} rank correlation of the accuracies of {len(found['models'])} models in "
        "two groups; 1: the same order, 0: unrelated; noise alone keeps it below 1; "
        f"{within(choices, bundle)}",
        palette=palette,
    )


def dependences(choices: Choices, bundle: Bundle, what: str, palette: Palette) -> go.Figure | str:
    """How far errors or answers depend on groupings and on two of them at once."""
    return group_bars.dependence_bars(
        compute.dependences(choices, bundle, what),
        what=what,
        subtitle=f"Distance correlation with each grouping and each two crossed, "
        f"{within(choices, bundle)}. Grey: not clear.",
        palette=palette,
    )

"""Groups: whom ensembles help and harm, how votes are spread, what errors depend on."""

import numpy as np

from dashboard import compute, group_options, group_words, words
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import group_bars, group_dots, matrix
from dashboard.plots import where as where_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown, shown


def net_effects(choices: Choices, panel: str) -> None:
    """Net effect of the active ensemble and those beside it per group; a pick selects it."""
    bundle, column = compute.scope(choices, panel), choices.grouping
    tables = compute.effects_beside(choices, bundle, column)
    slots, levels = compute.slots(choices), bundle.groups[column].levels
    drawn = where_plots.drawn_levels(next(iter(tables.values())))
    reference = compute.reference(choices)
    figure = group_dots.net_effects(
        levels,
        [(name, slots.get(name), table) for name, table in tables.items()],
        drawn,
        column=column,
        reference=reference,
        subtitle=f"Corrections minus regressions per 100 samples against {shown(reference)}, 95 % "
        f"interval; {within(choices, panel)}" + group_words.left_out(len(levels) - len(drawn)),
        palette=palette(),
    )
    chart(figure, panel, f"Net effect by {column}", _pick, choices)


def vote_scores(choices: Choices, score: str, panel: str) -> None:
    """How the members' votes are spread in each group; a pick selects it."""
    bundle, column, least = compute.scope(choices, panel), choices.grouping, group_options.least()
    table = compute.group_votes(choices, bundle, column, least)[score]
    levels, drawn = bundle.groups[column].levels, group_dots.drawn_scores(table, least)
    figure = group_dots.score_dots(
        levels,
        table,
        drawn,
        column=column,
        title=f"Where the members disagree, by {shown(column, 24)}",
        axis=group_words.SCORE_AXES[score],
        least=least,
        share=score != "entropy",
        subtitle=f"{group_words.SCORES[score]}, mean and 95 % interval; {within(choices, panel)}"
        + group_words.left_out(int(np.isfinite(table["mean"]).sum()) - len(drawn)),
        palette=palette(),
    )
    chart(figure, panel, f"{group_words.SCORES[score]} by {column}", _pick, choices)


def _pick(points, panel: str, choices: Choices) -> None:
    grouping = choices.bundle.groups[choices.grouping]
    chosen = where_plots.decode_cells(points, len(grouping.levels))
    rows = np.flatnonzero(grouping.within(chosen).cpu().numpy())
    names = words.listed([grouping.levels[place] for place in chosen])
    said = f"{markdown(choices.grouping)} is {names}"
    levels = [grouping.levels[place] for place in chosen]
    select_within(rows, panel, said, any_of(choices.grouping, levels))


def standing_apart(choices: Choices, panel: str) -> None:
    """How often each member differs from the others in each group."""
    bundle, column, least = compute.scope(choices, panel), choices.grouping, group_options.least()
    found = compute.group_votes(choices, bundle, column, least)
    levels = bundle.groups[column].levels
    drawn = group_dots.drawn_scores(found["disagreement"], least)
    members = choices.ensemble.members
    more = len(members) - group_bars.MOST_ROWS
    figure = group_bars.standing_apart(
        found["apart"],
        found["others"],
        members,
        levels,
        drawn,
        column=column,
        subtitle="Share of the other members' answers to the same samples that differ from its "
        f"own; {within(choices, panel)}" + (f". {more} more members not drawn" if more > 0 else ""),
        palette=palette(),
    )
    chart(figure, panel, f"Members that differ from the others by {column}")


def rank_agreement(choices: Choices, kind: str, panel: str) -> None:
    """Whether models come in the same order in every two groups."""
    bundle, column = compute.scope(choices, panel), choices.grouping
    found = compute.rank_agreement(choices, bundle, column, group_options.least())
    names = [bundle.groups[column].levels[at] for at in found["groups"].tolist()]
    n = found["n"]
    figure = matrix.pair_heatmap(
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
        f"{within(choices, panel)}",
        palette=palette(),
    )
    chart(figure, panel, f"Rank correlation of models between the levels of {column}")


def dependences(choices: Choices, what: str, panel: str) -> None:
    """How far errors or answers depend on groupings and on two of them at once."""
    bundle = compute.scope(choices, panel)
    figure = group_bars.dependence_bars(
        compute.dependences(choices, bundle, what),
        what=what,
        subtitle=f"Distance correlation with each grouping and each two crossed, "
        f"{within(choices, panel)}. Grey: not clear.",
        palette=palette(),
    )
    chart(figure, panel, f"What the {what} of the ensemble depend on")

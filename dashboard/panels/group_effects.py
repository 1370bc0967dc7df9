"""Groups: whom ensembles help and harm, how votes are spread, what errors depend on."""

import numpy as np

from dashboard import compute, group_options, group_words, words
from dashboard.figures import group_effects as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import where as where_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown


def net_effects(choices: Choices, panel: str) -> None:
    """Net effect of the active ensemble and those beside it per group; a pick selects it."""
    figure = build.net_effects(choices, compute.scope(choices, panel), palette())
    chart(figure, panel, f"Net effect by {choices.grouping}", _pick, choices)


def vote_scores(choices: Choices, score: str, panel: str) -> None:
    """How the members' votes are spread in each group; a pick selects it."""
    figure = build.vote_scores(
        choices, compute.scope(choices, panel), score, group_options.least(), palette()
    )
    chart(figure, panel, f"{group_words.SCORES[score]} by {choices.grouping}", _pick, choices)


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
    figure = build.standing_apart(
        choices, compute.scope(choices, panel), group_options.least(), palette()
    )
    chart(figure, panel, f"Members that differ from the others by {choices.grouping}")


def rank_agreement(choices: Choices, kind: str, panel: str) -> None:
    """Whether models come in the same order in every two groups."""
    figure = build.rank_agreement(
        choices, compute.scope(choices, panel), kind, group_options.least(), palette()
    )
    chart(figure, panel, f"Rank correlation of models between the levels of {choices.grouping}")


def dependences(choices: Choices, what: str, panel: str) -> None:
    """How far errors or answers depend on groupings and on two of them at once."""
    figure = build.dependences(choices, compute.scope(choices, panel), what, palette())
    chart(figure, panel, f"What the {what} of the ensemble depend on")

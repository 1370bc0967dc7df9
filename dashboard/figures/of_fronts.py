"""Families of figures about candidate teams and their fronts."""

from functools import partial

import numpy as np
import pandas as pd

from analysis.front_quality import exclusive_contribution, hypervolume
from analysis.pareto import non_dominated
from dashboard import compute, front_tables
from dashboard.choosing import Choices
from dashboard.compute.candidates import Candidates
from dashboard.compute.fronts import by_group
from dashboard.compute.searches import Setting
from dashboard.figures import front, front_search
from dashboard.figures.family import Built, Family, Settings
from dashboard.theme import LIGHT


def _axes(choices: Choices) -> tuple[str, ...]:
    found = front_search.searched(choices)
    return () if isinstance(found, str) else tuple(axis.name for axis in found[0].axes)


def _projection(axes: tuple[int, int], choices: Choices, settings: Settings) -> Built:
    found = front_search.searched(choices)
    if isinstance(found, str):
        return found
    return front.projection(choices, settings.samples(choices), *found, axes, None, LIGHT)


def _on_front(choices: Choices, settings: Settings) -> pd.DataFrame:
    _, found = front_search.searched(choices)
    return front_tables.front(found, compute.front_of(found), None)


def _in_space(choices: Choices, settings: Settings) -> Built:
    found = front_search.searched(choices)
    if isinstance(found, str):
        return found
    return front.in_space(choices, settings.samples(choices), *found, None, LIGHT)


def _in_parallel(choices: Choices, settings: Settings) -> Built:
    found = front_search.searched(choices)
    return found if isinstance(found, str) else front.in_parallel(found[1], LIGHT)


def _equal_losses(choices: Choices, settings: Settings) -> Built:
    found = front_search.searched(choices, front_search.LOSSES)
    if isinstance(found, str):
        return found
    return front.equal_losses(choices, settings.samples(choices), *found, None, LIGHT)


def _shared(choices: Choices, settings: Settings) -> Built:
    pair = front_search.searched(choices)
    if isinstance(pair, str):
        return pair
    asked, found = pair
    rows = compute.front_of(found).rows
    if not len(rows):
        return "No candidate is known on all axes, so there is no front."
    shares = compute.brushed(asked, found, np.sort(rows))[0]
    figure = front.shared_models(found, shares, len(rows), LIGHT)
    told = figure.layout.title.subtitle.text.replace("marked candidates", "candidates on the front")
    return figure.update_layout(title_subtitle_text=told)


def fronts_of_groups(choices: Choices, asked: Setting, found: Candidates) -> dict:
    """One front per level of the grouping."""
    active = compute.active_row(choices, asked, found)
    return by_group(asked, found, choices.grouping, active, lambda *_: None)


def _group_volumes(choices: Choices, settings: Settings) -> Built:
    pair = front_search.searched(choices)
    if isinstance(pair, str):
        return pair
    asked, found = pair
    if compute.expected_groups(asked, found) > front_search.LONGEST:
        return "A front per group takes too long here; see the page Front."
    table = fronts_of_groups(choices, asked, found)
    if not len(table["n"]):
        return "No level of the grouping is large enough for a front of its own."
    return front.group_volumes(
        choices, settings.samples(choices), found, table, choices.grouping, LIGHT
    )


FRONT = (non_dominated, hypervolume, exclusive_contribution)
FAMILIES = (
    Family(
        "front-diversity",
        "Quality against diversity",
        "fronts",
        "Candidate teams by quality and diversity, with the front.",
        partial(_projection, (1, 0)),
        ("labels", "two models"),
        _on_front,
        _axes,
        FRONT,
    ),
    Family(
        "front-consistency",
        "Quality against consistency",
        "fronts",
        "Candidate teams by quality and consistency, with the front.",
        partial(_projection, (2, 0)),
        ("labels", "two models"),
        measures=_axes,
        methods=FRONT,
    ),
    Family(
        "front-both",
        "Diversity against consistency",
        "fronts",
        "Candidate teams by diversity and consistency, with the front.",
        partial(_projection, (1, 2)),
        ("labels", "two models"),
        measures=_axes,
        methods=FRONT,
        in_report=False,
    ),
    Family(
        "front-space",
        "The three axes at once",
        "fronts",
        "Candidate teams on quality, diversity and consistency in space.",
        _in_space,
        ("labels", "two models"),
        measures=_axes,
        methods=FRONT,
        in_report=False,
    ),
    Family(
        "front-parallel",
        "The front on parallel axes",
        "fronts",
        "Each candidate of the front as a line over all axes.",
        _in_parallel,
        ("labels", "two models"),
        measures=_axes,
        methods=FRONT,
    ),
    Family(
        "front-losses",
        "Lines of equal loss",
        "fronts",
        "Mean loss of the members against the Jensen gap of teams.",
        _equal_losses,
        ("labels", "probabilities"),
        measures=("log_loss", "jensen_gap"),
        in_report=False,
    ),
    Family(
        "front-shared",
        "Members on the front",
        "fronts",
        "How often each model is a member of the candidates on the front.",
        _shared,
        ("labels", "two models"),
        measures=_axes,
        methods=FRONT,
    ),
    Family(
        "front-groups",
        "A front per group",
        "fronts",
        "The hypervolume of the front of every group.",
        _group_volumes,
        ("labels", "two models", "groups"),
        measures=_axes,
        methods=FRONT,
        interval="bars: 95 % of the bootstrap draws",
        in_report=False,
    ),
)

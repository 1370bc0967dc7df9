"""The Front page: projections of candidates, and what is beside them."""

import numpy as np
import streamlit as st

from analysis.rules import RULES
from dashboard import brush, compute, front_words, kept, state
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import front as plots
from dashboard.plots import front_groups, front_more, front_outlines
from dashboard.plots.models import decode_models
from dashboard.state import Choices
from dashboard.theme import count, markdown

SOURCE = "front"


def ruler(found: Candidates, place: int) -> plots.Ruler:
    """An axis as it is drawn."""
    axis = found.axes[place]
    return plots.Ruler(axis.label, axis.direction, axis.share, axis.sense == "max")


def projection(
    choices: Choices, asked: Setting, found: Candidates, axes: tuple[int, int], panel: str
) -> None:
    """Candidates on two axes; a click makes one the active ensemble, a box or lasso marks some."""
    x, y = axes
    rulers = (ruler(found, x), ruler(found, y))
    title = f"{rulers[1].label} against {rulers[0].label.lower()}"
    figure = plots.projection(
        found.values[:, x],
        found.values[:, y],
        rulers,
        _drawn(choices, asked, found, panel, axes),
        title=title,
        subtitle=_subtitle(choices, asked, found),
        palette=palette(),
    )
    chart(
        figure,
        panel,
        title,
        _pick_candidate,
        found,
        axes,
        modes=("points", "box", "lasso"),
        brush=_brush_candidates,
    )


def _subtitle(choices: Choices, asked: Setting, found: Candidates) -> str:
    label = RULES[asked.rule].label
    samples = within(choices, SOURCE)
    if found.others:
        samples = f"n = {count(found.samples)} of {count(found.samples + found.others)} samples"
    return f"{label}, {samples}, {count(len(found.values))} candidates."


def _drawn(
    choices: Choices,
    asked: Setting,
    found: Candidates,
    panel: str,
    axes: tuple[int, int] | None = None,
) -> plots.Drawn:
    front, known = compute.front_of(found), brush.marked(found.key)
    brushed = None
    if known is not None and known[1] != panel:
        brushed = np.zeros(len(found.values), dtype=bool)
        brushed[known[0]] = True
    active = compute.active_row(choices, asked, found)
    return plots.Drawn(
        kinds=found.kinds,
        sizes=found.sizes,
        on_front=front.on_front,
        texts=lambda rows: front_words.hover(found, front, rows),
        names=front_words.short_names(found, front),
        active=active,
        brushed=brushed,
        marks=() if axes is None else _marks(choices, found, axes),
    )


def _marks(choices: Choices, found: Candidates, axes: tuple[int, int]) -> list[plots.Mark]:
    """The ensembles beside the active one."""
    told = []
    for name, (slot, ensemble) in compute.beside(choices).items():
        row = compute.row_of(found, ensemble)
        if row is not None:
            told.append((name, *found.values[row, list(axes)].tolist(), slot))
    return told


def _pick_candidate(points, panel: str, found: Candidates, axes: tuple[int, int]) -> None:
    row = plots.decode_candidate(points)
    if row is None or row >= len(found.values):
        return
    chosen = found.plan.ensemble(row)
    if len(chosen.members) == 1:
        state.pick_models(chosen.members, panel)
        return
    state.set_members(chosen.members)
    weights = chosen.weights or (1.0,) * len(chosen.members)
    kept.set_weights(dict(zip(chosen.members, weights, strict=True)))
    state.put("rule", chosen.rule)


def _brush_candidates(event, panel: str, found: Candidates, axes: tuple[int, int]) -> None:
    x, y = (found.values[:, place] for place in axes)
    brush.mark(np.flatnonzero(front_outlines.outlined(event, x, y)), found.key, panel)


def select_corrected(rows: np.ndarray, candidates: int) -> None:
    """Select the samples that most of the marked candidates correct, rows of what is looked at."""
    current = state.narrowing(SOURCE)
    rows = rows if current is None else current.positions[rows]
    select_within(rows, SOURCE, f"corrected by most of {candidates} marked candidates")


def equal_losses(choices: Choices, asked: Setting, found: Candidates, panel: str) -> None:
    """Mean member loss against the Jensen gap, with lines of equal loss of the ensemble."""
    names = [axis.name for axis in found.axes]
    loss, gap = (found.values[:, names.index(name)] for name in ("log_loss", "jensen_gap"))
    if not np.isfinite(loss + gap).any():
        return
    figure = front_more.equal_losses(
        loss,
        gap,
        _drawn(choices, asked, found, panel),
        subtitle=_subtitle(choices, asked, found),
        palette=palette(),
    )
    chart(figure, panel, "Lines of equal loss", _pick_candidate, found, (1, 0))


def in_parallel(found: Candidates, panel: str) -> None:
    """The front over all axes."""
    front = compute.front_of(found)
    rows = front.rows[: front_more.MOST_LINES]
    if not len(rows):
        return
    figure = front_more.in_parallel(
        found.values[rows],
        [ruler(found, place) for place in range(len(found.axes))],
        subtitle=f"{count(len(rows))} of {count(len(front.rows))} candidates on the front, better "
        "always on top; drag along an axis to keep a part.",
        palette=palette(),
    )
    chart(figure, panel, "The front on all axes")


def in_space(choices: Choices, asked: Setting, found: Candidates, panel: str) -> None:
    """Candidates on the first three axes."""
    figure = front_more.in_space(
        found.values[:, :3],
        [ruler(found, place) for place in range(3)],
        _drawn(choices, asked, found, panel),
        subtitle=_subtitle(choices, asked, found),
        palette=palette(),
    )
    chart(figure, panel, "The three axes at once")


def shared_models(found: Candidates, shares: np.ndarray, teams: int, panel: str) -> None:
    """Which members the marked candidates share; a click offers to add or remove the model."""
    figure = front_groups.shared_models(shares, found.models, teams, palette=palette())
    chart(figure, panel, "Members that they share", _pick_shared, found.models)


def _pick_shared(points, panel: str, names: tuple[str, ...]) -> None:
    state.pick_models([names[row] for row in decode_models(points, len(names))], panel)


def group_volumes(
    choices: Choices, found: Candidates, table: dict, column: str, panel: str
) -> None:
    """Hypervolume of the front of every group; picking one selects its samples."""
    grouping = choices.bundle.groups[column]
    levels = [grouping.levels[int(level)] for level in table["level"]]
    reference = ", ".join(front_words.said(axis, axis.reference) for axis in found.axes)
    figure = front_groups.group_volumes(
        levels,
        table,
        column=column,
        subtitle=f"Hypervolume above ({reference}), {count(int(table['compared']))} candidates, "
        f"{within(choices, SOURCE)}, bars: 95 % of the draws.",
        palette=palette(),
    )
    chart(figure, panel, f"Fronts by {column}", _pick_group, choices, table, column)


def _pick_group(points, panel: str, choices: Choices, table: dict, column: str) -> None:
    row = plots.decode_candidate(points)
    if row is None or row >= len(table["level"]):
        return
    grouping, level = choices.bundle.groups[column], int(table["level"][row])
    rows = np.flatnonzero(grouping.within([level]).cpu().numpy())
    text = f"{markdown(column)} is {markdown(grouping.levels[level])}"
    select_within(rows, SOURCE, text)


def warnings(found: Candidates) -> None:
    """What is odd about the candidates."""
    for sentence in front_words.warnings(found, compute.front_of(found)):
        st.caption(sentence)

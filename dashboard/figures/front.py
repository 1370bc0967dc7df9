"""The Front page: projections of candidates, and what is beside them."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, front_words
from dashboard.choosing import Choices
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.figures.told import within
from dashboard.plots import front as plots
from dashboard.plots import front_groups, front_more
from dashboard.theme import Palette, count


def ruler(found: Candidates, place: int) -> plots.Ruler:
    """An axis as it is drawn."""
    axis = found.axes[place]
    return plots.Ruler(axis.label, axis.direction, axis.share, axis.sense == "max")


def title_of(found: Candidates, axes: tuple[int, int]) -> str:
    """What a projection is called."""
    x, y = axes
    return f"{found.axes[y].label} against {found.axes[x].label.lower()}"


def projection(
    choices: Choices,
    bundle: Bundle,
    asked: Setting,
    found: Candidates,
    axes: tuple[int, int],
    brushed: np.ndarray | None,
    palette: Palette,
) -> go.Figure | str:
    """Candidates on two axes."""
    x, y = axes
    rulers = (ruler(found, x), ruler(found, y))
    return plots.projection(
        found.values[:, x],
        found.values[:, y],
        rulers,
        _drawn(choices, asked, found, brushed, axes),
        title=title_of(found, axes),
        subtitle=_subtitle(choices, bundle, asked, found),
        palette=palette,
    )


def equal_losses(
    choices: Choices,
    bundle: Bundle,
    asked: Setting,
    found: Candidates,
    brushed: np.ndarray | None,
    palette: Palette,
) -> go.Figure | str:
    """Mean member loss against the Jensen gap, with lines of equal loss of the ensemble."""
    names = [axis.name for axis in found.axes]
    if not {"log_loss", "jensen_gap"} <= set(names):
        return "The lines of equal loss need log loss and Jensen gap among the axes."
    loss, gap = (found.values[:, names.index(name)] for name in ("log_loss", "jensen_gap"))
    if not np.isfinite(loss + gap).any():
        return "No candidate has a log loss and a Jensen gap."
    return front_more.equal_losses(
        loss,
        gap,
        _drawn(choices, asked, found, brushed),
        subtitle=_subtitle(choices, bundle, asked, found),
        palette=palette,
    )


def in_parallel(found: Candidates, palette: Palette) -> go.Figure | str:
    """The front over all axes."""
    front = compute.front_of(found)
    rows = front.rows[: front_more.MOST_LINES]
    if not len(rows):
        return "No candidate is known on all axes, so there is no front."
    return front_more.in_parallel(
        found.values[rows],
        [ruler(found, place) for place in range(len(found.axes))],
        subtitle=f"{count(len(rows))} of {count(len(front.rows))} candidates on the front, better "
        "always on top; drag along an axis to keep a part.",
        palette=palette,
    )


def in_space(
    choices: Choices,
    bundle: Bundle,
    asked: Setting,
    found: Candidates,
    brushed: np.ndarray | None,
    palette: Palette,
) -> go.Figure | str:
    """Candidates on the first three axes."""
    return front_more.in_space(
        found.values[:, :3],
        [ruler(found, place) for place in range(3)],
        _drawn(choices, asked, found, brushed),
        subtitle=_subtitle(choices, bundle, asked, found),
        palette=palette,
    )


def shared_models(
    found: Candidates, shares: np.ndarray, teams: int, palette: Palette
) -> go.Figure | str:
    """Which members the marked candidates share."""
    return front_groups.shared_models(shares, found.models, teams, palette=palette)


def group_volumes(
    choices: Choices, bundle: Bundle, found: Candidates, table: dict, column: str, palette: Palette
) -> go.Figure | str:
    """Hypervolume of the front of every group."""
    grouping = choices.bundle.groups[column]
    levels = [grouping.levels[int(level)] for level in table["level"]]
    reference = ", ".join(front_words.said(axis, axis.reference) for axis in found.axes)
    return front_groups.group_volumes(
        levels,
        table,
        column=column,
        subtitle=f"Hypervolume above ({reference}), {count(int(table['compared']))} candidates, "
        f"{within(choices, bundle)}, bars: 95 % of the draws.",
        palette=palette,
    )


def _subtitle(choices: Choices, bundle: Bundle, asked: Setting, found: Candidates) -> str:
    label = RULES[asked.rule].label
    samples = within(choices, bundle)
    if found.others:
        samples = f"n = {count(found.samples)} of {count(found.samples + found.others)} samples"
    return f"{label}, {samples}, {count(len(found.values))} candidates."


def _drawn(
    choices: Choices,
    asked: Setting,
    found: Candidates,
    brushed: np.ndarray | None,
    axes: tuple[int, int] | None = None,
) -> plots.Drawn:
    front = compute.front_of(found)
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

"""What every member thinks of one sample: its probabilities of the classes in play."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, percent, shown

MOST_CLASSES = 6
UNLIKE_OUTCOMES = (0, 3, 6, 5, 4, 7)  # colours of levels that are no green and no orange
REST = "all other classes"


def classes_in_play(
    table: np.ndarray, label: int, answer: int, *, most: int = MOST_CLASSES
) -> np.ndarray:
    """The classes worth showing: the label, the ensemble's answer, then the most probable ones.

    Args:
        table: float [K, C], NaN rows where a member has no probabilities.
        label: class index, -1 = none.
        answer: of the ensemble, -1 = none.
        most: classes.

    Returns:
        int [c], the label and the answer first.

    Example:
        >>> classes_in_play(np.array([[0.5, 0.2, 0.3]]), 1, 0, most=2).tolist()
        [1, 0]
    """
    first = list(dict.fromkeys(place for place in (label, answer) if place >= 0))
    known = table[np.isfinite(table).all(1)]
    mean = known.mean(0) if len(known) else np.zeros(table.shape[1])
    order = [place for place in np.argsort(-mean, kind="stable").tolist() if place not in first]
    wanted = [place for place in order if mean[place] > 0]
    return np.array([*first, *wanted][:most], dtype=int)


def member_probabilities(
    names: Sequence[str],
    table: np.ndarray,
    shown_classes: np.ndarray,
    classes: Sequence[str],
    label: int,
    answer: int,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """One bar per member, parted by class; the ensemble on top.

    Args:
        names: rows, the ensemble first.
        table: float [K, C], NaN rows are left empty.
        shown_classes: int [c], classes that get a part of their own.
        classes: C names.
        label: class index, -1 = none.
        answer: of the ensemble, -1 = none.
        subtitle: what is seen.
        palette: colours.

    Returns:
        A figure.
    """
    figure = go.Figure()
    places = np.arange(len(names))
    colours = _colours(shown_classes, label, answer, palette)
    rest = 1 - table[:, shown_classes].sum(1)
    parts = [*(table[:, place] for place in shown_classes), rest]
    titles = [shown(classes[place]) for place in shown_classes] + [REST]
    for place, colour, values, name in zip(
        [*shown_classes.tolist(), -1], [*colours, palette.grid], parts, titles, strict=True
    ):
        if name == REST and not (np.nan_to_num(values) > 5e-4).any():
            continue
        role = " (label)" if place == label and place >= 0 else ""
        figure.add_bar(
            x=values,
            y=places,
            orientation="h",
            name=name + role,
            marker={"color": colour, "line": {"width": 0.5, "color": palette.surface}},
            text=[f"{v:.0%}" if v > 0.12 else "" for v in np.nan_to_num(values)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertext=[
                f"<b>{shown(who)}</b><br>{name}{role}: {percent(float(v))}"
                for who, v in zip(names, values, strict=True)
            ],
            hoverinfo="text",
        )
    height = min(190 + 24 * len(names), 900)
    title = "How probable each member finds the classes"
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_layout(barmode="stack", dragmode=False, legend={"traceorder": "normal"})
    figure.update_xaxes(title="Probability", tickformat=".0%", range=[0, 1])
    ticks = {"tickvals": places, "ticktext": [shown(name, 30) for name in names]}
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], tickmode="array", **ticks)
    return figure


def _colours(classes: np.ndarray, label: int, answer: int, palette: Palette) -> list[str]:
    """The label is as green as a correction, a wrong answer as orange as a spoiled sample."""
    others = iter(palette.levels[place] for place in UNLIKE_OUTCOMES)
    return [
        palette.outcomes["corrected"]
        if place == label
        else palette.outcomes["spoiled"]
        if place == answer and label >= 0
        else next(others, palette.muted)
        for place in classes.tolist()
    ]

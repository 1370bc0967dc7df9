"""Few words beside few marks, where they hide no other mark and no other word."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import Palette

WIDTH, HEIGHT = 430, 300  # pixels of the plot area, about
LETTER, LINE = 6.2, 15  # pixels
AWAY = (16, 30, 46, 64, 84, 106, 130)  # pixels from the mark
SIDES = 16
MARK = 7  # half the size of one, in pixels


def add_names(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[tuple[int, str]],
    ends: tuple[tuple[float, float], tuple[float, float]],
    palette: Palette,
) -> None:
    """Name these marks, each where it hides least, with a thin line to its mark.

    Args:
        figure: gets annotations.
        x: float [E]; those that are drawn are finite on both axes.
        y: float [E].
        names: (row, few words).
        ends: of what the plot shows, on x and on y.
        palette: colours.
    """
    spans = [max(high - low, 1e-12) for low, high in ends]
    shown = np.isfinite(x) & np.isfinite(y)
    across = (x - ends[0][0]) / spans[0] * WIDTH
    up = (y - ends[1][0]) / spans[1] * HEIGHT
    marks = np.stack([across[shown], up[shown]], 1)
    taken = np.empty((0, 4))
    for row, name in names:
        if not shown[row]:
            continue
        here, half = (across[row], up[row]), LETTER * len(name) / 2
        spots = _spots(half)
        boxes = np.stack(
            [
                here[0] + spots[:, 0] - half,
                here[0] + spots[:, 0] + half,
                here[1] + spots[:, 1] - LINE / 2,
                here[1] + spots[:, 1] + LINE / 2,
            ],
            1,
        )
        best = int(_costs(boxes, marks, taken).argmin())
        taken = np.concatenate([taken, boxes[best : best + 1]])
        figure.add_annotation(
            x=float(x[row]),
            y=float(y[row]),
            ax=float(spots[best, 0]),
            ay=-float(spots[best, 1]),
            text=name,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=palette.member,
            standoff=MARK,
            borderpad=1,
            font={"size": 11, "color": palette.text},
        )


def _spots(half: float) -> np.ndarray:
    """Middles of a word around its mark, the nearest first, float [S, 2]."""
    angle = np.arange(SIDES) * 2 * np.pi / SIDES
    away = np.array(AWAY)[:, None]
    # A word is wide: beside its mark its middle has to be farther off than above it.
    return np.stack([(away + half) * np.cos(angle), away * np.sin(angle) + 0 * away], 2).reshape(
        -1, 2
    )


def _costs(boxes: np.ndarray, marks: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """How much each place hides, float [S]; among those that hide as much the nearest first."""
    left, right, low, high = boxes.T[:, :, None]
    hidden = (
        (marks[:, 0] > left - MARK)
        & (marks[:, 0] < right + MARK)
        & (marks[:, 1] > low - MARK)
        & (marks[:, 1] < high + MARK)
    ).sum(1)
    others = (
        (taken[:, 0] < right) & (taken[:, 1] > left) & (taken[:, 2] < high) & (taken[:, 3] > low)
    ).sum(1)
    outside = (boxes[:, 0] < 0) | (boxes[:, 1] > WIDTH) | (boxes[:, 2] < 0) | (boxes[:, 3] > HEIGHT)
    nearness = np.arange(len(boxes)) / len(boxes)
    return np.minimum(hidden, 40) + 30.0 * others + 1000.0 * outside + nearness

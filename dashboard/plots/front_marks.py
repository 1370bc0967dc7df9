"""Single marks on a projection of candidates, and the rulers of its axes."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import BESIDE_SYMBOLS, Palette, percent, shown, three_digits

Mark = tuple[str, float, float, int | None]


@dataclass(frozen=True)
class Ruler:
    """One axis as it is drawn: its name, "higher is better", and how its values are written."""

    label: str
    direction: str
    share: bool
    higher: bool

    @property
    def title(self) -> str:
        """What stands at the axis."""
        return f"{self.label}, {self.direction}"

    def said(self, value: float) -> str:
        """A value in words."""
        return percent(value) if self.share else three_digits(value)


def add_active(figure: go.Figure, x: float, y: float, palette: Palette) -> None:
    """A ring around the active ensemble."""
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name="active one",
        hoverinfo="skip",
        marker={
            "symbol": "diamond-open",
            "size": 20,
            "color": palette.ensemble,
            "line": {"width": 3},
        },
    )


def add_mark(figure: go.Figure, mark: Mark, rulers: tuple[Ruler, Ruler], palette: Palette) -> None:
    """An ensemble of its own kind, as a diamond in its colour."""
    name, x, y, slot = mark
    if not (np.isfinite(x) and np.isfinite(y)):
        return
    said = "<br>".join(
        f"{ruler.label.lower()} {ruler.said(value)}"
        for ruler, value in zip(rulers[::-1], (y, x), strict=True)
    )
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=shown(name, 34),
        marker={
            "symbol": "diamond" if slot is None else BESIDE_SYMBOLS[slot],
            "size": 16,
            "color": palette.ensemble if slot is None else palette.beside[slot],
            "line": {"width": 1.5, "color": palette.text},
        },
        hovertext=[f"<b>{shown(name)}</b><br>{said}"],
        hoverinfo="text",
    )


def part_the_lane(figure: go.Figure, lane: float, edge: float, palette: Palette) -> None:
    """A line between the single models on the left and the teams, and a word for the lane."""
    figure.add_vline(x=edge, line={"color": palette.grid, "width": 1})
    figure.add_annotation(
        x=lane,
        y=0.0,
        yref="paper",
        text="alone",
        showarrow=False,
        yanchor="bottom",
        font={"size": 11, "color": palette.member},
    )

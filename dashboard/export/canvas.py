"""The sheet that a figure is drawn on: sizes in pixels of the screen, letters, places of axes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache

import matplotlib as mpl
import numpy as np
import plotly.graph_objects as go
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, blended_transform_factory

from dashboard.export.presets import Preset
from dashboard.export.texts import wrapped

FAMILIES = {
    "sans-serif": ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"),
    "serif": ("Times New Roman", "Times", "Liberation Serif", "DejaVu Serif"),
    "monospace": ("Courier New", "Liberation Mono", "DejaVu Sans Mono"),
}
SCREEN = 12  # pixels of the letters that a preset's size stands for


@cache
def families(font: str) -> list[str]:
    """Installed families for a font, the first ones preferred; there is always one."""
    installed = set(font_manager.get_font_names())
    wanted = [*FAMILIES.get(font, (font, *FAMILIES["sans-serif"])), "DejaVu Sans"]
    return [name for name in dict.fromkeys(wanted) if name in installed]


@lru_cache(4096)
def _ems(word: str, weight: str, family: tuple[str, ...]) -> float:
    """Width of a word as a multiple of the size of its letters; the same word is measured once."""
    font = font_manager.FontProperties(family=list(family), size=100, weight=weight)
    renderer = FigureCanvasAgg(Figure(figsize=(1, 1), dpi=72)).get_renderer()
    return renderer.get_text_width_height_descent(word, font, False)[0] / 100


@dataclass
class Canvas:
    """A sheet of paper and what is on it.

    Attributes:
        sheet: Matplotlib's figure, 72 dots per inch, so that a dot is a point.
        source: the flat Plotly figure.
        preset: size and letters.
        px: points per pixel of the screen.
        axes: {(name of x axis, name of y axis): axes}.
        categories: {name of axis: {category: place}}.
        later: what can only be drawn when the axes have their final size.
        bars: colour bars to draw beside the axes.
        crowded: how large names of rows are, as a share of what was asked for.
    """

    sheet: Figure
    source: go.Figure
    preset: Preset
    px: float
    axes: dict[tuple[str, str], Axes] = field(default_factory=dict)
    categories: dict[str, dict] = field(default_factory=dict)
    later: list[Callable[[], None]] = field(default_factory=list)
    bars: list[tuple[go.Figure, object, object]] = field(default_factory=list)
    stacks: dict[tuple, np.ndarray] = field(default_factory=dict)
    crowded: float = 1.0
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @classmethod
    def of(cls, source: go.Figure, preset: Preset, height: float, px: float) -> "Canvas":
        """An empty sheet as wide as the preset says, height in points."""
        sheet = Figure(dpi=72, facecolor="white")
        FigureCanvasAgg(sheet)
        canvas = cls(sheet, source, preset, px)
        canvas.resize(preset.width_mm / 25.4 * 72, height)
        return canvas

    def resize(self, width: float, height: float) -> None:
        """Make the sheet so many points large, rounded to whole dots of the picture."""
        dots = [round(points / 72 * self.preset.dpi) + 1e-3 for points in (width, height)]
        self.sheet.set_size_inches(*(one / self.preset.dpi for one in dots))

    @property
    def width(self) -> float:
        """Of the sheet, in points."""
        return self.sheet.get_figwidth() * 72

    @property
    def height(self) -> float:
        """Of the sheet, in points."""
        return self.sheet.get_figheight() * 72

    @property
    def renderer(self):
        """What measures texts."""
        return self.sheet.canvas.get_renderer()

    def text_width(self, text: str, size: float, weight: str = "normal") -> float:
        """Of a line in points; size in pixels."""
        family = tuple(mpl.rcParams["font.family"])
        blank = _ems("x x", weight, family) - 2 * _ems("x", weight, family)
        words = text.split(" ")
        wide = sum(_ems(word, weight, family) for word in words if word)
        return (wide + blank * (len(words) - 1)) * size * self.px

    def fitted(self, text: str, width: float, size: float, weight: str = "normal") -> str:
        """The text in lines no wider than so many points."""
        return wrapped(text, width, lambda line: self.text_width(line, size, weight))

    def line(self, size: float) -> float:
        """Height of a line of letters of so many pixels, in points."""
        return 1.27 * size * self.px

    def write(self, x: float, y: float, text: str, size: float, **options) -> Text:
        """Letters on the sheet, x and y in points from its lower left."""
        return self.sheet.text(
            x / self.width, y / self.height, text, fontsize=size * self.px, **options
        )

    def place(self, left: float, bottom: float, right: float, top: float) -> None:
        """Put all axes where their domains say within this box, in points."""
        self.box = (left, bottom, right, top)
        wide, tall = right - left, top - bottom
        for (x, y), axes in self.axes.items():
            across = self.source.layout[x].domain or (0, 1)
            up = self.source.layout[y].domain or (0, 1)
            axes.set_position((
                (left + across[0] * wide) / self.width,
                (bottom + up[0] * tall) / self.height,
                (across[1] - across[0]) * wide / self.width,
                (up[1] - up[0]) * tall / self.height,
            ))  # fmt: skip

    def pixels(self, axes: Axes) -> tuple[float, float]:
        """Width and height of axes, in pixels of the screen."""
        box = axes.get_position()
        return box.width * self.width / self.px, box.height * self.height / self.px

    def located(self, x: str, y: str):
        """(axes, transform) for references as "x", "y2 domain" or "paper"."""
        names = []
        for reference, letter in ((x, "x"), (y, "y")):
            plain = reference.replace(" domain", "")
            names.append(letter + "axis" + (plain[1:] if plain != "paper" else ""))
        axes = self.axes.get((names[0], names[1]))
        if axes is None:
            near = [one for key, one in self.axes.items() if names[0] in key or names[1] in key]
            axes = (near or list(self.axes.values()))[0]
        parts = [
            axes.transAxes if "domain" in reference else
            self.paper() if reference == "paper" else axes.transData
            for reference in (x, y)
        ]  # fmt: skip
        same = parts[0] is parts[1]
        return axes, parts[0] if same else blended_transform_factory(*parts)

    def paper(self):
        """The transform of "paper" coordinates: 0 to 1 within the box of all axes."""
        left, bottom, right, top = self.box
        wide, tall = self.width, self.height
        scaled = Affine2D().scale((right - left) / wide, (top - bottom) / tall)
        return scaled.translate(left / wide, bottom / tall) + self.sheet.transFigure

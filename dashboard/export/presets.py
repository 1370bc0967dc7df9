"""How large a figure is written, and with which letters."""

from dataclasses import dataclass, replace

FONTS = ("sans-serif", "serif", "monospace")


@dataclass(frozen=True)
class Preset:
    """Size and letters of a written figure; colours are always those of the light theme.

    Attributes:
        name: as it is offered.
        width_mm: of the picture.
        height_mm: of the picture with its caption; None for as tall as the figure needs.
        dpi: of PNG, and of what is drawn as pixels inside PDF and SVG.
        font: family; "sans-serif", "serif", "monospace" or an installed one.
        size: of axis names, in points; titles are larger, captions as large.
        greyscale: greys only, with another marker, dash or hatch for each trace.
        raster: draw points of WebGL traces as pixels, for small files of many points.

    >>> PRESETS["single column"].sized(height_mm=60).height_mm
    60
    """

    name: str
    width_mm: float
    height_mm: float | None = None
    dpi: int = 300
    font: str = "sans-serif"
    size: float = 7
    greyscale: bool = False
    raster: bool = False

    def sized(self, **changes) -> "Preset":
        """The same with some of its attributes changed."""
        return replace(self, **changes)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("single column", 89),
        Preset("double column", 183),
        Preset("slide", 254, 142.9, dpi=200, size=12),
    )
}

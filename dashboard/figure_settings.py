"""Format, size and letters of exported figures, as a session remembers them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields

from analysis.bundle import BundleError
from dashboard.export.presets import FONTS, PRESETS, Preset
from dashboard.export.writing import FORMATS

UNITS = {"mm": 1.0, "in": 25.4}  # millimetres
WIDTHS, HEIGHTS, LETTERS, DOTS = (30.0, 1000.0), (20.0, 1000.0), (4.0, 40.0), (50, 1200)
LENGTH = re.compile(r"(\d+\.?\d*|\.\d+)\s*(mm|in)")


def _within(ends: tuple[float, float]) -> Callable[[object], bool]:
    return lambda value: type(value) in (int, float) and ends[0] <= value <= ends[1]


CHECKS: dict[str, Callable[[object], bool]] = {
    "format": FORMATS.__contains__,
    "unit": lambda value: isinstance(value, str) and value in UNITS,
    "preset": lambda value: isinstance(value, str) and value in PRESETS,
    "width_mm": _within(WIDTHS),
    "height_mm": lambda value: value is None or _within(HEIGHTS)(value),
    "size": _within(LETTERS),
    "font": FONTS.__contains__,
    "greyscale": lambda value: isinstance(value, bool),
    "raster": lambda value: isinstance(value, bool),
    "dpi": lambda value: type(value) is int and DOTS[0] <= value <= DOTS[1],
}
SIZES = tuple(name for name in CHECKS if name in {field.name for field in fields(Preset)})


def usable(given: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """Those that can be, and the names of the others."""
    found = {name: value for name, value in given.items() if name in CHECKS and CHECKS[name](value)}
    return found, [name for name in given if name not in found]


def preset_of(chosen: Mapping[str, object], usual: str) -> Preset:
    """A preset with what was changed of it; `usual` where none was chosen."""
    changed = {name: chosen[name] for name in SIZES if name in chosen}
    return PRESETS[chosen.get("preset", usual)].sized(**changed)


def millimetres(text: str, option: str, ends: tuple[float, float]) -> float:
    """A length of the command line, "89mm" or "3.5in".

    Raises:
        BundleError: it has no unit, or is too short or too long.

    >>> millimetres("3.5in", "--width", (30, 1000))
    88.9
    """
    found = LENGTH.fullmatch(text.strip())
    length = round(float(found[1]) * UNITS[found[2]], 6) if found else 0.0
    if not ends[0] <= length <= ends[1]:
        expected = f"{ends[0]:g}mm to {ends[1]:g}mm, such as 89mm or 3.5in"
        raise BundleError(f"{option} {text}: expected {expected}.")
    return length

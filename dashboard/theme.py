"""Colours, number formats and safe text: the only place where a colour is written."""

import html
import math
import re
from dataclasses import dataclass

OUTCOME_SYMBOLS = {
    "kept": "circle",
    "corrected": "triangle-up",
    "rescued": "star",
    "overruled": "x",
    "spoiled": "triangle-down",
    "missed": "square",
}
BESIDE_SYMBOLS = (
    "diamond-tall",
    "diamond-wide",
    "diamond-cross",
    "diamond-x",
    "diamond-open",
    "diamond-dot",
)
OUTCOME_PATTERNS = {"overruled": "x", "spoiled": "/", "missed": "."}
SEQUENTIAL = "Cividis"
LONGEST_NAME = 32
DASH = "\N{EN DASH}"
PLAIN = re.compile(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*")
# Terminals obey control characters; the others turn the direction of what follows, or are halves.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What Streamlit makes of text although it is escaped: icons, links and arrows.
FOUND = re.compile(
    r":(?=material[/_]|streamlit:)|https?:(?=//)|www(?=\.)|@(?=[-\w])"
    r"|(?<!\S)[<>~-](?=(?:[>=-]|->)(?!\S))",
    re.IGNORECASE,
)
JOINER = "\N{WORD JOINER}"


STREAMLIT_THEME = {
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "baseRadius": "small",
    "light.primaryColor": "#2457a6",
    "light.backgroundColor": "#ffffff",
    "light.secondaryBackgroundColor": "#f5f6f7",
    "light.textColor": "#1c2127",
    "light.borderColor": "#dfe2e6",
    "dark.primaryColor": "#7fb0f5",
    "dark.backgroundColor": "#14171b",
    "dark.secondaryBackgroundColor": "#1d2126",
    "dark.textColor": "#e6e9ec",
    "dark.borderColor": "#343a41",
}


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; the same meaning on every page."""

    outcomes: dict[str, str]
    muted: str
    member: str
    best: str
    ensemble: str
    text: str
    grid: str
    surface: str
    levels: tuple[str, ...]
    diverging: tuple[str, str, str]
    beside: tuple[str, ...]


LIGHT = Palette(
    outcomes={
        "kept": "#bccabd",
        "corrected": "#009e73",
        "rescued": "#0b5fd0",
        "overruled": "#8c1c13",
        "spoiled": "#e69f00",
        "missed": "#bfae9f",
    },
    muted="#b4bac1",
    member="#6b7683",
    best="#b0568f",
    ensemble="#0b5fd0",
    text="#1c2127",
    grid="#e6e8eb",
    surface="#ffffff",
    levels=(
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#8a6d00",
        "#56b4e9",
        "#6a4c93",
        "#5c6670",
    ),
    diverging=("#b35806", "#f7f7f7", "#2166ac"),
    beside=("#d55e00", "#6a4c93", "#007a5a", "#8a6d00", "#3a9fd4", "#1c2127"),
)
DARK = Palette(
    outcomes={
        "kept": "#4c5f50",
        "corrected": "#1dbb8e",
        "rescued": "#5aa2ff",
        "overruled": "#d8503f",
        "spoiled": "#f0a93b",
        "missed": "#6d6056",
    },
    muted="#5a626b",
    member="#98a2ad",
    best="#e08cc0",
    ensemble="#5aa2ff",
    text="#e6e9ec",
    grid="#2b3138",
    surface="#14171b",
    levels=(
        "#4aa3df",
        "#f08a4b",
        "#2fc296",
        "#e3a1c8",
        "#c9a93a",
        "#8fd0f5",
        "#a98bd6",
        "#a6afb8",
    ),
    diverging=("#e08a3c", "#23282e", "#4f93d8"),
    beside=("#f08a4b", "#a98bd6", "#2fc296", "#c9a93a", "#8fd0f5", "#e6e9ec"),
)


def percent(share: float | None, digits: int = 1) -> str:
    """0.912 -> "91.2 %"; a dash where undefined."""
    if share is None or not math.isfinite(share):
        return DASH
    return f"{100 * share:.{digits}f} %"


def interval(low: float | None, high: float | None) -> str:
    """[90.1, 92.2], in percent; empty where undefined."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{100 * low:.1f}, {100 * high:.1f}]"


def plain_interval(low: float | None, high: float | None) -> str:
    """[0.41, 0.52], as it is; empty where undefined."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{three_digits(low)}, {three_digits(high)}]"


def count(number: int) -> str:
    """12345 -> "12,345"."""
    return f"{number:,}"


def megabytes(size: int) -> str:
    """12345678 -> "12.3 MB"."""
    return f"{size / 1e6:,.1f} MB" if size >= 50_000 else f"{size / 1e3:,.1f} kB"


def p_value(p: float) -> str:
    """As in a paper: p = .012, p < .001."""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def three_digits(number: float | None) -> str:
    """Three significant digits; a dash where undefined."""
    if number is None or not math.isfinite(number):
        return DASH
    return f"{number:.3g}"


def amount(number: float | None) -> str:
    """Three significant digits, but never a power of ten before a billion: 23616.4 -> "23,616"."""
    if number is None or not math.isfinite(number) or not 1000 <= abs(number) < 1e9:
        return three_digits(number)
    return f"{number:,.0f}"


def spelt(text: object) -> str:
    r"""Text of which no terminal obeys anything and that turns no direction; lines stay lines.

    >>> spelt("\x1b[31mred")
    '\\x1b[31mred'
    """
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], str(text))


def shortened(name: object, longest: int = LONGEST_NAME) -> str:
    """A name from the data on one line, spelt out and not endless; still to be escaped."""
    text = spelt(" ".join(str(name).split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown(name: object, longest: int = LONGEST_NAME) -> str:
    """A name from the data as Plotly may draw it: no markup, not endless."""
    return html.escape(shortened(name, longest), quote=False)


def label(name: object, longest: int = 80) -> str:
    """As `markdown`, for the label of a widget, which screen readers get as it is written."""
    text = shortened(name, longest)
    return text if PLAIN.fullmatch(text) else markdown(name, longest)


def markdown(name: object, longest: int = 80) -> str:
    """A name from the data as Markdown shows it literally."""
    special = r"\`*_{}[]()#+-.!|<>$:~&="
    text = FOUND.sub(rf"\g<0>{JOINER}", shortened(name, longest))
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)


def unescaped(sentence: str) -> str:
    """A sentence of Markdown in which names are escaped, as plain text."""
    return re.sub(r"\\(.)", r"\1", sentence).replace(JOINER, "")

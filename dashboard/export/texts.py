"""Texts of a figure as plain letters, and lines as long as they may be."""

import html
import re
from collections.abc import Callable

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
MARKUP = re.compile(r"</?(?:b|i|em|strong|sub|sup|u|s|span)(?:\s[^<>]*)?>", re.IGNORECASE)
HARMLESS = re.compile(
    r"</?(?:b|i|em|strong|sub|sup)>|<br\s*/?>|<span style='font-size:\d{1,2}px'>|</span>",
    re.IGNORECASE,
)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def plain(text: object) -> str:
    r"""The letters that Plotly would show; what only looks like markup stays as it is written.

    >>> plain("<b>12</b> &lt;script&gt;<br>$x$")
    '12 <script>\n$x$'
    """
    if text is None:
        return ""
    lines = BREAK.sub("\n", str(text))
    return UNPRINTABLE.sub("", html.unescape(MARKUP.sub("", lines))).replace("\t", " ")


def inert(text: str) -> str:
    """The text for a page: bold, italic, sizes and line breaks work, all else is shown as letters.

    >>> inert("<b>x</b><img src=y>")
    '<b>x</b>&lt;img src=y&gt;'
    """
    text = UNPRINTABLE.sub("", text)
    kept, found = HARMLESS.split(text), HARMLESS.findall(text)
    parts = [html.escape(html.unescape(part), quote=False) for part in kept]
    return "".join(part + mark for part, mark in zip(parts, [*found, ""], strict=True))


def wrapped(text: str, width: float, measure: Callable[[str], float]) -> str:
    r"""The text in lines of at most that width; words that are longer are cut.

    Args:
        text: its own line breaks stay.
        width: in the unit of measure.
        measure: width of a line.

    >>> wrapped("one two three", 7, len)
    'one two\nthree'
    >>> wrapped("abcdefgh", 3, len)
    'abc\ndef\ngh'
    """
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width, measure))


def _lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    if measure(text) <= width:
        return [text]
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if measure(longer) <= width:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = lines[-1] or word
        while measure(lines[-1]) > width and len(lines[-1]) > 1:
            fits = _longest(lines[-1], width, measure)
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return lines


def _longest(word: str, width: float, measure: Callable[[str], float]) -> int:
    """How many letters of a word fit, at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(word[:middle]) <= width else (low, middle - 1)
    return low

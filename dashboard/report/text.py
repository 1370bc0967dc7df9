"""Text of a report: Markdown sentences, names and tables as HTML in which nothing runs."""

import html
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.theme import DASH, amount

MOST_ROWS = 30
BOLD = re.compile(r"\*\*(.+?)\*\*")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>$:~&=])")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def plain(text: object) -> str:
    """Text from the data or of our own, escaped."""
    return html.escape(str(text))


def sentence(markdown: str) -> str:
    r"""A sentence of `dashboard.words` as HTML: bold stays, all else is text.

    >>> sentence(r"**3** by a\*b <i>")
    '<strong>3</strong> by a*b &lt;i&gt;'
    """
    kept: list[str] = []

    def keep(found: re.Match) -> str:
        kept.append(found[1])
        return f"\x00{len(kept) - 1}\x00"

    text = ESCAPED.sub(keep, markdown.replace("\x00", ""))
    text = html.escape(LINK.sub(r"\1", text))
    text = BOLD.sub(r"<strong>\1</strong>", text)
    return re.sub("\x00(\\d+)\x00", lambda found: html.escape(kept[int(found[1])]), text)


def paragraphs(sentences: Sequence[str]) -> str:
    """Sentences as paragraphs; the first one stands out."""
    if not sentences:
        return ""
    first, *rest = [sentence(one) for one in sentences]
    return f'<p class="finding">{first}</p>' + "".join(f"<p>{one}</p>" for one in rest)


def table(frame: pd.DataFrame, caption: str) -> str:
    """A table with its head, at most `MOST_ROWS` rows; it says how many are left out."""
    shown = frame.head(MOST_ROWS)
    head = "".join(f'<th scope="col">{plain(name)}</th>' for name in frame.columns)
    kinds = [shown[name].dtype.kind in "iuf" for name in shown.columns]
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="number">{plain(cell(value))}</td>'
            if number
            else f"<td>{plain(cell(value))}</td>"
            for value, number in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    left = len(frame) - len(shown)
    more = f" The first {len(shown)} of {len(frame):,} rows." if left else ""
    return (
        f'<div class="table"><table><caption>{plain(caption)}{more}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def cell(value: object) -> str:
    """A value as a table shows it; undefined is a dash."""
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return DASH
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return amount(float(value))
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return str(value)

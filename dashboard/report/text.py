"""Text of a report: Markdown sentences, names and tables as HTML in which nothing runs."""

import html
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.theme import DASH, JOINER, amount, p_value, shortened, spelt

MOST_ROWS, MOST_COLUMNS, LETTERS, LONG = 20, 10, 120, 48
P_VALUE = re.compile(r"p( \(.*\))?")
BOLD = re.compile(r"\*\*(.+?)\*\*")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>$:~&=])")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def plain(text: object) -> str:
    """Text from the data or of our own, escaped."""
    return html.escape(spelt(text))


def sentence(markdown: str) -> str:
    r"""A sentence of `dashboard.words` as HTML: bold stays, all else is text.

    >>> sentence(r"**3** by a\*b <i>")
    '<strong>3</strong> by a*b &lt;i&gt;'
    """
    kept: list[str] = []

    def keep(found: re.Match) -> str:
        kept.append(found[1])
        return f"\x00{len(kept) - 1}\x00"

    text = ESCAPED.sub(keep, markdown.replace("\x00", "").replace(JOINER, ""))
    text = html.escape(LINK.sub(r"\1", text))
    text = BOLD.sub(r"<strong>\1</strong>", text)
    return re.sub("\x00(\\d+)\x00", lambda found: html.escape(kept[int(found[1])]), text)


def paragraphs(sentences: Sequence[str]) -> str:
    """Sentences as paragraphs; the first one stands out."""
    if not sentences:
        return ""
    first, *rest = [sentence(one) for one in sentences]
    return f'<p class="finding">{first}</p>' + "".join(f"<p>{one}</p>" for one in rest)


def table(frame: pd.DataFrame, caption: str, letters: int = LETTERS) -> str:
    """A table with its head, at most `MOST_ROWS` rows; it says how many are left out."""
    frame = _upright(_with_p_values(frame))
    shown = frame.iloc[:MOST_ROWS, :MOST_COLUMNS]
    head = "".join(f'<th scope="col">{plain(name)}</th>' for name in shown.columns)
    kinds = [kind.kind in "iuf" for kind in shown.dtypes]
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_class(value, number, place)}>{plain(cell(value, letters))}</td>"
            for place, (value, number) in enumerate(zip(row, kinds, strict=True))
        )
        + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    left = len(frame) - len(shown)
    more = f" The first {len(shown)} of {len(frame):,} rows." if left else ""
    gone = frame.shape[1] - shown.shape[1]
    more += f" {gone:,} more columns are left out." if gone else ""
    return (
        f'<div class="table"><table><caption>{plain(caption)}{more}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _class(value: object, number: bool, place: int) -> str:
    """Numbers stand to the right; long texts of the first column get room."""
    if number:
        return ' class="number"'
    return ' class="long"' if not place and len(str(value)) > LONG else ""


def _with_p_values(frame: pd.DataFrame) -> pd.DataFrame:
    """P values as a paper has them, .012 or < .001."""
    texts = {
        name: [DASH if value != value else p_value(value).removeprefix("p ").removeprefix("= ")
               for value in frame[name]]
        for name in frame.columns
        if P_VALUE.fullmatch(str(name)) and frame[name].dtype.kind == "f"
    }  # fmt: skip
    return frame.assign(**texts)


def _upright(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns as rows where there are more columns than a page has room for, and few rows."""
    if frame.shape[1] <= MOST_COLUMNS or len(frame) >= MOST_COLUMNS:
        return frame
    names = [str(value) for value in frame.iloc[:, 0]]
    rows = [[name, *frame[name]] for name in frame.columns[1:]]
    return pd.DataFrame(rows, columns=[str(frame.columns[0]), *names], dtype=object)


def cell(value: object, letters: int = LETTERS) -> str:
    """A value as a table shows it; undefined is a dash."""
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return DASH
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return amount(float(value))
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return shortened(value, letters)

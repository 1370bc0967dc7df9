"""What a figure draws as one tidy table: a row for each mark, cell, bar or point of a line."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard import table_files
from dashboard.export import source
from dashboard.export.texts import plain


def csv(figure: go.Figure) -> bytes:
    """The table as CSV; no spreadsheet runs a text of it as a formula."""
    return table_files.to_csv(table(figure))


def table(figure: go.Figure) -> pd.DataFrame:
    """All traces below each other.

    Args:
        figure: of any family.

    Returns:
        Columns trace, x, y, and as far as there are any: z, the names that ticks give to x and y
        ("x name"), ends of intervals as distances ("x minus", "x plus"), colour and size where
        they are numbers, text. What only gives the pointer something to hit has no rows of its
        own; its texts go to the cells that it lies on.

    >>> figure = go.Figure(go.Bar(x=["a", "b"], y=[1, 2], name="n"))
    >>> table(figure).to_dict("list")
    {'trace': ['n', 'n'], 'x': ['a', 'b'], 'y': [1, 2]}
    """
    figure = go.Figure(source.parts(figure), skip_invalid=True)
    parts = []
    hidden = [trace for trace in figure.data if _only_hit(trace)]
    for trace in figure.data:
        if trace.visible is False or _only_hit(trace):
            continue
        found = _cells(trace) if trace.type == "heatmap" else _points(trace)
        if trace.type == "heatmap" and "text" not in found:
            found = _explained(found, trace, hidden)
        parts.append(_named(figure, trace, found))
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({"trace": [], "x": [], "y": []})
    whole = pd.concat(parts, ignore_index=True)
    return whole.dropna(axis=1, how="all")


def _only_hit(trace) -> bool:
    from dashboard.export.points import invisible

    return invisible(trace)


def _column(values: object, size: int) -> object:
    """A value for each row, or nothing where there are others than one for each."""
    if values is None or isinstance(values, str | int | float):
        return None
    values = np.asarray(values, dtype=object if isinstance(values, tuple | list) else None)
    return values.tolist() if values.ndim == 1 and len(values) == size else None


def _points(trace) -> pd.DataFrame:
    if trace.type == "parcoords":
        columns = {plain(one.label): one.values for one in trace.dimensions}
        return pd.DataFrame({"trace": plain(trace.name) or "line"} | columns)
    given = [values for values in (trace.x, trace.y) if values is not None]
    size = len(given[0]) if given else 0
    found = {"trace": [plain(trace.name) or trace.type] * size}
    for letter in "xyz" if trace.type == "scatter3d" else "xy":
        found[letter] = _column(trace[letter], size) or list(range(size))
    for letter in "xy":
        error = trace[f"error_{letter}"]
        if error is not None and error.array is not None and error.visible is not False:
            found[f"{letter} plus"] = _column(error.array, size)
            minus = error.array if error.arrayminus is None else error.arrayminus
            found[f"{letter} minus"] = _column(minus, size)
    marker = getattr(trace, "marker", None)
    for name, values in (
        ("colour", marker and marker.color),
        ("size", getattr(marker, "size", None)),
    ):
        numbers = _column(values, size)
        if numbers is not None and not any(isinstance(value, str) for value in numbers):
            found[name] = numbers
    return pd.DataFrame({k: v for k, v in (found | _said(trace, size)).items() if v is not None})


def _said(trace, size: int) -> dict[str, list]:
    """Texts that a reader would see on pointing at the marks, or in them."""
    texts = _column(trace.hovertext, size) or _column(trace.text, size)
    if texts is None:
        texts = _column(trace.customdata, size)
        texts = texts if texts and all(isinstance(one, str) for one in texts) else None
    return {} if texts is None else {"text": [plain(one).replace("\n", "; ") for one in texts]}


def _cells(trace) -> pd.DataFrame:
    z = np.asarray(trace.z, dtype=float)
    rows, columns = (axis.ravel() for axis in np.indices(z.shape))
    x = np.arange(z.shape[1]) if trace.x is None else np.asarray(trace.x)
    y = np.arange(z.shape[0]) if trace.y is None else np.asarray(trace.y)
    found = {"trace": plain(trace.name) or "cells", "x": x[columns], "y": y[rows], "z": z.ravel()}
    texts = trace.hovertext if trace.hovertext is not None else trace.text
    if texts is not None and np.shape(texts) == z.shape:
        flat = np.asarray(texts, dtype=object).ravel()
        found["text"] = [plain(one).replace("\n", "; ") for one in flat]
    return pd.DataFrame(found)


def _explained(found: pd.DataFrame, trace, hidden: list) -> pd.DataFrame:
    """Cells with the texts of the marks that lie over them."""
    for marks in hidden:
        if (marks.xaxis, marks.yaxis) == (trace.xaxis, trace.yaxis):
            texts = _points(marks).drop(columns=["trace", "colour", "size"], errors="ignore")
            if "text" in texts:
                texts = texts.drop_duplicates(["x", "y"])
                return found.merge(texts[["x", "y", "text"]], on=["x", "y"], how="left")
    return found


def _named(figure: go.Figure, trace, found: pd.DataFrame) -> pd.DataFrame:
    """With the names that the ticks of an axis give to its places."""
    for letter in "xy":
        if trace.type in ("scatter3d", "parcoords") or letter not in found:
            continue
        axis = figure.layout[f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}"]
        if axis.tickvals is not None and axis.ticktext is not None:
            names = dict(zip(axis.tickvals, map(plain, axis.ticktext), strict=False))
            if any(name != str(value) for value, name in names.items()):
                found[f"{letter} name"] = found[letter].map(names)
    return found

"""A table as CSV, Parquet, Markdown or LaTeX: numbers stay numbers, texts run nothing."""

import io
import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
RISKY = (*"=+-@\t\r\n", *FULL_WIDTH)
ENDS = ({"from", "to"}, {"low", "high"})
INTERVAL = re.compile(r"\s*\[[^\[\],;]*\d[^\[\],;]*, [^\[\],;]*\d[^\[\],;]*\]$")
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "^": r"\textasciicircum{}",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "%": r"\%",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "\N{MINUS SIGN}": "$-$",
    "\N{CHECK MARK}": r"\checkmark{}",
    "\N{BALLOT X}": r"$\times$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
}
MARKDOWN = {letter: f"\\{letter}" for letter in "\\`*_{}[]()#+!|~$"} | {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
}
SHORT = 3


def to_csv(table: pd.DataFrame, digits: int | None = None) -> bytes:
    """CSV in UTF-8 that a spreadsheet does not run as formulas.

    Texts that begin as a formula (= + - @, tab, line break) and are no numbers get a quote in
    front; numbers stay numbers, in full precision or with so many significant digits.
    """
    safe = _rounded(table, digits)
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column):
            harmless = [_harmless(value) for value in column.astype(object)]
            safe.isetitem(place, pd.Series(harmless, index=safe.index, dtype=object))
    safe.columns = [_harmless(name) for name in safe.columns]
    return safe.to_csv(index=False, lineterminator="\r\n").encode()


def to_parquet(table: pd.DataFrame, digits: int | None = None) -> bytes:
    """Parquet; columns of mixed kinds as text, names that come twice told apart."""
    plain = _rounded(table, digits).reset_index(drop=True)
    for place in range(plain.shape[1]):
        column = plain.iloc[:, place]
        if column.dtype == object:
            kinds = {type(value) for value in column if not _absent(value)}
            if len(kinds) > 1 or not kinds <= {str, bool, int, float}:
                texts = [None if _absent(value) else str(value) for value in column]
                plain.isetitem(place, pd.Series(texts, index=plain.index, dtype=object))
    plain.columns = _told_apart([str(name) for name in plain.columns])
    buffer = io.BytesIO()
    plain.to_parquet(buffer, index=False)
    return buffer.getvalue()


def to_markdown(table: pd.DataFrame, digits: int | None = SHORT) -> bytes:
    """A table of Markdown: numbers to the right, every special character escaped."""
    heads, cells, numeric = _texts(table, digits, _in_markdown)
    ruler = ["---:" if number else ":---" for number in numeric]
    rows = [f"| {' | '.join(row)} |" for row in (heads, ruler, *cells)]
    return ("\n".join(rows) + "\n").encode()


def to_latex(table: pd.DataFrame, digits: int | None = SHORT) -> bytes:
    """A tabular of the LaTeX package booktabs: numbers to the right, every character escaped."""
    heads, cells, numeric = _texts(table, digits, _in_latex)
    rows = [" & ".join(row) + r" \\" for row in cells]
    lines = [
        r"% \usepackage{amssymb,booktabs}",
        r"\begin{tabular}{" + "".join("r" if number else "l" for number in numeric) + "}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return ("\n".join(lines) + "\n").encode()


FORMATS: dict[str, tuple[str, str, Callable[..., bytes]]] = {
    "CSV": ("csv", "text/csv", to_csv),
    "Parquet": ("parquet", "application/vnd.apache.parquet", to_parquet),
    "Markdown": ("md", "text/markdown", to_markdown),
    "LaTeX": ("tex", "application/x-tex", to_latex),
}


def without_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the ends of intervals: neither their columns nor "[0.1, 0.2]" in cells."""
    names = {str(name) for name in table.columns}
    dropped = set().union(*(ends for ends in ENDS if ends <= names))
    bare = table[[name for name in table.columns if str(name) not in dropped]].copy()
    for place in range(bare.shape[1]):
        column = bare.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column):
            cut = [INTERVAL.sub("", v) if isinstance(v, str) else v for v in column.astype(object)]
            bare.isetitem(place, pd.Series(cut, index=bare.index, dtype=object))
    return bare


def _rounded(table: pd.DataFrame, digits: int | None) -> pd.DataFrame:
    """A copy whose fractions have so many significant digits."""
    found = table.copy()
    if digits is None:
        return found
    for place in range(found.shape[1]):
        column = found.iloc[:, place]
        if pd.api.types.is_float_dtype(column):
            short = [float(f"{value:.{digits}g}") for value in column.to_numpy(np.float64).tolist()]
            found.isetitem(place, pd.Series(short, index=found.index))
    return found


def _texts(
    table: pd.DataFrame, digits: int | None, escape: Callable[[str], str]
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Heads, rows of cells, and which columns hold numbers."""
    numeric = [
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in table.dtypes
    ]
    columns = [
        [escape(_text(value, digits)) for value in table.iloc[:, place].astype(object)]
        for place in range(table.shape[1])
    ]
    cells = [list(row) for row in zip(*columns, strict=True)]
    return [escape(str(name)) for name in table.columns], cells, numeric


def _text(value: object, digits: int | None) -> str:
    if _absent(value):
        return ""
    if isinstance(value, float | np.floating):
        short = repr(float(value)) if digits is None else f"{value:.{digits}g}"
        return short.replace("-", "\N{MINUS SIGN}")
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(value).replace("-", "\N{MINUS SIGN}")
    return str(value)


def _absent(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _in_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in _one_line(text))


def _in_markdown(text: str) -> str:
    return "".join(MARKDOWN.get(letter, letter) for letter in _one_line(text))


def _harmless(value: object) -> object:
    """Text that a spreadsheet would run gets a quote in front; numbers stay numbers."""
    risky = isinstance(value, str) and value.lstrip(" ")[:1] in RISKY and value.strip()
    return f"'{value}" if risky and not NUMBER.fullmatch(value) else value


def _told_apart(names: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in names:
        while name in found:
            name += " "
        found[name] = None
    return list(found)

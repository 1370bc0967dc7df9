"""Values in memory, such as lists, arrays and columns of data frames, as columns of a table."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.loading.arrays import texts


def without_gaps(values: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """An array of the values, of objects where text may stand beside nothing; bool [N] the gaps."""
    import pandas as pd  # here, since files are read without it and it takes 34 MB

    if isinstance(values, np.ma.MaskedArray):
        return values.data, np.ma.getmaskarray(values) | pd.isna(values.data)
    plain = values
    if isinstance(values, list | tuple):
        plain = np.fromiter(values, dtype=object, count=len(values))
    plain = np.asarray(plain)
    return plain, pd.isna(plain)


def as_answers(values: Sequence) -> pa.Array:
    """Answers or labels as text with nothing for None, NaN and what pandas writes for them."""
    plain, gaps = without_gaps(values)
    filled = _texts(plain[~gaps])
    found = np.full(len(plain), None, dtype=object)
    found[~gaps] = filled
    return pa.array(found, pa.string(), from_pandas=False)


def _texts(filled: np.ndarray) -> list[str]:
    if filled.dtype.kind == "O" and any(isinstance(value, str) for value in filled):
        return [str(value) for value in filled]
    return texts(np.array(filled.tolist()) if filled.dtype.kind == "O" else filled)


def as_attribute(values: Sequence) -> pa.Array:
    """Numbers with gaps, else text in which nothing is the empty text."""
    plain, gaps = without_gaps(values)
    filled = np.array(plain[~gaps].tolist()) if plain.dtype.kind == "O" else plain
    if filled.dtype.kind not in "iuf" or not len(filled):
        return pc.fill_null(as_answers(values), "")
    if not gaps.any():
        return pa.array(filled)
    kind = plain.dtype if plain.dtype.kind == "f" else np.float64
    numbers = np.full(len(plain), np.nan, dtype=kind)
    numbers[~gaps] = plain[~gaps].astype(kind)
    return pa.array(numbers)

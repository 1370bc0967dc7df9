"""Columns whose cells are lists of text."""

import pyarrow as pa
import pyarrow.compute as pc

SEPARATORS = (";", "|", ",", "/")
UNLIKELY = "\x1f"


def text_lists(kind: pa.DataType) -> bool:
    """Whether each cell of a column of this type holds a list of texts."""
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if not (lists or pa.types.is_fixed_size_list(kind)):
        return False
    inner = kind.value_type
    inner = inner.value_type if pa.types.is_dictionary(inner) else inner
    return pa.types.is_string(inner) or pa.types.is_large_string(inner)


def joined(lists: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str]:
    """Lists of text as one text a cell, and what stands between the values.

    Args:
        lists: a column for which `text_lists` holds.

    Returns:
        The texts, null for a cell without a list, and the first separator that no value holds.
    """
    chunks = [chunk.cast(pa.list_(pa.string())) for chunk in lists.chunks]
    values = pa.chunked_array([chunk.flatten() for chunk in chunks], pa.string())
    free = (s for s in SEPARATORS if not pc.any(pc.match_substring(values, s)).as_py())
    separator = next(free, UNLIKELY)
    filled = [
        pa.ListArray.from_arrays(chunk.offsets, pc.fill_null(chunk.values, ""), mask=_gaps(chunk))
        for chunk in chunks
    ]
    texts = [pc.binary_join(chunk, separator) for chunk in filled]
    return pa.chunked_array(texts, pa.string()), separator


def _gaps(chunk: pa.ListArray) -> pa.Array | None:
    return chunk.is_null() if chunk.null_count and not chunk.offset else None

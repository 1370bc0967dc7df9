"""Safetensors files, whose header is checked before anything is allocated."""

import io
import json
import math
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from analysis.loading.arrays import fill, stays, text_array
from analysis.loading.sources import File, RefusedError, count, quoted, shortened
from analysis.stored import BFLOAT16, FileArray

HEADER_LIMIT = 100 << 20
TENSOR_LIMIT = 100_000
SIDES_LIMIT = 8
DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}
AGAIN = "it is damaged or cut short. Write it again"
LISTED = ("classes", "class_names", "ids", "sample_ids", "models", "model_names", "labels")


def read_safetensors(file: File) -> dict[str, np.ndarray | FileArray]:
    """All tensors by name, BF16 as float32, and the lists of names in the metadata as text arrays.

    Large tensors are given as the places of their numbers.

    Raises:
        RefusedError: the header does not describe the file exactly, or a dtype is not read.
    """
    size = file.size()
    content = file.content
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little") if size >= 8 else size
        if length > size - 8 or length > HEADER_LIMIT:
            raise RefusedError(
                f"{file.name} declares a header of {length:,} bytes but has {size:,} bytes in all; "
                f"{AGAIN} with safetensors."
            )
        header = _header(file, stream.read(length))
        listed = _listed(file, header.pop("__metadata__", {}))
        _check_tensors(file, header, size - 8 - length)
        arrays = {
            name: _tensor(file, stream, 8 + length, name, entry) for name, entry in header.items()
        }
    if not arrays:
        raise RefusedError(
            f"{file.name} holds no tensor; expected one [samples, classes] per model."
        )
    if both := [name for name in listed if name in arrays]:
        raise RefusedError(
            f"{file.name} holds {quoted(both)} as a tensor and again in its metadata; expected one "
            "of them. Remove the other."
        )
    return arrays | listed


def _header(file: File, text: bytes) -> dict:
    def unique(pairs: Iterable[tuple[str, object]]) -> dict:
        pairs = list(pairs)
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise RefusedError(
                f"{file.name}: '{shortened(twice)}' stands twice in the header; expected each name "
                "once. Write it again with safetensors."
            )
        return dict(pairs)

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=unique)
        json.dumps(header, ensure_ascii=False).encode()  # fails at half of a character
    except (ValueError, RecursionError) as error:
        if isinstance(error, RefusedError):
            raise
        half = "half of a two-part character" if isinstance(error, UnicodeEncodeError) else ""
        raise RefusedError(
            f"{file.name} has a header that is no JSON ({half or str(error)[:100]}); {AGAIN} with "
            "safetensors."
        ) from None
    if not isinstance(header, dict):
        raise RefusedError(f"{file.name} has a header that names no tensors; {AGAIN}.")
    if len(header) > TENSOR_LIMIT:
        raise RefusedError(
            f"{file.name} declares {len(header):,} tensors; expected at most {TENSOR_LIMIT:,}."
        )
    return header


def _listed(file: File, metadata: object) -> dict[str, np.ndarray]:
    """Lists of names or whole numbers that the metadata holds as JSON text."""
    arrays = {}
    for name, text in metadata.items() if isinstance(metadata, dict) else ():
        if name.lower() not in LISTED or not isinstance(text, str):
            continue
        try:
            values = json.loads(text)
            json.dumps(values, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            values = None
        plain = isinstance(values, list) and all(
            isinstance(value, str) or type(value) is int for value in values
        )
        if not plain or not values:
            raise RefusedError(
                f"{file.name}, metadata '{name}': found '{shortened(text)}'; expected a JSON list "
                'of names, such as ["cat", "dog"].'
            )
        arrays[name] = text_array(f"{file.name}, metadata '{name}'", map(str, values))
        if name == "labels" and all(type(v) is int and abs(v) < 2**63 for v in values):
            arrays[name] = np.array(values, dtype=np.int64)
    return arrays


def _check_tensors(file: File, header: dict, size: int) -> None:
    """Every tensor has a known dtype, its own bytes and no more, and together they fill the file.

    Raises:
        RefusedError: which tensor, what was found and expected.
    """
    spans = []
    for name, entry in header.items():
        shown = f"{file.name}, tensor '{shortened(name)}'"
        dtype, shape, offsets = _described(shown, entry)
        if 0 in shape:
            raise RefusedError(f"{shown} has shape {tuple(shape)} and so holds nothing; remove it.")
        begin, end = offsets
        expected = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
        if begin > end or end > size:
            raise RefusedError(
                f"{shown} claims the bytes {begin:,} to {end:,} of {size:,}; {AGAIN}."
            )
        if end - begin != expected:
            raise RefusedError(
                f"{shown} has shape {tuple(shape)} and dtype {dtype}, which is "
                f"{count(expected, 'byte')}, but claims {count(end - begin, 'byte')}; {AGAIN}."
            )
        spans.append((begin, end, name))
    reached, before = 0, ""
    for begin, end, name in sorted(spans):
        if begin < reached:
            raise RefusedError(
                f"{file.name}: the tensors '{shortened(before)}' and '{shortened(name)}' share "
                f"bytes; {AGAIN}."
            )
        if begin > reached:
            break
        reached, before = end, name
    if reached != size:
        raise RefusedError(
            f"{file.name} has {count(size - reached, 'byte')} that belong to no tensor (from byte "
            f"{reached:,} of the data); {AGAIN}."
        )


def _described(shown: str, entry: object) -> tuple[str, list[int], list[int]]:
    entry = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not _whole(shape) or not _whole(offsets) or len(offsets) != 2:
        raise RefusedError(
            f"{shown} has the shape {shortened(str(shape))} and the offsets "
            f"{shortened(str(offsets))}; expected lists of whole numbers from 0 on, two offsets. "
            f"Perhaps {AGAIN}."
        )
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise RefusedError(
            f"{shown} has the dtype {shortened(str(dtype))}; expected one of {', '.join(DTYPES)}. "
            "Save it as F32."
        )
    return dtype, shape, offsets


def _whole(values: object) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= SIDES_LIMIT
        and all(type(value) is int and 0 <= value < 2**63 for value in values)
    )


def _tensor(
    file: File, stream: BinaryIO, start: int, name: str, entry: dict
) -> np.ndarray | FileArray:
    shape, dtype = tuple(entry["shape"]), np.dtype(DTYPES[entry["dtype"]])
    begin, end = (start + offset for offset in entry["data_offsets"])
    short = entry["dtype"] == "BF16"
    if not isinstance(file.content, bytes) and stays(
        shape, np.dtype("<f2") if short else dtype, end - begin
    ):
        return FileArray(str(file.content), begin, shape, BFLOAT16 if short else dtype.str)
    values = np.empty(math.prod(shape), dtype=dtype)
    stream.seek(begin)
    if values.nbytes:
        fill(stream, memoryview(values.view(np.uint8)), f"{file.name}, tensor '{name}'")
    if short:
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.reshape(shape)

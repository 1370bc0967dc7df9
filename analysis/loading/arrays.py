"""NPY and NPZ files, checked before anything is allocated."""

import io
import math
import re
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from analysis.chunks import fits
from analysis.loading.sources import File, RefusedError, count
from analysis.stored import FileArray

TOTAL_LIMIT = 2 << 30
MEMBER_LIMIT = 10_000
LEFT = 1 << 16  # bytes from which on numbers stay in their file until it is known what they are
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93)  # 93: zstd, from Python 3.14 on
DRIVE = re.compile(r"[A-Za-z]:/")
ANYTHING_WRONG = (
    LookupError,
    ValueError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    SyntaxError,
    tokenize.TokenError,
    TypeError,
    MemoryError,
    RecursionError,
)


def read_npy(file: File) -> np.ndarray | FileArray:
    """One array, or where its numbers lie.

    Raises:
        RefusedError: it holds Python objects, is cut short, or is no NPY file.
    """
    if isinstance(file.content, bytes):
        return _array(file.name, io.BytesIO(file.content), len(file.content))
    with file.content.open("rb") as stream:
        return _array(file.name, stream, file.size(), (file.content, 0))


def read_npz(file: File) -> dict[str, np.ndarray | FileArray]:
    """All arrays of an NPZ file by name, or where the numbers of those lie that are not packed.

    Raises:
        RefusedError: a member is unsafe, damaged or no array, or the whole is too large.
    """
    source = file.content if not isinstance(file.content, bytes) else io.BytesIO(file.content)
    try:
        with zipfile.ZipFile(source) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            check_members(file, members)
            arrays = {}
            for info in members:
                shown = f"{file.name}/{info.filename}"
                if not info.filename.endswith(".npy"):
                    raise RefusedError(
                        f"{shown} is no array; expected only members that end in .npy."
                    )
                with archive.open(info) as stream:
                    place = _place(source, info)
                    arrays[info.filename[:-4]] = _array(shown, stream, info.file_size, place)
    except RefusedError:
        raise
    except ANYTHING_WRONG as error:
        raise RefusedError(
            f"{file.name} cannot be read as NPZ ({error}); write it again with numpy.savez."
        ) from None
    if not arrays:
        raise RefusedError(
            f"{file.name} holds no array; expected one [samples, classes] per model."
        )
    return arrays


def check_members(file: File, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive before unpacking it.

    An archive may hold as much as the file itself has, or `TOTAL_LIMIT` if that is more.

    Raises:
        RefusedError: too many members, too large, encrypted, or a name that leaves the archive.
    """
    name, limit = file.name, max(TOTAL_LIMIT, file.size())
    if len(members) > MEMBER_LIMIT:
        raise RefusedError(
            f"{name} holds {len(members):,} files; expected at most {MEMBER_LIMIT:,}."
        )
    total = sum(info.file_size for info in members)
    if total > limit:
        raise RefusedError(
            f"{name} unpacks to {total / 2**30:.1f} GiB; expected at most "
            f"{limit / 2**30:.0f} GiB. Split it, or load it from a folder."
        )
    seen = set()
    for info in members:
        path = info.filename.replace("\\", "/")
        if DRIVE.match(path) or path.startswith("/") or ".." in path.split("/"):
            raise RefusedError(
                f"{name} holds a file named '{info.filename}' that points outside the archive; "
                "expected plain relative names. Pack it again from inside its folder."
            )
        if info.compress_type not in PACKED:
            raise RefusedError(
                f"{name} holds '{info.filename}' packed in a rare way (method "
                f"{info.compress_type}); expected an ordinary zip. Pack it again."
            )
        if info.flag_bits & 1:
            raise RefusedError(f"{name} is encrypted; expected an archive without a password.")
        if path in seen:
            raise RefusedError(f"{name} holds '{path}' twice; expected each name once.")
        seen.add(path)


def _place(source: Path | BinaryIO, info: zipfile.ZipInfo) -> tuple[Path, int] | None:
    """Where a member lies in its file, if it lies there as it is."""
    if not isinstance(source, Path) or info.compress_type != zipfile.ZIP_STORED:
        return None
    with source.open("rb") as stream:
        stream.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", stream.read(4))
    return source, info.header_offset + 30 + name + extra


def _array(
    name: str, stream, size: int, place: tuple[Path, int] | None = None
) -> np.ndarray | FileArray:
    try:
        shape, fortran, dtype, start = _header(stream)
    except ANYTHING_WRONG as error:
        if size == 0:
            raise RefusedError(
                f"{name} is empty; expected an array written by numpy.save."
            ) from None
        reason = str(error).split("\n")[0][:120]
        raise RefusedError(
            f"{name} is no array in NPY format ({reason}); write it with numpy.save. Pickled "
            "Python objects are never read."
        ) from None
    if dtype.hasobject or dtype.names or dtype.kind not in "biufUS":
        raise RefusedError(
            f"{name} holds Python objects or records (dtype {dtype}), which are never read; "
            "expected numbers or text. Save numbers as float32, and text with numpy.array(x, "
            "dtype=str)."
        )
    expected = math.prod(shape) * dtype.itemsize
    if start + expected != size:
        raise RefusedError(
            f"{name} declares an array of shape {shape} ({start + expected:,} bytes) but has "
            f"{size:,} bytes; it is damaged or cut short. Write it again."
        )
    if place and not fortran and stays(shape, dtype, expected):
        if isinstance(stream, zipfile.ZipExtFile):
            _read_through(stream)
        return FileArray(str(place[0]), place[1] + start, shape, dtype.str)
    _check_room(name, expected, fortran)
    values = np.empty(math.prod(shape), dtype=dtype)
    if expected:
        fill(stream, memoryview(values.view(np.uint8)), name)
    return values.reshape(shape, order="F" if fortran else "C")


def stays(shape: tuple[int, ...], dtype: np.dtype, size: int) -> bool:
    """Whether an array may be probabilities and is worth leaving in its file for now."""
    plain = dtype.str in ("<f2", "<f4", "<f8")
    return plain and len(shape) in (2, 3) and shape[-1] > 1 and size >= LEFT


def _read_through(stream: BinaryIO) -> None:
    """Have the checksum of a member compared."""
    while stream.read(4 << 20):
        pass


def _check_room(name: str, size: int, fortran: bool) -> None:
    """Refuse what has to be read whole and does not fit into memory."""
    if size > LEFT and not fits(size, share=1):
        how = "with its rows side by side (numpy.ascontiguousarray)" if fortran else "unpacked"
        raise RefusedError(
            f"{name} has to be read whole and takes {size / 1e6:,.0f} MB, which is more than the "
            f"memory there is; save it {how}, as NPY or with numpy.savez, in float16, float32 or "
            "float64."
        )


def _header(stream) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"format version {version[0]}.{version[1]}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # shapes as Python 2 wrote them: (3L, 2L)
        shape, fortran, dtype = readers[version](stream)
    if any(side < 0 for side in shape):
        raise ValueError(f"negative shape {shape}")
    return shape, fortran, dtype, stream.tell()


def fill(stream: BinaryIO, target: memoryview, name: str) -> None:
    """Read until the target is full.

    Raises:
        RefusedError: the stream ends before.
    """
    filled = 0
    while filled < len(target):
        read = stream.readinto(target[filled : filled + (64 << 20)])
        if not read:
            raise RefusedError(
                f"{name} ends after {count(filled, 'byte')} of data; it is cut short."
            )
        filled += read


def text_array(name: str, texts: Iterable[str]) -> np.ndarray:
    """Names as an array, in which each takes as much room as the longest.

    Raises:
        RefusedError: that is more than the memory there is.
    """
    texts = list(texts)
    size = 4 * len(texts) * max(map(len, texts), default=0)
    if size > LEFT and not fits(size):
        raise RefusedError(
            f"{name} holds {count(len(texts), 'name')} of which one is so long that they take "
            f"{size / 1e6:,.0f} MB; expected short names."
        )
    return np.array(texts, dtype=str)


def texts(values: np.ndarray) -> list[str]:
    """A [N] array of names or whole numbers as text."""
    if values.dtype.kind == "S":
        return [value.decode("utf-8", "replace") for value in values.tolist()]
    if values.dtype.kind == "f" and np.all(np.isfinite(values)) and np.all(values % 1 == 0):
        values = values.astype(np.int64)
    return [str(value) for value in values.tolist()]

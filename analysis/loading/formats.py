"""Which format a file has, by its first bytes, and the reader of each format."""

import struct
from collections.abc import Callable
from dataclasses import replace

from analysis.loading.arrow import read_arrow, refuse_feather1
from analysis.loading.datasets import ROLE as DATASET
from analysis.loading.datasets import read_dataset
from analysis.loading.json_tables import read_json
from analysis.loading.markdown import looks_like, read_markdown
from analysis.loading.packing import DAMAGED, GZIP, UNPACKED_LIMIT, Packed, PackedError, gunzip
from analysis.loading.parquet import read_parquet
from analysis.loading.sources import File, Log, RefusedError
from analysis.loading.stacks import Stack, read_stacks
from analysis.loading.tables import Table, read_text

HEAD = 512
KNOWN = (
    "CSV, TSV and other separated text, Markdown tables, JSON, JSON Lines, Parquet, Arrow "
    "(Feather), NPY, NPZ, safetensors, each also in gzip or zip"
)
STARTS = {
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x93NUMPY": "npy",
    b"ARROW1": "arrow",
    b"FEA1": "feather1",
    b"\xff\xff\xff\xff": "arrow stream",
}
REFUSED = {
    b"\x80": "a Python pickle, which can run any code and is never opened",
    b"\x89HDF": "an HDF5 file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
}
BY_SUFFIX = {
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
    ".zip": "zip",
    ".feather": "arrow",
    ".arrow": "arrow",
    ".safetensors": "safetensors",
    ".jsonl": "json",
    ".ndjson": "json",
    ".md": "markdown",
}
FOREIGN = {
    ".xlsx": "an Excel file; save the sheet as CSV",
    ".xls": "an Excel file; save the sheet as CSV",
    ".pkl": "a Python pickle, which is never opened; save it as CSV, Parquet or NPZ",
    ".pickle": "a Python pickle, which is never opened; save it as CSV, Parquet or NPZ",
    ".pt": "a torch file, which is never opened; save the tensors as safetensors or NPZ",
    ".pth": "a torch file, which is never opened; save the tensors as safetensors or NPZ",
}
READERS: dict[str, Callable[[File, Log], list[Table | Stack]]] = {
    "text": lambda file, log: [read_text(file, log)],
    "markdown": lambda file, log: read_markdown(file),
    "parquet": lambda file, log: [read_parquet(file)],
    "npy": read_stacks,
    "npz": read_stacks,
    "safetensors": read_stacks,
    "arrow": lambda file, log: [read_arrow(file)],
    "arrow stream": lambda file, log: [read_arrow(file)],
    "feather1": lambda file, log: [refuse_feather1(file)],
    "json": read_json,
}


def format_of(file: File) -> str:
    """The format of a file by its content: a key of READERS, or "zip".

    Text under the name of a binary format counts as that format, whose reader then says that it is
    damaged.

    Raises:
        RefusedError: it is none of the known formats; the text lists them.
    """
    if file.suffix in FOREIGN:
        raise RefusedError(f"{file.name} is {FOREIGN[file.suffix]}. Known are {KNOWN}.")
    head = _head(file)
    for start, name in STARTS.items():
        if head.startswith(start):
            return "npz" if name == "zip" and file.suffix == ".npz" else name
    if file.suffix in BY_SUFFIX:
        return BY_SUFFIX[file.suffix]
    for start, what in REFUSED.items():
        if head.startswith(start):
            raise RefusedError(f"{file.name} is {what}; expected {KNOWN}.")
    if head[257:262] == b"ustar":
        raise RefusedError(f"{file.name} is a tar archive; pack the files as a zip instead.")
    if _safetensors(head, file.size()):
        return "safetensors"
    if b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise RefusedError(f"{file.name} has an unknown format; expected {KNOWN}.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return "json"
    return "markdown" if looks_like(head) else "text"


def pieces(file: File, log: Log) -> list[Table | Stack]:
    """The tables and arrays in a file.

    Raises:
        RefusedError: it cannot be read; the text says why and how to mend it.
    """
    if file.role == DATASET:
        return read_dataset(file, log)
    try:
        file = unpacked(file)
        name = format_of(file)
        if isinstance(file.content, Packed) and name != "text":
            file = _held(file)
        if name == "zip":
            raise RefusedError(f"{file.name} is a zip inside a zip; unpack the inner one.")
        if name not in READERS:
            raise RefusedError(f"{file.name} cannot be read here; expected {KNOWN}.")
        return READERS[name](file, log)
    except DAMAGED as error:
        raise RefusedError(
            f"{file.name} is damaged inside its archive ({error}); pack it again."
        ) from None


def unpacked(file: File) -> File:
    """The content of a gzip file; any other file as it is.

    Raises:
        RefusedError: it is damaged or unpacks to too much.
    """
    if not _head(file).startswith(GZIP):
        if file.name.lower().endswith(".gz") and not isinstance(file.content, Packed):
            raise RefusedError(f"{file.name} is no gzip file in spite of its name; rename it.")
        return file
    try:
        return replace(file, content=gunzip(file.content, file.size()))
    except PackedError as error:
        raise RefusedError(f"{file.name} {error}.") from None


def _held(file: File) -> File:
    """A packed file in memory, for formats that are not read as a stream."""
    if file.size() > UNPACKED_LIMIT:
        raise RefusedError(
            f"{file.name} unpacks to {file.size() / 2**30:.1f} GiB; expected at most "
            f"{UNPACKED_LIMIT / 2**30:.0f} GiB for this format. Unpack it first."
        )
    with file.open() as stream:
        return replace(file, content=stream.read())


def _head(file: File) -> bytes:
    with file.open() as stream:
        return stream.read(HEAD)


def _safetensors(head: bytes, size: int) -> bool:
    """An 8-byte length, then a JSON object of that length that fits the file."""
    if len(head) < 10 or head[8:9] != b"{":
        return False
    return struct.unpack("<Q", head[:8])[0] + 8 <= size

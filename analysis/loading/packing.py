"""Files inside gzip and zip, opened as streams, with a limit on what they unpack to."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

UNPACKED_LIMIT = 2 << 30
USUAL_RATIO = 40
BLOCK = 4 << 20
GZIP = b"\x1f\x8b"
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


class PackedError(ValueError):
    """An archive is damaged or unpacks to too much; the text says which."""


@dataclass(frozen=True)
class Packed:
    """What is inside an archive: how to open it, and how large it is when unpacked."""

    opener: Callable[[], BinaryIO]
    size: int

    def open(self) -> BinaryIO:
        """A stream of the unpacked bytes."""
        return self.opener()


def limit_for(packed: int) -> int:
    """How much an archive of this many bytes may unpack to."""
    return max(UNPACKED_LIMIT, packed * USUAL_RATIO)


def gunzip(content: Path | bytes | Packed, size: int) -> Packed:
    """The content of a gzip file, read through once so that its size is known.

    Args:
        content: the gzip file.
        size: its size in bytes.

    Raises:
        PackedError: it is damaged or unpacks beyond the limit.
    """

    def opener() -> BinaryIO:
        return gzip.GzipFile(fileobj=open_content(content), mode="rb")

    limit, total = limit_for(size), 0
    try:
        with opener() as stream:
            while block := stream.read(BLOCK):
                total += len(block)
                if total > limit:
                    size = f"{limit / 2**30:.0f} GiB"
                    raise PackedError(f"unpacks to more than {size}; unpack it first, or split it")
    except (OSError, EOFError, zlib.error) as error:
        raise PackedError(f"is a damaged gzip file ({error}); pack it again") from None
    return Packed(opener, total)


def member(content: Path | bytes | Packed, name: str, size: int) -> Packed:
    """One file inside a zip, opened as a stream."""

    def opener() -> BinaryIO:
        try:
            archive = zipfile.ZipFile(open_content(content))
            return io.BufferedReader(archive.open(name))
        except (OSError, ValueError, LookupError, RuntimeError, NotImplementedError) as error:
            raise zipfile.BadZipFile(str(error)) from None

    return Packed(opener, size)


def open_content(content: Path | bytes | Packed) -> BinaryIO:
    """A stream of the bytes, wherever they are."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    return content.open() if isinstance(content, Packed) else content.open("rb")

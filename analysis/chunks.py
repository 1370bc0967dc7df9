"""How much memory there is, and how many samples fit into it at a time."""

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import torch

from analysis.checks import BundleError

CACHE = 256 << 20  # more at a time gains nothing on a CPU
RESERVE = 64 << 20  # what the libraries allocate for themselves while they work
SMALLEST = 64 << 20  # for work; with less than this nothing can be promised
LONGEST = 65_536  # samples; counts in float32 stay exact
COMPILER = 160 << 20  # what numba takes once it has compiled something
VALUE = 32  # bytes that one value of a chunk takes with all that is derived from it
FLAG = 8  # the same where only answers are counted
TRIM_FROM, MAP_FROM = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
KEPT = {MAP_FROM: 32 << 20, TRIM_FROM: 256 << 20}  # bytes; 32 MB is the most that it takes
RETURNED = {MAP_FROM: 256 << 10, TRIM_FROM: 128 << 10}
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
UNITS |= {f"{unit}I": 2 ** (10 * power) for power, unit in enumerate(UNITS) if power}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?", re.IGNORECASE)
GROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
CPU = torch.device("cpu")
_limit: int | None = None


def size_of(text: str) -> int:
    """Bytes from a size as people write it.

    Args:
        text: a number with B, KB, MB, GB or TB (or KiB ...).

    Raises:
        BundleError: it is no size.

    Example:
        >>> size_of("500MB"), size_of("1.5 GiB")
        (500000000, 1610612736)
    """
    found = SIZE.fullmatch(text.strip())
    if found is None or found[2].upper() not in UNITS:
        raise BundleError(f"'{text}' is no size of memory; expected one such as 500MB or 2GB.")
    return int(float(found[1]) * UNITS[found[2].upper()])


def limit_memory(size: int | None) -> None:
    """State how much memory the whole process may take; everything else follows from it.

    Args:
        size: in bytes; None: all that this machine has free.

    Raises:
        BundleError: the process takes more already than that leaves room for.
    """
    global _limit
    if size is not None and size < used() + RESERVE + SMALLEST:
        raise BundleError(
            f"The memory is too small: the program by itself takes {_megabytes(used())}, and needs "
            f"some for its work; give at least {_megabytes(used() + RESERVE + SMALLEST + 10**7)}."
        )
    _limit = size
    compiler_fits.cache_clear()
    _tell_allocator(KEPT if size is None else RETURNED)


def used() -> int:
    """Bytes of memory that this process holds now."""
    try:
        return 1024 * int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1])
    except (OSError, TypeError):
        import resource
        import sys

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else 1024 * most


def free() -> int:
    """Bytes of memory that this process could still take, within its control group's limits."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())
        machine = 1024 * int(found[1])
    except (OSError, TypeError):
        import os

        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return min([machine, *_left_in_groups()])


def working_memory(device: torch.device) -> int:
    """Bytes that work on this device may take beyond what is held already."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    left = free() if _limit is None else min(_limit - used(), free())
    return max(0, left - RESERVE)


def fits(size: int, device: torch.device = CPU, *, share: int = 4) -> bool:
    """Whether a table of this many bytes may be held: by default in a quarter of what is free."""
    return size <= working_memory(device) // share


@cache
def compiler_fits() -> bool:
    """Whether numba may be loaded; under a tight stated memory its place is better used for data.

    Decided once for each stated memory, so that one task is done in one way.
    """
    return fits(COMPILER, share=2)


def samples_at_a_time(values: int, device: torch.device, *, counted: bool = False) -> int:
    """How many samples to work on at once.

    Args:
        values: numbers per sample that a chunk holds (models x classes).
        device: where the work is done.
        counted: the values are answers that are only counted. Then chunks are longer, since a
            table of all pairs is added up for each of them.

    Returns:
        At least 1, at most `LONGEST`.

    Raises:
        BundleError: the stated memory has no room for a single sample.
    """
    each = max(1, values) * (FLAG if counted else VALUE)
    if each * LONGEST <= SMALLEST:
        return LONGEST
    working = working_memory(device)
    if _limit is not None and device.type == "cpu" and working < each:
        raise BundleError(_too_little(each))
    most = 2 * CACHE if counted else CACHE
    bound = working if device.type == "cuda" else min(most, working // 2)
    return max(1, min(LONGEST, bound // each))


def _too_little(each: int) -> str:
    """Why not even one sample, which takes this many bytes, can be worked on, and what would do."""
    if free() < _limit - used():
        return (
            f"This machine has only {_megabytes(free())} of memory left, and one sample of all "
            f"models takes {_megabytes(each)}, and its surroundings {_megabytes(RESERVE)}; end "
            "other programs, or choose fewer models."
        )
    return (
        f"The memory of {_megabytes(_limit)} is too small: {_megabytes(used())} are in use, "
        f"and one sample of all models takes {_megabytes(each)}; give at least "
        f"{_megabytes(used() + RESERVE + 4 * each)}, or choose fewer models."
    )


def use_device(name: str) -> torch.device:
    """The device of everything that follows, chosen once; on CUDA exact products come first.

    Args:
        name: "auto" (CUDA where it is present), "cpu" or "cuda".

    Raises:
        BundleError: CUDA was asked for and is not there.
    """
    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        raise BundleError("There is no CUDA device here; use --device cpu.")
    if name == "cpu" or not cuda:
        return torch.device("cpu")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    return torch.device("cuda")


def keep_freed_memory() -> None:
    """Have the C library (glibc) keep up to 256 MB of what is freed, for the next tensors.

    Else each table of some megabytes is mapped anew, and the system fills it with zeros page by
    page, which takes longer than most sums over it. For a process of our own: the app, the
    command, a benchmark, a notebook. Other C libraries go on as they are.
    """
    _tell_allocator(KEPT)


def return_freed_memory() -> None:
    """Have the C library (glibc) give back what it holds of freed memory; others go on."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _tell_allocator(settings: dict[int, int]) -> None:
    """Set options of the C library's memory.

    Under a stated memory large blocks are mapped singly, so that none stays held once freed: else
    small results that are kept stand between large blocks that are gone, and hold them.
    """
    import ctypes

    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        for option, value in settings.items():
            library.mallopt(option, value)


def _left_in_groups() -> list[int]:
    """Bytes left under each limit that the system sets on this process's control groups."""
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except OSError:
        return []
    left = []
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = GROUPS / "memory" if controllers else GROUPS
        limit, now = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes")
            if controllers
            else ("memory.max", "memory.current")
        )
        for folder in {top, top / name.lstrip("/")}:
            try:
                most, taken = ((folder / file).read_text().strip() for file in (limit, now))
                files = re.search(r"inactive_file (\d+)", (folder / "memory.stat").read_text())
            except OSError:
                continue
            if most != "max":
                left.append(max(0, int(most) - int(taken) + int(files[1] if files else 0)))
    return left


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"

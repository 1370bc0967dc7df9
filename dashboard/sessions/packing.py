"""Ids of many samples in few characters that can still be read."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from analysis.bundle import BundleError

MOST_SAMPLES = 5_000_000
NUMBERED = re.compile(r"(.*?)([0-9]{1,15})", re.DOTALL)
RUN = re.compile(r"([0-9]{1,15})(?:\.\.([0-9]{1,15}))?")
LEAST = 3


def packed(ids: Iterable[str]) -> dict:
    """Runs of numbers behind a common beginning, and all other ids as they are.

    Example:
        >>> packed(["s-1", "s-2", "s-3", "x"])
        {'numbered': {'s-': '1..3'}, 'others': ['x']}
    """
    families: dict[tuple[str, int], list[int]] = {}
    others, known = [], Counter()
    for text in ids:
        found = NUMBERED.fullmatch(text)
        if found is None:
            others.append(text)
            continue
        prefix, digits = found.groups()
        width = len(digits) if digits.startswith("0") and len(digits) > 1 else 0
        families.setdefault((prefix, width), []).append(int(digits))
        known[prefix] += 1
    numbered: dict[str, str] = {}
    for (prefix, width), numbers in sorted(families.items()):
        if known[prefix] < LEAST:
            others += [f"{prefix}{number:0{width}d}" for number in numbers]
            continue
        numbered[prefix] = f"{numbered.get(prefix, '')} {_runs(numbers, width)}".strip()
    return {"numbered": numbered, "others": sorted(others)}


def _runs(numbers: list[int], width: int) -> str:
    values = np.unique(np.array(numbers, dtype=np.int64))
    breaks = np.flatnonzero(np.diff(values) != 1)
    firsts = values[np.concatenate([[0], breaks + 1])].tolist()
    lasts = values[np.concatenate([breaks, [len(values) - 1]])].tolist()
    return " ".join(
        f"{first:0{width}d}" if first == last else f"{first:0{width}d}..{last:0{width}d}"
        for first, last in zip(firsts, lasts, strict=True)
    )


def unpacked(numbered: Mapping[str, str], others: Iterable[str]) -> frozenset[str]:
    """The ids that `packed` was given.

    Raises:
        BundleError: a run cannot be read, or there are too many samples.

    Example:
        >>> sorted(unpacked({"s-": "08..10"}, ["x"]))
        ['s-08', 's-09', 's-10', 'x']
    """
    found = list(others)
    for prefix, runs in numbered.items():
        for text in runs.split():
            match = RUN.fullmatch(text)
            if match is None:
                raise BundleError(f"The samples '{text[:40]}' cannot be read; expected 3 or 3..8.")
            first, last = int(match.group(1)), int(match.group(2) or match.group(1))
            if len(found) + last - first + 1 > MOST_SAMPLES:
                raise BundleError(f"A selection holds at most {MOST_SAMPLES:,} samples.")
            padded = match.group(1).startswith("0") and len(match.group(1)) > 1
            width = len(match.group(1)) if padded else 0
            found += [f"{prefix}{number:0{width}d}" for number in range(first, last + 1)]
    return frozenset(found)

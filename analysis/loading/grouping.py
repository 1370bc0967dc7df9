"""Which attributes become groups, and their levels."""

import numpy as np
import torch

from analysis.grouping import Grouping
from analysis.loading import multi
from analysis.loading.classes import ordered
from analysis.loading.multi import MISSING
from analysis.loading.sources import Log, Options, quoted

LEVEL_LIMIT = 100
NUMBER_LIMIT = 20


def build_groups(
    attributes: dict[str, np.ndarray],
    labels: np.ndarray | None,
    classes: list[str],
    options: Options,
    stored: dict[str, list[str]] | None,
    several: dict[str, str],
    log: Log,
) -> dict[str, Grouping]:
    """Group the samples by the attributes that suit, or by those that were named.

    Args:
        attributes: {column: values [N]}.
        labels: int32 [N] class indices, -1 = unlabelled, or None.
        classes: class names, the levels of the group `label`.
        options: `groups` and columns named as `group`.
        stored: {column: levels} that a saved bundle brings along, None for other inputs.
        several: {column: separator} of columns that are known to hold several values in a cell.
        log: receives what was left out and what should be asked.
    """
    several = multi.separators(several, attributes, options, log)
    wanted = options.groups
    if wanted is None and stored is not None:
        wanted = tuple(stored)
    available = [*attributes, *(["label"] if labels is not None else [])]
    for name in options.groups or ():
        if name not in available:
            log.problem(
                f"There is no attribute '{name}' to group by; the attributes are "
                f"{quoted(available, 12) or 'none'}."
            )
    groups, left = {}, []
    for name, values in attributes.items():
        named = (*(wanted or ()), *options.named("group"))
        named = named if options.groups else (*named, *options.multi)
        if wanted is not None and name not in named:
            continue
        mark, cells = several.get(name, ""), _cells(values)
        if mark:
            codes, levels = multi.split(name, cells, mark, log)
        else:
            codes, levels = _numbers(values) if cells is None else _texts(*cells)
        if cells and not mark and stored is None and name not in options.multi:
            multi.ask(name, cells, LEVEL_LIMIT, log)
        if name not in named and not _suits(values, codes, levels):
            left.append(name)
            continue
        groups[name] = _reordered(codes, levels, (stored or {}).get(name), mark)
    if left:
        log.note(
            f"{quoted(left, 20)} {'is' if len(left) == 1 else 'are'} not used for groups: too "
            "many different values, none that repeats, or none at all. Name them with --groups "
            "to use them."
        )
    if labels is not None and "label" not in groups:
        used = np.unique(labels[labels >= 0])
        if ("label" in wanted) if wanted is not None else len(used) <= LEVEL_LIMIT:
            groups["label"] = _label_groups(labels, used, classes)
    if wanted is None:
        return groups
    return {name: groups[name] for name in dict.fromkeys((*wanted, *groups)) if name in groups}


def grouping_of(values: np.ndarray, mark: str = "") -> Grouping:
    """Any column as a grouping, one level for each value.

    Args:
        values: [N], numbers or texts; a missing one is the level "(missing)".
        mark: what stands between several values of a cell, or nothing.

    Returns:
        A partition, or with a mark groups that overlap.

    Example:
        >>> grouping_of(np.array(["b", "a;b", None], dtype=object), ";").levels
        ('a', 'b', '(missing)')
    """
    cells = _cells(values)
    if mark:
        codes, levels = multi.split("", cells or multi.distinct(values.astype(str)), mark, Log())
    else:
        codes, levels = _numbers(values) if cells is None else _texts(*cells)
    return Grouping(torch.from_numpy(codes), tuple(levels), mark or ";")


def _suits(values: np.ndarray, codes: np.ndarray, levels: list[str]) -> bool:
    """Not too many levels, and some that samples share."""
    filled = len(levels) - (MISSING in levels)
    limit = NUMBER_LIMIT if values.dtype.kind in "iuf" else LEVEL_LIMIT
    return 0 < filled <= limit and filled < int((codes >= 0).sum())


def _cells(values: np.ndarray) -> multi.Cells | None:
    """Distinct texts and where they are; None for a column of numbers."""
    return None if values.dtype.kind in "iuf" else multi.distinct(values)


def _numbers(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    distinct, codes = np.unique(values, return_inverse=True)
    gaps = int(np.isnan(distinct).sum()) if values.dtype.kind == "f" else 0
    levels = [_number(value) for value in distinct[: len(distinct) - gaps].tolist()]
    codes = codes.astype(np.int32)
    if gaps:
        codes = np.minimum(codes, len(levels)).astype(np.int32)
        levels.append(MISSING)
    return codes, levels


def _texts(texts: list[str], codes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    levels = ordered(text for text in texts if text)
    place = {level: code for code, level in enumerate(levels)}
    if "" in texts:
        place[""] = place.get(MISSING, len(levels))
        levels += [] if MISSING in levels else [MISSING]
    return np.array([place[text] for text in texts], dtype=np.int32)[codes], levels


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _label_groups(labels: np.ndarray, used: np.ndarray, classes: list[str]) -> Grouping:
    lookup = np.full(len(classes) + 1, len(used), dtype=np.int32)
    lookup[used] = np.arange(len(used))
    levels = [classes[i] for i in used.tolist()] + ([MISSING] if (labels < 0).any() else [])
    return Grouping(torch.from_numpy(lookup[labels]), tuple(levels))


def _reordered(
    codes: np.ndarray, levels: list[str], stored: list[str] | None, mark: str
) -> Grouping:
    """The levels in the order of a saved bundle, when they are the same ones."""
    if stored is not None and set(levels) <= set(stored):
        lookup = np.array([*map(stored.index, levels), len(stored)], dtype=np.int32)
        codes, levels = np.sort(lookup[codes], axis=-1) if mark else lookup[codes], stored
        codes = np.where(codes == len(stored), -1, codes).astype(np.int32)
    return Grouping(torch.from_numpy(codes), tuple(levels), mark or ";")

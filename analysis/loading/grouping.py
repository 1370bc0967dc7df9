"""Which attributes become groups, and their levels."""

import numpy as np
import torch

from analysis.bundle import Grouping
from analysis.loading.classes import ordered
from analysis.loading.sources import Log, Options, quoted

LEVEL_LIMIT = 100
NUMBER_LIMIT = 20
MISSING = "(missing)"


def build_groups(
    attributes: dict[str, np.ndarray],
    labels: np.ndarray | None,
    classes: list[str],
    options: Options,
    stored: dict[str, list[str]] | None,
    log: Log,
) -> dict[str, Grouping]:
    """Group the samples by the attributes that suit, or by those that were named.

    Args:
        attributes: {column: values [N]}.
        labels: int32 [N] class indices, -1 = unlabelled, or None.
        classes: class names, the levels of the group `label`.
        options: `groups` and columns named as `group`.
        stored: {column: levels} that a saved bundle brings along, None for other inputs.
        log: receives what was left out.
    """
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
        if wanted is not None and name not in (*wanted, *options.named("group")):
            continue
        codes, levels = _levels(values)
        if wanted is None and name not in options.named("group") and not _suits(values, levels):
            left.append(name)
            continue
        groups[name] = _reordered(codes, levels, (stored or {}).get(name))
    if left:
        log.note(
            f"{quoted(left, 20)} {'is' if len(left) == 1 else 'are'} not used for groups: too "
            "many different values. Name them with --groups to use them."
        )
    if labels is not None and "label" not in groups:
        used = np.unique(labels[labels >= 0])
        if ("label" in wanted) if wanted is not None else len(used) <= LEVEL_LIMIT:
            groups["label"] = _label_groups(labels, used, classes)
    if wanted is None:
        return groups
    return {name: groups[name] for name in dict.fromkeys((*wanted, *groups)) if name in groups}


def _suits(values: np.ndarray, levels: list[str]) -> bool:
    filled = len(levels) - (MISSING in levels)
    limit = NUMBER_LIMIT if values.dtype.kind in "iuf" else LEVEL_LIMIT
    return 0 < filled <= limit and filled < len(values)


def _levels(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    if values.dtype.kind in "iuf":
        distinct, codes = np.unique(values, return_inverse=True)
        gaps = int(np.isnan(distinct).sum()) if values.dtype.kind == "f" else 0
        levels = [_number(value) for value in distinct[: len(distinct) - gaps].tolist()]
        codes = codes.astype(np.int32)
        if gaps:
            codes = np.minimum(codes, len(levels)).astype(np.int32)
            levels.append(MISSING)
        return codes, levels
    texts = values.tolist()
    distinct = set(texts)
    levels = ordered(str(text) for text in distinct if text not in ("", None))
    place = {level: code for code, level in enumerate(levels)}
    if "" in distinct or None in distinct:
        place[""] = place[None] = place.get(MISSING, len(levels))
        levels += [] if MISSING in levels else [MISSING]
    return np.array(
        [place[text] if text is None else place[str(text)] for text in texts], dtype=np.int32
    ), levels


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _label_groups(labels: np.ndarray, used: np.ndarray, classes: list[str]) -> Grouping:
    lookup = np.full(len(classes) + 1, len(used), dtype=np.int32)
    lookup[used] = np.arange(len(used))
    levels = [classes[i] for i in used.tolist()] + ([MISSING] if (labels < 0).any() else [])
    return Grouping(torch.from_numpy(lookup[labels]), tuple(levels))


def _reordered(codes: np.ndarray, levels: list[str], stored: list[str] | None) -> Grouping:
    """The levels in the order of a saved bundle, when they are the same ones."""
    if stored is None or not set(levels) <= set(stored):
        return Grouping(torch.from_numpy(codes), tuple(levels))
    lookup = np.array([stored.index(level) for level in levels], dtype=np.int32)
    return Grouping(torch.from_numpy(lookup[codes]), tuple(stored))

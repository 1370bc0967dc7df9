"""Probabilities or logits: what one walk over the rows of a table finds."""

from dataclasses import dataclass

import numpy as np
import torch

from analysis.checks import SUM_TOLERANCE
from analysis.lazy import blocks
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, Options
from analysis.loading.stacks import Stack
from analysis.stored import FileArray


@dataclass(frozen=True, eq=False)
class Facts:
    """What one walk over a table finds of each row: sum, extremes, and place of the highest."""

    sums: np.ndarray
    low: np.ndarray
    high: np.ndarray
    best: np.ndarray


def facts_of(values: np.ndarray | FileArray, log: Log) -> Facts:
    """Walk over a table once.

    Args:
        values: [rows, classes].
        log: told how far it is.
    """
    found, done = [], 0
    for block in blocks(values):
        # torch goes along short rows about ten times as quickly as numpy.
        block = np.require(single(block), requirements="W")
        given = torch.from_numpy(block)
        sums = given.double().sum(1).numpy()
        low, high = given.amin(1).numpy(), given.amax(1).numpy()
        found.append((sums, low, high, highest(block, sums)))
        done += len(block)
        log.advance(done / len(values))
    return Facts(*(np.concatenate(part) for part in zip(*found, strict=True)))


def single(values: np.ndarray) -> np.ndarray:
    """As float32, or float64 where they are that."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float32)


def highest(values: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Place of the highest value of each row, the first of equals; NaN counts as lowest.

    Args:
        values: float [rows, classes].
        sums: [rows], NaN where a value is.
    """
    if np.isnan(sums).any():
        values = np.where(np.isnan(values), -1, values)
    return values.argmax(1)


def kind_of(
    stack: Stack,
    rows: np.ndarray,
    needed: np.ndarray,
    facts: Facts,
    roster: Roster,
    options: Options,
    log: Log,
) -> str | None:
    """Whether a table holds probabilities or logits.

    Args:
        stack: the table and its model, for messages.
        rows: int64 [rows], the sample of each, -1 = unknown.
        needed: bool [rows], others may hold anything.
        facts: of its rows.
        roster: the samples.
        options: `values` decides by hand.
        log: receives notes, and the problem where None is returned.

    Returns:
        "probabilities" or "logits"; None where some row is neither.
    """
    sums, low, high = facts.sums, facts.low, facts.high
    near = np.abs(sums - 1) <= SUM_TOLERANCE
    inside = (low >= 0) & (high <= 1 + SUM_TOLERANCE)
    outside = (low < 0) | (high > 1 + SUM_TOLERANCE)
    kind = options.values
    percent = (low[needed] >= 0).all() and (np.abs(sums[needed] - 100) <= 0.1).all()
    if kind is None and needed.any() and percent:
        log.problem(
            f"{stack.file.name}: the rows of '{stack.name}' sum to 100, so they look like percent; "
            "expected probabilities from 0 to 1. Divide them by 100, or say --values logits if "
            "these are logits."
        )
        return None
    if kind is None and not near[needed].any() and outside[needed].any():
        kind = "logits"
        log.note(
            f"{stack.file.name}: the values of '{stack.name}' are read as logits, because no "
            "row sums to 1 and some lie outside 0 to 1."
        )
    bad, expected = np.flatnonzero(needed & ~(near & inside)), "values from 0 to 1 that sum to 1"
    if kind == "logits":
        bad = np.flatnonzero(needed & (np.isnan(sums) | ~np.isfinite(high)))
        expected = "finite logits"
    if len(bad):
        _report_row(stack, roster.ids[rows[bad[0]]], bad, (low, high, sums), expected, log)
        return None
    if kind == "logits" and options.values and not outside[needed].any():
        log.note(
            f"{stack.file.name}: the values of '{stack.name}' are read as logits, as was said, "
            "although all lie from 0 to 1."
        )
    return kind or "probabilities"


def _report_row(stack: Stack, sample: str, bad: np.ndarray, extremes, expected: str, log: Log):
    row, total = int(bad[0]), len(bad)
    low, high, sums = (float(values[row]) for values in extremes)
    more = f"; {total:,} of {len(stack.values):,} rows are like this" if total > 1 else ""
    found = f"values from {low:.6g} to {high:.6g} with sum {sums:.6g}"
    if np.isnan(sums):
        found = "NaN"
    place = f"{stack.file.name}, model '{stack.name}', row {row} counted from 0"
    if stack.where:
        place = f"{stack.where(row)}, model '{stack.name}'"
    log.problem(
        f"{place} (sample '{sample}'): found {found}; expected {expected}{more}. Correct the row"
        + (", or say --values logits if these are logits." if low < 0 or high > 1.5 else ".")
    )

"""Attributes and units of the samples, from every table that has them."""

import numpy as np
import pyarrow as pa

from analysis.loading.columns import Column, exact_numbers
from analysis.loading.forms import LONG, ONE, PROBABILITIES, SAMPLES, WIDE
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, per_sample
from analysis.loading.sources import Log, count, quoted


def fill_roster(roster: Roster, parts: list[Part], log: Log) -> None:
    """Attributes and units, of the samples table or else of the tables of predictions.

    Args:
        roster: changed in place.
        parts: tables with their forms settled.
        log: receives what is not read, and samples with two values.
    """
    alone = not any(part.form == SAMPLES for part in parts)
    owners = [
        part
        for part in parts
        if part.form in (SAMPLES, WIDE, PROBABILITIES) or (alone and part.form in (LONG, ONE))
    ]
    owners.sort(key=lambda part: (part.form != SAMPLES, -len(part.id.levels)))
    for part in parts:
        unused = [column.name for column in part.rest]
        if part.form in (LONG, ONE) and unused and not alone:
            log.note(
                f"{part.file.name}: {quoted(unused)} {'is' if len(unused) == 1 else 'are'} not "
                "read; attributes belong in the samples table."
            )
    holders: dict[str, list[Part]] = {}
    for part in owners:
        for column in part.rest:
            if column.listed:
                log.note(
                    f"{part.file.name}: column '{column.name}' holds lists and is not read; "
                    f"say --column embedding={column.name} if they are embeddings."
                )
                continue
            holders.setdefault(column.name, []).append(part)
            if column.separator and column.name not in roster.multi:
                roster.multi[column.name] = column.separator
                log.note(
                    f"{part.file.name}: column '{column.name}' holds lists; a sample counts "
                    "in the group of each of its values."
                )
    for name, found in holders.items():
        _attribute(roster, name, found, log)
    for part in parts:
        if part.unit and roster.units is None:
            codes, first = per_sample(roster, part, part.unit, log)
            roster.units = _unit_numbers(codes)
            if "dissensus.groups" in part.table.metadata and part.unit.numeric:
                roster.units = part.unit.numbers()[first].astype(np.int32)


def _attribute(roster: Roster, name: str, parts: list[Part], log: Log) -> None:
    """Enter an attribute; where several tables have it, each says it of its own samples."""
    found = []
    for part in parts:
        column = part.table.columns[name]
        strict = part.form == SAMPLES
        values, first = per_sample(roster, part, column, log, strict=strict)
        if values is not None:
            found.append((part, column, values, first))
        elif not strict:
            log.note(f"{part.file.name}: column '{name}' differs within a sample and is not read.")
    if not found:
        return
    part, column, values, first = found[0]
    if len(found) > 1:
        column, first = _merged(found, log)
        values = column.codes
    numbers, reason = exact_numbers(column)
    if reason:
        log.note(f"{part.file.name}: column '{name}' stays text, because {reason}.")
    present = first < len(column.codes)
    if numbers is None:
        roster.attributes[name] = np.array([*column.levels, ""], dtype=object)[values]
    elif present.all():
        roster.attributes[name] = numbers[first]
    else:
        roster.attributes[name] = np.full(len(roster.ids), np.nan)
        roster.attributes[name][present] = numbers[first[present]]


def _merged(found: list[tuple], log: Log) -> tuple[Column, np.ndarray]:
    """One column over all samples from the tables that have it, and the row of each sample."""
    part, column = found[0][:2]
    texts = np.full(len(found[0][2]), None, dtype=object)
    for other, own, values, first in found:
        said = np.array([*own.levels, ""], dtype=object)[values]
        present = (first < other.table.rows) & (values >= 0)
        known = np.array([text is not None for text in texts.tolist()])
        differs = present & known & (texts != said)
        if differs.any():
            log.note(
                f"{other.file.name}: '{column.name}' differs from {part.file.name} for "
                f"{count(int(differs.sum()), 'sample')}; that of {part.file.name} is used."
            )
        texts = np.where(present & ~known, said, texts)
    typed = all(own.typed and not own.numeric for _, own, _, _ in found)
    raw = pa.chunked_array([pa.array(texts.tolist(), pa.string())])
    gaps = np.array([text is None for text in texts.tolist()])
    return Column(column.name, raw, typed), np.where(gaps, len(texts), np.arange(len(texts)))


def _unit_numbers(codes: np.ndarray | None) -> np.ndarray | None:
    """Units numbered by first occurrence; a sample without one is a unit of its own."""
    if codes is None:
        return None
    own = codes.astype(np.int64)
    alone = np.flatnonzero(own < 0)
    own[alone] = own.max(initial=-1) + 1 + np.arange(len(alone))
    _, first, inverse = np.unique(own, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]

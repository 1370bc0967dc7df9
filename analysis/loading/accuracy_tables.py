"""Aggregated accuracies: tables of them set apart from the rest and made one `AccuracyTable`."""

from dataclasses import replace

import numpy as np
import torch

from analysis.accuracies import AccuracyTable
from analysis.bundle import BundleError
from analysis.loading.accuracy_cells import Cells, Names, cells_of, merged
from analysis.loading.accuracy_forms import Layout, about_models, is_model_table, layout_of, lonely
from analysis.loading.columns import Column, exact_numbers, first_positions
from analysis.loading.extras import model_info
from analysis.loading.forms import MODELS, settle
from analysis.loading.grades import Answers
from analysis.loading.roles import Part
from analysis.loading.sources import Found, Log, Options, count, quoted
from analysis.loading.stacks import Stack

FORM = "accuracy table"


def set_apart(
    parts: list[Part], stacks: list[Stack], options: Options, log: Log
) -> tuple[list[Part], AccuracyTable | None]:
    """Take the tables of accuracies out of what is read.

    A table is one when its columns say so (model, setting, accuracy), or when nothing in the input
    has answers on samples and it has a model and numbers.

    Args:
        parts: tables with provisional roles.
        stacks: arrays.
        options: what was said by hand.
        log: receives findings, notes and problems.

    Returns:
        The other tables, and the accuracies if there are any; model tables go with them when
        there is nothing else.
    """
    alone = not stacks and all(lonely(part) for part in parts)
    layouts = [layout for part in parts if (layout := layout_of(part, alone, options, log))]
    if not layouts:
        return parts, None
    # A model table may state one accuracy of each model; beside others it only describes them.
    describing = [one for one in layouts if one.setting is None and about_models(one.part)]
    if len(describing) < len(layouts):
        layouts = [layout for layout in layouts if layout not in describing]
    taken = [layout.part for layout in layouts]
    others = [part for part in parts if part not in taken]
    tables = [part for part in others if is_model_table(part)]
    if alone:
        for part in tables:
            settle(part, MODELS, options, log)
        others = [part for part in others if part not in tables]
    return others, _table(layouts, tables, options, log)


def _table(
    layouts: list[Layout], tables: list[Part], options: Options, log: Log
) -> AccuracyTable | None:
    models, settings = Names(), Names()
    read = []
    for layout in layouts:
        for comment in layout.part.table.comments:
            log.note(comment)
        cells = cells_of(layout, models, settings, options, log)
        read += [cells] if cells else []
        _record(layout, cells, log)
    values, counts = merged(read, len(models.place), len(settings.place), log)
    info: dict[str, np.ndarray] = {}
    about: dict[str, np.ndarray] = {}
    for cells in read:
        _add_info(info, about, cells, len(models.place), len(settings.place))
    known = [replace(part, form=MODELS) for part in tables]
    of_tables = model_info(known, Answers(models=list(models.place)), log, said="accuracies")
    if log.problems:
        return None
    _note_size(values, log)
    try:
        return AccuracyTable(
            models=tuple(models.place),
            settings=tuple(settings.place),
            accuracy=torch.from_numpy(values),
            counts=None if counts is None else torch.from_numpy(counts),
            model_info=info | of_tables,
            setting_info=about,
            notes=tuple(log.notes),
        )
    except BundleError as error:
        log.problem(str(error))
        return None


def _note_size(values: np.ndarray, log: Log) -> None:
    models, settings = values.shape
    measured = int(np.isfinite(values).sum())
    gaps = values.size - measured
    log.note(
        f"{count(models, 'model')} in {count(settings, 'setting')}: "
        + (f"{measured:,} of {values.size:,} cells are measured." if gaps else "no cell is empty.")
    )


def _record(layout: Layout, cells: Cells | None, log: Log) -> None:
    """What became of each column."""
    part, scores = layout.part, [column.name for column in layout.accuracies]
    became = {part.model.name: "model"}
    if layout.setting is not None:
        became[layout.setting.name] = "setting"
    became |= dict.fromkeys(scores, "accuracies in a setting" if layout.wide else "accuracy")
    if layout.counts is not None:
        became[layout.counts.name] = "number of samples"
    neither = []
    for column in layout.rest:
        of = None if cells is None else _keys(column, cells)
        became[column.name] = {0: "model attribute", 1: "setting attribute"}.get(of, "not read")
        neither += [column.name] if of is None and cells is not None else []
    if neither:
        log.note(
            f"{part.file.name}: {quoted(neither)} {'is' if len(neither) == 1 else 'are'} not read, "
            "because the values differ within a model and within a setting."
        )
    columns = {name: became.get(name, "ignored") for name in part.table.columns}
    log.found.append(Found(part.file.name, FORM, part.table.rows, columns, part.table.preview()))


def _keys(column: Column, cells: Cells) -> int | None:
    """0: one value per model; 1: one value per setting; None: neither."""
    for of, keys in enumerate((cells.of_rows, cells.settings_of_rows)):
        if keys is not None:
            first = first_positions(keys, int(keys.max()) + 1)
            if (column.codes == column.codes[first[keys]]).all():
                return of
    return None


def _add_info(info: dict, about: dict, cells: Cells, models: int, settings: int) -> None:
    """Enter what the other columns say of models or settings; a name that is known stays."""
    for column in cells.layout.rest:
        of = _keys(column, cells)
        if of is None:
            continue
        known, size = ((info, models), (about, settings))[of]
        keys = cells.settings_of_rows if of else cells.of_rows
        first = first_positions(keys, size)
        present = first < len(keys)
        numbers, _ = exact_numbers(column)
        if numbers is not None:
            values = np.full(size, np.nan)
            values[present] = numbers[first[present]]
            missing = np.isnan
        else:
            texts = np.array([*(level or None for level in column.levels), None], dtype=object)
            values = np.full(size, None, dtype=object)
            values[present] = texts[column.codes[first[present]]]
            missing = np.vectorize(lambda value: value is None, otypes=[bool])
        old = known.get(column.name)
        if old is not None and old.dtype == values.dtype:
            values = np.where(missing(old), values, old)
        known[column.name] = values

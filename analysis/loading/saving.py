"""Writing a bundle as the canonical folder."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from analysis.bundle import Bundle, BundleError, graded
from analysis.grouping import Grouping
from analysis.lazy import LazyRows, blocks
from analysis.loading.aside import aside, why
from analysis.loading.restoring import Layout, layout
from analysis.loading.roles import CANONICAL

OWN = {"dissensus.saved": "1"}
ROWS = 1 << 16
MEANT = {*CANONICAL.values(), "", "__index_level_0__"}


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the canonical folder, which reads back as the same bundle.

    Written next to its place and then renamed, so that a broken write leaves nothing behind. Groups
    are written as attributes with their levels.

    Args:
        bundle: on any device.
        folder: must not exist, or hold nothing.

    Raises:
        BundleError: the folder holds files already, or cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; expected a new or empty folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with aside(folder.parent, folder.name) as place:
            write_bundle(bundle, place / "whole")
            if folder.exists():
                folder.rmdir()
            (place / "whole").rename(folder)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {why(error)}.") from None


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the canonical folder right where it is named.

    Args:
        bundle: on any device.
        folder: must not exist.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir()
    _write(bundle.to("cpu"), folder)


def _write(bundle: Bundle, folder: Path) -> None:
    places = layout(bundle)
    _write_samples(bundle, places, folder / "samples.parquet")
    _write_predictions(bundle, folder / "predictions.parquet")
    if bundle.classes:
        _write_classes(bundle.classes, folder)
    _write_arrays(bundle.probabilities, folder / "probabilities", places.files)
    _write_arrays(bundle.model_embeddings, folder / "embeddings", places.files)
    if bundle.embeddings is not None:
        _write_array(bundle.embeddings.numpy(), folder / "embeddings.npy")
    if bundle.thumbnails is not None:
        _write_array(bundle.thumbnails, folder / "thumbnails.npy")
    if bundle.model_info:
        _write_models(bundle, folder / "models.parquet")


def _write_classes(classes: Sequence[str], folder: Path) -> None:
    """As text that a person can read, unless a name holds what no text file does."""
    if any("\0" in name for name in classes):
        columns = {"class_index": pa.array(range(len(classes))), "label": pa.array(classes)}
        table = pa.table(columns).replace_schema_metadata(OWN)
        pq.write_table(table, folder / "classes.parquet")
        return
    with (folder / "classes.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream, quoting=csv.QUOTE_ALL)
        rows.writerows([("class_index", "label"), *enumerate(classes)])


def _write_samples(bundle: Bundle, places: Layout, path: Path) -> None:
    columns: dict[str, pa.Array] = {"sample_id": pa.array(bundle.ids, pa.string())}
    if bundle.labels is not None:
        columns["label"] = _encoded(bundle.labels.numpy(), pa.array(bundle.classes, pa.string()))
    if bundle.units is not None:
        columns["unit_id"] = pa.array(bundle.units.numpy())
    for name, column in places.attributes.items():
        columns[column] = _attribute(bundle.attributes[name])
    for name, column in places.groups.items():
        columns[column] = _group(bundle.groups[name])
    table = pa.table(columns).replace_schema_metadata(places.metadata())
    pq.write_table(table, path, compression="zstd")


def _encoded(codes: np.ndarray, levels: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), levels)


def _group(grouping: Grouping) -> pa.Array:
    """Level names, or positions where a sample is in several groups."""
    if not grouping.overlapping:
        return _encoded(grouping.codes.numpy(), pa.array(grouping.levels, pa.string()))
    return pa.array([" ".join(map(str, row)) for row in grouping.codes.tolist()], pa.string())


def _attribute(values: np.ndarray) -> pa.Array:
    if values.dtype.kind in "iuf":
        return pa.array(values)
    return pa.array(["" if value is None else str(value) for value in values.tolist()], pa.string())


def _write_predictions(bundle: Bundle, path: Path) -> None:
    given = not _follows(bundle)
    meant = any(name in MEANT or name.startswith("Unnamed: ") for name in bundle.models)
    if bundle.confidence is None and not given and not meant:
        _write_wide(bundle, path)
    else:
        _write_long(bundle, path, given)


def _write_wide(bundle: Bundle, path: Path) -> None:
    """One column per model, some samples after the other."""
    classes, writer = pa.array(bundle.classes, pa.string()), None
    for start in range(0, len(bundle.ids), ROWS):
        rows = slice(start, start + ROWS)
        columns = {"sample_id": pa.array(bundle.ids[rows], pa.string())}
        for model, codes in zip(bundle.models, bundle.predictions[:, rows].numpy(), strict=True):
            columns[model] = _encoded(codes, classes)
        table = pa.table(columns).replace_schema_metadata(OWN)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def _write_long(bundle: Bundle, path: Path, given: bool) -> None:
    """One model after the other, so that only one is held as a table; with given grades."""
    size, writer = len(bundle.ids), None
    ids, classes = pa.array(bundle.ids, pa.string()), pa.array(bundle.classes, pa.string())
    for row, model in enumerate(bundle.models):
        columns = {
            "sample_id": _encoded(np.arange(size, dtype=np.int32), ids),
            "model": _encoded(np.zeros(size, dtype=np.int32), pa.array([model], pa.string())),
            "prediction": _encoded(bundle.predictions[row].numpy(), classes),
        }
        if bundle.confidence is not None:
            values = bundle.confidence[row].numpy()
            columns["confidence"] = pa.array(values, mask=np.isnan(values))
        if given:
            grades = bundle.grades[row].numpy()
            columns["correct"] = pa.array(grades, mask=grades < 0)
        table = pa.table(columns).replace_schema_metadata(OWN)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()


def _follows(bundle: Bundle) -> bool:
    """The grades follow from labels and predictions, so they need not be written."""
    return torch.equal(graded(bundle.predictions, bundle.labels), bundle.grades)


def _write_arrays(arrays: dict, folder: Path, files: Mapping[str, str]) -> None:
    if arrays:
        folder.mkdir()
    for model, values in arrays.items():
        path = folder / f"{files.get(model, model)}.npy"
        if isinstance(values, LazyRows):
            dtype = np.dtype(str(values.dtype).removeprefix("torch."))
            _write_parts(dtype, values.shape, (b.numpy() for b in blocks(values)), path)
        else:
            _write_array(values.numpy(), path)


def _write_array(values: np.ndarray, path: Path) -> None:
    _write_parts(values.dtype, values.shape, [np.ascontiguousarray(values)], path)


def _write_parts(
    dtype: np.dtype, shape: Sequence[int], parts: Iterable[np.ndarray], path: Path
) -> None:
    """As `np.save`, which on a full disk may leave out the last bytes and not say so."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": tuple(shape)}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for part in parts:
            stream.write(part)


def _write_models(bundle: Bundle, path: Path) -> None:
    """Typed, since text that looks like a number would not be text again in a CSV."""
    columns = {"model": pa.array(bundle.models, pa.string())}
    for name, values in bundle.model_info.items():
        if name in columns:
            raise BundleError(
                f"A column of model_info is called '{name}', which is a reserved name; rename it."
            )
        numbers = values.dtype.kind in "iuf"
        texts = [None if value is None else str(value) for value in values.tolist()]
        columns[name] = pa.array(values) if numbers else pa.array(texts, pa.string())
    pq.write_table(pa.table(columns).replace_schema_metadata(OWN), path, compression="zstd")

"""Folders that Hugging Face `datasets` saves: one table from all shards and splits."""

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis.loading.arrays import ANYTHING_WRONG, text_array
from analysis.loading.arrow import read_batches, typed_table
from analysis.loading.roles import ALIASES
from analysis.loading.sources import File, Log, RefusedError, count, quoted, shortened
from analysis.loading.stacks import Stack
from analysis.loading.tables import Table

ROLE = "dataset"
STATE, INFO, SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
SPLIT = "split"
JSON_LIMIT = 64 << 20
Members = dict[str, Path | bytes]


def is_dataset(names: Iterable[str]) -> bool:
    """Whether these members are those of a folder that `save_to_disk` wrote.

    Args:
        names: relative, with slashes.
    """
    names = set(names)
    return SPLITS in names or (STATE in names and INFO in names)


def read_dataset(file: File, log: Log) -> list[Table | Stack]:
    """One table from all shards; several splits make a column `split`.

    Class numbers become class names, and the class order of the labels is kept.

    Args:
        file: a folder, or a zip of one.
        log: receives what was assumed.

    Raises:
        RefusedError: a part is missing, damaged or of another form.
    """
    members = _members(file)
    places = [""]
    if SPLITS in members:
        listed = _json(file, members, SPLITS).get("splits")
        if not isinstance(listed, list) or not listed or not all(map(_plain_name, listed)):
            raise RefusedError(f"{file.name}/{SPLITS} lists no splits; save the dataset again.")
        places = [f"{name}/" for name in listed]
    tables, orders = [], {}
    for place in places:
        table = _shards(file, members, place)
        table = _with_names(file, members, place, table, orders)
        if place:
            table = _with_split(file, table, place.rstrip("/"))
        tables.append(table)
    found = typed_table(file, tables, tuple(_comments(file, orders, places)))
    return [found, *_class_order(file, orders, log)]


def _members(file: File) -> Members:
    if isinstance(file.content, Path) and file.content.is_dir():
        paths = [path for path in file.content.rglob("*") if path.is_file()]
        return {path.relative_to(file.content).as_posix(): path for path in paths}
    source = io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content
    try:
        return _unpacked(source)
    except ANYTHING_WRONG as error:
        raise RefusedError(
            f"{file.name} cannot be opened as a zip ({error}); pack it again."
        ) from None


def _unpacked(source: io.BytesIO | Path) -> Members:
    with zipfile.ZipFile(source) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        inside = min((name for name in names if name.endswith((SPLITS, INFO))), key=len, default="")
        top = inside.rsplit("/", 1)[0] + "/" if "/" in inside else ""
        return {name.removeprefix(top): archive.read(name) for name in names}


def _json(file: File, members: Members, name: str) -> dict:
    content = members.get(name)
    if content is None:
        raise RefusedError(
            f"{file.name} has no {name}; expected it in a folder that save_to_disk of the package "
            "datasets wrote. Save the dataset again."
        )
    try:
        if isinstance(content, Path):
            content = content.read_bytes() if content.stat().st_size < JSON_LIMIT else b""
        parsed = json.loads(content)
    except (ValueError, RecursionError, OSError):
        parsed = None
    if not isinstance(parsed, dict):
        raise RefusedError(f"{file.name}/{name} is no JSON object; save the dataset again.")
    return parsed


def _plain_name(name: object) -> bool:
    return (
        isinstance(name, str)
        and bool(name)
        and "/" not in name
        and "\\" not in name
        and (name not in (".", ".."))
    )


def _shards(file: File, members: Members, place: str) -> pa.Table:
    listed = _json(file, members, f"{place}{STATE}").get("_data_files")
    names = [
        entry.get("filename") if isinstance(entry, dict) else None
        for entry in (listed if isinstance(listed, list) else [])
    ]
    if not names or not all(map(_plain_name, names)):
        raise RefusedError(
            f"{file.name}/{place}{STATE} names no data files; expected plain names such as "
            "'data-00000-of-00001.arrow'. Save the dataset again."
        )
    absent = [name for name in names if f"{place}{name}" not in members]
    if absent:
        raise RefusedError(
            f"{file.name}/{place}{STATE} names {quoted(absent)}, which "
            f"{'is' if len(absent) == 1 else 'are'} not there ({len(names) - len(absent)} of "
            f"{count(len(names), 'file')} found). Copy the whole folder."
        )
    shards = [
        read_batches(File(f"{file.name}/{place}{name}", members[f"{place}{name}"]))
        for name in names
    ]
    for name, shard in zip(names, shards, strict=True):
        if shard.schema != shards[0].schema:
            raise RefusedError(
                f"{file.name}/{place}{name} has other columns than {names[0]}; save the dataset "
                "again."
            )
    return pa.concat_tables(shards)


def _with_names(
    file: File, members: Members, place: str, table: pa.Table, orders: dict[str, list[str]]
) -> pa.Table:
    """Class numbers as the names that the features give; -1 is nothing."""
    features = _json(file, members, f"{place}{INFO}").get("features")
    for name, feature in (features if isinstance(features, dict) else {}).items():
        if not isinstance(feature, dict) or feature.get("_type") != "ClassLabel":
            continue
        names = feature.get("names")
        whole = name in table.column_names and pa.types.is_integer(table.column(name).type)
        if not whole or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            continue
        if orders.setdefault(name, names) != names:
            raise RefusedError(
                f"{file.name}/{place}{INFO} names other classes for '{name}' than another split; "
                "expected the same ones in the same order."
            )
        column = table.column(name).combine_chunks()
        codes = column.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        strange = np.flatnonzero((codes < -1) | (codes >= len(names)))
        if len(strange):
            raise RefusedError(
                f"{file.name}/{place.rstrip('/') or 'data'}, row {strange[0] + 1}: column '{name}' "
                f"holds {codes[strange[0]]}; expected a class from 0 to {len(names) - 1}, or -1."
            )
        named = pa.DictionaryArray.from_arrays(
            pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(names, pa.string())
        )
        table = table.set_column(table.column_names.index(name), name, named)
    return table


def _with_split(file: File, table: pa.Table, split: str) -> pa.Table:
    if SPLIT in table.column_names:
        raise RefusedError(
            f"{file.name} has splits and a column '{SPLIT}' too; expected one of them. Rename the "
            "column."
        )
    codes = pa.array(np.zeros(table.num_rows, dtype=np.int32))
    return table.append_column(SPLIT, pa.DictionaryArray.from_arrays(codes, pa.array([split])))


def _comments(file: File, orders: dict[str, list[str]], places: list[str]) -> list[str]:
    texts = [
        f"{file.name}: the numbers in column '{name}' are read as the {len(names)} class names "
        f"that the dataset gives ({quoted(names, 3)})."
        for name, names in orders.items()
    ]
    if places != [""]:
        splits = quoted([place.rstrip("/") for place in places])
        texts.append(f"{file.name}: the splits {splits} stand in a column '{SPLIT}'.")
    return texts


def _class_order(file: File, orders: dict[str, list[str]], log: Log) -> list[Stack]:
    """The class order of the label column, else that of all, when there is one only."""
    labels = [names for name, names in orders.items() if name.lower() in ALIASES["label"]]
    candidates = {tuple(names) for names in labels or orders.values()}
    if len(candidates) != 1:
        if candidates:
            log.note(f"{file.name}: {len(candidates)} columns have classes; none gives the order.")
        return []
    names = candidates.pop()
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"{file.name} names the class '{shortened(twice)}' twice.")
    return [Stack(file, "classes", "classes", text_array(file.name, names), array="classes")]

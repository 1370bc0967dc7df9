"""Hostile tables: separated text, Markdown, JSON and logs, Parquet, Arrow."""

import csv
import gzip
import io
import json
import random

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from forms import (
    ACCURACIES,
    ANSWERS,
    FORMS,
    HARNESS,
    HELM,
    INSPECT,
    OTHERS,
    ROWS,
    SAMPLES,
    ZERO_EVAL,
    columns,
    lines,
)
from hostile.cases import Case
from hostile.harm import bytes_harmed, evil, json_harmed, json_text, text_harmed

TEXTS = [
    (name, content)
    for files in (*FORMS.values(), *ACCURACIES.values())
    for name, content in files.items()
    if name.endswith((".csv", ".tsv", ".txt", ".md"))
]
JSONS = [
    (name, content)
    for files in FORMS.values()
    for name, content in files.items()
    if name.endswith((".json", ".jsonl"))
]
LOGS = {
    "samples_quiz_2025-01-02T03-04-05.678.jsonl": HARNESS,
    "log.json": INSPECT,
    "scenario_state.json": HELM,
    "gpt.json": ZERO_EVAL,
}
TABLES = [
    (name, content)
    for files in FORMS.values()
    for name, content in files.items()
    if name.endswith((".parquet", ".feather", ".arrow"))
]


def text(chance: random.Random) -> Case:
    """Separated text or Markdown: harmed, or sound with hostile cells."""
    way = chance.randrange(4)
    if way == 0:
        return _shuffled(chance)
    if way == 1:
        return _with_hostile_cells(chance)
    name, content = chance.choice(TEXTS)
    content = (text_harmed if way == 2 else bytes_harmed)(content, chance)
    if chance.random() < 0.1:
        name, content = f"{name}.gz", gzip.compress(content)
        content = bytes_harmed(content, chance) if chance.random() < 0.5 else content
    return Case("text", _beside(name, content, chance))


def _beside(name: str, content: bytes, chance: random.Random) -> dict[str, bytes]:
    """The file, mostly with the samples that it is about."""
    return {name: content} if chance.random() < 0.3 else {"samples.csv": SAMPLES} | {name: content}


def _written(rows: list[list[str]], chance: random.Random) -> bytes:
    stream = io.StringIO()
    csv.writer(
        stream,
        delimiter=chance.choice(",;\t|"),
        quoting=chance.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
        lineterminator=chance.choice(["\n", "\r\n"]),
    ).writerows(rows)
    mark = chance.choice(["", "", "\ufeff"])
    return (mark + stream.getvalue()).encode()


def _shuffled(chance: random.Random) -> Case:
    """The known answers with rows and columns in any order, in any dialect."""
    names, rows = chance.sample([*ROWS[0]], 3), chance.sample(ROWS, len(ROWS))
    content = _written([names, *([row[name] or "" for name in names] for row in rows)], chance)
    return Case("text", {"samples.csv": SAMPLES, "runs.csv": content}, ANSWERS)


def _with_hostile_cells(chance: random.Random) -> Case:
    """A sound table whose names and answers are hostile texts."""
    models, ids, classes = ([f"{evil(chance)}{letter}{n}" for n in range(3)] for letter in "mic")
    rows = [[id_, model, chance.choice(classes)] for id_ in dict.fromkeys(ids) for model in models]
    answers = {m: {i: c for i, own, c in rows if own == m} for m in models}
    content = _written([["sample_id", "model", "prediction"], *rows], chance)
    if chance.random() < 0.3:
        content = text_harmed(content, chance)
        answers = None
    return Case("text", {f"{chance.choice('ab')}.csv": content}, answers)


def json_(chance: random.Random) -> Case:
    """JSON and JSON Lines: harmed as values, as text, as bytes."""
    way = chance.randrange(5)
    name, content = chance.choice(JSONS)
    if way == 0:
        rows = [{k: row[k] for k in chance.sample([*row], 3)} for row in ROWS]
        chance.shuffle(rows)
        content = lines(rows) if name.endswith("l") else json.dumps(rows).encode()
        name = "runs" + name[name.rindex(".") :]
        return Case("json", {"samples.csv": SAMPLES, name: content}, ANSWERS)
    if way == 1:
        content = bytes_harmed(content, chance)
    elif way == 2:
        content = text_harmed(content, chance)
    elif name.endswith(".jsonl"):
        content = b"\n".join(
            json_text(json_harmed(json.loads(line), chance), chance)
            for line in content.splitlines()
        )
    else:
        content = json_text(json_harmed(json.loads(content), chance), chance)
    return Case("json", _beside(name, content, chance))


def logs(chance: random.Random) -> Case:
    """Logs of other programs, harmed as values."""
    name = chance.choice([*LOGS])
    values = json_harmed(LOGS[name], chance)
    if name.endswith("l") and isinstance(values, list):
        content = b"\n".join(json_text(one, chance) for one in values)
    else:
        content = json_text(values, chance)
    files = {name: content}
    if name.endswith("l"):
        beside = "results_2025-01-02T03-04-05.678.json"
        known = json.loads(OTHERS["lm-evaluation-harness"][beside])
        files[beside] = json_text(json_harmed(known, chance), chance)
    return Case("logs", files)


def _column(rows: int, chance: random.Random) -> pa.Array:
    """Values of some type that Arrow knows, some of them missing."""
    kind = chance.choice(KINDS)
    values = [chance.randrange(-2, 3) for _ in range(rows)]
    missing = np.array([chance.random() < 0.2 for _ in range(rows)])
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        own = np.abs(values) if pa.types.is_unsigned_integer(kind) else np.array(values)
        return pa.array(own.astype(kind.to_pandas_dtype()), mask=missing)
    made = [MADE[kind](value, chance) for value in values]
    return pa.array(made, kind, mask=missing)


KINDS = (
    *(pa.int8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64()),
    *(pa.string(), pa.large_string(), pa.binary(), pa.bool_(), pa.null(), pa.date32()),
    *(pa.timestamp("ns"), pa.duration("s"), pa.decimal128(38, 3), pa.time64("us")),
    *(pa.list_(pa.int32()), pa.list_(pa.string()), pa.list_(pa.list_(pa.float32()))),
    *(pa.struct({"a": pa.int8()}), pa.map_(pa.string(), pa.int8()), pa.binary(3)),
    *(pa.list_(pa.float32(), 2), pa.struct({}), pa.list_(pa.struct({"a": pa.list_(pa.int8())}))),
)
MADE = {
    **dict.fromkeys((pa.string(), pa.large_string()), lambda v, chance: evil(chance)),
    pa.binary(): lambda v, chance: chance.randbytes(3),
    pa.binary(3): lambda v, chance: chance.randbytes(3),
    pa.bool_(): lambda v, chance: v > 0,
    pa.null(): lambda v, chance: None,
    **dict.fromkeys((pa.date32(), pa.timestamp("ns"), pa.duration("s")), lambda v, chance: v),
    pa.time64("us"): lambda v, chance: abs(v),
    pa.decimal128(38, 3): lambda v, chance: v,
    pa.list_(pa.int32()): lambda v, chance: [v] * abs(v),
    pa.list_(pa.string()): lambda v, chance: [evil(chance)] * abs(v),
    pa.list_(pa.list_(pa.float32())): lambda v, chance: [[v]] * abs(v),
    pa.struct({"a": pa.int8()}): lambda v, chance: {"a": v},
    pa.struct({}): lambda v, chance: {},
    pa.map_(pa.string(), pa.int8()): lambda v, chance: [("k", v)],
    pa.list_(pa.float32(), 2): lambda v, chance: [v, v],
    pa.list_(pa.struct({"a": pa.list_(pa.int8())})): lambda v, chance: [{"a": [v]}] * abs(v),
}


def _typed(chance: random.Random) -> pa.Table:
    """The known answers with columns of other types and names beside or instead."""
    table = pa.table(columns(ROWS))
    for _ in range(chance.choice([1, 1, 2, 5])):
        name = chance.choice([evil(chance), "label", "correct", "score", "confidence", "group"])
        column = _column(len(table), chance)
        if chance.random() < 0.3:
            column = pa.array([evil(chance) for _ in range(len(table))]).dictionary_encode()
        place = chance.randrange(table.num_columns)
        if name in table.column_names or chance.random() < 0.05:
            table = table.set_column(place, table.column_names[place], column)
        else:
            table = table.append_column(name, column)
    if chance.random() < 0.1:
        table = table.replace_schema_metadata({"dissensus.groups": json_text({"a": 1}, chance)})
    return table


def _repeated(chance: random.Random) -> pa.Table:
    """One value very many times, which takes next to nothing in the file."""
    rows, value = chance.choice([(3_000_000, "x"), (100_000, "x" * 10_000), (40_000_000, 1.0)])
    codes = pa.array(np.zeros(rows, dtype=np.int8))
    return pa.table({"sample_id": pa.DictionaryArray.from_arrays(codes, pa.array([value]))})


def parquet(chance: random.Random) -> Case:
    """Parquet: harmed, of any types, or far larger than its file."""
    way = chance.randrange(10)
    if way < 5:
        name, content = chance.choice([own for own in TABLES if own[0].endswith(".parquet")])
        files = _beside(name, bytes_harmed(content, chance), chance)
        return Case("parquet", files, on_disk=way < 2)
    repeats = way == 9 and chance.random() < 0.05
    table = _repeated(chance) if repeats else _typed(chance)
    stream = io.BytesIO()
    settings = {
        "compression": chance.choice(["none", "snappy", "zstd", "gzip"]),
        "use_dictionary": repeats or chance.random() < 0.5,
        "row_group_size": chance.choice([1, 2, 1 << 20]) if len(table) < 10 else 1 << 20,
    }
    try:
        pa.parquet.write_table(table, stream, **settings)
    except (pa.ArrowException, OSError):
        return parquet(chance)
    content = stream.getvalue()
    content = bytes_harmed(content, chance) if chance.random() < 0.5 else content
    return Case("parquet", _beside("runs.parquet", content, chance), on_disk=chance.random() < 0.3)


def arrow(chance: random.Random) -> Case:
    """Arrow files and streams: harmed, of any types, or far larger than the file."""
    way = chance.randrange(10)
    if way < 5:
        name, content = chance.choice([own for own in TABLES if not own[0].endswith(".parquet")])
        return Case("arrow", _beside(name, bytes_harmed(content, chance), chance), on_disk=way < 2)
    table = _typed(chance)
    stream = io.BytesIO()
    compression = chance.choice([None, "zstd", "lz4"])
    settings = pa.ipc.IpcWriteOptions(compression=compression)
    make = chance.choice([pa.ipc.new_stream, pa.ipc.new_file])
    with make(stream, table.schema, options=settings) as writer:
        writer.write_table(table)
    content = stream.getvalue()
    content = bytes_harmed(content, chance) if chance.random() < 0.5 else content
    return Case("arrow", _beside("runs.arrow", content, chance), on_disk=chance.random() < 0.3)

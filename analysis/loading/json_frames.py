"""JSON that holds a data frame by its columns, or as rows with the names of columns once."""

from analysis.loading.json_faults import Written, described
from analysis.loading.sources import File, Log, RefusedError, count, quoted

SCALARS = frozenset([type(None), bool, int, Written, str])


def by_index(file: File, value: dict, log: Log) -> list[dict]:
    """Names once and rows as lists, as pandas writes them; the index is a column without a name."""
    names, rows = list(map(str, value["columns"])), value["data"]
    if others := [name for name in value if name not in ("columns", "data", "index")]:
        log.note(
            f"{file.name}: {quoted(others)} beside 'columns' and 'data' "
            f"{'is' if len(others) == 1 else 'are'} not read."
        )
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise RefusedError(
                f"{file.name}, record {number} of 'data' has {count(len(row), 'value')}; expected "
                f"{len(names)}, one for each of 'columns'."
            )
    if value.get("index") is not None:
        names = ["", *names]
        rows = [[name, *row] for name, row in zip(_index(file, value), rows, strict=True)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RefusedError(
            f"{file.name} has {quoted(twice)} more than once in its 'columns'; each column needs "
            "a name of its own."
        )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _index(file: File, value: dict) -> list:
    index, size = value["index"], len(value["data"])
    if type(index) is not list or len(index) != size:
        found = f"of {count(len(index), 'value')}" if type(index) is list else described(index)
        raise RefusedError(
            f"{file.name} has 'index' {found} and 'data' of {count(size, 'record')}; expected one "
            "plain value of 'index' for each record. Write the file again, or leave 'index' out."
        )
    if not set(map(type, index)) <= SCALARS:
        raise RefusedError(
            f"{file.name}: 'index' holds lists; expected one plain value for each record. Make "
            "the index ordinary columns (reset_index) and write the file again."
        )
    return index


def by_column(file: File, lists: dict[str, list], constant: dict[str, object]) -> list[dict]:
    """{column: [values]} of the same length, and perhaps one model for all."""
    sizes = {name: len(values) for name, values in lists.items()}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"'{name}' has {size:,}" for name, size in list(sizes.items())[:4])
        raise RefusedError(
            f"{file.name} holds lists by column of different lengths: {shown}; expected one value "
            "per sample in each. Fill the gaps with null."
        )
    if not sum(sizes.values()):
        raise RefusedError(f"{file.name} holds empty lists only; expected at least one value.")
    names = tuple(lists)
    return [
        {**constant, **dict(zip(names, row, strict=True))}
        for row in zip(*lists.values(), strict=True)
    ]

"""Every maker of hostile inputs by the format that it makes."""

import random

from hostile import archives, arrays, own, tables
from hostile.cases import Case

MAKERS = {
    "text": tables.text,
    "json": tables.json_,
    "logs": tables.logs,
    "packed logs": archives.packed_logs,
    "parquet": tables.parquet,
    "arrow": tables.arrow,
    "dataset": archives.datasets,
    "npy": arrays.one_array,
    "npz": arrays.several,
    "safetensors": arrays.tensors,
    "pictures": arrays.pictures,
    "zip": archives.zips,
    "folder": archives.folders,
    "workspace": own.workspaces,
    "session": own.sessions,
    "notes": own.notes,
    "address": own.addresses,
    "upload": own.upload_names,
}


def made(form: str, seed: int, number: int) -> Case:
    """The input of this number, the same one each time."""
    return MAKERS[form](random.Random(f"{seed}/{form}/{number}"))

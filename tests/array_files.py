"""Small inputs as bytes, and what came of them, for the tests of arrays."""

import csv
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from analysis.bundle import Bundle
from analysis.loading import Options, Reading, Source, read

SAMPLES = "sample_id,label,colour\na,cat,red\nb,dog,blue\nc,cat,red\n"
LONG = "sample_id,model,prediction\na,m1,cat\nb,m1,dog\nc,m1,dog\na,m2,dog\nb,m2,dog\nc,m2,cat\n"
P1 = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], dtype=np.float32)
P2 = np.array([[0.5, 0.5], [0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
DTYPES = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "u1": "U8", "b1": "BOOL"}


def outcome(files: dict, **options) -> Reading:
    """What the loader makes of {name: text or bytes}."""
    sources = [
        Source(name, content.encode() if isinstance(content, str) else content)
        for name, content in files.items()
    ]
    return read(sources, Options(**options))


def load(files: dict, **options) -> Bundle:
    """The bundle of {name: text or bytes}, which must have no problem."""
    result = outcome(files, **options)
    assert not result.problems, result.problems
    return result.bundle


def answers(bundle: Bundle) -> dict:
    """{model: {id: answer or None}}."""
    names = [*bundle.classes, None]
    return {
        model: {i: names[c] for i, c in zip(bundle.ids, row, strict=True)}
        for model, row in zip(bundle.models, bundle.predictions.tolist(), strict=True)
    }


def labels(bundle: Bundle) -> list:
    """The label of each sample by name."""
    names = [*bundle.classes, None]
    return [names[c] for c in bundle.labels.tolist()]


def npz(**arrays) -> bytes:
    """An NPZ file."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def npy(array) -> bytes:
    """An NPY file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def safetensors(metadata: dict | None = None, header: dict | None = None, **arrays) -> bytes:
    """A safetensors file; entries of `header` replace those that describe the arrays."""
    described, data = {}, b""
    for name, values in arrays.items():
        content = np.ascontiguousarray(values).tobytes()
        described[name] = {
            "dtype": DTYPES[values.dtype.str[1:]],
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    if metadata:
        described["__metadata__"] = metadata
    for name, entry in (header or {}).items():
        described[name] = described.get(name, {}) | entry
    return raw_safetensors(json.dumps(described).encode(), data)


def raw_safetensors(header: bytes, data: bytes = b"") -> bytes:
    """A safetensors file with this header as it stands."""
    return len(header).to_bytes(8, "little") + header + data


def csv_text(header: list, rows: list) -> str:
    """A CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def parquet(columns: dict) -> bytes:
    """A Parquet file of {name: values}."""
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), stream)
    return stream.getvalue()


def canonical() -> str:
    """The fingerprint of the probabilities P1 and P2 beside the samples."""
    return load({"samples.csv": SAMPLES, "probabilities.npz": npz(m1=P1, m2=P2)}).fingerprint


def noted(bundle: Bundle, words: str) -> bool:
    """Whether a note of the bundle holds these words."""
    return any(words in note for note in bundle.notes)

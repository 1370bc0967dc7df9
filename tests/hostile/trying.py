"""What a reader has to do with a hostile input: read what it says, or refuse it in a sentence."""

import contextlib
import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import streamlit as st
from array_files import answers
from hostile.cases import Case
from hostile.own import BUNDLE

from analysis.bundle import Bundle, BundleError
from analysis.loading import Reading, Source, arrays, packing, read, reading, save_bundle
from analysis.loading import arrow as arrow_files
from analysis.loading import parquet as parquet_files
from analysis.loading import tables as text_tables
from analysis.loading.sources import printable, shortened
from analysis.loading.workspace import kept, kept_name, open_kept
from dashboard import links, state, tables, uploads
from dashboard.report_command import read_notes
from dashboard.sessions.files import from_json, to_json
from dashboard.sessions.fitting import fitted_to

LONGEST = 3000
SMALL = 32 << 20
CELLS = 3_000_000
SECRET = "SECRET"
OF_ALL = ("There are ", "are among the labels or predictions")
NAMED = ("sample_id", "model", "prediction")


class WrongError(AssertionError):
    """A reader did something else than it should."""


def small_limits() -> None:
    """Limits at which an input of a few megabytes is as large as gigabytes are by default."""
    reading.STRICT = True
    arrays.TOTAL_LIMIT = arrow_files.TOTAL_LIMIT = packing.UNPACKED_LIMIT = SMALL
    for module in (arrow_files, parquet_files, text_tables):
        module.CELL_LIMIT = CELLS


def tried(case: Case, folder: Path) -> bool:
    """Give an input to its reader.

    Args:
        case: the input.
        folder: where it may write; beside it lies secret.csv.

    Returns:
        Whether it was read; else it was refused.

    Raises:
        WrongError: it was read as something else, or refused without a clear sentence.
    """
    return READERS.get(case.format, _loaded)(case, folder)


def _loaded(case: Case, folder: Path) -> bool:
    return _right(case, read(_sources(case, folder)), folder)


def _sources(case: Case, folder: Path) -> list[Source | Path]:
    if not case.on_disk:
        return [Source(name, content) for name, content in case.files.items()]
    place = case.written(folder / "given")
    return [place] if case.format in ("folder", "dataset") else sorted(place.iterdir())


def _right(case: Case, found: Reading, folder: Path) -> bool:
    if (found.bundle is None and found.accuracies is None) != bool(found.problems):
        raise WrongError("neither read nor refused")
    for text in (*found.problems, *found.notes, *(question.text for question in found.questions)):
        _check_sentence(text)
    if found.problems:
        names = [shortened(printable(Path(name).name)) for name in case.files]
        told = " ".join(found.problems)
        if not any(name[-9:] in told or name[2:50] in told for name in (*names, "given", *OF_ALL)):
            raise WrongError(f"no file is named: {told}")
        return False
    if found.bundle is not None:
        _check_bundle(case, found.bundle, folder)
    return True


def _check_sentence(text: str) -> None:
    if not text.isprintable() or len(text) > LONGEST or text.rstrip()[-1:] not in (".", "?"):
        raise WrongError(f"no clear sentence: {text[:LONGEST]!r}")


def _check_bundle(case: Case, bundle: Bundle, folder: Path) -> None:
    if SECRET in (*bundle.ids, *bundle.classes) and case.on_disk and case.format == "folder":
        raise WrongError("a file outside the input was read")
    for expected in (case.answers, *_plainly(case)):
        if expected is None:
            continue
        whole = {m: {i: own.get(i) for i in bundle.ids} for m, own in expected.items()}
        if answers(bundle) != whole:
            raise WrongError(f"read {answers(bundle)}, not {whole}")
    _check_probabilities(case, bundle)
    if bundle.thumbnails is not None:
        tables.thumbnails(bundle.thumbnails)
    if int(bundle.fingerprint[-1:] or "0", 16) % 8 == 0:
        again = folder / "saved"
        save_bundle(bundle, again)
        if (back := read([again])).problems or back.bundle.fingerprint != bundle.fingerprint:
            raise WrongError(f"saved and read again it is another bundle: {back.problems}")


def _plainly(case: Case):
    """The answers as a few lines that know nothing of the loader read the same bytes."""
    for name, content in case.files.items():
        if name == "samples.csv":
            continue
        with contextlib.suppress(ValueError, csv.Error, pa.ArrowException, OSError, RecursionError):
            yield _answers_in(PLAIN[name.rsplit(".", 1)[-1]](content)) if _plain(name) else None


def _plain(name: str) -> bool:
    return name.rsplit(".", 1)[-1] in PLAIN


def _plain_csv(content: bytes) -> list[dict]:
    stream = io.StringIO(content.decode("utf-8-sig"), newline="")
    return [
        row
        for row in csv.DictReader(stream, strict=True)
        if None not in row and None not in row.values()
    ]


def _plain_parquet(content: bytes) -> list[dict]:
    return pa.parquet.read_table(io.BytesIO(content)).to_pylist()


PLAIN = {
    "csv": _plain_csv,
    "json": json.loads,
    "jsonl": lambda content: [json.loads(line) for line in content.splitlines() if line.strip()],
    "parquet": _plain_parquet,
}


def _answers_in(records: object) -> dict | None:
    """Answers of records that name sample, model and answer in texts, each pair once."""
    if not isinstance(records, list) or not records:
        return None
    for record in records:
        if not isinstance(record, dict) or sorted(record) != sorted(NAMED):
            return None
        if not all(isinstance(own, str) or own is None for own in record.values()):
            return None
    found: dict = {}
    for record in records:
        found.setdefault(record["model"], {})[record["sample_id"]] = record["prediction"] or None
    return found


def _check_probabilities(case: Case, bundle: Bundle) -> None:
    """Arrays [N, C] whose rows sum to 1 are the probabilities of the model that they name."""
    for name, content in case.files.items():
        if not name.endswith((".npz", ".npy")):
            continue
        with np.errstate(all="ignore"):
            for model, values in _plain_arrays(name, content).items():
                held = bundle.probabilities.get(model)
                if held is None or values.shape != tuple(held.shape) or values.dtype.kind != "f":
                    continue
                sound = (values >= 0).all() and np.allclose(values.sum(1), 1, atol=1e-3)
                if sound and not np.allclose(held[:].numpy(), values, atol=2e-3):
                    raise WrongError(f"other probabilities of '{model}' than the file holds")


def _plain_arrays(name: str, content: bytes) -> dict[str, np.ndarray]:
    try:
        found = np.load(io.BytesIO(content), allow_pickle=False)
        return {Path(name).stem: found} if isinstance(found, np.ndarray) else dict(found)
    except Exception:
        return {}


def _session(case: Case, folder: Path) -> bool:
    session, unknown = from_json(*case.files.values())
    if unknown == () and from_json(to_json(session))[0] != session:
        raise WrongError("written and read again it is another session")
    fits = fitted_to(session, BUNDLE)
    for text in (*fits.differs, *fits.left_out):
        if not text.endswith("."):
            raise WrongError(f"no clear sentence: {text!r}")
    return True


def _workspace(case: Case, folder: Path) -> bool:
    place = case.written(folder / "workspace")
    opened = 0
    for entry in kept(place):
        kept_name(place / entry.fingerprint / "bundle")
        with contextlib.suppress(BundleError):
            opened += open_kept(entry.fingerprint, place) is not None
    return bool(opened)


def _notes(case: Case, folder: Path) -> bool:
    (path,) = case.written(folder / "notes").iterdir()
    return bool(read_notes(path))


def _address(case: Case, folder: Path) -> bool:
    st.query_params.from_dict(json.loads(*case.files.values()))
    session = links.followed("Front")
    if session is None:
        return False
    fitted_to(session, BUNDLE, whose="the link")
    links.unnamed(session)
    return True


def _upload(case: Case, folder: Path) -> bool:
    """Files of one folder where their names say so, else single files."""
    files = [
        SimpleNamespace(file_id=str(place), name=name, getvalue=lambda content=content: content)
        for place, (name, content) in enumerate(case.files.items())
    ]
    uploads.forget()
    state.put("field", files)
    uploads.take("field", all("/" in name for name in case.files))
    upload = uploads.current()
    upload.job.ended.wait()
    uploads.collect(upload)
    if upload.error:
        raise WrongError(upload.error)
    return _right(case, upload.reading, folder)


READERS = {
    "session": _session,
    "workspace": _workspace,
    "notes": _notes,
    "address": _address,
    "upload": _upload,
}

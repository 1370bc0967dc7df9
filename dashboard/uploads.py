"""Files on their way in: what was dropped, what was said about it, and what came of it."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.loading import Question, Reading, Source, read
from analysis.loading.roles import SINGLE
from dashboard import inputs, intake, jobs, keeping, state, words
from dashboard.holding import session
from dashboard.inputs import Request

QUICK = 0.9  # seconds that a page waits before it shows a progress bar
LET_GO = 200 * 2**20  # bytes; larger uploads are not held once they are open


@dataclass(eq=False)
class Upload:
    """What one session has uploaded and not yet removed.

    Attributes:
        sources: {id of the uploaded file: its name and bytes}, names are unique.
        shown: ids that the upload field on the page still lists.
        replaced: names that were dropped again; the newer file counts.
        said: what the person chose, in the words of the command line.
        asked: every question so far, so that an answer can be taken back.
        reading: what the files are, as of the last time they were read to the end.
        made_with: what was said when the files were read for `reading`.
        before: the reading that the last choice replaced.
        job: the reading that is under way.
        asks: what that one is made with.
        error: why it ended without an outcome.
        owner: the session.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    replaced: tuple[str, ...] = ()
    said: Request = field(default_factory=dict)
    asked: dict[tuple[str, str], Question] = field(default_factory=dict)
    reading: Reading | None = None
    made_with: Request = field(default_factory=dict)
    before: Reading | None = None
    job: jobs.Job | None = None
    asks: Request = field(default_factory=dict)
    error: str = ""
    owner: str | None = field(default_factory=session)

    def __post_init__(self) -> None:
        """It counts among what is uploaded."""
        intake.remember(self)

    @property
    def names(self) -> list[str]:
        """The files' names in the order in which they came."""
        return [source.name for source in self.sources.values()]

    @property
    def questions(self) -> list[Question]:
        """Those that are open and those that were answered."""
        still = {(q.option, q.subject) for q in self.reading.questions} if self.reading else set()
        return [
            question
            for key, question in self.asked.items()
            if key in still or answer(self, question) != question.choices[0][0]
        ]


def current() -> Upload | None:
    """The upload of this session, if there is one."""
    return state.get("upload")


def field_key(folder: bool) -> str:
    """The key of the upload field; another one when it has to start empty."""
    return f"uploads/{'folder' if folder else 'files'}/{state.get('uploads-generation', 0)}"


def take(key: str, folder: bool) -> None:
    """The upload field under this key has changed: files came or went."""
    listed = state.get(key) or []
    upload = current() or Upload()
    now = {file.file_id: file for file in listed}
    gone = upload.shown if folder else upload.shown - set(now)
    kept = {id_: source for id_, source in upload.sources.items() if id_ not in gone}
    new = {id_: file for id_, file in now.items() if id_ not in kept}
    if _refused(upload, new):
        return
    fresh = _as_folders(new) if folder else _as_files(new)
    names = {source.name for source in fresh.values()}
    upload.replaced = tuple(s.name for s in kept.values() if s.name in names)
    kept = {id_: source for id_, source in kept.items() if source.name not in names}
    upload.sources = {**kept, **fresh}
    upload.shown = frozenset(now)
    if not upload.sources:
        forget()
        return
    state.put("upload", upload)
    upload.asked, upload.before, upload.reading = {}, None, None
    upload.said = _about(upload.said, upload.names)
    begin(upload)


def _refused(upload: Upload, new: dict) -> bool:
    """Whether these files would go beyond a limit: then all stays as it was, and the page says why.

    The field starts empty, so that what it holds is let go.
    """
    contents = tuple(file.getvalue() for file in new.values())
    reason = intake.reason_for(new) or (intake.refusal(upload.owner, new=contents) if new else "")
    names = words.listed([file.name for file in new.values()], 8)
    told = f"Not taken: {names}. {reason} What was there before stays." if reason else ""
    state.put("upload-refused", told)
    if reason:
        upload.shown = frozenset()
        _empty_field()
    return bool(reason)


def still_listed(upload: Upload, ids: Sequence[str]) -> None:
    """Files that the field does not list any more, since its page was left, stay uploaded."""
    upload.shown = frozenset(ids)


def forget() -> None:
    """Remove all files, also from the upload field."""
    upload = current()
    if upload is not None and upload.job is not None:
        upload.job.stop.set()
    state.put("upload", None)
    state.put("upload-refused", "")
    _empty_field()


def _empty_field() -> None:
    state.put("uploads-generation", state.get("uploads-generation", 0) + 1)


def begin(upload: Upload) -> None:
    """Read the files in the background; a reading under way is dropped."""
    if upload.job is not None:
        upload.job.stop.set()
    sources, options = tuple(upload.sources.values()), inputs.options(upload.said)
    upload.error, upload.asks = "", upload.said
    upload.job = jobs.begin(lambda report: read(sources, options, report))
    upload.job.ended.wait(QUICK)


def collect(upload: Upload) -> None:
    """Take over the outcome of a reading that has ended."""
    job = upload.job
    if job is None or job.running:
        return
    upload.job = None
    if job.result is None:
        upload.error = job.error
        return
    upload.before = upload.reading
    upload.reading, upload.made_with = job.result, upload.asks
    upload.asked |= {(q.option, q.subject): q for q in upload.reading.questions}


def cancel() -> None:
    """Stop the reading; what the reading that is shown was made with holds again."""
    upload = current()
    if upload is None or upload.job is None:
        return
    upload.job.stop.set()
    upload.job, upload.error = None, "cancelled"
    if upload.reading is not None:
        upload.said, upload.before = upload.made_with, None


def say(option: str, value: Any) -> None:
    """Choose an option for all files."""
    _change({**current().said, option: value})


def say_role(file: str, chosen: Sequence[str], role: str) -> None:
    """Choose what columns of a file are; "" leaves it to the loader."""
    whole = [f"{file}:{column}" for column in chosen]
    columns = {
        known: [
            name
            for name in names
            if name not in whole
            and not (known == role and role in _ALONE and name.startswith(f"{file}:"))
        ]
        for known, names in current().said.get("columns", {}).items()
    }
    if role:
        columns[role] = [*columns.get(role, []), *whole]
    _change(_with_columns(current().said, columns))


def role(upload: Upload, file: str, column: str) -> str:
    """The role that was chosen by hand, "" for none."""
    whole = f"{file}:{column}"
    chosen = upload.said.get("columns", {})
    return next((known for known, names in chosen.items() if whole in names), "")


def give(question: Question, value: str) -> None:
    """Answer a question of the loader."""
    said = current().said
    if question.option == "multi":
        say("multi", {**said.get("multi", {}), question.subject: value})
    elif question.option == "threshold":
        say("threshold", float(value))
    elif question.option == "missing_markers":
        others = set(said.get("missing_markers", [])) - {one for one, _ in question.choices}
        say("missing_markers", [*others, *([value] if value else [])])
    else:
        say(question.option, value)


def answer(upload: Upload, question: Question) -> str:
    """What was answered, or taken for now."""
    taken = question.choices[0][0]
    said = upload.said.get(question.option)
    if said is None:
        return taken
    if question.option == "multi":
        return said.get(question.subject, taken)
    if question.option == "missing_markers":
        return next((one for one, _ in question.choices if one and one in said), taken)
    if question.option == "threshold":
        return next((one for one, _ in question.choices if float(one) == said), taken)
    return said if said in [one for one, _ in question.choices] else taken


def open_it(upload: Upload) -> None:
    """Open what was read and keep the bundle; large files are let go."""
    reading, name = upload.reading, ", ".join(upload.names)
    if reading.accuracies is not None:
        state.open_accuracies(reading.accuracies, name)
    if reading.bundle is not None:
        state.open_bundle(reading.bundle, name, upload.said, upload.names)
        keeping.begin(reading.bundle, name, upload.names)
    if sum(len(source.content) for source in upload.sources.values()) > LET_GO:
        forget()


_ALONE = tuple(role for role in SINGLE if role != "prediction")


def _change(said: Request) -> None:
    upload = current()
    if said == upload.said:
        return
    upload.said = said
    begin(upload)


def _with_columns(said: Request, columns: dict[str, list[str]]) -> Request:
    others = {option: value for option, value in said.items() if option != "columns"}
    named = {known: names for known, names in columns.items() if names}
    return {**others, "columns": named} if named else others


def _about(said: Request, names: Sequence[str]) -> Request:
    """What was said, without the columns of files that are gone."""
    starts = tuple(f"{name}{mark}" for name in names for mark in ":/")
    columns = {
        known: [name for name in chosen if name.startswith(starts)]
        for known, chosen in said.get("columns", {}).items()
    }
    return _with_columns(said, columns)


def _as_files(new: dict) -> dict[str, Source]:
    named = {file.name: (id_, file) for id_, file in new.items()}
    return {id_: Source(name, file.getvalue()) for name, (id_, file) in named.items()}


def _as_folders(new: dict) -> dict[str, Source]:
    """Each folder as a zip of what is in it, so that it reads as the folder on disk does."""
    folders: dict[str, list] = {}
    for id_, file in new.items():
        top, _, inside = file.name.replace("\\", "/").replace("\0", "").lstrip("./").partition("/")
        folders.setdefault(top if inside else "folder", []).append(
            (id_, inside or top or "file", file)
        )
    packed = {}
    for name, members in folders.items():
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for _, inside, file in members:
                archive.writestr(inside, file.getvalue())
        packed[members[0][0]] = Source(name, stream.getvalue())
    return packed

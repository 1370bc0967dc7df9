"""What goes into the loader and what comes out: sources, options, findings, problems."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.loading.packing import Packed, open_content

SHOWN_PROBLEMS = 20
LONGEST = 2000  # characters of a problem or a note


@dataclass(frozen=True)
class Source:
    """One input: a file or folder on disk, the bytes of an upload under its name, or an address."""

    name: str
    content: Path | bytes | str


@dataclass(frozen=True)
class Options:
    """What the person says about the inputs; everything else is found out and noted.

    Attributes:
        columns: role -> name of a column, or several names (`group`, `ignore`, `prediction`).
        groups: attributes by which samples are grouped; None: those that suit.
        values: what the arrays hold; None: decided from the values.
        empty: whether an empty cell is an answer (and a label) or a missing one.
        missing_markers: texts that stand for a missing answer in predictions.
        multi: column -> separator of the several values in each of its cells.
        threshold: an answer is right from this score on, for inputs with a column `score`.
        alike: classes that differ only by case, outer space or how a number is written stay
            apart ("keep") or are one class ("merge"), spelt as the labels spell it.

    A column can be named for one file only, as "predictions.csv:answer".
    """

    columns: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
    values: Literal["probabilities", "logits"] | None = None
    empty: Literal["answer", "missing"] = "missing"
    missing_markers: tuple[str, ...] = ()
    multi: Mapping[str, str] = field(default_factory=dict)
    threshold: float = 1.0
    alike: Literal["keep", "merge"] = "keep"

    def named(self, role: str, file: str | None = None) -> tuple[str, ...]:
        """The columns that were given for a role.

        Args:
            role: one of the roles.
            file: only those that hold for this file, without its name; None: as they were given.
        """
        names = self.columns.get(role, ())
        names = (names,) if isinstance(names, str) else tuple(names)
        if file is None:
            return names
        return names + tuple(n.removeprefix(f"{file}:") for n in names if n.startswith(f"{file}:"))


@dataclass(frozen=True)
class Question:
    """Something that the values leave open; a default was taken, and the person may choose.

    Attributes:
        option: the field of `Options` that answers it: "multi", "alike", "empty" ...
        subject: the column or file that it is about, "" for all inputs.
        text: the question, one sentence, with what was taken for now.
        choices: (value for the option, words for the person), the one that was taken first.
    """

    option: str
    subject: str
    text: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """What one file turned out to be.

    Attributes:
        file: name as it was given.
        form: "samples table", "long predictions", "probabilities" ... or "not read".
        rows: rows or, for arrays, samples.
        columns: column (or array) -> role in plain words.
        preview: header and the first five rows as text.
    """

    file: str
    form: str
    rows: int
    columns: Mapping[str, str]
    preview: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reading:
    """The outcome of reading: a bundle or the problems that stand in its way.

    Tables of accuracies without single samples give `accuracies`; with nothing else in the input
    there is no bundle, and that is no problem.
    """

    bundle: Bundle | None
    found: tuple[Found, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    questions: tuple[Question, ...] = ()
    accuracies: AccuracyTable | None = None


@dataclass(frozen=True)
class File:
    """One file to read.

    Attributes:
        name: as shown in messages, "demo.zip/samples.csv".
        content: where it is, its bytes, or how to unpack it.
        role: the role that its place in a folder gives it; None: decided by content.
        optional: one of many in a folder, left aside when it is nothing that is known.
    """

    name: str
    content: Path | bytes | Packed
    role: str | None = None
    optional: bool = False

    @property
    def last(self) -> str:
        """The last part of the name, without the ending of a gzip file."""
        last = self.name.replace("\\", "/").rsplit("/", 1)[-1]
        return last[:-3] if last.lower().endswith(".gz") else last

    @property
    def stem(self) -> str:
        """The last part of the name without its suffix."""
        return self.last.rsplit(".", 1)[0] if "." in self.last[1:] else self.last

    @property
    def suffix(self) -> str:
        """The ending of the name in lower case, with its dot; "" without one."""
        return "." + self.last.rsplit(".", 1)[1].lower() if "." in self.last[1:] else ""

    def open(self) -> BinaryIO:
        """The content as a stream of bytes, unpacked."""
        return open_content(self.content)

    def size(self) -> int:
        """Size in bytes, unpacked."""
        if isinstance(self.content, Packed):
            return self.content.size
        if isinstance(self.content, bytes):
            return len(self.content)
        return self.content.stat().st_size


class Log:
    """Collects findings, problems and notes while files are read, and tells how far it is."""

    def __init__(self, report: Callable[[float, str], None] | None = None) -> None:
        """Start empty; `report` is told the share that is done and what is being done."""
        self._report = report or silent
        self._span = (0.0, 1.0, "")
        self.found: list[Found] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.questions: list[Question] = []

    def begin(self, start: float, end: float, doing: str) -> None:
        """The next step takes the work from one share to another."""
        self._span = (start, end, doing)
        self._report(start, doing)

    def advance(self, share: float) -> None:
        """This share of the step is done."""
        start, end, doing = self._span
        self._report(start + (end - start) * min(share, 1.0), doing)

    def problem(self, text: str) -> None:
        """Add a problem once."""
        text = printable(text)
        if text not in self.problems:
            self.problems.append(text)

    def note(self, text: str) -> None:
        """Add a note once."""
        text = printable(text)
        if text not in self.notes:
            self.notes.append(text)

    def ask(self, question: Question) -> None:
        """Add a question once."""
        question = replace(question, text=printable(question.text))
        if question not in self.questions:
            self.questions.append(question)

    def reading(self, bundle: Bundle | None, accuracies: AccuracyTable | None = None) -> Reading:
        """The outcome; with any problem there is no bundle and there are no accuracies."""
        shown = self.problems[:SHOWN_PROBLEMS]
        if more := len(self.problems) - len(shown):
            shown.append(f"There {'is' if more == 1 else 'are'} {count(more, 'more problem')}.")
        bundle, accuracies = (None, None) if self.problems else (bundle, accuracies)
        return Reading(
            bundle,
            tuple(self.found),
            tuple(shown),
            tuple(self.notes),
            tuple(self.questions),
            accuracies,
        )


class CancelledError(Exception):
    """Raised by a progress callback to stop the work."""


def silent(share: float, doing: str) -> None:
    """A progress callback that tells nobody: share done in [0, 1], and what is being done."""


class RefusedError(BundleError):
    """One file or folder cannot be read; the text says why and how to mend it."""


class UnknownShapeError(RefusedError):
    """A file is sound but nothing that is known; the text says what it holds."""


def quoted(names: Iterable[str], limit: int = 6) -> str:
    """Names for a message: 'a', 'b', 'c' and 4 more."""
    names = list(names)
    text = ", ".join(f"'{shortened(name)}'" for name in names[:limit])
    return text + (f" and {len(names) - limit} more" if len(names) > limit else "")


def printable(text: str) -> str:
    """A sentence in which control characters and line breaks of names are spelt out.

    Of a very long one, which holds a very long name, the middle is left out.
    """
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


def shortened(text: str, limit: int = 60) -> str:
    """A value for a message, cut when it is long."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 row, 2,000 rows."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

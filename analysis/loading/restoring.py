"""What a saved folder holds beyond its tables, so that it reads back as the very same bundle."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.grouping import Grouping
from analysis.loading.forms import SAMPLES
from analysis.loading.grouping import build_groups
from analysis.loading.roles import Part
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, Options
from analysis.loading.stacks import Stack

LEVELS, DETAILS = "dissensus.groups", "dissensus.details"
FORBIDDEN = '/\\:*?"<>|'
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
RESERVED = ("sample_id", "label", "unit_id", "__index_level_0__")


@dataclass(frozen=True, eq=False)
class Saved:
    """What a saved samples table says about its bundle.

    Attributes:
        levels: {group: levels in order}.
        groups: groups that do not follow from an attribute or the labels.
        several: {group: separator} of those that overlap.
        notes: what was assumed when the bundle was first read; None: not known.
    """

    levels: Mapping[str, list[str]]
    groups: Mapping[str, Grouping]
    several: Mapping[str, str]
    notes: tuple[str, ...] | None

    def merged(self, built: Mapping[str, Grouping], options: Options) -> dict[str, Grouping]:
        """The groups as they were saved, unless others were asked for."""
        if options.groups is not None or options.named("group"):
            return dict(built)
        whole = {**built, **self.groups}
        names = dict.fromkeys((*self.levels, *whole))
        return {name: whole[name] for name in names if name in whole}


@dataclass(frozen=True, eq=False)
class Layout:
    """Under which columns a bundle's attributes and groups are written.

    Attributes:
        attributes: {attribute: column}.
        groups: {group: column} of those that cannot be found again in attributes or labels.
        files: {model: file name without suffix} of the models whose name is none on every disk.
        several: {group: separator} of those that overlap.
        notes: of the bundle.
        levels: {group: levels in order}.
    """

    attributes: Mapping[str, str]
    groups: Mapping[str, str]
    several: Mapping[str, str]
    files: Mapping[str, str]
    notes: tuple[str, ...]
    levels: Mapping[str, list[str]]

    def metadata(self) -> dict[str, str]:
        """What is stored with the table."""
        renamed = {name: column for name, column in self.attributes.items() if name != column}
        details = {
            "attributes": renamed,
            "groups": self.groups,
            "several": self.several,
            "files": self.files,
            "notes": list(self.notes),
        }
        return {LEVELS: json.dumps(self.levels), DETAILS: json.dumps(details)}


def layout(bundle: Bundle) -> Layout:
    """Where everything about the samples goes; columns with a meaning of their own stay free.

    Args:
        bundle: on the CPU.
    """
    taken = {*RESERVED, *bundle.attributes}
    attributes = {
        name: _free(f"attribute: {name}", taken) if _reserved(name) else name
        for name in bundle.attributes
    }
    levels = {name: list(grouping.levels) for name, grouping in bundle.groups.items()}
    labels = None if bundle.labels is None else bundle.labels.numpy()
    several = {name: g.separator for name, g in bundle.groups.items() if g.overlapping}
    built = build_groups(
        dict(bundle.attributes), labels, list(bundle.classes), Options(), levels, several, Log()
    )
    groups = {
        name: _free(f"group: {name}", taken)
        for name, grouping in bundle.groups.items()
        if not _equal(grouping, built.get(name))
    }
    return Layout(attributes, groups, several, _files(bundle.models), bundle.notes, levels)


def named(stacks: list[Stack], parts: list[Part]) -> list[Stack]:
    """Arrays under the names of their models, where a saved folder had to call the file else."""
    part = next((p for p in parts if DETAILS in p.table.metadata), None)
    if part is None:
        return stacks
    files = _texts(_parsed(part.table.metadata[DETAILS]).get("files"))
    models = {stored: model for model, stored in files.items()}
    return [
        replace(stack, name=models.get(stack.name, stack.name))
        if (stack.file.role or "").endswith("of one model")
        else stack
        for stack in stacks
    ]


def restore(parts: list[Part], roster: Roster) -> Saved | None:
    """Undo the layout of a saved samples table.

    Args:
        parts: tables with their forms settled.
        roster: its attributes get their names back and lose the columns that hold groups.

    Returns:
        What the table says; None for inputs that were not saved from here.
    """
    part = next((p for p in parts if p.form == SAMPLES and LEVELS in p.table.metadata), None)
    if part is None:
        return None
    levels = _lists(_parsed(part.table.metadata[LEVELS]))
    details = _parsed(part.table.metadata.get(DETAILS, "{}"))
    groups, several = {}, _texts(details.get("several"))
    for name, column in _texts(details.get("groups")).items():
        values = roster.attributes.pop(column, None)
        read = _overlapping if name in several else _grouping
        grouping = None if values is None else read(values, levels.get(name, []))
        if grouping is not None:
            groups[name] = replace(grouping, separator=several.get(name, grouping.separator))
    original = {column: name for name, column in _texts(details.get("attributes")).items()}
    roster.attributes = {
        original.get(column, column): values for column, values in roster.attributes.items()
    }
    notes = details.get("notes")
    notes = tuple(map(str, notes)) if isinstance(notes, list) else None
    return Saved(levels, groups, several, notes)


def first_notes(
    saved: Saved | None, parts: list[Part], stacks: list[Stack], options: Options, log: Log
) -> tuple[str, ...]:
    """The notes of a saved bundle when nothing else was read with it, else those of now too."""
    if saved is None or saved.notes is None:
        return tuple(log.notes)
    own = all(part.table.own or part.file.role == "classes" for part in parts)
    if own and all(stack.file.role for stack in stacks) and options == Options():
        return saved.notes
    return tuple(dict.fromkeys((*saved.notes, *log.notes)))


def _files(models: tuple[str, ...]) -> dict[str, str]:
    """Models whose name cannot be a file name everywhere, or not beside another one's."""
    folded = [model.casefold() for model in models]
    taken, names = Counter(folded), set(folded)
    return {
        model: _free(f"model-{place}", names)
        for place, (model, fold) in enumerate(zip(models, folded, strict=True), 1)
        if _unsafe(model) or taken[fold] > 1
    }


def _unsafe(name: str) -> bool:
    return (
        name != name.strip(" .")
        or len(name.encode("utf-8", "replace")) > 120
        or DEVICE.fullmatch(name) is not None
        or name.startswith(("__MACOSX", "."))
        or any(letter in FORBIDDEN or not letter.isprintable() for letter in name)
    )


def _reserved(name: str) -> bool:
    return name in RESERVED or not name.strip() or name.startswith("Unnamed: ")


def _free(column: str, taken: set[str]) -> str:
    while column in taken:
        column = f"{column}'"
    taken.add(column)
    return column


def _equal(first: Grouping, second: Grouping | None) -> bool:
    return (
        second is not None
        and first.levels == second.levels
        and first.codes.dtype == second.codes.dtype
        and torch.equal(first.codes, second.codes)
    )


def _grouping(values: np.ndarray, levels: list[str]) -> Grouping | None:
    place = {level: code for code, level in enumerate(levels)}
    codes = [place.get(str(value), -1) for value in values.tolist()]
    if min(codes, default=0) < 0:
        return None
    return Grouping(torch.tensor(codes, dtype=torch.int32), tuple(levels))


def _overlapping(values: np.ndarray, levels: list[str]) -> Grouping | None:
    try:
        codes = torch.tensor([[int(n) for n in value.split()] for value in values.tolist()])
    except (ValueError, AttributeError):
        return None
    if codes.ndim != 2 or int(codes.max()) >= len(levels) or int(codes.min()) < -1:
        return None
    return Grouping(codes.int(), tuple(levels))


def _parsed(text: str) -> dict:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _lists(found: dict) -> dict[str, list[str]]:
    return {str(k): list(map(str, v)) for k, v in found.items() if isinstance(v, list)}

"""Hostile files of the program's own: sessions, kept bundles, notes, addresses, upload names."""

import json
import random

from forms import ROWS, SAMPLES, text
from hostile.archives import BUNDLES, saved
from hostile.cases import Case
from hostile.harm import bytes_harmed, evil, json_harmed, json_text, text_harmed
from made import random_bundle

from dashboard.fit_on import FitOn
from dashboard.sessions.files import to_json
from dashboard.sessions.fitting import data_of
from dashboard.sessions.session import Making, Picked, Session, Team

BUNDLE = random_bundle(models=3, samples=30)
SESSION = Session(
    data=data_of(BUNDLE, "demo", ["a.csv"]),
    reading={"columns": {"label": ("y",)}, "missing_markers": ("-",), "threshold": 0.5},
    members=("model-0", "model-2"),
    rule="weighted",
    weights={"model-0": 2.0, "model-2": 0.5},
    options={"mmr": {"size": 2.0}},
    kept={"two": Team(("model-0", "model-1"), "plurality", weights=(1.0, 2.0), place=1)},
    fit_on=FitOn("column", column="region", value="north"),
    grouping="region",
    missing="wrong",
    made={
        "cut": Making("values", ("region",)),
        "both": Making("crossing", ("region", Making("values", ("region",)))),
        "slice": Making("slice", name="s", samples=Picked(frozenset(["s0001", "s0002", "x"]))),
    },
    selection=Picked(predicate=((("region", "north"),),), description="north", number=3),
    page="Front",
    page_options={"front-section": "Search", "measures": ("a", "b")},
    notes={"pair-matrix": "text"},
)
FORMED = to_json(SESSION)
NOTES = {"pair-matrix": "what is seen", "overview": "text"}
ADDRESS = {
    "data": ["0123456789ab"],
    "member": ["model-0", "model-1"],
    "weight": ["1", "2.5"],
    "team": ["3-01234567"],
    "rule": ["mean"],
    "option": ["size=3", "by=accuracy"],
    "fit": ["drawn", "50", "0", "region"],
    "grouping": ["region"],
    "missing": ["wrong"],
    "section": ["Search"],
}
KEPT = {
    "name": "demo",
    "fingerprint": "",
    "samples": 4,
    "models": 2,
    "classes": 3,
    "size": 10,
    "when": "2026-01-01T00:00:00+00:00",
    "sources": ["a.csv"],
    "problem": "",
}
PRINT = BUNDLES[2].fingerprint


def sessions(chance: random.Random) -> Case:
    """A session file, harmed as values, text or bytes."""
    way = chance.randrange(4)
    if way == 0:
        return Case("session", {"s.json": bytes_harmed(FORMED, chance)})
    if way == 1:
        return Case("session", {"s.json": text_harmed(FORMED, chance)})
    values = json_harmed(json.loads(FORMED), chance)
    content = json_text(values, chance) if way == 2 else json.dumps(values).encode()
    return Case("session", {"s.json": content})


def workspaces(chance: random.Random) -> Case:
    """A workspace with a kept bundle, its entry or its folder harmed, and strange neighbours."""
    entry = json_harmed(KEPT | {"fingerprint": PRINT}, chance)
    content = json_text(entry, chance)
    if chance.random() < 0.3:
        content = bytes_harmed(content, chance)
    files = {f"{PRINT}/bundle/{name}": own for name, own in saved(2).items()}
    files[f"{PRINT}/kept.json"] = content
    way = chance.randrange(4)
    name = chance.choice([*files])
    if way == 0:
        files[name] = bytes_harmed(files[name], chance)
    elif way == 1:
        del files[name]
    elif way == 2:
        files[f"{evil(chance)[:50]}/kept.json"] = content
    return Case("workspace", files, on_disk=True)


def notes(chance: random.Random) -> Case:
    """The file of notes for a report."""
    content = json_text(json_harmed(NOTES, chance), chance)
    if chance.random() < 0.3:
        content = bytes_harmed(content, chance)
    return Case("notes", {"n.json": content})


def addresses(chance: random.Random) -> Case:
    """What stands behind the question mark of an address."""
    found = json_harmed(ADDRESS, chance)
    plain = {
        str(name): [str(one) for one in (own if isinstance(own, list) else [own])]
        for name, own in found.items()
    }
    return Case("address", {"address": json.dumps(plain).encode()})


def upload_names(chance: random.Random) -> Case:
    """Sound files under names that only a browser can give, alone and as parts of a folder."""
    mark = evil(chance)
    folder = chance.choice(["", "", f"{mark[:200]}/", "../", "/", "./..", "a//b/", "C:\\"])
    ending = chance.choice([".csv", ".CSV", "", ".csv.gz", ".npy", ".parquet", ".json", ".zip"])
    files = {
        f"{folder}samples.csv": SAMPLES,
        f"{folder}{mark}{chance.choice(['', 'predictions'])}{ending}": text(ROWS),
    }
    return Case("upload", files)

"""A bundle whose every name and text tries something, each marked, and how to find the marks."""

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import torch
from made import random_bundle

from analysis.bundle import Bundle
from analysis.grouping import Grouping
from analysis.loading import save_bundle
from dashboard.theme import JOINER

HOST = "planted.test"
# What stands before the mark is short, so that names cut to 32 letters still show the mark.
ATTACKS = (
    ("<img src=x onerror=hurt=1>", ""),
    ("<script>hurt=1//", "</script>"),
    ("<a href=javascript:hurt=1>", "</a>"),
    ("[a](javascript:hurt=1) ", ""),
    (f"![a](//{HOST}/", ".png)"),
    (f"https://{HOST}/", ""),
    ("**a** `b` _", "_"),
    ("$x^2$ $", "$"),
    (":material/home: :red[", "]"),
    (":streamlit: :smile: ", ""),
    ("<b id=planted>", "</b>"),
    ("%{x} {0} %{customdata} ", ""),
    ("-> -- >= ", " <-"),
    ("=cmd()|", "!A1"),
    ("@SUM(1) ", ""),
    ("\x1b[31m\x07", "\x1b[0m"),
    ("\u202e", ""),
    ("a\n\n# b\n- ", ""),
    ("&lt;b&gt;&copy; ", ""),
    (f"www.{HOST} ", f" a@{HOST}"),
    ("\\input{a} %", ""),
    ("<svg onload=hurt=1>", ""),
    ("\t+1 ", ""),
    ("# 1. > ", "w" * 5000),
)
MARK = re.compile(r"qz\d{4}")
# Control characters and those that turn the direction of what follows are shown, not sent on.
LIVELY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plant(number: int) -> str:
    """A text with an attack and the mark of its number."""
    before, after = ATTACKS[number % len(ATTACKS)]
    return f"{before}qz{number:04d}{after}"


def as_shown(text: str) -> str:
    """On one line, as pages show it, and with its control characters visible."""
    return LIVELY.sub(lambda found: ascii(found[0])[1:-1], " ".join(text.split()))


def altered(text: str) -> set[str]:
    """What stands before marks where it is not what was planted before them.

    Args:
        text: all text of a page, its elements joined without anything between them.
    """
    text, found = _without_gaps(text), set()
    for mark in MARK.finditer(text):
        before = _without_gaps(as_shown(plant(int(mark[0][2:])))).partition(mark[0])[0]
        there = text[max(0, mark.start() - 60) : mark.start()]
        if not there.endswith(before):
            found.add(f"{there[-len(before) - 8 :]}{mark[0]}")
    return found


def _without_gaps(text: str) -> str:
    """Lines are broken and joined again on the way; the joiner keeps Streamlit off a name."""
    return "".join(text.replace(JOINER, "").split())


def hostile(turn: int = 0) -> Bundle:
    """160 samples, 8 models, 6 classes, groups, texts and columns, all names of them planted.

    Args:
        turn: another one plants other attacks at the same places.
    """
    numbers = count(5 * turn)

    def plants(size: int) -> tuple[str, ...]:
        return tuple(plant(next(numbers)) for _ in range(size))

    def column(size: int, values: int) -> np.ndarray:
        return np.array(plants(values), dtype=object)[np.arange(size) % values]

    bundle = random_bundle(models=8, samples=160, classes=6, seed=3, gaps=0.05)
    fourths, halves = (torch.from_numpy(np.arange(160, dtype=np.int32) % n) for n in (4, 2))
    models = (*plants(7), "image")
    info = {"kind": KINDS, "alpha": ALPHA, "epoch": np.arange(8.0), "cost": np.arange(1.0, 9.0)}
    info |= {"family": column(8, 4), plants(1)[0]: column(8, 2)}
    return replace(
        bundle,
        models=models,
        ids=plants(160),
        classes=plants(6),
        probabilities=dict(zip(models, bundle.probabilities.values(), strict=True)),
        model_info=info,
        attributes={
            "text": column(160, 40),
            plants(1)[0]: np.array(plants(160), dtype=object),
            plants(1)[0]: np.arange(160.0),
        },
        groups={
            plants(1)[0]: Grouping(fourths, plants(4)),
            plants(1)[0]: Grouping(halves, plants(2)),
            "image": Grouping(halves, tuple(f"https://{HOST}/{n}.png" for n in "ab")),
        },
        thumbnails=np.full((160, 4, 4, 3), 200, dtype=np.uint8) if turn % 2 else None,
        notes=plants(3),
        fingerprint="",
    )


KINDS = np.array(["member"] * 4 + ["interpolation"] * 2 + ["soup"] * 2, dtype=object)
ALPHA = np.array([0.0, 1.0, np.nan, np.nan, 0.3, 0.6, np.nan, np.nan])


def on_disk(folder: Path, turn: int = 0) -> tuple[Path, Bundle]:
    """A hostile bundle as files, with accuracies in settings beside it; its folder."""
    bundle = hostile(turn)
    home = folder / plant(1010).replace("/", "")
    save_bundle(bundle, home)
    settings = [plant(number) for number in range(1020, 1026)]
    with (home / "accuracy.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["model", "setting", "accuracy", "n"])
        for row, model in enumerate(bundle.models):
            rows.writerows(
                [model, setting, (30 + 5 * row + 3 * place) / 100, 100]
                for place, setting in enumerate(settings)
            )
    return home, bundle


def session(bundle: Bundle) -> bytes:
    """A session of this bundle with planted names, notes and descriptions, and some that fail."""
    grouping = next(iter(bundle.groups))
    team = {"members": list(bundle.models[:3]), "rule": "mean", "options": {}, "weights": []}
    kept = {plant(number): team | {"place": number - 1030} for number in (1030, 1031)}
    few = {"samples": {"others": list(bundle.ids[:5])}, "number": 5}
    plain = {
        "dissensus_session": 1,
        "data": {"name": plant(1040), "models": [plant(1041)], "sources": [plant(1042)]},
        "members": [*bundle.models[:5], plant(1043)],
        "rule": "mean",
        "kept": kept,
        "made": [
            {"name": plant(1044), "kind": "crossing", "columns": [grouping, "image"]},
            {"name": plant(1045), "kind": "values", "columns": [plant(1046)]},
        ],
        "grouping": grouping,
        "selection": few | {"description": plant(1047)},
        "notes": {"overview": plant(1048), plant(1049): plant(1050)},
        "page_options": {plant(1051): plant(1052), "map-colour": plant(1053)},
        plant(1054): plant(1055),
    }
    return json.dumps(plain).encode()


def tags(texts: Iterable[str]) -> set[str]:
    """The marks in texts."""
    return {mark[0] for text in texts for mark in MARK.finditer(text)}

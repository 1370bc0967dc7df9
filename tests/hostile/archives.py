"""Hostile archives and folders: zips, gzip, bundle folders, saved datasets, logs in a zip."""

import gzip
import io
import json
import random
import tempfile
import warnings
import zipfile
from functools import cache
from pathlib import Path

from forms import FORMS, INSPECT, LONG, ROWS, SAMPLES, dataset, text
from hostile.cases import Case
from hostile.harm import bytes_harmed, evil, json_harmed, json_text, text_harmed
from made import overlapping, random_bundle

from analysis.loading import save_bundle

MEMBERS = {
    "samples.csv": SAMPLES,
    "predictions.csv": text(ROWS),
    "models.csv": b"model,family,cost\na,north,1.5\nb,south,2\n",
    "classes.csv": b"class_index,label\n0,x\n1,y\n",
}
NAMES = (
    "../secret.csv",
    "../../secret.csv",
    "/etc/passwd",
    "C:/secret.csv",
    "C:secret.csv",
    "..\\secret.csv",
    "a/../../secret.csv",
    "./samples.csv",
    "samples.csv/",
    "samples.csv/x.csv",
    "SAMPLES.CSV",
    "probabilities/../a.npy",
    "__MACOSX/samples.csv",
    ".hidden/samples.csv",
    "a" * 300 + ".csv",
    "\u202evsc.selpmas.csv",
    "\x1b[2J.csv",
    "<b>.csv",
    "con.csv",
    "dataset_dict.json",
    "header.json",
    "samples/1.json",
    "_journal/start.json",
)
BOMB = 40 << 20
BUNDLES = (
    random_bundle(models=2, samples=4, classes=3),
    overlapping(samples=4, models=2),
    random_bundle(models=3, samples=3, probabilities=False, gaps=0.3),
)


def zips(chance: random.Random) -> Case:
    """A zip of a bundle: harmed, with members of any name, nested, lying, or a bomb."""
    way = chance.randrange(6)
    members = dict(chance.sample([*MEMBERS.items()], chance.choice([2, 3, 4])))
    members = {f"{chance.choice(['', 'top/'])}{name}": own for name, own in members.items()}
    if way == 0:
        name, content = chance.choice(_ZIPS)
        return Case("zip", {name: bytes_harmed(content, chance)}, on_disk=chance.random() < 0.5)
    if way == 1:
        members[chance.choice(NAMES)] = b"sample_id,label\nSECRET,SECRET\n"
    elif way == 2:
        members["inner.zip"] = chance.choice(_ZIPS)[1]
    elif way == 3 and chance.random() < 0.03:
        members[chance.choice(["predictions.csv", "x.npy", "y.json"])] = bytes(BOMB)
    content = _zip(members, chance)
    if way == 4:
        content = _lying(content, chance)
    if way == 5:
        content = bytes_harmed(content, chance)
    if chance.random() < 0.05:
        return Case("zip", {"x.zip.gz": gzip.compress(content)})
    return Case("zip", {"bundle.zip": content}, on_disk=chance.random() < 0.5)


def _zip(members: dict[str, bytes], chance: random.Random) -> bytes:
    """A zip in which a member may stand twice, be a link, or be packed in a rare way."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            if chance.random() < 0.02:
                info.compress_type = chance.choice([zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
            if len(content) == BOMB:
                info.compress_type = zipfile.ZIP_DEFLATED
            if chance.random() < 0.02:
                info.external_attr = 0o120777 << 16
                content = b"../secret.csv"
            archive.writestr(info, content)
            if chance.random() < 0.02:
                archive.writestr(info, content[:20])
    return stream.getvalue()


def _lying(content: bytes, chance: random.Random) -> bytes:
    """One field of the central directory says something else."""
    harmed = bytearray(content)
    starts = [place for place in range(len(harmed)) if harmed[place : place + 4] == b"PK\1\2"]
    start = chance.choice(starts)
    # flags, method, checksum, packed size, size, lengths of name and extra, offset of the member
    place, size = chance.choice(
        [(8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)]
    )
    number = chance.choice([0, 1, 2, 100, 2**16 - 1, 2**31, 2**32 - 1, 0xFFFFFFFF - 20])
    harmed[start + place : start + place + size] = number.to_bytes(4, "little")[:size]
    return bytes(harmed)


_ZIPS = [
    (name, content)
    for files in FORMS.values()
    for name, content in files.items()
    if name.endswith(".zip")
]


def folders(chance: random.Random) -> Case:
    """A saved bundle folder with one file harmed, replaced, missing or called otherwise."""
    files = dict(saved(chance.randrange(3)))
    for _ in range(chance.choice([1, 1, 2])):
        name = chance.choice([*files])
        way = chance.randrange(6)
        if way == 0:
            del files[name]
        elif way == 1:
            files[name] = files[chance.choice([*files])]
        elif way == 2:
            ending = name[name.rindex(".") :]
            files[f"{name.partition('/')[0]}/{evil(chance)[:100]}{ending}"] = files[name]
        elif way == 3:
            files[chance.choice(NAMES[7:])] = files[name]
        else:
            harm = text_harmed if name.endswith(".csv") else bytes_harmed
            files[name] = harm(files[name], chance)
        if not files:
            break
    return Case("folder", files, on_disk=True)


@cache
def saved(which: int) -> dict[str, bytes]:
    """Files of the folder of a bundle, by relative name."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bundle"
        save_bundle(BUNDLES[which], place)
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def datasets(chance: random.Random) -> Case:
    """The folder or zip of a saved dataset, its manifest harmed, its shards harmed or missing."""
    with zipfile.ZipFile(io.BytesIO(dataset(LONG))) as archive:
        files = {name.removeprefix("saved/"): archive.read(name) for name in archive.namelist()}
    for name in chance.sample([*files], chance.choice([1, 1, 2])):
        if chance.random() < 0.1:
            del files[name]
        elif name.endswith(".json") and chance.random() < 0.8:
            files[name] = json_text(json_harmed(json.loads(files[name]), chance), chance)
        else:
            files[name] = bytes_harmed(files[name], chance)
    if chance.random() < 0.2:
        files["dataset_dict.json"] = json_text(
            {"splits": chance.choice([["train"], ["../.."], [evil(chance)], "x", [], [1]])}, chance
        )
    if chance.random() < 0.5:
        return Case("dataset", files, on_disk=True)
    return Case("dataset", {"saved.zip": _zip(files, chance)})


def packed_logs(chance: random.Random) -> Case:
    """An Inspect archive: a zip of JSON files that are put together."""
    samples = INSPECT["samples"]
    header = {name: own for name, own in INSPECT.items() if name != "samples"}
    members = {
        chance.choice(["header.json", "header.json", "_journal/start.json"]): json_text(
            json_harmed(header, chance), chance
        )
    }
    for number, sample in enumerate(samples):
        own = json_text(json_harmed(sample, chance), chance)
        members[f"samples/{number}_{evil(chance)[:9].replace(chr(0), '')}.json"] = own
    if chance.random() < 0.02:
        members["samples/9.json"] = b" " * BOMB
    content = _zip(members, chance)
    way = chance.randrange(4)
    if way == 0:
        content = bytes_harmed(content, chance)
    elif way == 1:
        content = _lying(content, chance)
    return Case("packed logs", {"log.eval": content}, on_disk=chance.random() < 0.3)

"""Hostile arrays: NPY, NPZ, safetensors, thumbnails."""

import io
import json
import random
import struct
import zipfile

import numpy as np
from array_files import npy, raw_safetensors, safetensors
from forms import FORMS, ROWS, SAMPLES, P, text, zipped
from hostile.cases import Case
from hostile.harm import bytes_harmed, evil, json_harmed, json_text

SHAPES = ("()", "(3,)", "(3, 2)", "(2, 3, 2)", "(0, 2)", "(3, 0)", "(-1, 2)", "(2**40,)")
SHAPES += ("(10**12, 2)", "(3,) * 64", "(3, 1)", "(True, 2)", "(3.0, 2)", "'3'", "[3, 2]", "None")
SHAPES += (f"({10**30},)", "(1, 3, 1, 2)", "(4294967296, 4294967296)", "((3, 2),)")
DTYPES = ("<f4", ">f4", "<f8", "<f2", "|O", "<i8", ">i2", "|b1", "<U3", "|S3", "<M8[s]", "|V8")
DTYPES += ("<c8", "<U0", "|S0", "<U536870911", "<f16", "", "f4,f4", "<m8", "x")
SOUND_SHAPES = ((), (3,), (3, 1), (3, 2), (2, 3, 2), (3, 2, 2, 3), (0,), (2, 3), (3, 0))
SOUND_DTYPES = ("f4", "f8", "f2", "i8", "u1", "u8", "?", "U3", "S3", ">f4", "f16", "c8", "M8[s]")
NAMES = ("ids", "labels", "classes", "models", "names", "embeddings", "thumbnails", "a", "probs")
SOUND = {
    "p.npz": FORMS["probabilities: NPZ by model"]["probabilities.npz"],
    "answers.npz": FORMS["answers: NPZ of answers"]["answers.npz"],
    "all.npz": FORMS["probabilities: NPZ with ids, labels and classes"]["p.npz"],
}


def _header(chance: random.Random) -> bytes:
    """The start of an NPY file that claims anything."""
    shape, dtype = chance.choice(SHAPES), chance.choice(DTYPES)
    order = chance.choice(["False", "True", "False", "1"])
    descr = f"'{dtype}'" if dtype != "f4,f4" else "[('a', '<f4'), ('b', '<f4')]"
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    text = chance.choice([text, text, text, f"({text}", f"{text}, {evil(chance)}", "(" * 3000])
    text = text.ljust(117) + "\n"
    version = chance.choice([(1, 0), (1, 0), (2, 0), (3, 0), (9, 9)])
    size = len(text.encode()) + chance.choice([0, 0, 0, 1, -1, 60_000])
    code = "<H" if version == (1, 0) else "<I"
    most = 2**16 - 1 if code == "<H" else 2**32 - 1
    told = struct.pack(code, min(max(size, 0), most))
    return b"\x93NUMPY" + bytes(version) + told + text.encode()


def _any_array(chance: random.Random) -> np.ndarray:
    """An array that numpy itself would write."""
    if chance.random() < 0.3:
        return P[chance.choice("ab")]
    shape, kind = chance.choice(SOUND_SHAPES), chance.choice(SOUND_DTYPES)
    random_ = np.random.default_rng(chance.randrange(2**32))
    values = random_.integers(0, 3, shape).astype(np.int64)
    if kind in ("f4", "f8", "f2", ">f4", "f16"):
        special = np.array([0.5, 0, 1, -1, np.nan, np.inf, 1e38, 1e-45])
        values = special[random_.integers(0, 8, shape)] if chance.random() < 0.5 else values / 2
    with np.errstate(all="ignore"):
        made = values.astype(kind)
    return np.asfortranarray(made) if chance.random() < 0.2 else made


def one_array(chance: random.Random) -> Case:
    """NPY: harmed, with a header that claims anything, or of any shape and type."""
    way = chance.randrange(4)
    name = chance.choice(["a.npy", "a.npy", "thumbnails.npy", "embeddings.npy", "embeddings/a.npy"])
    if way == 0:
        content = bytes_harmed(npy(P[chance.choice("ab")]), chance)
    elif way == 1:
        content = _header(chance) + chance.randbytes(chance.choice([0, 12, 24, 48, 200]))
    elif way == 2:
        content = npy(_any_array(chance))
    else:
        content = npy(P["a"]) + chance.randbytes(chance.randrange(3))
    files = {"samples.csv": SAMPLES, name: content}
    if name != "a.npy":
        files["runs.csv"] = text(ROWS)
    return Case("npy", files, on_disk=chance.random() < 0.5)


def several(chance: random.Random) -> Case:
    """NPZ: harmed, or members that claim anything under any names."""
    if chance.random() < 0.4:
        name = chance.choice([*SOUND])
        files = {name: bytes_harmed(SOUND[name], chance)}
    else:
        packed = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
        files = {"p.npz": _members(chance, packed)}
        if chance.random() < 0.2:
            files["p.npz"] = bytes_harmed(files["p.npz"], chance)
    return Case("npz", {"samples.csv": SAMPLES} | files, on_disk=chance.random() < 0.5)


def _members(chance: random.Random, packed: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as archive:
        for number in range(chance.choice([0, 1, 2, 3, 6])):
            name = chance.choice([*NAMES, f"m{number}", evil(chance).replace("\0", "") or "m"])
            way = chance.randrange(8)
            content = npy(P["a"]) if way == 0 else npy(_any_array(chance))
            if way == 1:
                content = _header(chance) + bytes(24)
            elif way == 2 and packed == zipfile.ZIP_DEFLATED and chance.random() < 0.005:
                content = npy(np.zeros((3, 4_000_000), dtype=np.float32))
            if f"{name}.npy" not in archive.namelist():
                archive.writestr(f"{name}{chance.choice(['.npy'] * 9 + ['.txt'])}", content)
    return stream.getvalue()


def tensors(chance: random.Random) -> Case:
    """Safetensors: harmed bytes, or a header that claims anything."""
    content = safetensors(metadata={"ids": '["1", "2", "3"]'}, **P)
    size = int.from_bytes(content[:8], "little")
    way = chance.randrange(4)
    if way == 0:
        content = bytes_harmed(content, chance)
    elif way == 1:
        harmed = bytes_harmed(content[8 + size :], chance)
        content = content[: 8 + size] + (harmed + bytes(48))[:48]
    else:
        header = json_harmed(json.loads(content[8 : 8 + size]), chance)
        content = raw_safetensors(json_text(header, chance), content[8 + size :])
    name = chance.choice(["p.safetensors", "p.safetensors", "p"])
    files = {"samples.csv": SAMPLES, name: content}
    return Case("safetensors", files, on_disk=chance.random() < 0.5)


def pictures(chance: random.Random) -> Case:
    """Thumbnails of any shape beside answers, and pictures that are none."""
    sides = chance.choice([(2, 2), (2, 2), (1, 1), (1, 5000), (200, 3), (0, 2), (2, 0)])
    shape = (chance.choice([3] * 9 + [2, 0]), *sides, chance.choice([3] * 9 + [4, 1, 0]))
    kind = chance.choice(["u1"] * 9 + ["i8", "f4"])
    content = npy(np.zeros(shape, dtype=kind))
    if chance.random() < 0.3:
        png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\0\0\0"
        content = chance.choice([png, b"\xff\xd8\xff\xe0", b"GIF89a", b"<svg onload='x'/>", b""])
    files = {
        "samples.csv": SAMPLES,
        "predictions.csv": b"sample_id,model,prediction\n1,a,x\n2,a,y\n3,a,x\n",
        "thumbnails.npy": bytes_harmed(content, chance) if chance.random() < 0.2 else content,
    }
    return Case("pictures", {"bundle.zip": zipped(files)})

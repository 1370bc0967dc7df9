"""Peak memory and time of `dissensus analyze` on probabilities larger than its memory.

    python tests/benchmarks/bench_memory.py [--memory 500MB] [--gigabytes 4] [--folder DIR]

One stack of float16 probabilities [M, N, C] in an NPY file, in two shapes (20 x 100,000 x 1000
and 200 x 10,000 x 1000 at 4 GB), is analysed in a process of its own under the stated memory; then
a copy of a fiftieth of the samples is analysed both under it and without any limit. Said are: the
peak of the whole process (VmHWM, Linux only), the seconds, how far the two results of the small
copy are apart, and by proportion what 40 GB would take (extrapolated, not measured).
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

CLASSES = 1000
SHAPES = ((20, 100_000), (200, 10_000))
BLOCK = 2000
WHOLE = 40e9
RUN = """
import re, sys, time
from pathlib import Path
from dashboard.cli import main
start = time.perf_counter()
ended = main()
seconds = time.perf_counter() - start
found = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(seconds, 1024 * int(found[1]))
sys.exit(ended)
"""


def write(folder: Path, models: int, samples: int) -> None:
    """A folder with labels, classes, and the stack of models that lean towards the labels."""
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, samples)
    rows = "".join(f"s{place},c{label}\n" for place, label in enumerate(labels))
    (folder / "samples.csv").write_text(f"sample_id,label\n{rows}")
    listed = "".join(f"c{place}\n" for place in range(CLASSES))
    (folder / "classes.csv").write_text(f"label\n{listed}")
    ease = random.normal(5, 1.5, samples).astype(np.float32)
    noise = random.standard_normal((BLOCK, CLASSES), dtype=np.float32)
    with (folder / "stack.npy").open("wb") as stream:
        header = {"descr": "<f2", "fortran_order": False, "shape": (models, samples, CLASSES)}
        np.lib.format.write_array_header_1_0(stream, header)
        for _ in range(models):
            for start in range(0, samples, BLOCK):
                size = min(BLOCK, samples - start)
                rows = noise[random.permutation(BLOCK)[:size]]
                rows[np.arange(size), labels[start : start + size]] += ease[start : start + size]
                np.exp(rows, out=rows)
                rows /= rows.sum(1, keepdims=True)
                stream.write(rows.astype(np.float16))


def analysed(folder: Path, memory: str | None) -> tuple[dict, float, int]:
    """The figures, seconds and peak bytes of one run."""
    figures = folder.with_suffix(".json")
    limit = [] if memory is None else ["--memory", memory]
    command = [sys.executable, "-c", RUN, "analyze", str(folder), "--json", str(figures), *limit]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, peak = ran.stdout.split()
    return json.loads(figures.read_text()), float(seconds), int(peak)


def difference(one: object, other: object) -> float:
    """The largest distance between numbers at the same place; infinite where counts differ."""
    if isinstance(one, dict):
        return max((difference(value, other[key]) for key, value in one.items()), default=0.0)
    if isinstance(one, list):
        return max((difference(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    return 0.0 if one == other else math.inf


def main() -> None:
    """Print one row per shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", default="500MB")
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--folder", type=Path, help="where there is room for the files")
    options = parser.parse_args()
    print("| models | samples | file | peak | seconds | small copy: difference | 40 GB: hours |")
    print("|---|---|---|---|---|---|---|")
    for models, full in SHAPES:
        samples = round(full * options.gigabytes / 4)
        with tempfile.TemporaryDirectory(dir=options.folder) as place:
            big, small = Path(place) / "big", Path(place) / "small"
            for folder, size in ((big, samples), (small, samples // 50)):
                folder.mkdir()
                write(folder, models, size)
            _, seconds, peak = analysed(big, options.memory)
            size = (big / "stack.npy").stat().st_size
            held, stored = analysed(small, None)[0], analysed(small, options.memory)[0]
            print(
                f"| {models} | {samples:,} | {size / 1e9:.1f} GB | {peak / 1e6:.0f} MB | "
                f"{seconds:.0f} | {difference(held, stored):.1e} | "
                f"{seconds * WHOLE / size / 3600:.1f} (extrapolated) |",
                flush=True,
            )


if __name__ == "__main__":
    main()

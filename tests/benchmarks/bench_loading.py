"""Time and memory of reading predictions, beside pandas in the same run.

    python tests/benchmarks/bench_loading.py [--models M] [--samples N] [--repeat R] [FORM ...]

Each measurement runs in a process of its own: seconds from the files to a bundle (or to pandas'
pivoted table), the median of the repeats, taken in turns, and the peak memory above that of the
imports (Linux only). Nothing is asserted but that the bundle has the size it should.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

CLASSES = 10
PEERS = {
    "long.csv": "pd.read_csv(path, dtype=str)",
    "long.tsv": "pd.read_csv(path, dtype=str, sep='\\t')",
    "long.csv.gz": "pd.read_csv(path, dtype=str)",
    "long.parquet": "pd.read_parquet(path)",
    "long.feather": "pd.read_feather(path)",
    "long.jsonl": "pd.read_json(path, lines=True)",
    "wide.csv": "pd.read_csv(path, dtype=str)",
    "wide.parquet": "pd.read_parquet(path)",
    "probabilities.npz": "{name: array for name, array in np.load(path).items()}",
}
MEASURE = """
import sys, time
{imports}
path, samples = sys.argv[1:3]
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
with open("/proc/self/clear_refs", "w") as switch:
    switch.write("5")
before = peak()
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
assert size == ({models}, {samples}), size
print(seconds, (peak() - before) / 1024)
"""
OURS = """
bundle = read([path, samples]).bundle
size = tuple(bundle.predictions.shape)
"""
PIVOT = """
table = {reader}.pivot(index="sample_id", columns="model", values="prediction")
size = table.shape[::-1]
"""
WIDE = """
table = {reader}.set_index("sample_id")
codes = table.apply(lambda column: pd.factorize(column)[0])
size = table.shape[::-1]
"""
ARRAYS = """
arrays = {reader}
answers = np.stack([array.argmax(1) for array in arrays.values()])
size = answers.shape
"""


def main() -> None:
    """Write the files, measure, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("forms", nargs="*", default=list(PEERS), metavar="FORM")
    parser.add_argument("--models", type=int, default=100)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    print("| form | rows | seconds | peak MiB | pandas s | pandas MiB | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        answers = _answers(chosen.models, chosen.samples)
        pd.DataFrame(
            {"sample_id": _ids(chosen.samples), "label": [f"class_{c}" for c in answers[0]]}
        ).to_csv(folder / "samples.csv", index=False)
        for form in chosen.forms:
            _write(folder / form, answers)
            _row(folder, form, chosen)
            (folder / form).unlink()


def _row(folder: Path, form: str, chosen: argparse.Namespace) -> None:
    runs = [
        (_measure(folder, form, chosen, True), _measure(folder, form, chosen, False))
        for _ in range(chosen.repeat)
    ]
    (seconds, memory), (other, others) = (
        tuple(median(run[who][what] for run in runs) for what in (0, 1)) for who in (0, 1)
    )
    rows = chosen.samples * (1 if form.startswith(("wide", "prob")) else chosen.models)
    print(
        f"| {form} | {rows:,} | {seconds:.2f} | {memory:.0f} | {other:.2f} | {others:.0f} | "
        f"{other / seconds:.1f} |",
        flush=True,
    )


def _measure(folder: Path, form: str, chosen: argparse.Namespace, ours: bool) -> tuple:
    shape = WIDE if form.startswith("wide") else ARRAYS if form.startswith("prob") else PIVOT
    code = MEASURE.format(
        imports="import pandas\nfrom analysis.loading import read"
        if ours
        else "import numpy as np, pandas as pd, pyarrow",
        work=OURS if ours else shape.format(reader=PEERS[form]),
        models=chosen.models,
        samples=chosen.samples,
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / form), str(folder / "samples.csv")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return tuple(map(float, done.stdout.split()))


def _answers(models: int, samples: int) -> np.ndarray:
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, samples)
    other = random.integers(0, CLASSES, (models, samples))
    return np.where(random.random((models, samples)) < 0.7, labels, other)


def _ids(samples: int) -> list[str]:
    return [f"s{place:06d}" for place in range(samples)]


def _write(path: Path, answers: np.ndarray) -> None:
    models, samples = answers.shape
    ids = _ids(samples)
    names = [f"model-{place:03d}" for place in range(models)]
    if path.name == "probabilities.npz":
        hot = np.eye(CLASSES, dtype=np.float32) * 0.9 + 0.01
        np.savez(path, **{n: hot[row] for n, row in zip(names, answers, strict=True)})
        return
    texts = np.array([f"class_{place}" for place in range(CLASSES)])
    if path.name.startswith("wide"):
        table = pd.DataFrame({"sample_id": ids} | dict(zip(names, texts[answers], strict=True)))
    else:
        table = pd.DataFrame(
            {
                "sample_id": np.tile(ids, models),
                "model": np.repeat(names, samples),
                "prediction": texts[answers].ravel(),
            }
        )
    if path.suffix == ".jsonl":
        columns = [table[name].tolist() for name in table]
        with path.open("w") as stream:
            for row in zip(*columns, strict=True):
                stream.write(json.dumps(dict(zip(table, row, strict=True))) + "\n")
    elif path.suffix == ".gz":
        with gzip.open(path, "wt", compresslevel=3, newline="") as stream:
            table.to_csv(stream, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".feather":
        table.to_feather(path)
    else:
        table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


if __name__ == "__main__":
    main()

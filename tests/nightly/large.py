"""Large bundles on disk, made once for each size and seed: probabilities, embeddings, pictures."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CLASSES, DIMENSIONS, CLUSTERS = 10, 16, 40
BLOCK = 100_000
REGIONS = ("north", "east", "south", "west")
SIDE = 8


def large_bundle(samples: int, models: int, *, seed: int = 0) -> Path:
    """A folder of the temporary place that holds such a bundle; made where it is not there yet."""
    place = Path(tempfile.gettempdir()) / "dissensus-large" / f"{models}x{samples}-seed{seed}"
    if not place.is_dir():
        place.parent.mkdir(exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=place.parent))
        try:
            _write(aside, samples, models, np.random.default_rng(seed))
            aside.rename(place)
        except BaseException:
            shutil.rmtree(aside)
            raise
    return place


def _write(folder: Path, samples: int, models: int, random: np.random.Generator) -> None:
    """Samples in clusters; each cluster has a usual label, and the models know some of them."""
    cluster = random.integers(CLUSTERS, size=samples)
    odd = random.random(samples) < 0.1
    labels = np.where(odd, random.integers(CLASSES, size=samples), cluster % CLASSES)
    regions = random.integers(len(REGIONS), size=samples)
    rows = np.arange(samples)
    table = {
        "sample_id": pa.array([f"s{row:07d}" for row in range(samples)]),
        "label": pa.array([f"class {label}" for label in labels]),
        "region": pa.array(np.array(REGIONS)[regions]),
        "cluster": pa.array([f"cluster {code:02d}" for code in cluster]),
        "length": pa.array(np.round(random.gamma(4, 10, samples), 1)),
        "text": pa.array([f"What stands at place {row} of the texts?" for row in range(samples)]),
    }
    pq.write_table(pa.table(table), folder / "samples.parquet")
    names = "".join(f"{place},class {place}\n" for place in range(CLASSES))
    (folder / "classes.csv").write_text(f"class_index,label\n{names}", "utf-8")
    centres = random.normal(0, 4, (CLUSTERS, DIMENSIONS)).astype(np.float32)
    points = centres[cluster] + random.standard_normal((samples, DIMENSIONS), dtype=np.float32)
    np.save(folder / "embeddings.npy", points)
    shade = (cluster * 6).astype(np.uint8)[:, None, None, None]
    noise = random.integers(0, 16, (samples, SIDE, SIDE, 3), dtype=np.uint8)
    np.save(folder / "thumbnails.npy", shade + noise)
    (folder / "probabilities").mkdir()
    ease = random.normal(2.5, 1.5, samples).astype(np.float32)
    for model in range(models):
        skill = random.normal(1, 0.3, CLUSTERS).astype(np.float32)
        table = np.lib.format.open_memmap(
            folder / "probabilities" / f"model-{model:02d}.npy",
            mode="w+",
            dtype=np.float16,
            shape=(samples, CLASSES),
        )
        for start in range(0, samples, BLOCK):
            here = rows[start : start + BLOCK]
            logits = random.standard_normal((len(here), CLASSES), dtype=np.float32)
            logits[np.arange(len(here)), labels[here]] += ease[here] * skill[cluster[here]]
            np.exp(logits, out=logits)
            table[here] = logits / logits.sum(1, keepdims=True)

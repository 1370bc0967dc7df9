"""How much is worked on at a time, and what happens when even that is too much."""

import json
import platform
import re
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch
from made import ROOT, random_bundle

from analysis import chunks, tally
from analysis.bundle import BundleError
from analysis.sums import COUNTS, count_sums

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _no_limit_remains():
    yield
    chunks.limit_memory(None)


def test_sizes_are_read_as_people_write_them():
    assert chunks.size_of("500MB") == 500_000_000
    assert chunks.size_of("2GB") == chunks.size_of(" 2 gb ") == chunks.size_of("2G") == 2 * 10**9
    assert chunks.size_of("1.5GiB") == 3 * 2**29
    assert chunks.size_of("1000000000") == chunks.size_of("1GB")
    for text in ("", "GB", "2PB", "-1GB", "2,5GB", "two"):
        with pytest.raises(BundleError, match="is no size of memory; expected one such as 500MB"):
            chunks.size_of(text)


def test_a_memory_that_the_program_alone_exceeds_is_refused():
    with pytest.raises(BundleError, match=r"too small: the program by itself takes [\d,]+ MB"):
        chunks.limit_memory(chunks.used())


def test_less_memory_means_fewer_samples_at_a_time_down_to_none():
    whole = chunks.samples_at_a_time(20_000, CPU)
    chunks.limit_memory(chunks.used() + chunks.RESERVE + chunks.SMALLEST + 10**7)
    part = chunks.samples_at_a_time(20_000, CPU)
    assert 1 <= part < whole <= chunks.LONGEST
    assert chunks.samples_at_a_time(1, CPU) == chunks.LONGEST
    with pytest.raises(BundleError, match="one sample of all models takes 640 MB; give at least"):
        chunks.samples_at_a_time(20_000_000, CPU)
    assert not chunks.fits(100 << 20)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_freed_memory_is_kept_for_the_next_tensors():
    def pages_taken():
        for _ in range(5):  # until the kept memory has a hole of this size
            torch.ones(1 << 20, dtype=torch.float64)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.ones(1 << 20, dtype=torch.float64)
        return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10

    whole = (8 << 20) / resource.getpagesize()
    chunks.keep_freed_memory()
    assert pages_taken() < whole / 4


def test_a_refusal_says_how_much_would_do_and_that_much_does():
    chunks.limit_memory(chunks.used() + chunks.RESERVE + chunks.SMALLEST + 10**7)
    with pytest.raises(BundleError) as refused:
        chunks.samples_at_a_time(6_000_000, CPU)
    assert str(refused.value).endswith(" MB, or choose fewer models.")
    enough = re.search(r"give at least ([\d,]+) MB", str(refused.value))[1].replace(",", "")
    chunks.limit_memory(int(enough) * 10**6)
    assert chunks.samples_at_a_time(6_000_000, CPU) >= 1


def test_a_machine_without_free_memory_is_named_as_the_reason(monkeypatch):
    chunks.limit_memory(chunks.used() + 10**9)
    monkeypatch.setattr(chunks, "free", lambda: 80_000_000)
    said = r"This machine has only 80 MB of memory left, and one sample of all models takes 640 MB"
    with pytest.raises(BundleError, match=said):
        chunks.samples_at_a_time(20_000_000, CPU)


def test_what_is_used_and_free_is_known():
    held = torch.ones(32 << 20, dtype=torch.uint8)
    before = chunks.used()
    more = torch.ones(64 << 20, dtype=torch.uint8)
    assert chunks.used() - before > 60 << 20
    assert chunks.free() > 0
    assert len(held) + len(more) == 96 << 20


@pytest.mark.parametrize(
    ("lines", "limit", "now"),
    [
        ("0::/job\n", "memory.max", "memory.current"),
        ("7:cpu:/\n4:memory:/job\n", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ],
)
def test_limits_of_control_groups_count(lines, limit, now, tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.chunks.GROUPS", tmp_path)
    monkeypatch.setattr("analysis.chunks.MEMBERSHIP", tmp_path / "cgroup")
    (tmp_path / "cgroup").write_text(lines)
    place = tmp_path / "memory" / "job" if "memory:" in lines else tmp_path / "job"
    place.mkdir(parents=True)
    (place / limit).write_text("5000\n")
    (place / now).write_text("3000\n")
    (place / "memory.stat").write_text("anon 7\ninactive_file 400\n")
    assert chunks.free() == 5000 - 3000 + 400
    (place / limit).write_text("max\n")
    assert chunks.free() > 5000


@pytest.mark.parametrize("weighted", [False, True])
def test_a_device_that_runs_out_of_memory_gets_smaller_chunks(weighted, monkeypatch):
    bundle = random_bundle(4, 100, 3, gaps=0.2)
    seen = []

    def greedy(piece):
        seen.append(len(piece.rows))
        if len(piece.rows) > 12:
            raise torch.OutOfMemoryError("out of memory")
        return count_sums(piece)

    weights = torch.rand(100, dtype=torch.float64) if weighted else None
    expected = tally.tally(bundle, COUNTS, weights=weights)
    monkeypatch.setattr(tally, "FAMILIES", ((COUNTS, greedy),))
    found = tally.tally(bundle, COUNTS, weights=weights)
    assert seen[:5] == [100, 50, 25, 12, 12]
    assert sum(seen[3:]) == 100
    for name in COUNTS:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-12, atol=0)


def test_a_single_sample_that_does_not_fit_is_an_error(monkeypatch):
    def never(piece):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(tally, "FAMILIES", ((COUNTS, never),))
    with pytest.raises(torch.OutOfMemoryError):
        tally.tally(random_bundle(2, 9, 3), COUNTS)


@pytest.mark.gpu
def test_counts_on_cuda_are_those_of_the_cpu_and_sums_are_close(device, tmp_path, monkeypatch):
    from analysis.catalog import CATALOG
    from analysis.loading import load_bundle, save_bundle

    save_bundle(random_bundle(12, 3000, 40, gaps=0.05), tmp_path / "bundle")
    monkeypatch.setattr("analysis.loading.distributions.fits", lambda size: False)
    bundle = load_bundle(tmp_path / "bundle")
    needs = {name for measure in CATALOG.values() for name in measure.needs}
    expected = tally.tally(bundle, needs, groups=("region",), chunk=700)
    device = chunks.use_device(device)
    found = tally.tally(bundle.to(device), needs, groups=("region",), chunk=700)
    for name, sums in expected.sums.items():
        if sums.dtype == torch.int64:
            assert torch.equal(found[name].cpu(), sums), name
        else:
            torch.testing.assert_close(found[name].cpu(), sums, rtol=1e-5, atol=1e-5)
    if device.type == "cuda":
        assert not torch.backends.cuda.matmul.allow_tf32


LIMITED = """
import re, sys
from pathlib import Path
from dashboard.cli import main
ended = main()
found = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(1024 * int(found[1]))
sys.exit(ended)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="this machine has no VmHWM")
def test_probabilities_larger_than_the_stated_memory_are_analysed_within_it(tmp_path):
    samples, classes, models = 48_000, 500, 8
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, samples)
    rows = "".join(f"s{place},{label}\n" for place, label in enumerate(labels))
    (tmp_path / "samples.csv").write_text(f"sample_id,label\n{rows}")
    listed = "".join(f"{place}\n" for place in range(classes))
    (tmp_path / "classes.csv").write_text(f"label\n{listed}")
    row = random.random(classes) / classes
    row[0] += 1 - row.sum()
    with (tmp_path / "all.npy").open("wb") as stream:
        header = {"descr": "<f2", "fortran_order": False, "shape": (models, samples, classes)}
        np.lib.format.write_array_header_1_0(stream, header)
        for _ in range(models):
            stream.write(np.tile(row.astype(np.float16), (samples, 1)))
    held = 4 * models * samples * classes
    arguments = ["analyze", str(tmp_path), "--ensemble", "mean", "--memory", "750MB", "--json"]
    figures = tmp_path / "figures.json"
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments, str(figures)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 750_000_000 < held
    found = json.loads(figures.read_text())
    right = int((labels == 0).sum())
    assert {entry["right"] for entry in found["models"].values()} == {right}
    assert found["ensembles"][0]["right"] == right

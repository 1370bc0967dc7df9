"""Timing ours and a peer's work in turns, beside what the machine can do; rows in Markdown.

A benchmark calls `heading(measured_rates())` once and `report(...)` per piece of work. Times are
medians, never asserted; ratios travel between machines, seconds do not.
"""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from analysis.chunks import keep_freed_memory

SHORTEST = 0.02
DISTURBED = 0.15


@dataclass(frozen=True)
class Rates:
    """What this machine does at most: operations and bytes a second."""

    float32: float
    int8: float
    read: float


@dataclass(frozen=True)
class Peer:
    """What ours is compared with: a call that does 1 / times of the work."""

    name: str
    call: Callable[[], object]
    times: float = 1.0
    target: float | None = None


@dataclass(frozen=True)
class Limit:
    """The least time that the hardware needs for the work, in seconds, and why."""

    name: str
    seconds: float


def measured_rates(size: int = 2048, repeat: int = 5) -> Rates:
    """Float32 and int8 matrix products and reading memory, all threads, best of the repeats."""
    real = torch.rand(size, size)
    whole = torch.randint(-1, 2, (size, 4 * size), dtype=torch.int8)
    far = torch.ones(1 << 25, dtype=torch.int64)
    return Rates(
        float32=2 * size**3 / _best(lambda: real @ real, repeat),
        int8=8 * size**3 / _best(lambda: torch._int_mm(whole, whole.T), repeat),
        read=far.nbytes / _best(far.sum, repeat),
    )


def machine(rates: Rates) -> str:
    """The machine in a line."""
    return (
        f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, torch "
        f"{torch.__version__}: float32 GEMM {rates.float32 / 1e9:.0f} GFLOP/s, int8 GEMM "
        f"{rates.int8 / 1e9:.0f} GOP/s, memory read {rates.read / 1e9:.1f} GB/s."
    )


def heading(rates: Rates) -> None:
    """The machine in a line, and the head of the table of `report`; memory as the app keeps it."""
    keep_freed_memory()
    print(machine(rates) + "\n")
    print("| work | size | ours | peer | peer time | ratio | target | limit | x limit |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)


def report(
    work: str,
    size: str,
    ours: Callable[[], object],
    peers: tuple[Peer, ...],
    *,
    limit: Limit | None = None,
    repeat: int = 5,
) -> None:
    """Time ours and the peers in turns and print a row per peer.

    Args:
        work: what is computed.
        size: of what, in words.
        ours: does all of it once.
        peers: each does 1 / times of it.
        limit: the least time the hardware needs.
        repeat: rounds; the median counts.
    """
    calls = {"": ours} | {peer.name: peer.call for peer in peers}
    seconds = in_turns(calls, repeat)
    mine = seconds[""]
    bound = ("", "") if limit is None else (limit.name, f"{mine / limit.seconds:.2f}")
    for peer in peers or (None,):
        cells = ["", "", "", ""]
        if peer is not None:
            theirs = seconds[peer.name] * peer.times
            scaled = "" if peer.times == 1 else f" ({seconds_text(seconds[peer.name])} x "
            scaled += "" if peer.times == 1 else f"{peer.times:,.0f})"
            target = "" if peer.target is None else f"{peer.target:,.4g} x"
            cells = [peer.name, seconds_text(theirs) + scaled, ratio_text(theirs / mine), target]
        print("| " + " | ".join([work, size, seconds_text(mine), *cells, *bound]) + " |")
    print(end="", flush=True)


def in_turns(calls: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Median seconds of each call, one after the other in every round, after one untimed call.

    A round in which other processes took over 15 % of the machine is repeated, up to as many
    rounds again.
    """
    often = {name: _calls(call) for name, call in calls.items()}
    rounds: list[tuple[float, dict[str, float]]] = []
    while len(rounds) < 2 * repeat and sum(busy <= DISTURBED for busy, _ in rounds) < repeat:
        before = _busy_elsewhere()
        start = time.perf_counter()
        found = {name: _timed(call, often[name]) for name, call in calls.items()}
        wall = (time.perf_counter() - start) * (os.cpu_count() or 1)
        rounds.append(((_busy_elsewhere() - before) / wall, found))
    quietest = sorted(rounds, key=lambda entry: entry[0])[:repeat]
    if quietest[-1][0] > DISTURBED:
        print(f"Other processes took up to {quietest[-1][0]:.0%} of the machine in the next row.")
    return {name: median(found[name] for _, found in quietest) for name in calls}


def installed(*packages: str) -> bool:
    """All of these can be imported; says which rows are left out where not."""
    lacking = [name for name in packages if util.find_spec(name) is None]
    if lacking:
        print(f"Left out, not installed: {', '.join(lacking)} (see the extra `bench`).")
    return not lacking


def versioned(package: str) -> str:
    """A package's name and version."""
    return f"{package} {metadata.version(package)}"


def seconds_text(seconds: float) -> str:
    """A duration in a unit that a person reads."""
    for least, unit, text in ((60, 60.0, "min"), (1, 1.0, "s"), (1e-3, 1e-3, "ms")):
        if seconds >= least:
            return f"{seconds / unit:.3g} {text}"
    return f"{seconds * 1e6:.3g} µs"


def ratio_text(ratio: float) -> str:
    """How many times quicker, with two or more digits."""
    return f"{ratio:,.0f} x" if ratio >= 100 else f"{ratio:.2g} x"


def random_answers(
    models: int, samples: int, classes: int, *, gaps: float = 0.0, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Predictions int32 [M, N], three in four right, errors on few shared answers, and labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator, dtype=torch.int32)
    tempting = torch.randint(classes, (4, samples), generator=generator, dtype=torch.int32)
    predictions = torch.empty(models, samples, dtype=torch.int32)
    for row in predictions:
        pick = torch.randint(4, (1, samples), generator=generator)
        chance = torch.rand(samples, generator=generator)
        row[:] = torch.where(chance < 0.75, labels, tempting.gather(0, pick)[0])
        row[torch.rand(samples, generator=generator) < gaps] = -1
    return predictions, labels


def _timed(call: Callable[[], object], often: int) -> float:
    start = time.perf_counter()
    for _ in range(often):
        call()
    return (time.perf_counter() - start) / often


def _calls(call: Callable[[], object]) -> int:
    """How many calls make a round worth timing, once warm."""
    seconds = _timed(call, 1)
    if seconds < 1:
        seconds = _timed(call, 1)
    return max(1, int(SHORTEST / seconds))


def _best(call: Callable[[], object], repeat: int) -> float:
    return min(_timed(call, 1) for _ in range(repeat + 1))


def _busy_elsewhere() -> float:
    """CPU seconds that other processes have used since the machine started (Linux), else 0."""
    table = Path("/proc/stat")
    if not table.exists():
        return 0.0
    fields = [int(field) for field in table.read_text().split("\n")[0].split()[1:]]
    busy = sum(fields[:3]) + sum(fields[5:8])
    return busy / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])

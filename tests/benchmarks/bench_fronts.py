"""Time to find the front among many candidates, beside paretoset and moocore, all in one process.

    python tests/benchmarks/bench_fronts.py [--number N] [--repeat R]

Needs `pip install paretoset`. Three sets of N points with 3 objectives: a uniform cube, of which
about a hundred points are on the front; a shell with a tenth of the points on it; and a sphere,
where all are. Every front must be the same before it is timed (paretoset's where it ends in time:
it compares every point with the whole front). On CUDA, where there is one, the same without peers.
"""

import argparse
import time

import numpy as np
import torch
from harness import Limit, Peer, heading, in_turns, installed, measured_rates, report, versioned
from torch import Tensor

from analysis.dominance import undominated
from analysis.front_quality import hypervolume
from analysis.pareto import non_dominated, ranks

HIGHER = ("max", "max", "max")
PARETOSET_AT_MOST = 20_000
TARGET = 1 / 1.2


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    import moocore

    peers = {
        "moocore": lambda points: moocore.is_nondominated(points, maximise=True, keep_weakly=True)
    }
    if installed("paretoset"):
        from paretoset import paretoset

        peers["paretoset"] = lambda points: paretoset(points, sense=HIGHER, distinct=False)
    rates = measured_rates()
    heading(rates)
    for name, values in sets(given.number).items():
        one_set(name, values, peers, rates.read, given.repeat)
    if torch.cuda.is_available():
        on_cuda(given.number, given.repeat)


def sets(number: int) -> dict[str, Tensor]:
    """Few, a tenth and all points on the front, float64 [N, 3]."""
    generator = torch.Generator().manual_seed(0)
    cube = torch.rand(number, 3, generator=generator, dtype=torch.float64)
    sphere = torch.randn(number, 3, generator=generator, dtype=torch.float64).abs()
    sphere /= sphere.norm(dim=1, keepdim=True)
    inner = torch.rand(number, 1, generator=generator, dtype=torch.float64) ** (1 / 3)
    on_top = torch.rand(number, 1, generator=generator) < 0.1
    shell = torch.where(on_top, sphere, 0.97 * inner * sphere)
    return {"few": cube, "a tenth": shell, "all": sphere}


def one_set(name: str, values: Tensor, calls: dict, read: float, repeat: int) -> None:
    """Rows of one set: its front beside the peers, torch alone, and the hypervolume."""
    points, front = values.numpy(), non_dominated(values, HIGHER)
    size = f"{len(values):,} x 3, {int(front.sum()):,} on the front"
    peers = []
    for peer, call in calls.items():
        if peer == "paretoset" and int(front.sum()) > PARETOSET_AT_MOST:
            slow(size, points, call)
            continue
        assert np.array_equal(call(points), front.numpy()), peer
        peers.append(Peer(versioned(peer), lambda call=call: call(points), 1.0, TARGET))
    limit = Limit("one read", values.nbytes / read)
    ours = lambda: non_dominated(values, HIGHER)  # noqa: E731
    report(f"front, {name}", size, ours, tuple(peers), limit=limit, repeat=repeat)
    assert torch.equal(undominated(values), front)
    alone = lambda: undominated(values)  # noqa: E731
    report(f"the same, torch alone, {name}", size, alone, (), repeat=repeat)
    origin = (0.0, 0.0, 0.0)
    volume = lambda: hypervolume(values[front], HIGHER, origin)  # noqa: E731
    report(f"its hypervolume, {name}", f"{int(front.sum()):,} x 3", volume, (), repeat=repeat)
    peel = lambda: ranks(values, HIGHER, fronts=3)  # noqa: E731
    report(f"three fronts, {name}", size, peel, (), repeat=repeat)


def slow(size: str, points: np.ndarray, call) -> None:
    """Say how long paretoset takes for a part of the points only: it is quadratic in the front."""
    part = points[:: max(1, len(points) // 20_000)]
    start = time.perf_counter()
    call(part)
    seconds = time.perf_counter() - start
    print(f"paretoset took {seconds:.3g} s for {len(part):,} points of the next set ({size}).")


def on_cuda(number: int, repeat: int) -> None:
    """Rows of the same sets on the first CUDA device; synchronised by what is asked of them."""
    for name, values in sets(number).items():
        expected, here = non_dominated(values, HIGHER), values.cuda()
        assert torch.equal(non_dominated(here, HIGHER).cpu(), expected)
        call = lambda here=here: non_dominated(here, HIGHER).sum().item()  # noqa: E731
        seconds = in_turns({"": call}, repeat)[""]
        print(f"On {torch.cuda.get_device_name()}, {name}: {1000 * seconds:.1f} ms.")


if __name__ == "__main__":
    main()

"""Time of the Vendi scores beside vendi-score, and what both say where it is known to be wrong.

    python tests/benchmarks/bench_vendi.py [--models M] [--samples N] [--width D] [--repeat R]

Needs `pip install vendi-score`. Each side of each row runs in a process of its own, because two
libraries' threads in one process hinder each other: median milliseconds of the repeats and the
peak memory above that of the inputs (Linux only). Both sides must agree where both are right.
"""

import argparse
import json
import subprocess
import sys

import numpy as np

SETUP = """
import json, math, sys, time
import numpy as np
import torch
from statistics import median
from analysis.vendi import ORDERS, sample_vendi, vendi_orders
models, samples, width, repeat = map(int, sys.argv[1:])
random = np.random.default_rng(0)
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
def rows(*shape):
    made = random.standard_normal(shape) + 1
    return made / np.linalg.norm(made, axis=-1, keepdims=True)
"""
MEASURE = """
run()
with open("/proc/self/clear_refs", "w") as switch:
    switch.write("5")
before, seconds = peak(), []
for _ in range(repeat):
    start = time.perf_counter()
    found = run()
    seconds.append(time.perf_counter() - start)
found = np.asarray(found, dtype=float)
print(json.dumps([1000 * median(seconds), (peak() - before) / 1024, found.ravel()[:50].tolist()]))
"""
PEER = """
from vendi_score.vendi import score_K, score_X, score_dual
orders = ["inf" if order == math.inf else order for order in ORDERS]
"""
CASES = {
    "five orders over models": (
        "table = rows(models, models + 9); kernel = table @ table.T",
        "kernel = torch.from_numpy(kernel)\nrun = lambda: vendi_orders(kernel)",
        "run = lambda: [score_K(kernel, q=order) for order in orders]",
    ),
    "order 1 of 19,600 triples": (
        "table = rows(50, 7); kernel = table @ table.T\n"
        "teams = torch.combinations(torch.arange(50), 3)",
        "kernel = torch.from_numpy(kernel)\n"
        "run = lambda: vendi_orders(kernel[teams[:, :, None], teams[:, None, :]], (1,))",
        "run = lambda: [score_K(kernel[np.ix_(team, team)]) for team in teams.numpy()]",
    ),
    "five orders over samples (float32)": (
        "table = rows(samples, width).astype(np.float32)",
        "table = torch.from_numpy(table)\nrun = lambda: list(sample_vendi(table).values())[1:]",
        "run = lambda: [score_dual(table, q=order) for order in orders]",
    ),
    "five orders over samples (float64)": (
        "table = rows(samples, width)",
        "table = torch.from_numpy(table)\nrun = lambda: list(sample_vendi(table).values())[1:]",
        "run = lambda: [score_dual(table, q=order) for order in orders]",
    ),
    "order 1 over samples (float32)": (
        "table = rows(samples, width).astype(np.float32)",
        "table = torch.from_numpy(table)\n"
        "run = lambda: list(sample_vendi(table, orders=(1,)).values())[1:]",
        "run = lambda: [score_dual(table, q=1)]",
    ),
}
FAULTS = {
    "order 2 from score_X": (
        "table = rows(200, 8)",
        "run = lambda: sample_vendi(torch.from_numpy(table), orders=(2,))['vendi_q2']",
        "run = lambda: score_X(table, q=2)",
    ),
    "order infinity as a number": (
        "table = rows(200, 8); kernel = table @ table.T",
        "run = lambda: vendi_orders(torch.from_numpy(kernel), (math.inf,))",
        "run = lambda: score_K(kernel, q=math.inf)",
    ),
    "order 0.1 of 400 samples of rank 8": (
        "table = rows(400, 8); kernel = table @ table.T",
        "run = lambda: vendi_orders(torch.from_numpy(kernel), (0.1,))",
        "run = lambda: score_K(kernel, q=0.1)",
    ),
}


def main() -> None:
    """Measure and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, usual in (("models", 1000), ("samples", 50_000), ("width", 512), ("repeat", 5)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    sizes = [str(size) for size in vars(parser.parse_args()).values()]
    print("| work | ms | MiB | vendi-score ms | MiB | ratio |")
    print("|---|---|---|---|---|---|")
    for name, case in CASES.items():
        (ours, memory, found), (peer, its, expected) = both(case, sizes)
        tolerance = 1e-2 if "float32" in name else 1e-6
        np.testing.assert_allclose(found, expected, rtol=tolerance)
        cells = f"{ours:.1f} | {memory:.0f} | {peer:.1f} | {its:.0f} | {peer / ours:.1f}"
        print(f"| {name} | {cells} |")
    print("\n| where vendi-score is wrong | this | vendi-score |")
    print("|---|---|---|")
    for name, case in FAULTS.items():
        (_, _, found), (_, _, other) = both(case, sizes)
        print(f"| {name} | {found[0]:.6f} | {other[0]:.6f} |")


def both(case: tuple[str, str, str], sizes: list[str]) -> list:
    """What the measuring script prints for this and for the peer."""
    made, ours, peer = case
    return [
        json.loads(
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", SETUP + code + MEASURE, *sizes],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for code in (f"{made}\n{ours}\n", f"{made}\n{PEER}\n{peer}\n")
    ]


if __name__ == "__main__":
    main()

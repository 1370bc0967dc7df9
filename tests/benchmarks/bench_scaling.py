"""How the time of our sums and measures grows with models, samples and classes.

    python tests/benchmarks/bench_scaling.py [--quick]

One size is doubled at a time; the exponent is the slope of log time over log size: 1 is linear,
2 square. Kernels are compiled before the clock starts.
"""

import argparse
import math
from functools import partial

from bench_calibration_groups import calibration_errors, group_accuracies, made
from bench_counts import FROM_COUNTS, FROM_LABELS, bundle_of_size, matrices
from harness import in_turns, machine, measured_rates, seconds_text

MIDDLE = {"M": 200, "N": 20_000, "C": 100}
FACTORS = (1, 2, 4, 8)
WORK = {
    "pair counts, 7 measures": lambda b: matrices(b, FROM_COUNTS),
    "label agreement": lambda b: matrices(b, ("disagreement_labels",)),
    "all 10 pair measures": lambda b: matrices(b, FROM_COUNTS + FROM_LABELS),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    middle = MIDDLE | ({"N": MIDDLE["N"] // 10} if chosen.quick else {})
    print(machine(measured_rates()) + "\n")
    print("| work | grows | " + " | ".join(f"x {factor}" for factor in FACTORS) + " | exponent |")
    print("|---|---|" + "---|" * len(FACTORS) + "---|", flush=True)
    for size in middle:
        for work, call in WORK.items():
            row(work, size, middle, call, bundle_of_size, chosen.repeat)
        if size != "C":
            for work, call in (
                ("ECE, 15 bins", calibration_errors),
                ("group accuracy, G=100", group_accuracies),
            ):
                row(work, size, middle, call, with_groups, chosen.repeat)


def with_groups(models: int, samples: int, _: int) -> object:
    return made(models, samples, 100)


def row(work: str, size: str, middle: dict, call, make, repeat: int) -> None:
    """One line: the times at these multiples of one size, and the exponent."""
    sizes = [middle | {size: middle[size] * factor} for factor in FACTORS]
    calls = {str(s[size]): partial(call, make(*s.values())) for s in sizes}
    seconds = list(in_turns(calls, repeat).values())
    exponent = slope([math.log(s[size]) for s in sizes], [math.log(t) for t in seconds])
    others = ", ".join(f"{name}={middle[name]:,}" for name in middle if name != size)
    cells = " | ".join(map(seconds_text, seconds))
    grows = f"{size} from {middle[size]:,} ({others})"
    print(f"| {work} | {grows} | {cells} | {exponent:.2f} |", flush=True)


def slope(across: list[float], up: list[float]) -> float:
    """Of the straight line that fits best."""
    mean_across, mean_up = sum(across) / len(across), sum(up) / len(up)
    top = sum((a - mean_across) * (u - mean_up) for a, u in zip(across, up, strict=True))
    return top / sum((a - mean_across) ** 2 for a in across)


if __name__ == "__main__":
    main()

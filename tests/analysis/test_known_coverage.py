"""No reference case of the built sections of measures.md is left without a test."""

import importlib.util
from pathlib import Path

# Of sections 1 (pairs), 2 (ensembles), 3 (correction), 5 (fronts), 6 (groups, curves, many
# tests, ranks) and 7 (calibration, samples).
FAMILIES = (
    "pair.",
    "mds.",
    "ens.",
    "decomp.",
    "vendi.",
    "kernel.",
    "correction.",
    "pareto.",
    "consistency.",
    "group.",
    "multi.",
    "calib.",
    "calibrate.",
    "chaos.",
    "sample.",
    "curve.",
    "selective.",
    "rank.",
    "slice.",
    "edge.pair_",
    "edge.ensemble_",
    "edge.vendi_",
    "edge.recovered_",
    "edge.ece_",
    "edge.pareto_",
)


def covered_ids():
    """Every id in a list COVERED of a test module, with the modules that have it."""
    found = {}
    for path in sorted(Path(__file__).parents[1].rglob("test_*.py")):
        if "\nCOVERED" not in path.read_text("utf-8"):
            continue
        spec = importlib.util.spec_from_file_location(f"covered_by_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for case_id in module.COVERED:
            found.setdefault(case_id, []).append(path.name)
    return found


def test_every_case_of_the_built_sections_is_covered(cases):
    wanted = {name for name in cases if name.startswith(FAMILIES)}
    unused = [name for name in FAMILIES if not any(case.startswith(name) for case in wanted)]
    assert unused == []
    assert wanted - set(covered_ids()) == set()


def test_every_covered_id_is_a_case_of_one_module(cases):
    found = covered_ids()
    assert set(found) - set(cases) == set()
    assert {case_id: where for case_id, where in found.items() if len(where) > 1} == {}

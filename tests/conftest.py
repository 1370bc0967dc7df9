"""Fixtures that several tests share."""

import json
import os

import pytest
import torch
from hypothesis import settings
from made import CANNOT, DESIGN

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "explore")


def pytest_configure(config):
    for name in ("DISSENSUS_OPEN", "DISSENSUS_KEEP", "DISSENSUS_WORKSPACE"):
        os.environ.pop(name, None)
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 0)):
        # Threads of several workers on one core would wait for each other in every sum.
        threads = max(1, (os.cpu_count() or 1) // workers)
        torch.set_num_threads(threads)
        os.environ["OMP_NUM_THREADS"] = str(threads)


def pytest_terminal_summary(terminalreporter):
    """In strict mode a test that this machine could have run must not be skipped."""
    if not os.environ.get("DISSENSUS_STRICT"):
        return
    for report in terminalreporter.stats.get("skipped", []):
        if CANNOT not in str(report.longrepr):
            terminalreporter.write_line(f"skipped without need: {report.nodeid}", red=True)


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DISSENSUS_STRICT") and reporter is not None:
        skipped = reporter.stats.get("skipped", [])
        if exitstatus == 0 and any(CANNOT not in str(report.longrepr) for report in skipped):
            session.exitstatus = 1


@pytest.fixture(scope="session")
def cases() -> dict:
    """The reference cases and their fixtures."""
    path = DESIGN / "known_answers.json"
    if not path.is_file():
        pytest.skip(f"{CANNOT} known_answers.json")
    found = json.loads(path.read_text("utf-8"))
    return {"fixtures": found["fixtures"], **{case["id"]: case for case in found["cases"]}}


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request) -> str:
    """Every device that a measure can run on."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip(f"{CANNOT} CUDA device")
    return request.param

"""Reports of the demo and of real answers: the app's choices and the command line agree."""

import pytest
from made import real

from dashboard.chosen import chosen
from dashboard.cli import main
from dashboard.compute import opened
from dashboard.figures.family import Settings
from dashboard.places import DEMO, demo_folder
from dashboard.report import Wanted, made

SECTIONS = ("overview", "disagreement", "samples")


@pytest.mark.parametrize("name", ["demo", "gsm_llms"])
def test_function_and_command_write_the_same_report(name, tmp_path):
    folder = demo_folder() if name == "demo" else real(name)
    target = tmp_path / "report.html"
    assert main(["report", str(folder), "-o", str(target), "--sections", ",".join(SECTIONS)]) == 0
    bundle, _ = opened({"paths": [str(folder)]})
    wanted = Wanted(DEMO if name == "demo" else name, SECTIONS)
    assert made(chosen(bundle), Settings(), wanted) == target.read_bytes()
    assert target.stat().st_size < 10_000_000

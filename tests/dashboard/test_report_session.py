"""A session supplies reports and figures of the command line, as it supplies the app."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kinds import BUNDLES, opened
from made import random_bundle
from PIL import Image

from analysis.bundle import BundleError
from analysis.loading import save_bundle
from dashboard import figure_settings, jobs
from dashboard.cli import main
from dashboard.fit_on import FitOn
from dashboard.sessions.files import to_json
from dashboard.sessions.fitting import data_of
from dashboard.sessions.session import Making, Picked, Session, Team

FULL = replace(
    BUNDLES["full"],
    attributes={"age": np.arange(len(BUNDLES["full"].ids)) % 7},
    fingerprint="",
)
CHOSEN = Session(
    data=data_of(FULL, "data"),
    members=("model-0", "model-2", "model-4"),
    rule="plurality",
    weights={"model-2": 2.0},
    kept={
        "heavy two": Team(("model-0", "model-2", "model-4"), "plurality", weights=(1.0, 2.0, 1.0)),
        "a pair": Team(("model-1", "model-3"), "mean", place=2),
        "hidden": Team(("model-1",), "mean"),
    },
    grouping="age in 3 parts",
    missing="wrong",
    made={"age in 3 parts": Making("parts", ("age",), parts=3)},
    selection=Picked(frozenset(FULL.ids[3:9]), description="by hand", number=6),
    page_options={
        "report-sections": ("overview", "groups", "samples"),
        "report-seed": 4,
        "smallest-group": 7,
    },
    figure_settings={"preset": "slide", "width_mm": 100.0, "dpi": 50},
    notes={"overview": "Look here.", "group-accuracy": "And there."},
)
LEARNED = Session(
    members=FULL.models,
    rule="caruana",
    fit_on=FitOn(share=40, seed=2),
    page_options={"report-sections": ("overview",)},
)


@pytest.fixture
def folder(tmp_path):
    """The bundle as files."""
    save_bundle(FULL, tmp_path / "data")
    return tmp_path / "data"


def written(session, tmp_path):
    (tmp_path / "session.json").write_bytes(to_json(session))
    return str(tmp_path / "session.json")


@pytest.mark.parametrize("session", [CHOSEN, LEARNED], ids=["chosen", "learned"])
def test_a_report_with_a_session_is_that_of_the_app(session, tmp_path, monkeypatch, capsys):
    path, target = written(session, tmp_path), tmp_path / "report.html"
    monkeypatch.setenv("DISSENSUS_SESSION", path)
    app = opened(FULL, tmp_path / "data", monkeypatch)
    arguments = [str(tmp_path / "data"), "--session", path, "-o", str(target)]
    assert main(["report", *arguments]) == 0
    assert capsys.readouterr().err == ""
    app.switch_page("views/report.py").run()
    assert not app.exception
    next(button for button in app.button if button.label == "Make the report").click().run()
    job = [job for key, job in jobs._jobs().items() if key.startswith("report/")][-1]
    assert job.ended.wait(60)
    assert job.result == target.read_bytes()


def test_all_that_was_chosen_stands_in_the_report(folder, tmp_path):
    target = tmp_path / "report.html"
    path = written(CHOSEN, tmp_path)
    assert main(["report", str(folder), "--session", path, "-o", str(target)]) == 0
    body = target.read_text().rpartition("</script>\n</head>")[2]
    for said in ("heavy two", "a pair", "age in 3 parts", "count as wrong", "Look here."):
        assert said in body
    assert "hidden" not in body
    assert "6 samples of the selection, of 6." in body
    assert "1, 2, 1" in body


def test_options_of_the_command_line_hold(folder, tmp_path, capsys):
    path, target = written(CHOSEN, tmp_path), tmp_path / "report.html"
    options = ["--ensemble", "mean:model-0", "--missing", "exclude", "--seed", "9"]
    options += ["--by", "region", "--least", "3", "--sections", "overview"]
    assert main(["report", str(folder), "--session", path, *options, "-o", str(target)]) == 0
    said = capsys.readouterr().err
    for flag in ("--ensemble", "--missing", "--seed", "--by", "--least"):
        assert f"{flag} of the command line holds" in said
    body = target.read_text()
    assert 'id="overview"' in body
    assert 'id="groups"' not in body
    assert "a pair" not in body


def test_a_session_of_other_data_is_said_to_differ_and_what_fits_is_used(tmp_path, capsys):
    save_bundle(random_bundle(models=3, samples=30), tmp_path / "other")
    path, target = written(CHOSEN, tmp_path), tmp_path / "report.html"
    arguments = ["--session", path, "--sections", "overview", "-o", str(target)]
    assert main(["report", str(tmp_path / "other"), *arguments]) == 0
    said = capsys.readouterr().err
    assert "other data than those of the session" in said
    assert "lacks model-4" in said


def test_a_figure_shows_the_selection_in_the_chosen_size(folder, tmp_path):
    path = written(CHOSEN, tmp_path)
    common = ["figure", "outcome-strip", str(folder), "--session", path]
    assert main([*common, "-o", str(tmp_path / "x.png")]) == 0
    assert Image.open(tmp_path / "x.png").width == round(100 / 25.4 * 50)
    assert main([*common, "-o", str(tmp_path / "x.csv")]) == 0
    drawn = pd.read_csv(tmp_path / "x.csv")
    sixths = 6 * drawn.loc[drawn["y"] == "heavy two", "x"]
    assert sixths.sum() == pytest.approx(6)
    assert sixths.tolist() == pytest.approx(sixths.round().tolist())


def test_sizes_of_the_command_line(folder, tmp_path, capsys):
    target = tmp_path / "x.png"
    common = ["figure", "accuracies", str(folder), "-o", str(target)]
    sizes = ["--preset", "slide", "--width", "4in", "--height", "50mm", "--dpi", "100"]
    assert main([*common, *sizes, "--letters", "6", "--greyscale"]) == 0
    assert Image.open(target).size == (400, round(50 / 25.4 * 100))
    for wrong in (["--width", "4"], ["--width", "9000mm"], ["--dpi", "1"], ["--letters", "99"]):
        assert main([*common, *wrong]) == 1
        error = capsys.readouterr().err
        assert wrong[0] in error
        assert error.count("\n") == 1


def test_figure_settings_that_cannot_be_are_named():
    given = {"preset": "slide", "width_mm": True, "dpi": 1e9, "font": ["x"], "unit": {}, "x": 1}
    assert figure_settings.usable(given) == (
        {"preset": "slide"},
        ["width_mm", "dpi", "font", "unit", "x"],
    )
    with pytest.raises(BundleError, match="such as 89mm"):
        figure_settings.millimetres("three", "--width", figure_settings.WIDTHS)

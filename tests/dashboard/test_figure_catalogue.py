"""Every family of figures, on every kind of data, and as files by the command line."""

import re

import pandas as pd
import pytest
from kinds import BUNDLES
from made import random_bundle

from analysis.ensemble import Ensemble
from analysis.loading import save_bundle
from dashboard.chosen import chosen
from dashboard.cli import main
from dashboard.figures.catalogue import ALL, FAMILIES, of_section
from dashboard.figures.family import SECTIONS, SETTINGS, Drawn, Settings, draw
from dashboard.needs import NEEDS
from dashboard.report.methods import first_line, methods

SLOW = {"front-losses", "front-groups", "against-size"}


@pytest.mark.parametrize("kind", BUNDLES)
def test_every_family_gives_a_figure_or_a_sentence(kind):
    choices, drawn = chosen(BUNDLES[kind]), 0
    for name, family in FAMILIES.items():
        if name in SLOW and kind != "full":
            continue
        found = draw(family, choices, Settings())
        if isinstance(found, str):
            assert len(found) > 10, name
            assert found.rstrip().endswith((".", "'.")), (name, found)
            continue
        drawn += 1
        assert isinstance(found, Drawn)
        assert found.figure.layout.title.text, name
        assert found.alt in found.caption
        assert "Click" not in found.caption
        assert "Click" not in (found.figure.layout.title.subtitle.text or "")
        assert not re.search(r"<br|</|&lt;", found.caption)
    assert drawn


def test_names_are_unique_and_every_row_is_complete():
    assert len(FAMILIES) == len(ALL)
    for family in ALL:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", family.name)
        assert family.section in (*SECTIONS, SETTINGS)
        assert family.shows.endswith(".")
        assert set(family.needs) <= set(NEEDS)
        assert all(first_line(one).endswith((".", "?")) for one in family.methods), family.name
    assert all(of_section(section) for section in SECTIONS)


def test_methods_are_known_for_all_families():
    text = methods(tuple(ALL), chosen(random_bundle()))
    assert "Wilson 1927" in text
    assert text.count("<dt>") > 20


def test_ensembles_of_the_command_line_stand_beside_the_first():
    bundle = random_bundle()
    asked = [Ensemble(bundle.models, "plurality"), Ensemble(bundle.models[:2], "mean")]
    choices = chosen(bundle, asked)
    assert choices.ensemble.rule == "plurality"
    assert [one.key for one in choices.beside.values()] == [asked[1].key]


def test_a_rule_that_learns_is_fitted_on_samples_that_are_left_out():
    bundle = random_bundle(samples=80)
    choices = chosen(bundle, [Ensemble(bundle.models, "caruana")], seed=1)
    assert len(choices.bundle.ids) < 80
    assert choices.ensemble.key in choices.fits


def test_the_list_names_every_figure(capsys):
    assert main(["figure", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(FAMILIES)


@pytest.mark.parametrize("ending", ["html", "svg", "pdf", "png", "csv"])
def test_a_figure_is_written_in_every_format(ending, tmp_path, capsys):
    save_bundle(random_bundle(), tmp_path / "data")
    target = tmp_path / f"figure.{ending}"
    assert main(["figure", "accuracies", str(tmp_path / "data"), "-o", str(target)]) == 0
    assert capsys.readouterr().err == ""
    assert target.stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which figure?"),
        (["accuracy", "DATA", "-o", "x.svg"], "no figure 'accuracy'"),
        (["accuracies"], "needs a PATH"),
        (["accuracies", "DATA"], "needs -o FILE"),
        (["accuracies", "DATA", "-o", "x.gif"], "written as .pdf"),
        (["sample-map", "DATA", "-o", "x.svg"], "embeddings"),
    ],
)
def test_bad_arguments_of_figure_are_one_sentence(arguments, said, tmp_path, capsys):
    from dataclasses import replace

    save_bundle(replace(random_bundle(), embeddings=None, fingerprint=""), tmp_path / "data")
    given = [str(tmp_path / "data") if part == "DATA" else part for part in arguments]
    assert main(["figure", *given]) == 1
    assert said in capsys.readouterr().err


def test_a_table_of_accuracies_gives_its_own_figures(tmp_path, capsys):
    table = "model,setting,accuracy,n\na,day,.9,90\nb,day,.8,90\na,night,.4,90\nb,night,.6,90\n"
    (tmp_path / "t.csv").write_text(table + "c,day,.5,90\nc,night,.2,90\n")
    target, path = tmp_path / "figure.csv", str(tmp_path / "t.csv")
    for name in [family.name for family in ALL if family.section == SETTINGS]:
        assert main(["figure", name, path, "-o", str(target)]) == 0
        drawn = pd.read_csv(target)
        assert {0.9, 0.8, 0.5} <= set(drawn["x"].round(6))
    assert main(["figure", "ledger", path, "-o", str(target)]) == 1
    assert main(["report", path, "-o", str(tmp_path / "r.html")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all("accuracies alone" in line for line in said)
    assert "table of accuracies" in draw(FAMILIES["settings"], chosen(random_bundle()), Settings())

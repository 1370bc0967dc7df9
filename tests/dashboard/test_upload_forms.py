"""Every form gives the same bundle through upload, command line and notebook."""

import re

import pytest
from forms import ACCURACIES, FORMS, SAME_ANSWERS, SAME_PROBABILITIES, SAMPLES
from uploads import data_page, drop, upload

from analysis.loading import Source, load_accuracies, load_bundle, read, reading
from dashboard.cli import main
from dashboard.templates import TEMPLATES


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def written(files: dict[str, bytes], folder) -> list[str]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in files]


def printed(paths: list[str], capsys) -> str:
    assert main(["check", *paths]) == 0
    return re.search(r"fingerprint (\w+)", capsys.readouterr().out).group(1)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_the_same_bundle_by_upload_command_line_and_notebook(
    form, tmp_path, monkeypatch, capsys
):
    paths = written(FORMS[form], tmp_path)
    uploaded = upload(data_page(monkeypatch), FORMS[form])
    assert load_bundle(*paths).fingerprint == printed(paths, capsys) == uploaded


@pytest.mark.parametrize("form", ACCURACIES)
def test_a_table_of_accuracies_is_the_same_by_all_ways(form, tmp_path, monkeypatch, capsys):
    paths = written(ACCURACIES[form], tmp_path)
    app = drop(data_page(monkeypatch), ACCURACIES[form])
    app.button(key="open-upload").click().run()
    assert not app.exception
    uploaded = app.session_state["accuracies"].fingerprint
    assert load_accuracies(*paths).fingerprint == printed(paths, capsys) == uploaded


@pytest.mark.parametrize("same", [SAME_ANSWERS, SAME_PROBABILITIES], ids=["answers", "arrays"])
def test_the_same_content_is_the_same_bundle_in_every_form(same):
    fingerprints = {}
    for form, files in same.items():
        sources = [Source(n, c) for n, c in ({"samples.csv": SAMPLES} | files).items()]
        found = read(sources)
        assert not found.problems, (form, found.problems)
        fingerprints[form] = found.bundle.fingerprint
    assert set(fingerprints.values()) == {next(iter(fingerprints.values()))}, fingerprints


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.file)
def test_every_template_is_read_without_a_problem(template):
    by_name = {one.file: one for one in TEMPLATES}
    files = [template, *(by_name[name] for name in template.beside)]
    found = read([Source(one.file, one.text.encode()) for one in files])
    assert not found.problems
    assert {entry.file for entry in found.found} == {one.file for one in files}
    assert not any(entry.form == "not read" for entry in found.found)

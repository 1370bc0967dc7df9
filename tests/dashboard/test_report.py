"""The report: the same bytes from the app and the command line, nothing asked of any host."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from kinds import BUNDLES, no_labels, opened
from made import random_bundle

from analysis.bundle import BundleError
from analysis.loading import save_bundle
from dashboard import report_command
from dashboard.chosen import chosen
from dashboard.cli import main
from dashboard.figures.family import SECTIONS, Settings
from dashboard.report import Wanted, made, printing
from dashboard.report.printing import browser, printed
from dashboard.report.text import sentence, table

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
FEW = ("overview", "groups", "samples")


class Page(HTMLParser):
    """What a page asks for, and what stands in place of its pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked, self.pictures, self.scripts, self.headings, self.ids = [], [], [], [], []
        self.handlers, self._script = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.handlers += [name for name in found if name.startswith("on")]
        for name in ("src", "href", "action", "data"):
            value = found.get(name) or ""
            if value and not value.startswith(("#", "data:image/png;base64,")):
                self.asked.append(value)
        if tag == "img":
            self.pictures.append(found.get("alt"))
        if found.get("role") == "img":
            self.pictures.append(found.get("aria-label"))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "script":
            self.scripts.append("")
            self._script = True

    def handle_endtag(self, tag):
        self._script = self._script and tag != "script"

    def handle_data(self, data):
        if self._script:
            self.scripts[-1] += data


def page_of(bundle, sections=FEW, **more) -> str:
    return made(chosen(bundle), Settings(), Wanted("these data", sections, **more)).decode()


def without_code(text: str) -> str:
    """The page without its scripts."""
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_a_report_asks_no_host_for_anything_and_has_plotly_once():
    page = Page(page_of(random_bundle(), tuple(SECTIONS)))
    assert page.asked == []
    assert sum("plotly.js v" in script for script in page.scripts) == 1
    assert len(page.ids) == len(set(page.ids))


def test_every_figure_and_picture_has_a_text_and_headings_descend():
    bundle = random_bundle(samples=40)
    pixels = np.zeros((40, 4, 4, 3), dtype=np.uint8)
    page = Page(page_of(replace(bundle, thumbnails=pixels, fingerprint="")))
    assert len(page.pictures) > 4
    assert all(page.pictures)
    assert page.headings[0] == "h1"
    assert page.headings.count("h1") == 1
    assert page.headings[1] == "h2"


def test_the_same_choices_give_the_same_bytes_and_no_time_stands_in_them():
    pages = [page_of(random_bundle()) for _ in range(2)]
    assert pages[0] == pages[1]
    assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d", without_code(pages[0]))


def test_hostile_names_texts_and_notes_are_inert():
    bundle = random_bundle(samples=40)
    grouping = next(iter(bundle.groups.values()))
    groups = {HOSTILE: replace(grouping, levels=(HOSTILE, *grouping.levels[1:]))}
    named = replace(
        bundle,
        models=(HOSTILE, "=cmd()", *bundle.models[2:]),
        probabilities={},
        classes=(HOSTILE, *bundle.classes[1:]),
        ids=(HOSTILE, *bundle.ids[1:]),
        attributes={"text": np.array([HOSTILE] * 40, dtype=object)},
        groups=groups,
        notes=(HOSTILE, "$\\frac{1}{2}$ **bold**"),
        fingerprint="",
    )
    wanted = Wanted(HOSTILE * 9, tuple(SECTIONS), notes={"overview": HOSTILE, "ledger": HOSTILE})
    text = made(chosen(named), Settings(), wanted).decode()
    page = Page(text)
    assert page.handlers == []
    assert page.asked == []
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    plots = [script for script in page.scripts if "plotly.js v" not in script]
    assert all("alert(1)</script" not in script for script in plots)


@pytest.mark.parametrize("kind", ["no labels", "one model", "one sample", "labels only", "gaps"])
def test_a_section_without_data_says_so(kind):
    text = without_code(page_of(BUNDLES[kind], tuple(SECTIONS)))
    for key in SECTIONS:
        assert f'<section id="{key}"' in text
        body = text.partition(f'<section id="{key}"')[2].partition("</section>")[0]
        assert "<p" in body, key


def test_methods_name_what_is_shown_and_nothing_else():
    text = without_code(page_of(random_bundle(), ("disagreement",)))
    methods = text.partition('<section id="methods"')[2].partition("</section>")[0]
    assert "<dt>Disagreement</dt>" in methods
    assert "Milani Fard" in methods
    assert "Wilson" not in methods


def test_the_data_are_named_by_fingerprint_and_parameters():
    bundle = random_bundle()
    text = without_code(page_of(bundle))
    assert bundle.fingerprint in text
    assert "Mean probability" in text
    assert all(model in text for model in bundle.models)


def test_notes_stand_beside_their_figure():
    text = without_code(page_of(random_bundle(), notes={"accuracies": "Look here & there"}))
    figure = text.partition('<figure id="accuracies"')[2]
    assert "Look here &amp; there" in figure.partition("<figure")[0]


def test_unknown_sections_are_refused():
    with pytest.raises(BundleError, match="no section 'weather'"):
        Wanted("data", ("weather",))


def test_sentences_keep_bold_and_nothing_else():
    assert sentence(r"**3** of a\*\*b\*\* [x](http://e.org)") == "<strong>3</strong> of a**b** x"
    assert sentence(r"\<b\> <i>") == "&lt;b&gt; &lt;i&gt;"


def test_a_wide_table_is_turned_and_a_long_one_says_what_is_left_out():
    import pandas as pd

    wide = table(pd.DataFrame([range(30)], columns=[f"c{i}" for i in range(30)]), "Wide.")
    assert "c19" in wide
    long = table(pd.DataFrame({"a": range(100)}), "Long.")
    assert "The first 20 of 100 rows." in long


def test_command_and_app_write_the_same_bytes(tmp_path, monkeypatch, capsys):
    bundle, folder, target = random_bundle(), tmp_path / "data", tmp_path / "report.html"
    save_bundle(bundle, folder)
    sections = ["overview", "disagreement"]
    assert main(["report", str(folder), "-o", str(target), "--sections", ",".join(sections)]) == 0
    assert capsys.readouterr().err == ""
    folder_of_app = tmp_path / "app" / "data"
    folder_of_app.parent.mkdir()
    app = opened(bundle, folder_of_app, monkeypatch)
    app.session_state["report-sections"] = sections
    app.switch_page("views/report.py").run()
    assert not app.exception
    next(button for button in app.button if button.label == "Make the report").click().run()
    from dashboard import jobs

    made_by = [job for key, job in jobs._jobs().items() if key.startswith("report/")]
    assert made_by[-1].ended.wait(60)
    assert made_by[-1].result == target.read_bytes()


@pytest.mark.parametrize("kind", ["no labels", "one model", "one sample", "gaps"])
def test_the_page_opens_on_every_kind_of_data(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "data", monkeypatch).switch_page("views/report.py").run()
    assert not app.exception
    assert any(button.label == "Make the report" for button in app.button)


def test_no_section_is_refused_in_a_sentence(tmp_path, monkeypatch):
    app = opened(random_bundle(), tmp_path / "data", monkeypatch)
    app.session_state["report-sections"] = []
    app.switch_page("views/report.py").run()
    assert not app.exception
    assert any("No section is chosen" in info.value for info in app.info)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "report.doc"], "written as .html or .pdf"),
        (["-o", "r.html", "--sections", "weather"], "no section 'weather'"),
        (["-o", "r.html", "--by", "weather"], "no grouping 'weather'"),
        (["-o", "r.html", "--ensemble", "magic"], "the rules are"),
        (["-o", "r.html", "--ensemble", "mean:nobody"], "nobody"),
        (["-o", "r.html", "--fit-on", "x"], "expected COL=VALUE"),
        (["-o", "nowhere/r.html", "--sections", "overview"], "cannot be written"),
    ],
)
def test_bad_arguments_of_report_are_one_sentence(arguments, said, tmp_path, monkeypatch, capsys):
    save_bundle(random_bundle(), tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(tmp_path / "data"), *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize("text", ["[]", '{"a": 1}', '{"weather": "x"}', "{", '{"a": ["b"]}'])
def test_notes_that_are_none_are_refused(text, tmp_path):
    path = tmp_path / "notes.json"
    path.write_text(text)
    with pytest.raises(BundleError, match="notes"):
        report_command.read_notes(path)


def test_notes_are_read_by_name(tmp_path):
    path = tmp_path / "notes.json"
    path.write_text(json.dumps({"pair-matrix": "Two camps."}))
    assert report_command.read_notes(path) == {"pair-matrix": "Two camps."}


@pytest.mark.skipif(browser() is None, reason="no Chromium here")
def test_a_pdf_does_not_say_when_it_was_printed():
    content = printed(b"<title>Report</title><p>Text")
    dates = re.findall(rb"\((D:[^)]*)\)", content)
    assert dates
    assert all(re.fullmatch(rb"D:20000+", date) for date in dates)


def test_without_a_browser_a_pdf_is_refused_and_the_html_named(tmp_path, monkeypatch, capsys):
    save_bundle(no_labels(random_bundle(probabilities=False)), tmp_path / "data")
    monkeypatch.setattr(printing, "BROWSERS", ())
    target = tmp_path / "report.pdf"
    found = main(["report", str(tmp_path / "data"), "-o", str(target), "--sections", "samples"])
    assert found == 1
    assert ".html" in capsys.readouterr().err
    assert not target.exists()

"""Files and terminals get names and texts of the data as letters."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pandas as pd
import planted
import pytest
from kinds import opened
from pages import visit

from dashboard import theme
from dashboard.cli import main
from dashboard.table_files import LATEX, to_csv, to_latex, to_markdown, to_parquet

FIGURES = ("accuracies", "pair-matrix", "ledger", "group-accuracy", "model-map", "outcomes-by-rule")
ALL = [planted.plant(number) for number in range(len(planted.ATTACKS))]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return str(planted.on_disk(tmp_path_factory.mktemp("planted"), turn=1)[0])


@pytest.mark.parametrize("text", ALL, ids=ascii)
def test_markdown_escapes_all_that_streamlit_finds_in_text(text):
    shown = theme.markdown(text, 400)
    left = re.sub(r"\\[!-/:-@[-`{-~]", "", shown)
    assert not re.search(r"[\\`*_{}\[\]()#+!|<>$:~&]", left)
    bare = theme.unescaped(shown).replace("…", "")
    assert planted.as_shown(text).startswith(bare)
    source = shown.replace("\\", "")
    assert ":material" not in source
    assert ":streamlit:" not in source
    assert not re.search(r"https?://|www\.|\w@\w|(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)", source)


def test_control_characters_are_spelt_and_ordinary_letters_stay():
    assert theme.spelt("\x1b[31m\x9b\u202e") == r"\x1b[31m\x9b\u202e"
    assert theme.shortened("a\r\n b\tc") == "a b c"
    usual = "naïve שלום 你好 a\u200db\n\t"
    assert theme.spelt(usual) == usual


def test_words_that_somebody_copies_hold_nothing_that_is_not_seen():
    for usual in ("--column id=NAME", "a->b", "x>=3", "model:v1", "http", "a @ b", "s3://bucket"):
        assert theme.JOINER not in theme.markdown(usual)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_file_has_no_script_and_no_address(home, name, tmp_path):
    assert main(["figure", name, home, "-o", str(tmp_path / "figure.svg")]) == 0
    drawing = ET.fromstring((tmp_path / "figure.svg").read_bytes())
    for element in drawing.iter():
        assert element.tag.split("}")[-1] not in ("script", "foreignObject", "image", "a", "iframe")
        for attribute, value in element.attrib.items():
            assert not attribute.lower().startswith("on")
            if attribute.split("}")[-1] == "href":
                assert value.startswith("#")


class Elements(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_report_has_no_element_of_the_data(home, tmp_path):
    file = tmp_path / "report.html"
    assert main(["report", home, "-o", str(file), "--sections", "overview,samples"]) == 0
    page = file.read_text("utf-8")
    drawn = Elements(page)
    assert {"script", "section", "table"} < {tag for tag, _ in drawn.found}
    for tag, attributes in drawn.found:
        assert tag not in ("iframe", "object", "embed", "form", "base", "input")
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("id") != "planted"
        address = attributes.get("href", attributes.get("src", "#"))
        assert address.startswith(("#", "data:image/png"))
    body = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not planted.LIVELY.search(body)
    assert "&lt;script&gt;hurt=1//qz" in body


def table() -> pd.DataFrame:
    return pd.DataFrame({text: [text, "1"] for text in ALL})


def test_tables_run_nothing_in_a_spreadsheet():
    rows = list(csv.reader(io.StringIO(to_csv(table()).decode(), newline="")))
    for row in rows[:2]:
        assert len(row) == len(ALL)
        assert not [cell for cell in row if cell.lstrip(" ").startswith(tuple("=+-@\t\r\n"))]
    assert pd.read_parquet(io.BytesIO(to_parquet(table()))).iloc[0].tolist() == ALL


def test_tables_run_nothing_in_latex_and_markdown():
    latex = to_latex(table()).decode()
    assert len(latex.splitlines()) == 9
    letters = set(re.findall(r"\\[a-z]+", "".join(LATEX.values())))
    rules = {r"\begin", r"\toprule", r"\midrule", r"\bottomrule", r"\end"}
    assert set(re.findall(r"\\[a-z]+", latex.partition("\n")[2])) <= letters | rules
    assert r"\textbackslash{}input\{a\} \%" in latex
    markdown = to_markdown(table()).decode()
    assert len(markdown.splitlines()) == 4
    assert not re.search(r"(?<!\\)[<`*$]|(?<!\\)!\[", markdown)


def test_a_terminal_obeys_nothing(home, tmp_path, capsys):
    bundle = planted.hostile(1)
    ill = ["--ensemble", f"mean:{bundle.models[0]},\x1b[2J"]
    for arguments in (["check", home], ["analyze", home], ["analyze", home, *ill]):
        main(arguments)
        printed = capsys.readouterr()
        text = printed.out + printed.err
        assert planted.LIVELY.search(text) is None, arguments
        assert len(planted.tags([text])) > 0
    assert main(["analyze", home]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bundle"]["models"] == list(bundle.models)


def test_no_text_in_place_of_a_table_holds_escaped_names(tmp_path, monkeypatch):
    bundle = planted.hostile(1)
    app = opened(bundle, tmp_path / "runs", monkeypatch)
    app.session_state["pair"] = bundle.models[:2]
    page = visit(app, "disagreement")
    shown = [*page.get("plotly_chart"), *page.get("dataframe")]
    alts = [element.proto.alt for element in shown]
    assert any(alt.startswith("what tells") for alt in alts)
    assert not [alt for alt in alts if re.search(r"\\[^\w\s…]", alt)]

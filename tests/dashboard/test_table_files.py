"""Tables as files: read back as they were, and nothing in them runs."""

import csv
import html
import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from kinds import BUNDLES, opened
from pages import visit

from dashboard.table_files import (
    FORMATS,
    INTERVAL,
    to_csv,
    to_latex,
    to_markdown,
    to_parquet,
    without_intervals,
)

TABLE = pd.DataFrame(
    {
        "model": ["=cmd()", "-1+2", "a & b_c $5 %", "[x] | y"],
        "accuracy": [1 / 3, np.nan, -0.5, 123456.789],
        "n": [10, 20, -30, 40],
        "shown": ["85.2 % [83.1, 87.0]", "+1.2 [-0.3, 2.7]", "none [of, these]", "-3.5e-2"],
    }
)


def rows_of_latex(text: str) -> list[list[str]]:
    inside = text.split("\\toprule\n")[1].split("\\bottomrule")[0].replace("\\midrule\n", "")
    lines = [line.removesuffix(r" \\") for line in inside.splitlines()]
    return [[cell.strip() for cell in re.split(r"(?<!\\)&", line)] for line in lines]


def rows_of_markdown(text: str) -> list[list[str]]:
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines()]
    return [
        [html.unescape(re.sub(r"\\(.)", r"\1", cell.strip())) for cell in line] for line in lines
    ]


def test_csv_and_parquet_hold_numbers_to_the_last_digit():
    read = pd.read_csv(io.BytesIO(to_csv(TABLE)))
    np.testing.assert_array_equal(read["accuracy"], TABLE["accuracy"])
    np.testing.assert_array_equal(read["n"], TABLE["n"])
    back = pd.read_parquet(io.BytesIO(to_parquet(TABLE)))
    pd.testing.assert_frame_equal(back, TABLE, check_dtype=False)


def test_chosen_digits_hold_in_every_format():
    assert pd.read_csv(io.BytesIO(to_csv(TABLE, 2)))["accuracy"].tolist()[0] == 0.33
    assert pd.read_parquet(io.BytesIO(to_parquet(TABLE, 2)))["accuracy"][3] == 120000
    assert rows_of_markdown(to_markdown(TABLE, 2).decode())[2][1] == "0.33"
    assert rows_of_latex(to_latex(TABLE, None).decode())[1][1] == repr(1 / 3)


def test_text_that_a_spreadsheet_would_run_gets_a_quote_and_numbers_stay():
    harmful = ["=1+1", "+cmd", "-2+3", "@sum", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "a"]
    numbers = ["-3", "+4.5e6", "-.5"]
    table = pd.DataFrame({"=head": harmful + numbers})
    rows = list(csv.reader(io.StringIO(to_csv(table).decode(), newline="")))
    assert rows[0] == ["'=head"]
    assert [row[0] for row in rows[1:]] == [
        text if text == "a" else f"'{text}" for text in harmful
    ] + numbers
    kinds = pd.DataFrame({"c": pd.Categorical(["=1", "b"]), "s": pd.array(["@x", None], "string")})
    assert b"'=1,'@x" in to_csv(kinds)


@given(some.lists(some.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_of_a_csv_begins_as_a_formula(texts):
    table = pd.DataFrame({"text": pd.Series(texts, dtype=object)})
    cells = [row[0] for row in csv.reader(io.StringIO(to_csv(table).decode(), newline="")) if row]
    for cell in cells:
        if cell.lstrip(" ")[:1] in ("=", "@", "\t", "\r", "\n"):
            assert not cell.strip()


def test_latex_escapes_every_special_character_and_opens_no_option():
    specials = '\\ { } $ & # ^ _ ~ % < > | " ` * é'
    table = pd.DataFrame(
        {"[h]": ["[0.1, 0.2]", "*", specials, "two\nlines\x07"], "x": [1, -2, 3, 4]}
    )
    text = to_latex(table).decode()
    assert r"\begin{tabular}{lr}" in text
    rows = rows_of_latex(text)
    assert rows[0] == ["{[}h{]}", "x"]
    assert rows[1] == ["{[}0.1, 0.2{]}", "1"]
    assert rows[2] == ["{*}", "$-$2"]
    assert rows[4][0] == "two lines"
    known = r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar"
    left = re.sub(known + r"|textquotedbl|textasciigrave)\{\}|\\[{}$&#_%]|\{\*\}", "", rows[3][0])
    assert not set(left) & set('\\{}$&#^_~%<>|"`*')


def test_markdown_is_a_table_whose_cells_are_read_back():
    hostile = ["a|b", "<script>", "[x](javascript:1)", "`code` *b* _i_ \\", "two\nlines", "$x$"]
    table = pd.DataFrame({"na|me": hostile, "n": range(6)})
    text = to_markdown(table).decode()
    rows = rows_of_markdown(text)
    assert rows[0] == ["na|me", "n"]
    assert rows[1] == [":---", "---:"]
    assert [row[0] for row in rows[2:]] == [value.replace("\n", " ") for value in hostile]
    assert "<script" not in text


def test_parquet_takes_mixed_columns_and_names_that_come_twice():
    table = pd.DataFrame([[1, "a"], ["x", ("b",)]], columns=["same", "same"])
    back = pd.read_parquet(io.BytesIO(to_parquet(table)))
    assert list(back) == ["same", "same "]
    assert back["same"].tolist() == ["1", "x"]


def test_intervals_are_left_out_of_cells_and_columns():
    table = TABLE.assign(**{"from": 0.1, "to": 0.2, "low": 1})
    bare = without_intervals(table)
    assert list(bare) == ["model", "accuracy", "n", "shown", "low"]
    assert bare["shown"].tolist() == ["85.2 %", "+1.2", "none [of, these]", "-3.5e-2"]
    assert not INTERVAL.search("a [b]")


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_table_and_one_without_rows_are_files_too(name):
    write = FORMATS[name][2]
    assert write(pd.DataFrame({"a": []}))
    assert write(pd.DataFrame({"a": pd.Series([], dtype=object)}), digits=2)


def test_the_menu_of_formats_is_drawn_when_it_is_opened_and_is_the_same_for_all_tables(
    tmp_path, monkeypatch
):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    app = visit(app, "corrections")
    labels = [button.label for button in app.get("download_button")]
    assert "Download as CSV" in labels
    assert not any(label == "Download as LaTeX" for label in labels)
    app.session_state["download/corrections.csv/menu"] = True
    app.session_state["table-format"] = "LaTeX"
    app.run()
    assert not app.exception
    assert "Download as LaTeX" in [button.label for button in app.get("download_button")]

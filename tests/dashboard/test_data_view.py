"""The Data page: uploads, what columns are, questions, cancelling, and what is kept."""

import io
import re
import shlex
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from made import ROOT, random_bundle
from uploads import data_page, drop, settled, upload

from analysis.bundle import BundleError
from analysis.loading import (
    Found,
    Options,
    Question,
    Reading,
    Source,
    load_bundle,
    read,
    reading,
    save_bundle,
)
from analysis.loading.workspace import keep, kept
from dashboard import equivalents, uploads
from dashboard.changes import changes
from dashboard.cli import main

WIDE = b"sample_id,gold,site,a,b\n1,x,north,x,y\n2,y,south,y,y\n3,x,north,x,x\n"
GRADED = b"sample_id,model,score\n1,a,0.4\n2,a,0.9\n1,b,1\n2,b,0\n"
CLASH = b"sample_id,model,prediction\n1,a,x\n1,a,y\n"
SEVERAL = Question(
    "multi",
    "site",
    "Do the cells of 'site' hold several values, separated by ';'?",
    (("", "one value"), (";", "several values, separated by ;")),
)
ALIKE = Question(
    "alike",
    "",
    "Are 'Cat' and 'cat' one class? They are two for now.",
    (("keep", "two classes"), ("merge", "one class")),
)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    monkeypatch.setenv("DISSENSUS_WORKSPACE", str(folder))
    monkeypatch.setenv("DISSENSUS_KEEP", "yes")
    return folder


@pytest.fixture
def page(monkeypatch):
    return data_page(monkeypatch)


def text(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.error]
    return " ".join(str(part.value) for part in parts).replace("\\", "")


def said(app) -> dict:
    return app.session_state["upload"].said


def role(app, file: str, column: str, place: int = 0):
    return app.selectbox(key=f"role/{place}/{file}/{column}")


def labels(app) -> list[str]:
    return [button.label for button in app.button]


def test_each_column_says_what_it_became_above_the_first_rows(page):
    drop(page, {"runs.csv": WIDE})
    assert [card.label.replace("\\", "") for card in page.expander if "runs" in card.label] == [
        "runs.csv: wide predictions, 3 rows"
    ]
    preview = page.dataframe[0].value
    assert list(preview.columns) == ["sample_id", "gold", "site", "a", "b"]
    assert list(preview.index) == ["read as", "1", "2", "3"]
    assert preview.loc["read as"].tolist() == [
        "sample id",
        "label",
        "attribute",
        "answers of a model",
        "answers of a model",
    ]
    assert preview.loc["1"].tolist() == ["1", "x", "north", "x", "y"]


def test_a_role_that_is_changed_is_read_at_once_and_told(page):
    drop(page, {"runs.csv": WIDE})
    role(page, "runs.csv", "b").set_value("ignore")
    settled(page.run())
    assert said(page) == {"columns": {"ignore": ["runs.csv:b"]}}
    assert page.session_state["upload"].reading.bundle.models == ("a",)
    assert "What your choice changed" in text(page)
    assert "b now read as ignored (before: answers of a model)" in text(page)
    assert "1 model instead of 2" in text(page)
    role(page, "runs.csv", "b").set_value("")
    settled(page.run())
    assert said(page) == {}
    assert page.session_state["upload"].reading.bundle.models == ("a", "b")


def test_a_role_that_only_one_column_can_have_moves(page):
    table = b"sample_id,first,second,a,b\n1,x,x,x,y\n2,y,x,y,y\n3,x,y,x,x\n"
    drop(page, {"runs.csv": table})
    role(page, "runs.csv", "first").set_value("label")
    settled(page.run())
    role(page, "runs.csv", "second").set_value("label")
    settled(page.run())
    assert said(page)["columns"] == {"label": ["runs.csv:second"]}


def test_a_column_that_could_not_be_told_is_settled_by_its_picker(page):
    table = b"sample_id,a,note\n1,x,p\n2,y,q\n"
    drop(page, {"runs.csv": table})
    assert "cannot be told whether" in text(page)
    assert "1. runs.csv" in page.error[0].value.replace("\\", "")
    role(page, "runs.csv", "a").set_value("prediction")
    settled(page.run())
    assert "1 problem is gone" in text(page)
    assert "Open 1 model on 2 samples" in labels(page)


def test_many_columns_are_given_a_role_together(page):
    names = [f"m{place}" for place in range(20)]
    rows = "".join(
        f"{i}," + ",".join("xyz"[(i + j) % 3] + str(j) for j in range(20)) + "\n" for i in range(3)
    )
    drop(page, {"runs.csv": f"sample_id,{','.join(names)}\n{rows}".encode()})
    page.button(key="several/0/runs.csv/undecided").click()
    settled(page.run())
    assert page.multiselect(key="several/0/runs.csv/columns").value == names
    page.selectbox(key="several/0/runs.csv/role").set_value("prediction")
    settled(page.run())
    assert page.session_state["upload"].reading.bundle.models == tuple(names)


TWO_TABLES = b"""# Results

| model | setting | accuracy |
|---|---|---|
| a | clean | 0.9 |
| b | clean | 0.8 |

| model | setting | accuracy |
|---|---|---|
| a | blurred | 0.7 |
| b | blurred | 0.6 |
"""


def test_two_tables_of_one_file_are_shown_apart_and_one_choice_holds_for_both(page):
    drop(page, {"two.md": TWO_TABLES})
    assert [card.label.replace("\\", "") for card in page.expander if "two" in card.label] == [
        "two.md, table 1 of 2: accuracy table, 2 rows",
        "two.md, table 2 of 2: accuracy table, 2 rows",
    ]
    assert "What you say of a column holds for both tables of two.md." in text(page)
    assert "Open accuracies of 2 models in 2 settings" in labels(page)
    role(page, "two.md", "model", place=1).set_value("model")
    settled(page.run())
    assert said(page) == {"columns": {"model": ["two.md:model"]}}
    assert [role(page, "two.md", "model", place=place).value for place in (0, 1)] == ["model"] * 2
    assert "--column model=model" in page.code[0].value, "only one file has such a column"


def test_a_file_of_many_tables_shows_the_one_that_is_picked(page):
    parts = [
        f"|model|setting|accuracy|\n|---|---|---|\n|a|t{at}|0.{at}|\n|b|t{at}|0.5|\n"
        for at in range(8)
    ]
    drop(page, {"all.md": "\n".join(parts).encode()})
    picker = page.selectbox(key="card")
    assert picker.label == "One of 8 tables"
    picker.set_value(7)
    settled(page.run())
    assert page.dataframe[0].value.loc["1"].tolist() == ["a", "t7", "0.7"]
    assert "holds for all 8 tables of all.md." in text(page)


def test_two_wide_tables_of_one_file_each_have_their_choice_of_many_columns(page):
    names = [f"m{at}" for at in range(14)]
    head = f"|sample_id|label|{'|'.join(names)}|\n|{'---|' * 16}\n"
    parts = [
        head
        + "".join(
            f"|{i}|{'xyx'[i % 3]}|{'|'.join('xy'[(i + j) % 2] for j in range(14))}|\n" for i in rows
        )
        for rows in (range(3), range(3, 6))
    ]
    drop(page, {"two.md": "\n".join(parts).encode()})
    chosen = page.multiselect(key="several/1/two.md/columns")
    chosen.set_value(["m3"])
    page.run()
    page.selectbox(key="several/1/two.md/role").set_value("ignore")
    settled(page.run())
    assert said(page) == {"columns": {"ignore": ["two.md:m3"]}}
    assert len(page.session_state["upload"].reading.bundle.models) == 13


def test_each_table_of_a_file_is_compared_with_what_it_was():
    first = Found("t.md", "accuracy table", 2, {"model": "model", "note": "ignored"}, ())
    second = Found("t.md", "accuracy table", 2, {"model": "model", "note": "setting"}, ())
    before = Reading(None, (first, second), (), ())
    assert changes(before, before) == []


def test_problems_are_shown_in_order_and_what_is_open_stays_open(monkeypatch, tmp_path):
    save_bundle(random_bundle(models=2, samples=9), tmp_path / "open")
    app = data_page(monkeypatch, [str(tmp_path / "open")])
    before = app.session_state["bundle"]
    drop(app, {"b.xlsx": b"zz", "runs.csv": CLASH})
    found = app.session_state["upload"].reading.problems
    shown = app.error[0].value.replace("\\", "")
    assert len(found) == 2
    assert shown.index("1. b.xlsx") < shown.index("2. runs.csv, row 3")
    assert "2 problems. What was open stays open." in shown
    assert app.session_state["bundle"] is before
    assert not any(label.startswith("Open ") for label in labels(app))


def test_why_the_start_failed_is_shown_here_too(tmp_path, monkeypatch):
    (tmp_path / "runs.csv").write_bytes(CLASH)
    app = data_page(monkeypatch, [str(tmp_path / "runs.csv")])
    assert "What the command line named cannot be opened" in text(app)
    assert "runs.csv, row 3" in text(app)


def test_names_and_texts_of_a_file_are_shown_as_text(page):
    evil = b"sample_id,<img src=x onerror=1>,**bold**\n1,![p](http://e/p.png),x\n2,x,x\n"
    drop(page, {"[a](http://e).csv": evil})
    raw = " ".join(str(part.value) for part in (*page.markdown, *page.caption, *page.error))
    assert "![p](http" not in raw
    assert "[a](http" not in raw
    assert not re.search(r"(?<!\\)<img", raw)
    assert all("**bold**" not in picker.label for picker in page.selectbox)


def test_an_empty_cell_markers_and_the_threshold_are_chosen(page):
    drop(
        page,
        {
            "runs.csv": b"sample_id,model,prediction\n1,a,x\n2,a,\n1,b,NA\n2,b,x\n",
            "log.csv": GRADED,
        },
    )
    page.selectbox(key="reading/empty").set_value("answer")
    settled(page.run())
    page.multiselect(key="reading/markers").set_value(["NA"])
    settled(page.run())
    page.number_input(key="reading/threshold").set_value(0.5)
    settled(page.run())
    assert said(page) == {"empty": "answer", "missing_markers": ["NA"], "threshold": 0.5}
    assert "--threshold 0.5" in page.code[0].value


def probabilities(**models: list) -> bytes:
    stream = io.BytesIO()
    arrays = {name: np.array(rows) for name, rows in models.items()}
    np.savez(stream, classes=np.array(["x", "y"]), **arrays)
    return stream.getvalue()


def test_arrays_can_be_said_to_hold_logits(page):
    drop(page, {"p.npz": probabilities(a=[[0.9, 0.1], [0.2, 0.9]])})
    assert "sum 1.1" in text(page)
    page.selectbox(key="reading/values").set_value("logits")
    settled(page.run())
    assert said(page) == {"values": "logits"}
    assert "The files can be opened now" in text(page)


def asking(monkeypatch, *questions: Question) -> list:
    """A loader that asks these questions as long as they are not answered."""
    given = []

    def stub(sources, options, report):
        given.append(options)
        found = read(sources, None, report)
        still = [q for q in questions if q.option == "alike" or q.subject not in options.multi]
        return Reading(found.bundle, found.found, found.problems, found.notes, tuple(still))

    monkeypatch.setattr(uploads, "read", stub)
    return given


def test_a_question_is_shown_with_its_choices_and_answered_into_the_options(page, monkeypatch):
    given = asking(monkeypatch, SEVERAL, ALIKE)
    drop(page, {"runs.csv": WIDE})
    several, alike = page.radio[0], page.radio[1]
    assert several.label.replace("\\", "") == SEVERAL.text
    assert [option.replace("\\", "") for option in several.options] == [
        "one value",
        "several values, separated by ;",
    ]
    assert (several.value, alike.value) == ("", "keep")
    several.set_value(";")
    settled(page.run())
    assert given[-1].multi == {"site": ";"}
    assert page.radio[0].value == ";", "an answered question stays, so that it can be taken back"
    assert "--multi=site=;" in shlex.split(page.code[0].value)
    page.radio[1].set_value("merge")
    settled(page.run())
    assert given[-1].alike == "merge"
    page.radio[0].set_value("")
    settled(page.run())
    assert given[-1].multi == {"site": ""}
    assert "--multi" not in page.code[0].value
    assert "--alike merge" in page.code[0].value


class Slow:
    """A reading that waits until it is let go on, and says what it does."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.cancelled = threading.Event()

    def __call__(self, sources, options, report):
        from analysis.loading import CancelledError

        while not self.go_on.wait(0.02):
            try:
                report(0.25, "Reading large.csv")
            except CancelledError:
                self.cancelled.set()
                raise
        return read(sources, options, report)


def started(app, files) -> None:
    app.file_uploader[0].set_value([(name, data, "text/csv") for name, data in files.items()])
    app.run()
    assert not app.exception, app.exception[0].message


def test_a_long_reading_shows_which_file_is_read_and_can_be_cancelled(page, monkeypatch):
    slow = Slow()
    monkeypatch.setattr(uploads, "read", slow)
    monkeypatch.setattr(uploads, "QUICK", 0.1)
    started(page, {"large.csv": WIDE})
    progress = page.get("progress")[0].proto
    assert progress.value == 25
    assert progress.text.replace("\\", "") == "Reading large.csv ..."
    page.button(key="cancel-upload").click().run()
    assert slow.cancelled.wait(5)
    assert "Reading was cancelled" in text(page)
    assert not page.get("progress")
    monkeypatch.setattr(uploads, "read", read)
    page.button(key="read-again").click()
    settled(page.run())
    assert "Open 2 models on 3 samples" in labels(page)


def test_a_cancelled_choice_is_taken_back(page, monkeypatch):
    drop(page, {"runs.csv": WIDE})
    monkeypatch.setattr(uploads, "read", Slow())
    monkeypatch.setattr(uploads, "QUICK", 0.05)
    role(page, "runs.csv", "b").set_value("ignore")
    page.run()
    page.button(key="cancel-upload").click().run()
    assert said(page) == {}
    assert role(page, "runs.csv", "b").value == ""
    assert "what was chosen before holds again" in text(page)
    assert "Open 2 models on 3 samples" in labels(page)


def test_cancelling_several_choices_goes_back_to_what_the_shown_reading_was_made_with(
    page, monkeypatch
):
    drop(page, {"runs.csv": WIDE})
    role(page, "runs.csv", "b").set_value("ignore")
    settled(page.run())
    shown = page.session_state["upload"].reading
    monkeypatch.setattr(uploads, "read", Slow())
    monkeypatch.setattr(uploads, "QUICK", 0.05)
    page.selectbox(key="reading/empty").set_value("answer")
    page.run()
    page.multiselect(key="reading/markers").set_value(["NA"])
    page.run()
    assert said(page).keys() == {"columns", "empty", "missing_markers"}
    page.button(key="cancel-upload").click().run()
    assert said(page) == {"columns": {"ignore": ["runs.csv:b"]}}
    assert page.session_state["upload"].reading is shown
    assert page.selectbox(key="reading/empty").value == "missing"
    assert page.multiselect(key="reading/markers").value == []


def test_after_an_error_of_the_program_cancel_goes_back_to_the_last_good_reading(page, monkeypatch):
    def broken(sources, options, report):
        raise ZeroDivisionError("by zero")

    drop(page, {"runs.csv": WIDE})
    monkeypatch.setattr(uploads, "read", broken)
    page.selectbox(key="reading/empty").set_value("answer")
    settled(page.run())
    assert "ZeroDivisionError" in text(page)
    monkeypatch.setattr(uploads, "read", Slow())
    monkeypatch.setattr(uploads, "QUICK", 0.05)
    page.multiselect(key="reading/markers").set_value(["NA"])
    page.run()
    page.button(key="cancel-upload").click().run()
    assert said(page) == {}


def test_a_small_upload_shows_no_progress_bar(page, monkeypatch):
    monkeypatch.setattr(uploads, "QUICK", 60)  # however slow the machine is just now
    started(page, {"runs.csv": WIDE})
    assert not page.get("progress")
    assert "Open 2 models on 3 samples" in labels(page)


def test_an_error_of_the_program_is_told_and_reading_can_be_tried_again(page, monkeypatch):
    def broken(sources, options, report):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(uploads, "read", broken)
    drop(page, {"runs.csv": WIDE})
    assert "ZeroDivisionError" in text(page)
    assert "Read the files again" in labels(page)


class Panic(BaseException):
    """What a library in Rust raises when it gives up; no Exception."""


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("first line\nTraceback (most recent call last):\n  File x"),
        RecursionError(),
        SystemExit(3),
        Panic("called Option::unwrap()"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_whatever_ends_the_reading_is_one_sentence_and_no_traceback(problem, page, monkeypatch):
    def broken(sources, options, report):
        raise problem

    monkeypatch.setattr(uploads, "read", broken)
    drop(page, {"runs.csv": WIDE})
    (shown,) = page.error
    assert shown.value.startswith("Reading ended with an error of the program: ")
    assert type(problem).__name__ in shown.value
    assert "Traceback" not in shown.value
    assert "\n" not in shown.value
    assert not page.exception
    assert "Read the files again" in labels(page)


def test_the_page_says_how_rows_without_ids_are_joined(page):
    field = page.file_uploader[0]
    assert "never by position" not in field.help
    assert "Files are joined by sample id; the rows of an array without ids follow" in field.help
    told = "the rows of an array without ids follow the samples table"
    assert told in field.help
    assert told in text(page)
    samples = Source("samples.csv", b"sample_id,label\nq,x\np,y\n")
    arrays = Source("p.npz", probabilities(m=[[0.9, 0.1], [0.2, 0.8]]))
    bundle = read([samples, arrays]).bundle
    rows = {id_: bundle.probabilities["m"][at].tolist() for at, id_ in enumerate(bundle.ids)}
    assert rows["q"] == pytest.approx([0.9, 0.1])


def test_a_template_says_which_file_belongs_beside_it(page):
    assert "Goes with answers-long.csv." in text(page)


def test_uploads_and_choices_survive_a_change_of_page_and_are_removed_on_demand(page):
    drop(page, {"runs.csv": WIDE})
    role(page, "runs.csv", "b").set_value("ignore")
    settled(page.run())
    page.switch_page("views/overview.py").run()
    settled(page.switch_page("views/data.py").run())
    assert role(page, "runs.csv", "b").value == "ignore"
    assert "Open 1 model on 3 samples" in labels(page)
    page.button(key="forget-uploads").click().run()
    assert page.session_state["upload"] is None
    assert not any(label.startswith("Open 1") for label in labels(page))


def test_no_object_of_the_upload_field_is_held(page):
    drop(page, {"runs.csv": WIDE})
    held = page.session_state["upload"]
    assert [type(source) for source in held.sources.values()] == [Source]
    assert all(type(source.content) is bytes for source in held.sources.values())


def file(id_: str, name: str, content: bytes) -> SimpleNamespace:
    return SimpleNamespace(file_id=id_, name=name, getvalue=lambda: content)


def test_a_folder_is_read_as_the_same_folder_on_the_disk(tmp_path):
    bundle = random_bundle(models=2, samples=7)
    save_bundle(bundle, tmp_path / "runs")
    paths = [path for path in sorted((tmp_path / "runs").rglob("*")) if path.is_file()]
    new = {
        str(at): file(str(at), f"runs/{path.relative_to(tmp_path / 'runs')}", path.read_bytes())
        for at, path in enumerate(paths)
    }
    (source,) = uploads._as_folders(new).values()
    assert source.name == "runs"
    assert load_bundle(source).fingerprint == load_bundle(tmp_path / "runs").fingerprint


def test_a_file_that_is_dropped_again_replaces_the_older_one(page):
    started(page, {"runs.csv": CLASH})
    drop(page, {"other.csv": WIDE})
    page.file_uploader[0].set_value(
        [("runs.csv", CLASH, "text/csv"), ("runs.csv", WIDE, "text/csv")]
    )
    settled(page.run())
    assert page.session_state["upload"].names == ["runs.csv"]
    assert "Open 2 models on 3 samples" in labels(page)


MESSY = {
    "a b's.csv": b"sample_id,gold,site,it's,b\n1,x,north,x,NA\n2,y,south,y,y\n3,x,north,x,x\n",
    "more.csv": b"sample_id,gold,c\n1,x,x\n2,y,x\n3,x,x\n",
}
CHOICES = {
    "columns": {
        "label": ["a b's.csv:gold"],
        "ignore": ["more.csv:gold", "a b's.csv:b"],
        "prediction": ["a b's.csv:it's", "more.csv:c"],
    },
    "missing_markers": ["NA", "-"],
    "empty": "answer",
}


def test_the_command_and_the_notebook_call_give_the_bundle_that_is_shown(
    tmp_path, monkeypatch, capsys
):
    from dashboard.inputs import options

    found = read([Source(name, content) for name, content in MESSY.items()], options(CHOICES))
    assert not found.problems
    for name, content in MESSY.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    line = shlex.split(equivalents.command(list(MESSY), CHOICES, found.found))
    assert line[:2] == ["dissensus", "check"]
    assert "ignore=b" in line, "a column of one file only needs no file"
    assert "ignore=more.csv:gold" in line
    assert main(line[1:]) == 0
    printed = re.search(r"fingerprint (\w+)", capsys.readouterr().out).group(1)
    namespace: dict = {}
    exec(equivalents.notebook(list(MESSY), CHOICES, found.found), namespace)
    assert namespace["bundle"].fingerprint == printed == found.bundle.fingerprint


def test_the_shortest_equivalents_are_as_the_readme_writes_them():
    found = read([Source("a.csv", b"sample_id,gold,m\n1,x,x\n2,y,y\n")]).found
    chosen = {"columns": {"label": ["a.csv:gold"]}}
    assert (
        equivalents.command(["a.csv"], chosen, found) == "dissensus check a.csv --column label=gold"
    )
    assert equivalents.notebook(["a.csv"], chosen, found).endswith(
        "bundle = load_bundle('a.csv', columns={'label': 'gold'})"
    )


ACCURACIES = b"model,setting,accuracy,n\na,clean,0.9,100\na,blurred,0.6,100\nb,clean,0.8,100\n"


def test_accuracies_without_samples_are_opened_too(page):
    drop(page, {"table.csv": ACCURACIES})
    assert "Open accuracies of 2 models in 2 settings" in labels(page)
    fingerprint = upload(page, {"table.csv": ACCURACIES})
    assert page.session_state["accuracies"].fingerprint == fingerprint
    assert "This is what is open now" in text(page)
    assert "is open: accuracies without single samples" in text(page)
    assert "table = load_accuracies('table.csv')" in page.code[1].value
    assert not page.session_state.get("keeping")


def test_a_column_that_holds_several_values_is_told_by_its_groups():
    cells = ("a;b", "b;c", "a;c", "a")
    rows = "".join(f"{i},x,{cells[i % 4]},x\n" for i in range(12))
    source = Source("runs.csv", f"sample_id,label,skills,m\n{rows}".encode())
    chosen = {"columns": {"prediction": "m"}}
    before = read([source], Options(**chosen))
    after = read([source], Options(**chosen, multi={"skills": ";"}))
    assert "skills: 3 groups instead of 4." in changes(before, after)


def test_nothing_differs_between_equal_readings():
    one = read([Source("runs.csv", WIDE)])
    assert changes(one, read([Source("runs.csv", WIDE)])) == []


def test_what_is_opened_is_kept_listed_opened_again_and_deleted_after_a_second_click(
    workspace, page
):
    fingerprint = upload(page, {"runs.csv": WIDE})
    page.session_state["keeping"].ended.wait(20)
    page.run()
    assert f"Kept in {workspace} as {fingerprint[:12]}" in text(page)
    (entry,) = kept(workspace)
    assert (entry.fingerprint, entry.name, entry.sources) == (
        fingerprint,
        "runs.csv",
        ("runs.csv",),
    )
    assert "open now" in text(page)
    upload(page, {"other.csv": WIDE.replace(b"3,x,north,x,x\n", b"")})
    page.session_state["keeping"].ended.wait(20)
    page.run()
    assert "2 bundles" in text(page)
    page.button(key=f"open/{fingerprint}").click().run()
    assert page.session_state["bundle"].fingerprint == fingerprint
    assert "**runs.csv** is open" in text(page)
    assert "Delete the kept copy of **runs.csv**?" in text(page)
    page.button(key=f"delete/{fingerprint}").click().run()
    assert [one.name for one in kept(workspace)] == ["other.csv"]
    assert page.session_state["bundle"].fingerprint == fingerprint, "what is open stays open"


def test_a_broken_and_a_foreign_folder_in_the_workspace_are_listed(workspace, monkeypatch):
    (workspace / "<b>holiday").mkdir(parents=True)
    (workspace / ("a" * 32)).mkdir()
    (workspace / ("a" * 32) / "kept.json").write_text("{")
    app = data_page(monkeypatch)
    shown = text(app)
    assert "<b>holiday" in shown
    assert "It was not kept by Dissensus." in shown
    assert "It is damaged." in shown
    assert not [b for b in app.button if b.key and b.key.startswith("open/")]
    app.button(key=f"delete/{'a' * 32}").click().run()
    assert not (workspace / ("a" * 32)).exists()


def test_a_kept_bundle_that_was_changed_is_answered_with_a_sentence(workspace, monkeypatch):
    bundle = random_bundle(models=2, samples=6)
    keep(bundle, "mine", workspace)
    app = data_page(monkeypatch)
    (workspace / bundle.fingerprint / "bundle" / "predictions.parquet").write_bytes(b"PAR1")
    app.button(key=f"open/{bundle.fingerprint}").click().run()
    assert not app.exception
    assert "cannot be opened" in text(app)


def test_what_the_command_line_opens_is_kept_and_the_demo_is_not(workspace, tmp_path, monkeypatch):
    save_bundle(random_bundle(models=2, samples=6), tmp_path / "runs")
    app = data_page(monkeypatch, [str(tmp_path / "runs")])
    app.session_state["keeping"].ended.wait(20)
    assert [entry.name for entry in kept(workspace)] == ["runs"]
    app = data_page(monkeypatch, [str(ROOT / "data" / "demo")])
    assert app.session_state.get("keeping") is None
    assert len(kept(workspace)) == 1


def test_a_selection_of_models_is_not_kept(workspace, tmp_path, monkeypatch):
    import json

    save_bundle(random_bundle(models=3, samples=6), tmp_path / "runs")
    request = {"paths": [str(tmp_path / "runs")], "models": ["model-0", "model-1"]}
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps(request))
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert len(app.session_state["bundle"].models) == 2
    assert kept(workspace) == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("shared", "must not see each other's files"), ("no", "--no-workspace"), ("", "not with the")],
)
def test_without_a_workspace_the_page_says_why(value, sentence, workspace, monkeypatch):
    monkeypatch.setenv("DISSENSUS_KEEP", value)
    app = data_page(monkeypatch)
    upload(app, {"runs.csv": WIDE})
    assert sentence in text(app)
    assert app.session_state["keeping"] is None
    assert not workspace.exists()


def test_the_command_line_lists_opens_and_deletes_kept_bundles(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DISSENSUS_WORKSPACE", str(tmp_path))
    bundle = random_bundle(models=2, samples=6)
    keep(bundle, "my runs", tmp_path)
    assert main(["workspace"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(bundle.fingerprint)
    assert "2 models on 6 samples  my runs" in printed
    assert main(["check", f"kept:{bundle.fingerprint[:10]}"]) == 0
    assert f"fingerprint {bundle.fingerprint}" in capsys.readouterr().out
    assert main(["check", "kept:ffffffffff"]) == 1
    assert "No bundle in" in capsys.readouterr().err
    assert main(["workspace", "--delete", bundle.fingerprint[:10]]) == 0
    assert kept(tmp_path) == []
    assert main(["workspace", "--delete", bundle.fingerprint]) == 1
    assert main(["workspace", "--delete", "../x"]) == 1


@pytest.mark.parametrize(
    ("arguments", "keeps", "folder"),
    [
        ([], "yes", None),
        (["--host", "localhost"], "yes", None),
        (["--host", "::1"], "yes", None),
        (["--host", "0.0.0.0"], "shared", None),
        (["--host", "my.server"], "shared", None),
        (["--host", "0.0.0.0", "--workspace", "/w"], "yes", "/w"),
        (["--workspace", "/w"], "yes", "/w"),
        (["--no-workspace"], "no", None),
    ],
)
def test_a_server_for_other_machines_keeps_nothing_unless_a_folder_is_named(
    arguments, keeps, folder, monkeypatch
):
    from dashboard import launching

    monkeypatch.delenv("DISSENSUS_WORKSPACE", raising=False)
    seen = {}

    def run(command, env, check):
        seen.update(env)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(launching.subprocess, "run", run)
    assert main(["serve", "--port", "1", *arguments]) == 0
    assert seen["DISSENSUS_KEEP"] == keeps
    assert seen.get("DISSENSUS_WORKSPACE") == folder


def test_a_bundle_that_cannot_be_kept_says_so(workspace, page, monkeypatch):
    from dashboard import keeping

    def full(*_):
        raise BundleError("The bundle cannot be kept in /w (No space left on device).")

    monkeypatch.setattr(keeping, "keep", full)
    upload(page, {"runs.csv": WIDE})
    page.session_state["keeping"].ended.wait(20)
    page.run()
    assert "Not kept: The bundle cannot be kept in /w" in text(page)

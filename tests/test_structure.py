"""Who may import what, and that everything built is named where people look for it."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from made import ROOT

from analysis.catalog import CATALOG, MODULES, of_kind
from analysis.measure import Kind, Measure
from analysis.rules import RULES

SLOW = {"umap", "sklearn", "numba", "scipy"}
FRAMES = {"pandas", "pyarrow"}
ANALYSIS = sorted((ROOT / "analysis").rglob("*.py"))
PLOTS = sorted((ROOT / "dashboard" / "plots").glob("*.py"))
VIEWS = sorted((ROOT / "dashboard" / "views").glob("*.py"))
LABELS_OF_ANALYSIS = {"analysis.rules", "analysis.catalog", "analysis.outcomes"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(nodes) -> set[str]:
    """Full names of the modules that these syntax nodes import."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(ast.walk(tree(path)))}


def at_module_level(path: Path) -> set[str]:
    """Packages that importing the module imports: everything outside functions."""
    found, left = [], [tree(path)]
    while left:
        node = left.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.append(node)
            left.extend(ast.iter_child_nodes(node))
    return {name.split(".")[0] for name in imported(found)}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_folders_are_where_this_test_looks():
    assert ANALYSIS
    assert PLOTS
    assert VIEWS


@pytest.mark.parametrize("path", ANALYSIS, ids=named)
def test_analysis_knows_no_dashboard_and_keeps_data_frames_to_loading(path):
    assert not tops(path) & {"streamlit", "plotly", "dashboard"}
    if "loading" not in path.parts:
        assert not tops(path) & FRAMES
        assert not at_module_level(path) & SLOW


@pytest.mark.parametrize("path", PLOTS, ids=named)
def test_figures_know_neither_streamlit_nor_torch_nor_analysis(path):
    assert not tops(path) & {"streamlit", "torch", "analysis"}


@pytest.mark.parametrize("path", VIEWS, ids=named)
def test_views_import_streamlit_the_dashboard_and_labels_only(path):
    assert tops(path) <= {"streamlit", "dashboard", "analysis"}
    names = imported(ast.walk(tree(path)))
    from_analysis = {name for name in names if name.startswith("analysis")}
    assert {name for name in from_analysis if name.count(".") < 2} <= LABELS_OF_ANALYSIS
    assert not any(name.startswith("dashboard.views") for name in names)


@pytest.mark.parametrize("path", VIEWS, ids=named)
def test_views_are_scripts_without_functions_or_session_state(path):
    nodes = list(ast.walk(tree(path)))
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in nodes)
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not attributes & {"session_state", "query_params"}


def test_every_view_is_in_the_navigation_and_every_entry_is_a_view():
    app = tree(ROOT / "dashboard" / "app.py")
    (views,) = (
        ast.literal_eval(node.value)
        for node in app.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "VIEWS"
    )
    listed = [name for names in views.values() for name in names]
    assert sorted(listed) == sorted(path.stem for path in VIEWS)


def test_measures_are_named_once_and_as_their_function():
    rows = [measure for module in MODULES for measure in module.MEASURES]
    assert len(rows) == len(CATALOG)
    assert len({measure.label for measure in rows}) == len(rows)
    for measure in rows:
        assert isinstance(measure, Measure)
        assert measure.function.__name__ == measure.name
        assert CATALOG[measure.name] is measure
        assert measure.summary.endswith(".")
        assert measure.better in ("higher", "lower", None)
        assert measure.diverse in ("higher", "lower", None)
        assert not measure.undefined or measure.undefined.endswith(".")
    assert sum(len(of_kind(kind)) for kind in get_args(Kind)) == len(rows)


def test_a_measure_takes_exactly_what_it_says_it_needs():
    for measure in CATALOG.values():
        code = measure.function.__code__
        assert code.co_varnames[: code.co_argcount] == measure.needs, measure.name


def test_a_public_function_of_analysis_says_what_it_is_and_annotates_what_it_takes():
    lacking = []
    for path in ANALYSIS:
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                untyped = [entry.arg for entry in arguments if entry.annotation is None]
                if untyped or node.returns is None or not ast.get_docstring(node):
                    lacking.append(f"{named(path)}: {node.name}")
    assert lacking == []


def test_importing_analysis_brings_neither_streamlit_nor_slow_packages():
    code = "import sys, analysis; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert "torch" in found
    assert not {"streamlit", "plotly", "dashboard", "umap", "numba", "sklearn"} & set(found)


def test_the_readme_has_a_row_for_every_measure_and_every_rule():
    rows = (ROOT / "README.md").read_text("utf-8").splitlines()
    first = {row.split("|")[1].strip() for row in rows if row.startswith("|")}
    assert [measure.label for measure in CATALOG.values() if measure.label not in first] == []
    assert [rule for rule in RULES if f"`{rule}`" not in first] == []


def test_the_readme_says_of_every_measure_which_way_is_more_diverse():
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in (ROOT / "README.md").read_text("utf-8").splitlines()
        if row.startswith("|")
    ]
    of_label = {row[0]: row for row in rows if len(row) == 4}
    for measure in CATALOG.values():
        _, kind, _, diverse = of_label[measure.label]
        assert (kind, diverse) == (measure.kind, measure.diverse or ""), measure.label


def test_figures_and_tables_work_in_a_notebook_without_streamlit():
    code = """
import importlib, pkgutil, sys
for name in ("streamlit", "dashboard.state"):
    sys.modules[name] = None
import dashboard.plots
names = [found.name for found in pkgutil.iter_modules(dashboard.plots.__path__)]
for name in names:
    importlib.import_module(f"dashboard.plots.{name}")
import dashboard.table_files, dashboard.sessions.fitting, dashboard.sessions.files
import numpy as np
import pandas as pd
from analysis import Ensemble, load_bundle
from analysis.catalog import CATALOG, value
from analysis.judging import judge
from analysis.tally import tally
from dashboard.plots.matrix import pair_heatmap
from dashboard.table_files import to_latex
from dashboard.theme import LIGHT
bundle = load_bundle("data/demo")
found = judge(bundle, Ensemble(bundle.models, "mean"))
measure = CATALOG["error_consistency"]
sums = tally(bundle, measure.needs)
figure = pair_heatmap(
    value(measure, sums).numpy(),
    sums["both_graded"].numpy(),
    bundle.models,
    np.arange(len(bundle.models)),
    label=measure.label,
    bounds=measure.bounds,
    symmetric=measure.symmetric,
    undefined=measure.undefined,
    title="Where errors coincide",
    subtitle=f"{measure.label}, n = {len(bundle.ids):,}",
    palette=LIGHT,
)
table = pd.DataFrame({"ensemble": ["mean"], "accuracy": [found["accuracy"]]})
assert len(figure.data) and b"toprule" in to_latex(table)
print(len(names), f"{found['accuracy']:.3f}")
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, found.stderr
    number, accuracy = found.stdout.split()
    assert int(number) == len(PLOTS) - 1
    assert 0 < float(accuracy) < 1

"""Figures as files: every family in every format without a browser, and what may be in a text."""

import importlib
import inspect
import io
import pkgutil
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import torch
from kinds import BUNDLES, opened
from PIL import Image
from plotly.subplots import make_subplots

import dashboard.plots as plots
from analysis.bundle import Grouping
from dashboard.chosen import chosen
from dashboard.export import FORMATS, PRESETS, write
from dashboard.export.data import table
from dashboard.export.pictures import _fitting, pictures
from dashboard.figure_settings import usable
from dashboard.figures.catalogue import FAMILIES
from dashboard.figures.family import Settings, draw
from dashboard.panels import exporting
from dashboard.plots import (
    front,
    front_groups,
    front_more,
    matrix,
    members,
    model_map,
    probabilities,
)
from dashboard.plots import settings as setting_plots
from dashboard.plots import slices as slice_plots
from dashboard.plots.layout import titled
from dashboard.theme import DARK, LIGHT

EVIL = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
SMALL = PRESETS["single column"].sized(dpi=60)
CAPTION = "n = 60 judged samples, mean probability, 95 % intervals."
HALVES = Grouping(torch.arange(len(BUNDLES["full"].ids)).int() % 2, ("odd", "even"))
TWO_GROUPINGS = replace(
    BUNDLES["full"], groups={**BUNDLES["full"].groups, "half": HALVES}, fingerprint=""
)
IMPORTED = {"effect-cells": "where.effect_cells", "majority-minority": "majority.majority"}


def builders():
    """Every function of dashboard/plots that gives a figure."""
    for info in pkgutil.iter_modules(plots.__path__):
        module = importlib.import_module(f"dashboard.plots.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and function.__annotations__.get("return") is go.Figure:
                yield module, name, function


def by_hand() -> dict[str, go.Figure]:
    """Families that the pages of the small bundles do not show."""
    rulers = [
        front.Ruler("Accuracy", "higher is better", True, True),
        front.Ruler("Mean disagreement", "higher is more diverse", True, True),
        front.Ruler("Log loss", "lower is better", False, False),
    ]
    values = np.array([[0.9, 0.1, 0.3], [0.8, 0.2, 0.4], [0.7, 0.3, 0.5]])
    drawn = front.Drawn(
        np.array([2, 2, 2]), np.array([2, 3, 4]), np.array([True, True, False]),
        lambda rows: [f"row {row}" for row in rows], active=0,
    )  # fmt: skip
    sizes = {"n": np.array([30, 50]), "volume": np.array([0.2, 0.1])}
    sizes |= {"low": sizes["volume"] - 0.05, "high": sizes["volume"] + 0.01}
    found = dict(zip(
        ("inside", "inside_low", "inside_high", "outside", "outside_low", "outside_high",
         "gap", "low", "high", "p_bh"),
        np.linspace(0.01, 0.4, 10)[:, None] + [[0, 0.1]], strict=True,
    ))  # fmt: skip
    found |= {"n": np.array([40, 60]), "outside_n": np.array([60, 40])}
    found |= {"passed": np.array([True, False])}
    shares, named = np.array([[0.5, 0.6], [0.7, 0.4]]), [[("colour", "red")], [("a", EVIL)]]
    unknown = np.full((2, 2), np.nan)
    return {
        "front_more.in_space": front_more.in_space(values, rulers, drawn),
        "front_more.in_parallel": front_more.in_parallel(values, rulers, palette=DARK),
        "front_more.equal_losses": front_more.equal_losses(values[:, 2], values[:, 1], drawn),
        "front_groups.shared_models": front_groups.shared_models(values[0], ["a", "b", EVIL], 5),
        "front_groups.group_volumes": front_groups.group_volumes(["x", "y"], sizes, column="g"),
        "matrix.pair_counts": matrix.pair_counts(np.array([[9, 8], [8, 9]]), "ab", np.arange(2)),
        "members.selection_path": members.selection_path(["a", EVIL], np.array([0.5, 0.6])),
        "probabilities.member_probabilities": probabilities.member_probabilities(
            ["ensemble", EVIL],
            np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]]),
            np.arange(2),
            "abc",
            0,
            1,
        ),
        "model_map.model_map": model_map.model_map(
            values[:, :2], ["a", "b", EVIL], ["x", "x", "y"], np.array([True, False, True]), 0.5
        ),
        "settings.setting_scatter": setting_plots.setting_scatter(
            shares, unknown, unknown, None, np.array([True, False]), ["a", EVIL], ("x", "y")
        ),
        "slices.slice_gaps": slice_plots.slice_gaps(named, found, title="t", axis="Errors"),
        "slices.slice_sizes": slice_plots.slice_sizes(named, found),
    }


@pytest.fixture(scope="module")
def families() -> dict[str, go.Figure]:
    """One figure of every family, most of them as the catalogue draws them."""
    found: dict[str, go.Figure] = {}

    def kept(name, function):
        def called(*args, **options):
            found[name] = function(*args, **options)
            return found[name]

        return called

    with pytest.MonkeyPatch.context() as patch:
        for module, name, function in builders():
            place = f"{module.__name__.rsplit('.', 1)[-1]}.{name}"
            patch.setattr(module, name, kept(place, function))
        for bundle in (TWO_GROUPINGS, BUNDLES["mixtures"]):
            choices = chosen(bundle)
            for family in FAMILIES.values():
                drawn = draw(family, choices, Settings())
                if not isinstance(drawn, str) and family.name in IMPORTED:
                    found[IMPORTED[family.name]] = drawn.figure
    return found | by_hand()


def letters(text: str) -> str:
    """Without spaces, since long lines are broken."""
    return re.sub(r"\s+", "", text)


def svg_texts(content: bytes) -> str:
    found = ElementTree.fromstring(content.decode()).iter("{http://www.w3.org/2000/svg}text")
    return letters("".join("".join(part.itertext()) for part in found))


def test_every_family_is_among_the_figures(families):
    every = {f"{m.__name__.rsplit('.', 1)[-1]}.{name}" for m, name, _ in builders()}
    assert every - set(families) == {"layout.titled"}


def test_every_family_is_written_without_a_browser(families, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    for name, figure in families.items():
        pdf, svg, png = pictures(figure, ("pdf", "svg", "png"), SMALL, CAPTION).values()
        assert pdf.startswith(b"%PDF"), name
        assert b"/Count 1" in pdf, name
        assert b"/FontFile2" in pdf, name
        assert b"/CreationDate" not in pdf, name
        said = svg_texts(svg)
        assert letters(re.sub("<[^>]*>", "", figure.layout.title.text or "")) in said, name
        assert letters(CAPTION) in said, name
        picture = Image.open(io.BytesIO(png))
        assert picture.width == round(89 / 25.4 * 60), name
        assert len(np.unique(np.asarray(picture.convert("L")))) > 8, name


def test_every_family_is_a_page_and_a_table(families):
    for name, figure in families.items():
        drawn = pd.read_csv(io.BytesIO(write(figure, "csv")))
        assert "trace" in drawn, name
    page = write(figure, "html", SMALL, f"{CAPTION} {EVIL}").decode()
    assert page.count("plotly.js v") == 1
    assert EVIL not in page
    assert "default-src 'none'" in page
    assert '"showSendToCloud": false' in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", page)


def test_the_table_holds_what_is_drawn(families):
    for name, figure in families.items():
        drawn = table(figure)
        for trace in figure.data:
            if trace.type != "bar" or not trace.name:
                continue
            rows = drawn[drawn["trace"] == trace.name]
            value = "x" if trace.orientation == "h" else "y"
            assert rows[value].tolist()[: len(trace[value])] == pytest.approx(
                list(trace[value]), nan_ok=True
            ), name


def test_intervals_and_names_of_rows_are_in_the_table():
    figure = go.Figure(go.Scatter(
        x=[1, 2], y=[0, 1], mode="markers", name=FORMULA,
        error_x={"type": "data", "array": [0.1, 0.2], "arrayminus": [0.3, 0.4]},
        hovertext=["<b>a</b><br>more", FORMULA],
    ))  # fmt: skip
    figure.update_yaxes(tickvals=[0, 1], ticktext=["=a", "&lt;b&gt;"])
    drawn = pd.read_csv(io.BytesIO(write(figure, "csv")))
    assert drawn["x plus"].tolist() == [0.1, 0.2]
    assert drawn["x minus"].tolist() == [0.3, 0.4]
    assert drawn["y name"].tolist() == ["'=a", "<b>"]
    assert drawn["text"].tolist() == ["a; more", f"'{FORMULA}"]
    assert drawn["trace"].tolist() == [f"'{FORMULA}"] * 2


TITLES = {
    "latex": r"$\frac{1}{0}$ and \input{x} $ \undefined",
    "html": f"{EVIL}<img src=x onerror=alert(1)> <b>bold</b>",
    "long": "word " * 100,
    "one word": "w" * 500,
    "control": "a\x00b\ud800c\N{SNOWMAN}",
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
@pytest.mark.parametrize("preset", [SMALL, SMALL.sized(height_mm=50)])
def test_any_title_is_inert_and_fits(title, preset):
    figure = go.Figure(go.Scatter(x=[1, 2], y=[1, 2], name=EVIL), layout={"title": {"text": title}})
    figure.update_layout(showlegend=True, xaxis_title=title[:80])
    said = svg_texts(write(figure, "svg", preset, title))
    shown = title.replace("<b>", "").replace("</b>", "").replace("\x00", "").replace("\ud800", "")
    assert said.count(letters(shown)) >= 2
    assert letters(EVIL) in said
    picture = Image.open(io.BytesIO(write(figure, "png", preset, title))).convert("L")
    for edge in np.asarray(picture)[[0, -1]], np.asarray(picture)[:, [0, -1]]:
        assert (edge == 255).all()
    page = write(figure, "html", preset, title).decode()
    assert EVIL not in page
    assert "<img" not in page.split("<figcaption>")[1]


def many(kind=go.Scattergl) -> go.Figure:
    points = np.random.default_rng(0).normal(size=(2, 3000))
    return go.Figure(kind(x=points[0], y=points[1], mode="markers", name="a"))


def test_points_of_webgl_are_vectors_unless_pixels_are_asked_for():
    preset = SMALL.sized(height_mm=60)
    vectors, pixels = (write(many(), "svg", preset.sized(raster=on)) for on in (False, True))
    assert vectors.count(b"<use ") >= 3000
    assert b"<image" not in vectors
    assert pixels.count(b"<use ") < 200
    assert b"<image" in pixels
    assert vectors == write(many(), "svg", preset)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_figure_gives_the_same_bytes(format):
    figure = go.Figure(go.Bar(x=["a", "b"], y=[1, 2], marker={"pattern": {"shape": "/"}}))
    assert write(figure, format, SMALL, "c") == write(figure, format, SMALL, "c")
    if format in ("pdf", "svg"):
        assert (
            write(figure, format, SMALL, "c")
            == pictures(figure, ("png", format), SMALL, "c")[format]
        )


def test_dark_figures_are_written_in_light_colours():
    figures = [
        matrix.pair_heatmap(
            np.eye(3), np.ones((3, 3)), "abc", np.arange(3), label="Q", bounds=(-1.0, 1.0),
            palette=palette,
        )
        for palette in (LIGHT, DARK)
    ]  # fmt: skip
    light, dark = (write(figure, "png", SMALL) for figure in figures)
    assert light == dark


def test_greyscale_has_greys_only_and_tells_traces_apart():
    figure = go.Figure()
    for place, colour in enumerate(LIGHT.levels[:3]):
        figure.add_scatter(x=[0, 1], y=[place, place], name=colour, line={"color": colour})
        figure.add_bar(x=[0, 1], y=[place, 1], name=f"bar {colour}", marker={"color": colour})
    grey = SMALL.sized(greyscale=True)
    picture = np.asarray(Image.open(io.BytesIO(write(figure, "png", grey))).convert("RGB"))
    data = picture[picture.min(-1) < 250].astype(int)
    assert (np.ptp(data, axis=-1) <= 14).mean() > 0.99
    assert write(figure, "svg", grey).count(b"stroke-dasharray") > 2


def test_a_size_is_exact_and_a_view_in_space_has_three_projections():
    figure = by_hand()["front_more.in_space"]
    preset = PRESETS["slide"].sized(dpi=100)
    picture = Image.open(io.BytesIO(write(figure, "png", preset)))
    assert picture.size == (1000, round(142.9 / 25.4 * 100))
    said = svg_texts(write(figure, "svg", preset))
    assert [said.count(name) for name in ("Accuracy", "Meandisagreement", "Logloss")] == [2, 2, 2]


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="not as 'eps'"):
        write(go.Figure(), "eps")


def test_names_of_many_rows_can_be_read_on_a_slide():
    names = [f"a model of some length {row}" for row in range(44)]
    figure = go.Figure(go.Scatter(x=np.arange(44), y=np.arange(44), mode="markers", name="a"))
    titled(figure, "Many rows", "n = 60", height=1000, legend="bottom")
    figure.update_yaxes(tickvals=list(range(44)), ticktext=names)
    canvas = _fitting(figure, PRESETS["slide"], CAPTION)
    (axes,) = canvas.axes.values()
    assert min(text.get_fontsize() for text in axes.get_yticklabels()) > 5.5
    assert canvas.height == pytest.approx(142.9 / 25.4 * 72, abs=1)


def test_small_plots_that_match_have_one_scale_and_room_for_their_names():
    figure = make_subplots(1, 2, shared_yaxes="all", subplot_titles=["low", "high"])
    figure.add_scatter(x=[1, 2], y=[0.3, 0.4], row=1, col=1)
    figure.add_scatter(x=[1, 2], y=[0.9, 0.8], row=1, col=2)
    titled(figure, "Two groups", "n = 60")
    canvas = _fitting(figure, SMALL, CAPTION)
    first, second = canvas.axes.values()
    assert first.get_ylim() == second.get_ylim()
    assert first.get_ylim()[0] < 0.3 < 0.9 < first.get_ylim()[1]
    boxes = [text.get_window_extent() for text in canvas.sheet.texts]
    for name in first.texts + second.texts:
        assert not any(name.get_window_extent().overlaps(box) for box in boxes)


def test_an_axis_reaches_to_the_lines_that_are_drawn_across_it():
    figure = go.Figure(go.Scatter(x=[1, 10], y=[20, 30]))
    figure.add_hline(y=0)
    figure.update_xaxes(type="log", tickvals=[1, 2, 5, 10])
    titled(figure, "A line at 0", "n = 60")
    canvas = _fitting(figure, SMALL, CAPTION)
    (axes,) = canvas.axes.values()
    assert axes.get_ylim()[0] <= 0
    assert len(axes.xaxis.get_minorticklocs()) == 0


def test_the_menu_of_a_figure_writes_nothing_before_it_is_opened(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(exporting, "_written", lambda *args: asked.append(args) or b"")
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    app.switch_page("views/disagreement.py").run()
    charts = len(app.get("plotly_chart"))
    menus = [menu for menu in app.get("popover") if menu.proto.popover.label == "Export"]
    assert len(menus) == charts > 1
    assert not [button for button in app.get("download_button") if button.label == "Download"]
    app.session_state["export/pairs"] = True
    app.run()
    assert not app.exception
    assert asked == []
    labels = [button.label for button in app.get("download_button")]
    assert labels.count("Download") == 1
    app.segmented_control(key="export/pairs/unit").set_value("in").run()
    app.number_input(key="export/pairs/width/in").set_value(4.0).run()
    app.number_input(key="export/pairs/height/in").set_value(2.0).run()
    app.toggle(key="export/pairs/grey").set_value(True).run()
    assert not app.exception
    kept = app.session_state["figure-settings"]
    chosen = {"unit": "in", "width_mm": 101.6, "height_mm": 50.8, "greyscale": True}
    assert kept == chosen
    assert usable(kept)[0] == chosen
    app.selectbox(key="export/pairs/preset").set_value("slide").run()
    assert app.session_state["figure-settings"] == {"unit": "in", "preset": "slide"}
    assert app.number_input(key="export/pairs/width/in").value == pytest.approx(10)
    app.segmented_control(key="export/pairs/format").set_value("html").run()
    assert not app.exception
    assert not [box for box in app.number_input if box.label.startswith("Width")]


@pytest.mark.parametrize("kind", ["full", "no labels", "one sample"])
def test_the_caption_says_what_the_figure_is_about(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch)
    app.switch_page("views/map.py").run()
    app.session_state["export/map"] = True
    captions = []
    real = importlib.import_module("dashboard.panels.exporting").caption
    monkeypatch.setattr(
        "dashboard.panels.exporting.caption",
        lambda panel: captions.append(real(panel)) or captions[-1],
    )
    app.run()
    assert not app.exception
    n = f"n = {len(BUNDLES[kind].ids)} {'samples' if kind == 'no labels' else 'judged samples'}"
    assert n in captions[0]
    assert captions[0].endswith(".")
    assert "Dissensus" in captions[0]

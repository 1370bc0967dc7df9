"""The main job in a real browser: upload, read, lasso, follow the selection, come back."""

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import driver
from made import CANNOT, ROOT, random_bundle

from analysis.ensemble import Ensemble
from analysis.loading import load_bundle, save_bundle
from analysis.projection import pca
from analysis.summary import judge
from dashboard.templates import TEMPLATES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(driver.chromium() is None, reason=f"{CANNOT} Chromium"),
]
PAGES = (
    "Data",
    "Disagreement",
    "Calibration",
    "Corrections",
    "Front",
    "Groups",
    "Difficulty",
    "Map",
    "Samples",
    "Overview",
)
FIRST_PLOT_SECONDS = 10


@pytest.fixture(scope="module")
def chromium():
    with driver.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo():
    with driver.serving(["demo"]) as address:
        yield address


def wide_csv() -> tuple[bytes, object]:
    """60 samples, three models and a grouping, in one wide table."""
    bundle = random_bundle(models=3, samples=60, seed=9, probabilities=False)
    rows = [",".join(["sample_id", "label", "region", *bundle.models])]
    levels = bundle.groups["region"].levels
    for place, sample in enumerate(bundle.ids):
        said = [bundle.classes[int(row[place])] for row in bundle.predictions]
        region = levels[int(bundle.groups["region"].codes[place])]
        rows.append(",".join([sample, bundle.classes[int(bundle.labels[place])], region, *said]))
    return "\n".join(rows).encode(), bundle


def embeddings_csv(bundle) -> bytes:
    points = np.random.default_rng(0).normal(size=(len(bundle.ids), 3))
    rows = ["sample_id,e0,e1,e2"]
    rows += [
        f"{sample},{x:.4f},{y:.4f},{z:.4f}"
        for sample, (x, y, z) in zip(bundle.ids, points.tolist(), strict=True)
    ]
    return "\n".join(rows).encode()


def upload(page, files: dict[str, bytes]) -> None:
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": data} for name, data in files.items()]
    )
    page.get_by_role("button", name="Open ").filter(has_text="models on").wait_for()
    driver.settle(page)


def test_upload_read_lasso_follow_and_come_back(chromium):
    table, bundle = wide_csv()
    with driver.serving(["serve"]) as address:
        page = driver.open_page(chromium, address)
        assert "Nothing is loaded" in page.inner_text("body")
        driver.visit(page, "Data")
        upload(page, {"runs.csv": table, "embeddings.csv": embeddings_csv(bundle)})
        page.get_by_role("button", name="Open 3 models on 60 samples").click()
        driver.settle(page)

        driver.visit(page, "Overview")
        found = judge(bundle, Ensemble(bundle.models))
        text = page.inner_text("[data-testid=stMain]")
        assert f"right on {100 * found['accuracy']:.1f} %" in text
        assert f"right on {found['corrections']} samples" in text

        driver.visit(page, "Map")
        driver.lasso(page, [(0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9)])
        number = driver.selected(page)
        assert number is not None
        assert 0 < number < 60

        driver.visit(page, "Samples")
        assert driver.selected(page) == number
        assert f"of {number} samples" in page.inner_text("[data-testid=stMain]")

        driver.visit(page, "Corrections")
        assert driver.selected(page) == number
        driver.visit(page, "Map")
        assert driver.highlighted(page) == number
        page.get_by_role("button", name="Clear selection").click()
        driver.settle(page)
        assert driver.selected(page) is None
        assert driver.highlighted(page) is None
        assert page.problems == []
        page.context.close()


def pick(page, column: str, role: str) -> None:
    """Choose what a column of the only card is."""
    pickers = page.locator("[data-testid=stMain] [data-testid=stSelectbox]")
    field = pickers.filter(has_text=column).locator("input").first
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(400)  # an open list closes while the page still scrolls
    field.click()
    page.get_by_role("option", name=role).first.click()
    driver.settle(page)


def test_a_corrected_upload_survives_the_page_is_kept_and_opens_in_a_new_session(chromium):
    table, bundle = wide_csv()
    with driver.serving(["serve"]) as address:
        page = driver.open_page(chromium, address)
        driver.visit(page, "Data")
        upload(page, {"runs.csv": table})
        pick(page, "model-2", "ignore")
        main = page.locator("[data-testid=stMain]")
        main.get_by_text("2 models instead of 3").wait_for()
        assert "dissensus check runs.csv --column ignore=model-2" in main.inner_text()
        page.locator("[data-testid=stSidebarNavLink]").filter(has_text="Overview").click()
        page.get_by_text("Nothing is loaded").wait_for()
        driver.visit(page, "Data")
        page.get_by_role("button", name="Open 2 models on 60 samples").click()
        main.get_by_text("so that it opens at once next time").wait_for()
        assert page.problems == []
        page.context.close()

        page = driver.open_page(chromium, address)
        driver.visit(page, "Data")
        assert "1 bundle" in page.inner_text("[data-testid=stMain]")
        page.get_by_role("button", name="Open", exact=True).click()
        driver.settle(page)
        driver.visit(page, "Overview")
        found = judge(bundle.select(bundle.models[:2]), Ensemble(bundle.models[:2]))
        text = page.inner_text("[data-testid=stMain]")
        assert f"right on {100 * found['accuracy']:.1f} %" in text
        driver.visit(page, "Data")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete the copy").click()
        page.get_by_text("Nothing yet. What you open from files is kept in").wait_for()
        assert page.problems == []
        page.context.close()


def test_several_small_files_show_no_progress_and_every_template_can_be_had(chromium):
    table, bundle = wide_csv()
    with driver.serving(["serve"]) as address:
        page = driver.open_page(chromium, address)
        driver.visit(page, "Data")
        page.evaluate(
            "() => { window.bars = 0; new MutationObserver(() => { window.bars +="
            " document.querySelectorAll('[data-testid=stProgress]').length; })"
            ".observe(document.body, {childList: true, subtree: true}); }"
        )
        upload(page, {"runs.csv": table, "embeddings.csv": embeddings_csv(bundle)})
        assert page.evaluate("() => window.bars") == 0
        for template in TEMPLATES:
            with page.expect_download() as download:
                page.get_by_role("button", name=template.file).click()
            assert Path(download.value.path()).read_text("utf-8") == template.text
        assert page.problems == []
        page.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_long_names_and_many_columns_of_an_upload_fit_the_page(demo, chromium, width, dark):
    long = "a-rather-long-name-of-a-model-" * 4
    names = [f"{long}{place}" for place in range(15)]
    rows = [f"{i},x,{','.join('xy'[(i + j) % 3 % 2] for j in range(15))}" for i in range(40)]
    table = "\n".join([",".join(["sample_id", "label", *names]), *rows]).encode()
    page = driver.open_page(chromium, demo, size=(width, 900), dark=dark)
    driver.visit(page, "Data")
    page.locator("input[type=file]").set_input_files(
        [{"name": f"{long}.csv", "mimeType": "text/csv", "buffer": table}]
    )
    page.get_by_text("What each file turned out to be").wait_for()
    driver.settle(page)
    wide = page.evaluate(
        "() => { const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth - m.clientWidth; }"
    )
    assert wide <= 1
    assert page.problems == []
    page.context.close()


def test_a_warm_demo_shows_its_first_plot_soon(demo, chromium):
    page = driver.open_page(chromium, demo)
    started = time.monotonic()
    page.reload()
    page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()
    assert time.monotonic() - started < FIRST_PLOT_SECONDS
    assert "rescued" in page.inner_text("[data-testid=stMain]")
    page.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_every_page_of_the_demo_is_drawn_without_an_error(demo, chromium, width, dark):
    page = driver.open_page(chromium, demo, size=(width, 900), dark=dark)
    for name in PAGES:
        driver.visit(page, name)
        assert page.locator("[data-testid=stException]").count() == 0
        wide = page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollWidth - m.clientWidth; }"
        )
        assert wide <= 1, f"{name} scrolls sideways by {wide} pixels"
    assert page.problems == []
    page.context.close()


def test_picking_an_outcome_narrows_every_other_page(demo, chromium):
    bundle = load_bundle(ROOT / "data" / "demo")
    marks = bundle.model_info["opening_team"]
    team = tuple(m for m, mark in zip(bundle.models, marks, strict=True) if mark == "yes")
    rescued = judge(bundle, Ensemble(team, "mean"))["outcomes"]["rescued"]
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Corrections")
    driver.click_bar(page, "ledger", "rescued", 0)
    assert driver.selected(page) == rescued
    driver.visit(page, "Samples")
    assert f"of {rescued} samples" in page.inner_text("[data-testid=stMain]")
    driver.visit(page, "Map")
    assert driver.highlighted(page) == rescued
    assert page.problems == []
    page.context.close()


def test_a_bar_of_hard_samples_narrows_every_other_page(demo, chromium):
    bundle = load_bundle(ROOT / "data" / "demo")
    marks = bundle.model_info["opening_team"]
    team = tuple(m for m, mark in zip(bundle.models, marks, strict=True) if mark == "yes")
    missed = judge(bundle, Ensemble(team, "mean"))["outcomes"]["missed"]
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Difficulty")
    driver.click_bar(page, "number-right", "ensemble wrong", 0)
    assert driver.selected(page) == missed
    scores = page.locator("[class*='st-key-score-'] .js-plotly-plot")
    drawn = scores.evaluate("g => g.calcdata.flat().reduce((n, bar) => n + bar.s, 0)")
    assert drawn == missed
    driver.visit(page, "Calibration")
    assert f"Within the selection (n = {missed:,})" in page.inner_text("[data-testid=stMain]")
    driver.visit(page, "Map")
    assert driver.highlighted(page) == missed
    assert page.problems == []
    page.context.close()


def test_a_ticked_doubtful_label_is_the_selection(demo, chromium):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Difficulty")
    table = page.locator("[class*='st-key-suspects'] [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 17)
    page.wait_for_timeout(400)
    driver.settle(page)
    assert driver.selected(page) == 1
    driver.visit(page, "Samples")
    assert "1 to 1 of 1 samples" in page.inner_text("[data-testid=stMain]")
    assert page.problems == []
    page.context.close()


def test_a_zoomed_map_keeps_its_zoom_when_the_selection_is_cleared(demo, chromium):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Map")
    driver.lasso(page, [(0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6)])
    assert driver.selected(page)
    page.locator(".dissensus-map .modebar-btn[data-title='Zoom']").click()
    x, y, width, height = driver.plot_area(page)
    page.mouse.move(round(x + width * 0.2), round(y + height * 0.2))
    page.mouse.down()
    page.mouse.move(round(x + width * 0.7), round(y + height * 0.7), steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    spans = "() => document.querySelector('.dissensus-map')._fullLayout.xaxis.range"
    before = page.evaluate(spans)
    page.get_by_role("button", name="Clear selection").click()
    driver.settle(page)
    assert driver.highlighted(page) is None
    assert page.evaluate(spans) == pytest.approx(before)
    assert page.problems == []
    page.context.close()


def test_a_box_on_a_large_map_takes_also_what_is_not_drawn_and_zooming_draws_more(
    chromium, tmp_path
):
    bundle = random_bundle(models=3, samples=30_000, probabilities=False)
    save_bundle(bundle, tmp_path / "bundle")
    points = pca(bundle.embeddings).numpy()
    with driver.serving(["serve", str(tmp_path / "bundle")]) as address:
        page = driver.open_page(chromium, address)
        driver.visit(page, "Map")
        drawn = "() => document.querySelector('.dissensus-map').data.flatMap(t => Array.from(t.x))"
        assert len(page.evaluate(drawn)) == 20_000
        page.locator(".dissensus-map .modebar-btn[data-title='Box Select']").click()
        drag(page, (0.3, 0.3), (0.6, 0.7))
        box = page.evaluate("() => document.querySelector('.dissensus-map').layout.selections[0]")
        (x0, x1), (y0, y1) = sorted((box["x0"], box["x1"])), sorted((box["y0"], box["y1"]))
        x, y = points.T.astype(float)
        inside = ((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)).sum()
        assert abs(driver.selected(page) - inside) <= 2
        assert 0 < driver.highlighted(page) < inside
        page.locator(".dissensus-map .modebar-btn[data-title='Zoom']").click()
        drag(page, (0.05, 0.05), (0.6, 0.6))
        seen = page.evaluate(drawn)
        ends = page.evaluate(
            "() => document.querySelector('.dissensus-map')._fullLayout.xaxis.range"
        )
        assert min(ends) <= min(seen) <= max(seen) <= max(ends)
        assert ((x >= min(ends)) & (x <= max(ends))).sum() >= len(seen) > 0
        page.locator(".dissensus-map .modebar-btn[data-title='Reset axes']").click()
        page.wait_for_timeout(600)
        driver.settle(page)
        assert len(page.evaluate(drawn)) == 20_000
        assert page.problems == []
        page.context.close()


def drag(page, start, end) -> None:
    """From one corner to another, given as shares of the map's plot area."""
    x, y, width, height = driver.plot_area(page)
    page.mouse.move(round(x + start[0] * width), round(y + start[1] * height))
    page.mouse.down()
    page.mouse.move(round(x + end[0] * width), round(y + end[1] * height), steps=5)
    page.mouse.up()
    page.wait_for_timeout(600)
    driver.settle(page)


def test_a_table_and_a_figure_are_exported(demo, chromium):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Corrections")
    with page.expect_download() as download:
        page.locator("[data-testid=stDownloadButton] button").first.click()
    assert b"corrections" in Path(download.value.path()).read_bytes()
    chart = page.locator("[data-testid=stPlotlyChart]").first
    chart.hover()
    with page.expect_download() as download:
        chart.locator(".modebar-btn[data-title^='Download plot']").click()
    assert download.value.suggested_filename.endswith(".svg")
    assert b"<svg" in Path(download.value.path()).read_bytes()
    page.context.close()


def test_a_figure_is_exported_in_every_format_in_the_chosen_size(demo, chromium):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Overview")
    page.locator("[data-testid=stMain]").get_by_role("button", name="Export").first.click()
    page.get_by_text("Greyscale").wait_for()
    driver.settle(page)
    page.get_by_role("combobox", name="Preset").click()
    page.get_by_role("option", name="slide").click()
    driver.settle(page)
    begins = {
        "PDF": b"%PDF",
        "SVG": b"<?xml",
        "PNG": b"\x89PNG",
        "HTML": b"<!DOCTYPE",
        "CSV": b"trace",
    }
    for name, first in begins.items():
        page.get_by_role("radio", name=name, exact=True).or_(
            page.get_by_role("button", name=name, exact=True)
        ).first.click()
        driver.settle(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download", exact=True).click()
        content = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename.endswith(f".{name.lower()}")
        assert content.startswith(first)
        if name == "PNG":
            width = int.from_bytes(content[16:20], "big")
            assert width == round(254 / 25.4 * 200)
    assert page.problems == []
    page.context.close()


def test_a_table_is_exported_as_latex_with_two_digits(demo, chromium):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Corrections")
    main = page.locator("[data-testid=stMain]")
    main.get_by_role("button", name="Other formats").first.click()
    page.get_by_text("With intervals").wait_for()
    driver.settle(page)
    page.get_by_text("LaTeX", exact=True).click()
    driver.settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as LaTeX").click()
    assert download.value.suggested_filename == "corrections.tex"
    assert b"\\toprule" in Path(download.value.path()).read_bytes()
    assert page.problems == []
    page.context.close()


def drawn_bars(page) -> list:
    """Names and heights of everything that the charts of the page draw."""
    return page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].map(p => [p.layout.title.text,"
        " p.data.map(t => [t.name, t.type, Array.from(t.x ?? []).slice(0, 50),"
        " Array.from(t.y ?? []).slice(0, 50)])])"
    )


def test_a_link_and_a_session_restore_selection_and_figures_in_another_browser(
    demo, chromium, tmp_path
):
    first = driver.open_page(chromium, demo)
    driver.visit(first, "Corrections")
    driver.click_bar(first, "ledger", "rescued", 0)
    number = driver.selected(first)
    assert number
    pick_rule(first, "Plurality vote")
    assert driver.selected(first) == number
    driver.visit(first, "Groups")
    link, bars = first.url, drawn_bars(first)
    assert "rule=plurality" in link
    assert "data=" in link
    popover(first, "Session")
    with first.expect_download() as download:
        first.get_by_role("button", name="Save session").click()
    saved = tmp_path / "session.json"
    saved.write_bytes(Path(download.value.path()).read_bytes())
    assert first.problems == []
    first.context.close()

    second = driver.open_page(chromium, link)
    second.get_by_role("heading", name="Groups", exact=True).first.wait_for()
    rule = second.locator("[data-testid=stSidebar] [data-testid=stSelectbox]")
    assert rule.filter(has_text="Rule").locator("input").first.input_value() == "Plurality vote"
    assert driver.selected(second) is None
    assert drawn_bars(second) != bars
    driver.visit(second, "Overview")
    popover(second, "Session")
    second.locator("[data-testid=stPopoverBody] input[type=file]").set_input_files(str(saved))
    driver.settle(second)
    second.get_by_role("button", name="Open session").click()
    second.get_by_role("heading", name="Groups", exact=True).first.wait_for()
    driver.settle(second)
    second.keyboard.press("Escape")
    assert driver.selected(second) == number
    assert drawn_bars(second) == bars
    assert second.url == link
    second.go_back()
    driver.settle(second)
    assert second.problems == []
    second.context.close()


def test_hostile_names_and_texts_run_nothing(chromium, tmp_path):
    from dataclasses import replace

    evil = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
    bundle = random_bundle(models=3, samples=30, probabilities=False)
    bundle = replace(
        bundle,
        models=(evil, f"{evil}2", "=cmd()"),
        ids=tuple(f"{evil}{place}" for place in range(30)),
        classes=(evil, "b", "c", "d"),
        attributes={"text": np.array([evil] * 30, dtype=object)},
        fingerprint="",
    )
    save_bundle(bundle, tmp_path / "evil")
    with driver.serving(["serve", str(tmp_path / "evil")]) as address:
        page = driver.open_page(chromium, address)
        for name in PAGES:
            driver.visit(page, name)
        assert page.evaluate("() => window.hurt") is None
        assert page.problems == []
        page.context.close()


def popover(page, text: str) -> None:
    """Open one of the sidebar's popovers."""
    buttons = page.locator("[data-testid=stPopoverButton]").filter(has_text=text)
    button = buttons.locator("visible=true").first
    button.scroll_into_view_if_needed()
    button.click()
    page.wait_for_timeout(300)


def pick_rule(page, name: str) -> None:
    fields = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]")
    field = fields.filter(has_text="Rule").locator("input").first
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(400)  # an open list closes while the page still scrolls
    field.click()
    page.get_by_role("option", name=name).first.click()
    driver.settle(page)


def test_an_ensemble_is_kept_stands_beside_and_a_fitted_rule_holds_samples_out(demo, chromium):
    page = driver.open_page(chromium, demo)
    main = page.locator("[data-testid=stMain]")
    popover(page, "Keep this ensemble")
    name = page.get_by_role("textbox", name="Name of the active ensemble")
    name.fill("first three")
    name.press("Tab")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Keep", exact=True).click()
    driver.settle(page)
    page.keyboard.press("Escape")
    pick_rule(page, "Greedy selection")
    assert "1,800 samples to fit on" in main.inner_text()
    assert "everything shown is on the other 1,800" in main.inner_text()
    assert "first three (the mean of 3 models): " in main.inner_text()
    drawn = page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(p => p.data)"
        ".map(t => t.name)"
    )
    assert "first three" in drawn
    driver.visit(page, "Corrections")
    assert "points of optimism" in main.inner_text()
    page.get_by_text("Who helps", exact=True).first.click()
    driver.settle(page)
    assert "Who was taken in which round" in main.inner_text()
    pick_rule(page, "Plurality vote")
    popover(page, "Kept ensembles: 1")
    page.get_by_role("button", name="Use", exact=True).click()
    driver.settle(page)
    assert "first three (the mean of 3 models) is right on" in main.inner_text()
    assert "samples to fit on" not in main.inner_text()
    assert page.problems == []
    page.context.close()


def candidate_at(page, panel: str, place: int) -> tuple[list[float], int]:
    """Where a mark of the front is on the screen, and which candidate it is."""
    chart = page.locator(f"[class*='st-key-{panel}'] .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    return chart.evaluate(
        """(plot, place) => {
        const trace = plot.data.find(t => t.name === 'on the front');
        const box = plot.getBoundingClientRect(), full = plot._fullLayout, area = full._size;
        const x = plot.calcdata.find(c => c[0].trace.name === 'on the front')[place];
        return [[box.x + area.l + full.xaxis.c2p(x.x), box.y + area.t + full.yaxis.c2p(x.y)],
          trace.customdata[place] ?? x.data]; }""",
        place,
    )


def members_in_sidebar(page) -> int:
    text = page.locator("[data-testid=stSidebar]").inner_text()
    return int(re.search(r"Members: (\d+) of", text).group(1))


def test_the_front_is_searched_a_candidate_becomes_active_some_are_brushed_and_exported(
    demo, chromium
):
    page = driver.open_page(chromium, demo)
    driver.visit(page, "Front")
    main = page.locator("[data-testid=stMain]")
    page.get_by_text("Shown meanwhile").wait_for(state="detached", timeout=120_000)
    driver.settle(page)
    assert "candidates are beaten by none" in main.inner_text()
    assert "which nothing was chosen on" in main.inner_text()
    with page.expect_download() as download:
        main.locator("[data-testid=stDownloadButton] button").first.click()
    table = pd.read_csv(download.value.path())
    spot, _ = candidate_at(page, "front-diversity", 0)
    page.mouse.move(*spot, steps=3)
    page.wait_for_timeout(400)
    page.mouse.click(*spot)
    page.wait_for_timeout(400)
    driver.settle(page)
    size = members_in_sidebar(page)
    assert size in set(table["size"])
    driver.visit(page, "Overview")
    assert f"of {size} models" in main.inner_text()
    driver.visit(page, "Front")
    chart = page.locator("[class*='st-key-front-both'] .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    page.get_by_text("candidates are marked").wait_for()
    driver.settle(page)
    page.get_by_role("button", name="Select these").click()
    driver.settle(page)
    assert driver.selected(page)
    assert page.problems == []
    page.context.close()

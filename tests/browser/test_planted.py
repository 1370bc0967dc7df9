"""Names and texts of the data are letters in a real browser, wherever they appear."""

import functools
import http.server
import re
import threading
from urllib.parse import urlencode

import planted
import pytest
from browser import driver, walking
from closed import calls, closed
from made import CANNOT

from dashboard.cli import main

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(driver.chromium() is None, reason=f"{CANNOT} Chromium"),
]
# What only data can have asked for; the anchors of headings are Streamlit's own.
MADE = """() => [...document.querySelectorAll(`[onerror], [onload], [id^=planted], iframe, .katex,
  a[href^=javascript], [src*=planted], [href*=planted]:not([href^="#"]),
  [data-testid=stMarkdownContainer] :is(a[href]:not([href^="#"]), img, [data-testid=stIconMaterial])
  `)].map(made => made.outerHTML.slice(0, 200))"""
# A name that was escaped for another place.
TWICE = re.compile(r".{0,20}(?:\\[^\w\s…]|&amp;|&lt;(?!b&gt;)|©).{0,20}")
# Models, classes, groups and levels; settings, the bundle, kept ensembles, what was left out.
OF_THE_BUNDLE = (*range(5, 12), *range(179, 185), *range(387, 395))
BESIDE_IT = (*range(1020, 1026), 1010, 1030, 1031, 1045)
HIDDEN = "[data-testid=stElementToolbar] [aria-label^='Download as CSV']"


@pytest.fixture(scope="module")
def chromium():
    with driver.browser() as opened:
        yield opened


def opened(chromium, address: str):
    page = driver.open_page(chromium, address)
    page.on("dialog", lambda dialog: page.problems.append(f"dialog: {dialog.message}"))
    return page


def wrong(page, more: str = "") -> list[str]:
    """What data did to the page that is shown, and what it says otherwise than it was planted."""
    found = [*page.problems, *page.evaluate(MADE)]
    page.problems.clear()
    if page.evaluate("() => window.hurt"):
        found.append("a script of the data ran")
    for text in [*walking.texts(page), more]:
        found += [f"altered: {one}" for one in planted.altered(text)]
        found += [f"escaped twice: {one}" for one in TWICE.findall(text)]
        found += [f"control character: {one!r}" for one in planted.LIVELY.findall(text)]
    return found


def marks(page, more: str = "") -> set[str]:
    return planted.tags([*walking.texts(page), more])


def upload(page, files: dict[str, bytes]) -> None:
    page.locator("[data-testid=stMain] input[type=file]").set_input_files(
        [{"name": name, "mimeType": "text/csv", "buffer": data} for name, data in files.items()]
    )
    page.get_by_text("What each file turned out to be").wait_for()
    driver.settle(page)


def test_every_page_and_section_shows_names_and_texts_as_letters(chromium, tmp_path, monkeypatch):
    home, bundle = planted.on_disk(tmp_path, turn=1)
    saved = tmp_path / "session.json"
    saved.write_bytes(planted.session(bundle))
    log = closed(tmp_path / "guard", monkeypatch)
    found, seen = [], set()
    with driver.serving(["serve", str(home), "--session", str(saved)]) as address:
        page = opened(chromium, address)
        for place in walking.places(page):
            walking.unfold(page)
            hovered = walking.hover(page)
            found += [f"{place}: {one}" for one in wrong(page, hovered)]
            seen |= marks(page, hovered)
        assert page.locator(HIDDEN).count()
        assert not any(button.is_visible() for button in page.locator(HIDDEN).all())
        page.context.close()
    assert found == []
    assert {f"qz{number:04d}" for number in OF_THE_BUNDLE + BESIDE_IT} - seen == set()
    assert calls(log) == []


def test_menus_samples_uploads_and_links_show_them_as_letters(chromium, tmp_path):
    home, bundle = planted.on_disk(tmp_path)
    with driver.serving(["serve", str(home)]) as address:
        said = {"rule": bundle.models[2], "member": bundle.models[:3], "grouping": bundle.classes}
        page = opened(chromium, f"{address}/samples?{urlencode(said, doseq=True)}")
        found = wrong(page)
        for button in page.locator("[data-testid=stSidebar] [data-testid=stPopoverButton]").all():
            button.click()
            driver.settle(page)
            found += wrong(page)
            page.keyboard.press("Escape")
        table = page.locator("[data-testid=stMain] [data-testid=stDataFrame]").first
        box = table.bounding_box()
        page.mouse.click(box["x"] + 18, box["y"] + 35 + 17)
        page.get_by_text("Sample ", exact=False).first.wait_for()
        driver.settle(page)
        found += wrong(page)
        driver.visit(page, "Data")
        head = ",".join(f'"{planted.plant(number)}"' for number in range(2001, 2006))
        rows = "\n".join([head, *(f"{row},1,2,3,4" for row in (1, 1, 2))])
        upload(page, {f"{planted.plant(2029)}.csv": rows.encode(), "broken.csv": b"PK\x03\x04"})
        walking.unfold(page)
        found += wrong(page)
        assert {"qz2001", "qz2005", "qz2029"} <= marks(page)
        page.context.close()
    assert found == []


def test_files_that_are_taken_away_run_nothing_in_a_browser(chromium, tmp_path):
    home, _ = planted.on_disk(tmp_path)
    sections = "overview,disagreement,corrections,groups,samples"
    commands = {
        "report.html": ["report", str(home), "--sections", sections],
        "bars.html": ["figure", "accuracies", str(home)],
        "matrix.html": ["figure", "pair-matrix", str(home)],
        "groups.svg": ["figure", "group-accuracy", str(home)],
    }
    for file, arguments in commands.items():
        assert main([*arguments, "-o", str(tmp_path / file)]) == 0
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for file in commands:
            page = chromium.new_context().new_page()
            page.problems = []
            page.on("request", lambda request, page=page: driver.note_request(page, request))
            page.on("dialog", lambda dialog, page=page: page.problems.append(dialog.message))
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/{file}")
            page.wait_for_timeout(500)
            assert page.problems == []
            assert page.evaluate("() => window.hurt") is None
            assert page.evaluate(MADE) == []
            text = page.evaluate(
                "() => (document.body ?? document.documentElement).innerText ?? ''"
            )
            assert planted.altered(text) == set()
            page.context.close()
        server.shutdown()

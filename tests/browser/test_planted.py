"""Names and texts of the data are letters in a real browser, wherever they appear."""

import re

import planted
import pytest
from browser import driver, walking
from made import CANNOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(driver.chromium() is None, reason=f"{CANNOT} Chromium"),
]
# No attribute or element that only data can have asked for; anchors of headings are Streamlit's.
MADE = """() => [...document.querySelectorAll(`[onerror], [onload], [id^=planted], iframe, .katex,
  a[href^=javascript], [src*=planted], [href*=planted]:not([href^="#"]),
  [data-testid=stMarkdownContainer] :is(a[href]:not([href^="#"]), img, [data-testid=stIconMaterial])
  `)].map(made => made.outerHTML.slice(0, 200))"""
# A name that was escaped for another place, and control characters; tables show cells as they are.
TWICE = re.compile(r".{0,20}(?:\\[^\w\s]|&amp;|&lt;(?!b&gt;)|©).{0,20}")


@pytest.fixture(scope="module")
def chromium():
    with driver.browser() as opened:
        yield opened


def wrong(page, more: tuple[str, ...] = ()) -> list[str]:
    """What data did to the page that is shown, and what it said otherwise than it was planted."""
    texts = [*walking.texts(page), *more]
    found = [*page.problems, *page.evaluate(MADE)]
    page.problems.clear()
    if page.evaluate("() => window.hurt"):
        found.append("a script of the data ran")
    for text in texts:
        found += [f"altered: {one}" for one in planted.altered(text)]
        found += [f"escaped twice: {one}" for one in TWICE.findall(text)]
        found += [f"control character: {one!r}" for one in planted.LIVELY.findall(text)]
    return found


def test_names_and_texts_are_letters_on_every_page(chromium, tmp_path):
    home, bundle = planted.on_disk(tmp_path, turn=1)
    saved = tmp_path / "session.json"
    saved.write_bytes(planted.session(bundle))
    found, seen = [], set()
    with driver.serving(["serve", str(home), "--session", str(saved)]) as address:
        page = driver.open_page(chromium, address)
        page.on("dialog", lambda dialog: page.problems.append(f"dialog: {dialog.message}"))
        for place in walking.places(page):
            walking.unfold(page)
            hovered = walking.hover(page)
            found += [f"{place}: {one}" for one in wrong(page, (hovered,))]
            seen |= planted.tags([*walking.texts(page), hovered])
        page.context.close()
    assert found == []
    assert len(seen) > 60

"""With the network closed, every page of the demo is drawn, and nobody misses the network."""

import pytest
from browser import driver, walking
from closed import calls, closed
from made import CANNOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(driver.chromium() is None, reason=f"{CANNOT} Chromium"),
]


def test_every_page_of_the_demo_is_drawn_without_a_network(tmp_path, monkeypatch):
    log = closed(tmp_path / "guard", monkeypatch)
    with driver.serving(["demo"]) as address, driver.browser() as chromium:
        page = driver.open_page(chromium, address)
        names = walking.pages(page)
        assert len(names) > 10
        for name in names:
            driver.visit(page, name)
            assert page.locator("[data-testid=stMain] h1").inner_text() == name
        # Streamlit's policy lets a page load nothing from elsewhere, whatever is planted in it.
        page.evaluate(
            "() => new Promise(done => { const image = new Image();"
            " image.onload = image.onerror = done; image.src = 'http://planted.test/a.png'; })"
        )
        refused = [problem for problem in page.problems if "planted.test" in problem]
        assert any("Content Security Policy" in problem for problem in refused)
        assert [problem for problem in page.problems if problem not in refused] == []
    assert calls(log) == []

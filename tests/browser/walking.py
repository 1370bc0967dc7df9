"""Every page and section of the app, everything on it unfolded, and all that it says."""

from collections.abc import Iterator

from browser import driver

from dashboard import corrections, front, groups

SECTIONS = {
    "Corrections": corrections.SECTIONS,
    "Front": front.SECTIONS,
    "Groups": groups.SECTIONS,
}
HOVERED = 3
SEARCHES = "Shown meanwhile"
# Texts of one element are joined without anything, so that markup inside a name leaves a trace.
# Cells of tables and what somebody writes in a field are shown one by one, as they are.
TEXTS = """() => {
  const body = document.body.cloneNode(true);
  const asis = '[data-testid=stDataFrame] canvas, textarea, input[type=file]';
  body.querySelectorAll(asis).forEach(own => own.remove());
  const all = [...body.querySelectorAll('*')];
  const drawn = body.querySelectorAll(
    ':is([data-testid=stPlotlyChart], [data-testid=stDataFrameResizable])[aria-label]');
  const lone = all.flatMap(e => [e.value, e.alt, e.title, e.placeholder]);
  return [body.textContent, ...[...drawn].map(e => e.ariaLabel),
    ...lone.filter(text => typeof text === 'string' && text)]; }"""
MARKS = """most => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
  const marks = plot.querySelectorAll('.points path, .bars .point path, .hm image, .slice path');
  return [...marks].slice(0, most).concat([...plot.querySelectorAll('.nsewdrag')].slice(0, 1)); })
  .map(mark => { const box = mark.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2]; })"""


def pages(page) -> list[str]:
    """Names of all pages in the navigation."""
    return page.locator("[data-testid=stSidebarNavLink]").all_inner_texts()


def places(page) -> Iterator[str]:
    """Go to every page and every section; yields where it is."""
    for name in pages(page):
        driver.visit(page, name)
        page.get_by_text(SEARCHES).wait_for(state="detached", timeout=120_000)
        driver.settle(page)
        yield name
        for section in list(SECTIONS.get(name, ()))[1:]:
            page.get_by_role("radio", name=section, exact=True).click()
            driver.settle(page)
            yield f"{name}: {section}"


def unfold(page) -> None:
    """Open every folded part of the page."""
    folded = page.locator("[data-testid=stMain] details:not([open]) > summary")
    while folded.count():
        folded.first.click()
        driver.settle(page)


def hover(page) -> str:
    """Point at some marks of every plot; the texts that appear."""
    size, found = page.viewport_size, []
    tall = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(tall + 50, 9000)})
    driver.settle(page)
    for spot in page.evaluate(MARKS, HOVERED):
        page.mouse.move(*spot)
        page.wait_for_timeout(120)
        found += page.locator(".hoverlayer").all_text_contents()
    page.set_viewport_size(size)
    return "\n".join(found)


def texts(page) -> list[str]:
    """All text of the page, and what is said of its elements and written in its fields."""
    return page.evaluate(TEXTS)

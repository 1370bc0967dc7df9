"""How long the app takes in Chromium, at growing numbers of samples; nothing is asserted.

    PYTHONPATH=tests python -m nightly.latency [--samples 10000 100000 1000000] [--models 50]

Printed are: the cold start of the demo; and for each size the opening of a bundle (made once, kept
in the temporary folder), every page's first plot and last change, and the time from the button's
going up to the last change of all plots, and of the page, after boxes and lassos on the map and
clicks on the plots of Corrections and Disagreement; with the bytes on the wire and the memory of
server and page.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from browser import driver
from nightly import watching
from nightly.large import large_bundle

TARGETS = {10_000: 0.5, 100_000: 1.0, 1_000_000: 2.0}
COLD, WIRE = 10.0, 5.0
HEAVY = ("umap", "numba", "llvmlite", "sklearn")
PAGES = ("Overview", "Data", "Disagreement", "Calibration", "Corrections", "Groups", "Difficulty")
PAGES += ("Rankings", "Slices", "Front", "Report", "Samples", "Map")
PATIENCE = 300
FIRST = "[data-testid=stMain] .js-plotly-plot .main-svg, [data-testid=stMain] .dissensus-map"
# Corners as shares of the plot: boxes by two of them, lassos by more, of growing size.
BRUSHES = (
    ((0.45, 0.45), (0.55, 0.55)),
    ((0.3, 0.3), (0.6, 0.7)),
    ((0.3, 0.2), (0.5, 0.15), (0.7, 0.4), (0.5, 0.6), (0.25, 0.5)),
    ((0.1, 0.1), (0.7, 0.8)),
    ((0.05, 0.1), (0.9, 0.05), (0.95, 0.9), (0.5, 0.7), (0.1, 0.95)),
)
BARS = (("corrected", 0), ("spoiled", 0), ("corrected", 1))  # the highest, the next
CELLS = (7, 303, 1206)
COLUMNS = ("selection on", "times", "plots, median s", "plots, worst s", "page, median s")
COLUMNS += ("target, s", "wire, MB", "picked last")


@contextmanager
def session(arguments: list[str]) -> Iterator[tuple]:
    """A server and a page that has not gone anywhere: page, address, wire, start of both."""
    start = time.monotonic()
    with driver.serving(arguments) as address, driver.browser() as opened:
        context = opened.new_context(
            viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: driver._note_console(page, message))
        yield page, address, watching.Wire.of(page), start
        for problem in page.problems:
            print(f"problem: {problem}")


def first_plot(page) -> None:
    """Wait for it."""
    page.locator(FIRST).first.wait_for(timeout=1000 * PATIENCE)


def cold_start() -> None:
    """From the command to the first plot of the demo, and what the server has loaded by then."""
    with session(["demo"]) as (page, address, wire, start):
        page.goto(address)
        first_plot(page)
        took = time.monotonic() - start
        driver.settle(page)
        loaded = watching.loaded(watching.server_pid(address), HEAVY)
        print(
            f"Demo, from the command to the first plot: {took:.1f} s (target {COLD:.0f} s); "
            f"{wire.taken() / 1e6:.1f} MB with plotly.js; loaded of {', '.join(HEAVY)}: "
            f"{', '.join(loaded) or 'none'}."
        )


def visited(page, name: str) -> tuple[float | None, float]:
    """Seconds to the first plot (None: the page has none) and to the last change of a page."""
    start = time.monotonic()
    page.evaluate("() => { window.watched.up = performance.now(); }")
    page.locator("[data-testid=stSidebarNavLink]").filter(has_text=name).first.click()
    page.get_by_role("heading", name=name, exact=True).first.wait_for(timeout=1000 * PATIENCE)
    first = None
    while first is None and not page.evaluate(driver.IDLE):
        first = time.monotonic() - start if page.locator(FIRST).count() else None
        page.wait_for_timeout(50)
    return first, watching.redrawn(page, PATIENCE)[1]


def row(name: str, first: float | None, last: float, size: int, pid: int) -> str:
    """One line of the table of a size."""
    held, most = (part / 1e9 for part in watching.memory(pid))
    shown = "" if first is None else f"{first:.2f}"
    flag = " (!)" if size > WIRE * 1e6 else ""
    return f"| {name} | {shown} | {last:.2f} | {size / 1e6:.2f}{flag} | {held:.1f} / {most:.1f} |"


def brush(page, corners) -> None:
    """A box or a lasso on the map."""
    tool = "Box Select" if len(corners) == 2 else "Lasso Select"
    page.locator(f".dissensus-map .modebar-btn[data-title='{tool}']").click()
    x, y, width, height = driver.plot_area(page)
    spots = [(round(x + across * width), round(y + down * height)) for across, down in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:] if len(corners) == 2 else [*spots[1:], spots[0]]:
        page.mouse.move(*spot, steps=6)
    page.mouse.up()


def bar(page, trace: str, rank: int) -> None:
    """A click on one of the highest bars of the ledger."""
    order = page.locator("[class*='st-key-ledger'] .js-plotly-plot").evaluate(
        """(plot, trace) => {
        const bars = plot.calcdata[plot.data.findIndex((one) => one.name === trace)];
        return bars.map((one, place) => [Math.abs(one.s), place]).sort((a, b) => b[0] - a[0])
          .map(([, place]) => place); }""",
        trace,
    )
    driver.click_bar(page, "ledger", trace, order[rank])


def cell(page, code: int) -> None:
    """A click on a cell of the matrix of pairs."""
    chart = page.locator("[class*='st-key-pairs'] .js-plotly-plot").first
    chart.scroll_into_view_if_needed()
    x, y = chart.evaluate(
        """(plot, code) => {
        const { x, y } = plot.calcdata[plot.data.findIndex((one) => one.customdata)][code];
        const axes = plot._fullLayout, box = plot.getBoundingClientRect();
        return [box.x + axes.xaxis._offset + axes.xaxis.d2p(x),
                box.y + axes.yaxis._offset + axes.yaxis.d2p(y)]; }""",
        code,
    )
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)


def cleared(page) -> None:
    """No selection, as the button of the bar leaves it."""
    page.get_by_role("button", name="Clear selection").click()
    watching.redrawn(page, PATIENCE)


def interactions(page, wire, samples: int) -> Iterator[str]:
    """Brushes and clicks, page by page, as rows of the second table.

    Each page starts with the selection that the page before it left; the matrix of pairs, which
    stays narrowed to that one, is clicked once more with all samples.
    """
    cells = tuple((code,) for code in CELLS)
    plans: tuple[tuple[str, str, Callable, tuple], ...] = (
        ("Map", "", brush, tuple((corners,) for corners in BRUSHES)),
        ("Corrections", "", bar, BARS),
        ("Disagreement", ", in a selection", cell, cells),
        ("Disagreement", ", all samples", cell, cells),
    )
    before = ""
    for name, where, act, given in plans:
        cleared(page) if name == before else visited(page, name)
        before = name
        took, settled, sizes = [], [], []
        for arguments in given:
            wire.taken()
            act(page, *arguments)
            plots, last = watching.redrawn(page, PATIENCE)
            took.append(plots)
            settled.append(last)
            sizes.append(wire.taken())
        picked = driver.selected(page) or 0
        target = TARGETS.get(samples)
        yield (
            f"| {name}{where} | {len(took)} | {median(took):.2f} | {max(took):.2f} | "
            f"{median(settled):.2f} | "
            f"{'' if target is None else f'< {target}'} | {max(sizes) / 1e6:.2f} | {picked:,} |"
        )


def measure(samples: int, models: int) -> None:
    """Everything about one size."""
    place = large_bundle(samples, models)
    with session(["serve", str(place), "--no-workspace"]) as (page, address, wire, start):
        page.goto(address)
        first_plot(page)
        opened = time.monotonic() - start
        driver.settle(page, timeout=PATIENCE)
        pid = watching.server_pid(address)
        page.evaluate(watching.WATCH)
        print(f"\n## {samples:,} samples, {models} models\n")
        print(f"From the command to the first plot: {opened:.1f} s, {wire.taken() / 1e6:.1f} MB.\n")
        print("| page | first plot, s | last change, s | wire, MB | server GB, now / at most |")
        print("|---|---|---|---|---|")
        for name in PAGES:
            first, last = visited(page, name)
            print(row(name, first, last, wire.taken(), pid), flush=True)
        before = watching.heap(page)
        print(f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
        for line in interactions(page, wire, samples):
            print(line, flush=True)
        after = watching.heap(page)
        print(f"\nThe page's objects: {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after.")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, nargs="+", default=list(TARGETS))
    parser.add_argument("--models", type=int, default=50)
    options = parser.parse_args()
    cold_start()
    for samples in options.samples:
        measure(samples, options.models)


if __name__ == "__main__":
    main()

"""The app in headless Chromium: serving, waiting, brushing, and what must not happen."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
# A deep link makes Streamlit probe <page>/_stcore before the root; software WebGL talks of itself.
NOISE = re.compile(r"status of 404|GPU stall|WebGL|Infinite extent")
CALM_POLLS = 4
IDLE = """() => {
  const app = document.querySelector('[data-testid=stApp]');
  if (!app || app.dataset.testScriptState !== 'notRunning') return false;
  if (document.querySelector('[data-testid=stSkeleton],[data-testid=stAppSkeleton]')) return false;
  const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
  const maps = [...document.querySelectorAll('.dissensus-map')];
  return charts.every(c => c.querySelector('.js-plotly-plot .main-svg'))
    && maps.every(m => m.querySelector('.main-svg')); }"""


def chromium() -> str | None:
    """Where the browser is, if there is one."""
    named = os.environ.get("CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return named or next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def serving(arguments: Sequence[str], *, wait: float = 90) -> Iterator[str]:
    """Run `dissensus` with these arguments; yields the address once the app answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "dashboard.cli", *arguments]
    command += ["--port", str(port), "--no-browser"]
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as workspace:
        environment = {"DISSENSUS_WORKSPACE": workspace} | os.environ
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            _wait_for(f"{address}/_stcore/health", process, log, time.monotonic() + wait)
            yield address
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _wait_for(address: str, process: subprocess.Popen, log, end: float) -> None:
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
            if answer.status == 200:
                return
        if process.poll() is not None or time.monotonic() > end:
            log.seek(0)
            raise RuntimeError(f"the app did not start:\n{log.read()[-3000:]}")
        time.sleep(0.1)


@contextlib.contextmanager
def browser() -> Iterator:
    """Chromium with software rendering."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium(), args=FLAGS) as opened,
    ):
        yield opened


def open_page(opened, address: str, *, size: tuple[int, int] = (1440, 900), dark: bool = False):
    """A page in a fresh profile; `page.problems` collects errors and requests to other hosts."""
    context = opened.new_context(
        viewport={"width": size[0], "height": size[1]},
        accept_downloads=True,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: _note_console(page, message))
    page.on("pageerror", lambda error: page.problems.append(f"page error: {error}"))
    page.on("request", lambda request: note_request(page, request))
    page.on("websocket", lambda opened: note_request(page, opened))
    page.goto(address)
    settle(page)
    return page


def _note_console(page, message) -> None:
    if message.type == "error" and not NOISE.search(message.text):
        page.problems.append(f"console: {message.text}")


def note_request(page, request) -> None:
    """Remember a request to another host."""
    if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
        page.problems.append(f"outside request: {request.url}")


def settle(page, *, timeout: float = 60) -> None:
    """Wait until the script has ended and every chart is drawn."""
    end, calm = time.monotonic() + timeout, 0
    while calm < CALM_POLLS:
        calm = calm + 1 if page.evaluate(IDLE) else 0
        if time.monotonic() > end:
            raise TimeoutError(f"the app did not become idle: {page.inner_text('body')[:400]}")
        page.wait_for_timeout(100)
    shown = page.locator("[data-testid=stException]").all()
    page.problems += [f"exception: {problem.inner_text()[:300]}" for problem in shown]


def visit(page, name: str) -> None:
    """Follow the navigation to a page."""
    page.locator("[data-testid=stSidebarNavLink]").filter(has_text=name).first.click()
    page.get_by_role("heading", name=name, exact=True).first.wait_for()
    settle(page)


def lasso(page, corners: Sequence[tuple[float, float]]) -> None:
    """Draw a lasso on the map; corners are fractions of its plot area."""
    page.locator(".dissensus-map .modebar-btn[data-title='Lasso Select']").click()
    x, y, width, height = plot_area(page)
    spots = [(round(x + across * width), round(y + down * height)) for across, down in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in [*spots[1:], spots[0]]:
        page.mouse.move(*spot, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    settle(page)


def click_bar(page, panel: str, trace: str, place: int) -> None:
    """Click one bar of a chart, named by its trace and its place on the axis."""
    chart = page.locator(f"[class*='st-key-{panel}'] .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    middle = chart.evaluate(
        """(plot, [trace, place]) => {
        const row = plot.data.findIndex(t => t.name === trace);
        const bars = plot.querySelectorAll('.barlayer .trace.bars')[row];
        const box = bars.querySelectorAll('.point path')[place].getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]; }""",
        [trace, place],
    )
    page.mouse.move(*middle, steps=3)
    page.wait_for_timeout(400)
    page.mouse.click(*middle)
    page.wait_for_timeout(400)
    settle(page)


def plot_area(page) -> tuple[float, float, float, float]:
    """Left, top, width and height of the map's plot area on the screen."""
    page.locator(".dissensus-map").scroll_into_view_if_needed()
    return tuple(
        page.evaluate(
            """() => { const g = document.querySelector('.dissensus-map');
            const b = g.getBoundingClientRect(), s = g._fullLayout._size;
            return [b.x + s.l, b.y + s.t, s.w, s.h]; }"""
        )
    )


def highlighted(page) -> int | None:
    """How many points the map shows as selected; None without a selection."""
    return page.evaluate(
        """() => { const g = document.querySelector('.dissensus-map');
        const marked = g.data.map(t => t.selectedpoints).filter(p => p);
        return marked.length ? marked.reduce((n, p) => n + p.length, 0) : null; }"""
    )


def selected(page) -> int | None:
    """The count in the selection bar; None when nothing is selected."""
    text = page.locator(".st-key-selection-bar").inner_text()
    found = re.search(r"([\d,]+) of [\d,]+ selected", text)
    return int(found.group(1).replace(",", "")) if found else None


def screenshot(page, path: Path) -> None:
    """The whole page, however tall."""
    size = page.viewport_size
    tall = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(size["height"], tall), 8000)})
    settle(page)
    page.screenshot(path=str(path))
    page.set_viewport_size(size)

"""What a page costs: when it was last redrawn, bytes on the wire, memory of server and browser."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from browser import driver

# The last change of the plots, and of the page: of elements, of canvases (long tasks), or of the
# script's state. A long task that changes a plot counts to its end.
WATCH = """() => {
  if (window.watched) return;
  const told = window.watched = { up: 0, plots: 0, changed: 0 };
  const drawn = (change) => change.target.closest?.(".js-plotly-plot, .dissensus-map");
  new MutationObserver((changes) => {
    told.changed = performance.now();
    if (changes.some(drawn)) told.plots = told.changed;
  }).observe(document.body,
    { subtree: true, childList: true, attributes: true, characterData: true });
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) {
      const end = task.startTime + task.duration;
      if (told.plots >= task.startTime) told.plots = Math.max(told.plots, end);
      told.changed = Math.max(told.changed, end);
    }
  }).observe({ entryTypes: ["longtask"] });
  window.addEventListener("pointerup", () => { told.up = performance.now(); }, true);
}"""
CALM = 1.0


@dataclass
class Wire:
    """Bytes that a page has sent and received: frames of its sockets, and files."""

    sent: int = 0
    received: int = 0
    files: int = 0
    largest: int = field(default=0)

    @classmethod
    def of(cls, page) -> "Wire":
        """Counts from now on; before the page opens its socket."""
        wire, session = cls(), page.context.new_cdp_session(page)
        session.on("Network.webSocketFrameSent", lambda told: wire._frame("sent", told))
        session.on("Network.webSocketFrameReceived", lambda told: wire._frame("received", told))
        session.on("Network.loadingFinished", wire._file)
        session.send("Network.enable")
        return wire

    def _frame(self, way: str, told: dict) -> None:
        frame = told["response"]
        text, binary = frame["payloadData"], frame["opcode"] == 2
        size = len(text) * 3 // 4 if binary else len(text)
        setattr(self, way, getattr(self, way) + size)
        self.largest = max(self.largest, size)

    def _file(self, told: dict) -> None:
        self.files += int(told["encodedDataLength"])

    def taken(self) -> int:
        """All bytes since this was asked last."""
        total = self.sent + self.received + self.files
        self.sent = self.received = self.files = 0
        return total


def redrawn(page, timeout: float = 180) -> tuple[float, float]:
    """Wait until nothing changes; seconds from the last pointer-up to the last change of plots, and
    of the page (whose tables write hidden cells for screen readers after all else)."""
    end, seen = time.monotonic() + timeout, -1.0
    while True:
        driver.settle(page, timeout=max(1.0, end - time.monotonic()))
        told = page.evaluate("() => window.watched")
        if told["changed"] == seen:
            return tuple((told[name] - told["up"]) / 1000 for name in ("plots", "changed"))
        seen = told["changed"]
        page.wait_for_timeout(1000 * CALM)


def server_pid(address: str) -> int:
    """The process that serves this address (Linux)."""
    port = address.rsplit(":", 1)[1].encode()
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and (place / "cmdline").exists():
            command = (place / "cmdline").read_bytes()
            if b"streamlit\0run" in command and re.search(rb"server\.port[=\0]" + port, command):
                return int(place.name)
    raise LookupError(f"no server of {address}")


def memory(pid: int) -> tuple[int, int]:
    """Bytes that a process holds, and that it has held at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return tuple(
        1024 * int(re.search(rf"{name}:\s+(\d+)", status)[1]) for name in ("VmRSS", "VmHWM")
    )


def loaded(pid: int, names: tuple[str, ...]) -> list[str]:
    """Which of these libraries a process has loaded, by their compiled parts."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return [name for name in names if f"/site-packages/{name}/" in maps]


def heap(page) -> int:
    """Bytes of the page's objects after a collection of its garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return int(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize"))

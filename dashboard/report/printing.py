"""A report as PDF, printed by the Chromium of this machine without any network."""

import contextlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 180  # seconds
# Equal reports give equal files: when it was printed is left out, in as many letters.
DATES = re.compile(rb"(?<=Date \(D:)\d{14}[^)]*(?=\))")
OFFLINE = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking")


class PrintingError(Exception):
    """Why there is no PDF, in one sentence that says what to do instead."""


def browser() -> str | None:
    """Where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def printed(page: bytes) -> bytes:
    """The pages of a report as PDF.

    Args:
        page: HTML of `dashboard.report.made`.

    Raises:
        PrintingError: there is no browser here, or it failed.
    """
    found = browser()
    if found is None:
        raise PrintingError(
            "A PDF of a report needs Chromium, which is not found here: write the report as .html, "
            "which every browser prints."
        )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_bytes(page)
        command = [
            *(found, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(*OFFLINE, f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"),
            *("--virtual-time-budget=60000", f"--print-to-pdf={target}", source.as_uri()),
        ]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        if not target.is_file():
            raise PrintingError(
                "Chromium could not print the report: write it as .html and print that."
            )
        return DATES.sub(lambda found: b"2000".ljust(len(found[0]), b"0"), target.read_bytes())

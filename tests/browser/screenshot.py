"""Take the README's screenshot of the demo: PYTHONPATH=tests python -m browser.screenshot FILE."""

import sys
from pathlib import Path

from browser.driver import browser, open_page, serving, settle, visit


def main(path: Path) -> None:
    """The Corrections page of the demo at 1440 x 900."""
    with serving(["demo"]) as address, browser() as opened:
        page = open_page(opened, address)
        visit(page, "Corrections")
        settle(page)
        page.wait_for_timeout(800)
        page.screenshot(path=str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Where things lie."""

from pathlib import Path

DEMO = "Demo: coloured digits"


def demo_folder() -> Path:
    """The demo bundle: in a checkout under data/, in an installed wheel beside this file."""
    here = Path(__file__).resolve().parent
    checkout = here.parent / "data" / "demo"
    return checkout if checkout.is_dir() else here / "demo"

"""The option --session of the command line."""

import argparse
from pathlib import Path


def add(command: argparse.ArgumentParser) -> None:
    """The option of a command."""
    command.add_argument(
        "--session",
        type=Path,
        metavar="FILE",
        help="a saved session supplies the options; what is named on the command line wins",
    )

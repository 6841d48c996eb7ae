"""Print the version of proxyctl and of the Python it runs on."""

from __future__ import annotations

import argparse
import platform

from engine import __version__
from engine.cli.exits import Exit


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(args: argparse.Namespace) -> int:
    print(f"proxyctl {__version__} (Python {platform.python_version()})")
    return Exit.GOOD

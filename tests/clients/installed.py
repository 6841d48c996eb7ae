"""Whether the clients are there: they are no requirements of the project."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("PROXYCTL_CLIENTS", ""))
NODE = FOLDER / "node"

needs_clients = pytest.mark.skipif(
    "PROXYCTL_CLIENTS" not in os.environ, reason="tests/clients/run installs the clients, and runs them"
)
needs_node = pytest.mark.skipif(
    "PROXYCTL_CLIENTS" not in os.environ or not (NODE / "node_modules").is_dir() or not shutil.which("node"),
    reason="tests/clients/run installs the clients of npm where there is npm, and runs them",
)

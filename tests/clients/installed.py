"""Whether the clients are there: they are no requirements of the project."""

from __future__ import annotations

import os

import pytest

needs_clients = pytest.mark.skipif(
    "PROXYCTL_CLIENTS" not in os.environ, reason="tests/clients/run installs the clients, and runs them"
)
